//! The real binaries: the functions, and our `DataSync`.
//!
//! They are built by plain `cargo build`, in the profile and the target folder
//! of the program that asks for them, so that nothing is compiled twice.

use crate::Say;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Builds all binaries of the project; gives the folder that holds them.
///
/// # Errors
///
/// If cargo is missing or the build fails.
pub async fn build(root: &Path, say: Say<'_>) -> anyhow::Result<PathBuf> {
    let folder = folder_of(&std::env::current_exe()?, root);
    let profile = profile_of(&folder);
    say(&format!("building the functions ({profile} profile)"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root)
        .args([
            "build",
            "--workspace",
            "--bins",
            "--quiet",
            "--profile",
            &profile,
        ])
        .arg("--target-dir")
        .arg(folder.parent().unwrap_or(&folder))
        .stdin(Stdio::null())
        .output()
        .await
        .context("cannot start cargo: install Rust from https://rustup.rs")?;
    if !output.status.success() {
        bail!(
            "the functions were not built:\n{}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(folder)
}

/// The folder of the running program below a target folder; tests run from
/// `deps` in it.
fn folder_of(program: &Path, root: &Path) -> PathBuf {
    let folder = program.parent().unwrap_or(root);
    let folder = match folder.file_name() {
        Some(name) if name == "deps" => folder.parent().unwrap_or(folder),
        _ => folder,
    };
    let in_target = folder.join("deps").is_dir();
    if in_target {
        folder.to_owned()
    } else {
        root.join("target/debug")
    }
}

/// Cargo keeps the `dev` profile in a folder called `debug`.
fn profile_of(folder: &Path) -> String {
    match folder.file_name().and_then(|name| name.to_str()) {
        None | Some("debug") => "dev".to_owned(),
        Some(name) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_that_of_the_running_program() {
        assert_eq!(profile_of(Path::new("/x/target/debug")), "dev");
        assert_eq!(profile_of(Path::new("/x/target/release")), "release");
        let here = folder_of(&std::env::current_exe().unwrap(), Path::new("/nowhere"));
        assert!(here.join("deps").is_dir());
        assert_eq!(
            folder_of(Path::new("/usr/bin/efs-backup"), Path::new("/p")),
            Path::new("/p/target/debug")
        );
    }
}
