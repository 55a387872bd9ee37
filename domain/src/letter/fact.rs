//! The one fact of a run that stands in the subject and in a text message.

use super::{ExecutionLetter, entries};
use crate::execution::Phase;
use crate::units::{Elapsed, plural};
use crate::verdict::Verdict;

impl ExecutionLetter<'_> {
    /// The one fact for subject and text message.
    pub(super) fn fact(&self) -> String {
        let counters = &self.execution.counters;
        match self.verdict {
            good if self.beside.narrowed && good <= Verdict::Recovered => {
                format!("not all files: {}", self.copied_short())
            }
            Verdict::NoChange => "nothing new to copy".to_owned(),
            Verdict::Failed | Verdict::Stuck | Verdict::Missing => self.why_failed(),
            Verdict::Partial if self.failed.known > 0 => {
                format!("{} not safely copied", self.failed_count())
            }
            Verdict::Partial if counters.files_transferred > Some(0) => {
                format!("{}, then an error", self.copied_short())
            }
            Verdict::Partial => "an error after the transfer".to_owned(),
            Verdict::Unknown if !self.execution.status.is_terminal() => {
                format!("status {}", self.execution.status)
            }
            Verdict::Unknown => "not known whether files failed".to_owned(),
            Verdict::Suspect => self.what_is_strange(|count| plural(count, "file", "files")),
            Verdict::Recovered => self.good_again(),
            Verdict::Ok => self.copied_short(),
        }
    }

    fn good_again(&self) -> String {
        match self.beside.not_good {
            Some(outage) => format!(
                "good again after {}",
                Elapsed::between(outage.since, self.time_of_end())
            ),
            None => format!("good again, {}", self.copied_short()),
        }
    }

    /// The cause, where it is known; DataSync's own word else.
    fn why_failed(&self) -> String {
        match self.diagnoses().first() {
            Some(likely) if !likely.rule.general => likely.rule.headline.to_owned(),
            _ => self.what_failed(),
        }
    }

    fn what_failed(&self) -> String {
        let run = self.execution;
        let phases: [(&str, &Phase); 3] = [
            ("prepare", &run.prepare),
            ("transfer", &run.transfer),
            ("verify", &run.verify),
        ];
        let phase = phases.into_iter().find(|(_, phase)| phase.failed());
        match (&run.error_code, phase) {
            (Some(code), _) if run.was_cancelled() => format!("cancelled ({code})"),
            (None, _) if run.was_cancelled() => "cancelled".to_owned(),
            (Some(code), _) => code.clone(),
            (None, Some((phase, _))) => format!("error in the {phase} phase"),
            (None, None) => "error".to_owned(),
        }
    }

    fn copied_short(&self) -> String {
        let counters = &self.execution.counters;
        match (counters.files_transferred, counters.bytes_written) {
            (Some(files), Some(bytes)) => format!("{}, {}", entries(files), bytes.short()),
            (Some(files), None) => entries(files),
            (None, Some(bytes)) => bytes.short(),
            (None, None) => "counters not reported".to_owned(),
        }
    }

    pub(super) fn failed_count(&self) -> String {
        let count = plural(self.failed.known, "file", "files");
        if self.failed.is_read() {
            count
        } else {
            format!("at least {count}")
        }
    }
}
