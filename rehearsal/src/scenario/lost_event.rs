//! Every event of a run is lost: the watch finds the run and tells it, once.

use super::{check, check_good, check_new_versions, tell};
use crate::{Delivery, Mail, Run, Say, Stage};

const FILE: &str = "uploads/unheard.txt";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  a file is added; the schedule fires, and every event of the run is lost");
    let known = stage.mails()?.len();
    let before = stage.versions().await?;
    stage.write(FILE, b"nobody heard of it")?;
    stage.cloud.deliver_events(Delivery::Dropped).await?;
    let ended = unheard(stage).await;
    stage.cloud.heal().await?;
    ended?;
    check(stage.mails()?.len() == known, "no mail", "one")?;

    say("  the hourly watch looks");
    stage.watch().await?;
    let mail = stage.next_mail(known).await?;
    tell(&mail, say);
    check_good(&mail)?;
    let after = stage.versions().await?;
    let run = Run {
        mail,
        before,
        after,
    };
    check_new_versions(&run, &[stage.key(FILE)?, stage.key("uploads/")?])?;

    say("  it looks again an hour later");
    stage.watch().await?;
    let mails = stage.mails()?.len() - known;
    check(mails == 1, "no second mail", mails)?;
    say("    no mail: all is told");
    Ok(vec![run.mail])
}

async fn unheard(stage: &Stage) -> anyhow::Result<()> {
    let execution = stage.fire().await?;
    stage.ended(&execution).await.map(drop)
}
