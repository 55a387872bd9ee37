//! Files are copied for the first time: each is in the bucket, once, as it was.

use super::{check, check_verdict, tell};
use crate::{Mail, Say, Stage};
use std::os::unix::fs::{MetadataExt, symlink};

pub(super) const PAGE: &str = "index.html";
pub(super) const PAGE_BEFORE: &[u8] = b"<h1>Hello</h1>\n";
const LOGO: &str = "uploads/logo.png";
const LINK: &str = "uploads/latest";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  two files, a folder and a link appear on the EFS; the schedule fires");
    let logo = appear(stage)?;
    let run = stage.run().await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "OK")?;
    check(
        stage.content(PAGE, None).await? == PAGE_BEFORE,
        "the page in the bucket",
        "another text",
    )?;
    check(
        stage.content(LOGO, None).await? == logo,
        "the logo in the bucket",
        "other bytes",
    )?;
    check(
        stage.content(LINK, None).await? == b"logo.png",
        "the link's target",
        "another text",
    )?;
    let keys: Vec<&str> = run
        .after
        .iter()
        .map(|version| version.key.as_str())
        .collect();
    let expected = ["index.html", "uploads/", LINK, LOGO].map(|path| stage.key(path));
    let expected = expected
        .into_iter()
        .collect::<anyhow::Result<Vec<String>>>()?;
    check(
        keys == expected,
        &format!("one version each of {expected:?}"),
        format!("{keys:?}"),
    )?;
    check_owner(stage).await?;
    Ok(vec![run.mail])
}

/// Puts the files on the EFS; gives the logo's bytes.
fn appear(stage: &Stage) -> anyhow::Result<Vec<u8>> {
    let logo: Vec<u8> = (0..200_000_u32)
        .map(|n| (n % 251).to_le_bytes()[0])
        .collect();
    stage.write(PAGE, PAGE_BEFORE)?;
    stage.write(LOGO, &logo)?;
    let link = stage.files()?.join(LINK);
    if std::fs::symlink_metadata(&link).is_err() {
        symlink("logo.png", &link)?;
    }
    Ok(logo)
}

/// Owner, mode and time go along, so that a restore can bring them back.
async fn check_owner(stage: &Stage) -> anyhow::Result<()> {
    let file = std::fs::metadata(stage.files()?.join(PAGE))?;
    let request = stage
        .s3
        .head_object()
        .bucket(stage.output("BackupBucketName")?);
    let head = request.key(stage.key(PAGE)?).send().await?;
    let kept = |name: &str| {
        head.metadata()
            .and_then(|m| m.get(name))
            .cloned()
            .unwrap_or_default()
    };
    check(
        kept("file-owner") == file.uid().to_string(),
        "the owner",
        kept("file-owner"),
    )?;
    check(
        kept("file-group") == file.gid().to_string(),
        "the group",
        kept("file-group"),
    )?;
    let mode = format!("{:#o}", file.mode()).replace("0o", "0");
    check(
        kept("file-permissions") == mode,
        &format!("the mode {mode}"),
        kept("file-permissions"),
    )?;
    let time = file.mtime().to_string();
    check(
        kept("file-mtime").starts_with(&time),
        &format!("the time {time}"),
        kept("file-mtime"),
    )
}
