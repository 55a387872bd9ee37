//! `efs-backup deploy`: creates or updates the stack.

use super::{connect, outputs};
use crate::artifact::{
    Architecture, ArtifactBucket, Binaries, FunctionZip, binary_in, build_release,
};
use crate::aws::Aws;
use crate::cli::{Deploy, Global};
use crate::failure::{Exit, Failure};
use crate::stack::{self, Change, Parameters, Plan, PlannedChanges, Stack};
use crate::template::{code_uris, declared_parameters, with_code};
use crate::voice::Voice;
use crate::workspace;
use anyhow::Context;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::Path;

/// What is deployed, whoever asks for it: a person or a rehearsal.
#[derive(Debug)]
pub struct Deployment<'a> {
    /// The stack's name.
    pub stack_name: &'a str,
    /// The template's text.
    pub template: &'a str,
    /// The functions' binaries.
    pub binaries: &'a Binaries,
    /// The parameters to set.
    pub parameters: &'a Parameters,
    /// Whether to go on without asking.
    pub yes: bool,
}

pub(super) async fn deploy(global: &Global, options: &Deploy, voice: Voice) -> Result<u8, Failure> {
    let root = workspace::root()?;
    let path = options
        .template
        .clone()
        .unwrap_or_else(|| root.join("template.yaml"));
    let template = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read the template {}", path.display()))?;
    let aws = connect(global, voice).await?;
    let parameters = once_each(&options.parameters)?;
    let binaries = match &options.functions {
        Some(folder) => Binaries(folder.clone()),
        None => {
            let before = stack::find(&aws, &global.stack_name).await?;
            let architecture = architecture(&template, before.as_ref(), &parameters)?;
            build(&root, &template, architecture, voice)?
        }
    };
    let deployment = Deployment {
        stack_name: &global.stack_name,
        template: &template,
        binaries: &binaries,
        parameters: &parameters,
        yes: global.yes,
    };
    let stack = deploy_to(&aws, &deployment, voice).await?;
    outputs::show(&stack.outputs, global.json, voice);
    Ok(0)
}

fn once_each(given: &[(String, String)]) -> Result<Parameters, Failure> {
    let mut parameters = Parameters::new();
    for (name, value) in given {
        if parameters.insert(name.clone(), value.clone()).is_some() {
            return Err(Failure::new(
                Exit::Usage,
                format!("parameter {name} is given twice"),
            ));
        }
    }
    Ok(parameters)
}

/// The processor that the functions will run on.
fn architecture(
    template: &str,
    stack: Option<&Stack>,
    given: &Parameters,
) -> Result<Architecture, Failure> {
    let declared = declared_parameters(template)?;
    let value = stack::effective("Architecture", &declared, stack, given);
    Ok(Architecture::from_parameter(value.as_deref()))
}

fn build(
    root: &Path,
    template: &str,
    architecture: Architecture,
    voice: Voice,
) -> Result<Binaries, Failure> {
    let uris = code_uris(template)?;
    let functions: Vec<&str> = uris.iter().map(|uri| uri.function()).collect();
    build_release(root, &functions, architecture, voice)
}

/// Packages, plans, asks, applies.
///
/// # Errors
///
/// [`Failure`]; the stack is then as it was, or CloudFormation has rolled it back.
pub async fn deploy_to(
    aws: &Aws,
    deployment: &Deployment<'_>,
    voice: Voice,
) -> Result<Stack, Failure> {
    let name = deployment.stack_name;
    let before = stack::find(aws, name).await?;
    if let Some(refusal) = before.as_ref().and_then(|stack| stack.refusal(aws, name)) {
        return Err(refusal);
    }
    let declared = declared_parameters(deployment.template)?;
    let parameters = stack::parameters(&declared, before.as_ref(), deployment.parameters)?;
    let architecture = architecture(deployment.template, before.as_ref(), deployment.parameters)?;
    let template_url = package(aws, deployment, architecture, voice).await?;
    let plan = stack::plan(aws, name, before.as_ref(), &template_url, parameters).await?;
    match (plan, before) {
        (Plan::NoChange, Some(stack)) => {
            voice.say(&format!("stack {name} is up to date: nothing to change"));
            Ok(stack)
        }
        (Plan::NoChange, None) => Err(Failure::new(
            Exit::Failed,
            format!("CloudFormation sees nothing to create in the template of stack {name}"),
        )),
        (Plan::Changes(planned), _) => carry_out(aws, deployment, &planned, voice).await,
    }
}

