//! The part of a letter that sets a run beside the last ones.

use super::ExecutionLetter;
use super::body::Body;
use crate::baseline::{Baseline, FEWEST, RUNS, Spread, Usual};
use crate::units::{Bytes, Millis, grouped, plural};
use crate::verdict::Verdict;

impl ExecutionLetter<'_> {
    pub(super) fn compared(&self, body: &mut Body) {
        match &self.beside.baseline {
            Baseline::Known(usual) => {
                body.heading(&format!("COMPARED WITH THE LAST {} RUNS", usual.runs));
                self.with_usual(body, usual);
            }
            Baseline::TooShort(runs) => {
                body.heading("COMPARED WITH THE LAST RUNS");
                body.sentence(&format!(
                    "Not yet: {} in the ledger. From {FEWEST} on, these mails tell what is usual \
                     (of the last {RUNS}) and warn of a mass change.",
                    match runs {
                        0 => "no earlier run is".to_owned(),
                        1 => "one earlier run is".to_owned(),
                        runs => format!("{runs} earlier runs are"),
                    }
                ));
            }
            Baseline::NotKnown(because) => {
                body.heading("COMPARED WITH THE LAST RUNS");
                body.line("Not compared, cause", because);
            }
            Baseline::OtherFiles => {
                body.heading("COMPARED WITH THE LAST RUNS");
                body.sentence("Not compared: they were told to copy other files.");
            }
        }
        self.in_a_row(body);
    }

    fn with_usual(&self, body: &mut Body, usual: &Usual) {
        let counters = &self.execution.counters;
        let mut line = |label: &str, now: Option<u64>, usual: Option<Spread>, show: Show| {
            if let Some(usual) = usual {
                body.line(label, &beside(now, usual, show));
            }
        };
        let count: Show = grouped;
        let bytes: Show = |number| Bytes(number).short();
        let time: Show = |number| Millis(number).to_string();
        line(
            "Found",
            self.execution.files_seen(),
            Some(usual.seen),
            count,
        );
        line(
            "Copied",
            counters.files_transferred,
            Some(usual.copied),
            count,
        );
        line(
            "Written",
            counters.bytes_written.map(|bytes| bytes.0),
            usual.bytes,
            bytes,
        );
        line(
            "Time",
            self.execution.took.map(|took| took.0),
            usual.took,
            time,
        );
        if let Some(written) = usual.per_month {
            body.line("Written in 30 days at this rate", &written.short());
        }
    }

    /// A row of good runs with changes is what everybody expects.
    fn in_a_row(&self, body: &mut Body) {
        let expected = matches!(self.verdict, Verdict::Ok | Verdict::Recovered);
        let Some(row) = self.beside.row.filter(|row| row.count > 1 && !expected) else {
            return;
        };
        body.line(
            "In a row",
            &format!(
                "{} {}, since {}",
                plural(row.count, "run", "runs"),
                self.verdict.word(),
                self.backup.zone.show(row.since)
            ),
        );
    }
}

type Show = fn(u64) -> String;

/// `1,204, usually 1,180 (870 to 1,460)`.
fn beside(now: Option<u64>, usual: Spread, show: Show) -> String {
    format!(
        "{}, usually {} ({} to {})",
        super::shown(now, show),
        show(usual.median),
        show(usual.least),
        show(usual.most)
    )
}
