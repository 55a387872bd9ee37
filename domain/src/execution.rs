//! The facts of one task execution, as `DescribeTaskExecution` tells them.
//!
//! Every counter is optional: DataSync omits what it does not know, and in
//! Basic mode some are never sent. Source: DataSync API Reference,
//! `DescribeTaskExecution`; for what each counter includes, its "Basic mode"
//! notes.

use crate::arn::ExecutionArn;
use crate::units::{Bytes, Millis};
use jiff::Timestamp;
use std::fmt;

/// Where an execution stands, in DataSync's own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Finished; single files may still have failed.
    Success,
    /// Finished with an error; a cancelled execution ends here too.
    Error,
    /// Not finished: one of the words of [`Status::TRANSIENT`].
    Transient(String),
    /// A word that this version does not know, or none at all.
    Other(String),
}

impl Status {
    /// The words for an execution that has not finished. `QUEUEING` and
    /// `LAUNCHED` stand in the user guide only.
    pub const TRANSIENT: [&str; 8] = [
        "QUEUED",
        "QUEUEING",
        "LAUNCHING",
        "LAUNCHED",
        "PREPARING",
        "TRANSFERRING",
        "VERIFYING",
        "CANCELLING",
    ];

    /// SUCCESS or ERROR: nothing more will happen.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, Status::Success | Status::Error)
    }
}

impl From<&str> for Status {
    fn from(word: &str) -> Self {
        match word {
            "SUCCESS" => Status::Success,
            "ERROR" => Status::Error,
            _ if Status::TRANSIENT.contains(&word) => Status::Transient(word.to_owned()),
            _ => Status::Other(word.to_owned()),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Success => f.write_str("SUCCESS"),
            Status::Error => f.write_str("ERROR"),
            Status::Transient(word) => f.write_str(word),
            Status::Other(word) if word.is_empty() => f.write_str("not reported"),
            Status::Other(word) => f.write_str(word),
        }
    }
}

/// One of the three phases: prepare, transfer, verify.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phase {
    /// `PENDING`, `SUCCESS` or `ERROR`.
    pub status: Option<String>,
    /// How long it took.
    pub took: Option<Millis>,
}

impl Phase {
    /// Whether DataSync says that this phase ended well.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status.as_deref() == Some("SUCCESS")
    }

    /// Whether DataSync says that this phase ended with an error.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.status.as_deref() == Some("ERROR")
    }
}

/// DataSync's counters. In Basic mode those of files include directories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// Expected before the transfer; a hint only.
    pub files_estimated: Option<u64>,
    /// Copied, content or metadata.
    pub files_transferred: Option<u64>,
    /// Not copied; unchanged ones are the bulk of them.
    pub files_skipped: Option<u64>,
    /// Compared with the source after the transfer.
    pub files_verified: Option<u64>,
    /// Deleted at the destination; always 0 unless deletions are removed.
    pub files_deleted: Option<u64>,
    /// Expected to be deleted at the destination; a hint only.
    pub deletions_estimated: Option<u64>,
    /// Failed, in all phases together. Reported in Enhanced mode only.
    pub files_failed: Option<u64>,
    /// Bytes of the files before compression on the network.
    pub bytes_transferred: Option<Bytes>,
    /// Logical bytes written at the destination.
    pub bytes_written: Option<Bytes>,
    /// Bytes on the network after compression.
    pub bytes_compressed: Option<Bytes>,
}

/// What became of the task report, which lists the files that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskReport {
    /// The task writes none.
    NotConfigured,
    /// Not written yet.
    Pending,
    /// Written whole.
    Written,
    /// It could not be written; DataSync's reason.
    Failed(String),
    /// Configured, but its state was not reported.
    NotReported,
}

/// The facts of one execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Which one.
    pub arn: ExecutionArn,
    /// Where it stands.
    pub status: Status,
    /// When the start was asked for.
    pub started: Option<Timestamp>,
    /// When it really began; later than `started` if it had to wait.
    pub launched: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// From start to end, as DataSync counts it.
    pub took: Option<Millis>,
    /// Listing and comparing both sides.
    pub prepare: Phase,
    /// Copying.
    pub transfer: Phase,
    /// Comparing checksums and metadata.
    pub verify: Phase,
    /// All counters.
    pub counters: Counters,
    /// DataSync's error code.
    pub error_code: Option<String>,
    /// DataSync's error text.
    pub error_detail: Option<String>,
    /// The state of the task report.
    pub task_report: TaskReport,
    /// `PRESERVE` or `REMOVE`: what happens to objects whose file is gone.
    pub preserve_deleted_files: Option<String>,
    /// Which files it was told to copy.
    pub filters: Filters,
}

