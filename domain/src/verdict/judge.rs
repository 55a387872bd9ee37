//! From facts, the ledger and the clock to the one verdict.

use super::Verdict;
use crate::baseline::{Baseline, mass_change};
use crate::execution::{Execution, Status};
use crate::failed_files::FailedFiles;
use jiff::{SignedDuration, Timestamp};

/// What is known at the moment of judging.
#[derive(Debug)]
pub enum Facts<'a> {
    /// An end was announced, and DataSync told about the execution.
    Execution {
        /// What it told.
        execution: &'a Execution,
        /// What is known of failed files.
        failed: &'a FailedFiles,
    },
    /// An end was announced, and nothing more could be learned.
    NotDescribed,
    /// Nothing was announced.
    Silence(Silence),
}

/// How things stand when nothing is announced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Silence {
    /// Whether a start was refused, or will be: the task cannot be executed.
    pub start_refused: bool,
    /// When the run that goes on was started.
    pub running_since: Option<Timestamp>,
    /// When the last run of all files ended; when the task was made, if none has
    /// ended yet.
    pub quiet_since: Option<Timestamp>,
}

/// What the ledger remembers.
#[derive(Debug)]
pub struct Past<'a> {
    /// Whether what was told last before this run was not good.
    pub was_not_good: bool,
    /// What is usual.
    pub baseline: &'a Baseline,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the end of a run to the end of the next one.
    pub freshness: SignedDuration,
    /// From the start of a run to its end.
    pub run: SignedDuration,
}

/// The verdict; `None` where nothing is wrong with a silence.
///
/// Where several fit, the worst one is given.
#[must_use]
pub fn judge(
    facts: &Facts<'_>,
    past: &Past<'_>,
    limits: &Limits,
    now: Timestamp,
) -> Option<Verdict> {
    match facts {
        Facts::Execution { execution, failed } => {
            let by_itself = of_execution(execution, failed);
            Some(beside_the_past(by_itself, execution, past))
        }
        Facts::NotDescribed => Some(Verdict::Unknown),
        Facts::Silence(silence) => of_silence(silence, limits, now),
    }
}

fn of_silence(silence: &Silence, limits: &Limits, now: Timestamp) -> Option<Verdict> {
    let older = |since: Option<Timestamp>, limit| {
        since.is_some_and(|since| now.duration_since(since) >= limit)
    };
    if silence.start_refused {
        Some(Verdict::Failed)
    } else if silence.running_since.is_some() {
        // What goes on is not missing; it may take too long.
        older(silence.running_since, limits.run).then_some(Verdict::Stuck)
    } else {
        older(silence.quiet_since, limits.freshness).then_some(Verdict::Missing)
    }
}

/// A good run may be far from what is usual, or end an outage.
fn beside_the_past(by_itself: Verdict, execution: &Execution, past: &Past<'_>) -> Verdict {
    if by_itself > Verdict::NoChange {
        by_itself
    } else if mass_change(execution, past.baseline).is_some() {
        Verdict::Suspect
    } else if past.was_not_good {
        Verdict::Recovered
    } else {
        by_itself
    }
}

/// By the execution's own facts.
fn of_execution(execution: &Execution, failed: &FailedFiles) -> Verdict {
    match execution.status {
        Status::Success => of_a_success(execution, failed),
        Status::Error => of_an_error(execution),
        Status::Transient(_) | Status::Other(_) => Verdict::Unknown,
    }
}

fn of_a_success(execution: &Execution, failed: &FailedFiles) -> Verdict {
    let known_failed = failed.known > 0 || execution.counters.files_failed > Some(0);
    if known_failed {
        Verdict::Partial
    } else if !failed.is_read() || contradicts_itself(execution) {
        Verdict::Unknown
    } else if nothing_moved(execution) {
        Verdict::NoChange
    } else {
        Verdict::Ok
    }
}

/// SUCCESS over a phase that failed, or beside an error code: whichever of the
/// two is true, it is not known to be good.
fn contradicts_itself(execution: &Execution) -> bool {
    let phases = [&execution.prepare, &execution.transfer, &execution.verify];
    phases.iter().any(|phase| phase.failed()) || execution.error_code.is_some()
}

fn nothing_moved(execution: &Execution) -> bool {
    let counters = &execution.counters;
    counters.files_transferred == Some(0)
        && counters.bytes_written.is_some_and(|bytes| bytes.0 == 0)
        && counters.files_deleted == Some(0)
}

fn of_an_error(execution: &Execution) -> Verdict {
    let something_arrived =
        execution.counters.files_transferred > Some(0) || execution.transfer.succeeded();
    if something_arrived && !execution.was_cancelled() {
        Verdict::Partial
    } else {
        Verdict::Failed
    }
}
