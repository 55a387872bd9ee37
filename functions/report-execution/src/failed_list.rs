//! Reads the list of failed files from the task report, and their causes from the
//! task's log.

use crate::aws::{Aws, Described, Listed, ReportPlace};
use crate::part::read_part_of;
use crate::problem_log;
use aws_call::CallError;
use backup_domain::execution::TaskReport;
use backup_domain::failed_files::{FailedFiles, Gathering};
use backup_domain::task_report::{parts_prefix, summary_prefix};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The longest reading. The mail must go out even where S3 hangs.
const LONGEST_READING: Duration = Duration::from_secs(20);

/// Where to look beside what DataSync says of the report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places<'a> {
    /// The task's log group.
    pub(crate) log_group: &'a str,
    /// The prefix of the backup in its bucket.
    pub(crate) key_prefix: &'a str,
}

/// What was read, and where a person finds it.
pub(crate) struct FailedList {
    pub(crate) files: FailedFiles,
    /// `None` where there is nothing to be found.
    pub(crate) url: Option<String>,
}

/// The list of failed files of a finished execution.
///
/// It is asked for only after `DataSync` said that the report is written: a
/// listing made before could miss a part and make a bad run look good. The log is
/// read while the parts are listed, and told before them: a report may list a
/// file without saying why.
pub(crate) async fn read(aws: &Aws, places: Places<'_>, described: &Described) -> FailedList {
    let deadline = Instant::now() + LONGEST_READING;
    let arn = &described.execution.arn;
    let mut gathering = Gathering::new(places.key_prefix);
    let (report, ()) = tokio::join!(
        find(aws, described, deadline),
        log(aws, places, described, &mut gathering),
    );
    let (files, url) = match report {
        Ok(report) => report.read(aws, gathering, deadline).await,
        Err(NoReport::None) => {
            let alive = aws.has_logged(places.log_group, &arn.log_stream()).await;
            (gathering.without_report(alive.unwrap_or(false)), None)
        }
        Err(NoReport::Unread(because)) => {
            gathering.not_read(because);
            (gathering.finish(), None)
        }
    };
    FailedList {
        files: files.beside(&described.execution),
        url,
    }
}

/// A run that logs nothing has no log to be asked.
async fn log(aws: &Aws, places: Places<'_>, described: &Described, gathering: &mut Gathering) {
    if described.logs_problems {
        problem_log::read(aws, places.log_group, &described.execution.arn, gathering).await;
    }
}

/// The list of an execution that has not finished.
pub(crate) fn not_finished() -> FailedList {
    FailedList {
        files: FailedFiles::unread("the run has not finished"),
        url: None,
    }
}

/// Why there is no report to read.
enum NoReport {
    /// The task writes none.
    None,
    /// There should be one, or nobody knows.
    Unread(String),
}

/// A report, and its parts in the order of their names.
struct Report<'a> {
    place: &'a ReportPlace,
    prefix: String,
    parts: Vec<Listed>,
}

/// Finds the parts. None at all is a finding only if the report is where it was
/// looked for; its summary shows that.
async fn find<'a>(
    aws: &Aws,
    described: &'a Described,
    deadline: Instant,
) -> Result<Report<'a>, NoReport> {
    let place = place(described)?;
    let arn = &described.execution.arn;
    let (task, execution) = (&arn.task.task_id, &arn.execution_id);
    let prefix = parts_prefix(&place.subdirectory, task, execution);
    let parts = list(aws, &place.bucket, &prefix, deadline).await?;
    if parts.is_empty() {
        let summary = summary_prefix(&place.subdirectory, task, execution);
        if list(aws, &place.bucket, &summary, deadline)
            .await?
            .is_empty()
        {
            let because = format!("there is no task report at s3://{}/{prefix}", place.bucket);
            return Err(NoReport::Unread(because));
        }
    }
    Ok(Report {
        place,
        prefix,
        parts,
    })
}

/// Where the report lies, or why there is none to be read.
fn place(described: &Described) -> Result<&ReportPlace, NoReport> {
    let because = match (&described.execution.task_report, &described.report) {
        (TaskReport::Written, Some(place)) if place.lists_files => return Ok(place),
        (TaskReport::NotConfigured, _) => return Err(NoReport::None),
        (TaskReport::Written, Some(_)) => "the task writes a summary report, which lists no files",
        (TaskReport::Written, None) => "DataSync did not say where the task report is",
        (TaskReport::Pending, _) => "the task report was not written in time",
        (TaskReport::NotReported, _) => "the state of the task report is not reported",
        (TaskReport::Failed(why), _) => {
            let because = format!("the task report was not written: {why}");
            return Err(NoReport::Unread(because));
        }
    };
    Err(NoReport::Unread(because.to_owned()))
}

async fn list(
    aws: &Aws,
    bucket: &str,
    prefix: &str,
    deadline: Instant,
) -> Result<Vec<Listed>, NoReport> {
    match timeout_at(deadline, aws.list(bucket, prefix, None)).await {
        Ok(listed) => listed.map_err(|error: CallError| NoReport::Unread(error.to_string())),
        Err(_) => Err(NoReport::Unread(too_long())),
    }
}

impl Report<'_> {
    /// Reads part after part. What was read stays when time runs out.
    async fn read(
        self,
        aws: &Aws,
        mut gathering: Gathering,
        deadline: Instant,
    ) -> (FailedFiles, Option<String>) {
        let url = format!("s3://{}/{}", self.place.bucket, self.prefix);
        let url = (!self.parts.is_empty()).then_some(url);
        for part in &self.parts {
            gathering = read_part_of(aws, self.place, &part.key, gathering, deadline).await;
        }
        (gathering.finish(), url)
    }
}

pub(crate) fn too_long() -> String {
    format!(
        "reading the task report took longer than {} s",
        LONGEST_READING.as_secs()
    )
}
