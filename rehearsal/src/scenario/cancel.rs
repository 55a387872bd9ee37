//! Somebody cancels a run half way: the mail says so, and calls it FAILED although
//! a file was copied already; the next run does what was left.

use super::{check_good, check_says, check_verdict, tell};
use crate::wait::until;
use crate::{Mail, Say, Stage};
use anyhow::Context;
use serde_json::json;

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  a file is added; the schedule fires, and somebody cancels the run");
    stage.write("uploads/late.txt", b"too late")?;
    let cancelled = stage.run_by(start_and_cancel(stage)).await;
    hold(stage, None).await?;
    let cancelled = cancelled?;
    tell(&cancelled.mail, say);
    check_verdict(&cancelled.mail, "FAILED")?;
    check_says(&cancelled.mail, "cancelled")?;

    say("    nobody cancels the next one; the schedule fires");
    let next = stage.run().await?;
    tell(&next.mail, say);
    check_good(&next.mail)?;
    Ok(vec![cancelled.mail, next.mail])
}

async fn start_and_cancel(stage: &Stage) -> anyhow::Result<()> {
    hold(stage, Some("VERIFYING")).await?;
    let execution = stage.fire().await?;
    until("a file is copied", async || {
        Ok(stage.execution(&execution).await?.files_transferred > 0)
    })
    .await?;
    let request = stage.datasync.cancel_task_execution();
    let cancelled = request.task_execution_arn(execution).send().await;
    cancelled.map(drop).context("it cannot be cancelled")
}

/// Lets executions wait in front of a status.
async fn hold(stage: &Stage, status: Option<&str>) -> anyhow::Result<()> {
    stage.cloud.control_datasync(&json!({"hold": status})).await
}
