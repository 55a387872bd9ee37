//! The API as the real SDK sees it, against a stub of the local cloud that has
//! an empty bucket. What is copied is shown by the acceptance tests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_datasync::Client;
use aws_sdk_datasync::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_datasync::error::ProvideErrorMetadata;
use aws_sdk_datasync::types::{
    Ec2Config, Options, PreserveDeletedFiles, S3Config, TaskExecutionStatus, TaskStatus,
    TransferMode, VerifyMode,
};
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::datasync::{DataSync, Settings};

/// Sends a request through the door that wants the token.
macro_rules! tried {
    ($request:expr) => {
        $request
            .customize()
            .mutate_request(|request| {
                request.headers_mut().insert("x-efs-token", TOKEN);
            })
            .send()
            .await
    };
}

macro_rules! sent {
    ($request:expr) => {
        tried!($request).unwrap()
    };
}

const TOKEN: &str = "secret";
const ROLE: &str = "arn:aws:iam::111122223333:role/writer";
const BUCKET: &str = "arn:aws:s3:::backup";
const FILE_SYSTEM: &str =
    "arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system/fs-0123456789abcdef0";

/// A `DataSync` with everything round it.
struct World {
    datasync: DataSync,
    client: Client,
    efs_root: tempfile::TempDir,
    /// `(last part of the ARN up to its dash, state)` of every event.
    events: mpsc::UnboundedReceiver<(String, String)>,
    trusts: Arc<Mutex<bool>>,
}

#[derive(Clone)]
struct Stub {
    events: mpsc::UnboundedSender<(String, String)>,
    trusts: Arc<Mutex<bool>>,
}

