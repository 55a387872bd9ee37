//! Reads the list of failed files from the task report.

use crate::aws::{Aws, Described, ReportPlace};
use backup_domain::arn::ExecutionArn;
use backup_domain::execution::TaskReport;
use backup_domain::failed_files::FailedFiles;
use backup_domain::task_report::{FailedFilesReader, parts_prefix};

/// The largest part that is read whole, in bytes. Memory is finite; a larger one
/// makes the list count as not read.
const LARGEST_PART: u64 = 32 * 1024 * 1024;

/// The list of failed files of a finished execution.
///
/// It is asked for only after DataSync said that the report is written: a
/// listing made before could miss a part and make a bad run look good.
pub(crate) async fn read(aws: &Aws, described: &Described) -> FailedFiles {
    let place = match (&described.execution.task_report, &described.report) {
        (TaskReport::Written, Some(place)) => place,
        (TaskReport::Written, None) => {
            return unread("DataSync did not say where the task report is");
        }
        (TaskReport::NotConfigured, _) => return unread("the task writes no task report"),
        (TaskReport::Pending, _) => return unread("the task report was not written in time"),
        (TaskReport::NotReported, _) => {
            return unread("the state of the task report is not reported");
        }
        (TaskReport::Failed(why), _) => {
            return FailedFiles::unread(format!("the task report was not written: {why}"));
        }
    };
    read_parts(aws, place, &described.execution.arn).await
}

fn unread(because: &str) -> FailedFiles {
    FailedFiles::unread(because)
}

async fn read_parts(aws: &Aws, place: &ReportPlace, arn: &ExecutionArn) -> FailedFiles {
    let prefix = parts_prefix(&place.subdirectory, &arn.task.task_id, &arn.execution_id);
    let parts = match aws.list(&place.bucket, &prefix, None).await {
        Ok(parts) => parts,
        Err(error) => return FailedFiles::unread(error.to_string()),
    };
    let mut reader = FailedFilesReader::new(place.errors_only);
    for part in parts {
        let name = part.key.rsplit('/').next().unwrap_or_default();
        if part.size.is_none_or(|size| size > LARGEST_PART) {
            reader.not_read(format!(
                "part {name} of the task report is larger than 32 MiB"
            ));
            continue;
        }
        match aws.get(&place.bucket, &part.key).await {
            Ok(bytes) => reader.add(name, &bytes),
            Err(error) => reader.not_read(error.to_string()),
        }
    }
    reader.finish()
}

/// Where a person finds the report.
pub(crate) fn url(described: &Described) -> Option<String> {
    let place = described.report.as_ref()?;
    let arn = &described.execution.arn;
    let prefix = parts_prefix(&place.subdirectory, &arn.task.task_id, &arn.execution_id);
    Some(format!("s3://{}/{prefix}", place.bucket))
}
