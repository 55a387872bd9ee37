//! Scenarios: what happens on the EFS, and what must be seen afterwards in the
//! mail and in the bucket. One file each.

mod add;
mod audit;
mod cancel;
mod changed_while_read;
mod dead_watch;
mod delete;
mod duplicate_event;
mod failed;
mod filters;
mod first_copy;
mod key_too_long;
mod late_report;
mod lost_event;
mod mass_change;
mod missing;
mod modify;
mod mount_target_unreachable;
mod no_change;
mod old_version;
mod out_of_order;
mod partial;
mod recovery;
mod remove;
mod report_bucket_denied;
mod restore;
mod scale;
mod sns_throttled;
mod start_refused;
mod stuck;
mod update;

use crate::instance::NoNamespaces;
use crate::{Mail, Run, Say, Stage, Version};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A scenario by name, in the order of playing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Scenario {
    /// Files are copied for the first time.
    FirstCopy,
    /// Nothing has changed since.
    NoChange,
    /// One file is changed.
    Modify,
    /// One file is added.
    Add,
    /// One file is deleted.
    Delete,
    /// Two files cannot be read.
    Partial,
    /// A file is written to while it is copied.
    ChangedWhileRead,
    /// A path is longer than S3 can hold.
    KeyTooLong,
    /// A run, and then the task, is about a part of the files only.
    Filters,
    /// The bucket is closed to the task.
    Failed,
    /// The file system cannot be reached.
    MountTargetUnreachable,
    /// Somebody cancels a run half way.
    Cancel,
    /// A run is slowed down on its way.
    Update,
    /// The task report comes late, and then too late.
    LateReport,
    /// `DataSync` may not write its task report.
    ReportBucketDenied,
    /// SNS refuses the mail twice.
    SnsThrottled,
    /// The event of a run comes twice.
    DuplicateEvent,
    /// Events of two runs come in the wrong order.
    OutOfOrder,
    /// Every event of a run is lost.
    LostEvent,
    /// A run does not end.
    Stuck,
    /// The task cannot be executed any more.
    StartRefused,
    /// No run has come for long, and why.
    Missing,
    /// A failed night, and the good one after it.
    Recovery,
    /// Nearly all files vanish.
    MassChange,
    /// Everything is copied back into an empty folder.
    Restore,
    /// One file is got back as it was before a change.
    OldVersion,
    /// Files that are deleted on the EFS are hidden in the bucket.
    Remove,
    /// Somebody suspends versioning, and the daily audit notices.
    Audit,
    /// The watch goes silent, and then finds no good run: an alarm rings.
    DeadWatch,
    /// The fleet grows by an instance, and loses one.
    Scale,
}

/// What came of a scenario.
#[derive(Debug)]
pub struct Outcome {
    /// The scenario.
    pub scenario: Scenario,
    /// How long it took.
    pub took: Duration,
    /// Its mails.
    pub mails: Vec<PathBuf>,
    /// How it ended.
    pub ending: Ending,
    /// What was said while it played.
    pub told: Vec<String>,
    /// The backup bucket's versions before it, or why they are not known.
    pub before: Result<Vec<Version>, String>,
    /// The backup bucket's versions after it, or why they are not known.
    pub after: Result<Vec<Version>, String>,
}

/// How a scenario ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// All that must be seen was seen.
    Pass,
    /// Something else was seen.
    Fail(String),
    /// It cannot be played on this machine. It has then not passed either.
    NotShown(String),
}

impl Ending {
    fn of<T>(played: anyhow::Result<T>) -> Self {
        match played {
            Ok(_) => Ending::Pass,
            Err(error) if error.is::<NoNamespaces>() => Ending::NotShown(format!("{error:#}")),
            Err(error) => Ending::Fail(format!("{error:#}")),
        }
    }

    /// The word in tables.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Ending::Pass => "PASS",
            Ending::Fail(_) => "FAIL",
            Ending::NotShown(_) => "NOT SHOWN",
        }
    }

    /// Why it did not pass.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Ending::Pass => None,
            Ending::Fail(reason) | Ending::NotShown(reason) => Some(reason),
        }
    }

    /// Whether it passed; `None` where that could not be shown.
    #[must_use]
    pub fn ok(&self) -> Option<bool> {
        match self {
            Ending::Pass => Some(true),
            Ending::Fail(_) => Some(false),
            Ending::NotShown(_) => None,
        }
    }
}

