//! Everything is copied back: a second task, made as README's "Getting files
//! back" says, copies the bucket into an empty folder; what comes out is compared
//! with the EFS file by file.

use super::first_copy::PAGE;
use super::{check, check_good, tell};
use crate::tree::Tree;
use crate::{Mail, Say, Stage};
use anyhow::{Context, bail};
use aws_sdk_datasync::operation::describe_task_execution::DescribeTaskExecutionOutput;
use aws_sdk_datasync::types::{
    EfsInTransitEncryption, ObjectTags, Options, TaskExecutionStatus, VerifyMode,
};
use std::os::unix::fs::{PermissionsExt, lchown};
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The empty folder, on the same file system.
const TARGET: &str = "restored";

const LONGEST_RESTORE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  index.html is given another owner and mode on the EFS; the schedule fires");
    give_away(&stage.files()?.join(PAGE))?;
    let run = stage.run().await?;
    tell(&run.mail, say);
    check_good(&run.mail)?;

    say("  a second task copies the bucket into the empty folder /restored");
    let live = Tree::of(&stage.files()?)?;
    let known = stage.mails()?.len();
    let target = stage.files()?.join(TARGET);
    std::fs::create_dir(&target).context("cannot make the empty folder")?;
    let restored = restore(stage, &target, say).await;
    std::fs::remove_dir_all(&target).context("cannot remove the restored folder")?;
    compare(&live, &restored?, say)?;
    check(
        Tree::of(&stage.files()?)? == live,
        "the files on the EFS as they were",
        "a change",
    )?;
    let after = without_a_mail(stage, known, say).await?;
    Ok(vec![run.mail, after])
}

/// Another mode and, where the user may, another owner.
fn give_away(page: &Path) -> anyhow::Result<()> {
    if rustix::process::geteuid().is_root() {
        lchown(page, Some(1000), Some(33)).context("cannot change the owner")?;
    }
    std::fs::set_permissions(page, std::fs::Permissions::from_mode(0o640))?;
    Ok(())
}

/// Copies the bucket into the folder, and gives what is in there.
async fn restore(stage: &Stage, target: &Path, say: Say<'_>) -> anyhow::Result<Tree> {
    let datasync = &stage.datasync;
    let backup = datasync.describe_task().task_arn(stage.output("TaskArn")?);
    let backup = backup.send().await?;
    let source = make_source(stage, backup.destination_location_arn).await?;
    let destination = make_target(stage, backup.source_location_arn).await?;
    let task = make_task(stage, &source, &destination).await?;
    run(stage, &task, say).await?;
    datasync.delete_task().task_arn(&task).send().await?;
    for location in [source, destination] {
        let request = datasync.delete_location().location_arn(location);
        request.send().await?;
    }
    Tree::of(target)
}

/// Runs the task to its end, which must be a good one.
async fn run(stage: &Stage, task: &str, say: Say<'_>) -> anyhow::Result<()> {
    let started = stage.datasync.start_task_execution().task_arn(task);
    let started = started.send().await.context("the task does not start")?;
    let execution = started.task_execution_arn.context("no execution")?;
    let ended = ended(stage, &execution).await?;
    let detail = ended.result().and_then(|result| result.error_detail());
    check(
        ended.status() == Some(&TaskExecutionStatus::Success),
        "a restore that ends well",
        detail.unwrap_or("no reason"),
    )?;
    say(&format!(
        "    SUCCESS: {} files, folders and links, {} bytes, {} verified",
        ended.files_transferred, ended.bytes_written, ended.files_verified
    ));
    Ok(())
}

/// The bucket as a source, with the role that the backup is written with.
async fn make_source(stage: &Stage, backup: Option<String>) -> anyhow::Result<String> {
    let request = stage.datasync.describe_location_s3();
    let s3 = request.set_location_arn(backup).send().await?;
    let bucket = stage.output("BackupBucketName")?;
    let request = stage.datasync.create_location_s3();
    let made = request
        .s3_bucket_arn(format!("arn:aws:s3:::{bucket}"))
        .subdirectory(stage.output("BackupPrefix")?)
        .set_s3_config(s3.s3_config)
        .send()
        .await?;
    made.location_arn.context("no location")
}

