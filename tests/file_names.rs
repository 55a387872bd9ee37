//! File names are other people's text.

use crate::harness::{self, Stage};
use anyhow::ensure;
use std::ffi::OsStr;
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
