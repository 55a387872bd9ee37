//! A child process that ends when its standard input does.
//!
//! Its parent holds the other end, so a parent that dies in whatever way takes
//! its children along. Children have a process group of their own: Ctrl-C
//! reaches the parent alone, which then stops them in order.

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The longest time a child may take to say that it is ready.
const LONGEST_START: Duration = Duration::from_secs(60);
/// The longest time it may take to stop by itself.
const LONGEST_STOP: Duration = Duration::from_secs(10);

/// A running child.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    group: Option<Pid>,
}

impl Process {
    /// Starts a program and waits for the one line of JSON with which it says
    /// that it is ready. What it writes to standard error goes to `log`.
    ///
    /// # Errors
    ///
    /// If it does not start, or ends before it is ready; its last words are told.
    pub(crate) async fn start(
        name: &'static str,
        mut command: Command,
        log: &Path,
    ) -> anyhow::Result<(Self, serde_json::Value)> {
        let stderr =
            File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let group = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let stdout = child.stdout.take().context("a child without stdout")?;
        let process = Process { name, child, group };
        let mut lines = BufReader::new(stdout).lines();
        let line = timeout(LONGEST_START, lines.next_line()).await;
        let line = line.with_context(|| format!("{name} was not ready after 60 s"))??;
        let Some(line) = line else {
            bail!("{name} ended before it was ready: {}", last_line(log));
        };
        let ready = serde_json::from_str(&line)
            .with_context(|| format!("{name} said something unexpected: {line}"))?;
        Ok((process, ready))
    }

    /// Asks the child to end, waits, and ends it for good if it does not.
    pub(crate) async fn stop(mut self) {
        drop(self.child.stdin.take());
        if timeout(LONGEST_STOP, self.child.wait()).await.is_err() {
            tell_killed(self.name);
            self.signal(Signal::KILL);
            // Nothing is left to do if even this fails.
            let _: std::io::Result<_> = self.child.wait().await;
        }
        self.group = None;
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // A group that is gone already is what we want.
            let _: rustix::io::Result<()> = kill_process_group(group, signal);
        }
    }
}

/// The last resort when an error or a panic unwinds past [`Process::stop`].
impl Drop for Process {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.signal(Signal::TERM);
        }
    }
}

fn tell_killed(name: &str) {
    use std::io::Write;
    drop(writeln!(
        std::io::stderr(),
        "{name} did not stop by itself within 10 s and was killed"
    ));
}

fn last_line(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let line = text.lines().rev().find(|line| !line.trim().is_empty());
    line.unwrap_or("it said nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn log(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("efs-backup-{}-{name}.log", std::process::id()))
    }

    #[tokio::test]
    async fn a_child_ends_with_its_standard_input() {
        let log = log("ends");
        let command = shell("echo '{\"ready\":true}'; cat >/dev/null");
        let (process, ready) = Process::start("a child", command, &log).await.unwrap();
        assert_eq!(ready["ready"], true);
        let group = process.group.unwrap();
        process.stop().await;
        assert!(
            rustix::process::test_kill_process_group(group).is_err(),
            "it is gone"
        );
        std::fs::remove_file(log).unwrap();
    }

    #[tokio::test]
    async fn a_child_that_fails_tells_why() {
        let log = log("fails");
        let command = shell("echo first >&2; echo 'no port is free' >&2; exit 3");
        let error = Process::start("a child", command, &log).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "a child ended before it was ready: no port is free"
        );
        std::fs::remove_file(log).unwrap();
    }
}
