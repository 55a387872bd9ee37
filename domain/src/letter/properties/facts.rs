//! Facts of any kind, and text of the worst kind.

use crate::baseline::{Baseline, Spread, Usual};
use crate::execution::{Counters, Execution, Phase, Status, TaskReport};
use crate::failed_files::{FailedFiles, Gathering};
use crate::ledger::{Entry, NotGood, Row};
use crate::letter::fixtures::nightly;
use crate::letter::{Beside, LastGood, NextRun};
use crate::schedule::Schedule;
use crate::subscription::SubscriptionState;
use crate::task::{OwnSchedule, Task};
use crate::units::{Bytes, Millis};
use crate::verdict::Verdict;
use crate::watch::{Found, Looked, NotLooked, Rule, Running, Subscription};
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt::Debug;

/// It stands in foreign text only, so that it can be found in a letter.
pub(super) const MARK: &str = "EVIL";

/// What could break out of a line, and what stands around it.
const PIECES: [&str; 14] = [
    MARK,
    "\n",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\0",
    "\\",
    "\"",
    "  ",
    "OK | web | 3 files",
    "\nBackup OK. ",
    "\nLINKS\n  Run: https://",
    "/a/very/long/path/that/has/no/blank/in/it/so/that/it/cannot/be/wrapped/anywhere",
];

