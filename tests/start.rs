//! The function that starts executions, on days that are not ordinary.

use crate::harness::{STACK, Stage, allowed, denied, no_mail, start, told, with_variables};
use anyhow::{Context, ensure};
use rehearsal::{Fault, signed};
use serde_json::{Value, json};

const START: &str = "StartExecutionFunctionName";

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
    #[rustfmt::skip]
    let cases = [
        (json!({}),                                                                   "trigger"),
        (json!({"trigger": "cron"}),                                                  "cron"),
        (json!({"trigger": "manual", "dry_run": 1}),                                  "dry_run is 1; allowed: true, false"),
        (json!({"trigger": "manual", "overrides": {"verify_mode": "FAST"}}),          "overrides.verify_mode is \"FAST\"; allowed: POINT_IN_TIME_CONSISTENT"),
        (json!({"trigger": "manual", "overrides": {"bytes_per_second": 10}}),         "overrides.bytes_per_second is 10; allowed"),
        (json!({"trigger": "manual", "overrides": {"includes": ["uploads"]}}),        "overrides.includes is \"uploads\"; allowed"),
        (json!({"trigger": "manual", "overrides": {"delete": true}}),                 "overrides.delete is not known; allowed"),
    ];
    let before = executions(stage).await?;
    for (payload, named) in cases {
        let answer = start(stage, &payload).await?;
        ensure!(answer.is_error, "{payload}: {}", answer.payload);
        let message = answer.payload["errorMessage"].as_str().unwrap_or_default();
        ensure!(
            message.starts_with("the request is not understood") && message.contains(named),
            "{message}"
        );
    }
    ensure!(
        executions(stage).await? == before,
        "a refused request started something"
    );
    Ok(())
}

/// Asks the local `DataSync`, as a person would.
async fn datasync(stage: &Stage, operation: &str, input: Value) -> anyhow::Result<Value> {
    let target = format!("FmrsService.{operation}");
    let headers = [
        ("x-amz-target", target.as_str()),
        ("content-type", "application/x-amz-json-1.1"),
    ];
    let answer = signed::post(&stage.cloud, "datasync", "/", input.to_string(), &headers).await?;
    Ok(serde_json::from_str(&answer.body)?)
}

/// How many executions the task has had.
async fn executions(stage: &Stage) -> anyhow::Result<usize> {
    let input = json!({"TaskArn": stage.output("TaskArn")?});
    let listed = datasync(stage, "ListTaskExecutions", input).await?;
    let listed = listed["TaskExecutions"].as_array();
    Ok(listed.context("no list")?.len())
}

/// Starts a run and waits for its mail; gives what DataSync knows of it, and the
/// function's answer.
async fn run(stage: &Stage, payload: Value) -> anyhow::Result<(Value, Value)> {
    let known = stage.mails()?.len();
    let answer = start(stage, &payload).await?;
    ensure!(answer.payload["action"] == "started", "{}", answer.payload);
    stage.next_mail(known).await?;
    let arn = &answer.payload["task_execution_arn"];
    told(stage, arn.as_str().unwrap_or_default()).await?;
    let input = json!({"TaskExecutionArn": arn});
    let mut execution = datasync(stage, "DescribeTaskExecution", input).await?;
    let tags = datasync(stage, "ListTagsForResource", json!({"ResourceArn": arn})).await?;
    execution["Tags"] = tags["Tags"].clone();
    Ok((execution, answer.payload))
}

fn tag<'a>(execution: &'a Value, key: &str) -> Option<&'a str> {
    let mut tags = execution["Tags"].as_array()?.iter();
    tags.find(|tag| tag["Key"] == key)?["Value"].as_str()
}

pub(crate) async fn one_run_can_do_otherwise(stage: &Stage) -> anyhow::Result<()> {
    let overrides = json!({
        "verify_mode": "POINT_IN_TIME_CONSISTENT", "bytes_per_second": 5_242_880,
    });
    let (execution, _) = run(stage, json!({"trigger": "manual", "overrides": overrides})).await?;
    let options = &execution["Options"];
    ensure!(
        options["VerifyMode"] == "POINT_IN_TIME_CONSISTENT",
        "{options}"
    );
    ensure!(options["BytesPerSecond"] == 5_242_880, "{options}");
    // The rest is the task's, not DataSync's defaults.
    ensure!(
        options["LogLevel"] == "BASIC" && options["ObjectTags"] == "NONE",
        "{options}"
    );
    let (next, _) = run(stage, json!({"trigger": "manual"})).await?;
    ensure!(
        next["Options"]["VerifyMode"] == "ONLY_FILES_TRANSFERRED",
        "{next}"
    );
    ensure!(next["Options"]["BytesPerSecond"] == -1, "{next}");
    Ok(())
}

pub(crate) async fn one_run_can_be_narrowed(stage: &Stage) -> anyhow::Result<()> {
    let overrides = json!({"includes": ["/narrow*"], "excludes": ["*.tmp", "*/cache"]});
    let (execution, _) = run(stage, json!({"trigger": "manual", "overrides": overrides})).await?;
    ensure!(
        execution["Includes"][0]["Value"] == "/narrow*",
        "{execution}"
    );
    ensure!(
        execution["Excludes"][0]["Value"] == "*.tmp|*/cache",
        "{execution}"
    );
    Ok(())
}

