//! What the functions say in their logs.

use crate::harness::{Stage, audit, report, run, start, until};
use anyhow::{Context, ensure};
use rehearsal::signed;
use serde_json::{Value, json};

/// Reads a log as whoever looks into a run would: by its text.
async fn logs(stage: &Stage, operation: &str, input: Value) -> anyhow::Result<Value> {
    let target = format!("Logs_20140328.{operation}");
    let headers = [
        ("x-amz-target", target.as_str()),
        ("content-type", "application/x-amz-json-1.1"),
    ];
    let answer = signed::post(&stage.cloud, "logs", "/", input.to_string(), &headers).await?;
    Ok(serde_json::from_str(&answer.body)?)
}

/// The lines of the newest invocation of a function that mention `what`, without
/// those that Lambda itself writes.
async fn of_invocation(stage: &Stage, function: &str, what: &str) -> anyhow::Result<Vec<Value>> {
    let configuration = stage.configuration(function).await?;
    let group = &configuration["LoggingConfig"]["LogGroup"];
    let all = logs(stage, "FilterLogEvents", json!({"logGroupName": group})).await?;
    let events = all["events"].as_array().context("no events")?;
    let text = |event: &Value| event["message"].as_str().unwrap_or_default().to_owned();
    let found = events.iter().rev().find(|event| text(event).contains(what));
    let stream = &found.context("no line about it")?["logStreamName"];
    let lines = events
        .iter()
        .filter(|event| event["logStreamName"] == *stream);
    let read = |line: String| -> anyhow::Result<Value> {
        serde_json::from_str(&line).with_context(|| format!("no JSON: {line}"))
    };
    let lines: Vec<Value> = lines.map(text).map(read).collect::<Result<_, _>>()?;
    let is_own = |line: &Value| {
        !line["type"]
            .as_str()
            .is_some_and(|of| of.starts_with("platform."))
    };
    Ok(lines.into_iter().filter(is_own).collect())
}

fn is_whole(line: &Value) -> anyhow::Result<()> {
    for key in ["timestamp", "level", "message", "requestId"] {
        ensure!(line[key].is_string(), "no {key}: {line}");
    }
    Ok(())
}

/// Each line of a report names the execution, and its request; a line of metrics is
/// CloudWatch's own form.
pub(crate) async fn name_the_execution(stage: &Stage) -> anyhow::Result<()> {
    let (arn, _) = run(stage).await?;
    for function in ["ReportExecutionFunctionName", "StartExecutionFunctionName"] {
        until("a line about the run", async || {
            Ok(of_invocation(stage, function, &arn)
                .await
                .is_ok_and(|lines| !lines.is_empty()))
        })
        .await?;
        let lines = of_invocation(stage, function, &arn).await?;
        let lines = lines.iter().filter(|line| line.get("_aws").is_none());
        let lines: Vec<&Value> = lines.collect();
        for line in &lines {
            is_whole(line)?;
        }
        let answered = lines.iter().find(|line| line["message"] == "answered");
        let answered = answered.context("no line about the answer")?;
        ensure!(answered["execution"] == arn.as_str(), "{answered}");
        let others = lines
            .iter()
            .filter(|line| line["message"] != "asked to start");
        for line in others {
            ensure!(line["execution"] == arn.as_str(), "{line}");
        }
    }
    Ok(())
}

pub(crate) async fn are_json_for_every_function(stage: &Stage) -> anyhow::Result<()> {
    report(stage, &json!({"test": {}})).await?;
    start(stage, &json!({"trigger": "cron"})).await?;
    audit(stage, &json!({})).await?;
    for (function, what) in [
        ("ReportExecutionFunctionName", "TEST"),
        (
            "StartExecutionFunctionName",
            "the request is not understood",
        ),
        ("AuditBucketFunctionName", "audited"),
    ] {
        let lines = of_invocation(stage, function, what).await?;
        ensure!(!lines.is_empty(), "{function} says nothing");
        for line in &lines {
            is_whole(line)?;
        }
    }
    Ok(())
}
