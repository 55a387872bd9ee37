//! The files that an execution could not copy, as far as that is known.

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
