//! Starts and stops a local cloud: the emulator, and our `DataSync` beside it.

use crate::process::Process;
use crate::{Say, python};
use anyhow::{Context, bail};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_types::SdkConfig;
use aws_types::region::Region;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::process::Command;
use tokio::sync::Mutex;

/// The region that the local cloud plays.
pub const REGION: &str = "eu-central-1";
/// The account that it plays.
const ACCOUNT: &str = "111122223333";
/// The key of its root user. It opens nothing outside this machine.
const KEY: &str = "test";

/// A running local cloud. It listens on 127.0.0.1 only, on ports of its own, and
/// keeps all its state in one folder.
#[derive(Debug)]
pub struct LocalCloud {
    /// Its address, for all services.
    pub endpoint: String,
    /// Everything this cloud writes: `cloud/`, `efs/`, `logs/`.
    pub folder: PathBuf,
    /// The project's top folder.
    pub root: PathBuf,
    /// The Python that it runs in, which has AWS's SDK.
    pub python: PathBuf,
    token: String,
    http: reqwest::Client,
    datasync_url: String,
    /// In the order of their end: the emulator outlives what talks to it.
    processes: Mutex<Vec<Process>>,
}

impl LocalCloud {
    /// Starts a local cloud below `target/rehearsal/` of the project.
    ///
    /// # Errors
    ///
    /// One line that says what is missing and how to get it.
    pub async fn start(root: &Path, binaries: &Path, say: Say<'_>) -> anyhow::Result<Self> {
        let python = python::interpreter(&root.join("target"), say).await?;
        let (folder, token) = new_folder(&root.join("target/rehearsal"))?;
        say("starting the local cloud");
        let (emulator, ready) = Process::start(
            "the emulator",
            emulator(&python, root, &folder, &token),
            &folder.join("logs/emulator.log"),
        )
        .await?;
        let endpoint = text(&ready, "endpoint")?;
        let command = datasync(binaries, &folder, &endpoint, &token);
        let (datasync, ready) = Process::start(
            "the local DataSync",
            command,
            &folder.join("logs/datasync.log"),
        )
        .await?;
        Ok(LocalCloud {
            endpoint,
            folder,
            root: root.to_owned(),
            python,
            token,
            http: reqwest::Client::new(),
            datasync_url: text(&ready, "url")?,
            processes: Mutex::new(vec![datasync, emulator]),
        })
    }

    /// The configuration of AWS clients that talk to this cloud as its root user.
    #[must_use]
    pub fn config(&self) -> SdkConfig {
        let credentials = Credentials::new(KEY, KEY, None, None, "local cloud");
        SdkConfig::builder()
            .endpoint_url(&self.endpoint)
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(Builder::new().build_http())
            .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
            .build()
    }

