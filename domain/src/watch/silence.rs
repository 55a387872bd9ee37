//! Whether a start was refused.

use super::found::Found;
use crate::ledger::History;
use jiff::{SignedDuration, Timestamp};

/// How long after it was due a run may begin: Scheduler may be late, and a failed
/// invocation is tried twice more before its message lands in the failure queue.
const LATEST_START: SignedDuration = SignedDuration::from_mins(15);

/// A run may be asked for some seconds before the schedule's full minute.
const EARLIEST_START: SignedDuration = SignedDuration::from_mins(1);

/// Why no run starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// DataSync says that the task cannot be executed, and why. It is foreign text.
    TaskUnavailable(String),
    /// A run was due at this time, none was started, and messages about what failed
    /// are waiting.
    NothingStarted {
        /// When it was due.
        due: Timestamp,
        /// How many messages.
        waiting: u64,
    },
}

/// Whether a start was refused, or will be. `quiet_since` is when the last run ended.
///
/// A run that goes on, or went on when the next one was due, is why that was skipped;
/// how long it takes is another question.
#[must_use]
pub fn refusal(
    found: &Found,
    history: &History,
    quiet_since: Option<Timestamp>,
    now: Timestamp,
) -> Option<Refusal> {
    if let Ok(task) = &found.task
        && task.is_unavailable()
    {
        let error = task.error.clone();
        let error = error.unwrap_or_else(|| "DataSync gives no reason".to_owned());
        return Some(Refusal::TaskUnavailable(error));
    }
    let waiting = *found
        .waiting
        .as_ref()
        .ok()
        .filter(|waiting| **waiting > 0)?;
    let due = last_due(found, now)?;
    let since = due.checked_sub(EARLIEST_START).ok()?;
    let nothing_runs = found.running == Ok(None) && found.ledger.is_ok();
    let nothing_ran = quiet_since.is_some_and(|quiet| quiet < since);
    (nothing_runs && nothing_ran && !history.has_run_since(since))
        .then_some(Refusal::NothingStarted { due, waiting })
}

/// When a run should have begun by now.
fn last_due(found: &Found, now: Timestamp) -> Option<Timestamp> {
    let schedule = found.schedule.as_ref().ok()?.as_ref()?;
    schedule.last_due(now.checked_sub(LATEST_START).ok()?)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{found, running};
    use super::*;
    use crate::task::Task;
    use crate::watch::NotLooked;

    fn history(keys: &[&str]) -> History {
        History::from_keys(keys.iter().copied())
    }

    /// The schedule of the fixture is due at 01:00 UTC.
    #[test]
    fn a_start_that_never_came_is_refused_only_if_something_failed() {
        let now = |text: &str| text.parse::<Timestamp>().unwrap();
        let with = |waiting: u64, running_since: Option<&str>| Found {
            waiting: Ok(waiting),
            running: Ok(running_since.map(running)),
            ..found()
        };
        let nothing = Some(Refusal::NothingStarted {
            due: now("2026-11-23T01:00:00Z"),
            waiting: 1,
        });
        let yesterday = "ledger/t/20261122T010000Z_exec-a_OK.json";
        let tonight = "ledger/t/20261123T010003Z_exec-b_OK.json";

        #[rustfmt::skip]
        let cases = [
            ("an empty queue",          with(0, None), vec![yesterday],          "2026-11-23T02:00:00Z", None),
            ("a message, no run",       with(1, None), vec![yesterday],          "2026-11-23T02:00:00Z", nothing.clone()),
            ("not even late",           with(1, None), vec![yesterday],          "2026-11-23T01:10:00Z", None),
            ("no run ever",             with(1, None), vec![],                   "2026-11-23T02:00:00Z", nothing),
            ("a run has ended",         with(1, None), vec![yesterday, tonight], "2026-11-23T02:00:00Z", None),
            ("a run goes on",           with(1, Some("2026-11-23T01:00:03Z")), vec![yesterday], "2026-11-23T02:00:00Z", None),
            ("the run of yesterday does", with(1, Some("2026-11-22T01:00:03Z")), vec![], "2026-11-23T02:00:00Z", None),
        ];
        let ended = Some(now("2026-11-22T01:14:00Z"));
        for (name, found, keys, time, expected) in cases {
            let refused = refusal(&found, &history(&keys), ended, now(time));
            assert_eq!(refused, expected, "{name}");
        }
    }

    #[test]
    fn what_nobody_knows_is_no_refusal() {
        let now: Timestamp = "2026-11-23T02:00:00Z".parse().unwrap();
        let yesterday = history(&["ledger/t/20261122T010000Z_exec-a_OK.json"]);
        let waiting = || Found {
            waiting: Ok(1),
            ..found()
        };
        let unread = Found {
            ledger: Err(NotLooked {
                because: "denied".to_owned(),
                may_pass: false,
            }),
            ..waiting()
        };
        let [early, late] = ["2026-11-22T01:14:00Z", "2026-11-23T01:30:00Z"];
        #[rustfmt::skip]
        let cases = [
            ("one ended after the next was due", waiting(), late.parse().ok(),  false),
            ("nobody knows when one ended",      waiting(), None,               false),
            ("nobody knows what was told",       unread,    early.parse().ok(), false),
            ("all is known",                     waiting(), early.parse().ok(), true),
        ];
        for (name, found, ended, refused) in cases {
            let found = refusal(&found, &yesterday, ended, now);
            assert_eq!(found.is_some(), refused, "{name}");
        }
    }

    #[test]
    fn an_unavailable_task_refuses_whatever_else_is_known() {
        let task = Task {
            status: "UNAVAILABLE".to_owned(),
            error: Some("X: gone".to_owned()),
            ..Task::default()
        };
        let found = Found {
            task: Ok(task),
            ..found()
        };
        let now = "2026-11-23T02:00:00Z".parse().unwrap();
        let expected = Refusal::TaskUnavailable("X: gone".to_owned());
        assert_eq!(refusal(&found, &history(&[]), None, now), Some(expected));
    }
}
