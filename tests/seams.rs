//! The gaps of the emulator that the local cloud repairs, each with a test of its
//! own in `rehearsal/cloud/tests`.

use crate::harness::{Stage, root};
use anyhow::ensure;
use rehearsal::python;
use tokio::process::Command;

pub(crate) async fn every_repair_holds(_: &Stage) -> anyhow::Result<()> {
    let say = |text: &str| eprintln!("{text}");
    let interpreter = python::interpreter(&root().join("target"), &say).await?;
    let mut tests = Command::new(interpreter);
    tests.current_dir(root().join("rehearsal"));
    tests.args([
        "-B",
        "-m",
        "unittest",
        "discover",
        "-s",
        "cloud/tests",
        "-t",
        ".",
    ]);
    let output = tests.output().await?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{text}");
    let summary = text.lines().find(|line| line.starts_with("Ran "));
    ensure!(
        summary.is_some_and(|line| !line.starts_with("Ran 0 ")),
        "{text}"
    );
    eprintln!("{}", summary.unwrap_or_default());
    Ok(())
}
