//! Scenarios: what happens on the EFS, and what must be seen afterwards in the
//! mail and in the bucket. One file each.

mod add;
mod audit;
mod cancel;
mod changed_while_read;
mod checks;
mod dead_watch;
mod delete;
mod duplicate_event;
mod existing_resources;
mod failed;
mod filters;
mod first_copy;
mod fleet_off;
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
mod outcome;
mod partial;
mod recovery;
mod remove;
mod report_bucket_denied;
mod restore;
mod scale;
mod sns_throttled;
mod start_refused;
mod strict;
mod stuck;
mod update;
mod variants;

pub use outcome::{Ending, Outcome, play};

use crate::{Deploy, Mail, Say, Stage};
use checks::{
    check, check_good, check_new_versions, check_says, check_subject, check_verdict, tell,
};
use std::collections::BTreeSet;

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
    /// A stack without a fleet, and without system backups.
    FleetOff,
    /// A stack that takes over a network, a file system and a bucket.
    ExistingResources,
    /// The strict profile: keys of one's own, a private fleet, locked objects.
    Strict,
}

impl Scenario {
    /// All scenarios, in the order of playing.
    pub const ALL: [Scenario; 33] = [
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
        Scenario::FleetOff,
        Scenario::ExistingResources,
        Scenario::Strict,
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
            Scenario::FleetOff => "fleet-off",
            Scenario::ExistingResources => "existing-resources",
            Scenario::Strict => "strict",
        }
    }

    /// What must have been played before it.
    fn needs(self) -> &'static [Scenario] {
        match self {
            Scenario::FirstCopy
            | Scenario::FleetOff
            | Scenario::ExistingResources
            | Scenario::Strict => &[],
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

    async fn act(
        self,
        stage: &Stage,
        deploy: Deploy<'_>,
        say: Say<'_>,
    ) -> anyhow::Result<Vec<Mail>> {
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
            Scenario::FleetOff => fleet_off::play(stage, deploy, say).await,
            Scenario::ExistingResources => existing_resources::play(stage, deploy, say).await,
            Scenario::Strict => strict::play(stage, deploy, say).await,
        }
    }
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
