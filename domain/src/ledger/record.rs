//! What a record holds beside its key.

use crate::execution::Execution;
use crate::failed_files::FailedFiles;
use crate::units::{Bytes, Millis};
use crate::verdict::Verdict;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The schema of a record.
pub const SCHEMA: &str = "backup.ledger/1";

/// One record, as JSON in the report bucket. Additive changes only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The verdict's word.
    pub verdict: String,
    /// The execution's ARN; the task's where no execution is meant.
    pub execution: String,
    /// The execution's start.
    pub started: Option<Timestamp>,
    /// The execution's end.
    pub ended: Option<Timestamp>,
    /// How long it took.
    pub took_ms: Option<Millis>,
    /// Files and folders copied.
    pub files_transferred: Option<u64>,
    /// Files and folders not copied, mostly unchanged.
    pub files_skipped: Option<u64>,
    /// Files that failed; absent where the list was not read.
    pub files_failed: Option<u64>,
    /// Bytes written to the bucket.
    pub bytes_written: Option<Bytes>,
    /// When the letter was published.
    pub told: Timestamp,
    /// The letter's SNS message id; absent where no letter was wanted.
    pub message_id: Option<String>,
}

impl Record {
    /// The record of an execution that was told at `told`.
    #[must_use]
    pub fn new(
        execution: &Execution,
        failed: &FailedFiles,
        verdict: Verdict,
        told: Timestamp,
        message_id: Option<String>,
    ) -> Self {
        let counters = &execution.counters;
        Record {
            started: execution.started,
            ended: execution.ended,
            took_ms: execution.took,
            files_transferred: counters.files_transferred,
            files_skipped: counters.files_skipped,
            files_failed: failed.count(),
            bytes_written: counters.bytes_written,
            ..Record::without_facts(execution.arn.as_str(), verdict, told, message_id)
        }
    }

    /// The record of a letter that has no counters: about a run that goes on, or
    /// about none. `of` is the execution's ARN, or the task's.
    #[must_use]
    pub fn without_facts(
        of: &str,
        verdict: Verdict,
        told: Timestamp,
        message_id: Option<String>,
    ) -> Self {
        Record {
            schema: SCHEMA.to_owned(),
            verdict: verdict.word().to_owned(),
            execution: of.to_owned(),
            started: None,
            ended: None,
            took_ms: None,
            files_transferred: None,
            files_skipped: None,
            files_failed: None,
            bytes_written: None,
            told,
            message_id,
        }
    }

    /// Files and folders that the run found: copied and not copied.
    #[must_use]
    pub fn files_seen(&self) -> Option<u64> {
        self.files_transferred?.checked_add(self.files_skipped?)
    }
}
