//! Why one file was not transferred, verified or deleted: for the task report
//! and for the log. The codes are ours: AWS documents none for Basic mode.

use backup_domain::posix_metadata::FileKind;

use crate::datasync::log_lines;
use crate::datasync::plan::LONGEST_KEY;
use crate::datasync::s3_failure::S3Failure;
use crate::datasync::side::Side;
use crate::datasync::walk::{SourceItem, Unreadable};

/// What is told about one failed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileFailure {
    /// `ErrorCode` of the report's item.
    pub code: &'static str,
    /// `ErrorDetail` of the report's item.
    pub detail: String,
    /// For the log.
    pub lines: Vec<String>,
}

impl FileFailure {
    pub(super) fn name_is_not_utf8(item: &SourceItem) -> Self {
        let detail = "the file name is not valid UTF-8".to_owned();
        let lines = vec![log_lines::not_writable(&item.path.shown(), &detail)];
        Self {
            code: "InvalidFileName",
            detail,
            lines,
        }
    }

    pub(super) fn key_is_too_long(item: &SourceItem) -> Self {
        let detail = format!("the object key is longer than {LONGEST_KEY} bytes");
        let lines = vec![log_lines::not_writable(&item.path.shown(), &detail)];
        Self {
            code: "ObjectKeyTooLong",
            detail,
            lines,
        }
    }

    /// The file is gone, or closed to the reader, since it was listed.
    pub(super) fn source(item: &SourceItem, reason: &str) -> Self {
        let path = item.path.shown();
        let line = match item.kind {
            FileKind::Regular => log_lines::open_failed(&path, reason),
            kind => log_lines::metadata_failed(kind, &path, reason),
        };
        Self {
            code: "SourceReadFailed",
            detail: reason.to_owned(),
            lines: vec![line],
        }
    }

    /// It could not even be listed.
    pub(super) fn unreadable(entry: &Unreadable) -> Self {
        let path = entry.path.shown();
        Self {
            code: "SourceReadFailed",
            detail: entry.reason.clone(),
            lines: vec![log_lines::metadata_failed(entry.kind, &path, &entry.reason)],
        }
    }

    /// The object's metadata could not be read before the transfer.
    pub(super) fn head(path: &str, failure: &S3Failure) -> Self {
        Self {
            code: "DestinationReadFailed",
            detail: "S3 Head Object Failed".to_owned(),
            lines: vec![failure.log_line(), log_lines::head_failed(path)],
        }
    }

    /// S3 refused to write, read or delete.
    pub(super) fn s3(failure: &S3Failure) -> Self {
        Self {
            code: "DestinationAccessFailed",
            detail: format!("{}: {}", failure.operation, failure.reason()),
            lines: vec![failure.log_line()],
        }
    }

    /// Both sides are there and differ in what is named.
    pub(super) fn mismatch(path: &str, source: &Side, destination: &Side, what: &[&str]) -> Self {
        Self {
            code: "VerificationMismatch",
            detail: format!("source and destination differ: {}", what.join(", ")),
            lines: log_lines::mismatch(path, Some(source), Some(destination)),
        }
    }

    /// There is an object without a file.
    pub(super) fn missing_at_source(path: &str, destination: &Side) -> Self {
        Self {
            code: "FileNotAtSource",
            detail: "the file is at the destination but not at the source".to_owned(),
            lines: log_lines::mismatch(path, None, Some(destination)),
        }
    }

    /// The object vanished between its transfer and its verification.
    pub(super) fn missing_at_destination(path: &str, source: &Side) -> Self {
        let mut lines = vec![log_lines::missing_at_destination(path)];
        lines.extend(log_lines::mismatch(path, Some(source), None));
        Self {
            code: "FileNotAtDestination",
            detail: "No such file or directory".to_owned(),
            lines,
        }
    }
}
