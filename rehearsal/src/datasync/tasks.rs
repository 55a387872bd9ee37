//! The operations on tasks.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::datasync::Shared;
use crate::datasync::api::parse;
use crate::datasync::error::{ApiError, required};
use crate::datasync::filters::{self, Filters};
use crate::datasync::ids::{Caller, id_of, new_id};
use crate::datasync::model::Moment;
use crate::datasync::options::Options;
use crate::datasync::paging::Paging;
use crate::datasync::report_config;
use crate::datasync::schedule::Schedule;
use crate::datasync::store::{Place, Store, Task};
use crate::datasync::tags::{Tag, map_of};

/// The members of `CreateTask` and `UpdateTask`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    task_arn: Option<String>,
    source_location_arn: Option<String>,
    destination_location_arn: Option<String>,
    name: Option<String>,
    cloud_watch_log_group_arn: Option<String>,
    options: Option<Map<String, Value>>,
    task_report_config: Option<Value>,
    schedule: Option<Value>,
    task_mode: Option<String>,
    #[serde(flatten)]
    filters: filters::Request,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    #[serde(default)]
    filters: Vec<Value>,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) fn create(
    shared: &Arc<Shared>,
    caller: &Caller,
    body: Value,
) -> Result<Value, ApiError> {
    let request: Request = parse(body)?;
    check_mode(request.task_mode.as_deref())?;
    let source_arn = required(request.source_location_arn, "sourceLocationArn")?;
    let destination_arn = required(request.destination_location_arn, "destinationLocationArn")?;
    let options = Options::default().with(request.options.as_ref(), "options")?;
    report_config::settings_from(request.task_report_config.as_ref())?;
    let filters = Filters::default().with(request.filters)?;
    let schedule = Schedule::read(request.schedule.unwrap_or_default())?;
    let task = Task {
        name: given(request.name),
        source_arn,
        destination_arn,
        log_group_arn: given(request.cloud_watch_log_group_arn),
        options,
        filters,
        report_config: request.task_report_config.filter(is_filled),
        schedule,
        created: Moment::now(),
        network_interface_arns: [
            caller.network_interface_arn(),
            caller.network_interface_arn(),
        ],
        executions: vec![],
    };
    let mut store = shared.store();
    check_direction(&store, &task)?;
    let arn = caller.datasync_arn(&format!("task/{}", new_id("task")));
    store.tasks.insert(arn.clone(), task);
    store.tags.insert(arn.clone(), map_of(request.tags));
    Ok(json!({"TaskArn": arn}))
}

/// Members that are not given stay; an empty one takes the setting away.
pub(super) fn update(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let request: Request = parse(body)?;
    let arn = required(request.task_arn, "taskArn")?;
    report_config::settings_from(request.task_report_config.as_ref())?;
    let schedule = request.schedule.map(Schedule::read).transpose()?;
    let mut store = shared.store();
    let task = store.task_mut(&arn)?;
    let filters = task.filters.with(request.filters)?;
    task.options = task.options.with(request.options.as_ref(), "options")?;
    task.filters = filters;
    if request.name.is_some() {
        task.name = given(request.name);
    }
    if request.cloud_watch_log_group_arn.is_some() {
        task.log_group_arn = given(request.cloud_watch_log_group_arn);
    }
    if let Some(config) = request.task_report_config {
        task.report_config = Some(config).filter(is_filled);
    }
    if let Some(schedule) = schedule {
        task.schedule = schedule;
    }
    Ok(json!({}))
}

pub(super) fn describe(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let arn = arn_in(body)?;
    let forced = shared.control().forced_task(&arn).cloned();
    let store = shared.store();
    let task = store.task(&arn)?;
    let mut answer = json!({
        "TaskArn": arn,
        "Status": status(&store, task),
        "SourceLocationArn": task.source_arn,
        "DestinationLocationArn": task.destination_arn,
        "SourceNetworkInterfaceArns": network_interfaces(&store, task, &task.source_arn),
        "DestinationNetworkInterfaceArns": network_interfaces(&store, task, &task.destination_arn),
        "Options": task.options,
        "Excludes": task.filters.excludes,
        "Includes": task.filters.includes,
        "CreationTime": task.created,
        "TaskMode": "BASIC",
    });
    describe_optional(task, &mut answer);
    if let Some(schedule) = &task.schedule {
        schedule.describe(&mut answer);
    }
    if let Some(forced) = forced {
        forced.overlay(&mut answer);
    }
    Ok(answer)
}

