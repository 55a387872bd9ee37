//! What a check answers.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a finding hurts, in a bucket that holds a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Untidy.
    Low,
    /// Costs money, or hurts one day.
    Medium,
    /// Part of the backup's promise is broken.
    High,
    /// Copies are being lost, or will be.
    Critical,
}

impl Severity {
    /// Every severity, from bad to good.
    pub const FALLING: [Severity; 5] = [
        Severity::Critical,
        Severity::High,
        Severity::Medium,
        Severity::Low,
        Severity::Info,
    ];

    /// The word in letters and reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The answer of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    Passed,
    /// It does not hold.
    Found(Finding),
    /// Nobody knows; never to be taken for [`Answer::Passed`].
    NotKnown(NotKnown),
}

/// A check's "no".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is set, in words.
    pub evidence: String,
    /// Why it hurts.
    pub harm: String,
    /// What puts it right.
    pub remedy: Remedy,
}

/// One command that can be pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// The command, complete with region and bucket.
    pub command: String,
    /// What it does.
    pub effect: String,
}

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotKnown {
    /// The IAM action that would have told it.
    pub action: &'static str,
    /// What came instead.
    pub cause: String,
}

impl Answer {
    /// Passed, unless it is not known or was found otherwise.
    pub(super) fn of<T>(
        known: &Result<T, NotKnown>,
        find: impl FnOnce(&T) -> Option<Finding>,
    ) -> Answer {
        match known {
            Err(not_known) => Answer::NotKnown(not_known.clone()),
            Ok(fact) => find(fact).map_or(Answer::Passed, Answer::Found),
        }
    }
}
