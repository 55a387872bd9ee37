//! Events come in the wrong order: the newer run's first, and one of the older
//! run once more at last. Each run is told once, with its own numbers.

use super::{check, check_verdict, tell};
use crate::{Delivery, Mail, Say, Stage};
use anyhow::Context;

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  events are kept back; a file is added, and the schedule fires twice");
    let known = stage.mails()?.len();
    let answered = stage.answered().await?;
    stage.cloud.deliver_events(Delivery::Held).await?;
    let runs = two_runs(stage).await;
    let quiet = stage.mails()?.len() == known;
    say("  the events arrive, the newest first");
    stage.cloud.heal().await?;
    let (older, newer) = runs?;
    check(quiet, "no mail while the events are kept back", "one")?;
    stage.until_answered(answered + 2).await?;
    let of_newer = mail_about(stage, known, &newer)?;
    let of_older = mail_about(stage, known, &older)?;
    tell(&of_newer, say);
    tell(&of_older, say);
    check_verdict(&of_newer, "NO CHANGE")?;
    check_verdict(&of_older, "OK")?;

    let answered = stage.answered().await?;
    stage.repeat_event(&older, "SUCCESS").await?;
    stage.until_answered(answered + 1).await?;
    let mails = stage.mails()?.len() - known;
    check(mails == 2, "two mails about two runs", mails)?;
    say("    an old event comes after all that: no mail");
    Ok(vec![of_newer, of_older])
}

/// Two runs that end while nobody hears of it, the older one first.
async fn two_runs(stage: &Stage) -> anyhow::Result<(String, String)> {
    stage.write("uploads/ordered.txt", b"first")?;
    let older = stage.fire().await?;
    stage.ended(&older).await?;
    let newer = stage.fire().await?;
    stage.ended(&newer).await?;
    Ok((older, newer))
}

/// The only mail about an execution.
fn mail_about(stage: &Stage, known: usize, execution: &str) -> anyhow::Result<Mail> {
    let mails = stage.mails()?.into_iter().skip(known);
    let mut about: Vec<Mail> = mails.filter(|mail| mail.body.contains(execution)).collect();
    check(about.len() == 1, "one mail about each run", about.len())?;
    about.pop().context("no mail")
}
