//! A run is slowed down on its way, so that it leaves the web servers their share:
//! it goes on, and its mail is like any other.

use super::{check, check_good, tell};
use crate::{Mail, Say, Stage};
use anyhow::Context;
use aws_sdk_datasync::types::{Options, TaskExecutionStatus};
use serde_json::json;

/// 10 MiB/s.
const SPEED: i64 = 10 << 20;

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  the schedule fires; the run is limited to 10 MiB/s while it goes on");
    let known = stage.mails()?.len();
    let slowed = slowed_down(stage).await;
    stage.cloud.control_datasync(&json!({"hold": null})).await?;
    let execution = slowed?;
    let mail = stage.next_mail(known).await?;
    tell(&mail, say);
    check_good(&mail)?;
    let options = stage.execution(&execution).await?.options;
    let speed = options.and_then(|options| options.bytes_per_second);
    check(speed == Some(SPEED), "its limit", format!("{speed:?}"))?;
    Ok(vec![mail])
}

async fn slowed_down(stage: &Stage) -> anyhow::Result<String> {
    let hold = json!({"hold": "TRANSFERRING"});
    stage.cloud.control_datasync(&hold).await?;
    let execution = stage.fire().await?;
    stage
        .reaches(&execution, TaskExecutionStatus::Preparing)
        .await?;
    let options = Options::builder().bytes_per_second(SPEED).build();
    let request = stage.datasync.update_task_execution().options(options);
    let updated = request.task_execution_arn(&execution).send().await;
    updated.context("the run cannot be slowed down")?;
    Ok(execution)
}