    /// The environment in which ordinary AWS tools talk to this cloud.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            // The SDKs read the one, version 1 of the AWS CLI the other.
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", KEY.to_owned()),
            // Without it, version 1 of the AWS CLI asks SQS at its old address in AWS.
            ("BOTO_DISABLE_COMMONNAME", "True".to_owned()),
        ]
    }

    /// The environment of credentials of a role, as AWS gives them to a service
    /// that the role trusts.
    ///
    /// # Errors
    ///
    /// If the role does not trust the service.
    pub async fn session(
        &self,
        role_name: &str,
        service: &str,
    ) -> anyhow::Result<[(&'static str, String); 4]> {
        let role = format!("arn:aws:iam::{ACCOUNT}:role/{role_name}");
        let body = serde_json::json!({"RoleArn": role, "Service": service});
        let session = self.order("session", &body).await?;
        Ok([
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", text(&session, "AccessKeyId")?),
            ("AWS_SECRET_ACCESS_KEY", text(&session, "SecretAccessKey")?),
            ("AWS_SESSION_TOKEN", text(&session, "SessionToken")?),
        ])
    }

    /// The AWS CLI that comes with the emulator, where there is no other.
    #[must_use]
    pub fn aws_cli(&self) -> PathBuf {
        self.python.with_file_name("aws")
    }

    /// The folder that stands for a file system.
    #[must_use]
    pub fn file_system(&self, id: &str) -> PathBuf {
        self.folder.join("efs").join(id)
    }

    /// The folder of the mails that were sent.
    #[must_use]
    pub fn outbox(&self) -> PathBuf {
        self.folder.join("cloud/outbox")
    }

    /// Lets a schedule fire now instead of at its hour.
    ///
    /// # Errors
    ///
    /// If there is no such schedule.
    pub async fn fire_schedule(&self, name: &str) -> anyhow::Result<()> {
        let body = serde_json::json!({"Group": "default", "Name": name});
        self.order("schedule", &body).await.map(drop)
    }

    /// How many invocations of a function, given by its name, have ended.
    ///
    /// # Errors
    ///
    /// If the local cloud does not tell.
    pub async fn invocations(&self, function: &str) -> anyhow::Result<u64> {
        let body = serde_json::json!({"FunctionName": function});
        let answer = self.order("invocations", &body).await?;
        answer["Ended"].as_u64().context("an answer without Ended")
    }

    /// Emits events as AWS itself would, with a source that begins with `aws.`.
    ///
    /// # Errors
    ///
    /// If the emulator refuses them.
    pub async fn emit(&self, entries: Value) -> anyhow::Result<()> {
        let body = serde_json::json!({"Entries": entries});
        self.order("events", &body).await.map(drop)
    }

    /// Makes our `DataSync` answer as AWS's does on a bad day.
    ///
    /// # Errors
    ///
    /// If it does not understand the order.
    pub async fn control_datasync(&self, order: &Value) -> anyhow::Result<()> {
        let url = format!("{}/_control", self.datasync_url);
        self.post(&url, order).await.map(drop)
    }

    /// Tells one of the emulator's internal endpoints.
    pub(crate) async fn order(&self, endpoint: &str, body: &Value) -> anyhow::Result<Value> {
        let url = format!("{}/_efs/{endpoint}", self.endpoint);
        self.post(&url, body).await
    }

    async fn post(&self, url: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self
            .http
            .post(url)
            .header("x-efs-token", &self.token)
            .json(body);
        let answer = request
            .send()
            .await
            .context("the local cloud does not answer")?;
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        if !status.is_success() {
            bail!("the local cloud refused {url}: {status} {text}");
        }
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Stops all processes and removes the emulator's state. Mails and logs stay.
    pub async fn stop(&self) {
        for process in self.processes.lock().await.drain(..) {
            process.stop().await;
        }
        for state in ["cloud/home", "cloud/tmp", "cloud/state", "cloud/s3"] {
            // What is not there need not be removed.
            let _: std::io::Result<()> = std::fs::remove_dir_all(self.folder.join(state));
        }
    }
}

/// A new folder for this run, and a secret for its internal doors.
fn new_folder(runs: &Path) -> anyhow::Result<(PathBuf, String)> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let stamp = jiff::Timestamp::from_second(i64::try_from(now.as_secs())?)?;
    let name = format!(
        "{}-{}",
        stamp.strftime("%Y%m%dT%H%M%SZ"),
        std::process::id()
    );
    let folder = runs.join(name);
    for part in ["cloud", "efs", "logs"] {
        let part = folder.join(part);
        std::fs::create_dir_all(&part)
            .with_context(|| format!("cannot make the folder {}", part.display()))?;
    }
    Ok((folder, secret()?))
}

fn secret() -> anyhow::Result<String> {
    use std::io::Read;
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .context("cannot read /dev/urandom")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn emulator(python: &Path, root: &Path, folder: &Path, token: &str) -> Command {
    let mut command = clean(python);
    command
        .args(["-m", "cloud"])
        .current_dir(root.join("rehearsal"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("EFS_CLOUD_DIR", folder.join("cloud"))
        .env("EFS_CLOUD_TOKEN", token)
        .env("EFS_CLOUD_ACCOUNT", ACCOUNT)
        .env("EFS_CLOUD_REGION", REGION);
    command
}

fn datasync(binaries: &Path, folder: &Path, endpoint: &str, token: &str) -> Command {
    let mut command = clean(&binaries.join("local-datasync"));
    command
        .env("CLOUD_ENDPOINT", endpoint)
        .env("CLOUD_TOKEN", token)
        .env("CLOUD_ACCOUNT", ACCOUNT)
        .env("CLOUD_REGION", REGION)
        .env("EFS_ROOT", folder.join("efs"));
    command
}

/// A program that sees nothing of our own environment but where programs are.
fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

fn text(ready: &Value, name: &str) -> anyhow::Result<String> {
    let value = ready.get(name).and_then(Value::as_str);
    value
        .map(str::to_owned)
        .with_context(|| format!("a process did not say its {name}: {ready}"))
}
