//! One file is added: it moves, and so does its folder, whose time has changed.

use super::{check, check_new_versions, check_verdict, tell};
use crate::{Mail, Say, Stage};

pub(super) const FILE: &str = "uploads/invoice.txt";
pub(super) const CONTENT: &[u8] = b"42 EUR\n";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  uploads/invoice.txt is added on the EFS; the schedule fires");
    stage.write(FILE, CONTENT)?;
    let run = stage.run().await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "OK")?;
    check_new_versions(&run, &[stage.key("uploads/")?, stage.key(FILE)?])?;
    check(
        stage.content(FILE, None).await? == CONTENT,
        "the new file in the bucket",
        "another text",
    )?;
    Ok(vec![run.mail])
}
