//! Why one file was not transferred, verified or deleted: for the task report
//! and for the log. The codes are ours: AWS documents none for Basic mode.

use backup_domain::posix_metadata::FileKind;

use crate::datasync::end::s3_failure::S3Failure;
use crate::datasync::end::{EndError, LONGEST_KEY, Name, SourceItem};
use crate::datasync::log_lines;
use crate::datasync::side::Side;

/// What is told about one failed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileFailure {
    /// `ErrorCode` of the report's item.
    pub code: &'static str,
    /// `ErrorDetail` of the report's item.
    pub detail: String,
    /// For the log.
    pub lines: Vec<String>,
}

impl FileFailure {
    pub(super) fn name_is_not_utf8(name: &Name) -> Self {
        Self::impossible(
            "InvalidFileName",
            &name.shown(),
            "the file name is not valid UTF-8",
        )
    }

    pub(super) fn key_is_too_long(name: &Name) -> Self {
        let reason = format!("the object key is longer than {LONGEST_KEY} bytes");
        Self::impossible("ObjectKeyTooLong", &name.shown(), &reason)
    }

    /// An object that cannot be a file.
    pub(super) fn key_is_no_path(path: &str, reason: &str) -> Self {
        Self::impossible("InvalidFileName", path, reason)
    }

    fn impossible(code: &'static str, path: &str, reason: &str) -> Self {
        Self {
            code,
            detail: reason.to_owned(),
            lines: vec![log_lines::not_writable(path, reason)],
        }
    }

    /// The file is gone, or closed to the reader, since it was listed.
    pub(super) fn source(item: &SourceItem, error: &EndError) -> Self {
        let (path, reason) = (item.name.shown(), error.reason());
        let line = match item.kind {
            FileKind::Regular => log_lines::open_failed(&path, &reason),
            kind => log_lines::metadata_failed(kind, &path, &reason),
        };
        Self {
            code: "SourceReadFailed",
            detail: reason,
            lines: with_s3_line(error, line),
        }
    }

    /// It could not even be listed.
    pub(super) fn unlisted(name: &Name, error: &EndError) -> Self {
        let reason = error.reason();
        let kind = match name.is_directory {
            true => FileKind::Directory,
            false => FileKind::Regular,
        };
        Self {
            code: "SourceReadFailed",
            lines: vec![log_lines::metadata_failed(kind, &name.shown(), &reason)],
            detail: reason,
        }
    }

    /// The metadata of an object of the source could not be read.
    pub(super) fn source_head(path: &str, failure: &S3Failure) -> Self {
        Self {
            code: "SourceReadFailed",
            ..Self::head(path, failure)
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

    /// The destination refused to be written, read or deleted from.
    pub(super) fn destination(path: &str, error: &EndError) -> Self {
        Self {
            code: "DestinationAccessFailed",
            detail: error.reason(),
            lines: match error {
                EndError::S3(failure) => vec![failure.log_line()],
                _ => vec![log_lines::not_writable(path, &error.reason())],
            },
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

/// S3's own words come before `DataSync`'s.
fn with_s3_line(error: &EndError, line: String) -> Vec<String> {
    match error {
        EndError::S3(failure) => vec![failure.log_line(), line],
        _ => vec![line],
    }
}
