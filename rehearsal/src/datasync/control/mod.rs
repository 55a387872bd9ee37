//! The control door: how a test makes this `DataSync` behave as AWS's does on a
//! bad day. Each order says what it does where it is defined.

mod age;
mod change;
mod failure;
mod forced_task;
mod merge;

pub(super) use change::change_if_ordered;
pub(super) use failure::{FailureKind, OrderedFailure};
pub(super) use forced_task::ForcedTask;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::datasync::Shared;
use crate::datasync::api::parse;
use crate::datasync::error::ApiError;
use crate::datasync::invent;
use crate::datasync::model::Status;
use crate::datasync::store::Store;
use age::Age;
use change::Change;
use merge::merge;

/// What tests have ordered so far.
#[derive(Default)]
pub(super) struct Control {
    tasks: BTreeMap<String, ForcedTask>,
    patches: BTreeMap<String, Value>,
    failures: BTreeMap<String, OrderedFailure>,
    /// Paths below the root of a file system, by its id.
    closed: BTreeMap<String, BTreeSet<PathBuf>>,
    changes: Vec<Change>,
}

/// `{"execution": {…}}`: a JSON merge patch (RFC 7396) over what
/// `DescribeTaskExecution` answers; a null patch takes it back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    arn: String,
    patch: Value,
}

/// `{"deny_read": {…}}`: from the next execution on, these files of a file system,
/// or what lies in these folders, cannot be read, as if their modes forbade it;
/// the root user of a test is stopped by no mode. No paths: all can be read again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DenyRead {
    file_system: String,
    /// Below the root of the file system, with a leading `/`.
    paths: Vec<String>,
}

/// `{"disable_schedule": {…}}`: `DataSync` disables a task's own schedule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisableSchedule {
    arn: String,
    reason: String,
}

/// Takes one body of the control door. `{"hold": "VERIFYING"}` lets executions
/// wait in front of that status until `{"hold": null}`. While
/// `{"hold_report": true}` holds, executions end before their task report is
/// written. `{"reset": true}` forgets all orders, tasks, locations and executions.
pub(super) fn take(shared: &Shared, body: Value) -> Result<Value, ApiError> {
    let Value::Object(orders) = body else {
        return Err(ApiError::Serialization("an object is expected".to_owned()));
    };
    for (order, value) in orders {
        give(shared, &order, value)?;
    }
    Ok(json!({}))
}

fn give(shared: &Shared, order: &str, value: Value) -> Result<(), ApiError> {
    match order {
        "task" => shared.control().force_task(parse(value)?),
        "execution" => shared.control().patch(parse(value)?),
        "fail_next" => shared.control().fail_next(parse(value)?),
        "deny_read" => shared.control().deny_read(parse(value)?),
        "change_while_read" => shared.control().changes.push(parse(value)?),
        "age" => parse::<Age>(value)?.apply(&mut shared.store())?,
        "invent" => invent::take(shared, parse(value)?)?,
        "disable_schedule" => disable_schedule(&mut shared.store(), parse(value)?)?,
        "hold" => {
            let status: Option<Status> = parse(value)?;
            shared.hold.send_replace(status);
        }
        "hold_report" => {
            shared.hold_report.send_replace(parse(value)?);
        }
        "reset" => reset(shared),
        _ => return Err(ApiError::Serialization(format!("unknown order `{order}`"))),
    }
    Ok(())
}

fn reset(shared: &Shared) {
    *shared.control() = Control::default();
    *shared.store() = Store::default();
    shared.hold.send_replace(None);
    shared.hold_report.send_replace(false);
    shared.cancelled.send_replace(BTreeSet::new());
}

fn disable_schedule(store: &mut Store, order: DisableSchedule) -> Result<(), ApiError> {
    let task = store.task_mut(&order.arn)?;
    let schedule = task.schedule.as_mut();
    let schedule = schedule.ok_or_else(|| ApiError::missing("schedule"))?;
    schedule.disable(order.reason);
    Ok(())
}

