//! What one execution has to do: the task as it was at the start. Later changes
//! of the task do not touch a running execution.

use backup_domain::posix_metadata::PosixMetadata;

use crate::datasync::error::ApiError;
use crate::datasync::filters::Filters;
use crate::datasync::ids::Caller;
use crate::datasync::model::Execution;
use crate::datasync::options::Options;
use crate::datasync::report_config::ReportSettings;
use crate::datasync::store::{Place, Store, Task};

/// One execution's orders.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub caller: Caller,
    pub task_arn: String,
    pub execution_arn: String,
    pub source: Site,
    pub destination: Site,
    pub options: Options,
    pub filters: Filters,
    pub log_group_arn: Option<String>,
    pub report: Option<ReportSettings>,
}

/// A location as it was at the start.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub arn: String,
    pub place: Place,
}

impl Site {
    fn of(store: &Store, arn: &str) -> Result<Self, ApiError> {
        Ok(Self {
            arn: arn.to_owned(),
            place: store.location(arn)?.place.clone(),
        })
    }
}

impl Job {
    pub(super) fn new(
        store: &Store,
        caller: &Caller,
        task: &Task,
        execution: &Execution,
        report: Option<ReportSettings>,
    ) -> Result<Self, ApiError> {
        let execution_arn = execution.task_execution_arn.clone();
        let task_arn = execution_arn
            .split("/execution/")
            .next()
            .unwrap_or_default();
        Ok(Self {
            caller: caller.clone(),
            task_arn: task_arn.to_owned(),
            source: Site::of(store, &task.source_arn)?,
            destination: Site::of(store, &task.destination_arn)?,
            options: execution.options.clone(),
            filters: execution.filters.clone(),
            log_group_arn: task.log_group_arn.clone(),
            report,
            execution_arn,
        })
    }

    /// What of a file's metadata the options keep.
    pub(super) fn kept(&self, metadata: &PosixMetadata) -> PosixMetadata {
        let keeps = |member| !self.options.is(member, "NONE");
        PosixMetadata {
            mode: metadata.mode.filter(|_| keeps("PosixPermissions")),
            owner: metadata.owner.filter(|_| keeps("Uid")),
            group: metadata.group.filter(|_| keeps("Gid")),
            mtime: metadata.mtime.filter(|_| keeps("Mtime")),
            atime: metadata.atime.filter(|_| keeps("Atime")),
        }
    }
}
