//! `efs-backup rehearse`: the whole backup line on this machine.

use super::deploy::{Deployment, deploy_to};
use crate::artifact::Binaries;
use crate::aws::Aws;
use crate::cli::{Global, Rehearse};
use crate::failure::{Exit, Failure};
use crate::stack::Parameters;
use crate::voice::Voice;
use crate::workspace;
use anstyle::{AnsiColor, Style};
use anyhow::Context;
use rehearsal::{Ending, LocalCloud, Outcome, Scenario, Stage, play};
use serde_json::json;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};

/// How long a mail waits for DataSync, in seconds.
const PATIENCE: &str = "3";

/// Plays the scenarios on a local cloud; stops the cloud however it ends.
///
/// # Errors
///
/// If the local cloud cannot be started or the stack cannot be deployed. A
/// scenario that fails is no error; it gives exit code 1.
pub(super) async fn rehearse(
    global: &Global,
    options: &Rehearse,
    voice: Voice,
) -> Result<u8, Failure> {
    let ended = on_a_cloud(global, options, voice).await;
    if let (Err(failure), true) = (&ended, global.json) {
        let mut report = report(&[], None);
        report["ok"] = false.into();
        report["reason"] = failure.to_string().into();
        voice.result(&report.to_string());
    }
    ended
}

async fn on_a_cloud(global: &Global, options: &Rehearse, voice: Voice) -> Result<u8, Failure> {
    let root = workspace::root()?;
    let say = |text: &str| voice.say(text);
    let binaries = rehearsal::binaries::build(&root, &say).await?;
    let cloud = LocalCloud::start(&root, &binaries, &say).await?;
    let stage = match stack_on(cloud, &root, &Binaries(binaries), global, voice).await {
        Ok(stage) => stage,
        Err((cloud, failure)) => {
            cloud.stop().await;
            return Err(failure);
        }
    };
    let outcomes = tokio::select! {
        outcomes = perform(&stage, options, voice) => outcomes.map(Some),
        () = interrupted() => Ok(None),
    };
    let mut concluded = Ok(());
    if let Ok(Some(outcomes)) = &outcomes {
        concluded = conclude(&stage, &root, outcomes, global.json, voice);
        if options.keep {
            keep(&stage, voice).await;
        }
    }
    stage.cloud.stop().await;
    concluded?;
    Ok(outcomes?.map_or(Exit::Interrupted as u8, |outcomes| {
        u8::from(outcomes.iter().any(failed))
    }))
}

/// Deploys the real template by the same code as `efs-backup deploy`.
async fn stack_on(
    cloud: LocalCloud,
    root: &Path,
    binaries: &Binaries,
    global: &Global,
    voice: Voice,
) -> Result<Stage, (LocalCloud, Failure)> {
    let outputs = tokio::select! {
        deployed = deploy_into(&cloud, root, binaries, global, voice) => deployed,
        () = interrupted() => Err(Failure::new(Exit::Interrupted, "interrupted")),
    };
    match outputs {
        Ok(outputs) => Ok(Stage::new(cloud, outputs)),
        Err(failure) => Err((cloud, failure)),
    }
}

async fn deploy_into(
    cloud: &LocalCloud,
    root: &Path,
    binaries: &Binaries,
    global: &Global,
    voice: Voice,
) -> Result<Parameters, Failure> {
    let template = template(root)?;
    let aws = Aws::from_config(&cloud.config()).await?;
    let parameters = Parameters::from([
        ("AlertEmail".to_owned(), "ops@example.com".to_owned()),
        ("TimeZone".to_owned(), "Europe/Berlin".to_owned()),
        // A mail that waits for DataSync in vain shall not take 20 seconds here.
        ("DescribeBudgetSeconds".to_owned(), PATIENCE.to_owned()),
    ]);
    let deployment = Deployment {
        stack_name: global.stack_name(),
        template: &template,
        binaries,
        parameters: &parameters,
        yes: true,
    };
    voice.say(&format!(
        "deploying template.yaml into it, with DescribeBudgetSeconds={PATIENCE}"
    ));
    Ok(deploy_to(&aws, &deployment, voice.lowered()).await?.outputs)
}

fn template(root: &Path) -> anyhow::Result<String> {
    let path = root.join("template.yaml");
    std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read the template {}", path.display()))
}

