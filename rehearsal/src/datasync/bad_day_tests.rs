//! Bad days by order: what `DataSync` does when it is cancelled, late, filtered,
//! or overtaken by somebody who writes.

use std::time::Duration;

use aws_sdk_datasync::error::ProvideErrorMetadata;
use aws_sdk_datasync::operation::describe_task_execution::DescribeTaskExecutionOutput;
use aws_sdk_datasync::types::{
    FilterRule, FilterType, Options, OverwriteMode, PhaseStatus, PreserveDeletedFiles,
    ReportDestination, ReportDestinationS3, ReportOutputType, ScheduleDisabledBy, TagListEntry,
    TaskExecutionStatus, TaskReportConfig, TaskSchedule,
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::datasync::test_world::{FILE_SYSTEM, ROLE, World, sent, tried};

/// A world with a task and these files in its file system.
async fn world_with(files: &[&str]) -> (World, String) {
    let world = World::new().await;
    let task = world.task().await;
    for path in files {
        write(&world, path, path);
    }
    (world, task)
}

fn write(world: &World, path: &str, content: &str) {
    let path = world.folder(FILE_SYSTEM).join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

async fn started(world: &World, task: &str) -> String {
    let request = world.client.start_task_execution().task_arn(task);
    sent!(request).task_execution_arn.unwrap()
}

async fn described(world: &World, arn: &str) -> DescribeTaskExecutionOutput {
    let request = world.client.describe_task_execution();
    sent!(request.task_execution_arn(arn))
}

async fn until(holds: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < deadline, "it did not happen within 20 s");
        sleep(Duration::from_millis(5)).await;
    }
}

fn filter(patterns: &str) -> FilterRule {
    let rule = FilterRule::builder().filter_type(FilterType::SimplePattern);
    rule.value(patterns).build()
}

#[tokio::test]
async fn an_execution_can_be_cancelled_in_each_phase() {
    #[rustfmt::skip]
    let phases = [
        // held in front of, last seen, transferred
        ("PREPARING",    "LAUNCHING",    0),
        ("TRANSFERRING", "PREPARING",    0),
        ("VERIFYING",    "TRANSFERRING", 1),
        ("SUCCESS",      "VERIFYING",    1),
    ];
    for (held, seen, transferred) in phases {
        let (mut world, task) = world_with(&["a"]).await;
        world.control(json!({ "hold": held })).await;
        let arn = started(&world, &task).await;
        world.states_until("exec", seen).await;
        until(async || described(&world, &arn).await.files_transferred == transferred).await;
        let cancel = || {
            world
                .client
                .cancel_task_execution()
                .task_execution_arn(&arn)
        };
        sent!(cancel());
        let states = world.states_until("task", "AVAILABLE").await;
        assert_eq!(
            states,
            ["exec CANCELLING", "exec ERROR", "task AVAILABLE"],
            "{seen}"
        );

        was_cancelled(&described(&world, &arn).await, transferred);
        let over = tried!(
            world
                .client
                .cancel_task_execution()
                .task_execution_arn(&arn)
        );
        let over = over.unwrap_err().into_service_error();
        assert!(over.message().unwrap().ends_with("its status is ERROR."));

        world.control(json!({"hold": null})).await;
        let next = world.run(&task).await;
        assert_eq!(next.status(), Some(&TaskExecutionStatus::Success));
        assert!(world.stub.objects.get("backup/efs/a").is_some(), "{seen}");
    }
}

fn was_cancelled(ended: &DescribeTaskExecutionOutput, transferred: i64) {
    assert_eq!(ended.status(), Some(&TaskExecutionStatus::Error));
    let detail = ended.result().unwrap().error_detail();
    assert_eq!(detail, Some("Task execution was cancelled."));
    assert_eq!(ended.files_transferred, transferred);
    assert!(ended.end_time().is_some());
}

