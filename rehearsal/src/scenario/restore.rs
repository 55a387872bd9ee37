//! Everything is copied back: a second task, made as README's "Getting files
//! back" says, copies the bucket into an empty folder; what comes out is compared
//! with the EFS file by file.

use super::first_copy::PAGE;
use super::{check, check_good, tell};
use crate::tree::Tree;
use crate::{Mail, Say, Stage};
use anyhow::{Context, bail};
use aws_sdk_datasync::types::TaskExecutionStatus;
use std::os::unix::fs::{PermissionsExt, lchown};
use std::path::Path;

/// The empty folder, on the same file system.
const TARGET: &str = "restored";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    let given = give_away(&stage.files()?.join(PAGE))?;
    say(&format!(
        "  index.html is given {given} on the EFS; the schedule fires"
    ));
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

/// Another mode and, if the user may, another owner; says what.
fn give_away(page: &Path) -> anyhow::Result<&'static str> {
    std::fs::set_permissions(page, std::fs::Permissions::from_mode(0o640))?;
    if !rustix::process::geteuid().is_root() {
        return Ok("another mode (only root can give it another owner)");
    }
    lchown(page, Some(1000), Some(33)).context("cannot change the owner")?;
    Ok("another owner and mode")
}

/// Copies the bucket into the folder, and gives what is in there.
async fn restore(stage: &Stage, target: &Path, say: Say<'_>) -> anyhow::Result<Tree> {
    let ended = stage.restore(TARGET).await?;
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
    Tree::of(target)
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
