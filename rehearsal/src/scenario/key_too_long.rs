//! A path is longer than S3 can hold: the mail names it, everything else is
//! copied, and the run after it was shortened is good again.

use super::{check, check_good, check_says, check_verdict, tell};
use crate::{Mail, Say, Stage};
use anyhow::Context;

/// Each part is allowed on an EFS; all together they are longer than 1,024 bytes.
const PARTS: usize = 6;
const SHORT: &str = "uploads/short.txt";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  two files are added, one of them with a path of 1,246 bytes; the schedule fires");
    let top = format!("deep-{}", "x".repeat(200));
    let long = [top.as_str(); PARTS].join("/") + "/report.pdf";
    stage.write(&long, b"deep down")?;
    stage.write(SHORT, b"short")?;
    let run = stage.run().await;
    std::fs::remove_dir_all(stage.files()?.join(&top)).context("cannot remove the folder")?;
    let run = run?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "PARTIAL")?;
    check_says(&run.mail, &top[..60])?;
    check_says(&run.mail, "longer than 1024 bytes")?;
    check(
        stage.content(SHORT, None).await? == b"short",
        "the short one in the bucket",
        "another text",
    )?;

    say("    the folder was moved away; the schedule fires");
    let next = stage.run().await?;
    tell(&next.mail, say);
    check_good(&next.mail)?;
    Ok(vec![run.mail, next.mail])
}
