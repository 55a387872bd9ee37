//! Where the functions' binaries come from.

use super::architecture::Architecture;
use crate::failure::{Exit, Failure};
use crate::voice::Voice;
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder with the functions' binaries: `NAME`, or `NAME/bootstrap` as
/// cargo-lambda lays them.
#[derive(Debug, Clone)]
pub struct Binaries(pub PathBuf);

/// The binary of a function in a folder.
///
/// # Errors
///
/// [`Exit::Usage`] if it is in neither place.
pub fn binary_in(binaries: &Binaries, function: &str) -> Result<PathBuf, Failure> {
    let folder = &binaries.0;
    [
        folder.join(function).join("bootstrap"),
        folder.join(function),
    ]
    .into_iter()
    .find(|path| path.is_file())
    .ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            format!(
                "no binary of {function} in {}: expected {function} or {function}/bootstrap",
                folder.display()
            ),
        )
    })
}

/// Builds the functions for AWS with cargo-lambda.
///
/// # Errors
///
/// If cargo-lambda is missing or the build fails.
pub fn build_release(
    root: &Path,
    functions: &[&str],
    architecture: Architecture,
    voice: Voice,
) -> Result<Binaries, Failure> {
    voice.say(&format!(
        "building {} for {} with cargo-lambda",
        functions.join(", "),
        architecture.name()
    ));
    let folder = root.join("target/lambda");
    let mut build = Command::new("cargo");
    build
        .current_dir(root)
        .args(["lambda", "build", "--release", "--lambda-dir"])
        .arg(&folder);
    if architecture == Architecture::Arm {
        build.arg("--arm64");
    }
    for function in functions {
        build.args(["--package", function]);
    }
    // Without a terminal cargo-lambda asks no questions.
    let status = build
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .context("cannot start cargo; install Rust from https://rustup.rs")?;
    if status.success() {
        return Ok(Binaries(folder));
    }
    Err(Failure::new(
        Exit::Failed,
        "the functions were not built: cargo-lambda says why above; correct that, or pass a \
         folder of binaries with --functions",
    ))
}

/// Looks whether cargo-lambda can be called, before anything else is begun.
///
/// # Errors
///
/// If it, or cargo itself, is missing.
pub fn builder_is_there(root: &Path) -> Result<(), Failure> {
    let mut version = Command::new("cargo");
    version.current_dir(root).args(["lambda", "--version"]);
    let answer = version
        .stdin(Stdio::null())
        .output()
        .context("cannot start cargo; install Rust from https://rustup.rs")?;
    if answer.status.success() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Failed,
        "cargo-lambda is missing, which builds the functions: install it with \
         `pip install cargo-lambda ziglang`, or pass a folder of binaries with --functions",
    ))
}