pub(crate) async fn a_run_says_who_started_it(stage: &Stage) -> anyhow::Result<()> {
    let request = json!({
        "trigger": "schedule", "scheduled_time": "2026-11-23T02:00:00Z", "execution_id": "e-1",
    });
    let (execution, _) = run(stage, request).await?;
    for (key, value) in [
        ("efs-backup:trigger", "schedule"),
        ("efs-backup:scheduled-time", "2026-11-23T02:00:00Z"),
        ("efs-backup:schedule-execution-id", "e-1"),
        ("efs-backup:stack", STACK),
    ] {
        ensure!(
            tag(&execution, key) == Some(value),
            "{key}: {}",
            execution["Tags"]
        );
    }
    // A tag that is denied is no reason for a night without a backup.
    let action = "datasync:StartTaskExecution";
    let denied = stage.cloud.fail_calls(action, "*", Fault::Denied, Some(1));
    denied.await?;
    let run = run(stage, json!({"trigger": "manual"})).await;
    let healed = stage.cloud.heal().await?;
    let (execution, _) = run?;
    ensure!(healed.met.get(action) == Some(&1), "{:?}", healed.met);
    ensure!(
        tag(&execution, "efs-backup:trigger").is_none(),
        "{}",
        execution["Tags"]
    );
    Ok(())
}

pub(crate) async fn a_dry_run_starts_nothing(stage: &Stage) -> anyhow::Result<()> {
    let before = executions(stage).await?;
    let request = json!({
        "trigger": "manual", "dry_run": true, "overrides": {"includes": ["/uploads"]},
    });
    let answer = no_mail(stage, start(stage, &request)).await?.payload;
    ensure!(answer["action"] == "skipped", "{answer}");
    ensure!(answer["task_execution_arn"].is_null(), "{answer}");
    let reason = answer["reason"].as_str().unwrap_or_default();
    ensure!(reason == "dry_run: nothing was started", "{answer}");
    ensure!(
        answer["would_start"]["overrides"] == json!({"includes": "/uploads"}),
        "{answer}"
    );
    ensure!(
        answer["would_start"]["tags"]["efs-backup:trigger"] == "manual",
        "{answer}"
    );
    ensure!(executions(stage).await? == before, "something was started");
    force_task(stage, json!("RUNNING")).await?;
    let busy = start(stage, &request).await?.payload;
    force_task(stage, Value::Null).await?;
    ensure!(busy["would_start"].is_null(), "{busy}");
    Ok(())
}

/// What EFS measured of a file system in the last minutes.
async fn measured(stage: &Stage, system: &str, balance: f64, stored: f64) -> anyhow::Result<()> {
    let of_system = json!({"Name": "FileSystemId", "Value": system});
    let standard = json!({"Name": "StorageClass", "Value": "Standard"});
    let input = json!({"Namespace": "AWS/EFS", "MetricData": [
        {"MetricName": "BurstCreditBalance", "Dimensions": [of_system], "Value": balance},
        {"MetricName": "StorageBytes", "Dimensions": [of_system, standard], "Value": stored},
    ]});
    let headers = [
        (
            "x-amz-target",
            "GraniteServiceVersion20100801.PutMetricData",
        ),
        ("content-type", "application/x-amz-json-1.0"),
    ];
    signed::post(&stage.cloud, "monitoring", "/", input.to_string(), &headers).await?;
    Ok(())
}

/// A file system that lives on burst credits: where they are short the run is
/// slowed down, where nothing is known of them it is not, and none is skipped.
pub(crate) async fn short_burst_credits_slow_a_run_down(stage: &Stage) -> anyhow::Result<()> {
    const GIB: f64 = 1_073_741_824.0;
    measured(stage, "fs-rich", 2000.0 * GIB, 500.0 * GIB).await?;
    measured(stage, "fs-poor", 12.0 * GIB, 500.0 * GIB).await?;
    let manual = json!({"trigger": "manual"});
    let fast = json!({"trigger": "manual", "overrides": {"bytes_per_second": -1}});
    let actions = ["cloudwatch:GetMetricData"];
    #[rustfmt::skip]
    let cases = [
        ("fs-rich",    &manual, -1),
        ("fs-unknown", &manual, -1),
        ("fs-poor",    &manual, 25_600_000),
        ("fs-poor",    &fast,   -1),
    ];
    for (system, request, limit) in cases {
        let variables = [("FILE_SYSTEM_ID", system)];
        let run = allowed(stage, START, &actions, run(stage, request.clone()));
        let (execution, answer) = with_variables(stage, START, &variables, run).await?;
        let options = &execution["Options"];
        ensure!(
            options["BytesPerSecond"] == limit,
            "{system}, {request}: {options}"
        );
        let reason = answer["reason"].as_str().unwrap_or_default();
        ensure!(reason.contains("burst credits") == (limit > 0), "{answer}");
        let slowed = tag(&execution, "efs-backup:slowed-for").is_some();
        ensure!(slowed == (limit > 0), "{}", execution["Tags"]);
    }
    let variables = [("FILE_SYSTEM_ID", "fs-poor")];
    let run = denied(stage, START, &actions, run(stage, manual));
    let (execution, _) = with_variables(stage, START, &variables, run).await?;
    ensure!(
        execution["Options"]["BytesPerSecond"] == -1,
        "denied: {execution}"
    );
    Ok(())
}
