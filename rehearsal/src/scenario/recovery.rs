//! Two nights fail; the next good one says that it is over, and how long it lasted.

use super::{check_says, check_subject, check_verdict, mount_target_unreachable, tell};
use crate::{Mail, Say, Stage};

/// Hours.
const A_DAY: i32 = 24;

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  the file system is out of reach for two nights; the schedule fires in each");
    let mut mails = Vec::new();
    for _ in 0..2 {
        stage.hours_pass(A_DAY).await?;
        let failed = mount_target_unreachable::out_of_reach(stage).await?;
        tell(&failed.mail, say);
        check_verdict(&failed.mail, "FAILED")?;
        let execution = stage.newest_execution().await?.unwrap_or_default();
        stage.until_told(&execution, "FAILED").await?;
        mails.push(failed.mail);
    }
    say("  in the third it can be reached again; the schedule fires");
    stage.hours_pass(A_DAY).await?;
    let run = stage.run().await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "RECOVERED")?;
    check_subject(&run.mail, "good again after 2 d")?;
    check_says(&run.mail, "told 2 times, first FAILED, last FAILED")?;
    mails.push(run.mail);
    Ok(mails)
}