async fn stub(State(stub): State<Stub>, uri: Uri, body: String) -> Response {
    match uri.path() {
        "/_efs/events" => {
            let body: Value = serde_json::from_str(&body).unwrap();
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
        path if path.starts_with("/_efs/") => Json(json!({})).into_response(),
        // S3: any bucket is there and empty.
        _ => "<ListBucketResult></ListBucketResult>".into_response(),
    }
}

impl World {
    async fn new() -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let trusts = Arc::new(Mutex::new(true));
        let state = Stub {
            events: sender,
            trusts: Arc::clone(&trusts),
        };
        let cloud = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cloud_endpoint = format!("http://{}", cloud.local_addr().unwrap());
        let router = Router::new().fallback(stub).with_state(state);
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
            trusts,
        }
    }

    async fn task(&self) -> String {
        let network = Ec2Config::builder()
            .subnet_arn("arn:aws:ec2:eu-central-1:111122223333:subnet/subnet-0")
            .security_group_arns("arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0");
        let source = self
            .client
            .create_location_efs()
            .efs_filesystem_arn(FILE_SYSTEM)
            .ec2_config(network.build().unwrap());
        let source = sent!(source).location_arn.unwrap();
        let destination = sent!(self.create_s3()).location_arn.unwrap();
        let options = Options::builder().verify_mode(VerifyMode::OnlyFilesTransferred);
        let task = self
            .client
            .create_task()
            .name("nightly")
            .source_location_arn(source)
            .destination_location_arn(destination)
            .options(options.build());
        sent!(task).task_arn.unwrap()
    }

    fn create_s3(
        &self,
    ) -> aws_sdk_datasync::operation::create_location_s3::builders::CreateLocationS3FluentBuilder
    {
        let role = S3Config::builder().bucket_access_role_arn(ROLE);
        self.client
            .create_location_s3()
            .s3_bucket_arn(BUCKET)
            .subdirectory("/efs")
            .s3_config(role.build().unwrap())
    }

    async fn control(&self, order: Value) {
        let url = format!("{}/_control", self.datasync.url());
        let request = reqwest::Client::new()
            .post(url)
            .header("x-efs-token", TOKEN);
        let answer = request.json(&order).send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
    }

    /// The states of the next events, up to and including the given one.
    async fn states_until(&mut self, kind: &str, state: &str) -> Vec<String> {
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

#[tokio::test]
async fn an_execution_passes_its_statuses_in_order() {
    let mut world = World::new().await;
    let task = world.task().await;
    let started = sent!(world.client.start_task_execution().task_arn(&task));
    let arn = started.task_execution_arn.unwrap();
    assert_eq!(
        world.states_until("task", "AVAILABLE").await,
        [
            "task RUNNING",
            "exec LAUNCHING",
            "exec PREPARING",
            "exec TRANSFERRING",
            "exec VERIFYING",
            "exec SUCCESS",
            "task AVAILABLE",
        ]
    );

    let execution = sent!(
        world
            .client
            .describe_task_execution()
            .task_execution_arn(&arn)
    );
    assert_eq!(execution.status(), Some(&TaskExecutionStatus::Success));
    assert_eq!(execution.files_transferred, 0);
    assert!(execution.files_failed.is_none(), "Enhanced mode only");
    assert!(execution.report_result.is_none(), "no report was asked for");
    assert!(execution.start_time <= execution.end_time);
    let task = sent!(world.client.describe_task().task_arn(&task));
    assert_eq!(task.current_task_execution_arn(), Some(arn.as_str()));
    assert_eq!(task.status(), Some(&TaskStatus::Available));
}

#[tokio::test]
async fn a_missing_file_system_ends_the_execution_in_prepare() {
    let mut world = World::new().await;
    let task = world.task().await;
    std::fs::remove_dir(world.efs_root.path().join("fs-0123456789abcdef0")).unwrap();
    let started = sent!(world.client.start_task_execution().task_arn(&task));
    assert_eq!(
        world.states_until("exec", "ERROR").await,
        [
            "task RUNNING",
            "exec LAUNCHING",
            "exec PREPARING",
            "exec ERROR"
        ]
    );
    let arn = started.task_execution_arn.unwrap();
    let execution = sent!(
        world
            .client
            .describe_task_execution()
            .task_execution_arn(arn)
    );
    let result = execution.result.unwrap();
    assert_eq!(result.prepare_status.unwrap().as_str(), "ERROR");
    assert_eq!(result.transfer_status.unwrap().as_str(), "PENDING");
    let detail = result.error_detail.unwrap();
    assert!(
        detail.contains("x40016: Failed to connect to EFS mount target"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_busy_task_cannot_be_started() {
    let mut world = World::new().await;
    let task = world.task().await;
    world.control(json!({"hold": "TRANSFERRING"})).await;
    sent!(world.client.start_task_execution().task_arn(&task));
    world.states_until("exec", "PREPARING").await;

    let described = sent!(world.client.describe_task().task_arn(&task));
    assert_eq!(described.status(), Some(&TaskStatus::Running));
    let error = tried!(world.client.start_task_execution().task_arn(&task)).unwrap_err();
    let error = error.into_service_error();
    assert!(error.is_invalid_request_exception());
    assert_eq!(
        error.message(),
        Some(
            format!(
                "Task {} cannot be started: its status is RUNNING.",
                task.rsplit('/').next().unwrap()
            )
            .as_str()
        )
    );

    world.control(json!({"hold": null})).await;
    world.states_until("task", "AVAILABLE").await;
    sent!(world.client.start_task_execution().task_arn(&task));
}

#[tokio::test]
async fn an_s3_location_needs_a_role_that_can_be_assumed() {
    let world = World::new().await;
    *world.trusts.lock().unwrap() = false;
    let error = tried!(world.create_s3()).unwrap_err().into_service_error();
    assert!(error.is_invalid_request_exception());
    assert_eq!(
        error.message(),
        Some("Unable to assume role. Reason: Access denied when calling sts:AssumeRole")
    );
}

#[tokio::test]
async fn what_a_request_lacks_is_named() {
    let world = World::new().await;
    let task = world.task().await;
    let all_and_remove = Options::builder()
        .transfer_mode(TransferMode::All)
        .preserve_deleted_files(PreserveDeletedFiles::Remove);
    let start = world.client.start_task_execution().task_arn(&task);
    let error = tried!(start.override_options(all_and_remove.build())).unwrap_err();
    assert_eq!(
        error.into_service_error().message(),
        Some(
            "Invalid SyncOption value. Option: TransferMode,PreserveDeletedFiles, \
             Value: ALL,REMOVE."
        )
    );
    let gone = format!("{task}0");
    let error = tried!(world.client.describe_task().task_arn(gone)).unwrap_err();
    assert!(
        error
            .into_service_error()
            .message()
            .unwrap()
            .contains("not found")
    );
    let error = tried!(world.client.create_location_efs()).unwrap_err();
    assert_eq!(
        error.into_service_error().code(),
        Some("ValidationException")
    );
    let error = tried!(world.client.list_agents()).unwrap_err();
    assert_eq!(
        error.into_service_error().code(),
        Some("UnknownOperationException")
    );
}

#[tokio::test]
async fn an_ordered_failure_may_come_after_the_effect() {
    let mut world = World::new().await;
    let task = world.task().await;
    let failure = json!({"operation": "StartTaskExecution", "after_commit": true, "type": "reset"});
    world.control(json!({"fail_next": failure})).await;
    assert!(tried!(world.client.start_task_execution().task_arn(&task)).is_err());
    world.states_until("exec", "SUCCESS").await;
    let listed = sent!(world.client.list_task_executions().task_arn(&task));
    assert_eq!(listed.task_executions().len(), 1);

    let arn = listed.task_executions()[0].task_execution_arn().unwrap();
    let patch = json!({"arn": arn, "patch": {"Status": "QUEUED"}});
    world.control(json!({"execution": patch})).await;
    let described = sent!(
        world
            .client
            .describe_task_execution()
            .task_execution_arn(arn)
    );
    assert_eq!(described.status(), Some(&TaskExecutionStatus::Queued));
}

#[tokio::test]
async fn a_location_can_be_moved_and_is_kept_while_it_is_used() {
    let world = World::new().await;
    let task = sent!(world.client.describe_task().task_arn(world.task().await));
    let source = task.source_location_arn().unwrap();
    sent!(
        world
            .client
            .update_location_efs()
            .location_arn(source)
            .subdirectory("/web")
    );
    let location = sent!(world.client.describe_location_efs().location_arn(source));
    assert_eq!(
        location.location_uri(),
        Some("efs://eu-central-1.fs-0123456789abcdef0/web/")
    );
    let destination = task.destination_location_arn().unwrap();
    sent!(
        world
            .client
            .update_location_s3()
            .location_arn(destination)
            .subdirectory("a/b/")
    );
    let location = sent!(
        world
            .client
            .describe_location_s3()
            .location_arn(destination)
    );
    assert_eq!(location.location_uri(), Some("s3://backup/a/b/"));
    let error = tried!(world.client.delete_location().location_arn(source)).unwrap_err();
    assert!(
        error
            .into_service_error()
            .message()
            .unwrap()
            .contains("in use")
    );
}

#[tokio::test]
async fn without_the_token_nothing_is_answered() {
    let world = World::new().await;
    for path in ["/", "/_control"] {
        let url = format!("{}{path}", world.datasync.url());
        let answer = reqwest::Client::new()
            .post(url)
            .body("{}")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 403, "{path}");
    }
}
