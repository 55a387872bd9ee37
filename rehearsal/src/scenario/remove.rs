//! `DeletedFiles=REMOVE`: what is deleted on the EFS is hidden in the bucket by a
//! marker, never lost, and a command of the README makes it current again.

use super::{check, check_verdict, tell};
use crate::{Mail, Say, Stage};
use anyhow::Context;
use aws_sdk_datasync::types::{Options, PreserveDeletedFiles};
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::DeleteMarkerEntry;

const FILE: &str = "contracts/ours.pdf";
/// So many that one deletion is nothing unusual.
const OTHERS: usize = 20;
const CONTENT: &[u8] = b"signed";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    deleted_files(stage, PreserveDeletedFiles::Remove).await?;
    let mails = removing(stage, say).await;
    deleted_files(stage, PreserveDeletedFiles::Preserve).await?;
    mails
}

async fn removing(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  20 files are added, and DeletedFiles is REMOVE from now on; the schedule fires");
    for number in 0..OTHERS {
        stage.write(&format!("contracts/{number}.pdf"), b"signed too")?;
    }
    stage.write(FILE, CONTENT)?;
    // Whatever earlier nights kept of deleted files is hidden now, which may be
    // suspiciously much.
    let first = stage.run().await?;
    tell(&first.mail, say);
    say(&format!(
        "    delete markers over what earlier nights had kept: {}",
        markers(stage, "").await?.len()
    ));

    say("  one of them is deleted; the schedule fires");
    std::fs::remove_file(stage.files()?.join(FILE)).context("cannot delete the file")?;
    let run = stage.run().await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "OK")?;
    let deleted = run.mail.line("Deleted at source").unwrap_or("nothing said");
    say(&format!("          Deleted at source: {deleted}"));
    check(deleted.starts_with("1 file"), "1 deleted", deleted)?;
    get_it_back(stage).await?;
    say("    a delete marker hid it; its version was still there, and is current again");
    Ok(vec![first.mail, run.mail])
}

/// The file is hidden, can be read by its version, and is made current again.
async fn get_it_back(stage: &Stage) -> anyhow::Result<()> {
    check(
        stage.content(FILE, None).await.is_err(),
        "a file that is hidden",
        "the file",
    )?;
    let version = version_below_the_marker(stage).await?;
    check(
        stage.content(FILE, Some(&version)).await? == CONTENT,
        "the deleted file by its version",
        "another text",
    )?;
    make_current(stage, &version).await?;
    check(
        stage.content(FILE, None).await? == CONTENT,
        "the file back in the bucket",
        "another text",
    )
}

async fn deleted_files(stage: &Stage, choice: PreserveDeletedFiles) -> anyhow::Result<()> {
    let options = Options::builder().preserve_deleted_files(choice).build();
    let request = stage.datasync.update_task().options(options);
    let updated = request.task_arn(stage.output("TaskArn")?).send().await;
    updated.map(drop).context("cannot change the task")
}

async fn listed(stage: &Stage, path: &str) -> anyhow::Result<ListObjectVersionsOutput> {
    let request = stage.s3.list_object_versions().prefix(stage.key(path)?);
    let listed = request.bucket(stage.output("BackupBucketName")?).send();
    listed.await.context("cannot list the versions")
}

/// The markers that hide something below a path.
async fn markers(stage: &Stage, path: &str) -> anyhow::Result<Vec<DeleteMarkerEntry>> {
    let markers = listed(stage, path)
        .await?
        .delete_markers
        .unwrap_or_default();
    let hiding = markers
        .into_iter()
        .filter(|marker| marker.is_latest() == Some(true));
    Ok(hiding.collect())
}

/// The newest version of the file, which a marker must hide.
async fn version_below_the_marker(stage: &Stage) -> anyhow::Result<String> {
    let markers = markers(stage, FILE).await?.len();
    check(markers == 1, "one marker on top", markers)?;
    let listed = listed(stage, FILE).await?;
    let version = listed.versions().first();
    let version = version.and_then(|version| version.version_id());
    Ok(version.context("no version below the marker")?.to_owned())
}

/// As README says under "A deleted file".
async fn make_current(stage: &Stage, version: &str) -> anyhow::Result<()> {
    let (bucket, key) = (stage.output("BackupBucketName")?, stage.key(FILE)?);
    let request = stage.s3.copy_object().bucket(bucket).key(&key);
    let source = format!("{bucket}/{key}?versionId={version}");
    let copied = request.copy_source(source).send().await;
    copied.map(drop).context("cannot copy the version")
}