/// The folder as a target, in the network of the task that backs up.
async fn make_target(stage: &Stage, backup: Option<String>) -> anyhow::Result<String> {
    let request = stage.datasync.describe_location_efs();
    let efs = request.set_location_arn(backup).send().await?;
    let request = stage.datasync.create_location_efs();
    let made = request
        .efs_filesystem_arn(file_system_arn(stage)?)
        .subdirectory(format!("/{TARGET}"))
        .set_ec2_config(efs.ec2_config)
        .in_transit_encryption(EfsInTransitEncryption::Tls12)
        .send()
        .await?;
    made.location_arn.context("no location")
}

async fn make_task(stage: &Stage, source: &str, destination: &str) -> anyhow::Result<String> {
    let options = Options::builder()
        .verify_mode(VerifyMode::OnlyFilesTransferred)
        .object_tags(ObjectTags::None);
    let request = stage.datasync.create_task();
    let made = request
        .name("getting-files-back")
        .source_location_arn(source)
        .destination_location_arn(destination)
        .options(options.build())
        .send()
        .await?;
    made.task_arn.context("no task")
}

fn file_system_arn(stage: &Stage) -> anyhow::Result<String> {
    let mut parts = stage.output("TaskArn")?.split(':').skip(3);
    let (region, account) = (parts.next(), parts.next());
    let (region, account) = region.zip(account).context("a malformed TaskArn")?;
    let id = stage.output("FileSystemId")?;
    Ok(format!(
        "arn:aws:elasticfilesystem:{region}:{account}:file-system/{id}"
    ))
}

async fn ended(stage: &Stage, arn: &str) -> anyhow::Result<DescribeTaskExecutionOutput> {
    let deadline = Instant::now() + LONGEST_RESTORE;
    while Instant::now() < deadline {
        let request = stage.datasync.describe_task_execution();
        let execution = request.task_execution_arn(arn).send().await?;
        if let Some(TaskExecutionStatus::Success | TaskExecutionStatus::Error) = execution.status()
        {
            return Ok(execution);
        }
        sleep(LOOK).await;
    }
    bail!("{arn} did not end within {} s", LONGEST_RESTORE.as_secs())
}

/// Everything that lives must have come back as it is. What the EFS does not
/// have any more comes back too: the bucket keeps deleted files.
fn compare(live: &Tree, restored: &Tree, say: Say<'_>) -> anyhow::Result<()> {
    for (path, facts) in &live.0 {
        let Some(found) = restored.0.get(path) else {
            bail!("{} did not come back", path.display());
        };
        let differences = facts.differences(found);
        check(
            differences.is_empty(),
            &format!("{} as it is", path.display()),
            format!("another {}", differences.join(", ")),
        )?;
    }
    say(&format!(
        "    {} files, folders and links compared with the EFS, one by one: content, owner, \
         group, mode, time and targets are the same",
        live.0.len()
    ));
    for path in restored.0.keys().filter(|path| !live.0.contains_key(*path)) {
        say(&format!(
            "    also back: {} (deleted on the EFS, kept in the bucket)",
            path.display()
        ));
    }
    Ok(())
}

/// A foreign task is none of our business: the next mail is about our own run.
async fn without_a_mail(stage: &Stage, known: usize, say: Say<'_>) -> anyhow::Result<Mail> {
    let run = stage.run().await?;
    let mails = stage.mails()?.len() - known;
    check(
        mails == 1,
        "no mail about the second task",
        format!("{} mails", mails - 1),
    )?;
    check_good(&run.mail)?;
    check(
        run.mail.body.contains(stage.output("TaskArn")?),
        "a mail about the task that backs up",
        run.mail.subject(),
    )?;
    say("    no mail came about the second task; the next one is about the backup again:");
    tell(&run.mail, say);
    Ok(run.mail)
}
