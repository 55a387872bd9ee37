//! The machine form, schema `backup.run/1`: the numbers of the mail for
//! programs. Additive changes only; what was not reported is `null` and named
//! in `unknown`.

use super::{ExecutionLetter, LastGood, UnknownLetter};
use crate::diagnosis::{Class, Diagnosis};
use crate::failed_files::{FailedFile, FailedFiles, LogFindings};
use crate::verdict::Verdict;
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
        arn.task.task_id, arn.execution_id, run.status
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
    form["safety"] = json!({ "last_good_started": last_good(&letter.last_good) });
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
    form["unknown"] = json!(["counts", "failures"]);
    form
}

/// The form of a test letter.
pub(super) fn test(backup: &super::Backup) -> Value {
    json!({
        "schema": SCHEMA, "verdict": "TEST", "severity": "info", "exit_hint": 0,
        "headline": "test", "task": task(backup),
    })
}
