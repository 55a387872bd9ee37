//! The task cannot be executed any more, so no run starts and no event comes: the
//! watch says so, in `DataSync`'s words.

use super::{check, check_says, check_subject, check_verdict, tell};
use crate::{Mail, Say, Stage};
use serde_json::{Value, json};

const CODE: &str = "SyncTaskErrorLocationNotAdded";
const DETAIL: &str = "The source location could not be added";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  DataSync says that the task is UNAVAILABLE; a start is refused; the watch looks");
    stage.hours_pass(1).await?;
    task(stage, Some("UNAVAILABLE")).await?;
    let refused = refused(stage, say).await;
    task(stage, None).await?;
    let refused = refused?;

    say("  an hour later the task is AVAILABLE again; the schedule fires");
    stage.hours_pass(1).await?;
    let run = stage.run().await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "RECOVERED")?;
    check_subject(&run.mail, "good again after 2 h")?;
    Ok(vec![refused, run.mail])
}

async fn refused(stage: &Stage, say: Say<'_>) -> anyhow::Result<Mail> {
    let known = stage.mails()?.len();
    let start = json!({"trigger": "manual"});
    let answer = stage.invoke("StartExecutionFunctionName", &start).await?;
    let said = answer.payload["errorMessage"].as_str().unwrap_or_default();
    check(
        answer.is_error && said.contains(DETAIL),
        "a start that is refused",
        &answer.payload,
    )?;
    stage.watch().await?;
    let mail = stage.next_mail(known).await?;
    tell(&mail, say);
    check_verdict(&mail, "FAILED")?;
    check_subject(&mail, "start refused, task UNAVAILABLE")?;
    check_says(&mail, CODE)?;
    check_says(&mail, DETAIL)?;
    stage.watch().await?;
    let mails = stage.mails()?.len() - known;
    check(mails == 1, "one mail about it", mails)?;
    Ok(mail)
}

/// What `DataSync` says of the task; nothing: the truth.
async fn task(stage: &Stage, status: Option<&str>) -> anyhow::Result<()> {
    let arn = stage.output("TaskArn")?;
    let said: Value =
        json!({"arn": arn, "status": status, "error_code": CODE, "error_detail": DETAIL});
    stage.cloud.control_datasync(&json!({ "task": said })).await
}
