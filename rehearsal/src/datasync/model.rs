//! What is kept of a task execution, in the shape in which
//! `DescribeTaskExecution` answers it. Basic mode: the counters that exist in
//! Enhanced mode only (`FilesFailed`, `FilesPrepared`, …) are absent.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::datasync::filters::Filters;
use crate::datasync::options::Options;

/// The status of a task execution. `QUEUED` does not happen here: a second start
/// is refused, whatever its filters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Launching,
    Preparing,
    Transferring,
    Verifying,
    Cancelling,
    Success,
    Error,
}

impl Status {
    /// As the API and `detail.State` of the event spell it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Launching => "LAUNCHING",
            Self::Preparing => "PREPARING",
            Self::Transferring => "TRANSFERRING",
            Self::Verifying => "VERIFYING",
            Self::Cancelling => "CANCELLING",
            Self::Success => "SUCCESS",
            Self::Error => "ERROR",
        }
    }

    pub(super) fn is_terminal(self) -> bool {
        matches!(self, Self::Success | Self::Error)
    }
}

/// How a phase ended, and how the task report did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum PhaseStatus {
    #[default]
    Pending,
    Success,
    Error,
}

impl PhaseStatus {
    pub(super) fn of(ok: bool) -> Self {
        if ok { Self::Success } else { Self::Error }
    }
}

/// A point in time; on the wire seconds since 1970 with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(pub jiff::Timestamp);

impl Moment {
    pub(super) fn now() -> Self {
        Self(jiff::Timestamp::now())
    }

    /// This long before; the beginning of time where there is nothing before.
    pub(super) fn earlier(self, by: SignedDuration) -> Self {
        Self(self.0.saturating_sub(by).unwrap_or(jiff::Timestamp::MIN))
    }

    /// Milliseconds from `earlier` until now.
    pub(super) fn since(earlier: Self) -> u64 {
        let elapsed = jiff::Timestamp::now().duration_since(earlier.0);
        u64::try_from(elapsed.as_millis()).unwrap_or(0)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_precision_loss, reason = "exact below the year 287396")]
        let milliseconds = self.0.as_millisecond() as f64;
        serializer.serialize_f64(milliseconds / 1000.0)
    }
}

/// One task execution.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Execution {
    pub task_execution_arn: String,
    pub status: Status,
    pub options: Options,
    #[serde(flatten)]
    pub filters: Filters,
    pub start_time: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_time: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Moment>,
    #[serde(flatten)]
    pub counters: Counters,
    pub result: PhaseResults,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_report_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_result: Option<ReportResult>,
    pub task_mode: &'static str,
}

impl Execution {
    /// AWS forgets a finished execution after 30 days.
    pub(super) fn is_forgotten(&self) -> bool {
        let days = |end: Moment| Moment::since(end) / (24 * 60 * 60 * 1000);
        self.end_time.is_some_and(|end| days(end) >= 30)
    }
}

/// The counters of Basic mode. All that count files count directories, links
/// and other objects too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Counters {
    /// Includes the expected deletions under `REMOVE`.
    pub estimated_files_to_transfer: u64,
    /// Logical bytes that will be written.
    pub estimated_bytes_to_transfer: u64,
    pub estimated_files_to_delete: u64,
    pub files_transferred: u64,
    /// Logical bytes written to the destination.
    pub bytes_written: u64,
    /// Bytes on the network before compression; here the same as written.
    pub bytes_transferred: u64,
    /// Bytes on the network after compression; nothing is compressed here.
    pub bytes_compressed: u64,
    pub files_deleted: u64,
    /// What was found and needed no transfer: unchanged items and special files.
    pub files_skipped: u64,
    pub files_verified: u64,
}

/// `Result`: durations in milliseconds.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PhaseResults {
    pub prepare_duration: u64,
    pub prepare_status: PhaseStatus,
    pub total_duration: u64,
    pub transfer_duration: u64,
    pub transfer_status: PhaseStatus,
    pub verify_duration: u64,
    pub verify_status: PhaseStatus,
    #[serde(flatten)]
    pub failure: Option<Failure>,
}

/// `ErrorCode` and `ErrorDetail` of an execution or of its report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Failure {
    /// Absent where AWS documents the text and not the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<&'static str>,
    pub error_detail: String,
}

impl Failure {
    pub(super) fn detail(text: impl Into<String>) -> Self {
        Self {
            error_code: None,
            error_detail: text.into(),
        }
    }
}

/// `ReportResult`: about the task report, not about the transfer.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReportResult {
    pub status: PhaseStatus,
    #[serde(flatten)]
    pub failure: Option<Failure>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn execution() -> Execution {
        Execution {
            task_execution_arn: "arn".to_owned(),
            status: Status::Launching,
            options: Options::default(),
            filters: Filters::default(),
            start_time: Moment(jiff::Timestamp::from_millisecond(1_772_330_402_113).unwrap()),
            launch_time: None,
            end_time: None,
            counters: Counters::default(),
            result: PhaseResults::default(),
            task_report_config: None,
            report_result: None,
            task_mode: "BASIC",
        }
    }

    #[test]
    fn a_fresh_execution_reads_like_one_of_aws() {
        let mut described = serde_json::to_value(execution()).unwrap();
        assert!(described["Options"].take().is_object());
        assert_eq!(
            described,
            json!({
                "TaskExecutionArn": "arn", "Status": "LAUNCHING", "Options": null,
                "Excludes": [], "Includes": [], "StartTime": 1_772_330_402.113,
                "EstimatedFilesToTransfer": 0, "EstimatedBytesToTransfer": 0,
                "EstimatedFilesToDelete": 0, "FilesTransferred": 0, "BytesWritten": 0,
                "BytesTransferred": 0, "BytesCompressed": 0, "FilesDeleted": 0,
                "FilesSkipped": 0, "FilesVerified": 0,
                "Result": {
                    "PrepareDuration": 0, "PrepareStatus": "PENDING", "TotalDuration": 0,
                    "TransferDuration": 0, "TransferStatus": "PENDING",
                    "VerifyDuration": 0, "VerifyStatus": "PENDING",
                },
                "TaskMode": "BASIC",
            })
        );
    }

    #[test]
    fn a_failure_is_told_in_the_result() {
        let mut execution = execution();
        execution.result.failure = Some(Failure::detail("why"));
        let described = serde_json::to_value(execution).unwrap();
        assert_eq!(described["Result"]["ErrorDetail"], "why");
        assert_eq!(described["Result"].get("ErrorCode"), None);
    }
}
