//! `efs-backup deploy`: creates or updates the stack.

mod confirmation;
mod existing_bucket;
mod ready;

use super::{connect, outputs};
use crate::artifact::{
    Architecture, ArtifactBucket, Binaries, FunctionZip, binary_in, build_release, builder_is_there,
};
use crate::aws::Aws;
use crate::cli::{Deploy, Global};
use crate::failure::{Exit, Failure};
use crate::samconfig::Environment;
use crate::stack::{self, Change, Parameters, Plan, PlannedChanges, Stack};
use crate::template::{code_uris, with_code};
use crate::voice::Voice;
use crate::workspace;
use anyhow::Context;
use confirmation::{confirmed, not_confirmed};
use ready::{Ready, ready};
use std::collections::BTreeMap;
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

pub(super) async fn deploy(
    global: &Global,
    options: &Deploy,
    environment: &Environment,
    voice: Voice,
) -> Result<u8, Failure> {
    let root = workspace::root()?;
    let path = options
        .template
        .clone()
        .unwrap_or_else(|| root.join("template.yaml"));
    let template = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read the template {}", path.display()))?;
    let parameters = given(environment.parameters()?, &options.parameters)?;
    if options.functions.is_none() {
        builder_is_there(&root)?;
    }
    let aws = connect(global, voice).await?;
    let name = global.stack_name();
    let ready = ready(&aws, name, &template, &parameters, voice).await?;
    let binaries = match &options.functions {
        Some(folder) => Binaries(folder.clone()),
        None => build(&root, &template, ready.architecture, voice)?,
    };
    let deployment = Deployment {
        stack_name: name,
        template: &template,
        binaries: &binaries,
        parameters: &parameters,
        yes: global.yes,
    };
    let stack = change(&aws, &deployment, ready, voice).await?;
    outputs::show(&stack.outputs, global.json, voice);
    Ok(0)
}

/// The parameters of the environment, and over them those of the command line.
fn given(
    mut environment: Parameters,
    command_line: &[(String, String)],
) -> Result<Parameters, Failure> {
    environment.extend(once_each(command_line)?);
    Ok(environment)
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

/// Checks, packages, plans, asks, applies.
///
/// # Errors
///
/// [`Failure`]; the stack is then as it was, or CloudFormation has rolled it back.
pub async fn deploy_to(
    aws: &Aws,
    deployment: &Deployment<'_>,
    voice: Voice,
) -> Result<Stack, Failure> {
    let Deployment {
        stack_name,
        template,
        parameters,
        ..
    } = deployment;
    let ready = ready(aws, stack_name, template, parameters, voice).await?;
    change(aws, deployment, ready, voice).await
}

/// Packages, plans, asks, applies.
async fn change(
    aws: &Aws,
    deployment: &Deployment<'_>,
    ready: Ready,
    voice: Voice,
) -> Result<Stack, Failure> {
    let name = deployment.stack_name;
    let Ready {
        before,
        parameters,
        architecture,
    } = ready;
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

/// Only a new subscription gets a link, also one in place of another.
fn subscribes(change: &Change) -> bool {
    change.kind == "AWS::SNS::Subscription"
        && (change.action == "Add" || change.replacement == "True")
}

fn summary(name: &str, planned: &PlannedChanges) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for change in planned
        .changes
        .iter()
        .filter(|change| !change.is_consequence)
    {
        *counts.entry(change.action.as_str()).or_default() += 1;
    }
    let mut counts: Vec<String> = counts
        .iter()
        .map(|(action, n)| format!("{action} {n}"))
        .collect();
    let changes = planned.changes.iter();
    let consequences = changes.filter(|change| change.is_consequence).count();
    if consequences > 0 {
        counts.push(format!("and {consequences} that refer to others"));
    }
    let verb = if planned.creates { "create" } else { "update" };
    format!("{verb} stack {name}: {}", counts.join(", "))
}

fn line(change: &Change) -> String {
    let mut mark = match change.replacement.as_str() {
        _ if change.action == "Remove" => "  REMOVED",
        "True" => "  REPLACED",
        "Conditional" => "  may be REPLACED",
        _ => "",
    }
    .to_owned();
    if change.is_consequence {
        mark.push_str("  if what it refers to changes");
    }
    format!(
        "  {:<8} {:<34} {}{mark}",
        change.action, change.resource, change.kind
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_and_its_consequence_read_like_this() {
        let change = |resource: &str, kind: &str, replacement: &str, is_consequence| Change {
            action: "Modify".to_owned(),
            resource: resource.to_owned(),
            kind: kind.to_owned(),
            replacement: replacement.to_owned(),
            is_consequence,
        };
        #[rustfmt::skip]
        let cases = [
            (change("F", "AWS::Lambda::Function",   "False",       false), "  Modify   F                                  AWS::Lambda::Function"),
            (change("P", "AWS::Lambda::Permission", "Conditional", true),  "  Modify   P                                  AWS::Lambda::Permission  may be REPLACED  if what it refers to changes"),
            (change("V", "AWS::EC2::VPC",           "True",        false), "  Modify   V                                  AWS::EC2::VPC  REPLACED"),
        ];
        for (change, expected) in cases {
            assert_eq!(line(&change), expected);
        }
    }
}
