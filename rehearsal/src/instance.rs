//! A played EC2 instance: the user data of the stack, run as it stands in
//! namespaces of its own, where stand-ins take the place of the programs that
//! would reach AWS, and where time passes in no time (`rehearsal/instance/`).

use anyhow::{Context, bail, ensure};
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// The longest an order may take, on the clock of this machine.
const LONGEST_ORDER: Duration = Duration::from_secs(60);
/// What the clock of an instance shows when its user data begins.
const BOOTED: u64 = 30;

const NAMESPACES: [&str; 5] = ["--user", "--map-root-user", "--mount", "--pid", "--fork"];

/// This machine lets nobody make the namespaces that a played instance needs.
#[derive(Debug, thiserror::Error)]
#[error(
    "an instance is played in Linux user and mount namespaces, and this machine lets nobody make \
     them: {0}; to allow it: on Ubuntu `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, \
     on Debian `sudo sysctl kernel.unprivileged_userns_clone=1`, in a container run it with \
     `--security-opt seccomp=unconfined --security-opt apparmor=unconfined`; other systems cannot"
)]
pub struct NoNamespaces(String);

/// What an instance is, before it is switched on.
#[derive(Debug)]
pub struct Machine<'a> {
    /// The project's top folder.
    pub root: &'a Path,
    /// Where it keeps its disk and its clock.
    pub folder: PathBuf,
    /// The folder that its mount target serves.
    pub files: &'a Path,
    /// Its id.
    pub id: &'a str,
    /// The variables that tell its stand-ins what kind of day it is, and which
    /// cloud to talk to.
    pub environment: Vec<(String, OsString)>,
    /// Folders that it sees as they are outside.
    pub folders: Vec<PathBuf>,
}

/// An instance that is switched on. Dropping it switches it off.
#[derive(Debug)]
pub struct Instance {
    folder: PathBuf,
    // Its end takes all processes of the instance along.
    _process: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

/// How a command inside an instance ended.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its exit status.
    pub status: i32,
    /// What it wrote, stdout and stderr in one.
    pub text: String,
}

/// What an instance did since it was new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deeds {
    /// What it told Auto Scaling: `CONTINUE`, `ABANDON`, `Unhealthy`.
    pub told: Vec<String>,
    /// Each call of a stand-in: the second of the boot, the program and its arguments.
    pub calls: Vec<String>,
    /// Seconds on its clock since the first boot's user data began.
    pub seconds: u64,
}

impl Machine<'_> {
    /// Switches it on. What its disk holds of an earlier boot is still there.
    ///
    /// # Errors
    ///
    /// [`NoNamespaces`], or why it could not be made.
    pub async fn switch_on(&self) -> anyhow::Result<Instance> {
        can_be_played().await?;
        let clock = self.folder.join("uptime");
        std::fs::create_dir_all(self.folder.join("disk/var"))?;
        if !clock.exists() {
            std::fs::write(&clock, format!("{BOOTED}.00 0.00\n"))?;
        }
        let mut command = self.command();
        command.stderr(File::create(self.folder.join("log"))?);
        let mut process = command.spawn().context("cannot start `unshare`")?;
        let stdout = process.stdout.take().context("a child without stdout")?;
        Ok(Instance {
            folder: self.folder.clone(),
            orders: process.stdin.take().context("a child without stdin")?,
            answers: BufReader::new(stdout).lines(),
            _process: process,
        })
    }

    fn command(&self) -> Command {
        let played = self.root.join("rehearsal/instance");
        let mut command = Command::new("unshare");
        command
            .args(NAMESPACES)
            .arg("--kill-child")
            .arg(played.join("enter.sh"))
            .args([&self.folder, self.files])
            .arg(played.join("stand-ins"))
            .args(&self.folders)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("INSTANCE_ID", self.id)
            .env("BOOTED", BOOTED.to_string())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command
    }
}

/// Whether this machine can play instances: asks for a mount in a namespace.
async fn can_be_played() -> Result<(), NoNamespaces> {
    let mut trial = Command::new("unshare");
    trial
        .args(NAMESPACES)
        .args(["mount", "-t", "tmpfs", "trial", "/tmp"]);
    let ended = trial.stdin(Stdio::null()).output().await;
    let ended = ended.map_err(|error| NoNamespaces(format!("`unshare` did not start: {error}")))?;
    if ended.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&ended.stderr);
    Err(NoNamespaces(words.trim_end().replace('\n', "; ")))
}

impl Instance {
    /// The first boot: runs its user data, as cloud-init does once.
    ///
    /// # Errors
    ///
    /// If it does not end within 60 s.
    pub async fn first_boot(&mut self, user_data: &str) -> anyhow::Result<Said> {
        std::fs::write(self.folder.join("disk/var/user-data"), user_data)?;
        self.order("echo $$ >/run/script; exec bash /var/user-data")
            .await
    }

    /// A later boot: systemd mounts what fstab names, and goes on if that fails
    /// (`nofail`); then cloud-init runs its per-boot scripts.
    ///
    /// # Errors
    ///
    /// If it does not end within 60 s.
    pub async fn next_boot(&mut self) -> anyhow::Result<Said> {
        self.order("mount /mnt/efs; exec bash /var/lib/cloud/scripts/per-boot/mount-efs.sh")
            .await
    }

    /// Runs a shell command on it.
    ///
    /// # Errors
    ///
    /// If it does not end within 60 s.
    pub async fn order(&mut self, order: &str) -> anyhow::Result<Said> {
        ensure!(!order.contains('\n'), "an order is one line");
        self.orders
            .write_all(format!("{order}\n").as_bytes())
            .await
            .context("it is off")?;
        let Ok(answer) = timeout(LONGEST_ORDER, self.answers.next_line()).await else {
            bail!(
                "`{order}` hangs: no end within {} s",
                LONGEST_ORDER.as_secs()
            );
        };
        let Some(status) = answer? else {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            bail!(
                "the instance ended before `{order}` did: {}",
                log.trim_end()
            );
        };
        let text = std::fs::read(self.folder.join("disk/run/said"))?;
        Ok(Said {
            status: status.parse()?,
            text: String::from_utf8_lossy(&text).into_owned(),
        })
    }

    /// What it did so far.
    ///
    /// # Errors
    ///
    /// If its clock cannot be read.
    pub fn deeds(&self) -> anyhow::Result<Deeds> {
        let lines = |name: &str| {
            let text = std::fs::read_to_string(self.folder.join("disk/var").join(name));
            text.unwrap_or_default()
                .lines()
                .map(str::to_owned)
                .collect()
        };
        let clock = std::fs::read_to_string(self.folder.join("uptime"))?;
        let now: u64 = clock.split('.').next().unwrap_or_default().parse()?;
        Ok(Deeds {
            told: lines("told"),
            calls: lines("calls"),
            seconds: now.saturating_sub(BOOTED),
        })
    }
}

impl Deeds {
    /// How often a program was called.
    #[must_use]
    pub fn count(&self, program: &str) -> usize {
        let called = |call: &&String| call.split(' ').nth(1) == Some(program);
        self.calls.iter().filter(called).count()
    }
}