impl Scenario {
    /// All scenarios, in the order of playing.
    pub const ALL: [Scenario; 30] = [
        Scenario::FirstCopy,
        Scenario::NoChange,
        Scenario::Modify,
        Scenario::Add,
        Scenario::Delete,
        Scenario::Partial,
        Scenario::ChangedWhileRead,
        Scenario::KeyTooLong,
        Scenario::Filters,
        Scenario::Failed,
        Scenario::MountTargetUnreachable,
        Scenario::Cancel,
        Scenario::Update,
        Scenario::LateReport,
        Scenario::ReportBucketDenied,
        Scenario::SnsThrottled,
        Scenario::DuplicateEvent,
        Scenario::OutOfOrder,
        Scenario::LostEvent,
        Scenario::Stuck,
        Scenario::StartRefused,
        Scenario::Missing,
        Scenario::Recovery,
        Scenario::MassChange,
        Scenario::Restore,
        Scenario::OldVersion,
        Scenario::Remove,
        Scenario::Audit,
        Scenario::DeadWatch,
        Scenario::Scale,
    ];

    /// The name on the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scenario::FirstCopy => "first-copy",
            Scenario::NoChange => "no-change",
            Scenario::Modify => "modify",
            Scenario::Add => "add",
            Scenario::Delete => "delete",
            Scenario::Partial => "partial",
            Scenario::ChangedWhileRead => "changed-while-read",
            Scenario::KeyTooLong => "key-too-long",
            Scenario::Filters => "filters",
            Scenario::Failed => "failed",
            Scenario::MountTargetUnreachable => "mount-target-unreachable",
            Scenario::Cancel => "cancel",
            Scenario::Update => "update",
            Scenario::LateReport => "late-report",
            Scenario::ReportBucketDenied => "report-bucket-denied",
            Scenario::SnsThrottled => "sns-throttled",
            Scenario::DuplicateEvent => "duplicate-event",
            Scenario::OutOfOrder => "out-of-order",
            Scenario::LostEvent => "lost-event",
            Scenario::Stuck => "stuck",
            Scenario::StartRefused => "start-refused",
            Scenario::Missing => "missing",
            Scenario::Recovery => "recovery",
            Scenario::MassChange => "mass-change",
            Scenario::Restore => "restore",
            Scenario::OldVersion => "old-version",
            Scenario::Remove => "remove",
            Scenario::Audit => "audit",
            Scenario::DeadWatch => "dead-watch",
            Scenario::Scale => "scale",
        }
    }

    /// What must have been played before it.
    fn needs(self) -> &'static [Scenario] {
        match self {
            Scenario::FirstCopy => &[],
            Scenario::Delete => &[Scenario::Add],
            _ => &[Scenario::FirstCopy],
        }
    }

    /// The chosen scenarios with those that must be played before them; all if
    /// none is chosen.
    #[must_use]
    pub fn with_needs(chosen: &[Scenario]) -> Vec<Scenario> {
        let mut waiting = match chosen {
            [] => Scenario::ALL.to_vec(),
            _ => chosen.to_vec(),
        };
        let mut ordered = BTreeSet::new();
        while let Some(scenario) = waiting.pop() {
            if ordered.insert(scenario) {
                waiting.extend(scenario.needs());
            }
        }
        ordered.into_iter().collect()
    }

    async fn act(self, stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
        match self {
            Scenario::FirstCopy => first_copy::play(stage, say).await,
            Scenario::NoChange => no_change::play(stage, say).await,
            Scenario::Modify => modify::play(stage, say).await,
            Scenario::Add => add::play(stage, say).await,
            Scenario::Delete => delete::play(stage, say).await,
            Scenario::Partial => partial::play(stage, say).await,
            Scenario::ChangedWhileRead => changed_while_read::play(stage, say).await,
            Scenario::KeyTooLong => key_too_long::play(stage, say).await,
            Scenario::Filters => filters::play(stage, say).await,
            Scenario::Failed => failed::play(stage, say).await,
            Scenario::MountTargetUnreachable => mount_target_unreachable::play(stage, say).await,
            Scenario::Cancel => cancel::play(stage, say).await,
            Scenario::Update => update::play(stage, say).await,
            Scenario::LateReport => late_report::play(stage, say).await,
            Scenario::ReportBucketDenied => report_bucket_denied::play(stage, say).await,
            Scenario::SnsThrottled => sns_throttled::play(stage, say).await,
            Scenario::DuplicateEvent => duplicate_event::play(stage, say).await,
            Scenario::OutOfOrder => out_of_order::play(stage, say).await,
            Scenario::LostEvent => lost_event::play(stage, say).await,
            Scenario::Stuck => stuck::play(stage, say).await,
            Scenario::StartRefused => start_refused::play(stage, say).await,
            Scenario::Missing => missing::play(stage, say).await,
            Scenario::Recovery => recovery::play(stage, say).await,
            Scenario::MassChange => mass_change::play(stage, say).await,
            Scenario::Restore => restore::play(stage, say).await,
            Scenario::OldVersion => old_version::play(stage, say).await,
            Scenario::Remove => remove::play(stage, say).await,
            Scenario::Audit => audit::play(stage, say).await,
            Scenario::DeadWatch => dead_watch::play(stage, say).await,
            Scenario::Scale => scale::play(stage, say).await,
        }
    }
}

