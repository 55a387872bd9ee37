//! The files that an execution could not copy, as far as that is known.

use crate::execution::{Execution, Status};

/// How many paths a letter shows.
pub const SHOWN: usize = 10;

/// What was found out about failed files.
///
/// "Read" means that the list was seen whole. Only then does a count of 0 mean
/// that none failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailedFiles {
    /// Distinct files seen to have failed: a lower bound unless the list was read.
    pub known: u64,
    /// The first [`SHOWN`] paths, raw, in the order of the list.
    pub first: Vec<String>,
    /// Why the list was not read, or not whole; `None` if it was.
    pub unread: Option<String>,
}

impl FailedFiles {
    /// A list that was read and holds nothing.
    #[must_use]
    pub fn none() -> Self {
        FailedFiles::default()
    }

    /// A list of which nothing is known.
    #[must_use]
    pub fn unread(because: impl Into<String>) -> Self {
        FailedFiles {
            unread: Some(because.into()),
            ..FailedFiles::default()
        }
    }

    /// The list as it stands beside what `DataSync` says otherwise. Where the two
    /// disagree, the list does not count as read: its 0 would be a guess.
    #[must_use]
    pub fn beside(mut self, execution: &Execution) -> Self {
        let counted = execution.counters.files_failed.unwrap_or(0);
        if counted > self.known {
            let listed = self.known;
            self.known = counted;
            self.unread.get_or_insert(format!(
                "DataSync counts {counted} failed files, the task report lists {listed}"
            ));
        }
        if self.known == 0 && execution.status == Status::Error {
            self.unread.get_or_insert(
                "the run ended with an error, and the task report lists no file".to_owned(),
            );
        }
        self
    }

    /// Whether the whole list was seen.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.unread.is_none()
    }

    /// The number of failed files, where it is known.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        self.is_read().then_some(self.known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution(status: &str, counted: Option<u64>) -> Execution {
        let arn = "arn:aws:datasync:us-east-1:111122223333:task/task-0a1b2c3d4e5f60718/execution/exec-04ce9d516d69bd52f";
        let mut execution = Execution::new(arn.parse().unwrap(), status.into());
        execution.counters.files_failed = counted;
        execution
    }

    #[test]
    fn a_list_that_disagrees_with_datasync_is_not_read() {
        let listed = |known| FailedFiles {
            known,
            ..FailedFiles::none()
        };
        #[rustfmt::skip]
        let cases = [
            ("both say none",         listed(0), "SUCCESS", Some(0), Some(0), 0),
            ("no counter, none",      listed(0), "SUCCESS", None,    Some(0), 0),
            ("both say two",          listed(2), "ERROR",   Some(2), Some(2), 2),
            ("the list says more",    listed(3), "ERROR",   Some(2), Some(3), 3),
            ("the counter says more", listed(0), "SUCCESS", Some(1), None,    1),
            ("an error without any",  listed(0), "ERROR",   None,    None,    0),
        ];
        for (name, list, status, counted, count, known) in cases {
            let list = list.beside(&execution(status, counted));
            assert_eq!((list.count(), list.known), (count, known), "{name}");
        }
    }
}
