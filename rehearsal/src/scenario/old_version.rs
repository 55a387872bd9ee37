//! One file is got back as it was before a change, by the id of its version.

use super::{check, check_good, tell};
use crate::tree::Facts;
use crate::{Mail, Say, Stage};
use anyhow::Context;
use backup_domain::posix_metadata::{FileTime, PosixMetadata};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const FILE: &str = "uploads/logo.png";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  uploads/logo.png is overwritten by mistake on the EFS; the schedule fires");
    let path = stage.files()?.join(FILE);
    let before = Facts::of(&path)?;
    std::fs::write(&path, "not a logo any more")?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let run = stage.run().await?;
    tell(&run.mail, say);
    check_good(&run.mail)?;

    let version = version_before(stage).await?;
    let (content, metadata) = get(stage, &version).await?;
    let got = facts(content, &metadata).context("the version does not say what file it was")?;
    let differences = got.differences(&before);
    check(
        differences.is_empty(),
        "the file as it was before the change",
        format!("another {}", differences.join(", ")),
    )?;
    let place = keep(stage, &got.content)?;
    say(&format!(
        "    got back version {version}, the same as before in content, owner, mode and time:"
    ));
    say(&format!("    {}", place.display()));
    Ok(vec![run.mail])
}

/// What a person finds with `aws s3api list-object-versions`: S3 lists the
/// versions of a key from new to old.
async fn version_before(stage: &Stage) -> anyhow::Result<String> {
    let request = stage.s3.list_object_versions();
    let request = request.bucket(stage.output("BackupBucketName")?);
    let listed = request.prefix(stage.key(FILE)?).send().await?;
    let mut old = listed
        .versions()
        .iter()
        .filter(|version| version.is_latest != Some(true));
    let newest = old.next().and_then(|version| version.version_id());
    Ok(newest
        .context("the bucket has no old version of the file")?
        .to_owned())
}

async fn get(stage: &Stage, version: &str) -> anyhow::Result<(Vec<u8>, PosixMetadata)> {
    let request = stage.s3.get_object();
    let request = request.bucket(stage.output("BackupBucketName")?);
    let request = request.key(stage.key(FILE)?).version_id(version);
    let object = request
        .send()
        .await
        .context("the old version cannot be read")?;
    let said = object.metadata.unwrap_or_default();
    let metadata = PosixMetadata::decode(|key| said.get(key).map(String::as_str))?;
    Ok((object.body.collect().await?.to_vec(), metadata))
}

fn facts(content: Vec<u8>, metadata: &PosixMetadata) -> Option<Facts> {
    let FileTime {
        seconds,
        nanoseconds,
    } = metadata.mtime?;
    Some(Facts {
        mode: metadata.mode?,
        owner: metadata.owner?,
        group: metadata.group?,
        modified: (seconds, nanoseconds.into()),
        content,
    })
}

/// Puts the content where a person can look at it.
fn keep(stage: &Stage, content: &[u8]) -> anyhow::Result<PathBuf> {
    let folder = stage.cloud.folder.join("got-back");
    std::fs::create_dir_all(&folder)?;
    let place = folder.join("logo.png");
    std::fs::write(&place, content)?;
    Ok(place)
}
