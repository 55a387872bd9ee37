//! Executions as AWS describes them, seen by the real function through the real
//! SDK: `DataSync`'s answer is replaced by a recorded one.

use crate::harness::{self, Answer, Stage, event, forget, no_mail, one_mail, patch, report};
use anyhow::{Context, ensure};
use serde_json::{Value, json};

pub(crate) async fn get_the_right_verdict(stage: &Stage) -> anyhow::Result<()> {
    let (execution, _) = harness::run(stage).await?;
    let described = described(stage, &execution).await?;
    let mut table = Vec::new();
    for (name, recorded) in harness::recorded("tests/recorded-executions")? {
        // Without a past, so that each is judged by itself.
        harness::forget_all(stage).await?;
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
pub(crate) async fn a_status_that_stays_behind_is_told(stage: &Stage) -> anyhow::Result<()> {
    let (execution, _) = harness::run(stage).await?;
    forget(stage, &execution).await?;
    patch(stage, &execution, json!({"Status": "VERIFYING"})).await?;
    let action = |answer: &Answer| {
        answer.payload["action"]
            .as_str()
            .unwrap_or("error")
            .to_owned()
    };
    let answer = no_mail(stage, report(stage, &event(&execution, "VERIFYING"))).await?;
    ensure!(action(&answer) == "ignored", "{}", answer.payload);
    let (answer, mail) = one_mail(stage, report(stage, &event(&execution, "SUCCESS"))).await?;
    ensure!(action(&answer) == "sent", "{}", answer.payload);
    ensure!(mail.attribute("verdict") == "UNKNOWN", "{}", mail.subject());
    ensure!(
        mail.body.contains("reports the status VERIFYING"),
        "{}",
        mail.body
    );
    patch(stage, &execution, Value::Null).await
}

/// `DataSync` is throttled for a while; the answer that comes in time counts.
pub(crate) async fn a_late_answer_is_waited_for(stage: &Stage) -> anyhow::Result<()> {
    let (execution, _) = harness::run(stage).await?;
    forget(stage, &execution).await?;
    let order = json!({"fail_next": {
        "operation": "DescribeTaskExecution", "count": 2, "type": "ThrottlingException"
    }});
    stage.cloud.control_datasync(&order).await?;
    let (_, mail) = one_mail(stage, report(stage, &event(&execution, "SUCCESS"))).await?;
    harness::ensure_good(&mail)?;
    Ok(())
}

/// Without any report, a log that is alive and holds no problem shows that no file
/// failed. An empty one shows nothing: DataSync may not be allowed to write it.
pub(crate) async fn only_a_log_that_is_alive_stands_in_for_a_report(
    stage: &Stage,
) -> anyhow::Result<()> {
    let (execution, _) = harness::run(stage).await?;
    let no_report = json!({"TaskReportConfig": null, "ReportResult": null});
    for (step, is_good) in [("empty", false), ("alive", true), ("denied", false)] {
        forget(stage, &execution).await?;
        patch(stage, &execution, no_report.clone()).await?;
        if step == "alive" {
            let stream = harness::stream(&execution)?;
            let line = "[INFO] Transferred file /a".to_owned();
            harness::log(stage, &stream, &[line]).await?;
        }
        let again = event(&execution, "SUCCESS");
        let report_now = one_mail(stage, report(stage, &again));
        let (_, mail) = if step == "denied" {
            let action = ["logs:FilterLogEvents"];
            harness::denied(stage, "ReportExecutionFunctionName", &action, report_now).await?
        } else {
            report_now.await?
        };
        let subject = mail.subject();
        let is_unknown = mail.attribute("verdict") == "UNKNOWN";
        ensure!(is_unknown != is_good, "{step}: {subject}");
        if is_good {
            harness::ensure_good(&mail)?;
        }
    }
    patch(stage, &execution, Value::Null).await
}

/// Reports in which nothing can be found are no proof that no file failed.
pub(crate) async fn a_report_that_lists_nothing_is_never_ok(stage: &Stage) -> anyhow::Result<()> {
    let (execution, _) = harness::run(stage).await?;
    let elsewhere =
        json!({"TaskReportConfig": {"Destination": {"S3": {"Subdirectory": "elsewhere"}}}});
    let no_report_no_log = json!({
        "TaskReportConfig": null, "ReportResult": null, "Options": {"LogLevel": "OFF"}
    });
    #[rustfmt::skip]
    let cases = [
        (json!({"TaskReportConfig": {"OutputType": "SUMMARY_ONLY"}}), "a summary report"),
        (no_report_no_log,                                            "no task report"),
        (json!({"ReportResult": {"Status": "PENDING"}}),              "not written in time"),
        (json!({"ReportResult": null}),                               "is not reported"),
        (elsewhere,                                                   "there is no task report at"),
    ];
    for (change, cause) in cases {
        forget(stage, &execution).await?;
        patch(stage, &execution, change).await?;
        let (_, mail) = one_mail(stage, report(stage, &event(&execution, "SUCCESS"))).await?;
        let text = mail.body.split_whitespace().collect::<Vec<_>>().join(" ");
        ensure!(
            mail.attribute("verdict") == "UNKNOWN",
            "{cause}: {}",
            mail.subject()
        );
        ensure!(text.contains(cause), "{cause}: {}", mail.body);
    }
    patch(stage, &execution, Value::Null).await
}
