//! The watch, from outside: what is wrong with the line itself is told to those who
//! keep it, at once, once, and when it is over.

use crate::harness::{
    Stage, denied, event, forget, ledger, no_mail, one_mail, report, signed, with_variables,
};
use anyhow::ensure;
use rehearsal::Mail;
use serde_json::{Value, json};

const REPORTER: &str = "ReportExecutionFunctionName";

async fn watch(stage: &Stage) -> anyhow::Result<Value> {
    let answer = report(stage, &json!({"watch": {}})).await?;
    ensure!(!answer.is_error, "{}", answer.payload);
    Ok(answer.payload)
}

/// Looks once, whatever is to be told, so that the next look has nothing to tell.
pub(crate) async fn has_nothing_to_tell_twice(stage: &Stage) -> anyhow::Result<()> {
    watch(stage).await?;
    let answer = no_mail(stage, watch(stage)).await?;
    ensure!(answer["action"] == "ignored", "{answer}");
    ensure!(answer.get("told").is_none(), "{answer}");
    Ok(())
}

pub(crate) async fn a_disabled_rule_is_told_until_it_works(stage: &Stage) -> anyhow::Result<()> {
    rule(stage, "DisableRule").await?;
    let (answer, mail) = one_mail(stage, watch(stage)).await?;
    let told = no_mail(stage, watch(stage)).await;
    rule(stage, "EnableRule").await?;
    ensure!(told?["action"] == "ignored", "told twice");

    ensure!(answer["told"] == json!(["WATCH"]), "{answer}");
    to_the_watchers(stage, &mail, "the rule is disabled")?;
    ensure!(mail.attribute("severity") == "error", "{}", mail.subject());
    let command = format!(
        "aws events enable-rule --region {} --name {}",
        rehearsal::REGION,
        stage.output("ExecutionFinishedRuleName")?
    );
    ensure!(mail.body.contains(&command), "{}", mail.body);

    let (_, mail) = one_mail(stage, watch(stage)).await?;
    to_the_watchers(stage, &mail, "all is in order again")?;
    no_mail(stage, watch(stage)).await.map(drop)
}

/// What may not be looked at is told, and the rest is looked at nevertheless.
pub(crate) async fn a_denied_look_is_told(stage: &Stage) -> anyhow::Result<()> {
    let actions = ["scheduler:GetSchedule", "sqs:GetQueueAttributes"];
    let watching = one_mail(stage, watch(stage));
    let (_, mail) = denied(stage, REPORTER, &actions, watching).await?;
    to_the_watchers(
        stage,
        &mail,
        "a part of the line cannot be looked at, and 1 more",
    )?;
    let text = mail.body.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "Schedule: not looked at: scheduler:GetSchedule failed for",
        "Failure queue: not looked at: sqs:GetQueueAttributes failed for",
        "Rule: ENABLED",
    ] {
        ensure!(text.contains(said), "{said}\n{text}");
    }
    let (_, mail) = one_mail(stage, watch(stage)).await?;
    to_the_watchers(stage, &mail, "all is in order again")
}

/// Two of them at the same moment may tell twice, and lose nothing.
pub(crate) async fn two_at_once_do_no_harm(stage: &Stage) -> anyhow::Result<()> {
    let (execution, _) = crate::harness::run(stage).await?;
    forget(stage, &execution).await?;
    let known = stage.mails()?.len();
    let (one, other) = tokio::join!(watch(stage), watch(stage));
    let told = [one?, other?];
    let mails = stage.mails()?.len() - known;
    ensure!((1..=2).contains(&mails), "{mails} mails, {told:?}");
    ensure!(ledger(stage, &execution).await?.len() == 1);
    let again = event(&execution, "SUCCESS");
    let answer = no_mail(stage, report(stage, &again)).await?;
    ensure!(
        answer.payload["action"] == "duplicate",
        "{}",
        answer.payload
    );
    Ok(())
}

/// Without the ledger nobody knows what was told: what has just ended is told again,
/// and that the ledger cannot be read.
pub(crate) async fn an_unreadable_ledger_is_told(stage: &Stage) -> anyhow::Result<()> {
    let (execution, _) = crate::harness::run(stage).await?;
    let known = stage.mails()?.len();
    denied(stage, REPORTER, &["s3:ListBucket"], watch(stage)).await?;
    let mails: Vec<Mail> = stage.mails()?.into_iter().skip(known).collect();
    let about_the_run = mails.iter().any(|mail| mail.body.contains(&execution));
    let about_the_line = mails.iter().any(|mail| {
        mail.subject().starts_with("WATCH | ") && mail.body.contains("Ledger: not looked at")
    });
    let subjects: Vec<&str> = mails.iter().map(Mail::subject).collect();
    ensure!(about_the_run && about_the_line, "{subjects:?}");
    let good = ["OK | ", "NO CHANGE | ", "RECOVERED | "];
    let is_good = |subject: &&str| good.iter().any(|word| subject.starts_with(word));
    ensure!(!subjects.iter().any(is_good), "{subjects:?}");
    // What is over is told, whatever it was.
    watch(stage).await?;
    has_nothing_to_tell_twice(stage).await
}

/// A ledger that can be read and not written would have everything told again, every
/// hour: that is found out before anything is told.
pub(crate) async fn a_ledger_that_cannot_be_written_is_told(stage: &Stage) -> anyhow::Result<()> {
    watch(stage).await?;
    let (_, mail) = {
        let watching = one_mail(stage, watch(stage));
        denied(stage, REPORTER, &["s3:PutObject"], watching).await?
    };
    to_the_watchers(stage, &mail, "the ledger cannot be read or written")?;
    let text = mail.body.split_whitespace().collect::<Vec<_>>().join(" ");
    ensure!(text.contains("s3:PutObject failed for"), "{text}");
    watch(stage).await?;
    has_nothing_to_tell_twice(stage).await
}

/// Two hours are too long where the limit is one.
pub(crate) async fn limits_are_variables(stage: &Stage) -> anyhow::Result<()> {
    stage.hours_pass(2).await?;
    let none = [("FRESHNESS_LIMIT_HOURS", "1")];
    let watching = one_mail(stage, watch(stage));
    let (_, mail) = with_variables(stage, REPORTER, &none, watching).await?;
    ensure!(
        mail.subject().starts_with("MISSING | "),
        "{}",
        mail.subject()
    );
    ensure!(mail.body.contains("WHAT WAS FOUND"), "{}", mail.body);
    // The next good run ends it.
    let run = stage.run().await?;
    ensure!(
        run.mail.attribute("verdict") == "RECOVERED",
        "{}",
        run.mail.subject()
    );
    Ok(())
}

fn to_the_watchers(stage: &Stage, mail: &Mail, fact: &str) -> anyhow::Result<()> {
    let subject = mail.subject();
    ensure!(subject.starts_with("WATCH | "), "{subject}");
    ensure!(subject.contains(&format!(" | {fact} | ")), "{subject}");
    ensure!(mail.attribute("verdict") == "WATCH", "{subject}");
    let topic = mail.header("X-Sns-Topic-Arn");
    ensure!(topic == stage.output("WatchTopicArn")?, "{topic}");
    Ok(())
}

async fn rule(stage: &Stage, operation: &str) -> anyhow::Result<()> {
    let input = json!({"Name": stage.output("ExecutionFinishedRuleName")?}).to_string();
    let target = format!("AWSEvents.{operation}");
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", target.as_str()),
    ];
    signed::post(&stage.cloud, "events", "/", input, &headers).await?;
    Ok(())
}
