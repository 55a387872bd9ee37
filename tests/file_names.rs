//! File names are other people's text.

use crate::harness::{self, Stage};
use anyhow::ensure;
use rustix::fs::{Mode, OFlags, mkdirat, openat};
use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

/// Strange names that can be keys.
const ARRIVES: [&str; 5] = [
    "a\nLINKS",
    "b\u{202e}gpj.exe",
    "c d&e+f%2F",
    "\u{1f4be}",
    "it's \"quoted\"",
];

/// A name that is no UTF-8 cannot be a key: the run is PARTIAL and names it,
/// with every strange character escaped. Strange names that can be keys arrive.
pub(crate) async fn hostile_names_stay_on_their_line(stage: &Stage) -> anyhow::Result<()> {
    let folder = stage.files()?;
    for name in ARRIVES {
        std::fs::write(folder.join(name), "x")?;
    }
    let not_utf8 = folder.join(OsStr::from_bytes(b"bad-\xff\n\xfe-name"));
    std::fs::write(&not_utf8, "x")?;

    let (_, run) = harness::run(stage).await?;
    std::fs::remove_file(&not_utf8)?;
    ensure!(
        run.mail.subject().starts_with("PARTIAL | "),
        "{}",
        run.mail.subject()
    );
    ensure!(
        run.mail.body.contains("NOT SAFELY COPIED"),
        "{}",
        run.mail.body
    );
    ensure!(
        run.mail.body.contains("bad-"),
        "the file is named: {}",
        run.mail.body
    );
    ensure!(
        run.mail.body.matches("\nLINKS").count() == 1,
        "{}",
        run.mail.body
    );
    ensure!(run.mail.body.is_ascii(), "{}", run.mail.body);
    for name in ARRIVES {
        ensure!(stage.content(name, None).await? == b"x", "{name:?} arrived");
    }
    Ok(())
}

/// The longest path that EFS has is no key: S3 takes 1,024 bytes. The mail names
/// what is too long, and what is short enough arrives.
pub(crate) async fn a_path_of_4096_bytes_is_named(stage: &Stage) -> anyhow::Result<()> {
    let top = "long-".to_owned() + &"x".repeat(245);
    let folder = stage.files()?;
    let mut here: OwnedFd = File::open(&folder)?.into();
    for depth in 0..16 {
        let part = if depth == 0 { &top } else { &"d".repeat(250) };
        mkdirat(&here, part, Mode::RWXU)?;
        here = openat(&here, part, OFlags::DIRECTORY, Mode::empty())?;
    }
    let flags = OFlags::CREATE | OFlags::WRONLY;
    openat(&here, "f".repeat(80), flags, Mode::RWXU)?;

    let run = harness::run(stage).await;
    std::fs::remove_dir_all(folder.join(&top))?;
    let (_, run) = run?;
    let mail = &run.mail;
    ensure!(
        mail.subject().starts_with("PARTIAL | "),
        "{}",
        mail.subject()
    );
    ensure!(mail.body.contains(&top[..60]), "{}", mail.body);
    // 16 folders and a file; four of the folders are short enough.
    ensure!(mail.body.contains("13 files"), "{}", mail.body);
    ensure!(
        run.new_versions().len() == 4,
        "{:?}",
        run.new_versions().len()
    );
    Ok(())
}
