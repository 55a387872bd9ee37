//! A restore meets other people's text and other people's objects.

use crate::harness::{self, Stage};
use anyhow::{Context, ensure};
use aws_sdk_datasync::types::TaskExecutionStatus;
use aws_sdk_s3::primitives::ByteStream;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

const TARGET: &str = "restored";

/// Restores into a fresh folder and looks at it; leaves nothing there.
async fn restored<T>(
    stage: &Stage,
    look: impl AsyncFnOnce(&Path, TaskExecutionStatus, String) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let target = stage.files()?.join(TARGET);
    std::fs::create_dir(&target)?;
    let looked = match stage.restore(TARGET).await {
        Ok(ended) => {
            let status = ended.status().cloned().context("no status")?;
            let arn = ended.task_execution_arn().unwrap_or_default().to_owned();
            look(&target, status, arn).await
        }
        Err(error) => Err(error),
    };
    std::fs::remove_dir_all(&target)?;
    looked
}

fn paths(root: &Path) -> anyhow::Result<BTreeSet<PathBuf>> {
    let mut paths = BTreeSet::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if std::fs::symlink_metadata(&path)?.is_dir() {
                waiting.push(path.clone());
            }
            paths.insert(path.strip_prefix(root)?.to_owned());
        }
    }
    Ok(paths)
}

const NAMES: [&str; 13] = [
    "line\nfeed",
    "tab\there",
    "carriage\rreturn",
    " blank ",
    "a+b%20c&d=e?f#g",
    "back\\slash",
    "\u{202e}gpj.exe",
    "\u{1f4be}",
    "it's \"quoted\" <&>",
    "...",
    ".aws-datasync",
    "\u{e9}",
    "e\u{301}",
];

