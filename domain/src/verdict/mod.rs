//! The verdict: how an execution, or its absence, is judged.
//!
//! This is the only place that decides. Subject, severity, exit code, ping and what
//! counts as good are read from one enum; [`judge`] is the only way to one.

mod judge;

pub use judge::{Facts, Limits, Past, Silence, judge};

/// All verdicts, from good to bad. A failure more never lowers one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Everything that changed is in the bucket.
    Ok,
    /// Nothing had changed.
    NoChange,
    /// Good again, after a verdict that was not.
    Recovered,
    /// Good by itself, but far from what is usual.
    Suspect,
    /// Not known to be good.
    Unknown,
    /// Some files are in the bucket, some are not.
    Partial,
    /// Not finished after the longest time a run may take.
    Stuck,
    /// No finished execution within the time limit.
    Missing,
    /// No backup was made.
    Failed,
}

/// How much a verdict asks of its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing to do.
    Info,
    /// Worth a look.
    Warning,
    /// Something must be done.
    Error,
}

impl Severity {
    /// The word in messages and attributes.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl Verdict {
    /// Every verdict, in rising order.
    pub const ALL: [Verdict; 9] = [
        Verdict::Ok,
        Verdict::NoChange,
        Verdict::Recovered,
        Verdict::Suspect,
        Verdict::Unknown,
        Verdict::Partial,
        Verdict::Stuck,
        Verdict::Missing,
        Verdict::Failed,
    ];

    /// The word in a subject, such as `NO CHANGE`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "OK",
            Verdict::NoChange => "NO CHANGE",
            Verdict::Recovered => "RECOVERED",
            Verdict::Suspect => "SUSPECT",
            Verdict::Unknown => "UNKNOWN",
            Verdict::Partial => "PARTIAL",
            Verdict::Stuck => "STUCK",
            Verdict::Missing => "MISSING",
            Verdict::Failed => "FAILED",
        }
    }

    /// The word in the key of a ledger record, such as `NO-CHANGE`.
    #[must_use]
    pub fn key(self) -> String {
        self.word().replace(' ', "-")
    }

    /// The verdict of a ledger key's word.
    #[must_use]
    pub fn from_key(word: &str) -> Option<Verdict> {
        Verdict::ALL
            .into_iter()
            .find(|verdict| verdict.key() == word)
    }

    /// What it asks of its reader.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Verdict::Ok | Verdict::NoChange | Verdict::Recovered => Severity::Info,
            Verdict::Suspect | Verdict::Unknown => Severity::Warning,
            Verdict::Partial | Verdict::Stuck | Verdict::Missing | Verdict::Failed => {
                Severity::Error
            }
        }
    }

    /// The exit code of a command that waits for a run: 0 for what needs nobody.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        u8::from(self.severity() > Severity::Info)
    }

    /// Whether a dead man's switch outside of AWS is told of a success.
    #[must_use]
    pub fn pings_success(self) -> bool {
        self <= Verdict::Suspect
    }

    /// Whether the files of before this run can be relied on.
    #[must_use]
    pub fn counts_as_good(self, partial_counts_as_good: bool) -> bool {
        self <= Verdict::Suspect || (self == Verdict::Partial && partial_counts_as_good)
    }
}

#[cfg(test)]
mod tests;
