//! The metrics that alarms and the dashboard name. A wrong name is no error in
//! CloudWatch: the alarm is silent, and the graph is empty.

use crate::harness::template::{listed, resources, template, template_where};
use anyhow::{Context, ensure};
use backup_domain::metric::{DIMENSION, Metric, NAMESPACE};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A metric as an alarm or a graph asks for it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    who: String,
    namespace: String,
    metric: String,
    dimensions: BTreeSet<String>,
}

/// Metrics of a service with the dimensions under which it emits them. Sources: the
/// page on CloudWatch metrics in the guide of each service.
#[rustfmt::skip]
const OF_AWS: [(&str, &[&str], &[&str]); 10] = [
    // Lambda Developer Guide, "Types of metrics for Lambda functions".
    ("AWS/Lambda",      &["Invocations", "Errors", "Throttles", "Duration", "AsyncEventsDropped"], &["FunctionName"]),
    // SNS Developer Guide, "Monitoring Amazon SNS topics using CloudWatch".
    ("AWS/SNS",         &["NumberOfMessagesPublished", "NumberOfNotificationsDelivered", "NumberOfNotificationsFailed"], &["TopicName"]),
    // SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS".
    ("AWS/SQS",         &["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage", "NumberOfMessagesSent"], &["QueueName"]),
    // EFS User Guide, "CloudWatch metrics for Amazon EFS".
    ("AWS/EFS",         &["PercentIOLimit", "BurstCreditBalance", "PermittedThroughput", "MeteredIOBytes", "TotalIOBytes", "DataReadIOBytes", "DataWriteIOBytes", "ClientConnections"], &["FileSystemId"]),
    ("AWS/EFS",         &["StorageBytes"], &["FileSystemId", "StorageClass"]),
    // S3 User Guide, "Amazon S3 metrics and dimensions".
    ("AWS/S3",          &["BucketSizeBytes", "NumberOfObjects"], &["BucketName", "StorageType"]),
    // EC2 Auto Scaling User Guide, "CloudWatch metrics for Amazon EC2 Auto Scaling".
    ("AWS/AutoScaling", &["GroupInServiceInstances", "GroupDesiredCapacity", "GroupMinSize", "GroupMaxSize", "GroupTotalInstances"], &["AutoScalingGroupName"]),
    // EC2 User Guide, "CloudWatch metrics that are available for your instances".
    ("AWS/EC2",         &["CPUUtilization", "NetworkIn", "NetworkOut"], &["AutoScalingGroupName"]),
    // DataSync User Guide, "Monitoring data transfers with Amazon CloudWatch metrics".
    ("AWS/DataSync",    &["BytesTransferred", "BytesWritten", "FilesTransferred", "FilesVerifiedDestination"], &["TaskId"]),
    // EventBridge Scheduler User Guide, "Monitoring EventBridge Scheduler with CloudWatch".
    ("AWS/Scheduler",   &["InvocationAttemptCount", "InvocationDroppedCount", "TargetErrorCount"], &["ScheduleGroup"]),
];

/// Every metric that is asked for is emitted, by the functions or by AWS.
pub(crate) async fn every_metric_exists() -> anyhow::Result<()> {
    for on in [true, false] {
        let template = template_where(on)?;
        let named = named(&template)?;
        let unknown: Vec<&Named> = named.iter().filter(|one| !is_emitted(one)).collect();
        ensure!(unknown.is_empty(), "nobody emits {unknown:#?}");
    }
    Ok(())
}

/// What alarms and the dashboard name.
fn named(template: &Value) -> anyhow::Result<Vec<Named>> {
    let mut named = Vec::new();
    for (id, alarm) in resources(template, "AWS::CloudWatch::Alarm") {
        let asked = of_alarm(id, alarm);
        ensure!(!asked.is_empty(), "{id} names no metric");
        named.extend(asked);
    }
    let dashboards = resources(template, "AWS::CloudWatch::Dashboard");
    ensure!(dashboards.len() == 1, "{} dashboards", dashboards.len());
    for (id, dashboard) in dashboards {
        let graphs = of_dashboard(id, &dashboard["DashboardBody"], &template["Parameters"])?;
        ensure!(graphs.len() >= 6, "{id} names {} metrics", graphs.len());
        named.extend(graphs);
    }
    Ok(named)
}