/// Plays one scenario. What goes wrong is part of its outcome.
pub async fn play(scenario: Scenario, stage: &Stage, say: Say<'_>) -> Outcome {
    let told = Mutex::new(Vec::new());
    let remember = |line: &str| {
        say(line);
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        told.push(line.to_owned());
    };
    let before = versions(stage).await;
    let begun = Instant::now();
    let known = stage.mails().map_or(0, |mails| mails.len());
    let played = scenario.act(stage, &remember).await;
    let took = begun.elapsed();
    let mails = stage.mails().unwrap_or_default();
    Outcome {
        scenario,
        took,
        mails: mails
            .into_iter()
            .skip(known)
            .map(|mail| mail.path)
            .collect(),
        before,
        after: versions(stage).await,
        told: told.into_inner().unwrap_or_else(PoisonError::into_inner),
        ending: Ending::of(played),
    }
}

async fn versions(stage: &Stage) -> Result<Vec<Version>, String> {
    stage.versions().await.map_err(|error| format!("{error:#}"))
}

/// The checks of a scenario: the first one that does not hold ends it.
fn check(holds: bool, expected: &str, found: impl std::fmt::Display) -> anyhow::Result<()> {
    anyhow::ensure!(holds, "expected {expected}, found {found}");
    Ok(())
}

/// The mail's verdict must be this one, in the subject and in the attribute.
fn check_verdict(mail: &Mail, verdict: &str) -> anyhow::Result<()> {
    let subject = mail.subject();
    let in_both =
        subject.starts_with(&format!("{verdict} | ")) && mail.attribute("verdict") == verdict;
    check(in_both, &format!("a mail that says {verdict}"), subject)
}

/// The mail must tell of a good run: nothing is left of what was wrong before.
fn check_good(mail: &Mail) -> anyhow::Result<()> {
    let is_good = mail.attribute("severity") == "info";
    check(is_good, "a mail about a good run", mail.subject())
}

/// The subject must hold this text.
fn check_subject(mail: &Mail, text: &str) -> anyhow::Result<()> {
    let subject = mail.subject();
    check(
        subject.contains(text),
        &format!("a subject that says \"{text}\""),
        subject,
    )
}

/// The mail must hold this text, wherever its lines are broken.
fn check_says(mail: &Mail, text: &str) -> anyhow::Result<()> {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = words(&mail.body).contains(&words(text));
    check(
        says,
        &format!("a mail that says \"{text}\""),
        mail.subject(),
    )
}

/// The execution must have made new versions of exactly these keys.
fn check_new_versions(run: &Run, expected: &[String]) -> anyhow::Result<()> {
    let mut made: Vec<&str> = run
        .new_versions()
        .iter()
        .map(|version| version.key.as_str())
        .collect();
    made.sort_unstable();
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected.sort_unstable();
    check(
        made == expected,
        &format!("new versions of {expected:?} only"),
        format!("{made:?}"),
    )
}

/// Tells the mail in a few lines, as its reader would skim it.
fn tell(mail: &Mail, say: Say<'_>) {
    say(&format!("    mail: {}", mail.subject()));
    for label in [
        "DataSync said",
        "Copied",
        "Unchanged or skipped",
        "Failed",
        "Verified",
    ] {
        if let Some(value) = mail.line(label) {
            say(&format!("          {label}: {value}"));
        }
    }
    let name = mail.path.file_name().unwrap_or_default();
    say(&format!("          {}", name.to_string_lossy()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_brings_what_it_needs() {
        use Scenario::{Add, Delete, FirstCopy, Modify};
        assert_eq!(Scenario::with_needs(&[Add]), [FirstCopy, Add]);
        assert_eq!(
            Scenario::with_needs(&[Modify, FirstCopy]),
            [FirstCopy, Modify]
        );
        assert_eq!(Scenario::with_needs(&[Delete]), [FirstCopy, Add, Delete]);
        assert_eq!(Scenario::with_needs(&[]), Scenario::ALL);
    }

    #[test]
    fn what_a_scenario_needs_is_played_before_it() {
        for scenario in Scenario::ALL {
            let needs = scenario.needs();
            assert!(needs.iter().all(|need| *need < scenario), "{scenario:?}");
        }
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        use clap::ValueEnum;
        for scenario in Scenario::ALL {
            assert_eq!(
                scenario.to_possible_value().unwrap().get_name(),
                scenario.name()
            );
        }
    }
}
