//! Permissions that are missing: never silence, never a wrong number.

use crate::harness::program::binaries;
use crate::harness::{self, Stage, denied, event, forget, ledger, one_mail, report};
use anyhow::ensure;
use std::process::Stdio;
use tokio::process::Command;

const REPORTER: &str = "ReportExecutionFunctionName";

pub(crate) async fn a_denied_describe_gives_a_degraded_mail_and_then_the_real_one(
    stage: &Stage,
) -> anyhow::Result<()> {
    let (execution, _) = harness::run(stage).await?;
    forget(stage, &execution).await?;
    let again = event(&execution, "SUCCESS");
    let report_now = one_mail(stage, report(stage, &again));
    let (_, mail) = denied(
        stage,
        REPORTER,
        &["datasync:DescribeTaskExecution"],
        report_now,
    )
    .await?;
    ensure!(
        mail.subject().starts_with("UNKNOWN | "),
        "{}",
        mail.subject()
    );
    ensure!(
        mail.body.contains("datasync:DescribeTaskExecution failed"),
        "{}",
        mail.body
    );
    ensure!(
        mail.body.contains("Files, bytes, failed files: not known"),
        "{}",
        mail.body
    );
    ensure!(
        ledger(stage, &execution).await? == ["UNKNOWN"],
        "the ledger holds it"
    );

    the_real_one_follows(stage, &execution).await
}

async fn the_real_one_follows(stage: &Stage, execution: &str) -> anyhow::Result<()> {
    let again = event(execution, "SUCCESS");
    let (_, mail) = one_mail(stage, report(stage, &again)).await?;
    ensure!(
        mail.subject().starts_with("RECOVERED | "),
        "{}",
        mail.subject()
    );
    let mut told = ledger(stage, execution).await?;
    told.sort();
    ensure!(told == ["RECOVERED", "UNKNOWN"], "{told:?}");
    Ok(())
}

/// `DataSync` keeps executions for 30 days, and a task may be deleted.
pub(crate) async fn an_execution_that_is_gone_is_told(stage: &Stage) -> anyhow::Result<()> {
    let gone = format!(
        "{}/execution/exec-0123456789abcdef0",
        stage.output("TaskArn")?
    );
    let (answer, mail) = one_mail(stage, report(stage, &event(&gone, "ERROR"))).await?;
    ensure!(!answer.is_error, "{}", answer.payload);
    ensure!(
        mail.subject().starts_with("UNKNOWN | "),
        "{}",
        mail.subject()
    );
    ensure!(
        mail.body.contains("State in the event: ERROR"),
        "{}",
        mail.body
    );
    ensure!(
        mail.body.contains("InvalidRequestException"),
        "{}",
        mail.body
    );
    Ok(())
}

pub(crate) async fn a_denied_report_bucket_is_never_ok(stage: &Stage) -> anyhow::Result<()> {
    let (execution, _) = harness::run(stage).await?;
    forget(stage, &execution).await?;
    let again = event(&execution, "SUCCESS");
    let report_now = one_mail(stage, report(stage, &again));
    let (answer, mail) = denied(stage, REPORTER, &["s3:*"], report_now).await?;
    ensure!(!answer.is_error, "{}", answer.payload);
    ensure!(
        mail.subject().starts_with("UNKNOWN | "),
        "{}",
        mail.subject()
    );
    ensure!(mail.body.contains("s3:ListBucket failed"), "{}", mail.body);
    ensure!(
        mail.line("Failed")
            .is_some_and(|text| text.starts_with("not known")),
        "{}",
        mail.body
    );
    ensure!(mail.body.contains("At risk: not known"), "{}", mail.body);
    Ok(())
}

pub(crate) async fn a_denied_publish_is_an_error(stage: &Stage) -> anyhow::Result<()> {
    let (execution, _) = harness::run(stage).await?;
    forget(stage, &execution).await?;
    let again = event(&execution, "SUCCESS");
    let report_now = harness::no_mail(stage, report(stage, &again));
    let answer = denied(stage, REPORTER, &["sns:Publish"], report_now).await?;
    ensure!(answer.is_error, "{}", answer.payload);
    let message = answer.payload["errorMessage"].as_str().unwrap_or_default();
    ensure!(
        message.starts_with("sns:Publish failed for arn:aws:sns:"),
        "{message}"
    );
    ensure!(
        ledger(stage, &execution).await?.is_empty(),
        "nothing counts as told"
    );
    Ok(())
}

/// An environment in which every function starts.
#[rustfmt::skip]
const GOOD: [(&str, &str); 18] = [
    ("STACK_NAME", "s"),
    ("TASK_ARN", "arn:aws:datasync:eu-central-1:111122223333:task/task-0a1b2c3d4e5f60718"),
    ("TIME_ZONE", "Europe/Berlin"), ("TOPIC_ARN", "t"), ("REPORT_BUCKET", "r"),
    ("BACKUP_BUCKET", "b"), ("BACKUP_PREFIX", "efs/"), ("TASK_LOG_GROUP", "g"),
    ("FILE_SYSTEM_ID", "fs-0a1b2c3d4e5f60718"),
    ("WATCH_TOPIC_ARN", "w"), ("SCHEDULE_NAME", "n"), ("RULE_NAME", "n"), ("QUEUE_URL", "q"),
    ("ARCHIVE_AFTER_DAYS", "30"), ("RETAIN_VERSIONS_DAYS", "365"),
    ("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "s"),
];

/// The binaries themselves, started with one variable missing or wrong.
pub(crate) async fn a_missing_variable_is_named(_: &Stage) -> anyhow::Result<()> {
    #[rustfmt::skip]
    let cases = [
        ("start-execution",  "TASK_ARN",               None,           "TASK_ARN is not set"),
        ("start-execution",  "TASK_ARN",               Some("task-1"), "`task-1` is not the ARN of a DataSync task"),
        ("start-execution",  "AWS_REGION",             None,           "AWS_REGION is not set"),
        ("report-execution", "TOPIC_ARN",              None,           "TOPIC_ARN is not set"),
        ("report-execution", "TIME_ZONE",              Some("Mars"),   "TIME_ZONE is malformed: `Mars` is not an IANA time zone"),
        ("report-execution", "DESCRIBE_BUDGET_SECONDS", Some("soon"),  "DESCRIBE_BUDGET_SECONDS is malformed"),
        ("report-execution", "FRESHNESS_LIMIT_HOURS",  Some("-1"),     "FRESHNESS_LIMIT_HOURS is malformed"),
        ("report-execution", "MAIL_NO_CHANGE",         Some("yes"),    "MAIL_NO_CHANGE is malformed"),
        ("audit-bucket",     "BACKUP_BUCKET",          None,           "BACKUP_BUCKET is not set"),
        ("audit-bucket",     "RETAIN_VERSIONS_DAYS",   Some("year"),   "RETAIN_VERSIONS_DAYS is malformed"),
    ];
    for (function, variable, value, expected) in cases {
        let mut command = Command::new(binaries()?.join(function));
        command
            .env_clear()
            .envs(GOOD)
            .env_remove(variable)
            .stdin(Stdio::null());
        if let Some(value) = value {
            command.env(variable, value);
        }
        let output = command.output().await?;
        let text = String::from_utf8_lossy(&output.stderr);
        ensure!(
            !output.status.success(),
            "{function} started without {variable}"
        );
        ensure!(text.contains(expected), "{function}, {variable}: {text}");
    }
    Ok(())
}
