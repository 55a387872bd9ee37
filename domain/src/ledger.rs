//! The run ledger: one small record for each verdict that was told.
//!
//! A record is written after its letter was published, so a record means
//! "told". Time, execution and verdict stand in the key, so that one listing
//! answers what was told and when the last good run was:
//!
//! `ledger/TASK/yyyyMMddTHHmmssZ_EXECUTION_VERDICT.json`

use crate::execution::Execution;
use crate::failed_files::FailedFiles;
use crate::units::{Bytes, Millis};
use crate::verdict::Verdict;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The schema of a record.
pub const SCHEMA: &str = "backup.ledger/1";

/// How far back the ledger is read.
pub const HORIZON: SignedDuration = SignedDuration::from_hours(60 * 24);

/// Where the records of a task lie.
#[must_use]
pub fn prefix(task_id: &str) -> String {
    format!("ledger/{task_id}/")
}

/// The key of the copy of the newest good record, which outlives the horizon.
#[must_use]
pub fn last_good_key(task_id: &str) -> String {
    format!("{}last-good.json", prefix(task_id))
}

/// The key after which a listing starts, to see the last [`HORIZON`].
#[must_use]
pub fn start_after(task_id: &str, now: Timestamp) -> String {
    let since = now.saturating_sub(HORIZON).unwrap_or(Timestamp::MIN);
    format!("{}{}", prefix(task_id), stamp(since))
}

fn stamp(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// What a key says by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The start of the execution; the event's time where that is not known.
    pub time: Timestamp,
    /// `exec-…`, or `none` for a missing run.
    pub execution_id: String,
    /// What was told.
    pub verdict: Verdict,
}

impl Entry {
    /// The key of this entry among the records of a task.
    #[must_use]
    pub fn key(&self, task_id: &str) -> String {
        format!(
            "{}{}_{}_{}.json",
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
        let mut parts = name.split('_');
        let (time, execution_id, verdict) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Entry {
            time: jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", time)
                .ok()?
                .to_zoned(jiff::tz::TimeZone::UTC)
                .ok()?
                .timestamp(),
            execution_id: execution_id.to_owned(),
            verdict: Verdict::from_key(verdict)?,
        })
    }
}

/// The entries of a task within the horizon, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    entries: Vec<Entry>,
}

impl History {
    /// Reads the keys of a listing, in any order.
    pub fn from_keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        let mut entries: Vec<Entry> = keys.into_iter().filter_map(Entry::from_key).collect();
        entries.sort_by(|a, b| (a.time, &a.execution_id).cmp(&(b.time, &b.execution_id)));
        History { entries }
    }

    /// What was told about an execution. STUCK is told of a run that goes on, so
    /// it does not count; a known verdict beats UNKNOWN.
    #[must_use]
    pub fn told(&self, execution_id: &str) -> Option<Verdict> {
        let told = self
            .entries
            .iter()
            .filter(|entry| entry.execution_id == execution_id)
            .map(|entry| entry.verdict)
            .filter(|verdict| *verdict != Verdict::Stuck);
        told.max_by_key(|verdict| *verdict != Verdict::Unknown)
    }

    /// Whether a letter with this verdict would tell nothing new. An UNKNOWN
    /// one is followed once by what became known.
    #[must_use]
    pub fn is_duplicate(&self, execution_id: &str, verdict: Verdict) -> bool {
        match self.told(execution_id) {
            None => false,
            Some(Verdict::Unknown) => verdict == Verdict::Unknown,
            Some(_) => true,
        }
    }

    /// When the newest good run started.
    #[must_use]
    pub fn last_good(&self, partial_counts_as_good: bool) -> Option<Timestamp> {
        let good = |entry: &&Entry| entry.verdict.counts_as_good(partial_counts_as_good);
        self.entries.iter().rev().find(good).map(|entry| entry.time)
    }
}

/// One record, as JSON in the report bucket. Additive changes only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The verdict's word.
    pub verdict: String,
    /// The execution's ARN.
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
            schema: SCHEMA.to_owned(),
            verdict: verdict.word().to_owned(),
            execution: execution.arn.to_string(),
            started: execution.started,
            ended: execution.ended,
            took_ms: execution.took,
            files_transferred: counters.files_transferred,
            files_skipped: counters.files_skipped,
            files_failed: failed.count(),
            bytes_written: counters.bytes_written,
            told,
            message_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEYS: [&str; 6] = [
        "ledger/task-1/20261121T020004Z_exec-a_OK.json",
        "ledger/task-1/20261122T020004Z_exec-b_NO-CHANGE.json",
        "ledger/task-1/20261123T020004Z_exec-c_STUCK.json",
        "ledger/task-1/20261124T020004Z_exec-d_UNKNOWN.json",
        "ledger/task-1/20261125T020004Z_exec-e_PARTIAL.json",
        "ledger/task-1/last-good.json",
    ];

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn told_means_a_record_that_ends_the_matter() {
        let history = History::from_keys(KEYS);
        #[rustfmt::skip]
        let cases = [
            ("exec-a", Verdict::Ok,      true),
            ("exec-a", Verdict::Partial, true),
            ("exec-c", Verdict::Ok,      false),
            ("exec-d", Verdict::Unknown, true),
            ("exec-d", Verdict::Ok,      false),
            ("exec-z", Verdict::Ok,      false),
        ];
        for (execution, verdict, duplicate) in cases {
            let said = history.is_duplicate(execution, verdict);
            assert_eq!(said, duplicate, "{execution} {verdict:?}");
        }
    }

    #[test]
    fn what_became_known_beats_unknown_whatever_came_first() {
        let unknown = "ledger/t/20261124T021500Z_exec-d_UNKNOWN.json";
        let ok = "ledger/t/20261124T020004Z_exec-d_OK.json";
        for keys in [[unknown, ok], [ok, unknown]] {
            assert_eq!(History::from_keys(keys).told("exec-d"), Some(Verdict::Ok));
        }
    }

    #[test]
    fn the_last_good_run_may_be_a_partial_one_by_choice() {
        let history = History::from_keys(KEYS);
        assert_eq!(history.last_good(false), Some(at("2026-11-22T02:00:04Z")));
        assert_eq!(history.last_good(true), Some(at("2026-11-25T02:00:04Z")));
        assert_eq!(History::default().last_good(true), None);
    }

    #[test]
    fn other_keys_are_passed_over() {
        #[rustfmt::skip]
        let strange = [
            "", "ledger/", "ledger/t/x.json", "ledger/t/20261124T020004Z_exec-d_GREAT.json",
            "ledger/t/20261324T020004Z_exec-d_OK.json", "ledger/t/20261124T020004Z_exec-d_OK.txt",
            "ledger/t/20261124T020004Z_exec-d_OK_more.json",
        ];
        assert_eq!(History::from_keys(strange), History::default());
    }

    #[test]
    fn the_listing_starts_sixty_days_ago() {
        let key = start_after("task-1", at("2026-11-23T02:14:00Z"));
        assert_eq!(key, "ledger/task-1/20260924T021400Z");
        assert!(key.as_str() < KEYS[0]);
        assert!(start_after("t", Timestamp::MIN).starts_with("ledger/t/"));
    }

    proptest! {
        #[test]
        fn a_key_gives_back_its_entry(seconds in 0_i64..4_102_444_800, index in 0_usize..9) {
            let entry = Entry {
                time: Timestamp::from_second(seconds).unwrap(),
                execution_id: "exec-04ce9d516d69bd52f".to_owned(),
                verdict: Verdict::ALL[index],
            };
            prop_assert_eq!(Entry::from_key(&entry.key("task-1")), Some(entry));
        }
    }
}
