//! Where somebody may look who was told nothing.

use crate::harness::{Stage, signed};
use anyhow::Context;
use serde_json::json;

/// The function that a schedule invokes; both are named by their outputs.
pub(super) fn of_function(schedule: &str) -> anyhow::Result<&'static str> {
    match schedule {
        "StartScheduleName" => Ok("StartExecutionFunctionName"),
        "AuditScheduleName" => Ok("AuditBucketFunctionName"),
        "WatchScheduleName" => Ok("ReportExecutionFunctionName"),
        other => anyhow::bail!("no schedule {other}"),
    }
}

/// How many messages the failure queue has.
pub(super) async fn kept(stage: &Stage) -> anyhow::Result<usize> {
    let name = "ApproximateNumberOfMessages";
    let asked = json!({"QueueUrl": stage.output("FailureQueueUrl")?, "AttributeNames": [name]});
    let target = "AmazonSQS.GetQueueAttributes";
    let answer = signed::json(&stage.cloud, "sqs", target, &asked).await?;
    let count = answer["Attributes"][name].as_str().context("no number")?;
    Ok(count.parse()?)
}

/// The lines of a function's log.
pub(super) async fn lines(stage: &Stage, function: &str) -> anyhow::Result<Vec<String>> {
    let configuration = stage.configuration(function).await?;
    let group = json!({"logGroupName": configuration["LoggingConfig"]["LogGroup"]});
    let target = "Logs_20140328.FilterLogEvents";
    let answer = signed::json(&stage.cloud, "logs", target, &group).await?;
    let events = answer["events"].as_array().context("no events")?;
    let lines = events.iter().filter_map(|event| event["message"].as_str());
    Ok(lines.map(str::to_owned).collect())
}

/// What the local cloud says of a function's failed events that reached no queue. On
/// AWS it is the metric `DestinationDeliveryFailures` alone that says so.
pub(super) fn failures(stage: &Stage, function: &str) -> anyhow::Result<Vec<String>> {
    let log = std::fs::read_to_string(stage.cloud.folder.join("logs/emulator.log"))?;
    let said = format!("a failed event of {} is lost", stage.output(function)?);
    let lines = log.lines().filter(|line| line.contains(&said));
    Ok(lines.map(str::to_owned).collect())
}
