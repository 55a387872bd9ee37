//! The part of a letter that gives the numbers, one fact a line. What `DataSync`
//! did not report is called so.

use super::body::Body;
use super::{ExecutionLetter, entries, shown};
use crate::execution::Phase;
use crate::units::{grouped, plural};
use jiff::Timestamp;

impl ExecutionLetter<'_> {
    pub(super) fn what_happened(&self, body: &mut Body) {
        let run = self.execution;
        let counters = &run.counters;
        let time = |time: Option<Timestamp>| shown(time, |time| self.backup.zone.show(time));
        body.heading("WHAT HAPPENED");
        body.line("DataSync status", &run.status.to_string());
        if let Some(code) = &run.error_code {
            body.line("DataSync code", code);
        }
        if let Some(detail) = &run.error_detail {
            body.line("DataSync said", &format!("\"{detail}\""));
        }
        self.told_to_copy(body);
        body.line("Started", &time(run.started));
        body.line("Ended", &time(run.ended));
        body.line("Took", &self.took());
        body.line("Copied", &self.copied());
        if let Some(rate) = run.throughput() {
            body.line("Speed while copying", &format!("{}/s", rate.short()));
        }
        body.line(
            "Unchanged or skipped",
            &shown(counters.files_skipped, entries),
        );
        body.line("Deleted at source", &self.deleted());
        body.line("Failed", &self.failed());
        body.line("Verified", &self.verified());
        body.line(
            "On the network",
            &shown(counters.bytes_compressed, |bytes| bytes.to_string()),
        );
    }

    /// Patterns, where not all files were to be copied. They are foreign text.
    fn told_to_copy(&self, body: &mut Body) {
        let filters = &self.execution.filters;
        for (label, patterns) in [
            ("Told to copy only", &filters.includes),
            ("Told to leave out", &filters.excludes),
        ] {
            if !patterns.is_empty() {
                body.line(label, &patterns.join("|"));
            }
        }
    }

    fn took(&self) -> String {
        let run = self.execution;
        let phases = [&run.prepare, &run.transfer, &run.verify];
        let whole = shown(run.took, |took| took.to_string());
        if phases.iter().all(|phase| phase.took.is_none()) {
            return whole;
        }
        let [prepare, transfer, verify] = phases.map(phase);
        format!("{whole} (prepare {prepare}, transfer {transfer}, verify {verify})")
    }

    fn copied(&self) -> String {
        let counters = &self.execution.counters;
        let files = shown(counters.files_transferred, entries);
        let bytes = shown(counters.bytes_written, |bytes| bytes.to_string());
        match (counters.files_transferred, counters.bytes_written) {
            (None, None) => files,
            _ => format!("{files}, {bytes}"),
        }
    }

    /// Under PRESERVE `DataSync` reports no deletions, so 0 would be a guess.
    fn deleted(&self) -> String {
        match self.execution.preserve_deleted_files.as_deref() {
            Some("PRESERVE") => "not reported (kept in the bucket)".to_owned(),
            _ => shown(self.execution.counters.files_deleted, entries),
        }
    }

    fn failed(&self) -> String {
        let how = match self.failed.from_report {
            true => format!("from the task report{}", self.beside_the_report()),
            false => "from the log; the task writes no report".to_owned(),
        };
        match &self.failed.unread {
            None => format!("{} ({how})", grouped(self.failed.known)),
            Some(because) if self.failed.known == 0 => format!("not known ({because})"),
            Some(because) => format!("{} ({because})", self.failed_count()),
        }
    }

    /// What the log adds to the task report.
    fn beside_the_report(&self) -> String {
        let log = &self.failed.log;
        match (log.lines, &log.unread) {
            (_, Some(because)) => format!("; the log was not read: {because}"),
            (None, None) => String::new(),
            (Some(0), None) => " and the log".to_owned(),
            (Some(lines), None) => format!(
                " and {} of the log{}",
                plural(lines, "line", "lines"),
                not_understood(log.not_understood)
            ),
        }
    }

    fn verified(&self) -> String {
        let counters = &self.execution.counters;
        match (counters.files_verified, counters.files_transferred) {
            (Some(verified), Some(of)) if verified < of => format!(
                "{} of {} (some folders never are)",
                grouped(verified),
                entries(of)
            ),
            (Some(verified), Some(of)) => format!("{} of {}", grouped(verified), entries(of)),
            (verified, _) => shown(verified, entries),
        }
    }
}

fn not_understood(lines: u64) -> String {
    match lines {
        0 => String::new(),
        lines => format!(", {} of them not understood", grouped(lines)),
    }
}

/// A phase that was not begun is told from one that took no time.
fn phase(phase: &Phase) -> String {
    match phase.status.as_deref() {
        Some("PENDING") => "not begun".to_owned(),
        _ => shown(phase.took, |took| took.to_string()),
    }
}
