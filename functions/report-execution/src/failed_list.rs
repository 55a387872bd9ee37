//! Reads the list of failed files from the task report.

use crate::aws::{Aws, Described, Listed, ReportPlace};
use aws_call::CallError;
use backup_domain::arn::ExecutionArn;
use backup_domain::execution::TaskReport;
use backup_domain::failed_files::FailedFiles;
use backup_domain::task_report::{FailedFilesReader, parts_prefix, summary_prefix};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The largest part that is read whole, and the most that is read in all, in
/// bytes. Memory is finite; what is larger makes the list count as not read.
const LARGEST_PART: u64 = 8 * 1024 * 1024;
const LARGEST_REPORT: u64 = 64 * 1024 * 1024;

/// The longest reading. The mail must go out even where S3 hangs.
const LONGEST_READING: Duration = Duration::from_secs(20);

/// What was read, and where a person finds it.
pub(crate) struct FailedList {
    pub(crate) files: FailedFiles,
    /// `None` where there is nothing to be found.
    pub(crate) url: Option<String>,
}

/// The list of failed files of a finished execution.
///
/// It is asked for only after `DataSync` said that the report is written: a
/// listing made before could miss a part and make a bad run look good.
pub(crate) async fn read(aws: &Aws, described: &Described) -> FailedList {
    let mut list = match place(described) {
        Ok(place) => {
            Reading::new(aws, place, &described.execution.arn)
                .read()
                .await
        }
        Err(because) => unread(&because),
    };
    list.files = list.files.beside(&described.execution);
    list
}

/// Where the report lies, or why there is none to be read.
fn place(described: &Described) -> Result<&ReportPlace, String> {
    let because = match (&described.execution.task_report, &described.report) {
        (TaskReport::Written, Some(place)) if place.lists_files => return Ok(place),
        (TaskReport::Written, Some(_)) => "the task writes a summary report, which lists no files",
        (TaskReport::Written, None) => "DataSync did not say where the task report is",
        (TaskReport::NotConfigured, _) => "the task writes no task report",
        (TaskReport::Pending, _) => "the task report was not written in time",
        (TaskReport::NotReported, _) => "the state of the task report is not reported",
        (TaskReport::Failed(why), _) => {
            return Err(format!("the task report was not written: {why}"));
        }
    };
    Err(because.to_owned())
}

/// The list of an execution that has not finished.
pub(crate) fn not_finished() -> FailedList {
    unread("the run has not finished")
}

fn unread(because: &str) -> FailedList {
    FailedList {
        files: FailedFiles::unread(because),
        url: None,
    }
}

/// The reading of one report; what was read stays when time runs out.
struct Reading<'a> {
    aws: &'a Aws,
    place: &'a ReportPlace,
    arn: &'a ExecutionArn,
    prefix: String,
    reader: FailedFilesReader,
    has_parts: bool,
}

impl<'a> Reading<'a> {
    fn new(aws: &'a Aws, place: &'a ReportPlace, arn: &'a ExecutionArn) -> Self {
        Reading {
            aws,
            place,
            arn,
            prefix: parts_prefix(&place.subdirectory, &arn.task.task_id, &arn.execution_id),
            reader: FailedFilesReader::new(place.errors_only),
            has_parts: false,
        }
    }

    async fn read(mut self) -> FailedList {
        let deadline = Instant::now() + LONGEST_READING;
        match timeout_at(deadline, self.parts()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.reader.not_read(error.to_string()),
            Err(_) => self.reader.not_read(format!(
                "reading the task report took longer than {} s",
                LONGEST_READING.as_secs()
            )),
        }
        FailedList {
            files: self.reader.finish(),
            url: self
                .has_parts
                .then(|| format!("s3://{}/{}", self.place.bucket, self.prefix)),
        }
    }

    async fn parts(&mut self) -> Result<(), CallError> {
        let parts = self
            .aws
            .list(&self.place.bucket, &self.prefix, None)
            .await?;
        self.has_parts = !parts.is_empty();
        if !self.has_parts {
            return self.nothing_means_none().await;
        }
        let mut left = LARGEST_REPORT;
        for part in parts {
            left = self.part(&part, left).await?;
        }
        Ok(())
    }

    /// Takes a part, if it fits into the bytes that are left.
    async fn part(&mut self, part: &Listed, left: u64) -> Result<u64, CallError> {
        let name = part.key.rsplit('/').next().unwrap_or_default();
        let Some(size) = part.size.filter(|size| *size <= LARGEST_PART.min(left)) else {
            self.reader.not_read(format!(
                "part {name} of the task report is too large to be read"
            ));
            return Ok(left);
        };
        let bytes = self.aws.get(&self.place.bucket, &part.key).await?;
        self.reader.add(name, &bytes);
        Ok(left - size)
    }

    /// No part at all means no failed file only if the report is where it was
    /// looked for; its summary shows that.
    async fn nothing_means_none(&mut self) -> Result<(), CallError> {
        let (task, execution) = (&self.arn.task.task_id, &self.arn.execution_id);
        let summary = summary_prefix(&self.place.subdirectory, task, execution);
        let summary = self.aws.list(&self.place.bucket, &summary, None).await?;
        if summary.is_empty() {
            let place = format!("s3://{}/{}", self.place.bucket, self.prefix);
            self.reader
                .not_read(format!("there is no task report at {place}"));
        }
        Ok(())
    }
}
