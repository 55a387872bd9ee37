//! The real binaries: the functions, and our `DataSync`.
//!
//! They are built by plain `cargo build`, in the profile and the target folder
//! of the program that asks for them, so that nothing is compiled twice.

use crate::Say;
use anyhow::{Context, bail};
use std::ffi::OsStr;
use std::io::IsTerminal;
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
    let mut command = Command::new(cargo);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_a_package(name)) {
        command.env_remove(name);
    }
    // A person sees cargo's own progress; elsewhere its words matter on failure only.
    let watched = std::io::stderr().is_terminal();
    let output = command
        .current_dir(root)
        .args(["build", "--workspace", "--bins", "--profile", &profile])
        .arg("--target-dir")
        .arg(folder.parent().unwrap_or(&folder))
        .stdin(Stdio::null())
        .stderr(if watched {
            Stdio::inherit()
        } else {
            Stdio::piped()
        })
        .spawn()
        .context("cannot start cargo: install Rust from https://rustup.rs")?
        .wait_with_output()
        .await?;
    if !output.status.success() {
        bail!(
            "the functions were not built:\n{}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(folder)
}

/// Variables that cargo sets for the program that it runs. A build script that
/// asks for one of them would run again, and all that depends on it.
fn is_of_a_package(variable: &OsStr) -> bool {
    let variable = variable.to_string_lossy();
    ["CARGO_PKG_", "CARGO_MANIFEST_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
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
