//! The API as the real SDK sees it, against a stub of the local cloud. What is
//! copied is shown by `transfer_tests` and by the acceptance tests.

use aws_sdk_datasync::error::ProvideErrorMetadata;
use aws_sdk_datasync::types::{
    Options, PreserveDeletedFiles, TaskExecutionStatus, TaskStatus, TransferMode,
};
use serde_json::json;

use crate::datasync::test_world::{World, sent, tried};

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
async fn a_mount_target_that_does_not_answer_ends_the_execution_in_prepare() {
    let mut world = World::new().await;
    let task = world.task().await;
    *world.stub.reachable.lock().unwrap() = false;
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
        detail.contains("x40016: Failed to connect to EFS mount target with IP: 10.0.1.47. "),
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
    *world.stub.trusts.lock().unwrap() = false;
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
        let url = format!("{}{path}", world.url());
        let answer = reqwest::Client::new()
            .post(url)
            .body("{}")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 403, "{path}");
    }
}
