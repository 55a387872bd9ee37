//! When a letter about something that lasts is due: at once, and then once a day.

use crate::ledger::{Entry, History, NO_EXECUTION};
use crate::verdict::{Limits, Silence, Verdict};
use jiff::{SignedDuration, Timestamp};

/// A day, less what two hourly watches may lie apart from it.
const ABOUT_A_DAY: SignedDuration = SignedDuration::from_mins(23 * 60 + 30);
const DAY_SECONDS: i64 = 24 * 3600;

/// The record of a letter about a silence, if that letter is due. `running` is the
/// id of the run that goes on.
#[must_use]
pub fn of_silence(
    history: &History,
    verdict: Verdict,
    silence: &Silence,
    running: Option<&str>,
    limits: &Limits,
    now: Timestamp,
) -> Option<Entry> {
    if let (Verdict::Stuck, Some(id), Some(started)) = (verdict, running, silence.running_since) {
        let noticed = started.checked_add(limits.run).ok()?;
        return on_day(history, id, verdict, started, days(noticed, now)?);
    }
    let told = history.newest(NO_EXECUTION, verdict);
    let is_fresh = |entry: &Entry| {
        let since_told = now.duration_since(entry.time);
        since_told < ABOUT_A_DAY && silence.quiet_since.is_none_or(|quiet| entry.time >= quiet)
    };
    (!told.is_some_and(is_fresh)).then(|| Entry {
        time: now,
        execution_id: NO_EXECUTION.to_owned(),
        verdict,
        narrowed: false,
    })
}

/// The record of a reminder of a run that was not good, if nothing better was told
/// since and a day has passed.
#[must_use]
pub fn again(history: &History, partial_counts_as_good: bool, now: Timestamp) -> Option<Entry> {
    let last = history.last_end()?;
    if last.verdict.counts_as_good(partial_counts_as_good) {
        return None;
    }
    let days = days(last.time, now).filter(|days| *days > 0)?;
    on_day(history, &last.execution_id, last.verdict, last.time, days)
}

/// The record with this many days on its time, unless it is there.
fn on_day(
    history: &History,
    execution_id: &str,
    verdict: Verdict,
    first: Timestamp,
    days: i64,
) -> Option<Entry> {
    let time = first
        .checked_add(SignedDuration::from_secs(days * DAY_SECONDS))
        .ok()?;
    // Keys hold whole seconds.
    let told = history.newest(execution_id, verdict);
    let is_told = told.is_some_and(|entry| entry.time.as_second() >= time.as_second());
    (!is_told).then(|| Entry {
        time,
        execution_id: execution_id.to_owned(),
        verdict,
        narrowed: false,
    })
}

/// Whole days; `None` before it began.
fn days(from: Timestamp, to: Timestamp) -> Option<i64> {
    let seconds = to.duration_since(from).as_secs();
    (seconds >= 0).then_some(seconds / DAY_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        freshness: SignedDuration::from_hours(30),
        run: SignedDuration::from_hours(12),
    };

    fn at(hours: i64) -> Timestamp {
        let first: Timestamp = "2026-11-20T02:00:00Z".parse().unwrap();
        first + SignedDuration::from_hours(hours)
    }

    /// Lets the watch look every hour, and gives the hours at which it told.
    fn hours_of_letters(
        mut history: History,
        hours: std::ops::Range<i64>,
        due: impl Fn(&History, Timestamp) -> Option<Entry>,
    ) -> Vec<i64> {
        let mut told = Vec::new();
        for hour in hours {
            if let Some(entry) = due(&history, at(hour)) {
                // What was told is not told again in the same hour.
                history = history.with(entry);
                assert_eq!(due(&history, at(hour)), None, "twice at {hour}");
                told.push(hour);
            }
        }
        told
    }

    #[test]
    fn a_missing_run_is_told_at_once_and_then_daily() {
        let silence = Silence {
            quiet_since: Some(at(0)),
            ..Silence::default()
        };
        let due = |history: &History, now| {
            of_silence(history, Verdict::Missing, &silence, None, &LIMITS, now)
        };
        let told = hours_of_letters(History::default(), 30..130, due);
        assert_eq!(told, [30, 54, 78, 102, 126]);
    }

    #[test]
    fn a_missing_run_after_a_good_one_is_a_new_one() {
        let history = History::from_keys(["ledger/t/20261120T020000Z_none_MISSING.json"]);
        let silence = Silence {
            quiet_since: Some(at(1)),
            ..Silence::default()
        };
        let entry = of_silence(&history, Verdict::Missing, &silence, None, &LIMITS, at(2));
        assert!(entry.is_some());
    }

    #[test]
    fn a_stuck_run_is_told_at_its_limit_and_then_daily() {
        let silence = Silence {
            running_since: Some(at(0)),
            ..Silence::default()
        };
        let due = |history: &History, now| {
            let running = Some("exec-a");
            of_silence(history, Verdict::Stuck, &silence, running, &LIMITS, now)
        };
        let told = hours_of_letters(History::default(), 12..70, due);
        assert_eq!(told, [12, 36, 60]);
        let first = due(&History::default(), at(13)).unwrap();
        assert_eq!(first.time, at(0), "the key's time is the start");
    }

    #[test]
    fn a_failed_run_is_told_daily_until_a_good_one() {
        let failed = "ledger/t/20261120T020000Z_exec-a_FAILED.json";
        let due = |history: &History, now| again(history, false, now);
        let history = History::from_keys([failed]);
        assert_eq!(hours_of_letters(history, 0..80, due), [24, 48, 72]);

        let good = History::from_keys([failed, "ledger/t/20261120T030000Z_exec-b_OK.json"]);
        assert_eq!(again(&good, false, at(99)), None);
        let partial = History::from_keys(["ledger/t/20261120T020000Z_exec-a_PARTIAL.json"]);
        assert!(again(&partial, false, at(24)).is_some());
        assert_eq!(again(&partial, true, at(24)), None);
        assert_eq!(again(&History::default(), false, at(99)), None);
    }
}
