//! What is copied, in both directions: a tree that goes to the bucket and comes
//! back is the same, and nothing is ever written outside the target.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use aws_sdk_datasync::types::{Options, PosixPermissions, TaskExecutionStatus, VerifyMode};
use backup_domain::posix_metadata::FileTime;
use proptest::prelude::*;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
use serde_json::{Value, json};

use crate::datasync::test_s3::MODIFIED_SECONDS;
use crate::datasync::test_world::{FILE_SYSTEM, OTHER_FILE_SYSTEM, World, metadata, sent};
use crate::tree::Tree;

fn tree(root: &Path) -> Tree {
    Tree::of(root).unwrap()
}

fn paths(root: &Path) -> Vec<PathBuf> {
    tree(root).0.into_keys().collect()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[derive(Debug, Clone)]
struct Made {
    path: Vec<String>,
    kind: Kind,
    mode: u32,
    owner: u32,
    time: FileTime,
}

#[derive(Debug, Clone)]
enum Kind {
    File(Vec<u8>),
    Folder,
    Link(String),
}

fn any_made() -> impl Strategy<Value = Made> {
    #[rustfmt::skip]
    let part = prop_oneof![
        Just("a"), Just("b c"), Just("line\nfeed"), Just("d\u{e9}j\u{e0}"), Just(".hidden"), Just("%2F+&"),
        Just("it's \"quoted\""), Just("..."), Just("back\\slash"), Just("\u{1f4be}"), Just("a.txt"), Just("\u{7f}\u{1}"),
    ];
    let kind = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Kind::File),
        Just(Kind::Folder),
        prop_oneof![
            Just("a"),
            Just("../.."),
            Just("/etc/passwd"),
            Just("gone\n"),
            Just("b c/a")
        ]
        .prop_map(|target| Kind::Link(target.to_owned())),
    ];
    let time = (-1_000_000_000_i64..4_000_000_000, 0..1_000_000_000_u32);
    let path = proptest::collection::vec(part.prop_map(str::to_owned), 1..4);
    (path, kind, 0..0o10_000_u32, 0..70_000_u32, time).prop_map(
        |(path, kind, mode, owner, time)| {
            let (seconds, nanoseconds) = time;
            let time = FileTime {
                seconds,
                nanoseconds,
            };
            Made {
                path,
                kind,
                mode,
                owner,
                time,
            }
        },
    )
}

/// Makes what can be made; two of them may want the same place.
fn make(root: &Path, all: &[Made]) {
    let mut made = vec![];
    for one in all {
        let path = one
            .path
            .iter()
            .fold(root.to_owned(), |path, part| path.join(part));
        // Not through a link that was made before.
        let parent = path.parent().unwrap();
        if std::fs::create_dir_all(parent).is_err() || !is_below(root, parent) {
            continue;
        }
        let done = match &one.kind {
            Kind::File(content) if std::fs::symlink_metadata(&path).is_err() => {
                std::fs::write(&path, content)
            }
            Kind::Folder => std::fs::create_dir(&path),
            Kind::Link(target) => symlink(target, &path),
            Kind::File(_) => continue,
        };
        if done.is_ok() {
            made.push((path, one));
        }
    }
    for (path, one) in made.iter().rev() {
        dress(path, one);
    }
}

fn is_below(root: &Path, folder: &Path) -> bool {
    folder
        .canonicalize()
        .is_ok_and(|found| found.starts_with(root.canonicalize().unwrap()))
}

