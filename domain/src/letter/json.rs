//! The machine form, schema `backup.run/1`: the numbers of the mail for
//! programs. Additive changes only; what was not reported is `null` and named
//! in `unknown`.

use super::{
    ExecutionLetter, LastGood, LineLetter, NextRun, ReminderLetter, SilenceLetter, UnknownLetter,
};
use crate::baseline::{Baseline, Spread, Usual};
use crate::diagnosis::{Class, Diagnosis};
use crate::failed_files::{FailedFile, FailedFiles, LogFindings};
use crate::ledger::{NO_EXECUTION, NotGood, Row};
use crate::verdict::Verdict;
use crate::watch::{Trouble, troubles};
use serde_json::{Value, json};

/// The schema's name and version.
pub const SCHEMA: &str = "backup.run/1";

/// Foreign text as it is, for programs, but no more than a path may hold.
fn bounded(text: &str) -> &str {
    const LONGEST: usize = 4096;
    let end = (0..=LONGEST.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

fn head(verdict: Verdict, headline: &str) -> Value {
    json!({
        "schema": SCHEMA,
        "verdict": verdict.word(),
        "severity": verdict.severity().word(),
        "exit_hint": verdict.exit_code(),
        "headline": headline,
    })
}

/// The form of an execution whose facts are known.
pub(super) fn execution(letter: &ExecutionLetter<'_>, headline: &str) -> Value {
    let run = letter.execution;
    let arn = &run.arn;
    let mut form = head(letter.verdict, headline);
    form["dedup_key"] = json!(format!(
        "{}/{}/{}",
        arn.task.task_id,
        arn.execution_id,
        letter.verdict.key()
    ));
    form["task"] = task(letter.backup);
    form["execution"] = json!({
        "arn": arn.as_str(),
        "status": run.status.to_string(),
        "started": run.started,
        "launched": run.launched,
        "ended": run.ended,
        "total_ms": run.took,
        "prepare_ms": run.prepare.took,
        "transfer_ms": run.transfer.took,
        "verify_ms": run.verify.took,
        "error_code": run.error_code.as_deref().map(bounded),
        "error_detail": run.error_detail.as_deref().map(bounded),
    });
    form["counts"] = counts(letter);
    form["failures"] = failures(letter.failed);
    form["diagnosis"] = letter.diagnoses().iter().map(diagnosis).collect();
    form["evidence"] = letter.evidence.map_or(Value::Null, |evidence| {
        super::evidence::json(&letter.diagnoses(), evidence)
    });
    form["safety"] = safety(letter);
    form["baseline"] = baseline(&letter.beside.baseline);
    form["links"] = json!({
        "console": arn.console_url(),
        "log": arn.log_url(&letter.backup.log_group),
        "report": letter.report_url,
    });
    let unknown = unknown_counts(&form["counts"]);
    form["unknown"] = unknown;
    form
}

fn failures(failed: &FailedFiles) -> Value {
    json!({
        "total": failed.count(),
        "at_least": failed.known,
        "read": failed.is_read(),
        "not_read_because": failed.unread.as_deref().map(bounded),
        "classes": classes(failed),
        "items": failed.first().into_iter().map(item).collect::<Vec<_>>(),
        "log": log(&failed.log),
    })
}

fn classes(failed: &FailedFiles) -> Value {
    let class = |(class, count): (Class, u64)| json!({"class": class.word(), "count": count});
    failed.by_class().into_iter().map(class).collect()
}

fn item(file: &FailedFile) -> Value {
    json!({
        "path": bounded(&file.path),
        "class": file.class.word(),
        "said": bounded(&file.said),
    })
}

fn log(log: &LogFindings) -> Value {
    json!({
        "lines": log.lines,
        "not_understood": log.lines.map(|_| log.not_understood),
        "only_in_log": log.lines.map(|_| log.only_here),
        "not_read_because": log.unread.as_deref().map(bounded),
    })
}

fn diagnosis(diagnosis: &Diagnosis) -> Value {
    json!({
        "id": diagnosis.rule.id,
        "cause": diagnosis.rule.cause,
        "seen": diagnosis.seen.iter().map(|seen| bounded(seen.text())).collect::<Vec<_>>(),
        "source": diagnosis.rule.source,
        "standing": diagnosis.standing.word(),
        "against": diagnosis.against,
    })
}

fn task(backup: &super::Backup) -> Value {
    json!({ "name": backup.task(), "arn": backup.task.as_str() })
}

fn counts(letter: &ExecutionLetter<'_>) -> Value {
    let counters = &letter.execution.counters;
    let preserved = letter.execution.preserve_deleted_files.as_deref() == Some("PRESERVE");
    json!({
        "files_estimated": counters.files_estimated,
        "files_transferred": counters.files_transferred,
        "files_skipped": counters.files_skipped,
        "files_verified": counters.files_verified,
        "files_deleted": counters.files_deleted.filter(|_| !preserved),
        "files_failed": letter.failed.count(),
        "bytes_transferred": counters.bytes_transferred,
        "bytes_written": counters.bytes_written,
        "bytes_compressed": counters.bytes_compressed,
    })
}

fn unknown_counts(counts: &Value) -> Value {
    let names = counts.as_object().into_iter().flatten();
    names
        .filter(|(_, value)| value.is_null())
        .map(|(name, _)| name.as_str())
        .collect()
}

/// What is at risk since when, and what was told before.
fn safety(letter: &ExecutionLetter<'_>) -> Value {
    let beside = letter.beside;
    let outage = |outage: NotGood| json!({"since": outage.since, "told": outage.count, "last": outage.last.word()});
    let row = |row: Row| json!({"count": row.count, "since": row.since});
    json!({
        "last_good_started": last_good(&beside.last_good),
        "next_run": beside.next_run.due(),
        "not_good_before": beside.not_good.map(outage),
        "in_a_row": beside.row.map(row),
        "narrowed": beside.narrowed,
        "mass_change": letter.mass_change().map(|_| letter.what_is_strange(super::entries)),
    })
}

/// What is usual, in files, bytes and milliseconds; `null` where it is not known.
fn baseline(baseline: &Baseline) -> Value {
    let spread = |spread: Spread| json!({"median": spread.median, "least": spread.least, "most": spread.most});
    let usual = |usual: &Usual| {
        json!({
            "runs": usual.runs,
            "files_found": spread(usual.seen),
            "files_transferred": spread(usual.copied),
            "bytes_written": usual.bytes.map(spread),
            "total_ms": usual.took.map(spread),
            "bytes_per_30_days": usual.per_month,
        })
    };
    baseline.usual().map_or(Value::Null, usual)
}

fn last_good(last_good: &LastGood) -> Value {
    match last_good {
        LastGood::Started(time) => json!(time),
        LastGood::NoneRecorded | LastGood::NotKnown(_) => Value::Null,
    }
}

/// The form of an event about which nothing more could be learned.
pub(super) fn unknown(letter: &UnknownLetter<'_>, headline: &str) -> Value {
    let mut form = head(Verdict::Unknown, headline);
    let execution = letter.change.map(|change| {
        json!({
            "arn": change.execution.as_str(),
            "state_in_event": change.state.to_string(),
            "time_of_event": change.time,
        })
    });
    form["task"] = task(letter.backup);
    form["execution"] = json!(execution);
    form["because"] = json!(bounded(&letter.because));
    form["safety"] = json!({
        "last_good_started": letter.change.map(|_| last_good(&letter.last_good)),
        "next_run": letter.change.and_then(|_| letter.next_run.due()),
    });
    form["unknown"] = json!(["counts", "failures"]);
    form
}

/// The form of a letter about what did not happen.
pub(super) fn silence(letter: &SilenceLetter<'_>, headline: &str) -> Value {
    let mut form = head(letter.verdict, headline);
    let running = letter.running_arn();
    form["dedup_key"] = json!(format!(
        "{}/{}/{}/{}",
        letter.backup.task.task_id,
        running
            .and_then(|arn| arn.rsplit('/').next())
            .unwrap_or(NO_EXECUTION),
        letter.verdict.key(),
        letter
            .silence
            .running_since
            .or(letter.silence.quiet_since)
            .unwrap_or(letter.time)
    ));
    form["task"] = task(letter.backup);
    form["execution"] = running.map_or(
        Value::Null,
        |arn| json!({"arn": arn, "started": letter.silence.running_since}),
    );
    form["silence"] = json!({
        "start_refused": letter.silence.start_refused,
        "quiet_since": letter.silence.quiet_since,
        "running_since": letter.silence.running_since,
        "freshness_limit_hours": letter.limits.freshness.as_hours(),
        "max_run_hours": letter.limits.run.as_hours(),
    });
    form["troubles"] = troubles(letter.found).iter().map(trouble).collect();
    form["safety"] = since(letter.last_good, letter.next_run);
    form["unknown"] = json!(["counts", "failures"]);
    form
}

/// The form of a reminder of a run that was not good.
pub(super) fn reminder(letter: &ReminderLetter<'_>, headline: &str) -> Value {
    let run = letter.run;
    let mut form = head(run.verdict, headline);
    let task_id = &letter.backup.task.task_id;
    form["dedup_key"] = json!(format!("{task_id}/{}/REMINDER", run.execution_id));
    form["task"] = task(letter.backup);
    form["execution"] = json!({"arn": letter.arn(), "started": run.time});
    form["safety"] = since(letter.last_good, letter.next_run);
    form["unknown"] = json!(["counts", "failures"]);
    form
}

/// The form of a letter about the line itself.
pub(super) fn line(letter: &LineLetter<'_>, headline: &str) -> Value {
    json!({
        "schema": SCHEMA, "verdict": "WATCH", "severity": letter.severity(),
        "exit_hint": u8::from(!letter.troubles.is_empty()), "headline": headline,
        "task": task(letter.backup),
        "troubles": letter.troubles.iter().map(trouble).collect::<Vec<_>>(),
    })
}

fn trouble(trouble: &Trouble) -> Value {
    json!({"id": trouble.id, "place": trouble.place, "found": bounded(&trouble.found)})
}

/// What is at risk since when, where nothing more is known.
fn since(last_good: &LastGood, next_run: &NextRun) -> Value {
    json!({
        "last_good_started": self::last_good(last_good),
        "next_run": next_run.due(),
    })
}

/// The form of a test letter.
pub(super) fn test(backup: &super::Backup) -> Value {
    json!({
        "schema": SCHEMA, "verdict": "TEST", "severity": "info", "exit_hint": 0,
        "headline": "test", "task": task(backup),
    })
}
