//! What the process is told in its environment.

use std::path::PathBuf;

use anyhow::Context;

/// Where the local cloud is, and whose it is.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `CLOUD_ENDPOINT`: the local cloud, `http://127.0.0.1:PORT`.
    pub cloud_endpoint: String,
    /// `CLOUD_TOKEN`: opens the internal endpoints, on both sides.
    pub token: String,
    /// `EFS_ROOT`: holds one folder per file system, named after its id.
    pub efs_root: PathBuf,
    /// `CLOUD_ACCOUNT`: twelve digits; used where a request names no account.
    pub account: String,
    /// `CLOUD_REGION`: used where a request names no region.
    pub region: String,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    ///
    /// Names the variable that is missing or is not valid UTF-8.
    pub fn from_env() -> anyhow::Result<Self> {
        Ok(Self {
            cloud_endpoint: variable("CLOUD_ENDPOINT")?.trim_end_matches('/').to_owned(),
            token: variable("CLOUD_TOKEN")?,
            efs_root: variable("EFS_ROOT")?.into(),
            account: variable("CLOUD_ACCOUNT")?,
            region: variable("CLOUD_REGION")?,
        })
    }
}

fn variable(name: &str) -> anyhow::Result<String> {
    let value =
        std::env::var(name).with_context(|| format!("environment variable `{name}` is not set"))?;
    anyhow::ensure!(!value.is_empty(), "environment variable `{name}` is empty");
    Ok(value)
}
