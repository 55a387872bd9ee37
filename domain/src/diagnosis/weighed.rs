//! Causes beside evidence: what is proven goes before what is likely, and what is
//! ruled out goes last.

use super::{Bearing, Diagnosis, Evidence, Point, Question, Seen, rules};
use crate::execution::{Execution, Status};
use crate::failed_files::FailedFiles;

/// What the evidence makes of a cause. In the order of telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It was seen.
    Proven,
    /// Something speaks for it.
    Likely,
    /// Something speaks for it, and what was seen against it.
    RuledOut,
}

impl Standing {
    /// The word in the machine form.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Standing::Proven => "proven",
            Standing::Likely => "likely",
            Standing::RuledOut => "ruled-out",
        }
    }
}

/// All causes of a run, weighed by the evidence. One that only says that something
/// is wrong has nothing to add to a precise one that may be.
#[must_use]
pub fn weighed(
    execution: &Execution,
    failed: &FailedFiles,
    evidence: Option<&Evidence>,
) -> Vec<Diagnosis> {
    let mut found = super::diagnose(execution, failed);
    let points = evidence.map(Evidence::points).unwrap_or_default();
    for point in &points {
        match point.bearing {
            Bearing::Proves(id) => prove(&mut found, point, id),
            Bearing::SpeaksFor(ids) => named(&mut found, ids)
                .for_each(|cause| cause.seen.push(Seen::Looked(point.said.clone()))),
            Bearing::RulesOut(ids) => named(&mut found, ids).for_each(|cause| {
                cause.against.push(point.said.clone());
                cause.standing = Standing::RuledOut;
            }),
            Bearing::NotChecked => {}
        }
    }
    // Both sorts keep the order of strength.
    found.sort_by_key(|cause| (cause.standing, cause.rule.general));
    let precise = |cause: &Diagnosis| !cause.rule.general && cause.standing != Standing::RuledOut;
    if found.iter().any(precise) {
        found.retain(|cause| !cause.rule.general);
    }
    found
}

/// Something is wrong now. It is told as a cause where it can be one: where what is
/// said of the run asks about it, or where nobody knows what the run says.
fn prove(found: &mut Vec<Diagnosis>, point: &Point, id: &str) {
    let seen = Seen::Looked(point.said.clone());
    if let Some(cause) = found.iter_mut().find(|cause| cause.rule.id == id) {
        cause.standing = Standing::Proven;
        return cause.seen.push(seen);
    }
    let may_be = is_open(found) || asked(found, point.question);
    if let Some(rule) = rules().find(|rule| rule.id == id && may_be) {
        found.push(Diagnosis {
            standing: Standing::Proven,
            ..Diagnosis::of(rule, seen)
        });
    }
}

fn named<'a>(
    found: &'a mut [Diagnosis],
    ids: &'static [&'static str],
) -> impl Iterator<Item = &'a mut Diagnosis> {
    let named = move |cause: &&mut Diagnosis| ids.contains(&cause.rule.id);
    found.iter_mut().filter(named)
}

/// Whether no cause is known but that something is wrong.
fn is_open(found: &[Diagnosis]) -> bool {
    let precise = |cause: &Diagnosis| !cause.rule.general && cause.standing != Standing::Proven;
    !found.iter().any(precise)
}

fn asked(found: &[Diagnosis], question: Question) -> bool {
    found.iter().any(|cause| cause.rule.asks(question))
}

/// Whether a look at how things stand can say something about this run.
#[must_use]
pub fn calls_for_a_look(execution: &Execution, failed: &FailedFiles) -> bool {
    let found = super::diagnose(execution, failed);
    let asks = |cause: &Diagnosis| !cause.rule.questions.is_empty();
    found.iter().any(asks) || (execution.status == Status::Error && is_open(&found))
}

/// The looks that bear on these causes; where none is known, all.
#[must_use]
pub fn relevant(found: &[Diagnosis], evidence: &Evidence) -> Vec<Point> {
    let all = found.iter().all(|cause| cause.rule.questions.is_empty());
    let points = evidence.points().into_iter();
    points
        .filter(|point| all || asked(found, point.question))
        .collect()
}