async fn perform(stage: &Stage, options: &Rehearse, voice: Voice) -> Result<Vec<Outcome>, Failure> {
    let say = |text: &str| voice.say(text);
    stage.confirm_subscriptions(&say).await?;
    let mut outcomes = Vec::new();
    for scenario in Scenario::with_needs(&options.scenario) {
        voice.say(scenario.name());
        let outcome = play(scenario, stage, &say).await;
        if let Some(reason) = outcome.ending.reason() {
            voice.say(&format!("    {}: {reason}", outcome.ending.word()));
        }
        for mail in outcome
            .mails
            .iter()
            .filter_map(|path| std::fs::read_to_string(path).ok())
        {
            mail.lines()
                .for_each(|line| voice.detail(&format!("    | {line}")));
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// The page with everything, and the table for a person or one line for a program.
fn conclude(
    stage: &Stage,
    root: &Path,
    outcomes: &[Outcome],
    as_json: bool,
    voice: Voice,
) -> Result<(), Failure> {
    let page = crate::report::write(&stage.cloud.folder, &template(root)?, outcomes)?;
    let logs = stage.cloud.folder.join("logs");
    voice.say(&format!(
        "mails: {} (whole with --verbose)",
        from_here(&stage.cloud.outbox()).display()
    ));
    voice.say(&format!("logs:  {}", from_here(&logs).display()));
    if as_json {
        voice.result(&report(outcomes, Some(&page)).to_string());
        return Ok(());
    }
    for outcome in outcomes {
        let word = outcome.ending.word();
        let style = style(&outcome.ending);
        voice.result(&format!(
            "{style}{word}{style:#}  {:<24} {:>5.1} s  {}",
            outcome.scenario.name(),
            outcome.took.as_secs_f64(),
            outcome.ending.reason().unwrap_or_default()
        ));
    }
    voice.result(&format!("report: {}", from_here(&page).display()));
    Ok(())
}

/// The path as one would type it from the current folder.
fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).to_owned()
}

/// The last line of `rehearse --json`, schema `rehearsal/1`: a contract.
fn report(outcomes: &[Outcome], page: Option<&Path>) -> serde_json::Value {
    let scenarios: Vec<_> = outcomes
        .iter()
        .map(|outcome| {
            json!({
                "name": outcome.scenario.name(),
                "ok": outcome.ending.ok(),
                "seconds": (outcome.took.as_secs_f64() * 1000.0).round() / 1000.0,
                "mails": outcome.mails,
                "reason": outcome.ending.reason(),
            })
        })
        .collect();
    let ok = !outcomes.iter().any(failed);
    json!({ "schema": "rehearsal/1", "ok": ok, "scenarios": scenarios, "report": page })
}

fn failed(outcome: &Outcome) -> bool {
    outcome.ending.ok() == Some(false)
}

fn style(ending: &Ending) -> Style {
    let color = match ending {
        Ending::Pass => AnsiColor::Green,
        Ending::Fail(_) => AnsiColor::Red,
        Ending::NotShown(_) => AnsiColor::Yellow,
    };
    color.on_default().bold()
}

/// Says how to talk to the cloud, and waits until somebody has had enough.
async fn keep(stage: &Stage, voice: Voice) {
    let output = |name: &str| stage.output(name).unwrap_or_default().to_owned();
    let files = stage.files().unwrap_or_default();
    voice.say("the local cloud is kept until Ctrl-C");
    voice.say(&format!("change files in {}", from_here(&files).display()));
    voice.say("and, in another terminal, start a run and look what came of it:");
    for (name, value) in stage.cloud.environment() {
        voice.say(&format!("  export {name}={value}"));
    }
    voice.say(&format!(
        "  alias aws='{}'",
        stage.cloud.aws_cli().display()
    ));
    let (task, bucket) = (output("TaskArn"), output("BackupBucketName"));
    for command in [
        format!("datasync start-task-execution --task-arn {task}"),
        format!("datasync list-task-executions --task-arn {task}"),
        format!(
            "datasync describe-task-execution --task-execution-arn $(aws datasync describe-task \
             --task-arn {task} --query CurrentTaskExecutionArn --output text)"
        ),
        format!("s3api list-object-versions --bucket {bucket}"),
    ] {
        voice.say(&format!("  aws {command}"));
    }
    interrupted().await;
    voice.say("stopping the local cloud");
}

/// Waits for Ctrl-C or a request to end.
async fn interrupted() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => drop(terminate.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
