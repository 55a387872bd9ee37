//! The letter that everything ends in, and what must hold of it.

#![allow(dead_code, reason = "no target uses all of it")]

use backup_domain::arn::{ExecutionArn, TaskArn};
use backup_domain::baseline::Baseline;
use backup_domain::execution::Execution;
use backup_domain::failed_files::FailedFiles;
use backup_domain::letter::{Backup, Beside, ExecutionLetter, LastGood, Message, NextRun};
use backup_domain::verdict::{Facts, Limits, Past, Verdict, judge};
use jiff::{SignedDuration, Timestamp};

const TASK: &str = "arn:aws:datasync:us-east-1:111122223333:task/task-0a1b2c3d4e5f60718";

pub(super) fn task() -> TaskArn {
    TASK.parse().expect("it is one")
}

pub(super) fn execution_arn() -> ExecutionArn {
    let arn = format!("{TASK}/execution/exec-04ce9d516d69bd52f");
    arn.parse().expect("it is one")
}

pub(super) fn backup() -> Backup {
    Backup {
        stack: "web-backup".to_owned(),
        task: task(),
        task_name: Some("web-uploads".to_owned()),
        file_system: "fs-0a1b2c3d4e5f60718".to_owned(),
        bucket: "acme-web-backup".to_owned(),
        prefix: "efs/".to_owned(),
        log_group: "/aws/datasync/web-backup".to_owned(),
        zone: "Europe/Berlin".parse().expect("it is one"),
    }
}

pub(super) fn next_run() -> NextRun {
    NextRun::NotKnown("nobody asked".to_owned())
}

fn beside() -> Beside {
    Beside {
        last_good: LastGood::NoneRecorded,
        baseline: Baseline::TooShort(0),
        not_good: None,
        row: None,
        newer: None,
        narrowed: false,
        next_run: next_run(),
    }
}

/// A letter takes ten times as long as what is fuzzed. A fuzzer sees those about one
/// input of sixteen; a test sees all.
#[allow(unexpected_cfgs, reason = "only fuzzing sets it")]
fn is_passed_over(data: &[u8]) -> bool {
    let mixed = data.iter().fold(0_u32, |mixed, byte| {
        (mixed ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    });
    cfg!(fuzzing) && !(mixed >> 16).is_multiple_of(16)
}

/// Judges an execution without a past, and writes the letter about it.
pub(super) fn judged(data: &[u8], execution: &Execution, failed: &FailedFiles) -> Verdict {
    let (beside, now) = (beside(), Timestamp::UNIX_EPOCH);
    let past = Past {
        was_not_good: false,
        baseline: &beside.baseline,
    };
    let limits = Limits {
        freshness: SignedDuration::from_hours(30),
        run: SignedDuration::from_hours(12),
    };
    let verdict = judge(&Facts::Execution { execution, failed }, &past, &limits, now);
    let verdict = verdict.expect("an execution has one");
    if is_passed_over(data) {
        return verdict;
    }
    let letter = ExecutionLetter {
        backup: &backup(),
        verdict,
        execution,
        failed,
        report_url: None,
        beside: &beside,
        evidence: None,
        time: now,
    };
    must_be_taken(&letter.render());
    verdict
}

/// SNS takes it, and no line is longer than a mail allows.
pub(super) fn must_be_taken(message: &Message) {
    let printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let subject = message.subject();
    assert!(subject.len() <= 99 && printable(subject), "{subject}");
    assert!(message.sms().len() <= 140 && printable(message.sms()));
    assert!(message.body().len() <= 16 * 1024);
    for line in message.body().lines() {
        assert!(printable(line) && line.len() <= 998, "{line}");
    }
    assert!(message.structure().len() <= 262_144);
    let json: serde_json::Value = serde_json::from_str(message.json()).expect("JSON");
    let verdict = json["verdict"].as_str().expect("a verdict");
    assert!(subject.starts_with(&format!("{verdict} | ")), "{subject}");
}
