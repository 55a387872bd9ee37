//! What one execution has to do: the task as it was at the start. Later changes
//! of the task do not touch a running execution.

use std::path::PathBuf;

use backup_domain::posix_metadata::PosixMetadata;

use crate::datasync::Shared;
use crate::datasync::error::ApiError;
use crate::datasync::ids::Caller;
use crate::datasync::model::Execution;
use crate::datasync::options::Options;
use crate::datasync::report_config::ReportSettings;
use crate::datasync::store::{Place, S3Place, Store, Task};

/// One execution's orders.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub caller: Caller,
    pub task_arn: String,
    pub execution_arn: String,
    pub source_arn: String,
    /// The folder that stands for the file system.
    pub file_system: PathBuf,
    /// Below it; empty for the root.
    pub subdirectory: String,
    pub destination_arn: String,
    pub destination: S3Place,
    pub options: Options,
    pub log_group_arn: Option<String>,
    pub report: Option<ReportSettings>,
}

impl Job {
    pub(super) fn new(
        shared: &Shared,
        store: &Store,
        caller: &Caller,
        task: &Task,
        execution: &Execution,
        report: Option<ReportSettings>,
    ) -> Result<Self, ApiError> {
        let source = &store.location(&task.source_arn)?.place;
        let destination = &store.location(&task.destination_arn)?.place;
        let (Place::Efs(source), Place::S3(destination)) = (source, destination) else {
            return Err(ApiError::unsupported("a task that is not from EFS to S3"));
        };
        let execution_arn = execution.task_execution_arn.clone();
        let task_arn = execution_arn
            .split("/execution/")
            .next()
            .unwrap_or_default();
        Ok(Self {
            caller: caller.clone(),
            task_arn: task_arn.to_owned(),
            source_arn: task.source_arn.clone(),
            file_system: shared.settings.efs_root.join(&source.file_system_id),
            subdirectory: source.subdirectory.clone(),
            destination_arn: task.destination_arn.clone(),
            destination: destination.clone(),
            options: execution.options.clone(),
            log_group_arn: task.log_group_arn.clone(),
            report,
            execution_arn,
        })
    }

    pub(super) fn source_folder(&self) -> PathBuf {
        self.file_system.join(&self.subdirectory)
    }

    /// The S3 key of a relative one.
    pub(super) fn key(&self, relative: &str) -> String {
        format!("{}{relative}", self.destination.prefix)
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
