//! The part of a letter that says what is at risk, and until when.

use super::ExecutionLetter;
use super::body::Body;
use crate::baseline::MassChange;
use crate::execution::Status;
use crate::verdict::{Severity, Verdict};

impl ExecutionLetter<'_> {
    pub(super) fn safety(&self, body: &mut Body) {
        if self.verdict == Verdict::Suspect {
            body.paragraph(self.what_may_be_lost());
        }
        if self.beside.newer.is_some() {
            body.paragraph("What is at risk now, the mail about the newer run tells.");
        } else if self.verdict <= Verdict::Suspect && !self.beside.narrowed {
            body.paragraph(&format!(
                "At risk now: changes made after {}. {}(A copy file by file, not a snapshot: a \
                 file that changed during the run may be from any moment in it.)",
                self.started(),
                self.to_do()
            ));
        } else {
            self.not_safe(body);
        }
        if let Some(outage) = self.beside.outage(self.time_of_end())
            && self.verdict <= Verdict::Suspect
        {
            body.line("It was not good for", &outage);
        }
        self.beside.next_run.line(body, &self.backup.zone);
    }

    fn to_do(&self) -> &'static str {
        if self.verdict.severity() > Severity::Info {
            ""
        } else if self.found_nothing() {
            "The run found no file and no folder at all: look whether they are still on the EFS. "
        } else if self.failed.log.without_file.is_empty() {
            "You have nothing to do. "
        } else {
            "Look at the lines of the log below. "
        }
    }

    fn what_may_be_lost(&self) -> &'static str {
        match (self.mass_change(), self.execution.removes_deleted_files()) {
            (Some(MassChange::Rewritten { .. }), _) => {
                "If that was not meant: the versions of before are kept in the bucket."
            }
            (_, true) => {
                "If that was not meant: what is gone from the EFS was deleted in the bucket too, \
                 where its versions are kept behind a delete marker."
            }
            (_, false) => {
                "If that was not meant: nothing was deleted in the bucket; it still holds every \
                 file that it held before."
            }
        }
    }

    fn not_safe(&self, body: &mut Body) {
        // Only a transfer that went through to its end has tried all other files.
        let went_through =
            self.execution.status == Status::Success || self.execution.transfer.succeeded();
        if self.failed.is_read() && self.failed.known > 0 {
            if went_through && !self.beside.narrowed {
                return body.paragraph(
                    "At risk: the files below. The bucket may hold an older version of each; the \
                     next run tries them again.",
                );
            }
            if !went_through {
                body.paragraph(
                    "The transfer did not end well, so more than the files below may be missing.",
                );
            }
        }
        self.beside.last_good.at_risk(body, &self.backup.zone);
    }

    /// Under PRESERVE no deletion is reported, so an emptied EFS looks like this.
    fn found_nothing(&self) -> bool {
        self.execution.files_seen() == Some(0)
    }
}
