//! The scenarios of the rehearsal, on the stage of the tests.

use crate::harness::program::binaries;
use crate::harness::{Stage, rehearsed, root};
use deploy::artifact::Binaries;
use rehearsal::{Deployed, Ending, Scenario, Variant, play};

pub(crate) async fn all_pass(stage: &Stage) -> anyhow::Result<()> {
    let (root, binaries) = (root(), Binaries(binaries()?));
    let stacks = rehearsed(&root, &binaries);
    let deploy =
        |variant: Variant| -> Deployed<'_> { Box::pin(stacks.variant(&stage.cloud, variant)) };
    for scenario in Scenario::with_needs(&[]) {
        let outcome = play(scenario, stage, &deploy, &|text| eprintln!("{text}")).await;
        let name = scenario.name();
        anyhow::ensure!(
            outcome.ending == Ending::Pass,
            "{name}: {:?}",
            outcome.ending
        );
        let mails = mails(scenario);
        anyhow::ensure!(outcome.mails.len() == mails, "{name}: {:?}", outcome.mails);
    }
    Ok(())
}

/// How many mails a scenario gives: one for each run, and for each news of the watch
/// and its alarm.
fn mails(scenario: Scenario) -> usize {
    match scenario {
        Scenario::Partial
        | Scenario::ChangedWhileRead
        | Scenario::KeyTooLong
        | Scenario::Failed
        | Scenario::MountTargetUnreachable
        | Scenario::Cancel
        | Scenario::ReportBucketDenied
        | Scenario::OutOfOrder
        | Scenario::Stuck
        | Scenario::StartRefused
        | Scenario::Restore
        | Scenario::Remove => 2,
        Scenario::Filters | Scenario::LateReport | Scenario::Recovery => 3,
        // A stack of its own, with two addresses to confirm.
        Scenario::FleetOff | Scenario::ExistingResources => 3,
        Scenario::Missing | Scenario::Strict => 4,
        Scenario::DeadWatch => 5,
        Scenario::MassChange => 8,
        _ => 1,
    }
}
