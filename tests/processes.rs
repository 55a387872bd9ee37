//! A rehearsal takes everything with it when it ends, however it ends.

use crate::harness::program::{ended, tool};
use crate::harness::{Stage, until};
use anyhow::{Context, ensure};
use rehearsal::Scenario;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

pub(crate) async fn rehearse_leaves_nothing_running(_: &Stage) -> anyhow::Result<()> {
    let (code, stdout, stderr) = ended(tool(&["rehearse", "--json"])?.output().await?)?;
    ensure!(code == 0, "{code}: {stderr}");
    let last: Value = serde_json::from_str(stdout.lines().last().context("no result")?)?;
    ensure!(
        last["schema"] == "rehearsal/1" && last["ok"] == true,
        "{last}"
    );
    let scenarios = last["scenarios"].as_array().context("no scenarios")?;
    ensure!(scenarios.len() == Scenario::ALL.len(), "{last}");
    for scenario in scenarios {
        let mail = scenario["mails"][0]
            .as_str()
            .context("a scenario without a mail")?;
        ensure!(Path::new(mail).is_file(), "{mail}");
    }
    let all = Scenario::ALL.len();
    let page = last["report"].as_str().context("no report")?;
    let page = std::fs::read_to_string(page)?;
    ensure!(
        page.contains(&format!("PASS, {all} of {all} scenarios")),
        "another result on the page"
    );
    for shown in [
        "id=\"modify\"",
        "index.html is changed on the EFS",
        "Subject: <b>OK | efs-backup",
        "<b>NEW</b>",
        "<svg ",
    ] {
        ensure!(page.contains(shown), "no {shown} on the page");
    }
    // Ctrl-C comes while the cloud is kept.
    let (child, family) = kept().await?;
    signal(&child, Signal::INT)?;
    let output = child.wait_with_output().await?;
    ensure!(output.status.code() == Some(0), "{:?}", output.status);
    gone(&family).await
}

pub(crate) async fn a_killed_rehearsal_leaves_nothing_running(_: &Stage) -> anyhow::Result<()> {
    let (mut child, family) = kept().await?;
    child.start_kill()?;
    child.wait().await?;
    gone(&family).await
}

/// A rehearsal that keeps its cloud, and the processes that belong to it.
async fn kept() -> anyhow::Result<(Child, Vec<u32>)> {
    let mut command = tool(&["rehearse", "--keep", "--scenario", "first-copy"])?;
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(child.stderr.take().context("no stderr")?).lines();
    loop {
        let line = lines
            .next_line()
            .await?
            .context("it ended before it kept the cloud")?;
        if line.contains("is kept until Ctrl-C") {
            break;
        }
    }
    // Its later lines must have somewhere to go.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let family = descendants(child.id().context("it has ended")?);
    ensure!(
        family.len() >= 3,
        "an emulator, a DataSync and a function: {family:?}"
    );
    Ok((child, family))
}

fn signal(child: &Child, signal: Signal) -> anyhow::Result<()> {
    let id = child
        .id()
        .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    Ok(kill_process(id.context("it has ended")?, signal)?)
}

async fn gone(family: &[u32]) -> anyhow::Result<()> {
    until("the end of all processes", async || {
        Ok(family.iter().all(|id| parent(*id).is_none()))
    })
    .await
}

/// All processes below one, by `/proc`.
fn descendants(of: u32) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let ids: Vec<u32> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    let children: Vec<u32> = ids
        .into_iter()
        .filter(|id| parent(*id) == Some(of))
        .collect();
    let below = children.iter().flat_map(|child| descendants(*child));
    children.iter().copied().chain(below).collect()
}

/// The parent of a process; `None` once it has ended.
fn parent(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (state != "Z").then_some(parent)
}

pub(crate) async fn a_missing_python_is_a_clear_error(_: &Stage) -> anyhow::Result<()> {
    let mut command = tool(&["rehearse", "--json"])?;
    command.env("EFS_BACKUP_PYTHON", "/no/such/python");
    let (code, stdout, stderr) = ended(command.output().await?)?;
    let report: Value = serde_json::from_str(stdout.lines().last().context("no result")?)?;
    ensure!(code == 1 && report["ok"] == false, "{code}: {stdout}");
    ensure!(
        stderr.contains("cannot start `/no/such/python`"),
        "{stderr}"
    );
    ensure!(
        stderr.contains("install python3 and python3-venv"),
        "{stderr}"
    );
    Ok(())
}

/// Where no instance can be played, the scenario has neither passed nor failed.
pub(crate) async fn without_namespaces_the_fleet_is_not_shown(stage: &Stage) -> anyhow::Result<()> {
    let folder = stage.cloud.folder.join("no-namespaces");
    std::fs::create_dir_all(&folder)?;
    let unshare = folder.join("unshare");
    std::fs::write(
        &unshare,
        "#!/bin/sh\necho 'unshare failed: Operation not permitted' >&2\nexit 1\n",
    )?;
    std::fs::set_permissions(&unshare, std::fs::Permissions::from_mode(0o755))?;
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = tool(&["rehearse", "--json", "--scenario", "scale"])?;
    command.env("PATH", format!("{}:{path}", folder.display()));
    let (code, stdout, stderr) = ended(command.output().await?)?;
    let report: Value = serde_json::from_str(stdout.lines().last().context("no result")?)?;
    let scale = report["scenarios"].as_array().and_then(|all| all.last());
    let scale = scale.context("no scenarios")?;
    let reason = scale["reason"].as_str().unwrap_or_default();
    ensure!(code == 0 && report["ok"] == true, "{code}: {stderr}");
    ensure!(scale["name"] == "scale" && scale["ok"].is_null(), "{scale}");
    ensure!(
        reason.contains("Operation not permitted; to allow it: on Ubuntu"),
        "{reason}"
    );
    Ok(())
}
