//! Executions as AWS describes them, seen by the real function through the real
//! SDK: `DataSync`'s answer is replaced by a recorded one.

use crate::harness::{self, Answer, Stage, event, forget, no_mail, one_mail, patch, report};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::path::Path;

pub(crate) async fn get_the_right_verdict(stage: &Stage) -> anyhow::Result<()> {
    let (execution, _) = harness::run(stage).await?;
    let described = described(stage, &execution).await?;
    let mut table = Vec::new();
    for (name, recorded) in recorded()? {
        forget(stage, &execution).await?;
        patch(stage, &execution, replacing(&described, &recorded, stage)?).await?;
        let known = stage.mails()?.len();
        let answer = report(stage, &event(&execution, "SUCCESS")).await?;
        let mails = stage.mails()?;
        let subject = mails.get(known).map_or("no mail", |mail| mail.subject());
        let short = subject.rsplit_once(" | ").map_or(subject, |(rest, _)| rest);
        table.push(format!("{name}: {short}"));
        ensure!(!answer.is_error, "{name}: {}", answer.payload);
        if name.contains("older-api") {
            let mail = mails.get(known).context("no mail about the older answer")?;
            ensure!(
                mail.line("Verified") == Some("not reported"),
                "{}",
                mail.body
            );
        }
    }
    patch(stage, &execution, Value::Null).await?;
    insta::assert_snapshot!("recorded_executions", table.join("\n"));
    Ok(())
}

fn recorded() -> anyhow::Result<Vec<(String, Value)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded-executions");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .context("a file without a name")?
            .to_string_lossy()
            .into_owned();
        all.push((name, serde_json::from_str(&std::fs::read_to_string(path)?)?));
    }
    all.sort_by(|a: &(String, Value), b| a.0.cmp(&b.0));
    ensure!(all.len() >= 13, "only {} recorded executions", all.len());
    Ok(all)
}

/// What `DataSync` answers now, as JSON with all its members.
async fn described(stage: &Stage, execution: &str) -> anyhow::Result<Value> {
    let body = json!({"TaskExecutionArn": execution}).to_string();
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "FmrsService.DescribeTaskExecution"),
    ];
    let answer = harness::signed::post(&stage.cloud, "datasync", "/", body, &headers).await?;
    Ok(serde_json::from_str(&answer.body)?)
}

/// A merge patch that turns the answer into the recorded one: members that were
/// not recorded are removed, and the report lies in our own bucket.
fn replacing(described: &Value, recorded: &Value, stage: &Stage) -> anyhow::Result<Value> {
    let mut patch = recorded.clone();
    let members = described
        .as_object()
        .context("an answer that is no object")?;
    for name in members.keys().filter(|name| recorded.get(name).is_none()) {
        patch[name] = Value::Null;
    }
    patch["TaskExecutionArn"] = described["TaskExecutionArn"].clone();
    if patch["Result"].is_object() {
        for name in described["Result"]
            .as_object()
            .into_iter()
            .flat_map(|result| result.keys())
        {
            if patch["Result"].get(name).is_none() {
                patch["Result"][name] = Value::Null;
            }
        }
    }
    if recorded.get("TaskReportConfig").is_some() {
        let bucket = stage.output("ReportBucketName")?;
        patch["TaskReportConfig"]["Destination"]["S3"]["S3BucketArn"] =
            format!("arn:aws:s3:::{bucket}").into();
    }
    Ok(patch)
}

pub(crate) async fn an_unknown_status_is_told(stage: &Stage) -> anyhow::Result<()> {
    let (execution, _) = harness::run(stage).await?;
    forget(stage, &execution).await?;
    patch(stage, &execution, json!({"Status": "PAUSED_FOR_EVER"})).await?;
    let (_, mail) = one_mail(stage, report(stage, &event(&execution, "SUCCESS"))).await?;
    ensure!(
        mail.subject().starts_with("UNKNOWN | "),
        "{}",
        mail.subject()
    );
    ensure!(mail.body.contains("PAUSED_FOR_EVER"), "{}", mail.body);
    patch(stage, &execution, Value::Null).await
}

/// An execution that has not finished gives no mail, unless its event claims an
/// end; then nobody knows, and that is told.
pub(crate) async fn a_late_status_is_waited_for(stage: &Stage) -> anyhow::Result<()> {
    let (execution, _) = harness::run(stage).await?;
    forget(stage, &execution).await?;
    patch(stage, &execution, json!({"Status": "VERIFYING"})).await?;
    let told = |answer: &Answer| {
        answer.payload["action"]
            .as_str()
            .unwrap_or("error")
            .to_owned()
    };
    let answer = no_mail(stage, report(stage, &event(&execution, "SOMETHING_NEW"))).await?;
    ensure!(told(&answer) == "ignored", "{}", answer.payload);
    let (answer, mail) = one_mail(stage, report(stage, &event(&execution, "SUCCESS"))).await?;
    ensure!(told(&answer) == "sent", "{}", answer.payload);
    ensure!(mail.body.contains("VERIFYING"), "{}", mail.body);
    patch(stage, &execution, Value::Null).await
}
