//! A stage: a local cloud with the stack in it, and what one can do there from
//! outside: change files, let the schedule fire, wait for the mail, look into
//! the bucket.

use crate::outbox::{Kind, Mail, mails};
use crate::{LocalCloud, Say, signed};
use anyhow::{Context, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The longest wait for a mail about a run.
const LONGEST_RUN: Duration = Duration::from_secs(90);
/// The pause between two looks.
const LOOK: Duration = Duration::from_millis(25);

/// A local cloud with a stack that was deployed into it.
#[derive(Debug)]
pub struct Stage {
    /// The cloud. Stages of other stacks may share it.
    pub cloud: Arc<LocalCloud>,
    /// The stack's name.
    pub stack: String,
    /// The stack's outputs.
    pub outputs: BTreeMap<String, String>,
    /// S3 of the cloud.
    pub s3: aws_sdk_s3::Client,
    /// `DataSync` of the cloud.
    pub datasync: aws_sdk_datasync::Client,
    sns: aws_sdk_sns::Client,
}

/// One execution, seen from outside.
#[derive(Debug)]
pub struct Run {
    /// The mail about it.
    pub mail: Mail,
    /// The bucket's versions before it.
    pub before: Vec<Version>,
    /// The bucket's versions after it.
    pub after: Vec<Version>,
}

/// The answer of a function, and whether it is an invocation error.
#[derive(Debug)]
pub struct Answer {
    /// What it answered; the error where it is one.
    pub payload: Value,
    /// Whether the invocation failed.
    pub is_error: bool,
}

/// A version of an object, or a delete marker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The object's key.
    pub key: String,
    /// The version's id.
    pub id: String,
    /// Whether it is the current one.
    pub is_latest: bool,
}

impl Run {
    /// The versions that this execution made.
    #[must_use]
    pub fn new_versions(&self) -> Vec<&Version> {
        let is_old = |version: &Version| self.before.iter().any(|old| old.id == version.id);
        self.after
            .iter()
            .filter(|version| !is_old(version))
            .collect()
    }
}

impl Stage {
    /// Takes over a cloud with its stack.
    #[must_use]
    pub fn new(cloud: Arc<LocalCloud>, stack: &str, outputs: BTreeMap<String, String>) -> Self {
        let config = cloud.config();
        Stage {
            s3: aws_sdk_s3::Client::new(&config),
            datasync: aws_sdk_datasync::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            cloud,
            stack: stack.to_owned(),
            outputs,
        }
    }

    /// One of the stack's outputs.
    ///
    /// # Errors
    ///
    /// Names the output that the template lacks.
    pub fn output(&self, name: &str) -> anyhow::Result<&str> {
        let value = self.outputs.get(name).map(String::as_str);
        value.with_context(|| format!("the stack has no output {name}"))
    }

    /// The folder that stands for the stack's EFS.
    ///
    /// # Errors
    ///
    /// If the stack does not name its file system.
    pub fn files(&self) -> anyhow::Result<PathBuf> {
        Ok(self.cloud.file_system(self.output("FileSystemId")?))
    }

