//! What arrives at the reporter, and what it makes of it.

use crate::harness::{self, Stage, event, no_mail, one_mail, report};
use anyhow::ensure;
use serde_json::{Value, json};

/// Every recorded event, once as it was recorded (about a task that is not ours)
/// and once about a finished execution of ours that was never told.
pub(crate) async fn every_recorded_event_is_answered(stage: &Stage) -> anyhow::Result<()> {
    let (execution, _) = harness::run(stage).await?;
    let mut table = Vec::new();
    for (name, recorded) in harness::recorded("functions/report-execution/events")? {
        let foreign = report(stage, &recorded).await?;
        harness::forget(stage, &execution).await?;
        let ours = report(stage, &about(&recorded, &execution)).await?;
        table.push(format!("{name}: {} / {}", told(&foreign), told(&ours)));
    }
    insta::assert_snapshot!("recorded_events", table.join("\n"));
    Ok(())
}

/// The event with our execution in place of the recorded one, where it has one.
fn about(recorded: &Value, execution: &str) -> Value {
    let mut event = recorded.clone();
    if event["resources"][0]
        .as_str()
        .is_some_and(|arn| arn.contains("/execution/"))
    {
        event["resources"][0] = execution.into();
    }
    event
}

fn told(answer: &harness::Answer) -> String {
    if answer.is_error {
        return format!("ERROR {}", answer.payload["errorMessage"]);
    }
    let text = |name: &str| answer.payload[name].as_str().unwrap_or("-").to_owned();
    format!("{} {}", text("action"), text("verdict"))
}

pub(crate) async fn what_is_no_event_is_told(stage: &Stage) -> anyhow::Result<()> {
    let payloads = [
        json!({}),
        json!(null),
        json!([1, 2]),
        json!({"Records": [{"body": "x"}]}),
        json!({"text": "a line\nSubject: OK\u{202e}"}),
        json!({"huge": "x".repeat(100_000)}),
    ];
    for payload in payloads {
        let (answer, mail) = one_mail(stage, report(stage, &payload)).await?;
        ensure!(
            told(&answer) == "sent UNKNOWN",
            "{payload}: {}",
            answer.payload
        );
        ensure!(
            mail.subject().starts_with("UNKNOWN | "),
            "{}",
            mail.subject()
        );
        ensure!(mail.body.contains("could not read"), "{}", mail.body);
        ensure!(
            !mail.body.contains("\nSubject: OK"),
            "a foreign line in {}",
            mail.body
        );
    }
    Ok(())
}

pub(crate) async fn an_event_about_another_task_is_told(stage: &Stage) -> anyhow::Result<()> {
    let another_task = another(stage.output("TaskArn")?);
    let another_partition = stage.output("TaskArn")?.replace("arn:aws:", "arn:aws-cn:");
    for foreign in [another_task, another_partition] {
        let payload = event(
            &format!("{foreign}/execution/exec-0123456789abcdef0"),
            "SUCCESS",
        );
        let (answer, mail) = one_mail(stage, report(stage, &payload)).await?;
        ensure!(told(&answer) == "sent UNKNOWN", "{}", answer.payload);
        ensure!(mail.body.contains("another task"), "{}", mail.body);
    }
    Ok(())
}

pub(crate) async fn a_second_event_sends_no_second_mail(stage: &Stage) -> anyhow::Result<()> {
    let (execution, run) = harness::run(stage).await?;
    let told_first = run.mail.attribute("verdict").to_owned();
    for state in ["SUCCESS", "ERROR", "SOMETHING_NEW"] {
        let answer = no_mail(stage, report(stage, &event(&execution, state))).await?;
        let expected = format!("duplicate {told_first}");
        ensure!(told(&answer) == expected, "{state}: {}", answer.payload);
    }
    Ok(())
}

/// Through the real rule: states in between and other tasks stop there, an end
/// and a new word arrive.
pub(crate) async fn the_rule_lets_through_what_is_not_in_between(
    stage: &Stage,
) -> anyhow::Result<()> {
    let (stopped, _) = harness::run(stage).await?;
    let (execution, _) = harness::run(stage).await?;
    let known = stage.mails()?.len();
    harness::forget(stage, &stopped).await?;
    for state in backup_domain::execution::Status::TRANSIENT {
        emit(stage, &stopped, state).await?;
    }
    let task = stage.output("TaskArn")?;
    emit(stage, &stopped.replace(task, &another(task)), "SUCCESS").await?;
    for (count, state) in ["SUCCESS", "SOMETHING_NEW"].into_iter().enumerate() {
        harness::forget(stage, &execution).await?;
        emit(stage, &execution, state).await?;
        let mail = stage.next_mail(known + count).await?;
        ensure!(mail.body.contains(&execution), "{state}: {}", mail.body);
        harness::told(stage, &execution).await?;
    }
    let told = harness::ledger(stage, &stopped).await?;
    ensure!(
        told.is_empty(),
        "a state in between was let through: {told:?}"
    );
    Ok(())
}

/// The ARN of a task that is not ours.
fn another(task: &str) -> String {
    format!("{}00000", &task[..task.len() - 5])
}

async fn emit(stage: &Stage, execution: &str, state: &str) -> anyhow::Result<()> {
    let entry = json!({
        "Source": "aws.datasync", "DetailType": "DataSync Task Execution State Change",
        "Detail": json!({"State": state}).to_string(), "Resources": [execution]
    });
    stage.cloud.emit(json!([entry])).await
}

pub(crate) async fn a_test_mail_can_be_asked_for(stage: &Stage) -> anyhow::Result<()> {
    let (answer, mail) = one_mail(stage, report(stage, &json!({"test": {}}))).await?;
    ensure!(told(&answer) == "sent TEST", "{}", answer.payload);
    ensure!(
        answer.payload["message_id"].is_string(),
        "{}",
        answer.payload
    );
    ensure!(
        mail.subject().starts_with("TEST OK | acceptance | "),
        "{}",
        mail.subject()
    );
    Ok(())
}
