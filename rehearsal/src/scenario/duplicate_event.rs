//! The event of a run comes a second time, as EventBridge allows itself: there is
//! one mail.

use super::{check, check_good, tell};
use crate::{Mail, Say, Stage};

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  the schedule fires; the event of the run comes twice");
    let known = stage.mails()?.len();
    let execution = stage.fire().await?;
    let mail = stage.next_mail(known).await?;
    tell(&mail, say);
    check_good(&mail)?;
    let verdict = mail.attribute("verdict");
    stage.until_told(&execution, verdict).await?;

    let answered = stage.answered().await?;
    stage.repeat_event(&execution, "SUCCESS").await?;
    stage.until_answered(answered + 1).await?;
    let mails = stage.mails()?.len() - known;
    check(mails == 1, "one mail", mails)?;
    say("    the function has answered both: one mail");
    Ok(vec![mail])
}
