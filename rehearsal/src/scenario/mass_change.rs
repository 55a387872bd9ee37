//! Nearly all files vanish from the EFS one night: the run is good by itself, and
//! the mail says that it is not what is usual. Nothing is lost in the bucket.

use super::{check, check_good, check_subject, check_verdict, tell};
use crate::{Mail, Say, Stage};
use anyhow::Context;
use std::path::Path;

/// A judgement needs five nights.
const NIGHTS: usize = 5;
const FILES: usize = 40;

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  40 files are added, and five nights pass");
    for number in 0..FILES {
        stage.write(&format!("album/{number:02}.jpg"), &[1; 64])?;
    }
    // So many new ones may be suspicious by themselves, where enough is known.
    let mut mails = vec![stage.run().await?.mail];
    for _ in 0..NIGHTS {
        let run = stage.run().await?;
        check_good(&run.mail)?;
        mails.push(run.mail);
    }
    say("  everything but index.html vanishes from the EFS; the schedule fires");
    let aside = stage.cloud.folder.join("aside");
    let left = ["index.html"];
    move_all(&stage.files()?, &aside, &left)?;
    let run = stage.run().await;
    move_all(&aside, &stage.files()?, &[])?;
    let run = run?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "SUSPECT")?;
    check_subject(&run.mail, "1 file found, usually")?;
    check(
        stage.content("album/00.jpg", None).await? == [1; 64],
        "the files in the bucket",
        "other bytes",
    )?;
    say("    all of them can still be read from the bucket");

    say("    the files are back; the schedule fires");
    let next = stage.run().await?;
    tell(&next.mail, say);
    check_good(&next.mail)?;
    mails.extend([run.mail, next.mail]);
    Ok(mails)
}

/// Moves what lies in a folder into another one, and leaves these names.
fn move_all(from: &Path, to: &Path, left: &[&str]) -> anyhow::Result<()> {
    std::fs::create_dir_all(to).context("cannot make a folder")?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if left.iter().all(|left| name != *left) {
            std::fs::rename(entry.path(), to.join(name)).context("cannot move a file")?;
        }
    }
    Ok(())
}