/// Names that can be keys come back, byte by byte.
pub(crate) async fn odd_names_come_back(stage: &Stage) -> anyhow::Result<()> {
    let folder = stage.files()?.join("odd");
    std::fs::create_dir_all(folder.join("deep/".repeat(180)))?;
    for name in NAMES {
        std::fs::write(folder.join(name), name)?;
    }
    std::fs::create_dir(folder.join("empty\nfolder"))?;
    symlink("../../outside\n", folder.join("link\nout"))?;
    let run = stage.run().await?;
    harness::ensure_good(&run.mail)?;

    restored(stage, async |target, status, _| {
        ensure!(status == TaskExecutionStatus::Success, "{status:?}");
        let odd = target.join("odd");
        ensure!(paths(&odd)? == paths(&folder)?, "{:?}", paths(target)?);
        for name in NAMES {
            ensure!(
                std::fs::read(odd.join(name))? == name.as_bytes(),
                "{name:?}"
            );
        }
        let link = std::fs::read_link(odd.join("link\nout"))?;
        ensure!(link == Path::new("../../outside\n"), "{link:?}");
        Ok(())
    })
    .await?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// A key as it is shown, an object's content, and the mode that it claims.
type Hostile = (&'static str, String, Option<&'static str>);

/// Objects of somebody who wants to write elsewhere.
fn hostile(outside: &Path) -> [Hostile; 6] {
    let text = || "x".to_owned();
    let link = outside.display().to_string();
    [
        ("/../up", text(), None),
        ("/a/../../up", text(), None),
        ("//etc/absolute", text(), None),
        ("/out", link, Some("0120777")),
        ("/out/through", text(), None),
        ("/out/d/through", text(), None),
    ]
}

async fn put(stage: &Stage, (key, content, mode): &Hostile) -> anyhow::Result<()> {
    let request = stage.s3.put_object();
    let mut request = request.bucket(stage.output("BackupBucketName")?);
    if let Some(mode) = mode {
        request = request.metadata("file-permissions", *mode);
    }
    let body = ByteStream::from(content.clone().into_bytes());
    request.key(object(key)).body(body).send().await?;
    Ok(())
}

/// Nothing is written outside the folder; each such object is named in the log,
/// and the others are restored.
pub(crate) async fn hostile_keys_stay_inside_the_folder(stage: &Stage) -> anyhow::Result<()> {
    let outside = stage.cloud.folder.join("outside");
    std::fs::create_dir(&outside)?;
    let objects = hostile(&outside);
    stage.write("harmless.txt", b"harmless")?;
    stage.run().await?;
    for object in &objects {
        put(stage, object).await?;
    }
    let restored = restored(stage, async |target, status, execution| {
        ensure!(status == TaskExecutionStatus::Error, "{status:?}");
        let link = std::fs::read_link(target.join("out"))?;
        ensure!(link == outside, "the link is restored: {link:?}");
        let harmless = std::fs::read(target.join("harmless.txt"))?;
        ensure!(harmless == b"harmless", "and so is everything else");
        let log = harness::task_log(stage, &execution).await?.join("\n");
        for (key, ..) in objects.iter().filter(|(_, _, mode)| mode.is_none()) {
            let line = format!("[ERROR] Failed to write file {key}: ");
            ensure!(log.contains(&line), "{key}: {log}");
        }
        Ok(())
    })
    .await;
    for (key, ..) in &objects {
        let request = stage.s3.delete_object();
        let request = request.bucket(stage.output("BackupBucketName")?);
        request.key(object(key)).send().await?;
    }
    restored?;
    let written = paths(&outside)?;
    ensure!(written.is_empty(), "{written:?}");
    let efs = paths(&stage.cloud.folder.join("efs"))?;
    ensure!(!efs.iter().any(|path| path.ends_with("up")), "{efs:?}");
    Ok(())
}

/// The key of a path that is shown with a leading `/`.
fn object(shown: &str) -> String {
    format!("efs/{}", &shown[1..])
}

/// A file that fails is told wherever somebody may look for it.
pub(crate) async fn an_unreadable_file_is_in_report_and_log(stage: &Stage) -> anyhow::Result<()> {
    stage.write("closed/a.txt", b"a")?;
    let close = |paths: Value| {
        let file_system = stage.outputs["FileSystemId"].clone();
        json!({"deny_read": {"file_system": file_system, "paths": paths}})
    };
    let order = close(json!(["/closed/a.txt"]));
    stage.cloud.control_datasync(&order).await?;
    let run = harness::run(stage).await;
    stage.cloud.control_datasync(&close(json!([]))).await?;
    let (execution, run) = run?;
    ensure!(run.mail.body.contains("/closed/a.txt"), "{}", run.mail.body);

    let log = harness::task_log(stage, &execution).await?;
    let line = "[ERROR] Failed to open source file /closed/a.txt: Permission denied";
    ensure!(log == [line], "{log:?}");
    let failed = failed_items(stage, &execution).await?;
    ensure!(failed.len() == 1, "{failed:?}");
    ensure!(failed[0]["RelativePath"] == "/closed/a.txt", "{failed:?}");
    ensure!(failed[0]["TransferStatus"] == "FAILED", "{failed:?}");
    ensure!(
        failed[0]["ErrorDetail"] == "Permission denied",
        "{failed:?}"
    );
    let (_, repaired) = harness::run(stage).await?;
    ensure!(
        repaired.mail.attribute("severity") == "info",
        "{}",
        repaired.mail.body
    );
    Ok(())
}

/// What the parts of an execution's task report list.
async fn failed_items(stage: &Stage, execution: &str) -> anyhow::Result<Vec<Value>> {
    let id = execution.rsplit('/').next().unwrap_or_default();
    let bucket = stage.output("ReportBucketName")?;
    let listed = stage.s3.list_objects_v2().bucket(bucket);
    let listed = listed
        .prefix("datasync-reports/Detailed-Reports/")
        .send()
        .await?;
    let keys = listed.contents().iter().filter_map(|object| object.key());
    let mut items = vec![];
    for key in keys.filter(|key| key.contains(id)) {
        let object = stage.s3.get_object().bucket(bucket).key(key).send().await?;
        let part: Value = serde_json::from_slice(&object.body.collect().await?.to_vec())?;
        let lists = part.as_object().into_iter().flat_map(|part| part.values());
        items.extend(lists.filter_map(Value::as_array).flatten().cloned());
    }
    Ok(items)
}