/// Which files are copied: patterns such as `/logs|/tmp*`. None: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Only these.
    pub includes: Vec<String>,
    /// All but these.
    pub excludes: Vec<String>,
}

impl Execution {
    /// An execution of which only the name and the status are known.
    #[must_use]
    pub fn new(arn: ExecutionArn, status: Status) -> Self {
        Execution {
            arn,
            status,
            started: None,
            launched: None,
            ended: None,
            took: None,
            prepare: Phase::default(),
            transfer: Phase::default(),
            verify: Phase::default(),
            counters: Counters::default(),
            error_code: None,
            error_detail: None,
            task_report: TaskReport::NotReported,
            preserve_deleted_files: None,
            filters: Filters::default(),
        }
    }

    /// Whether somebody cancelled it. DataSync has no status for that: such an
    /// execution ends as ERROR, and its code or detail says so (assumed; the
    /// exact words are not documented).
    #[must_use]
    pub fn was_cancelled(&self) -> bool {
        self.status == Status::Error
            && [&self.error_code, &self.error_detail]
                .into_iter()
                .flatten()
                .any(|text| text.to_ascii_lowercase().contains("cancel"))
    }

    /// Files and folders that it found: copied and not copied.
    #[must_use]
    pub fn files_seen(&self) -> Option<u64> {
        let counters = &self.counters;
        counters
            .files_transferred?
            .checked_add(counters.files_skipped?)
    }

    /// Whether it deletes at the destination what is gone at the source.
    #[must_use]
    pub fn removes_deleted_files(&self) -> bool {
        self.preserve_deleted_files.as_deref() == Some("REMOVE")
    }

    /// Finished, and its task report is either there or will never be. A state
    /// of the report that is not reported yet may still come.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let report_is_open = matches!(
            self.task_report,
            TaskReport::Pending | TaskReport::NotReported
        );
        self.status.is_terminal() && !report_is_open
    }

    /// Bytes per second while copying; `None` where DataSync did not report
    /// enough to tell, or nothing was written.
    #[must_use]
    pub fn throughput(&self) -> Option<Bytes> {
        let written = self.counters.bytes_written.filter(|bytes| bytes.0 > 0)?;
        written.per_second(self.transfer.took?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution(status: &str) -> Execution {
        let arn = "arn:aws:datasync:us-east-1:111122223333:task/task-0a1b2c3d4e5f60718/execution/exec-04ce9d516d69bd52f";
        Execution::new(arn.parse().unwrap(), Status::from(status))
    }

    #[test]
    fn statuses_keep_datasyncs_word() {
        #[rustfmt::skip]
        let cases = [
            ("SUCCESS",   true,  "SUCCESS"),
            ("ERROR",     true,  "ERROR"),
            ("LAUNCHED",  false, "LAUNCHED"),
            ("CANCELLED", false, "CANCELLED"),
            ("",          false, "not reported"),
        ];
        for (word, terminal, shown) in cases {
            let status = Status::from(word);
            assert_eq!(status.is_terminal(), terminal, "{word}");
            assert_eq!(status.to_string(), shown);
        }
        assert!(matches!(Status::from("CANCELLED"), Status::Other(_)));
    }

    #[test]
    fn a_cancelled_execution_is_known_by_its_error() {
        let mut cancelled = execution("ERROR");
        assert!(!cancelled.was_cancelled());
        cancelled.error_detail = Some("Task was Cancelled by user".to_owned());
        assert!(cancelled.was_cancelled());
        cancelled.status = Status::Success;
        assert!(!cancelled.was_cancelled());
    }

    #[test]
    fn throughput_needs_bytes_and_time() {
        let mut run = execution("SUCCESS");
        assert_eq!(run.throughput(), None);
        run.counters.bytes_written = Some(Bytes(3_000));
        assert_eq!(run.throughput(), None);
        run.transfer.took = Some(Millis(1_500));
        assert_eq!(run.throughput(), Some(Bytes(2_000)));
        run.counters.bytes_written = Some(Bytes(0));
        assert_eq!(run.throughput(), None);
    }
}