#[tokio::test]
async fn only_the_speed_of_a_running_execution_can_be_changed() {
    let (mut world, task) = world_with(&["a"]).await;
    world.control(json!({"hold": "TRANSFERRING"})).await;
    let arn = started(&world, &task).await;
    world.states_until("exec", "PREPARING").await;
    let update = |options: Options| {
        let request = world.client.update_task_execution();
        request.task_execution_arn(&arn).options(options)
    };
    let slow = || Options::builder().bytes_per_second(1024);
    sent!(update(slow().build()));
    let options = described(&world, &arn).await.options.unwrap();
    assert_eq!(options.bytes_per_second, Some(1024));
    let both = slow().overwrite_mode(OverwriteMode::Never).build();
    let error = tried!(update(both)).unwrap_err().into_service_error();
    assert!(error.message().unwrap().starts_with("OverwriteMode of a"));
    world.control(json!({"hold": null})).await;
    world.states_until("task", "AVAILABLE").await;
    let request = world.client.update_task_execution();
    let request = request.task_execution_arn(&arn).options(slow().build());
    assert!(tried!(request).is_err(), "it is over");
    let request = world.client.cancel_task_execution();
    let gone = request.task_execution_arn(format!("{arn}0"));
    assert!(tried!(gone).is_err(), "there is none");
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_read_fails_its_verification() {
    let (mut world, task) = world_with(&["quiet", "busy"]).await;
    let order = json!({"file_system": FILE_SYSTEM, "path": "/busy", "content": "BU"});
    world.control(json!({ "change_while_read": order })).await;
    let run = world.run(&task).await;
    assert_eq!(run.status(), Some(&TaskExecutionStatus::Error));
    assert_eq!((run.files_transferred, run.files_verified), (2, 1));
    let result = run.result().unwrap();
    assert_eq!(result.transfer_status(), Some(&PhaseStatus::Success));
    assert_eq!(result.verify_status(), Some(&PhaseStatus::Error));
    let detail = result.error_detail().unwrap();
    assert!(
        detail.contains("Verification detected mismatches"),
        "{detail}"
    );
    let log = world.log();
    assert_eq!(log[0], "[NOTICE] Verification failed <> /busy");
    assert!(!log.iter().any(|line| line.contains("/quiet")), "{log:?}");

    let next = world.run(&task).await;
    assert_eq!(next.status(), Some(&TaskExecutionStatus::Success));
    assert_eq!(next.files_transferred, 1, "its time has changed");
    let stored = world.stub.objects.get("backup/efs/busy").unwrap();
    assert_eq!(stored.content, b"BUsy");
}

#[tokio::test]
async fn a_task_report_can_be_late() {
    let (mut world, task) = world_with(&["a"]).await;
    let place = ReportDestinationS3::builder()
        .s3_bucket_arn("arn:aws:s3:::backup")
        .subdirectory("reports/")
        .bucket_access_role_arn(ROLE);
    let place = ReportDestination::builder().s3(place.build().unwrap());
    let config = TaskReportConfig::builder()
        .output_type(ReportOutputType::Standard)
        .destination(place.build());
    let update = world.client.update_task().task_arn(&task);
    sent!(update.task_report_config(config.build()));
    world.control(json!({"hold_report": true})).await;
    let run = world.run(&task).await;
    let reports = |world: &World| {
        let paths = world.stub.objects.paths();
        paths
            .iter()
            .filter(|path| path.contains("Detailed-Reports"))
            .count()
    };
    assert_eq!(run.status(), Some(&TaskExecutionStatus::Success));
    let status = |run: DescribeTaskExecutionOutput| run.report_result.unwrap().status.unwrap();
    let arn = run.task_execution_arn.clone().unwrap();
    assert_eq!(status(run), PhaseStatus::Pending);
    assert_eq!(reports(&world), 0);

    world.control(json!({"hold_report": false})).await;
    until(async || status(described(&world, &arn).await) != PhaseStatus::Pending).await;
    assert_eq!(status(described(&world, &arn).await), PhaseStatus::Success);
    assert_eq!(reports(&world), 2);
}

#[tokio::test]
async fn executions_and_tasks_can_be_old() {
    let (mut world, task) = world_with(&[]).await;
    let age = |arn: &str, hours: i32| json!({"age": {"arn": arn, "hours": hours}});
    world.control(age(&task, 40)).await;
    let told = sent!(world.client.describe_task().task_arn(&task));
    assert!((40..41).contains(&hours_ago(told.creation_time)));

    let first = world.run(&task).await.task_execution_arn.unwrap();
    world.control(json!({"hold": "VERIFYING"})).await;
    let second = started(&world, &task).await;
    world.states_until("exec", "TRANSFERRING").await;
    world.control(age(&second, 13)).await;
    let stuck = described(&world, &second).await;
    assert_eq!(stuck.status(), Some(&TaskExecutionStatus::Transferring));
    assert_eq!(hours_ago(stuck.start_time), 13);
    assert_eq!(hours_ago(stuck.launch_time), 13);
    assert_eq!(listed(&world, &task).await, [first.clone(), second.clone()]);

    // 30 days after its end an execution is forgotten; one that runs is not.
    world.control(age(&first, 24 * 30)).await;
    world.control(age(&second, 24 * 30)).await;
    assert_eq!(listed(&world, &task).await, [second]);
    let request = world.client.describe_task_execution();
    assert!(tried!(request.task_execution_arn(first)).is_err());
}

fn hours_ago(time: Option<aws_sdk_datasync::primitives::DateTime>) -> i64 {
    (jiff::Timestamp::now().as_second() - time.unwrap().secs()) / 3600
}

async fn listed(world: &World, task: &str) -> Vec<String> {
    let mut all = vec![];
    let mut token = None;
    loop {
        let request = world.client.list_task_executions().task_arn(task);
        let page = sent!(request.max_results(2).set_next_token(token));
        let arns = page.task_executions.unwrap_or_default().into_iter();
        all.extend(arns.map(|entry| entry.task_execution_arn.unwrap()));
        token = page.next_token;
        if token.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn all_executions_of_a_task_are_listed_page_by_page() {
    let (mut world, task) = world_with(&[]).await;
    let mut arns = vec![];
    for _ in 0..5 {
        arns.push(world.run(&task).await.task_execution_arn.unwrap());
    }
    let other = world.restoring_task().await;
    world.run(&other).await;
    assert_eq!(listed(&world, &task).await, arns);
    let everything = sent!(world.client.list_task_executions());
    assert_eq!(everything.task_executions().len(), 6);
    let entry = &everything.task_executions()[0];
    assert_eq!(entry.status(), Some(&TaskExecutionStatus::Success));
    let gone = world.client.list_task_executions().task_arn("arn/task-0");
    assert!(tried!(gone).is_err());
}

#[tokio::test]
async fn an_execution_carries_its_tags() {
    let (world, task) = world_with(&[]).await;
    let tag = |key: &str, value: &str| {
        let tag = TagListEntry::builder().key(key).value(value);
        tag.build().unwrap()
    };
    let start = world.client.start_task_execution().task_arn(&task);
    let start = start.tags(tag("started-by", "schedule"));
    let arn = sent!(start).task_execution_arn.unwrap();
    let more = world.client.tag_resource().resource_arn(&arn);
    sent!(more.tags(tag("seen", "yes")));
    let request = world.client.list_tags_for_resource().resource_arn(&arn);
    let tags = sent!(request).tags.unwrap();
    assert_eq!(tags, [tag("seen", "yes"), tag("started-by", "schedule")]);
    let gone = world.client.list_tags_for_resource();
    assert!(tried!(gone.resource_arn(format!("{arn}0"))).is_err());
}

#[tokio::test]
async fn a_run_may_have_filters_of_its_own() {
    let (mut world, task) = world_with(&["web/a", "web/b.tmp", "logs/c", "d"]).await;
    let update = world.client.update_task().task_arn(&task);
    sent!(update.excludes(filter("*.tmp")));
    let start = world.client.start_task_execution().task_arn(&task);
    let start = start.includes(filter("/web|/d"));
    let arn = sent!(start).task_execution_arn.unwrap();
    world.states_until("task", "AVAILABLE").await;
    let run = described(&world, &arn).await;
    assert_eq!(run.includes(), [filter("/web|/d")]);
    assert_eq!(run.excludes(), [filter("*.tmp")]);
    assert_eq!((run.files_transferred, run.files_verified), (3, 3));
    let paths = ["backup/efs/d", "backup/efs/web/", "backup/efs/web/a"];
    assert_eq!(world.stub.objects.paths(), paths);

    let told = sent!(world.client.describe_task().task_arn(&task));
    assert_eq!(told.includes().len(), 0, "the task keeps its own");
    assert_eq!(told.excludes(), [filter("*.tmp")]);
    let next = world.run(&task).await;
    assert_eq!((next.files_transferred, next.files_skipped), (2, 3));
}

#[tokio::test]
async fn remove_never_deletes_what_the_filters_leave_out() {
    let (mut world, task) = world_with(&["keep", "gone", "logs/old"]).await;
    world.run(&task).await;
    std::fs::remove_file(world.folder(FILE_SYSTEM).join("gone")).unwrap();
    std::fs::remove_dir_all(world.folder(FILE_SYSTEM).join("logs")).unwrap();
    let remove = Options::builder().preserve_deleted_files(PreserveDeletedFiles::Remove);
    let update = world.client.update_task().task_arn(&task);
    sent!(update.options(remove.build()).excludes(filter("/logs")));
    let run = world.run(&task).await;
    assert_eq!(run.status(), Some(&TaskExecutionStatus::Success));
    assert_eq!((run.estimated_files_to_delete, run.files_deleted), (1, 1));
    assert_eq!(run.estimated_files_to_transfer, 1, "deletions count here");
    let paths = ["backup/efs/keep", "backup/efs/logs/", "backup/efs/logs/old"];
    assert_eq!(world.stub.objects.paths(), paths);
}

#[tokio::test]
async fn a_key_that_s3_cannot_hold_is_a_failed_file() {
    let long = ["n".repeat(250).as_str(); 5].join("/");
    let (mut world, task) = world_with(&["good", &long]).await;
    let run = world.run(&task).await;
    assert_eq!(run.status(), Some(&TaskExecutionStatus::Error));
    // Four folders fit; the file in the fifth does not.
    assert_eq!(run.files_transferred, 5);
    assert_eq!(
        world.log(),
        [format!(
            "[ERROR] Failed to write file /{long}: the object key is longer than 1024 bytes"
        )]
    );
}

#[tokio::test]
async fn the_service_may_give_up_on_a_tasks_own_schedule() {
    let (world, task) = world_with(&[]).await;
    let schedule = TaskSchedule::builder().schedule_expression("rate(1 day)");
    let update = world.client.update_task().task_arn(&task);
    sent!(update.schedule(schedule.build().unwrap()));
    let order = json!({"arn": task, "reason": "it failed again and again"});
    world.control(json!({ "disable_schedule": order })).await;
    let told = sent!(world.client.describe_task().task_arn(&task));
    let status = told.schedule.unwrap().status.unwrap();
    assert_eq!(status.as_str(), "DISABLED");
    let details = told.schedule_details.unwrap();
    assert_eq!(details.disabled_by, Some(ScheduleDisabledBy::Service));
    let reason = details.disabled_reason.as_deref();
    assert_eq!(reason, Some("it failed again and again"));
    assert!(details.status_update_time.is_some());

    let none = TaskSchedule::builder().schedule_expression("").build();
    let update = world.client.update_task().task_arn(&task);
    sent!(update.schedule(none.unwrap()));
    let told = sent!(world.client.describe_task().task_arn(&task));
    assert!(told.schedule.is_none() && told.schedule_details.is_none());
}

#[tokio::test]
async fn an_order_that_nobody_knows_is_refused() {
    let world = World::new().await;
    let orders: [Value; 3] = [
        json!({"age": {"arn": "arn/task-0", "hours": 1}}),
        json!({"disable_schedule": {"arn": world.task().await, "reason": "none is set"}}),
        json!({"stop": true}),
    ];
    for order in orders {
        assert!(!world.is_taken(&order).await, "{order}");
    }
}
