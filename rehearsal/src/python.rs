//! The Python that the emulator runs in: a virtual environment of its own, with
//! exactly the packages that `requirements.txt` names by hash.

use crate::Say;
use anyhow::{Context, bail};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The oldest Python that the emulator runs on.
const OLDEST: (u32, u32) = (3, 10);

/// The interpreter of the emulator's environment, which is made on first use.
///
/// # Errors
///
/// One line that says what is missing and how to get it.
pub async fn interpreter(target: &Path, say: Say<'_>) -> anyhow::Result<PathBuf> {
    let system = std::env::var("EFS_BACKUP_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let version = version(&system).await?;
    let folder = target.join("local-cloud").join(name(&version));
    let python = folder.join("bin/python");
    fs::create_dir_all(target.join("local-cloud"))?;
    // Two rehearsals may start at once; one of them installs.
    let lock = File::create(target.join("local-cloud/install.lock"))?;
    lock.lock()
        .context("cannot lock the local cloud's folder")?;
    let ready = folder.join("ready");
    if !ready.is_file() {
        say("installing the local cloud's Python packages (once, about 20 s)");
        install(&system, &folder, &python).await?;
        fs::write(&ready, &version)?;
    }
    Ok(python)
}

/// `python-3.11-1f2e3d4c`: another Python or another list of packages gets
/// another folder.
fn name(version: &str) -> String {
    let minor = version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let hash: String = Sha256::digest(REQUIREMENTS)
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("python-{minor}-{hash}")
}

async fn version(system: &str) -> anyhow::Result<String> {
    const ASK: &str = "import ensurepip, platform, venv; print(platform.python_version())";
    let help = format!(
        "the local cloud needs Python {}.{} or newer with its venv module: install python3 and \
         python3-venv, or name another interpreter in EFS_BACKUP_PYTHON",
        OLDEST.0, OLDEST.1
    );
    let asked = Command::new(system)
        .args(["-c", ASK])
        .stdin(Stdio::null())
        .output()
        .await
        .with_context(|| format!("cannot start `{system}`; {help}"))?;
    let version = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
    if !asked.status.success() {
        bail!("`{system}` lacks its venv module; {help}");
    }
    if !is_new_enough(&version) {
        bail!("`{system}` is Python {version}; {help}");
    }
    Ok(version)
}

fn is_new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= OLDEST
}

async fn install(system: &str, folder: &Path, python: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).context("cannot remove a half-made environment")?;
    }
    let mut venv = Command::new(system);
    venv.args(["-m", "venv"]).arg(folder);
    run(venv, "making a Python environment").await?;
    let list = folder.join("requirements.txt");
    fs::write(&list, REQUIREMENTS)?;
    let mut pip = Command::new(python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .args([
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--requirement",
    ])
    .arg(&list);
    run(pip, "installing the local cloud's packages").await
}

async fn run(mut command: Command, what: &str) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().await;
    let output = output.with_context(|| format!("{what} did not start"))?;
    if output.status.success() {
        return Ok(());
    }
    bail!(
        "{what} failed; is the Python package index reachable? pip said: {}",
        String::from_utf8_lossy(&output.stderr).trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_pythons_are_told_from_new_ones() {
        #[rustfmt::skip]
        let cases = [("3.10.0", true), ("3.11.7", true), ("4.0", true), ("3.9.18", false), ("", false)];
        for (version, new_enough) in cases {
            assert_eq!(is_new_enough(version), new_enough, "{version}");
        }
    }

    #[test]
    fn each_python_has_its_own_folder() {
        assert!(name("3.11.7").starts_with("python-3.11-"));
        assert_eq!(name("3.11.7"), name("3.11.8"));
    }

    #[tokio::test]
    async fn a_missing_python_is_a_clear_error() {
        let error = version("no-such-python").await.unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("cannot start `no-such-python`"), "{text}");
        assert!(text.contains("install python3 and python3-venv"), "{text}");
    }

    #[tokio::test]
    async fn a_python_without_venv_is_a_clear_error() {
        let error = version("false").await.unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("`false` lacks its venv module")
        );
    }
}
