//! Calls to the local cloud's internal endpoints: what AWS does for `DataSync`
//! behind its doors (register, assume a role, reach a mount target, emit an event,
//! take log lines).

use std::time::Duration;

use anyhow::Context;
use aws_credential_types::Credentials;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::datasync::Settings;
use crate::datasync::ids::Caller;
use crate::datasync::store::EfsPlace;

/// How long the local cloud may take to answer; it runs on this machine.
const TIMEOUT: Duration = Duration::from_secs(60);
const SERVICE: &str = "datasync.amazonaws.com";

/// The client of the local cloud.
pub(super) struct Cloud {
    endpoint: String,
    token: String,
    http: reqwest::Client,
}

/// Whose role is assumed, and for what: both are conditions of trust policies.
pub(super) struct RoleSession<'a> {
    pub role_arn: &'a str,
    /// The location or the task that the role is assumed for.
    pub source_arn: &'a str,
}

/// Where a location mounts its file system.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MountTarget {
    /// Empty where there is none in the location's zone.
    pub ip_address: String,
    /// Whether port 2049 is open both ways.
    pub reachable: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SessionAnswer {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
}

impl Cloud {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            endpoint: settings.cloud_endpoint.clone(),
            token: settings.token.clone(),
            http: reqwest::Client::new(),
        }
    }

    pub(super) async fn register(&self, url: &str) -> anyhow::Result<()> {
        self.post("datasync", None, json!({"url": url})).await?;
        Ok(())
    }

    /// Temporary credentials of a role, as the service gets them.
    ///
    /// # Errors
    ///
    /// If the role does not exist or does not trust the service.
    pub(super) async fn session(
        &self,
        caller: &Caller,
        session: RoleSession<'_>,
    ) -> anyhow::Result<Credentials> {
        let request = json!({
            "RoleArn": session.role_arn,
            "Service": SERVICE,
            "SourceAccount": caller.account,
            "SourceArn": session.source_arn,
        });
        let answer = self.post("session", Some(caller), request).await?;
        let answer: SessionAnswer =
            serde_json::from_value(answer).context("no credentials in the session's answer")?;
        Ok(Credentials::new(
            answer.access_key_id,
            answer.secret_access_key,
            Some(answer.session_token),
            None,
            "local cloud",
        ))
    }

    /// Whether the network lets a location mount its file system.
    ///
    /// # Errors
    ///
    /// If the local cloud does not say.
    pub(super) async fn mount_target(
        &self,
        caller: &Caller,
        place: &EfsPlace,
    ) -> anyhow::Result<MountTarget> {
        let request = json!({
            "FileSystemId": place.file_system_id,
            "SubnetArn": place.ec2_config["SubnetArn"],
            "SecurityGroupArns": place.ec2_config["SecurityGroupArns"],
        });
        let answer = self.post("mount", Some(caller), request).await?;
        serde_json::from_value(answer).context("no mount target in the answer")
    }

    /// Emits a state change of a task or an execution. Best effort, as on AWS: a
    /// lost event is told to stderr and to nobody else.
    pub(super) async fn emit(&self, caller: &Caller, what: &str, arn: &str, state: &str) {
        let entry = json!({
            "Source": "aws.datasync",
            "DetailType": format!("DataSync {what} State Change"),
            "Detail": json!({"State": state}).to_string(),
            "Resources": [arn],
        });
        let sent = self.post("events", Some(caller), json!({"Entries": [entry]}));
        if let Err(error) = sent.await {
            eprintln!("datasync: event {state} of {arn} is lost: {error:#}");
        }
    }

    /// Writes log lines. Where the log group does not admit them there are none,
    /// as on AWS.
    pub(super) async fn log(
        &self,
        caller: &Caller,
        group_arn: &str,
        stream: &str,
        lines: &[String],
        task_arn: &str,
    ) {
        let request = json!({
            "LogGroupArn": group_arn,
            "LogStream": stream,
            "Lines": lines,
            "SourceArn": task_arn,
        });
        if let Err(error) = self.post("logs", Some(caller), request).await {
            eprintln!(
                "datasync: {} log lines of {stream} are lost: {error:#}",
                lines.len()
            );
        }
    }

    /// S3 of the local cloud with a role's credentials.
    pub(super) fn s3_client(
        &self,
        caller: &Caller,
        credentials: Credentials,
    ) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::new(caller.region.clone()))
            .credentials_provider(credentials)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    async fn post(
        &self,
        path: &str,
        caller: Option<&Caller>,
        body: Value,
    ) -> anyhow::Result<Value> {
        let url = format!("{}/_efs/{path}", self.endpoint);
        let mut request = self.http.post(&url).header("x-efs-token", &self.token);
        if let Some(caller) = caller {
            request = request
                .header("x-efs-account", &caller.account)
                .header("x-efs-region", &caller.region);
        }
        let response = request.timeout(TIMEOUT).json(&body).send().await?;
        let status = response.status();
        let text = response.text().await?;
        anyhow::ensure!(status.is_success(), "/_efs/{path} answers {status}: {text}");
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("/_efs/{path} answers no JSON"))
    }
}
