//! All forms of a letter tell the same: the machine form keeps its schema, and its
//! numbers stand in the mail.

use super::fixtures::{backup, beside, clean, failed, nightly};
use super::{
    Beside, ExecutionLetter, LastGood, LineLetter, LineNames, Message, NextRun, ReminderLetter,
    SilenceLetter, TestLetter, UnknownLetter,
};
use crate::baseline::Baseline;
use crate::event_pattern::Pattern;
use crate::execution::{Counters, Execution, Status};
use crate::failed_files::FailedFiles;
use crate::ledger::Entry;
use crate::state_change::StateChange;
use crate::units::{Bytes, Elapsed, Millis, grouped};
use crate::verdict::{Limits, Silence, Verdict};
use crate::watch::fixtures::{found, running};
use crate::watch::{Found, Refusal, troubles};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

fn now() -> Timestamp {
    "2026-11-23T08:19:00Z".parse().unwrap()
}

fn of_run(
    verdict: Verdict,
    execution: &Execution,
    failed: &FailedFiles,
    beside: &Beside,
) -> Message {
    ExecutionLetter {
        backup: &backup(),
        verdict,
        execution,
        failed,
        report_url: None,
        beside,
        evidence: None,
        time: now(),
    }
    .render()
}

fn of_silence(verdict: Verdict, refusal: Option<&Refusal>) -> Message {
    let silence = Silence {
        start_refused: refusal.is_some(),
        running_since: Some(now()),
        quiet_since: None,
    };
    let limits = Limits {
        freshness: SignedDuration::from_hours(30),
        run: SignedDuration::from_hours(12),
    };
    let found = Found {
        running: Ok(Some(running("2026-11-22T20:00:03Z"))),
        ..found()
    };
    SilenceLetter {
        backup: &backup(),
        names: &LineNames::fixture(),
        verdict,
        refusal,
        silence: &silence,
        limits: &limits,
        found: &found,
        usual: None,
        last_good: &LastGood::NoneRecorded,
        next_run: &NextRun::NotKnown("denied".to_owned()),
        time: now(),
    }
    .render()
}

/// One letter of each kind.
fn all() -> Vec<Message> {
    [of_runs(), of_silences(), of_lines(), of_unknowns()].concat()
}

fn of_runs() -> Vec<Message> {
    let nothing = Execution::new(nightly().arn, Status::Other(String::new()));
    let short = Beside {
        baseline: Baseline::TooShort(1),
        ..beside()
    };
    let of_verdict = |verdict| {
        [
            of_run(verdict, &nightly(), &clean(), &beside()),
            of_run(verdict, &nightly(), &failed(214), &beside()),
            of_run(verdict, &nothing, &FailedFiles::unread("denied"), &short),
        ]
    };
    Verdict::ALL.into_iter().flat_map(of_verdict).collect()
}

fn of_silences() -> Vec<Message> {
    let refusal = Refusal::TaskUnavailable("gone".to_owned());
    let run = Entry::from_key("ledger/t/20261120T010004Z_exec-0a1b2c3d4e5f60718_PARTIAL.json");
    let reminder = ReminderLetter {
        backup: &backup(),
        run: &run.unwrap(),
        last_good: &LastGood::NoneRecorded,
        next_run: &NextRun::Due(now()),
        time: now(),
    };
    vec![
        of_silence(Verdict::Failed, Some(&refusal)),
        of_silence(Verdict::Missing, None),
        of_silence(Verdict::Stuck, None),
        reminder.render(),
    ]
}

fn of_lines() -> Vec<Message> {
    let of_line = |waiting| {
        let found = Found {
            waiting: Ok(waiting),
            ..found()
        };
        LineLetter {
            backup: &backup(),
            names: &LineNames::fixture(),
            troubles: &troubles(&found),
            found: &found,
            time: now(),
        }
        .render()
    };
    vec![of_line(0), of_line(1)]
}

fn of_unknowns() -> Vec<Message> {
    let (backup, time) = (backup(), now());
    let change = StateChange {
        execution: nightly().arn,
        state: "SUCCESS".into(),
        time: None,
    };
    let unknown = |change| {
        UnknownLetter {
            backup: &backup,
            change,
            because: "denied".to_owned(),
            raw: None,
            last_good: LastGood::NoneRecorded,
            next_run: NextRun::Due(time),
            time,
        }
        .render()
    };
    let test = TestLetter {
        backup: &backup,
        time,
    };
    vec![unknown(Some(&change)), unknown(None), test.render()]
}

#[test]
fn every_machine_form_keeps_its_schema() {
    let schema: Value =
        serde_json::from_str(include_str!("../../schemas/backup.run.1.json")).unwrap();
    let schema = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let letters = all();
    assert!(letters.len() > 30);
    for letter in letters {
        let form: Value = serde_json::from_str(letter.json()).unwrap();
        let errors: Vec<String> = schema
            .iter_errors(&form)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", letter.subject());
        let in_subject = format!("{} | ", form["verdict"].as_str().unwrap());
        let subject = letter.subject().replace("TEST OK | ", "TEST | ");
        assert!(subject.starts_with(&in_subject), "{subject}");
    }
}