    /// Writes a file on the EFS, with the folders above it.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write(&self, path: &str, content: &[u8]) -> anyhow::Result<()> {
        let path = self.files()?.join(path);
        let folder = path.parent().unwrap_or(Path::new("/"));
        std::fs::create_dir_all(folder).context("cannot make a folder on the EFS")?;
        std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    }

    /// All mails so far, in order.
    ///
    /// # Errors
    ///
    /// If one cannot be read.
    pub fn mails(&self) -> anyhow::Result<Vec<Mail>> {
        mails(&self.cloud.outbox())
    }

    /// Follows the link in every mail that asks to confirm a subscription.
    ///
    /// # Errors
    ///
    /// If SNS refuses a token.
    pub async fn confirm_subscriptions(&self, say: Say<'_>) -> anyhow::Result<usize> {
        self.confirm_since(0, say).await
    }

    /// The same for the mails after the `known` first ones: a link works once.
    ///
    /// # Errors
    ///
    /// If SNS refuses a token.
    pub async fn confirm_since(&self, known: usize, say: Say<'_>) -> anyhow::Result<usize> {
        let mails = self.mails()?;
        let links = mails.iter().skip(known);
        let links = links.filter(|mail| mail.kind == Kind::Confirmation);
        let mut confirmed = 0;
        for mail in links {
            let request = self.sns.confirm_subscription();
            let request = request.topic_arn(mail.header("X-Sns-Topic-Arn"));
            let answer = request.token(mail.header("X-Sns-Token")).send().await;
            answer.with_context(|| format!("SNS refused the link in {}", mail.path.display()))?;
            confirmed += 1;
        }
        say(&format!(
            "following the confirmation links in {confirmed} mails, as a person would"
        ));
        Ok(confirmed)
    }

    /// Lets the schedule fire, and waits for the mail about the run.
    ///
    /// # Errors
    ///
    /// If no mail comes; the places to look are named.
    pub async fn run(&self) -> anyhow::Result<Run> {
        let schedule = self.output("StartScheduleName")?;
        self.run_by(self.cloud.fire_schedule(schedule)).await
    }

    /// Waits for the mail about the run that something starts.
    ///
    /// # Errors
    ///
    /// If it cannot be started, or no mail comes.
    pub async fn run_by(
        &self,
        start: impl Future<Output = anyhow::Result<()>>,
    ) -> anyhow::Result<Run> {
        let before = self.versions().await?;
        let known = self.mails()?.len();
        start.await?;
        let mail = self.next_mail(known).await?;
        let after = self.versions().await?;
        Ok(Run {
            mail,
            before,
            after,
        })
    }

    /// Invokes one of the stack's functions, named by its output, and waits for
    /// its answer.
    ///
    /// # Errors
    ///
    /// If Lambda does not answer; a failed invocation is an answer.
    pub async fn invoke(&self, function: &str, payload: &Value) -> anyhow::Result<Answer> {
        let name = self.output(function)?;
        let path = format!("/2015-03-31/functions/{name}/invocations");
        let answer = signed::post(&self.cloud, "lambda", &path, payload.to_string(), &[]).await?;
        Ok(Answer {
            is_error: answer.headers.contains_key("x-amz-function-error"),
            payload: serde_json::from_str(&answer.body).unwrap_or(Value::String(answer.body)),
        })
    }

    /// The configuration of one of the stack's functions, named by its output.
    ///
    /// # Errors
    ///
    /// If Lambda does not tell it.
    pub async fn configuration(&self, function: &str) -> anyhow::Result<Value> {
        let name = self.output(function)?;
        let path = format!("/2015-03-31/functions/{name}/configuration");
        let answer = signed::get(&self.cloud, "lambda", &path).await?;
        Ok(serde_json::from_str(&answer.body)?)
    }

    /// The first mail after the `known` first ones.
    ///
    /// # Errors
    ///
    /// If none comes; the places to look are named.
    pub async fn next_mail(&self, known: usize) -> anyhow::Result<Mail> {
        let deadline = Instant::now() + LONGEST_RUN;
        while Instant::now() < deadline {
            if let Some(mail) = self.mails()?.into_iter().nth(known) {
                return Ok(mail);
            }
            sleep(LOOK).await;
        }
        bail!(
            "no mail came within {} s; see {}",
            LONGEST_RUN.as_secs(),
            self.cloud.folder.join("logs").display()
        )
    }

    /// All versions of all objects in the backup bucket, by key and id.
    ///
    /// # Errors
    ///
    /// If S3 does not list them.
    pub async fn versions(&self) -> anyhow::Result<Vec<Version>> {
        let bucket = self.output("BackupBucketName")?;
        let mut versions = Vec::new();
        let mut pages = self.s3.list_object_versions().bucket(bucket);
        loop {
            let page = pages
                .clone()
                .send()
                .await
                .context("cannot list the backup bucket")?;
            versions.extend(page.versions().iter().map(|version| Version {
                key: version.key().unwrap_or_default().to_owned(),
                id: version.version_id().unwrap_or_default().to_owned(),
                is_latest: version.is_latest().unwrap_or(false),
            }));
            versions.extend(page.delete_markers().iter().map(|marker| Version {
                key: marker.key().unwrap_or_default().to_owned(),
                id: marker.version_id().unwrap_or_default().to_owned(),
                is_latest: marker.is_latest().unwrap_or(false),
            }));
            if !page.is_truncated().unwrap_or(false) {
                versions.sort();
                return Ok(versions);
            }
            pages = pages
                .set_key_marker(page.next_key_marker().map(str::to_owned))
                .set_version_id_marker(page.next_version_id_marker().map(str::to_owned));
        }
    }

    /// The content of a version of a file's object; `None`: the current one.
    ///
    /// # Errors
    ///
    /// If S3 does not give it.
    pub async fn content(&self, path: &str, version: Option<&str>) -> anyhow::Result<Vec<u8>> {
        let request = self
            .s3
            .get_object()
            .bucket(self.output("BackupBucketName")?);
        let request = request.key(self.key(path)?);
        let object = request
            .set_version_id(version.map(str::to_owned))
            .send()
            .await;
        let object = object.with_context(|| format!("{path} is not in the backup bucket"))?;
        Ok(object.body.collect().await?.to_vec())
    }

    /// The key under which a path of the EFS is kept.
    ///
    /// # Errors
    ///
    /// If the stack does not name its prefix.
    pub fn key(&self, path: &str) -> anyhow::Result<String> {
        Ok(format!("{}{path}", self.output("BackupPrefix")?))
    }
}
