//! The task report comes later than the end of the run: the mail waits for it.
//! Where it comes too late even for that, the mail says UNKNOWN, and the watch
//! tells the run once more when the report is there.

use super::{check, check_good, check_says, check_verdict, tell};
use crate::{Mail, Say, Stage};
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

/// How long the first report is late; less than the function's patience.
const A_MOMENT: Duration = Duration::from_millis(600);

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  the schedule fires; the task report is written a moment after the end of the run");
    let known = stage.mails()?.len();
    let waited = a_moment_late(stage, known).await;
    hold_report(stage, false).await?;
    waited?;
    let waited = stage.next_mail(known).await?;
    tell(&waited, say);
    check_good(&waited)?;

    say("  the schedule fires; the report is later than the function waits for it");
    let unknown = much_too_late(stage).await;
    hold_report(stage, false).await?;
    let (execution, unknown) = unknown?;
    tell(&unknown, say);
    check_verdict(&unknown, "UNKNOWN")?;
    check_says(&unknown, "task report")?;
    stage.until_told(&execution, "UNKNOWN").await?;

    say("    the report is there; the hourly watch looks");
    let known = stage.mails()?.len();
    settled(stage, &execution).await?;
    stage.watch().await?;
    let told = stage.next_mail(known).await?;
    tell(&told, say);
    check_good(&told)?;
    check_says(&told, &execution)?;
    Ok(vec![waited, unknown, told])
}

/// A run that is over, about which no mail comes for a moment.
async fn a_moment_late(stage: &Stage, known: usize) -> anyhow::Result<()> {
    hold_report(stage, true).await?;
    let execution = stage.fire().await?;
    stage.ended(&execution).await?;
    sleep(A_MOMENT).await;
    let mails = stage.mails()?.len() - known;
    check(mails == 0, "no mail before the report", mails)
}

async fn much_too_late(stage: &Stage) -> anyhow::Result<(String, Mail)> {
    let known = stage.mails()?.len();
    hold_report(stage, true).await?;
    let execution = stage.fire().await?;
    Ok((execution, stage.next_mail(known).await?))
}

/// Waits until `DataSync` says that the report is written.
async fn settled(stage: &Stage, execution: &str) -> anyhow::Result<()> {
    crate::wait::until("the task report is written", async || {
        let run = stage.execution(execution).await?;
        let result = run.report_result.and_then(|result| result.status);
        Ok(result.is_some_and(|status| status.as_str() == "SUCCESS"))
    })
    .await
}

async fn hold_report(stage: &Stage, is_held: bool) -> anyhow::Result<()> {
    let order = json!({"hold_report": is_held});
    stage.cloud.control_datasync(&order).await
}
