//! What is usual for this backup line, from the records of its last runs, and
//! whether a run is far from it.

use crate::execution::Execution;
use crate::ledger::Record;
use crate::units::{Bytes, Millis};
use jiff::Timestamp;

/// How many of the last runs tell what is usual.
pub const RUNS: usize = 14;

/// Fewer than these tell nothing.
pub const FEWEST: usize = 5;

/// A month, where a rate per month is told.
const MONTH_SECONDS: u128 = 30 * 24 * 3600;

/// A rate from less than this would be a guess.
const SHORTEST_RATE_SECONDS: u128 = 3 * 24 * 3600;

/// What is usual, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Baseline {
    /// Enough runs are recorded.
    Known(Usual),
    /// Only so many are.
    TooShort(usize),
    /// The records could not be read, for this reason.
    NotKnown(String),
    /// The run was told to copy other files than those before it.
    OtherFiles,
}

/// What the last runs have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usual {
    /// How many runs.
    pub runs: usize,
    /// Files and folders found, copied and not copied.
    pub seen: Spread,
    /// Files and folders copied.
    pub copied: Spread,
    /// Bytes written; `None` where too few runs report them.
    pub bytes: Option<Spread>,
    /// Milliseconds from start to end; `None` where too few runs report them.
    pub took: Option<Spread>,
    /// Bytes written per month at the rate of these runs; `None` where they do not
    /// reach back three days.
    pub per_month: Option<Bytes>,
}

/// The middle and the ends of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// Half of them are smaller.
    pub median: u64,
    /// The smallest.
    pub least: u64,
    /// The largest.
    pub most: u64,
}

impl Spread {
    /// `None` for fewer than [`FEWEST`] numbers.
    fn of(numbers: impl IntoIterator<Item = u64>) -> Option<Spread> {
        let mut numbers: Vec<u64> = numbers.into_iter().collect();
        if numbers.len() < FEWEST {
            return None;
        }
        numbers.sort_unstable();
        let middle = numbers.len() / 2;
        let median = if numbers.len().is_multiple_of(2) {
            numbers[middle - 1].midpoint(numbers[middle])
        } else {
            numbers[middle]
        };
        Some(Spread {
            median,
            least: numbers[0],
            most: numbers[numbers.len() - 1],
        })
    }
}

impl Baseline {
    /// Reads the records of the last runs, in any order. One without the numbers
    /// of files tells nothing.
    #[must_use]
    pub fn of(records: &[Record]) -> Baseline {
        let told: Vec<&Record> = records
            .iter()
            .filter(|record| record.files_seen().is_some())
            .collect();
        Usual::of(&told).map_or(Baseline::TooShort(told.len()), Baseline::Known)
    }

    /// What is usual, if that is known.
    #[must_use]
    pub fn usual(&self) -> Option<&Usual> {
        match self {
            Baseline::Known(usual) => Some(usual),
            Baseline::TooShort(_) | Baseline::NotKnown(_) | Baseline::OtherFiles => None,
        }
    }
}

impl Usual {
    fn of(records: &[&Record]) -> Option<Usual> {
        let spread = |number: fn(&Record) -> Option<u64>| {
            Spread::of(records.iter().filter_map(|record| number(record)))
        };
        Some(Usual {
            runs: records.len(),
            seen: spread(Record::files_seen)?,
            copied: spread(|record| record.files_transferred)?,
            bytes: spread(|record| record.bytes_written.map(|bytes| bytes.0)),
            took: spread(|record| record.took_ms.map(|Millis(took)| took)),
            per_month: per_month(records),
        })
    }
}

/// What the runs after the first one wrote, over the time between the first and
/// the last one.
fn per_month(records: &[&Record]) -> Option<Bytes> {
    let mut runs: Vec<(Timestamp, u64)> = Vec::new();
    for record in records {
        runs.push((record.started?, record.bytes_written?.0));
    }
    runs.sort_unstable();
    let ((first, _), rest) = runs.split_first()?;
    let (last, _) = rest.last()?;
    let seconds = u128::try_from(last.duration_since(*first).as_secs()).ok()?;
    if seconds < SHORTEST_RATE_SECONDS {
        return None;
    }
    let written: u128 = rest.iter().map(|(_, bytes)| u128::from(*bytes)).sum();
    u64::try_from(written * MONTH_SECONDS / seconds)
        .ok()
        .map(Bytes)
}

