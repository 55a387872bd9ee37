//! Somebody disabled the schedule, and no run has come for 40 hours: the watch says
//! what is missing and why, and once all is well again that it is over.

use super::{check, check_says, check_subject, check_verdict, tell};
use crate::{Mail, Say, Stage, signed};
use anyhow::Context;
use serde_json::Value;

/// More than `FreshnessLimitHours`.
const HOURS: i32 = 40;

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  somebody disables the schedule; 40 hours pass; the watch looks");
    set_schedule(stage, "DISABLED").await?;
    let missing = missing(stage, say).await;
    set_schedule(stage, "ENABLED").await?;
    let mut mails = missing?;

    say("  an hour later the schedule is enabled again, and fires; the watch looks");
    stage.hours_pass(1).await?;
    let run = stage.run().await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "RECOVERED")?;
    check_subject(&run.mail, "good again after 41 h")?;
    let known = stage.mails()?.len();
    stage.watch().await?;
    let well = stage.next_mail(known).await?;
    tell(&well, say);
    check_verdict(&well, "WATCH")?;
    check_says(&well, "in order again")?;
    mails.extend([run.mail, well]);
    Ok(mails)
}

/// The mail about the run, and the one about the line.
async fn missing(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    stage.hours_pass(HOURS).await?;
    let known = stage.mails()?.len();
    stage.watch().await?;
    let missing = stage.next_mail(known).await?;
    tell(&missing, say);
    check_verdict(&missing, "MISSING")?;
    check_says(&missing, "Schedule: DISABLED")?;
    let line = stage.next_mail(known + 1).await?;
    tell(&line, say);
    check_verdict(&line, "WATCH")?;
    check_says(&line, "is DISABLED: no run starts")?;

    stage.watch().await?;
    let mails = stage.mails()?.len() - known;
    check(mails == 2, "no mail an hour later", mails)?;
    say("    it looks again an hour later: no further mail");
    Ok(vec![missing, line])
}

/// Changes the schedule as somebody at the console would, and nothing else of it.
async fn set_schedule(stage: &Stage, state: &str) -> anyhow::Result<()> {
    let path = format!("/schedules/{}", stage.output("StartScheduleName")?);
    let schedule = signed::get(&stage.cloud, "scheduler", &path).await?;
    let mut schedule: Value = serde_json::from_str(&schedule.body)?;
    schedule["State"] = state.into();
    let changed = signed::put(&stage.cloud, "scheduler", &path, schedule.to_string()).await;
    changed.map(drop).context("cannot change the schedule")
}
