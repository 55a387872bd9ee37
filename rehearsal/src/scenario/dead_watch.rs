//! The alarm outside of everything: it rings when the watch itself is silent, and
//! when no run was good for too long; each time its end is told as well.
//!
//! Hours pass on the clock of the metrics alone. The watch lives on the real one, so
//! an old good run is a ledger that was rewritten.

use super::{check, check_says, check_verdict, tell};
use crate::{Mail, Passed, Say, Stage};
use anyhow::Context;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const ALARM: &str = "*-NoRecentGoodRunAlarm-*";
/// Three periods, and the two that are looked back before data is called missing.
const SILENCE: u32 = 6;
/// More than an alarm looks back.
const LONG_AGO: u32 = 12;
/// More than the 30 hours of `FreshnessLimitHours`.
const OLD: i64 = 40;
/// The longest wait for a watch, and the pause between two looks.
const LONGEST_WATCH: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(100);

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    // Watches of other scenarios have emitted figures of their own.
    stage.cloud.skip_hours(LONG_AGO).await?;
    say(&format!(
        "  the watch is dead: {SILENCE} hours pass without a figure"
    ));
    let mut mails = vec![change(stage, SILENCE, "ALARM", say).await?];

    say("  the schedule of the watch fires; the last good run is young");
    mails.push(recovery(stage, say).await?);
    for _ in 0..2 {
        watch(stage).await?;
        stays_ok(stage).await?;
    }

    say(&format!(
        "  the ledger says that the last good run ended {OLD} hours ago; the watch goes on each hour"
    ));
    let kept = stage.age_ledger(OLD).await?;
    let old = old_run(stage, say).await;
    // Whatever came of it: the ledger is left as it was.
    stage.restore_ledger(&kept).await?;
    mails.extend(old?);

    say("  the last good run is young again; the schedule of the watch fires");
    mails.push(recovery(stage, say).await?);
    Ok(mails)
}

/// Three hours of the watch beside an old good run: a letter at once, then the alarm.
async fn old_run(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    let known = stage.mails()?.len();
    watch(stage).await?;
    let missing = stage.mails()?.into_iter().nth(known);
    let missing = missing.context("the watch mailed nothing about an old good run")?;
    tell(&missing, say);
    check_verdict(&missing, "MISSING")?;
    stays_ok(stage).await?;
    watch(stage).await?;
    stays_ok(stage).await?;
    watch(stage).await?;
    let alarm = change(stage, 1, "ALARM", say).await?;
    check_says(&alarm, "3 out of the last 3 datapoints [40.")?;
    check_says(&alarm, "were greater than the threshold (30.0)")?;
    Ok(vec![missing, alarm])
}

/// Lets the watch look once, and waits for its end.
async fn watch(stage: &Stage) -> anyhow::Result<()> {
    let order = json!({"watch": {}});
    let answer = stage.invoke("ReportExecutionFunctionName", &order).await?;
    check(
        !answer.is_error,
        "a watch that looks through",
        &answer.payload,
    )
}

/// An hour passes, and the alarm does not ring.
async fn stays_ok(stage: &Stage) -> anyhow::Result<()> {
    let passed = stage.cloud.pass_hours(1, ALARM).await?;
    check(
        state(&passed) == "OK" && passed.changes.is_empty(),
        "an alarm that stays OK",
        format!("{passed:?}"),
    )
}

/// Hours pass that bring the alarm into this state; gives its mail.
async fn change(stage: &Stage, hours: u32, to: &str, say: Say<'_>) -> anyhow::Result<Mail> {
    let known = stage.mails()?.len();
    let passed = stage.cloud.pass_hours(hours, ALARM).await?;
    check(
        state(&passed) == to && passed.changes.len() == 1,
        &format!("one change, to {to}"),
        format!("{passed:?}"),
    )?;
    told(stage, known, to, say)
}

/// The schedule fires, and the alarm ends as soon as the watch has looked.
async fn recovery(stage: &Stage, say: Say<'_>) -> anyhow::Result<Mail> {
    let known = stage.mails()?.len();
    let schedule = stage.output("WatchScheduleName")?;
    stage.cloud.fire_schedule(schedule).await?;
    let deadline = Instant::now() + LONGEST_WATCH;
    loop {
        let passed = stage.cloud.pass_hours(0, ALARM).await?;
        if state(&passed) == "OK" {
            let mail = told(stage, known, "OK", say)?;
            stays_ok(stage).await?;
            return Ok(mail);
        }
        check(
            Instant::now() < deadline,
            "an alarm that ends when the watch has looked",
            format!("{passed:?}"),
        )?;
        sleep(LOOK).await;
    }
}

fn state(passed: &Passed) -> &str {
    passed
        .alarms
        .first()
        .map_or("", |alarm| alarm.state.as_str())
}

/// The mail of the alarm among those after the `known` first ones, on the topic of
/// the watch.
fn told(stage: &Stage, known: usize, state: &str, say: Say<'_>) -> anyhow::Result<Mail> {
    let is_about =
        |mail: &Mail| mail.subject().starts_with(&format!("{state}: ")) && is_of_alarm(mail);
    let mut mails = stage.mails()?.into_iter().skip(known).filter(is_about);
    let mail = mails.next().context("the alarm mailed nothing")?;
    let topic = stage.output("WatchTopicArn")?;
    check(
        mail.header("X-Sns-Topic-Arn") == topic,
        topic,
        mail.header("X-Sns-Topic-Arn"),
    )?;
    say(&format!("    mail: {}", mail.subject()));
    if let Some(reason) = mail.line("- Reason for State Change") {
        say(&format!("          {}", reason.trim()));
    }
    Ok(mail)
}

fn is_of_alarm(mail: &Mail) -> bool {
    mail.subject().contains("-NoRecentGoodRunAlarm-")
}
