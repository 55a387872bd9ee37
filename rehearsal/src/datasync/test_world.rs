//! A `DataSync` for tests, with everything round it: a stub of the local cloud
//! that keeps objects in memory and notes events and log lines.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_datasync::Client;
use aws_sdk_datasync::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_datasync::operation::create_location_efs::builders::CreateLocationEfsFluentBuilder;
use aws_sdk_datasync::operation::create_location_s3::builders::CreateLocationS3FluentBuilder;
use aws_sdk_datasync::operation::describe_task_execution::DescribeTaskExecutionOutput;
use aws_sdk_datasync::types::{Ec2Config, LogLevel, Options, S3Config, VerifyMode};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::datasync::test_s3::{Objects, answer};
use crate::datasync::{DataSync, Settings};

/// Sends a request through the door that wants the token.
macro_rules! tried {
    ($request:expr) => {
        $request
            .customize()
            .mutate_request(|request| {
                request
                    .headers_mut()
                    .insert("x-efs-token", $crate::datasync::test_world::TOKEN);
            })
            .send()
            .await
    };
}

macro_rules! sent {
    ($request:expr) => {
        $crate::datasync::test_world::tried!($request).unwrap()
    };
}

pub(super) use {sent, tried};

pub(super) const TOKEN: &str = "secret";
pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/writer";
const BUCKET: &str = "arn:aws:s3:::backup";
/// Two file systems, by their ids.
pub(super) const FILE_SYSTEM: &str = "fs-0123456789abcdef0";
pub(super) const OTHER_FILE_SYSTEM: &str = "fs-0fedcba9876543210";

pub(super) struct World {
    datasync: DataSync,
    pub client: Client,
    efs_root: tempfile::TempDir,
    /// `(last part of the ARN up to its dash, state)` of every event.
    events: mpsc::UnboundedReceiver<(String, String)>,
    pub stub: Stub,
}

/// What the stub of the local cloud keeps.
#[derive(Clone)]
pub(super) struct Stub {
    events: mpsc::UnboundedSender<(String, String)>,
    pub trusts: Arc<Mutex<bool>>,
    pub reachable: Arc<Mutex<bool>>,
    pub objects: Objects,
    pub log: Arc<Mutex<Vec<String>>>,
}

async fn serve(
    State(stub): State<Stub>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let json = || -> Value { serde_json::from_slice(&body).unwrap() };
    match uri.path() {
        "/_efs/events" => {
            let body = json();
            let entry = &body["Entries"][0];
            assert_eq!(entry["Source"], "aws.datasync");
            let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            let id = entry["Resources"][0].as_str().unwrap();
            let kind = id.rsplit('/').next().unwrap().split('-').next().unwrap();
            let state = detail["State"].as_str().unwrap();
            let _ = stub.events.send((kind.to_owned(), state.to_owned()));
            Json(json!({})).into_response()
        }
        "/_efs/session" if !*stub.trusts.lock().unwrap() => {
            (StatusCode::FORBIDDEN, Json(json!({"message": "no"}))).into_response()
        }
        "/_efs/session" => Json(json!({
            "AccessKeyId": "ASIA", "SecretAccessKey": "s", "SessionToken": "t",
        }))
        .into_response(),
        "/_efs/mount" => Json(json!({
            "IpAddress": "10.0.1.47", "Reachable": *stub.reachable.lock().unwrap(),
        }))
        .into_response(),
        "/_efs/logs" => {
            let body = json();
            let lines = body["Lines"].as_array().unwrap().iter();
            let lines = lines.map(|line| line.as_str().unwrap().to_owned());
            stub.log.lock().unwrap().extend(lines);
            Json(json!({})).into_response()
        }
        path if path.starts_with("/_efs/") => Json(json!({})).into_response(),
        _ => answer(&stub.objects, &method, &uri, &headers, &body),
    }
}