/// Few alarms, each with something to do: what is wrong with the reporter goes past it.
pub(crate) async fn alarms_are_few_and_lead_somewhere() -> anyhow::Result<()> {
    // Target tracking makes two alarms of its own.
    const MOST: usize = 8;
    let template = template()?;
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    let policies = resources(&template, "AWS::AutoScaling::ScalingPolicy");
    let count = alarms.len() + 2 * policies.len();
    ensure!(!alarms.is_empty() && count <= MOST, "{count} alarms");
    for (id, alarm) in alarms {
        ensure!(
            alarm["TreatMissingData"].is_string(),
            "{id}: missing data is left to chance"
        );
        let actions = listed(&alarm["AlarmActions"]);
        ensure!(!actions.is_empty(), "{id} rings for nobody");
        let about_reporter = of_alarm(id, alarm)
            .iter()
            .any(|one| [NAMESPACE, "AWS/Lambda", "AWS/SQS"].contains(&one.namespace.as_str()));
        let to_watchers = actions.iter().all(|action| action["Ref"] == "WatchTopic");
        ensure!(!about_reporter || to_watchers, "{id} goes to {actions:?}");
    }
    Ok(())
}

fn is_emitted(asked: &Named) -> bool {
    let has = |dimensions: &[&str]| asked.dimensions.iter().eq(dimensions.iter().copied());
    if asked.namespace == NAMESPACE {
        let mut ours = Metric::ALL.into_iter();
        return has(&[DIMENSION]) && ours.any(|metric| metric.name() == asked.metric);
    }
    OF_AWS.iter().any(|(namespace, metrics, dimensions)| {
        asked.namespace == *namespace && metrics.contains(&asked.metric.as_str()) && has(dimensions)
    })
}

/// The one metric of an alarm, or those of its queries.
fn of_alarm(id: &str, alarm: &Value) -> Vec<Named> {
    let queries = listed(&alarm["Metrics"]).into_iter();
    let queries = queries.map(|query| &query["MetricStat"]["Metric"]);
    let metrics = queries
        .chain([alarm])
        .filter(|one| !one["MetricName"].is_null());
    let named = metrics.map(|metric| {
        let dimensions = listed(&metric["Dimensions"]).into_iter();
        Named {
            who: id.to_owned(),
            namespace: text(&metric["Namespace"]),
            metric: text(&metric["MetricName"]),
            dimensions: dimensions.map(|one| text(&one["Name"])).collect(),
        }
    });
    named.collect()
}

/// A word of the template, or what stands for one.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The metrics of all graphs: `[namespace, metric, dimension, value, …, options]`, where
/// `.` repeats what stands above it. Source: CloudWatch API Reference, "Dashboard body
/// structure and syntax".
fn of_dashboard(id: &str, body: &Value, parameters: &Value) -> anyhow::Result<Vec<Named>> {
    let body = substituted(body, parameters);
    let body: Value = serde_json::from_str(&body)
        .with_context(|| format!("the body of {id} is no JSON: {body}"))?;
    let mut named = Vec::new();
    for widget in listed(&body["widgets"]) {
        let title = text(&widget["properties"]["title"]);
        let mut above: Vec<String> = Vec::new();
        for row in listed(&widget["properties"]["metrics"]) {
            let words: Vec<&str> = listed(row).into_iter().filter_map(Value::as_str).collect();
            if words.is_empty() {
                let search = row[0]["expression"].as_str().unwrap_or_default();
                ensure!(
                    !search.contains("SEARCH"),
                    "{title}: a search names no metric"
                );
                continue;
            }
            above = repeated(&words, &above);
            let [namespace, metric, dimensions @ ..] = above.as_slice() else {
                anyhow::bail!("{title}: {row}");
            };
            named.push(Named {
                who: format!("{id}, {title}"),
                namespace: namespace.clone(),
                metric: metric.clone(),
                dimensions: dimensions.iter().step_by(2).cloned().collect(),
            });
        }
    }
    Ok(named)
}

/// The row with what `.` and `...` repeat.
fn repeated(words: &[&str], above: &[String]) -> Vec<String> {
    let mut row: Vec<String> = Vec::new();
    for word in words {
        match *word {
            "..." => row.extend(above.iter().take(above.len() - (words.len() - 1)).cloned()),
            "." => row.extend(above.get(row.len()).cloned()),
            word => row.push(word.to_owned()),
        }
    }
    row
}

/// The text of a `!Sub`: each name stands for its value, for the default of a parameter,
/// or for itself.
fn substituted(value: &Value, parameters: &Value) -> String {
    let (text, values) = match &value["Fn::Sub"] {
        Value::String(text) => (text.as_str(), BTreeMap::new()),
        Value::Array(parts) => {
            let values = parts
                .get(1)
                .and_then(Value::as_object)
                .into_iter()
                .flatten();
            let values =
                values.map(|(name, value)| (name.as_str(), substituted(value, parameters)));
            (parts[0].as_str().unwrap_or_default(), values.collect())
        }
        _ => return text(value).replace('"', "'"),
    };
    let mut parts = text.split("${");
    let mut said = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        let default = parameters[name]["Default"].as_str().unwrap_or(name);
        said.push_str(values.get(name).map_or(default, String::as_str));
        said.push_str(rest);
    }
    said
}
