//! One file is changed: it alone moves, and its old version can still be read.

use super::first_copy::{PAGE, PAGE_BEFORE};
use super::{check, check_new_versions, check_verdict, tell};
use crate::{Mail, Say, Stage};
use anyhow::Context;

const PAGE_AFTER: &[u8] = b"<h1>Hello, changed</h1>\n";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  index.html is changed on the EFS; the schedule fires");
    let key = stage.key(PAGE)?;
    stage.write(PAGE, PAGE_AFTER)?;
    let run = stage.run().await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "OK")?;
    check_new_versions(&run, std::slice::from_ref(&key))?;

    let old = run
        .before
        .iter()
        .find(|version| version.key == key && version.is_latest);
    let old = old.context("index.html was not in the bucket before")?;
    check(
        stage.content(PAGE, None).await? == PAGE_AFTER,
        "the new text",
        "another one",
    )?;
    let text = stage.content(PAGE, Some(&old.id)).await?;
    check(
        text == PAGE_BEFORE,
        "the old text by its version id",
        String::from_utf8_lossy(&text),
    )?;
    say(&format!(
        "    the version of before is still there: {}",
        old.id
    ));
    Ok(vec![run.mail])
}