/// What a task may have, and what is left out where it has none.
fn describe_optional(task: &Task, answer: &mut Value) {
    let text = |text: Option<&String>| text.cloned().map(Value::from);
    let optional = [
        ("Name", text(task.name.as_ref())),
        ("CurrentTaskExecutionArn", text(task.executions.last())),
        ("CloudWatchLogGroupArn", text(task.log_group_arn.as_ref())),
        ("TaskReportConfig", task.report_config.clone()),
    ];
    for (member, value) in optional {
        if let Some(value) = value {
            answer[member] = value;
        }
    }
}

pub(super) fn delete(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let arn = arn_in(body)?;
    let mut store = shared.store();
    if let Some(execution) = store.running(store.task(&arn)?) {
        return Err(ApiError::invalid(
            "TaskBusy",
            format!(
                "Task {} cannot be deleted while {execution} runs.",
                id_of(&arn)
            ),
        ));
    }
    store.tasks.remove(&arn);
    store.tags.remove(&arn);
    Ok(json!({}))
}

pub(super) fn list(shared: &Arc<Shared>, caller: &Caller, body: Value) -> Result<Value, ApiError> {
    let request: List = parse(body)?;
    if !request.filters.is_empty() {
        return Err(ApiError::unsupported("ListTasks Filters"));
    }
    let control = shared.control();
    let store = shared.store();
    let mut tasks = vec![];
    for (arn, task) in store.tasks.iter().filter(|(arn, _)| caller.owns(arn)) {
        let mut entry = json!({
            "TaskArn": arn, "Status": status(&store, task), "TaskMode": "BASIC",
        });
        if let Some(name) = &task.name {
            entry["Name"] = name.as_str().into();
        }
        if let Some(forced) = control.forced_task(arn) {
            entry["Status"] = forced.status().into();
        }
        tasks.push(entry);
    }
    request.paging.answer("Tasks", tasks)
}

fn status(store: &Store, task: &Task) -> &'static str {
    match store.running(task) {
        Some(_) => "RUNNING",
        None => "AVAILABLE",
    }
}

/// Only the side of EFS has any: `DataSync` reaches S3 without a network of ours.
fn network_interfaces<'a>(store: &Store, task: &'a Task, location_arn: &str) -> &'a [String] {
    match store.location(location_arn).map(|location| &location.place) {
        Ok(Place::Efs(_)) => &task.network_interface_arns,
        _ => &[],
    }
}

fn check_mode(mode: Option<&str>) -> Result<(), ApiError> {
    match mode {
        None | Some("BASIC") => Ok(()),
        Some("ENHANCED") => Err(ApiError::invalid(
            "UnsupportedTaskMode",
            "Task mode ENHANCED does not support EFS locations.",
        )),
        Some(other) => Err(ApiError::not_one_of(
            "taskMode",
            other,
            &["BASIC", "ENHANCED"],
        )),
    }
}

fn check_direction(store: &Store, task: &Task) -> Result<(), ApiError> {
    let source = &store.location(&task.source_arn)?.place;
    let destination = &store.location(&task.destination_arn)?.place;
    match (source, destination) {
        (Place::Efs(_), Place::S3(_)) | (Place::S3(_), Place::Efs(_)) => Ok(()),
        (Place::Efs(_), Place::Efs(_)) => Err(ApiError::unsupported("a task from EFS to EFS")),
        (Place::S3(_), Place::S3(_)) => Err(ApiError::unsupported("a task from S3 to S3")),
    }
}

fn arn_in(body: Value) -> Result<String, ApiError> {
    let request: Request = parse(body)?;
    required(request.task_arn, "taskArn")
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// An empty structure is no setting.
fn is_filled(value: &Value) -> bool {
    let is_set = |value: &Value| !value.is_null() && value != "";
    value
        .as_object()
        .is_some_and(|members| members.values().any(is_set))
}