/// A run that is far from what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MassChange {
    /// Less than half of the usual files and folders were found, or none.
    Vanished {
        /// How many were found.
        seen: u64,
        /// The median.
        usual: u64,
    },
    /// Many more files were copied than usual, and more than 30 % of all.
    Rewritten {
        /// How many were copied.
        copied: u64,
        /// How many were found.
        seen: u64,
        /// The median of copied ones.
        usual: u64,
    },
    /// More than 10 % of the files are to be deleted at the destination.
    Deleting {
        /// How many.
        deleted: u64,
        /// How many were found.
        seen: u64,
    },
}

/// Whether a run changed far more than usual; `None` too where one cannot tell.
///
/// Where deleted files are kept in the bucket DataSync reports no deletion, so
/// what a run found is what it copied and what it did not copy.
#[must_use]
pub fn mass_change(execution: &Execution, baseline: &Baseline) -> Option<MassChange> {
    let usual = baseline.usual()?;
    let counters = &execution.counters;
    let (copied, seen) = (counters.files_transferred?, execution.files_seen()?);
    // Compared in more bits than a counter has.
    let [wide_seen, wide_copied] = [seen, copied].map(u128::from);
    let [usual_seen, usual_copied] = [usual.seen.median, usual.copied.median].map(u128::from);
    if wide_seen * 2 < usual_seen {
        return Some(MassChange::Vanished {
            seen,
            usual: usual.seen.median,
        });
    }
    let deleted = counters.deletions_estimated.unwrap_or(0);
    if execution.removes_deleted_files() && u128::from(deleted) * 10 > wide_seen {
        return Some(MassChange::Deleting { deleted, seen });
    }
    if wide_copied > usual_copied * 5 && wide_copied * 10 > wide_seen * 3 {
        return Some(MassChange::Rewritten {
            copied,
            seen,
            usual: usual.copied.median,
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::Status;
    use crate::verdict::Verdict;
    use proptest::prelude::*;

    const TASK: &str = "arn:aws:datasync:us-east-1:111122223333:task/task-0a1b2c3d4e5f60718";

    /// The record of a night in November that copied `copied` files of 100 bytes.
    fn night(day: u64, copied: u64, skipped: u64) -> Record {
        let time: Timestamp = format!("2026-11-{day:02}T02:00:00Z").parse().unwrap();
        Record {
            started: Some(time),
            took_ms: Some(Millis(copied * 1000)),
            files_transferred: Some(copied),
            files_skipped: Some(skipped),
            bytes_written: Some(Bytes(copied * 100)),
            ..Record::without_facts(TASK, Verdict::Ok, time, None)
        }
    }

    fn nights(copied: &[u64], seen: u64) -> Baseline {
        let records: Vec<Record> = (1..)
            .zip(copied)
            .map(|(day, copied)| night(day, *copied, seen - copied))
            .collect();
        Baseline::of(&records)
    }

    fn run(copied: u64, skipped: u64) -> Execution {
        let arn = format!("{TASK}/execution/exec-04ce9d516d69bd52f");
        let mut run = Execution::new(arn.parse().unwrap(), Status::Success);
        run.counters.files_transferred = Some(copied);
        run.counters.files_skipped = Some(skipped);
        run
    }

    #[test]
    fn what_is_usual_is_the_middle_and_the_ends() {
        let usual = nights(&[10, 30, 20, 0, 40, 1000], 5000);
        let usual = usual.usual().unwrap();
        let spread = |median, least, most| Spread {
            median,
            least,
            most,
        };
        assert_eq!(usual.runs, 6);
        assert_eq!(usual.copied, spread(25, 0, 1000));
        assert_eq!(usual.seen, spread(5000, 5000, 5000));
        assert_eq!(usual.bytes, Some(spread(2500, 0, 100_000)));
        // 109,000 bytes in the five days after the first night.
        assert_eq!(usual.per_month, Some(Bytes(109_000 * 6)));
    }

    #[test]
    fn a_short_history_says_so() {
        assert_eq!(nights(&[], 10), Baseline::TooShort(0));
        assert_eq!(nights(&[1, 1, 1, 1], 10), Baseline::TooShort(4));
        let without_counters =
            Record::without_facts(TASK, Verdict::Ok, Timestamp::UNIX_EPOCH, None);
        assert_eq!(
            Baseline::of(&vec![without_counters; 9]),
            Baseline::TooShort(0)
        );
        let within_a_day: Vec<Record> = (0..5).map(|_| night(1, 1, 9)).collect();
        assert_eq!(Baseline::of(&within_a_day).usual().unwrap().per_month, None);
    }

    #[test]
    fn a_mass_change_is_noticed() {
        let quiet = nights(&[20, 20, 20, 20, 20], 1000);
        let still = nights(&[0, 0, 0, 0, 0], 1000);
        let short = nights(&[20, 20, 20, 20], 1000);
        let removing = |deleted| {
            let mut run = run(20, 980);
            run.counters.deletions_estimated = Some(deleted);
            run.preserve_deleted_files = Some("REMOVE".to_owned());
            run
        };
        let preserving = |deleted| Execution {
            preserve_deleted_files: Some("PRESERVE".to_owned()),
            ..removing(deleted)
        };
        let unknown = |mut run: Execution| {
            run.counters.files_skipped = None;
            run
        };

        #[rustfmt::skip]
        let cases = [
            ("as ever",                    &quiet, run(20, 980),         None),
            ("all are gone",               &quiet, run(0, 0),            Some(MassChange::Vanished { seen: 0, usual: 1000 })),
            ("half and one are gone",      &quiet, run(0, 499),          Some(MassChange::Vanished { seen: 499, usual: 1000 })),
            ("half are gone",              &quiet, run(0, 500),          None),
            ("most are rewritten",         &quiet, run(900, 100),        Some(MassChange::Rewritten { copied: 900, seen: 1000, usual: 20 })),
            ("five times, but few of all", &quiet, run(101, 900),        None),
            ("30 %, and five times",       &quiet, run(300, 700),        None),
            ("a little more",              &quiet, run(301, 700),        Some(MassChange::Rewritten { copied: 301, seen: 1001, usual: 20 })),
            ("after quiet weeks",          &still, run(400, 600),        Some(MassChange::Rewritten { copied: 400, seen: 1000, usual: 0 })),
            ("too short a history",        &short, run(0, 0),            None),
            ("what is not reported",       &quiet, unknown(run(0, 0)),   None),
            ("100 are to be deleted",      &quiet, removing(100),        None),
            ("101 are",                    &quiet, removing(101),        Some(MassChange::Deleting { deleted: 101, seen: 1000 })),
            ("but are kept",               &quiet, preserving(101),      None),
        ];
        for (name, baseline, run, expected) in cases {
            assert_eq!(mass_change(&run, baseline), expected, "{name}");
        }
    }

    proptest! {
        /// No sum or product overflows, whatever DataSync reports.
        #[test]
        fn any_numbers_are_judged(
            nights in proptest::collection::vec((any::<u64>(), any::<u64>()), 0..20),
            copied in any::<u64>(), skipped in any::<u64>(), deleted in any::<u64>(),
        ) {
            let records: Vec<Record> = nights
                .iter()
                .map(|(copied, skipped)| Record { took_ms: None, bytes_written: Some(Bytes(*copied)), ..night(1, 0, 0) }.with(*copied, *skipped))
                .collect();
            let mut run = run(copied, skipped);
            run.counters.deletions_estimated = Some(deleted);
            run.preserve_deleted_files = Some("REMOVE".to_owned());
            let _ = mass_change(&run, &Baseline::of(&records));
        }

        /// The same night again and again is never suspicious.
        #[test]
        fn what_never_changes_is_never_suspicious(copied in 0_u64..1000, skipped in 0_u64..1000) {
            let records = vec![night(1, copied, skipped); RUNS];
            prop_assert_eq!(mass_change(&run(copied, skipped), &Baseline::of(&records)), None);
        }
    }

    impl Record {
        fn with(self, copied: u64, skipped: u64) -> Self {
            Record {
                files_transferred: Some(copied),
                files_skipped: Some(skipped),
                ..self
            }
        }
    }
}
