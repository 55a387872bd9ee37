//! The function that starts executions, on days that are not ordinary.

use crate::harness::{Stage, start};
use anyhow::ensure;
use serde_json::{Value, json};

async fn force_task(stage: &Stage, status: Value) -> anyhow::Result<()> {
    let order = json!({"task": {
        "arn": stage.output("TaskArn")?, "status": status,
        "error_code": "EniNotFound", "error_detail": "an interface\nis gone"
    }});
    stage.cloud.control_datasync(&order).await
}

pub(crate) async fn a_running_task_is_skipped(stage: &Stage) -> anyhow::Result<()> {
    for status in ["RUNNING", "QUEUED"] {
        force_task(stage, json!(status)).await?;
        let answer = start(stage, &json!({"trigger": "manual"})).await?;
        ensure!(answer.payload["action"] == "skipped", "{}", answer.payload);
        let reason = answer.payload["reason"].as_str().unwrap_or_default();
        ensure!(reason.contains(status), "{reason}");
    }
    force_task(stage, Value::Null).await
}

pub(crate) async fn an_unavailable_task_is_refused_with_its_own_words(
    stage: &Stage,
) -> anyhow::Result<()> {
    force_task(stage, json!("UNAVAILABLE")).await?;
    let answer = start(stage, &json!({"trigger": "manual"})).await?;
    force_task(stage, Value::Null).await?;
    ensure!(answer.is_error, "{}", answer.payload);
    let message = answer.payload["errorMessage"].as_str().unwrap_or_default();
    let refused: Value = serde_json::from_str(message)?;
    ensure!(refused["action"] == "refused", "{message}");
    let reason = refused["reason"].as_str().unwrap_or_default();
    ensure!(reason.contains("ErrorCode EniNotFound"), "{reason}");
    ensure!(reason.contains("an interface\nis gone"), "{reason}");
    Ok(())
}

/// The start is carried out, its answer is lost, and the SDK asks again: the
/// task is busy then, with the very execution that was asked for.
pub(crate) async fn a_lost_answer_counts_as_started(stage: &Stage) -> anyhow::Result<()> {
    let known = stage.mails()?.len();
    stage.cloud.control_datasync(&json!({"hold": "PREPARING", "fail_next": {
        "operation": "StartTaskExecution", "count": 1, "after_commit": true, "type": "InternalException"
    }})).await?;
    let answer = start(stage, &json!({"trigger": "manual"})).await;
    stage.cloud.control_datasync(&json!({"hold": null})).await?;
    let answer = answer?;
    ensure!(answer.payload["action"] == "started", "{}", answer.payload);
    let reason = answer.payload["reason"].as_str().unwrap_or_default();
    ensure!(reason.contains("was lost"), "{}", answer.payload);
    let started = answer.payload["task_execution_arn"]
        .as_str()
        .unwrap_or("none")
        .to_owned();
    let mail = stage.next_mail(known).await?;
    ensure!(mail.body.contains(&started), "the mail is about {started}");
    Ok(())
}

pub(crate) async fn a_request_that_makes_no_sense_is_refused(stage: &Stage) -> anyhow::Result<()> {
    for payload in [
        json!({}),
        json!({"trigger": "cron"}),
        json!({"trigger": "manual", "dry_run": true}),
    ] {
        let answer = start(stage, &payload).await?;
        ensure!(answer.is_error, "{payload}: {}", answer.payload);
        let message = answer.payload["errorMessage"].as_str().unwrap_or_default();
        ensure!(
            message.starts_with("the request is not understood"),
            "{message}"
        );
    }
    Ok(())
}
