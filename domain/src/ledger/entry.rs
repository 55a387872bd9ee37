//! One record's key, and what it says by itself.

use super::{prefix, stamp};
use crate::verdict::Verdict;
use jiff::Timestamp;

/// Stands for the execution where there is none: a missing run, a refused start.
pub const NO_EXECUTION: &str = "none";

/// What a key says by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The start of the execution; the event's time where that is not known. A
    /// reminder of the same has a whole number of days more.
    pub time: Timestamp,
    /// `exec-…`, or [`NO_EXECUTION`].
    pub execution_id: String,
    /// What was told.
    pub verdict: Verdict,
    /// Whether the execution was told to copy only a part of the files.
    pub narrowed: bool,
}

/// Behind the verdict of a narrowed run.
const NARROWED: &str = "narrowed";

impl Entry {
    /// The key of this entry among the records of a task.
    #[must_use]
    pub fn key(&self, task_id: &str) -> String {
        let narrowed = if self.narrowed { "_narrowed" } else { "" };
        format!(
            "{}{}_{}_{}{narrowed}.json",
            prefix(task_id),
            stamp(self.time),
            self.execution_id,
            self.verdict.key()
        )
    }

    /// Reads a key; `None` for `last-good.json` and whatever else lies there.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Entry> {
        let name = key.rsplit('/').next()?.strip_suffix(".json")?;
        let parts: Vec<&str> = name.split('_').collect();
        let (time, execution_id, verdict, narrowed) = match parts[..] {
            [time, execution_id, verdict] => (time, execution_id, verdict, false),
            [time, execution_id, verdict, NARROWED] => (time, execution_id, verdict, true),
            _ => return None,
        };
        Some(Entry {
            time: jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", time)
                .ok()?
                .to_zoned(jiff::tz::TimeZone::UTC)
                .ok()?
                .timestamp(),
            execution_id: execution_id.to_owned(),
            verdict: Verdict::from_key(verdict)?,
            narrowed,
        })
    }

    /// Whether it tells of an execution, and not of the lack of one.
    #[must_use]
    pub fn is_of_execution(&self) -> bool {
        self.execution_id != NO_EXECUTION
    }

    /// Whether it tells that an execution came to its end.
    #[must_use]
    pub fn is_of_end(&self) -> bool {
        self.is_of_execution() && self.verdict != Verdict::Stuck
    }
}
