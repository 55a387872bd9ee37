//! The files that an execution could not copy, as far as that is known.

mod gathering;

pub use gathering::Gathering;

use crate::diagnosis::Class;
use crate::execution::{Execution, Status};
use std::collections::BTreeMap;

/// How many paths a letter shows.
pub const SHOWN: usize = 10;

/// What was found out about failed files.
///
/// "Read" means that the list was seen whole. Only then does a count of 0 mean
/// that none failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedFiles {
    /// Distinct files seen to have failed: a lower bound unless the list was read.
    pub known: u64,
    /// How many of them are of each class.
    pub classes: BTreeMap<Class, u64>,
    /// At most [`SHOWN`] files of each class, in the order of the list.
    pub examples: Vec<FailedFile>,
    /// Why the list was not read, or not whole; `None` if it was.
    pub unread: Option<String>,
    /// The recognised causes, by the id of their rule.
    pub causes: BTreeMap<&'static str, Cause>,
    /// Whether a task report was read; the log alone was, otherwise.
    pub from_report: bool,
    /// What the task's log told.
    pub log: LogFindings,
}

/// A recognised cause of failed files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// How many files it is said of.
    pub files: u64,
    /// What is said of the first of them, raw and without its path.
    pub said: String,
}

/// One file that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedFile {
    /// Its path on the EFS, raw.
    pub path: String,
    /// Why it failed.
    pub class: Class,
    /// What DataSync says of it, raw and without the path; may be empty.
    pub said: String,
}

/// What the task's log told about problems.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFindings {
    /// Lines about problems that were read; `None` if the log was not asked.
    pub lines: Option<u64>,
    /// Those of them that could not be understood.
    pub not_understood: u64,
    /// The first few that name no file, or could not be understood, raw.
    pub without_file: Vec<String>,
    /// Failed files that stand in the log and not in the task report.
    pub only_here: u64,
    /// Why the log was not read, or not whole.
    pub unread: Option<String>,
}

impl FailedFiles {
    /// A list that was read and holds nothing.
    #[must_use]
    pub fn none() -> Self {
        FailedFiles {
            known: 0,
            classes: BTreeMap::new(),
            examples: Vec::new(),
            unread: None,
            causes: BTreeMap::new(),
            from_report: true,
            log: LogFindings::default(),
        }
    }

    /// A list of which nothing is known.
    #[must_use]
    pub fn unread(because: impl Into<String>) -> Self {
        FailedFiles {
            unread: Some(because.into()),
            ..FailedFiles::none()
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

    /// The classes, the most files first.
    #[must_use]
    pub fn by_class(&self) -> Vec<(Class, u64)> {
        let mut classes: Vec<(Class, u64)> = self.classes.clone().into_iter().collect();
        classes.sort_by_key(|(class, count)| (std::cmp::Reverse(*count), *class));
        classes
    }

    /// At most [`SHOWN`] files to print. They are dealt out to the classes in turn,
    /// so that a rare cause is not hidden behind a frequent one.
    #[must_use]
    pub fn first(&self) -> Vec<&FailedFile> {
        let mut left: Vec<Vec<&FailedFile>> = Class::ALL
            .iter()
            .map(|class| self.examples.iter().filter(|file| file.class == *class))
            .map(Iterator::collect)
            .collect();
        let mut first = Vec::new();
        while left.iter().any(|files| !files.is_empty()) {
            for files in left.iter_mut().filter(|files| !files.is_empty()) {
                first.push(files.remove(0));
            }
        }
        first.truncate(SHOWN);
        first
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

    #[test]
    fn a_rare_class_is_shown_beside_a_frequent_one() {
        let file = |class, n: usize| FailedFile {
            path: format!("/{}-{n}", class_word(class)),
            class,
            said: String::new(),
        };
        let mut examples: Vec<FailedFile> = (0..10).map(|n| file(Class::Changed, n)).collect();
        examples.extend((0..2).map(|n| file(Class::Permission, n)));
        let list = FailedFiles {
            known: 5_002,
            classes: [(Class::Changed, 5_000), (Class::Permission, 2)].into(),
            examples,
            ..FailedFiles::none()
        };
        let first = list.first();
        assert_eq!(first.len(), SHOWN);
        let rare = first.iter().filter(|file| file.class == Class::Permission);
        assert_eq!(rare.count(), 2);
        assert_eq!(list.by_class()[0], (Class::Changed, 5_000));
    }

    fn class_word(class: Class) -> &'static str {
        class.word()
    }
}
