//! The locations, tasks, executions and tags of this process, in memory: all of
//! it is forgotten at its end.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::datasync::error::ApiError;
use crate::datasync::filters::Filters;
use crate::datasync::ids::id_of;
use crate::datasync::model::{Execution, Moment};
use crate::datasync::options::Options;
use crate::datasync::schedule::Schedule;

/// Everything, keyed by ARN.
#[derive(Default)]
pub(super) struct Store {
    pub locations: BTreeMap<String, Location>,
    pub tasks: BTreeMap<String, Task>,
    pub executions: BTreeMap<String, Execution>,
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
}

/// One end of a transfer.
#[derive(Debug, Clone)]
pub(super) struct Location {
    pub uri: String,
    pub created: Moment,
    pub place: Place,
}

#[derive(Debug, Clone)]
pub(super) enum Place {
    Efs(EfsPlace),
    S3(S3Place),
}

#[derive(Debug, Clone)]
pub(super) struct EfsPlace {
    pub file_system_id: String,
    /// Relative to the root of the file system; empty for the root itself.
    pub subdirectory: String,
    pub ec2_config: Value,
    pub access_point_arn: Option<String>,
    pub access_role_arn: Option<String>,
    pub in_transit_encryption: String,
}

#[derive(Debug, Clone)]
pub(super) struct S3Place {
    pub bucket: String,
    /// Empty, or ends in `/`.
    pub prefix: String,
    pub role_arn: String,
    pub storage_class: String,
}

#[derive(Debug, Clone)]
pub(super) struct Task {
    pub name: Option<String>,
    pub source_arn: String,
    pub destination_arn: String,
    /// May end in `:*`.
    pub log_group_arn: Option<String>,
    pub options: Options,
    pub filters: Filters,
    pub report_config: Option<Value>,
    pub schedule: Option<Schedule>,
    pub created: Moment,
    pub network_interface_arns: [String; 2],
    /// ARNs, oldest first.
    pub executions: Vec<String>,
}

impl Store {
    pub(super) fn location(&self, arn: &str) -> Result<&Location, ApiError> {
        let location = self.locations.get(arn);
        location.ok_or_else(|| not_found("Location", arn))
    }

    pub(super) fn location_mut(&mut self, arn: &str) -> Result<&mut Location, ApiError> {
        let location = self.locations.get_mut(arn);
        location.ok_or_else(|| not_found("Location", arn))
    }

    pub(super) fn task(&self, arn: &str) -> Result<&Task, ApiError> {
        self.tasks.get(arn).ok_or_else(|| not_found("Task", arn))
    }

    pub(super) fn task_mut(&mut self, arn: &str) -> Result<&mut Task, ApiError> {
        let task = self.tasks.get_mut(arn);
        task.ok_or_else(|| not_found("Task", arn))
    }

    pub(super) fn execution(&self, arn: &str) -> Result<&Execution, ApiError> {
        let execution = self.executions.get(arn);
        let execution = execution.filter(|execution| !execution.is_forgotten());
        execution.ok_or_else(|| not_found("Task execution", arn))
    }

    pub(super) fn execution_mut(&mut self, arn: &str) -> Result<&mut Execution, ApiError> {
        let execution = self.executions.get_mut(arn);
        let execution = execution.filter(|execution| !execution.is_forgotten());
        execution.ok_or_else(|| not_found("Task execution", arn))
    }

    /// The tags of a resource that exists.
    pub(super) fn tags_of(&mut self, arn: &str) -> Result<&mut BTreeMap<String, String>, ApiError> {
        let exists = self.locations.contains_key(arn)
            || self.tasks.contains_key(arn)
            || self.executions.contains_key(arn);
        if !exists {
            return Err(not_found("Resource", arn));
        }
        Ok(self.tags.entry(arn.to_owned()).or_default())
    }

    /// The execution that keeps the task busy, if one does. Derived from the
    /// executions, so that a finished one frees its task in the same moment.
    pub(super) fn running<'a>(&self, task: &'a Task) -> Option<&'a str> {
        let newest = task.executions.last()?;
        let is_over = self.executions.get(newest)?.status.is_terminal();
        (!is_over).then_some(newest)
    }
}

/// The words "not found" are AWS's (public provisioning tools match on them).
fn not_found(what: &str, arn: &str) -> ApiError {
    ApiError::invalid("NotFound", format!("{what} {} is not found.", id_of(arn)))
}