impl World {
    pub(super) async fn new() -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let stub = Stub {
            events: sender,
            trusts: Arc::new(Mutex::new(true)),
            reachable: Arc::new(Mutex::new(true)),
            objects: Objects::default(),
            log: Arc::default(),
        };
        let cloud = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cloud_endpoint = format!("http://{}", cloud.local_addr().unwrap());
        let router = Router::new().fallback(serve).with_state(stub.clone());
        tokio::spawn(async move { axum::serve(cloud, router).await });
        let efs_root = tempfile::tempdir().unwrap();
        let settings = Settings {
            cloud_endpoint,
            token: TOKEN.to_owned(),
            efs_root: efs_root.path().to_owned(),
            account: "111122223333".to_owned(),
            region: "eu-central-1".to_owned(),
        };
        let datasync = DataSync::start(settings).await.unwrap();
        let config = aws_sdk_datasync::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(datasync.url())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("a", "s", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(aws_sdk_datasync::config::retry::RetryConfig::disabled())
            .build();
        Self {
            client: Client::from_conf(config),
            datasync,
            efs_root,
            events,
            stub,
        }
    }

    /// The folder that stands for a file system.
    pub(super) fn folder(&self, file_system: &str) -> PathBuf {
        self.efs_root.path().join(file_system)
    }

    pub(super) fn create_efs(&self, file_system: &str) -> CreateLocationEfsFluentBuilder {
        let network = Ec2Config::builder()
            .subnet_arn("arn:aws:ec2:eu-central-1:111122223333:subnet/subnet-0")
            .security_group_arns("arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0");
        let arn = "arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system";
        self.client
            .create_location_efs()
            .efs_filesystem_arn(format!("{arn}/{file_system}"))
            .ec2_config(network.build().unwrap())
    }

    pub(super) fn create_s3(&self) -> CreateLocationS3FluentBuilder {
        let role = S3Config::builder().bucket_access_role_arn(ROLE);
        self.client
            .create_location_s3()
            .s3_bucket_arn(BUCKET)
            .subdirectory("/efs")
            .s3_config(role.build().unwrap())
    }

    /// A task from the first file system to the bucket.
    pub(super) async fn task(&self) -> String {
        let source = sent!(self.create_efs(FILE_SYSTEM)).location_arn.unwrap();
        let destination = sent!(self.create_s3()).location_arn.unwrap();
        self.task_between(source, destination).await
    }

    /// A task from the bucket to the other file system.
    pub(super) async fn restoring_task(&self) -> String {
        let destination = sent!(self.create_efs(OTHER_FILE_SYSTEM))
            .location_arn
            .unwrap();
        let source = sent!(self.create_s3()).location_arn.unwrap();
        self.task_between(source, destination).await
    }

    pub(super) async fn task_between(&self, source: String, destination: String) -> String {
        let options = Options::builder()
            .verify_mode(VerifyMode::OnlyFilesTransferred)
            .log_level(LogLevel::Basic);
        let task = self
            .client
            .create_task()
            .name("nightly")
            .source_location_arn(source)
            .destination_location_arn(destination)
            .cloud_watch_log_group_arn("arn:aws:logs:eu-central-1:111122223333:log-group:tasks")
            .options(options.build());
        sent!(task).task_arn.unwrap()
    }

    /// Starts a task, waits for its end and describes what came of it.
    pub(super) async fn run(&mut self, task: &str) -> DescribeTaskExecutionOutput {
        let started = sent!(self.client.start_task_execution().task_arn(task));
        self.states_until("task", "AVAILABLE").await;
        let arn = started.task_execution_arn.unwrap();
        sent!(
            self.client
                .describe_task_execution()
                .task_execution_arn(arn)
        )
    }

    /// The log lines since the last look.
    pub(super) fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.stub.log.lock().unwrap())
    }

    pub(super) fn url(&self) -> &str {
        self.datasync.url()
    }

    pub(super) async fn control(&self, order: Value) {
        assert!(self.is_taken(&order).await, "{order}");
    }

    /// Whether the control door takes an order.
    pub(super) async fn is_taken(&self, order: &Value) -> bool {
        let url = format!("{}/_control", self.datasync.url());
        let request = reqwest::Client::new()
            .post(url)
            .header("x-efs-token", TOKEN);
        let answer = request.json(order).send().await.unwrap();
        answer.status().is_success()
    }

    /// The states of the next events, up to and including the given one.
    pub(super) async fn states_until(&mut self, kind: &str, state: &str) -> Vec<String> {
        let mut states = vec![];
        loop {
            let next = tokio::time::timeout(Duration::from_secs(20), self.events.recv());
            let (of, seen) = next.await.expect("an event within 20 s").unwrap();
            states.push(format!("{of} {seen}"));
            if (of.as_str(), seen.as_str()) == (kind, state) {
                return states;
            }
        }
    }
}

/// Metadata as `head-object` shows it.
pub(super) fn metadata(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