/// Text that somebody else wrote.
pub(super) fn foreign() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => select(&PIECES[..]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A number of any size, small ones as often as large ones.
pub(super) fn number() -> impl Strategy<Value = u64> {
    (0_u32..64, any::<u64>()).prop_map(|(bits, number)| number >> bits)
}

pub(super) fn time() -> impl Strategy<Value = Timestamp> {
    let year = 366 * 86_400_i64;
    (-1900 * year..7900 * year)
        .prop_map(|second| Timestamp::from_second(second).expect("between the years 0 and 9999"))
}

pub(super) fn status() -> impl Strategy<Value = Status> {
    let word = prop_oneof![
        select(&["SUCCESS", "ERROR", "QUEUED"][..]).prop_map(str::to_owned),
        foreign(),
    ];
    word.prop_map(|word| Status::from(word.as_str()))
}

fn phase() -> impl Strategy<Value = Phase> {
    (of(foreign()), of(number())).prop_map(|(status, took)| Phase {
        status,
        took: took.map(Millis),
    })
}

fn counters() -> impl Strategy<Value = Counters> {
    vec(of(number()), 10).prop_map(|numbers| Counters {
        files_estimated: numbers[0],
        files_transferred: numbers[1],
        files_skipped: numbers[2],
        files_verified: numbers[3],
        files_deleted: numbers[4],
        files_failed: numbers[5],
        deletions_estimated: numbers[9],
        bytes_transferred: numbers[6].map(Bytes),
        bytes_written: numbers[7].map(Bytes),
        bytes_compressed: numbers[8].map(Bytes),
    })
}

pub(super) fn execution() -> impl Strategy<Value = Execution> {
    let ends = (status(), vec(of(time()), 3), of(number()));
    let phases = (phase(), phase(), phase());
    let texts = vec(of(foreign()), 4);
    (ends, phases, counters(), texts).prop_map(|(ends, phases, counters, texts)| {
        let (status, times, took) = ends;
        Execution {
            started: times[0],
            launched: times[1],
            ended: times[2],
            took: took.map(Millis),
            prepare: phases.0,
            transfer: phases.1,
            verify: phases.2,
            counters,
            error_code: texts[0].clone(),
            error_detail: texts[1].clone(),
            task_report: texts[2]
                .clone()
                .map_or(TaskReport::Written, TaskReport::Failed),
            preserve_deleted_files: texts[3].clone(),
            ..Execution::new(nightly().arn, status)
        }
    })
}

pub(super) fn failed_files() -> impl Strategy<Value = FailedFiles> {
    let items = vec((foreign(), foreign()), 0..6);
    (items, vec(foreign(), 0..6), of(foreign()), of(foreign())).prop_map(
        |(items, lines, report_unread, log_unread)| {
            let mut gathering = Gathering::new("efs/");
            for line in &lines {
                gathering.line(line);
                gathering.line(&format!(
                    "[ERROR] Failed to open source file /{line}: {line}"
                ));
            }
            for (path, said) in &items {
                gathering.item(path, said);
            }
            match log_unread {
                Some(because) => gathering.log_not_read(because),
                None => gathering.log_is_read(),
            }
            if let Some(because) = report_unread {
                gathering.not_read(because);
            }
            gathering.finish()
        },
    )
}

pub(super) fn last_good() -> impl Strategy<Value = LastGood> {
    prop_oneof![
        time().prop_map(LastGood::Started),
        Just(LastGood::NoneRecorded),
        foreign().prop_map(LastGood::NotKnown),
    ]
}

pub(super) fn next_run() -> impl Strategy<Value = NextRun> {
    prop_oneof![
        time().prop_map(NextRun::Due),
        foreign().prop_map(NextRun::NotDue),
        foreign().prop_map(NextRun::NotKnown),
    ]
}

fn spread() -> impl Strategy<Value = Spread> {
    (number(), number(), number()).prop_map(|(median, least, most)| Spread {
        median,
        least,
        most,
    })
}

fn baseline() -> impl Strategy<Value = Baseline> {
    let spreads = (spread(), spread(), of(spread()), of(spread()));
    let known = (1_usize..15, spreads, of(number()));
    let known = known.prop_map(|(runs, (seen, copied, bytes, took), per_month)| Usual {
        runs,
        seen,
        copied,
        bytes,
        took,
        per_month: per_month.map(Bytes),
    });
    prop_oneof![
        known.prop_map(Baseline::Known),
        (0_usize..5).prop_map(Baseline::TooShort),
        foreign().prop_map(Baseline::NotKnown),
        Just(Baseline::OtherFiles),
    ]
}

fn not_good() -> impl Strategy<Value = NotGood> {
    let verdict = || select(&Verdict::ALL[..]);
    (time(), verdict(), verdict(), number()).prop_map(|(since, first, last, count)| NotGood {
        since,
        first,
        last,
        count,
    })
}

pub(super) fn told() -> impl Strategy<Value = Entry> {
    let parts = (time(), select(&Verdict::ALL[..]), any::<bool>());
    parts.prop_map(|(time, verdict, narrowed)| Entry {
        time,
        execution_id: "exec-0a1b2c3d4e5f60718".to_owned(),
        verdict,
        narrowed,
    })
}

pub(super) fn beside() -> impl Strategy<Value = Beside> {
    let row = (number(), time()).prop_map(|(count, since)| Row { count, since });
    let past = (last_good(), baseline(), of(not_good()), of(row));
    (past, of(told()), any::<bool>(), next_run()).prop_map(|(past, newer, narrowed, next_run)| {
        let (last_good, baseline, not_good, row) = past;
        Beside {
            last_good,
            baseline,
            not_good,
            row,
            newer,
            narrowed,
            next_run,
        }
    })
}

fn looked<T: Debug>(at: impl Strategy<Value = T>) -> impl Strategy<Value = Looked<T>> {
    let not_looked = (foreign(), any::<bool>());
    let not_looked = not_looked.prop_map(|(because, may_pass)| NotLooked { because, may_pass });
    prop_oneof![3 => at.prop_map(Ok), 1 => not_looked.prop_map(Err)]
}

fn task() -> impl Strategy<Value = Task> {
    let own_schedule = (foreign(), of(foreign()), of(foreign()));
    let own_schedule =
        own_schedule.prop_map(|(expression, disabled_by, disabled_because)| OwnSchedule {
            expression,
            disabled_by,
            disabled_because,
        });
    let parts = (foreign(), of(foreign()), of(time()), of(own_schedule));
    parts.prop_map(|(status, error, created, own_schedule)| Task {
        status,
        error,
        created,
        own_schedule,
        ..Task::default()
    })
}

fn audience() -> impl Strategy<Value = Vec<Subscription>> {
    let one = (foreign(), foreign()).prop_map(|(endpoint, arn)| Subscription {
        endpoint,
        state: SubscriptionState::of(&arn),
    });
    vec(one, 0..3)
}

/// A line about which nothing can be relied on.
pub(super) fn found() -> impl Strategy<Value = Found> {
    let schedule = (foreign(), foreign(), foreign(), foreign());
    let schedule = schedule.prop_map(|(name, state, expression, time_zone)| Schedule {
        name,
        state,
        expression,
        time_zone,
    });
    let running = (select(&Status::TRANSIENT[..]), of(time()));
    let running = running.prop_map(|(status, started)| Running {
        execution: nightly().arn,
        status: status.to_owned(),
        started,
    });
    let rule = (foreign(), any::<bool>()).prop_map(|(state, reaches_reporter)| Rule {
        state,
        reaches_reporter,
    });
    let parts = (
        looked(task()),
        looked(of(schedule)),
        looked(of(running)),
        looked(of(rule)),
    );
    let people = (
        looked(audience()),
        looked(audience()),
        looked(number()),
        looked(Just(())),
    );
    (parts, people).prop_map(|(parts, people)| Found {
        task: parts.0,
        schedule: parts.1,
        running: parts.2,
        rule: parts.3,
        alerts: people.0,
        watchers: people.1,
        waiting: people.2,
        ledger: people.3,
    })
}
