//! The tool as a person starts it.

use super::{Stage, root, signed};
use anyhow::Context;
use rehearsal::LocalCloud;
use serde_json::json;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use tokio::process::Command;

/// The folder with all binaries, where this test's own binary lies too.
pub(crate) fn binaries() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here
        .ancestors()
        .nth(2)
        .context("a test outside a target folder")?;
    Ok(folder.to_owned())
}

/// `efs-backup` in the project's folder, without any AWS settings.
pub(crate) fn tool(arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(binaries()?.join("efs-backup"));
    command
        .args(arguments)
        .current_dir(root())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null());
    for name in [
        "HOME",
        "CARGO",
        "CARGO_HOME",
        "RUSTUP_HOME",
        "RUSTUP_TOOLCHAIN",
    ] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    Ok(command)
}

/// `efs-backup` against the stage's cloud; gives exit code, stdout and stderr.
pub(crate) async fn tool_on(
    cloud: &LocalCloud,
    arguments: &[&str],
) -> anyhow::Result<(i32, String, String)> {
    let mut command = tool(arguments)?;
    command.envs(cloud.environment());
    ended(command.output().await?)
}

/// Exit code, stdout and stderr.
pub(crate) fn ended(output: Output) -> anyhow::Result<(i32, String, String)> {
    let code = output.status.code().context("ended by a signal")?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok((code, text(output.stdout), text(output.stderr)))
}

/// The environment with somebody's access key.
pub(crate) type Access = [(&'static str, String); 2];

/// A user who may do everything but these actions.
pub(crate) async fn user_without(
    stage: &Stage,
    user: &str,
    denied: &[&str],
) -> anyhow::Result<Access> {
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": denied, "Resource": "*"}
    ]});
    let (policy, user) = (policy.to_string(), ("UserName", user));
    signed::query(&stage.cloud, "iam", "CreateUser", &[user]).await?;
    let fields = [user, ("PolicyName", "own"), ("PolicyDocument", &policy)];
    signed::query(&stage.cloud, "iam", "PutUserPolicy", &fields).await?;
    let key = signed::query(&stage.cloud, "iam", "CreateAccessKey", &[user]).await?;
    let element = |tag: &str| {
        let rest = key.body.split_once(&format!("<{tag}>"));
        let found = rest.and_then(|(_, rest)| rest.split('<').next());
        found
            .map(str::to_owned)
            .with_context(|| format!("no {tag} in the answer"))
    };
    Ok([
        ("AWS_ACCESS_KEY_ID", element("AccessKeyId")?),
        ("AWS_SECRET_ACCESS_KEY", element("SecretAccessKey")?),
    ])
}
