//! A run does not end: the watch says so at once, and not again an hour later;
//! the run goes on after all, and its end is told.

use super::{check, check_good, check_says, check_subject, check_verdict, tell};
use crate::{Mail, Say, Stage};
use aws_sdk_datasync::types::TaskExecutionStatus;
use serde_json::json;

/// One more than `MaxRunHours`.
const HOURS: i32 = 13;

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  the schedule fires; the run has stood still for 13 hours; the watch looks");
    let known = stage.mails()?.len();
    let stuck = stand_still(stage, say).await;
    stage.cloud.control_datasync(&json!({"hold": null})).await?;
    let stuck = stuck?;

    say("  the run goes on, and ends");
    let end = stage.next_mail(known + 1).await?;
    tell(&end, say);
    check_good(&end)?;
    Ok(vec![stuck, end])
}

/// The mail about a run that does not end.
async fn stand_still(stage: &Stage, say: Say<'_>) -> anyhow::Result<Mail> {
    let known = stage.mails()?.len();
    let hold = json!({"hold": "TRANSFERRING"});
    stage.cloud.control_datasync(&hold).await?;
    let execution = stage.fire().await?;
    stage
        .reaches(&execution, TaskExecutionStatus::Preparing)
        .await?;
    let age = json!({"age": {"arn": execution, "hours": HOURS}});
    stage.cloud.control_datasync(&age).await?;
    stage.watch().await?;
    let mail = stage.next_mail(known).await?;
    tell(&mail, say);
    check_verdict(&mail, "STUCK")?;
    check_subject(&mail, "PREPARING for 13 h")?;
    check_says(&mail, &execution)?;

    stage.watch().await?;
    let mails = stage.mails()?.len() - known;
    check(mails == 1, "one mail about it", mails)?;
    say("    it looks again an hour later: no second mail");
    Ok(mail)
}
