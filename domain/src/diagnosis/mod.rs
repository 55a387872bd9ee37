//! Diagnosis: from what DataSync says about a run to causes and remedies.
//!
//! The knowledge base is data (`rules/`). How things stand now (`evidence.rs`) then
//! proves a cause, speaks for it, or rules it out (`weighed.rs`). What no rule knows is never guessed:
//! the letter then prints DataSync's own words and calls them not recognised.

mod class;
mod evidence;
mod rule;
mod rules;
mod weighed;

pub use class::Class;
pub use evidence::{
    Bearing, BucketPlace, Encryption, Evidence, Expected, Key, KeyState, Location, Look, Point,
    Question,
};
pub use rule::{Rule, Step};
pub use rules::all as rules;
pub use weighed::{Standing, calls_for_a_look, relevant, weighed};

use crate::execution::{Execution, TaskReport};
use crate::failed_files::{Cause, FailedFiles};
use std::cmp::Reverse;

/// A cause that something speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The entry of the knowledge base.
    pub rule: &'static Rule,
    /// What speaks for it, the strongest first; never empty.
    pub seen: Vec<Seen>,
    /// What a look at how things stand makes of it.
    pub standing: Standing,
    /// What was seen that speaks against it.
    pub against: Vec<String>,
}

/// One thing that speaks for a cause, raw, and where it stands. In rising order
/// of weakness.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// The error code of the execution.
    Code(String),
    /// The error text of the execution.
    Detail(String),
    /// What is said of failed files, and of how many.
    Files(u64, String),
    /// A line of the task's log that names no file.
    LogLine(String),
    /// What DataSync says of its task report.
    TaskReport(String),
    /// How things stand now.
    Looked(String),
}

/// The first rule that knows what DataSync says of a run; precise rules stand first.
#[must_use]
pub fn recognised(text: &str) -> Option<&'static Rule> {
    rules::all().find(|rule| rule.fires_on(text))
}

/// The first rule that knows what is said of a file, without its name.
#[must_use]
pub fn recognised_of_file(said: &str) -> Option<&'static Rule> {
    let mut rules = rules::all().filter(|rule| !rule.of_run);
    rules.find(|rule| rule.fires_on(said))
}

/// The class of a file of which this is said.
#[must_use]
pub fn class_of(said: &str) -> Class {
    let rule = recognised_of_file(said);
    rule.and_then(|rule| rule.class).unwrap_or(Class::Unknown)
}

/// All causes that something speaks for, the most likely first: precise before
/// general, then by the place of the strongest sign, then by the number of files.
#[must_use]
pub fn diagnose(execution: &Execution, failed: &FailedFiles) -> Vec<Diagnosis> {
    let mut found: Vec<Diagnosis> = Vec::new();
    for seen in signs(execution, failed) {
        let Some(rule) = seen.rule() else {
            continue;
        };
        match found.iter_mut().find(|diagnosis| diagnosis.rule == rule) {
            Some(diagnosis) => diagnosis.seen.push(seen),
            None => found.push(Diagnosis::of(rule, seen)),
        }
    }
    // The signs come in order of strength, and the sort keeps it.
    found.sort_by_key(|diagnosis| diagnosis.rule.general);
    found
}

/// Everything that is said about a run, strongest first.
fn signs(execution: &Execution, failed: &FailedFiles) -> Vec<Seen> {
    let mut signs = Vec::new();
    signs.extend(execution.error_code.clone().map(Seen::Code));
    signs.extend(execution.error_detail.clone().map(Seen::Detail));
    let mut causes: Vec<&Cause> = failed.causes.values().collect();
    causes.sort_by_key(|cause| Reverse(cause.files));
    signs.extend(causes.into_iter().map(Seen::of_files));
    let lines = failed.log.without_file.iter();
    signs.extend(lines.cloned().map(Seen::LogLine));
    if let TaskReport::Failed(why) = &execution.task_report {
        signs.push(Seen::TaskReport(why.clone()));
    }
    signs
}

impl Diagnosis {
    fn of(rule: &'static Rule, seen: Seen) -> Self {
        Diagnosis {
            rule,
            seen: vec![seen],
            standing: Standing::Likely,
            against: Vec::new(),
        }
    }
}

impl Seen {
    fn of_files(cause: &Cause) -> Self {
        Seen::Files(cause.files, cause.said.clone())
    }

    fn rule(&self) -> Option<&'static Rule> {
        match self {
            Seen::Code(text) | Seen::Detail(text) | Seen::TaskReport(text) => recognised(text),
            Seen::Files(_, said) => recognised_of_file(said),
            Seen::LogLine(line) => recognised_of_file(&without_names(line)),
            Seen::Looked(_) => None,
        }
    }

    /// The raw text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Seen::Code(text)
            | Seen::Detail(text)
            | Seen::Files(_, text)
            | Seen::LogLine(text)
            | Seen::TaskReport(text)
            | Seen::Looked(text) => text,
        }
    }
}

/// A line that nobody understood, without what may be the name of a file: quoted
/// texts, and words that begin with a slash. A name must not choose the cause.
fn without_names(line: &str) -> String {
    let unquoted: Vec<&str> = line.split('"').step_by(2).collect();
    let unquoted = unquoted.join(" ");
    let words = unquoted.split(' ').filter(|word| !word.starts_with('/'));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod weighed_tests;