impl Control {
    pub(super) fn forced_task(&self, arn: &str) -> Option<&ForcedTask> {
        self.tasks.get(arn)
    }

    /// The failure that this request must meet, if one is ordered.
    pub(super) fn take_failure(&mut self, operation: &str) -> Option<OrderedFailure> {
        let failure = self.failures.get_mut(operation)?;
        failure.count = failure.count.checked_sub(1)?;
        Some(failure.clone())
    }

    /// What cannot be read below a folder of a file system.
    pub(super) fn closed_files(&self, file_system: &str, subdirectory: &str) -> BTreeSet<PathBuf> {
        let all = self.closed.get(file_system).into_iter().flatten();
        let below = all.filter_map(|path| path.strip_prefix(subdirectory).ok());
        below.map(PathBuf::from).collect()
    }

    /// What `DescribeTaskExecution` shall answer instead of `described`.
    pub(super) fn patched(&self, arn: &str, mut described: Value) -> Value {
        if let Some(patch) = self.patches.get(arn) {
            merge(&mut described, patch);
        }
        described
    }

    fn force_task(&mut self, forced: ForcedTask) {
        if forced.status.is_none() {
            self.tasks.remove(&forced.arn);
        } else {
            self.tasks.insert(forced.arn.clone(), forced);
        }
    }

    fn patch(&mut self, Patch { arn, patch }: Patch) {
        if patch.is_null() {
            self.patches.remove(&arn);
        } else {
            self.patches.insert(arn, patch);
        }
    }

    fn deny_read(&mut self, DenyRead { file_system, paths }: DenyRead) {
        let paths = paths.iter().map(|path| path.trim_start_matches('/').into());
        self.closed.insert(file_system, paths.collect());
    }

    fn fail_next(&mut self, failure: OrderedFailure) {
        self.failures.insert(failure.operation.clone(), failure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_met_as_often_as_ordered() {
        let mut control = Control::default();
        let order = json!({"operation": "DescribeTask", "count": 2, "type": "reset"});
        control.fail_next(parse(order).unwrap());
        assert!(control.take_failure("ListTasks").is_none());
        assert_eq!(
            control.take_failure("DescribeTask").unwrap().kind,
            FailureKind::Reset
        );
        assert!(control.take_failure("DescribeTask").is_some());
        assert!(control.take_failure("DescribeTask").is_none());
    }

    #[test]
    fn files_are_closed_by_file_system_and_folder() {
        let mut control = Control::default();
        let order = json!({"file_system": "fs-1", "paths": ["/a", "/web/b"]});
        control.deny_read(parse(order).unwrap());
        let closed = |control: &Control, id: &str, below: &str| -> Vec<String> {
            let closed = control.closed_files(id, below);
            closed
                .iter()
                .map(|path| path.display().to_string())
                .collect()
        };
        assert_eq!(closed(&control, "fs-1", ""), ["a", "web/b"]);
        assert_eq!(closed(&control, "fs-1", "web"), ["b"]);
        assert!(closed(&control, "fs-2", "").is_empty());
        control.deny_read(parse(json!({"file_system": "fs-1", "paths": []})).unwrap());
        assert!(closed(&control, "fs-1", "").is_empty());
    }

    #[test]
    fn a_forced_status_is_shown_until_taken_back() {
        let mut control = Control::default();
        let order = json!({"arn": "t", "status": "UNAVAILABLE", "error_detail": "why"});
        control.force_task(parse(order).unwrap());
        let mut described = json!({"Status": "AVAILABLE"});
        control.forced_task("t").unwrap().overlay(&mut described);
        assert_eq!(
            described,
            json!({"Status": "UNAVAILABLE", "ErrorDetail": "why"})
        );
        control.force_task(parse(json!({"arn": "t", "status": null})).unwrap());
        assert!(control.forced_task("t").is_none());
    }
}
