//! Whatever names, paths, error texts and numbers come: SNS takes every letter, and
//! no foreign word begins a line, a subject or a form of ours.

use super::fixtures::{backup, nightly};
use super::{Backup, ExecutionLetter, LastGood, Message, UnknownLetter};
use crate::execution::{Counters, Execution, Phase, Status, TaskReport};
use crate::failed_files::{FailedFiles, Gathering};
use crate::state_change::StateChange;
use crate::units::{Bytes, Millis};
use crate::verdict::Verdict;
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

/// It stands in foreign text only, so that it can be found in a letter.
const MARK: &str = "EVIL";

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
fn foreign() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => select(&PIECES[..]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A number of any size, small ones as often as large ones.
fn number() -> impl Strategy<Value = u64> {
    (0_u32..64, any::<u64>()).prop_map(|(bits, number)| number >> bits)
}

fn time() -> impl Strategy<Value = Timestamp> {
    let year = 366 * 86_400_i64;
    (-1900 * year..7900 * year)
        .prop_map(|second| Timestamp::from_second(second).expect("between the years 0 and 9999"))
}

fn status() -> impl Strategy<Value = Status> {
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
    vec(of(number()), 9).prop_map(|numbers| Counters {
        files_estimated: numbers[0],
        files_transferred: numbers[1],
        files_skipped: numbers[2],
        files_verified: numbers[3],
        files_deleted: numbers[4],
        files_failed: numbers[5],
        bytes_transferred: numbers[6].map(Bytes),
        bytes_written: numbers[7].map(Bytes),
        bytes_compressed: numbers[8].map(Bytes),
    })
}

fn execution() -> impl Strategy<Value = Execution> {
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

fn failed_files() -> impl Strategy<Value = FailedFiles> {
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

fn last_good() -> impl Strategy<Value = LastGood> {
    prop_oneof![
        time().prop_map(LastGood::Started),
        Just(LastGood::NoneRecorded),
        foreign().prop_map(LastGood::NotKnown),
    ]
}

fn backup_called(name: Option<String>) -> Backup {
    Backup {
        task_name: name,
        ..backup()
    }
}

/// The rules of SNS and of our own layout.
fn keeps_the_rules(message: &Message, verdict: Verdict) -> Result<(), TestCaseError> {
    let printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let subject = message.subject();
    prop_assert!(subject.len() <= 99 && printable(subject), "{}", subject);
    let begins = subject.starts_with(&format!("{} | ", verdict.word()));
    prop_assert!(begins && subject.ends_with('Z'), "{}", subject);
    prop_assert!(message.sms().len() <= 140 && printable(message.sms()));
    prop_assert!(message.body().len() <= 16 * 1024);
    for line in message.body().lines() {
        prop_assert!(printable(line) && line.len() <= 998, "{}", line);
        prop_assert!(!line.contains(MARK) || line.starts_with("  "), "{}", line);
    }
    for (name, text) in message.attributes() {
        prop_assert!(!text.trim().is_empty() && text.len() <= 256, "{}", name);
    }
    let json: serde_json::Value = serde_json::from_str(message.json()).expect("JSON");
    prop_assert_eq!(&json["verdict"], verdict.word());
    prop_assert!(message.structure().len() <= 262_144);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_fact_of_a_run_breaks_a_rule(
        name in of(foreign()), verdict in select(&Verdict::ALL[..]), execution in execution(),
        failed in failed_files(), last_good in last_good(), time in time(),
    ) {
        let letter = ExecutionLetter {
            backup: &backup_called(name),
            verdict,
            execution: &execution,
            failed: &failed,
            report_url: Some("s3://acme-reports/".to_owned()),
            last_good,
            time,
        };
        keeps_the_rules(&letter.render(), verdict)?;
    }

    #[test]
    fn nothing_that_cannot_be_read_breaks_a_rule(
        name in of(foreign()), state in of(status()), because in foreign(), raw in of(foreign()),
        last_good in last_good(), time in time(),
    ) {
        let change = state.map(|state| StateChange {
            execution: nightly().arn,
            state,
            time: Some(time),
        });
        let letter = UnknownLetter {
            backup: &backup_called(name),
            change: change.as_ref(),
            because,
            raw,
            last_good,
            time,
        };
        keeps_the_rules(&letter.render(), Verdict::Unknown)?;
    }
}
