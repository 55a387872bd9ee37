//! Why an end could not be opened, listed, read or written.

use std::io;

use crate::datasync::end::s3_failure::S3Failure;

#[derive(Debug)]
pub(crate) enum EndError {
    /// Nothing answers where the file system should be, which is at this address.
    MountTarget(String),
    /// The role of an S3 location cannot be assumed.
    Role,
    File(io::Error),
    S3(S3Failure),
}

impl EndError {
    /// The reason as `DataSync` words it in logs and reports.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::MountTarget(_) => "Connection timed out".to_owned(),
            Self::Role => "Access denied when calling sts:AssumeRole".to_owned(),
            Self::File(error) => reason(error),
            Self::S3(failure) => format!("{}: {}", failure.operation, failure.reason()),
        }
    }

    /// Whether the thing is simply not there.
    pub(crate) fn is_missing(&self) -> bool {
        match self {
            Self::File(error) => error.kind() == io::ErrorKind::NotFound,
            Self::S3(failure) => failure.status == 404,
            Self::MountTarget(_) | Self::Role => false,
        }
    }
}

impl From<io::Error> for EndError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl From<S3Failure> for EndError {
    fn from(failure: S3Failure) -> Self {
        Self::S3(failure)
    }
}

/// The system's words for an error, without Rust's ` (os error 2)`.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None if error.kind() == io::ErrorKind::NotFound => "No such file or directory".to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_in_the_systems_words() {
        let missing = std::fs::read("/no/such/file").unwrap_err();
        assert_eq!(reason(&missing), "No such file or directory");
        assert_eq!(
            reason(&io::ErrorKind::NotFound.into()),
            "No such file or directory"
        );
    }
}
