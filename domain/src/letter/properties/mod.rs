//! Whatever names, paths, error texts and numbers come: SNS takes every letter, and
//! no foreign word begins a line, a subject or a form of ours.

mod facts;

use super::fixtures::{backup, nightly};
use super::line::{LineLetter, LineNames};
use super::reminder::ReminderLetter;
use super::silence::SilenceLetter;
use super::{Backup, ExecutionLetter, Message, UnknownLetter};
use crate::state_change::StateChange;
use crate::units::Millis;
use crate::verdict::{Limits, Silence, Verdict};
use crate::watch::{Refusal, troubles};
use facts::{
    MARK, beside, execution, failed_files, foreign, found, last_good, next_run, number, status,
    time, told,
};
use jiff::SignedDuration;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

fn backup_called(name: Option<String>) -> Backup {
    Backup {
        task_name: name,
        ..backup()
    }
}

fn names() -> LineNames {
    LineNames {
        schedule: "web-backup-StartSchedule".to_owned(),
        rule: "web-backup-execution-finished".to_owned(),
        queue: "https://sqs.eu-central-1.amazonaws.com/111122223333/failed".to_owned(),
        topic: "arn:aws:sns:eu-central-1:111122223333:alerts".to_owned(),
        watch_topic: "arn:aws:sns:eu-central-1:111122223333:watch".to_owned(),
    }
}

/// The rules of SNS and of our own layout.
fn keeps_the_rules(message: &Message, label: &str) -> Result<(), TestCaseError> {
    let printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let subject = message.subject();
    prop_assert!(subject.len() <= 99 && printable(subject), "{}", subject);
    let begins = subject.starts_with(&format!("{label} | "));
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
    prop_assert_eq!(&json["verdict"], label);
    prop_assert!(message.structure().len() <= 262_144);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_fact_of_a_run_breaks_a_rule(
        name in of(foreign()), verdict in select(&Verdict::ALL[..]), execution in execution(),
        failed in failed_files(), beside in beside(), time in time(),
    ) {
        let letter = ExecutionLetter {
            backup: &backup_called(name),
            verdict,
            execution: &execution,
            failed: &failed,
            report_url: Some("s3://acme-reports/".to_owned()),
            beside: &beside,
            evidence: None,
            time,
        };
        keeps_the_rules(&letter.render(), verdict.word())?;
    }

    #[test]
    fn nothing_that_cannot_be_read_breaks_a_rule(
        name in of(foreign()), state in of(status()), because in foreign(), raw in of(foreign()),
        last_good in last_good(), next_run in next_run(), time in time(),
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
            next_run,
            time,
        };
        keeps_the_rules(&letter.render(), "UNKNOWN")?;
    }

    #[test]
    fn no_silence_breaks_a_rule(
        name in of(foreign()), refusal in of(foreign()), usual in of(number()), found in found(),
        verdict in select(&[Verdict::Stuck, Verdict::Missing, Verdict::Failed][..]),
        since in (of(time()), of(time())), last_good in last_good(), next_run in next_run(),
        time in time(),
    ) {
        let refusal = refusal.map(Refusal::TaskUnavailable);
        let letter = SilenceLetter {
            backup: &backup_called(name),
            names: &names(),
            verdict,
            refusal: refusal.as_ref(),
            silence: &Silence {
                start_refused: verdict == Verdict::Failed,
                running_since: since.0,
                quiet_since: since.1,
            },
            limits: &Limits {
                freshness: SignedDuration::from_hours(30),
                run: SignedDuration::from_hours(12),
            },
            found: &found,
            usual: usual.map(Millis),
            last_good: &last_good,
            next_run: &next_run,
            time,
        };
        keeps_the_rules(&letter.render(), verdict.word())?;
    }

    #[test]
    fn no_state_of_the_line_breaks_a_rule(
        name in of(foreign()), found in found(), time in time(),
    ) {
        let letter = LineLetter {
            backup: &backup_called(name),
            names: &names(),
            troubles: &troubles(&found),
            found: &found,
            time,
        };
        keeps_the_rules(&letter.render(), "WATCH")?;
    }

    #[test]
    fn no_reminder_breaks_a_rule(
        name in of(foreign()), run in told(), last_good in last_good(), next_run in next_run(),
        time in time(),
    ) {
        let letter = ReminderLetter {
            backup: &backup_called(name),
            run: &run,
            last_good: &last_good,
            next_run: &next_run,
            time,
        };
        keeps_the_rules(&letter.render(), run.verdict.word())?;
    }
}