/// Uploads code and template; gives the template's address.
async fn package(
    aws: &Aws,
    deployment: &Deployment<'_>,
    architecture: Architecture,
    voice: Voice,
) -> Result<String, Failure> {
    let bucket = ArtifactBucket::ensure(aws, voice).await?;
    let mut addresses = BTreeMap::new();
    for uri in code_uris(deployment.template)? {
        let function = uri.function();
        let zip = FunctionZip::pack(
            function,
            &binary_in(deployment.binaries, function)?,
            architecture,
        )?;
        let size = zip.bytes.len();
        let sent = bucket.put(&zip.key, zip.bytes).await?;
        voice.detail(&format!(
            "  {function}: {size} bytes, {}",
            if sent { "uploaded" } else { "already there" }
        ));
        addresses.insert(
            uri.folder.clone(),
            format!("s3://{}/{}", bucket.name, zip.key),
        );
    }
    let template = with_code(deployment.template, &addresses)?;
    Ok(bucket.put_template(template).await?)
}

async fn carry_out(
    aws: &Aws,
    deployment: &Deployment<'_>,
    planned: &PlannedChanges,
    voice: Voice,
) -> Result<Stack, Failure> {
    let name = deployment.stack_name;
    voice.say(&summary(name, planned));
    for change in &planned.changes {
        voice.say(&line(change));
    }
    if !confirmed(deployment, planned)? {
        stack::discard(aws, planned).await?;
        return Err(not_confirmed(name, planned));
    }
    let stack = stack::apply(aws, name, planned, voice).await?;
    voice.say(&format!("stack {name} is {}", stack.status));
    if planned.changes.iter().any(subscribes) {
        voice.say(
            "AWS now mails a link to each new address: no alert arrives there until somebody \
             has followed it",
        );
    }
    Ok(stack)
}

fn subscribes(change: &Change) -> bool {
    change.kind == "AWS::SNS::Subscription" && change.action != "Remove"
}

fn not_confirmed(name: &str, planned: &PlannedChanges) -> Failure {
    let endangered: Vec<&str> = endangered(planned)
        .map(|change| change.resource.as_str())
        .collect();
    let text = if endangered.is_empty() {
        format!("stack {name} was not changed: confirm the changes, or pass --yes")
    } else {
        format!(
            "stack {name} was not changed: {} would be replaced or removed, which only the \
             stack's name, typed on a terminal, confirms",
            endangered.join(", ")
        )
    };
    Failure::new(Exit::Refused, text)
}

fn endangered(planned: &PlannedChanges) -> impl Iterator<Item = &Change> {
    planned
        .changes
        .iter()
        .filter(|change| change.endangers_data())
}

fn summary(name: &str, planned: &PlannedChanges) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for change in &planned.changes {
        *counts.entry(change.action.as_str()).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(action, n)| format!("{action} {n}"))
        .collect();
    let verb = if planned.creates { "create" } else { "update" };
    format!("{verb} stack {name}: {}", counts.join(", "))
}

fn line(change: &Change) -> String {
    let mark = match change.replacement.as_str() {
        _ if change.action == "Remove" => "  REMOVED",
        "True" => "  REPLACED",
        "Conditional" => "  may be REPLACED",
        _ => "",
    };
    format!(
        "  {:<8} {:<34} {}{mark}",
        change.action, change.resource, change.kind
    )
}

/// Asks on a terminal; elsewhere nobody can answer, and the answer is no. Where
/// data is endangered, `--yes` is no answer, and a letter is not enough.
fn confirmed(deployment: &Deployment<'_>, planned: &PlannedChanges) -> Result<bool, Failure> {
    let data_is_safe = endangered(planned).next().is_none();
    if deployment.yes && data_is_safe {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(false);
    }
    if data_is_safe {
        let answer = ask("Apply these changes? [y/N] ")?;
        return Ok(matches!(answer.as_str(), "y" | "Y" | "yes"));
    }
    let answer = ask("Data would be left behind. Type the stack's name to go on: ")?;
    Ok(answer == deployment.stack_name)
}

fn ask(question: &str) -> Result<String, Failure> {
    let mut err = anstream::stderr();
    write!(err, "{question}").context("cannot ask")?;
    err.flush().context("cannot ask")?;
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .context("cannot read the answer")?;
    Ok(answer.trim().to_owned())
}
