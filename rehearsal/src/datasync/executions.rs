//! The operations on task executions.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::datasync::Shared;
use crate::datasync::api::parse;
use crate::datasync::error::{ApiError, required};
use crate::datasync::execution;
use crate::datasync::filters;
use crate::datasync::ids::{Caller, id_of, new_id};
use crate::datasync::job::Job;
use crate::datasync::model::{Counters, Execution, Moment, PhaseResults, ReportResult, Status};
use crate::datasync::paging::Paging;
use crate::datasync::report_config;
use crate::datasync::store::{Store, Task};
use crate::datasync::tags::{Tag, map_of};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Start {
    task_arn: Option<String>,
    override_options: Option<Map<String, Value>>,
    task_report_config: Option<Value>,
    #[serde(flatten)]
    filters: filters::Request,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Describe {
    task_execution_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    task_execution_arn: Option<String>,
    options: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    task_arn: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) fn start(shared: &Arc<Shared>, caller: &Caller, body: Value) -> Result<Value, ApiError> {
    let request: Start = parse(body)?;
    let task_arn = required(request.task_arn, "taskArn")?;
    let forced = shared.control().forced_task(&task_arn).cloned();
    let mut store = shared.store();
    let task = store.task(&task_arn)?.clone();
    let busy_with = forced.as_ref().map(|forced| forced.status().to_owned());
    let busy_with = busy_with.filter(|status| status != "AVAILABLE");
    if let Some(status) = busy_with.or(store.running(&task).map(|_| "RUNNING".to_owned())) {
        return Err(not_startable(&task_arn, &status));
    }
    // A report configuration of this one run replaces the task's.
    let report_config = request.task_report_config.or(task.report_config.clone());
    let report = report_config::settings_from(report_config.as_ref())?;
    let arn = format!("{task_arn}/execution/{}", new_id("exec"));
    let mut execution = fresh(
        &arn,
        &task,
        report.is_some().then_some(report_config).flatten(),
    );
    execution.options = task
        .options
        .with(request.override_options.as_ref(), "overrideOptions")?;
    execution.filters = task.filters.with(request.filters)?;
    let job = Job::new(&store, caller, &task, &execution, report)?;
    store.tags.insert(arn.clone(), map_of(request.tags));
    store.executions.insert(arn.clone(), execution);
    store.task_mut(&task_arn)?.executions.push(arn.clone());
    tokio::spawn(execution::run(Arc::clone(shared), job));
    Ok(json!({"TaskExecutionArn": arn}))
}

pub(super) fn describe(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let request: Describe = parse(body)?;
    let arn = required(request.task_execution_arn, "taskExecutionArn")?;
    described(shared, &arn)
}

/// Interrupts it; what came before stays. AWS's text for one that is over is not
/// public.
pub(super) fn cancel(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let request: Describe = parse(body)?;
    let arn = required(request.task_execution_arn, "taskExecutionArn")?;
    running(&mut shared.store(), &arn)?;
    shared.cancelled.send_modify(|all| {
        all.insert(arn);
    });
    Ok(json!({}))
}

/// `BytesPerSecond` is the only option that can be changed on the way.
pub(super) fn update(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let request: Update = parse(body)?;
    let arn = required(request.task_execution_arn, "taskExecutionArn")?;
    let options = required(request.options, "options")?;
    if let Some(member) = options.keys().find(|member| *member != "BytesPerSecond") {
        return Err(ApiError::invalid(
            "InvalidOption",
            format!("{member} of a running task execution cannot be changed, only BytesPerSecond."),
        ));
    }
    let mut store = shared.store();
    let execution = running(&mut store, &arn)?;
    execution.options = execution.options.with(Some(&options), "options")?;
    Ok(json!({}))
}

fn running<'a>(store: &'a mut Store, arn: &str) -> Result<&'a mut Execution, ApiError> {
    let execution = store.execution_mut(arn)?;
    if execution.status.is_terminal() {
        let (id, status) = (id_of(arn), execution.status.name());
        return Err(ApiError::invalid(
            "TaskExecutionNotRunning",
            format!("Task execution {id} is over: its status is {status}."),
        ));
    }
    Ok(execution)
}

/// In the order of their start. AWS documents no order; nobody may rely on it.
pub(super) fn list(shared: &Arc<Shared>, caller: &Caller, body: Value) -> Result<Value, ApiError> {
    let request: List = parse(body)?;
    let arns = match &request.task_arn {
        Some(arn) => shared.store().task(arn)?.executions.clone(),
        None => {
            let store = shared.store();
            let own = store.tasks.iter().filter(|(arn, _)| caller.owns(arn));
            own.flat_map(|(_, task)| task.executions.clone()).collect()
        }
    };
    let mut entries = vec![];
    for arn in arns {
        // One that AWS would have forgotten by now.
        let Ok(described) = described(shared, &arn) else {
            continue;
        };
        entries.push(json!({
            "TaskExecutionArn": arn,
            "Status": described["Status"],
            "TaskMode": described["TaskMode"],
        }));
    }
    request.paging.answer("TaskExecutions", entries)
}

fn described(shared: &Shared, arn: &str) -> Result<Value, ApiError> {
    let described = serde_json::to_value(shared.store().execution(arn)?)
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(shared.control().patched(arn, described))
}

/// AWS's text for a busy task is not public; clients must not match on ours.
fn not_startable(task_arn: &str, status: &str) -> ApiError {
    let id = id_of(task_arn);
    ApiError::invalid(
        "TaskNotAvailable",
        format!("Task {id} cannot be started: its status is {status}."),
    )
}

fn fresh(arn: &str, task: &Task, report_config: Option<Value>) -> Execution {
    Execution {
        task_execution_arn: arn.to_owned(),
        status: Status::Launching,
        options: task.options.clone(),
        filters: task.filters.clone(),
        start_time: Moment::now(),
        launch_time: Some(Moment::now()),
        end_time: None,
        counters: Counters::default(),
        result: PhaseResults::default(),
        report_result: report_config.as_ref().map(|_| ReportResult::default()),
        task_report_config: report_config,
        task_mode: "BASIC",
    }
}
