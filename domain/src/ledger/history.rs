//! What was told within the horizon, read from the keys alone.

use super::Entry;
use crate::verdict::Verdict;
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The entries of a task within the horizon, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    entries: Vec<Entry>,
}

/// An outage: what was told before a run, without a good one in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotGood {
    /// When the first run that was not good started; where none was started at all,
    /// when the last good one was.
    pub since: Timestamp,
    /// What was told of that first one.
    pub first: Verdict,
    /// What was told last.
    pub last: Verdict,
    /// How many runs or missing runs it were.
    pub count: u64,
}

/// The newest runs that were all told with the same verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// How many.
    pub count: u64,
    /// When the first of them started.
    pub since: Timestamp,
}

impl History {
    /// Reads the keys of a listing, in any order.
    pub fn from_keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self::from_entries(keys.into_iter().filter_map(Entry::from_key))
    }

    fn from_entries(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut entries: Vec<Entry> = entries.into_iter().collect();
        entries.sort_by_key(in_order);
        History { entries }
    }

    /// The same with one more entry: what was told since it was read.
    #[must_use]
    pub fn with(self, entry: Entry) -> Self {
        Self::from_entries(self.entries.into_iter().chain([entry]))
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

    /// The newest good run of all files.
    #[must_use]
    pub fn last_good(&self, partial_counts_as_good: bool) -> Option<&Entry> {
        // A reminder of a run has a later time than the run.
        let words = self.last_words().into_iter().rev();
        let mut good = words.filter(|entry| {
            entry.verdict.counts_as_good(partial_counts_as_good) && !entry.narrowed
        });
        good.next()
    }

    /// The last word on the newest run that is known to have ended.
    #[must_use]
    pub fn last_end(&self) -> Option<&Entry> {
        let mut words = self.last_words();
        words.retain(|entry| entry.is_of_end() && !entry.narrowed);
        words.pop()
    }

    /// Whether a run was started at this time or later, and told.
    #[must_use]
    pub fn has_run_since(&self, time: Timestamp) -> bool {
        let words = self.last_words();
        let mut of_runs = words.iter().filter(|entry| entry.is_of_execution());
        of_runs.any(|entry| entry.time >= time)
    }

    /// The newest thing told with this verdict, and about this execution.
    #[must_use]
    pub fn newest(&self, execution_id: &str, verdict: Verdict) -> Option<&Entry> {
        let is_it = |entry: &&Entry| entry.execution_id == execution_id && entry.verdict == verdict;
        self.entries.iter().rev().find(is_it)
    }

    /// The newest runs that tell what is usual, newest first: they copied all files,
    /// or all but some.
    pub fn usual(&self) -> impl Iterator<Item = &Entry> {
        let words = self.last_words().into_iter().rev();
        words.filter(|entry| entry.verdict.counts_as_good(true) && !entry.narrowed)
    }

    /// The outage that a good run ends: what was told before it, and of itself.
    #[must_use]
    pub fn not_good_before(
        &self,
        execution_id: &str,
        started: Timestamp,
        partial_counts_as_good: bool,
    ) -> Option<NotGood> {
        let words = self.last_words();
        let before = words.into_iter().filter(|entry| {
            entry.execution_id == execution_id || !entry.is_of_execution() || entry.time < started
        });
        let is_good = |entry: &Entry| entry.verdict.counts_as_good(partial_counts_as_good);
        let mut words: Vec<&Entry> = before.filter(|entry| !entry.narrowed).collect();
        let bad = words.split_off(
            words
                .iter()
                .rposition(|entry| is_good(entry))
                .map_or(0, |at| at + 1),
        );
        let (first, last) = (bad.first()?, bad.last()?);
        // A missing run is noticed long after the last one.
        let good = words.last().filter(|_| !first.is_of_execution());
        Some(NotGood {
            since: good.unwrap_or(first).time,
            first: first.verdict,
            last: last.verdict,
            count: bad.len() as u64,
        })
    }

    /// How many runs before this one were told with the same verdict, one after
    /// the other, and since when; this one counts.
    #[must_use]
    pub fn row(&self, execution_id: &str, started: Timestamp, verdict: Verdict) -> Row {
        let words = self.last_words();
        let same = words
            .into_iter()
            .rev()
            .filter(|entry| entry.execution_id != execution_id && entry.time < started)
            .filter(|entry| entry.is_of_execution() && !entry.narrowed)
            .take_while(|entry| entry.verdict == verdict);
        let this = Row {
            count: 1,
            since: started,
        };
        same.fold(this, |row, entry| Row {
            count: row.count + 1,
            since: entry.time,
        })
    }

    /// The newest run that started after this one and was told already. What was told
    /// of this one itself may have a later time: that of its event.
    #[must_use]
    pub fn newer_than(&self, execution_id: &str, started: Timestamp) -> Option<&Entry> {
        let words = self.last_words();
        let whole = |entry: &&Entry| {
            entry.is_of_end() && !entry.narrowed && entry.execution_id != execution_id
        };
        let newest = words.into_iter().rev().find(whole);
        newest.filter(|entry| entry.time > started)
    }

    /// The last word on each execution, and every word on missing ones, oldest
    /// first. Of a run that was told as UNKNOWN and as known, what is known stays.
    fn last_words(&self) -> Vec<&Entry> {
        let mut of_runs: BTreeMap<&str, &Entry> = BTreeMap::new();
        let mut words: Vec<&Entry> = Vec::new();
        for entry in &self.entries {
            if !entry.is_of_execution() {
                words.push(entry);
                continue;
            }
            let known = of_runs.entry(&entry.execution_id).or_insert(entry);
            if finality(entry) > finality(known) {
                *known = entry;
            }
        }
        words.extend(of_runs.into_values());
        words.sort_by_key(|entry| in_order(entry));
        words
    }
}

/// By time. Keys hold whole seconds, and no two runs of a task start within one; where
/// they seem to, the better one is taken for the later one.
fn in_order(entry: &Entry) -> (Timestamp, Reverse<Verdict>) {
    (entry.time, Reverse(entry.verdict))
}

/// STUCK is followed by an end, UNKNOWN by what became known.
fn finality(entry: &Entry) -> u8 {
    match entry.verdict {
        Verdict::Stuck => 0,
        Verdict::Unknown => 1,
        _ => 2,
    }
}
