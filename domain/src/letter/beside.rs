//! What a letter about a run says beside the run itself: what is usual, what was
//! told before, and when the next run is.

use super::body::Body;
use super::{Backup, Zone};
use crate::baseline::Baseline;
use crate::ledger::{Entry, NotGood, Row};
use crate::units::Elapsed;
use jiff::Timestamp;

/// When the last good run started: all that was finished before is safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastGood {
    /// At this time.
    Started(Timestamp),
    /// The ledger has no good run.
    NoneRecorded,
    /// The ledger could not be read, for this reason.
    NotKnown(String),
}

/// When the schedule starts the next run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextRun {
    /// At this time.
    Due(Timestamp),
    /// It starts none, for this reason.
    NotDue(String),
    /// That could not be found out, for this reason.
    NotKnown(String),
}

/// What the ledger and the schedule say beside a run.
#[derive(Debug, Clone)]
pub struct Beside {
    /// The last good run before it.
    pub last_good: LastGood,
    /// What is usual.
    pub baseline: Baseline,
    /// The outage before it; `None` too where the ledger was not read.
    pub not_good: Option<NotGood>,
    /// The runs before it with the same verdict.
    pub row: Option<Row>,
    /// A later run that was told already.
    pub newer: Option<Entry>,
    /// Whether it was told to copy other files than the task says.
    pub narrowed: bool,
    /// When the next one is.
    pub next_run: NextRun,
}

impl LastGood {
    /// What is at risk when a run was not good.
    pub(super) fn at_risk(&self, body: &mut Body, zone: &Zone) {
        match self {
            LastGood::Started(time) => body.paragraph(&format!(
                "At risk: every change since {}, when the last good run started.",
                zone.show(*time)
            )),
            LastGood::NoneRecorded => {
                body.paragraph(
                    "At risk: any file. No good run is recorded in the ledger; runs that were not \
                     good may have copied most files.",
                );
            }
            LastGood::NotKnown(because) => {
                body.paragraph("At risk: not known, because the ledger was not read.");
                body.line("Cause", because);
            }
        }
    }

    /// For a text message.
    pub(super) fn short(&self) -> Option<String> {
        match self {
            LastGood::Started(time) => Some(format!("last good {}", time.strftime("%d %b %H:%MZ"))),
            LastGood::NoneRecorded => Some("no good run recorded".to_owned()),
            LastGood::NotKnown(_) => None,
        }
    }
}

impl NextRun {
    /// The line `Next run`; a cause is foreign text.
    pub(super) fn line(&self, body: &mut Body, zone: &Zone) {
        let text = match self {
            NextRun::Due(time) => zone.show(*time),
            NextRun::NotDue(because) => format!("none, {because}"),
            NextRun::NotKnown(because) => format!("not known ({because})"),
        };
        body.line("Next run", &text);
    }

    /// When it is due.
    pub(super) fn due(&self) -> Option<Timestamp> {
        match self {
            NextRun::Due(time) => Some(*time),
            NextRun::NotDue(_) | NextRun::NotKnown(_) => None,
        }
    }
}

impl Beside {
    /// How long it was not good, and what was told of it.
    pub(super) fn outage(&self, until: Timestamp) -> Option<String> {
        let outage = self.not_good?;
        let told = match (outage.count, outage.first.word(), outage.last.word()) {
            (1, only, _) => format!("told once, {only}"),
            (count, first, last) => {
                format!("told {count} times, first {first}, last {last}")
            }
        };
        let length = Elapsed::between(outage.since, until);
        Some(format!("{length}; {told}"))
    }

    /// A later run that was told before, so that an old letter misleads nobody.
    pub(super) fn warn_of_newer(&self, body: &mut Body, backup: &Backup) {
        if let Some(newer) = &self.newer {
            body.paragraph(&format!(
                "This is about an older run. A newer one was told already: {}, started {}.",
                newer.verdict.word(),
                backup.zone.show(newer.time)
            ));
        }
    }
}