#[test]
fn a_broken_machine_form_is_noticed() {
    let schema: Value =
        serde_json::from_str(include_str!("../../schemas/backup.run.1.json")).unwrap();
    let form: Value = serde_json::from_str(all()[0].json()).unwrap();
    for (member, wrong) in [
        ("/verdict", Value::from("GREAT")),
        ("/counts/files_failed", Value::from("0")),
        ("/counts/files_transferred", Value::from(-1)),
        ("/execution/started", Value::from("yesterday")),
        ("/task/arn", Value::from("web")),
        ("/safety", Value::Null),
    ] {
        let mut form = form.clone();
        *form.pointer_mut(member).unwrap() = wrong;
        let schema = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        assert!(!schema.is_valid(&form), "{member}");
    }
}

/// The filter policies of README let through what it says.
#[test]
fn the_readme_s_filter_policies_hold_back_what_it_says() {
    let readme = include_str!("../../../README.md");
    let policies = readme
        .lines()
        .filter(|line| line.starts_with("{\"verdict\"") || line.starts_with("{\"severity\""));
    // A filter policy is an event pattern over the attributes (source: SNS Developer
    // Guide, "Subscription filter policies").
    let policies: Vec<Pattern> = policies.map(|line| Pattern::parse(line).unwrap()).collect();
    let [trouble, pager, no_quiet] = policies.as_slice() else {
        panic!("{policies:?}");
    };
    for letter in all() {
        let attributes: BTreeMap<&str, &str> = letter.attributes().collect();
        let (verdict, severity) = (attributes["verdict"], attributes["severity"]);
        let attributes = serde_json::json!(attributes);
        let is_quiet = ["OK", "NO CHANGE", "TEST"].contains(&verdict);
        assert_eq!(trouble.matches(&attributes), !is_quiet, "{verdict}");
        assert_eq!(pager.matches(&attributes), severity == "error", "{verdict}");
        assert_eq!(
            no_quiet.matches(&attributes),
            verdict != "NO CHANGE",
            "{verdict}"
        );
    }
}

fn number() -> impl Strategy<Value = Option<u64>> {
    proptest::option::of(prop_oneof![0_u64..10, 0_u64..10_000_000, any::<u64>()])
}

proptest! {
    /// What the machine form counts, the mail says, and what it does not know, the
    /// mail does not know either.
    #[test]
    fn the_numbers_of_all_forms_are_the_same(
        transferred in number(), skipped in number(), verified in number(),
        written in number(), compressed in number(), took in number(), known in 0_u64..400,
    ) {
        let mut run = nightly();
        run.counters = Counters {
            files_transferred: transferred,
            files_skipped: skipped,
            files_verified: verified,
            bytes_written: written.map(Bytes),
            bytes_compressed: compressed.map(Bytes),
            ..Counters::default()
        };
        run.took = took.map(Millis);
        let list = if known == 0 { clean() } else { FailedFiles { known, ..FailedFiles::none() } };
        let letter = of_run(Verdict::Partial, &run, &list, &beside());
        let form: Value = serde_json::from_str(letter.json()).unwrap();
        let text = letter.body().split_whitespace().collect::<Vec<_>>().join(" ");

        for (label, count, said) in [
            ("Copied", &form["counts"]["files_transferred"], transferred.map(grouped)),
            ("Unchanged or skipped", &form["counts"]["files_skipped"], skipped.map(grouped)),
            ("Verified", &form["counts"]["files_verified"], verified.map(grouped)),
            ("On the network", &form["counts"]["bytes_compressed"], compressed.map(|bytes| Bytes(bytes).to_string())),
            ("Took", &form["execution"]["total_ms"], took.map(|took| Millis(took).to_string())),
            ("Failed", &form["counts"]["files_failed"], Some(grouped(known))),
        ] {
            prop_assert_eq!(count.is_null(), said.is_none(), "{}", label);
            let said = said.unwrap_or_else(|| "not reported".to_owned());
            prop_assert!(text.contains(&format!("{label}: {said}")), "{}: {}\n{}", label, said, text);
        }
        if let Some(bytes) = written {
            prop_assert!(text.contains(&Bytes(bytes).to_string()));
            prop_assert_eq!(&form["counts"]["bytes_written"], &Value::from(bytes));
        }
        let headline = form["headline"].as_str().unwrap();
        // Of numbers beyond all files, a subject has no room for the whole.
        let fits = headline.len() <= 50;
        prop_assert!(!fits || letter.subject().contains(headline));
        prop_assert!(letter.sms().contains(headline));
    }

    /// No length of an outage breaks a letter's rules.
    #[test]
    fn any_time_is_told(seconds in any::<i64>()) {
        let since = Timestamp::from_second(seconds % 200_000_000_000).unwrap_or(Timestamp::MIN);
        let text = Elapsed::between(since, now()).to_string();
        prop_assert!(text.is_ascii() && text.len() < 20, "{}", text);
    }
}