/// Owner, mode and time, as far as the user may.
fn dress(path: &Path, one: &Made) {
    if is_root() {
        std::os::unix::fs::lchown(path, Some(one.owner), Some(one.owner / 2)).unwrap();
    }
    if !matches!(one.kind, Kind::Link(_)) {
        let readable = if is_root() { 0 } else { 0o700 };
        let mode = std::fs::Permissions::from_mode(one.mode | readable);
        std::fs::set_permissions(path, mode).unwrap();
    }
    let time = Timespec {
        tv_sec: one.time.seconds,
        tv_nsec: one.time.nanoseconds.into(),
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

async fn there_and_back(all: &[Made]) {
    let mut world = World::new().await;
    let (backup, restore) = (world.task().await, world.restoring_task().await);
    let (source, target) = (world.folder(FILE_SYSTEM), world.folder(OTHER_FILE_SYSTEM));
    make(&source, all);

    let mut copied = vec![];
    for task in [&backup, &restore, &restore] {
        let run = world.run(task).await;
        assert_eq!(
            run.status(),
            Some(&TaskExecutionStatus::Success),
            "{:?} {:?}",
            run.result(),
            world.log()
        );
        assert_eq!(run.files_transferred, run.files_verified);
        copied.push(run.files_transferred);
    }
    let there = tree(&source);
    assert_eq!(tree(&target), there);
    let count = i64::try_from(there.0.len()).unwrap();
    assert_eq!(
        copied,
        [count, count, 0],
        "the second restore finds everything the same"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_goes_to_the_bucket_comes_back_the_same(all in proptest::collection::vec(any_made(), 0..12)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(there_and_back(&all));
    }
}

/// An object's key, content and user metadata.
type Given<'a> = (&'a str, &'a [u8], &'a [(&'a str, &'a str)]);

/// A restoring task with these objects in the bucket.
async fn world_with(objects: &[Given<'_>]) -> (World, String) {
    let world = World::new().await;
    let task = world.restoring_task().await;
    for (key, content, said) in objects {
        world
            .stub
            .objects
            .put(&format!("backup/{key}"), content, metadata(said));
    }
    (world, task)
}

const LINK: &[(&str, &str)] = &[("file-permissions", "0120777")];

/// Objects of somebody who wants to write elsewhere, and one good one.
async fn hostile_world(outside: &Path) -> (World, String) {
    let long = format!("efs/{}", "n".repeat(256));
    #[rustfmt::skip]
    let objects: [Given<'_>; 14] = [
        ("efs/../up",         b"x",    &[]),
        ("efs/a/../../up",    b"x",    &[]),
        ("efs//etc/absolute", b"x",    &[]),
        ("efs/a//b",          b"x",    &[]),
        ("efs/./here",        b"x",    &[]),
        ("efs/out",           outside.as_os_str().as_bytes(), LINK),
        ("efs/out/through",   b"x",    &[]),
        ("efs/out/d/through", b"x",    &[]),
        ("efs/full/",         b"x",    &[]),
        ("efs/both",          b"x",    &[]),
        ("efs/both/below",    b"x",    &[]),
        ("efs/null",          b"",     LINK),
        (&long,               b"x",    &[]),
        ("efs/good",          b"good", &[]),
    ];
    world_with(&objects).await
}

#[tokio::test]
async fn nothing_is_ever_written_outside_the_target() {
    let outside = tempfile::tempdir().unwrap();
    let (mut world, task) = hostile_world(outside.path()).await;
    let run = world.run(&task).await;
    assert_eq!(run.status(), Some(&TaskExecutionStatus::Error));
    let detail = run.result().unwrap().error_detail().unwrap();
    let expected = "Transfer and verification completed. There were some errors";
    assert!(detail.starts_with(expected), "{detail}");

    let folder = world.folder(OTHER_FILE_SYSTEM);
    assert_eq!(paths(&folder), ["both", "good", "out"].map(PathBuf::from));
    let link = std::fs::read_link(folder.join("out")).unwrap();
    assert_eq!(link, outside.path());
    assert!(paths(outside.path()).is_empty());
    let beside = paths(folder.parent().unwrap());
    assert!(
        !beside.iter().any(|path| path.ends_with("up")),
        "{beside:?}"
    );

    let mut log = world.log();
    log.sort();
    let shown = log.join("\n").replace(&"n".repeat(256), "N256");
    insta::assert_snapshot!(shown, @r"
    [ERROR] Failed to write file /../up: the object key has a part `.` or `..`
    [ERROR] Failed to write file /./here: the object key has a part `.` or `..`
    [ERROR] Failed to write file //etc/absolute: the object key begins with `/` or has an empty part
    [ERROR] Failed to write file /a/../../up: the object key has a part `.` or `..`
    [ERROR] Failed to write file /a//b: the object key begins with `/` or has an empty part
    [ERROR] Failed to write file /both/below: Not a directory
    [ERROR] Failed to write file /both: Not a directory
    [ERROR] Failed to write file /full/: the object key ends in `/` and the object has content
    [ERROR] Failed to write file /N256: File name too long
    [ERROR] Failed to write file /null: No such file or directory
    [ERROR] Failed to write file /out/d/through: Not a directory
    [ERROR] Failed to write file /out/d: Not a directory
    [ERROR] Failed to write file /out/through: Not a directory
    [ERROR] Failed to write file /out: Not a directory
    ");
}

#[tokio::test]
async fn an_object_that_says_nothing_gets_datasyncs_defaults() {
    let odd = [("file-permissions", "rwx")];
    let (mut world, task) = world_with(&[("efs/a/b", b"x", &[]), ("efs/odd", b"x", &odd)]).await;
    let run = world.run(&task).await;
    assert_eq!(run.status(), Some(&TaskExecutionStatus::Success));
    assert_eq!(
        run.files_transferred, 3,
        "the folder that no object stands for is made"
    );
    let folder = world.folder(OTHER_FILE_SYSTEM);
    for path in ["a/b", "odd"] {
        let found = std::fs::metadata(folder.join(path)).unwrap();
        assert_eq!(found.mode(), 0o100_755, "{path}");
        assert_eq!(found.mtime(), MODIFIED_SECONDS, "{path}");
        if is_root() {
            assert_eq!((found.uid(), found.gid()), (65534, 65534), "{path}");
        }
    }
    assert_eq!(
        std::fs::metadata(folder.join("a")).unwrap().mode(),
        0o040_755
    );
    assert_eq!(
        world.log(),
        ["[WARN] Failed to read metadata for file /odd: No data available"]
    );
}

#[tokio::test]
async fn what_only_the_target_has_stays_and_what_differs_is_replaced() {
    let said = [
        ("file-permissions", "0100640"),
        ("file-mtime", "1602647222/5"),
    ];
    let (mut world, task) = world_with(&[("efs/a", b"from the bucket", &said)]).await;
    let folder = world.folder(OTHER_FILE_SYSTEM);
    std::fs::write(folder.join("only here"), "mine").unwrap();
    std::fs::write(folder.join("a"), "older").unwrap();
    assert_eq!(world.run(&task).await.files_transferred, 1);
    assert_eq!(std::fs::read(folder.join("a")).unwrap(), b"from the bucket");
    assert_eq!(std::fs::read(folder.join("only here")).unwrap(), b"mine");

    let again = world.run(&task).await;
    assert_eq!((again.files_transferred, again.files_skipped), (0, 1));
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(folder.join("a"), mode).unwrap();
    assert_eq!(
        world.run(&task).await.files_transferred,
        1,
        "another mode is a difference"
    );
    assert_eq!(
        std::fs::metadata(folder.join("a")).unwrap().mode(),
        0o100_640
    );
}

#[tokio::test]
async fn remove_and_a_check_of_everything_work_in_this_direction_too() {
    let (mut world, _) = world_with(&[("efs/a", b"x", &[])]).await;
    let described = sent!(world.client.list_locations());
    let arns = described
        .locations()
        .iter()
        .map(|entry| (entry.location_uri().unwrap(), entry.location_arn().unwrap()));
    let arns: BTreeMap<String, String> = arns
        .map(|(uri, arn)| (uri[..2].to_owned(), arn.to_owned()))
        .collect();
    let task = world
        .task_between(arns["s3"].clone(), arns["ef"].clone())
        .await;
    let options = Options::builder()
        .preserve_deleted_files(aws_sdk_datasync::types::PreserveDeletedFiles::Remove)
        .verify_mode(VerifyMode::PointInTimeConsistent);
    sent!(
        world
            .client
            .update_task()
            .task_arn(&task)
            .options(options.build())
    );
    let folder = world.folder(OTHER_FILE_SYSTEM);
    std::fs::create_dir_all(folder.join("gone/below")).unwrap();
    std::fs::write(folder.join("gone/below/file"), "").unwrap();
    let run = world.run(&task).await;
    assert_eq!(
        run.status(),
        Some(&TaskExecutionStatus::Success),
        "{:?}",
        world.log()
    );
    assert_eq!(
        (run.files_deleted, run.files_transferred, run.files_verified),
        (3, 1, 1)
    );
    assert_eq!(paths(&folder), [PathBuf::from("a")]);
}

#[tokio::test]
async fn a_mode_that_is_not_kept_is_the_default() {
    let said = [("file-permissions", "0100600")];
    let objects: [Given<'_>; 1] = [("efs/d/a", b"x", &said)];
    let (mut world, task) = world_with(&objects).await;
    let options = Options::builder().posix_permissions(PosixPermissions::None);
    let update = world.client.update_task().task_arn(&task);
    sent!(update.options(options.build()));
    let run = world.run(&task).await;
    assert_eq!(run.status(), Some(&TaskExecutionStatus::Success));
    let folder = world.folder(OTHER_FILE_SYSTEM);
    for path in ["d", "d/a"] {
        let mode = std::fs::metadata(folder.join(path)).unwrap().mode();
        assert_eq!(mode & 0o7777, 0o755, "{path}");
    }
}

#[tokio::test]
async fn a_target_that_is_not_there_is_told() {
    let (mut world, task) = world_with(&[("efs/a", b"x", &[])]).await;
    let described = sent!(world.client.describe_task().task_arn(&task));
    assert_eq!(described.source_network_interface_arns().len(), 0);
    assert_eq!(described.destination_network_interface_arns().len(), 2);
    let location = described.destination_location_arn().unwrap();
    let moved = world.client.update_location_efs().location_arn(location);
    sent!(moved.subdirectory("/restored"));
    let run = world.run(&task).await;
    let detail = run.result().unwrap().error_detail().unwrap().to_owned();
    assert!(detail.ends_with(": No such file or directory"), "{detail}");

    std::fs::create_dir(world.folder(OTHER_FILE_SYSTEM).join("restored")).unwrap();
    let run = world.run(&task).await;
    assert_eq!(run.status(), Some(&TaskExecutionStatus::Success));
    let restored = world.folder(OTHER_FILE_SYSTEM).join("restored/a");
    assert_eq!(std::fs::read(restored).unwrap(), b"x");
}

#[tokio::test]
async fn files_that_cannot_be_read_are_told_and_the_others_are_copied() {
    let mut world = World::new().await;
    let task = world.task().await;
    let folder = world.folder(FILE_SYSTEM);
    for name in ["a", "b", "good"] {
        std::fs::write(folder.join(name), name).unwrap();
    }
    std::fs::write(folder.join(OsStr::from_bytes(b"bad-\xff")), "x").unwrap();
    let order = |paths: Value| json!({"deny_read": {"file_system": FILE_SYSTEM, "paths": paths}});
    world.control(order(json!(["/a", "/b"]))).await;
    let run = world.run(&task).await;
    assert_eq!(run.status(), Some(&TaskExecutionStatus::Error));
    assert_eq!((run.files_transferred, run.files_verified), (1, 1));
    assert_eq!(run.estimated_files_to_transfer, 4);
    assert_eq!(
        world.log(),
        [
            "[ERROR] Failed to open source file /a: Permission denied",
            "[ERROR] Failed to open source file /b: Permission denied",
            "[ERROR] Failed to write file /bad-\\xff: the file name is not valid UTF-8",
        ]
    );
    world.control(order(json!([]))).await;
    let run = world.run(&task).await;
    assert_eq!((run.files_transferred, run.files_skipped), (2, 1));
}
