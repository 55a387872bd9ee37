//! `efs-backup rehearse`: the whole backup line on this machine.

use crate::artifact::Binaries;
use crate::cli::{Global, Rehearse};
use crate::failure::{Exit, Failure};
use crate::rehearsed::{PATIENCE, Rehearsed};
use crate::stack::Parameters;
use crate::voice::Voice;
use crate::workspace;
use anstyle::{AnsiColor, Style};
use rehearsal::{Deployed, Ending, LocalCloud, Outcome, Scenario, Stage, Variant, play};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

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
    let binaries = Binaries(rehearsal::binaries::build(&root, &say).await?);
    let cloud = Arc::new(LocalCloud::start(&root, &binaries.0, &say).await?);
    let stacks = Rehearsed {
        root: &root,
        binaries: &binaries,
        voice: voice.lowered(),
    };
    let played = played(&cloud, &stacks, global, options, voice).await;
    cloud.stop().await;
    played
}

async fn played(
    cloud: &Arc<LocalCloud>,
    stacks: &Rehearsed<'_>,
    global: &Global,
    options: &Rehearse,
    voice: Voice,
) -> Result<u8, Failure> {
    let outputs = tokio::select! {
        deployed = deploy(cloud, stacks, global, voice) => deployed?,
        () = interrupted() => return Err(Failure::new(Exit::Interrupted, "interrupted")),
    };
    let stage = Stage::new(Arc::clone(cloud), global.stack_name(), outputs);
    let outcomes = tokio::select! {
        outcomes = perform(&stage, stacks, options, voice) => outcomes?,
        () = interrupted() => return Ok(Exit::Interrupted as u8),
    };
    let concluded = conclude(&stage, &stacks.template()?, &outcomes, global.json, voice);
    if options.keep {
        keep(&stage, voice).await;
    }
    concluded?;
    Ok(u8::from(outcomes.iter().any(failed)))
}

/// Deploys the real template by the same code as `efs-backup deploy`.
async fn deploy(
    cloud: &LocalCloud,
    stacks: &Rehearsed<'_>,
    global: &Global,
    voice: Voice,
) -> Result<Parameters, Failure> {
    voice.say(&format!(
        "deploying template.yaml into it, with DescribeBudgetSeconds={PATIENCE}"
    ));
    let more = Parameters::new();
    stacks.deploy(cloud, global.stack_name(), more).await
}

async fn perform(
    stage: &Stage,
    stacks: &Rehearsed<'_>,
    options: &Rehearse,
    voice: Voice,
) -> Result<Vec<Outcome>, Failure> {
    let deploy =
        |variant: Variant| -> Deployed<'_> { Box::pin(stacks.variant(&stage.cloud, variant)) };
    let say = |text: &str| voice.say(text);
    stage.confirm_subscriptions(&say).await?;
    let mut outcomes = Vec::new();
    for scenario in Scenario::with_needs(&options.scenario) {
        voice.say(scenario.name());
        let outcome = play(scenario, stage, &deploy, &say).await;
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
    template: &str,
    outcomes: &[Outcome],
    as_json: bool,
    voice: Voice,
) -> Result<(), Failure> {
    let page = crate::report::write(&stage.cloud.folder, template, outcomes)?;
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
