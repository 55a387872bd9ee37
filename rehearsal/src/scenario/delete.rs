//! One file is deleted: it stays in the bucket, and the mail says so.

use super::add::{CONTENT, FILE};
use super::{check, check_new_versions, check_verdict, tell};
use crate::{Mail, Say, Stage};
use anyhow::Context;

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  uploads/invoice.txt is deleted on the EFS; the schedule fires");
    std::fs::remove_file(stage.files()?.join(FILE)).context("cannot delete the file")?;
    let run = stage.run().await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "OK")?;
    let deleted = run.mail.line("Deleted at source").unwrap_or("nothing said");
    say(&format!("          Deleted at source: {deleted}"));
    check(
        deleted == "not reported (kept in the bucket)",
        "the mail to say that the file is kept",
        deleted,
    )?;
    // Its folder's time has changed. A delete marker would be a version too.
    check_new_versions(&run, &[stage.key("uploads/")?])?;
    check(
        stage.content(FILE, None).await? == CONTENT,
        "the deleted file in the bucket",
        "another text",
    )?;
    say("    no delete marker; the file can still be read from the bucket");
    Ok(vec![run.mail])
}
