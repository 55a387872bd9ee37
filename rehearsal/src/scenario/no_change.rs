//! Nothing has changed: nothing is transferred, and no version is made.

use super::{check, check_new_versions, check_verdict, tell};
use crate::{Mail, Say, Stage};

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  nothing happens on the EFS; the schedule fires");
    let run = stage.run().await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "NO CHANGE")?;
    let copied = run.mail.line("Copied").unwrap_or("nothing said");
    check(
        copied == "0 files and folders, 0 bytes",
        "0 transfers",
        copied,
    )?;
    check_new_versions(&run, &[])?;
    Ok(vec![run.mail])
}
