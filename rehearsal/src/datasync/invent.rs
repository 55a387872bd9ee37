//! Executions that never ran: `{"invent": {"task": ARN, "executions": [{…}]}}`
//! gives a task a history, in place of the one that it has. A test that needs a
//! thousand ended executions cannot wait for a thousand copies. Their task reports
//! are for whoever invents them to write.

use jiff::SignedDuration;
use serde::Deserialize;

use crate::datasync::Shared;
use crate::datasync::error::ApiError;
use crate::datasync::model::{
    Counters, Execution, Failure, Moment, PhaseResults, PhaseStatus, ReportResult, Status,
};
use crate::datasync::store::Task;

/// The history of a task, oldest first.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct History {
    task: String,
    executions: Vec<Invented>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invented {
    /// `exec-` and 17 hexadecimal digits.
    id: String,
    started: jiff::Timestamp,
    seconds: u32,
    status: Status,
    #[serde(default)]
    files_transferred: u64,
    #[serde(default)]
    files_skipped: u64,
    #[serde(default)]
    bytes_written: u64,
    /// Why it ended with ERROR.
    error_detail: Option<String>,
}

/// Replaces the executions of a task.
pub(super) fn take(shared: &Shared, history: History) -> Result<(), ApiError> {
    let mut store = shared.store();
    let task = store.task(&history.task)?.clone();
    for arn in &task.executions {
        store.executions.remove(arn);
        store.tags.remove(arn);
    }
    let made = history.executions.into_iter();
    let made: Vec<Execution> = made
        .map(|invented| execution(&history.task, &task, invented))
        .collect::<Result<_, _>>()?;
    let arns: Vec<String> = made
        .iter()
        .map(|one| one.task_execution_arn.clone())
        .collect();
    store.executions.extend(arns.iter().cloned().zip(made));
    store.task_mut(&history.task)?.executions = arns;
    Ok(())
}

fn execution(task_arn: &str, task: &Task, invented: Invented) -> Result<Execution, ApiError> {
    let took = SignedDuration::from_secs(i64::from(invented.seconds));
    let ended = invented.started.checked_add(took);
    let ended = ended.map_err(|error| ApiError::Serialization(error.to_string()))?;
    let is_over = matches!(invented.status, Status::Success | Status::Error);
    let phase = |good: bool| match is_over {
        true => PhaseStatus::of(good),
        false => PhaseStatus::Pending,
    };
    let good = invented.error_detail.is_none();
    let report = task.report_config.clone();
    Ok(Execution {
        task_execution_arn: format!("{task_arn}/execution/{}", invented.id),
        status: invented.status,
        options: task.options.clone(),
        filters: task.filters.clone(),
        start_time: Moment(invented.started),
        launch_time: Some(Moment(invented.started)),
        end_time: is_over.then_some(Moment(ended)),
        counters: counters(&invented),
        report_result: report.is_some().then(|| ReportResult {
            status: phase(true),
            failure: None,
        }),
        result: PhaseResults {
            total_duration: u64::from(invented.seconds) * 1000,
            transfer_duration: u64::from(invented.seconds) * 1000,
            prepare_status: phase(true),
            transfer_status: phase(good),
            verify_status: phase(good),
            failure: invented.error_detail.map(Failure::detail),
            ..PhaseResults::default()
        },
        task_report_config: report,
        task_mode: "BASIC",
    })
}

fn counters(invented: &Invented) -> Counters {
    let (files, bytes) = (invented.files_transferred, invented.bytes_written);
    Counters {
        estimated_files_to_transfer: files,
        estimated_bytes_to_transfer: bytes,
        files_transferred: files,
        files_verified: files,
        files_skipped: invented.files_skipped,
        bytes_written: bytes,
        bytes_transferred: bytes,
        bytes_compressed: bytes,
        ..Counters::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::datasync::test_world::{World, sent};
    use aws_sdk_datasync::types::TaskExecutionStatus;
    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    #[tokio::test]
    async fn an_invented_history_replaces_what_was_there() {
        let mut world = World::new().await;
        let task = world.task().await;
        sent!(world.client.start_task_execution().task_arn(&task));
        world.states_until("task", "AVAILABLE").await;

        // DataSync forgets what is older than 30 days.
        let night = Timestamp::now() - SignedDuration::from_hours(24);
        let history = json!({"task": task, "executions": [
            {"id": "exec-00000000000000001", "started": night - SignedDuration::from_hours(24), "seconds": 60,
             "status": "SUCCESS", "files_transferred": 3},
            {"id": "exec-00000000000000002", "started": night, "seconds": 60,
             "status": "ERROR", "error_detail": "why"},
        ]});
        world.control(json!({"invent": history})).await;
        let listed = sent!(world.client.list_task_executions().task_arn(&task));
        let listed: Vec<_> = listed.task_executions().iter().collect();
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[1].status(), Some(&TaskExecutionStatus::Error));

        let arn = format!("{task}/execution/exec-00000000000000002");
        let described = world.client.describe_task_execution();
        let described = sent!(described.task_execution_arn(arn));
        assert_eq!(described.end_time().unwrap().secs(), night.as_second() + 60);
        assert_eq!(described.result().unwrap().error_detail(), Some("why"));
        sent!(world.client.start_task_execution().task_arn(&task));
    }
}
