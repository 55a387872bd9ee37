//! The first sentence of a letter about a run: its verdict in words.

use super::{ExecutionLetter, entries};
use crate::baseline::{MassChange, mass_change};
use crate::execution::Filters;
use crate::units::grouped;
use crate::verdict::Verdict;

impl ExecutionLetter<'_> {
    pub(super) fn verdict_sentence(&self) -> String {
        let copied = self.execution.counters.files_transferred;
        match self.verdict {
            Verdict::Ok => format!("Backup OK. {}", self.what_is_safe()),
            Verdict::NoChange => {
                format!("Backup OK, nothing new to copy. {}", self.what_is_safe())
            }
            Verdict::Recovered => format!("Backup OK again. {}", self.what_is_safe()),
            Verdict::Suspect => format!(
                "Backup done, but LOOK AT IT: {}. {}",
                self.what_is_strange(entries),
                self.what_is_safe()
            ),
            Verdict::Partial if self.failed.known > 0 => format!(
                "Backup incomplete: {} not safely in the bucket.",
                plural_is(&self.failed_count(), self.failed.known)
            ),
            Verdict::Partial => match copied {
                Some(files) if files > 0 => format!(
                    "Backup incomplete: the run ended with an error after it had copied {}.",
                    entries(files)
                ),
                _ => {
                    "Backup incomplete: the run ended with an error after its transfer.".to_owned()
                }
            },
            Verdict::Unknown => "It is NOT KNOWN whether this backup is complete.".to_owned(),
            Verdict::Failed if self.execution.was_cancelled() => {
                "Backup FAILED: the run was cancelled.".to_owned()
            }
            Verdict::Failed if copied == Some(0) => "Backup FAILED. Nothing was copied.".to_owned(),
            other => format!("Backup {}.", other.word()),
        }
    }

    fn what_is_safe(&self) -> String {
        let started = self.started();
        if self.beside.narrowed {
            return format!(
                "It was told to copy other files than the task says (see below). What was finished \
                 of those before {started} is in the bucket. Nothing is said about all other files, \
                 so it does not count as a good run of them."
            );
        }
        let finished = match self.verdict {
            Verdict::Suspect => "found and finished before",
            _ => "finished before",
        };
        if self.execution.filters != Filters::default() {
            return format!(
                "The task does not copy all files (see below). Of those that it copies, everything \
                 that was {finished} {started} is in the bucket."
            );
        }
        format!("Every file, folder and link that was {finished} {started} is in the bucket.")
    }

    /// What makes a good run suspect.
    pub(super) fn mass_change(&self) -> Option<MassChange> {
        mass_change(self.execution, &self.beside.baseline)
    }

    /// `counted` words a number of files and folders.
    pub(super) fn what_is_strange(&self, counted: fn(u64) -> String) -> String {
        match self.mass_change() {
            Some(MassChange::Vanished { seen, usual }) => {
                format!("{} found, usually {}", counted(seen), grouped(usual))
            }
            Some(MassChange::Rewritten {
                copied,
                seen,
                usual,
            }) => format!(
                "{} of {} copied, usually {}",
                grouped(copied),
                counted(seen),
                grouped(usual)
            ),
            Some(MassChange::Deleting { deleted, seen }) => format!(
                "{} to be deleted, {} are there",
                counted(deleted),
                grouped(seen)
            ),
            None => "it is far from usual".to_owned(),
        }
    }
}

fn plural_is(counted: &str, count: u64) -> String {
    format!("{counted} {}", if count == 1 { "is" } else { "are" })
}
