//! The file system cannot be reached: the mail has AWS's own words about it; the
//! run after the repair is good again.

use super::{check, check_good, check_says, check_verdict, tell};
use crate::{Mail, Say, Stage};
use anyhow::Context;

/// The part of AWS's text that says what to look at.
const SAID: &str = "x40016: Failed to connect to EFS mount target with IP";
const ADVICE: &str = "mount target's security group allows 2049 ingress";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  nothing answers where the file system was; the schedule fires");
    let files = stage.files()?;
    let away = files.with_extension("away");
    std::fs::rename(&files, &away).context("cannot take the file system away")?;
    let run = stage.run().await;
    std::fs::rename(&away, &files).context("cannot put the file system back")?;
    let run = run?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "FAILED")?;
    check_says(&run.mail, SAID)?;
    check_says(&run.mail, ADVICE)?;
    check(
        run.before == run.after,
        "no change in the bucket",
        format!("{:?}", run.new_versions()),
    )?;

    say("    it answers again; the schedule fires");
    let repaired = stage.run().await?;
    tell(&repaired.mail, say);
    check_good(&repaired.mail)?;
    Ok(vec![run.mail, repaired.mail])
}
