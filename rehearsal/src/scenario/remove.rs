//! `DeletedFiles=REMOVE`: what is deleted on the EFS is hidden in the bucket by a
//! marker, never lost, and a command of the README makes it current again.

use super::{check, check_good, check_verdict, tell};
use crate::{Mail, Run, Say, Stage};
use anyhow::Context;
use aws_sdk_datasync::types::{Options, PreserveDeletedFiles};
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::DeleteMarkerEntry;

const FILE: &str = "uploads/contract.pdf";
const CONTENT: &[u8] = b"signed";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  a file is added; the schedule fires");
    stage.write(FILE, CONTENT)?;
    let added = stage.run().await?;
    tell(&added.mail, say);
    check_good(&added.mail)?;

    say("  it is deleted, and DeletedFiles is REMOVE; the schedule fires");
    let run = without_the_file(stage).await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "OK")?;
    let deleted = run.mail.line("Deleted at source").unwrap_or("nothing said");
    say(&format!("          Deleted at source: {deleted}"));
    let markers = markers(stage, "").await?.len();
    check(
        deleted.split(' ').next() == Some(&markers.to_string()),
        &format!("the number of the {markers} delete markers"),
        deleted,
    )?;
    get_it_back(stage).await?;
    say(&format!(
        "    delete markers: {markers}, also over what earlier nights had kept; the file's version \
         was still there, and is current again"
    ));
    Ok(vec![added.mail, run.mail])
}

async fn without_the_file(stage: &Stage) -> anyhow::Result<Run> {
    std::fs::remove_file(stage.files()?.join(FILE)).context("cannot delete the file")?;
    deleted_files(stage, PreserveDeletedFiles::Remove).await?;
    let run = stage.run().await;
    deleted_files(stage, PreserveDeletedFiles::Preserve).await?;
    run
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

/// The markers that hide something below a path: what earlier nights kept of
/// deleted files is hidden now as well.
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
