//! The scenarios of the rehearsal, on the stage of the tests.

use crate::harness::Stage;
use rehearsal::{Ending, Scenario, play};

pub(crate) async fn all_pass(stage: &Stage) -> anyhow::Result<()> {
    for scenario in Scenario::with_needs(&[]) {
        let outcome = play(scenario, stage, &|text| eprintln!("{text}")).await;
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

/// How many runs a scenario plays: each gives one mail.
fn mails(scenario: Scenario) -> usize {
    match scenario {
        Scenario::Partial
        | Scenario::Failed
        | Scenario::MountTargetUnreachable
        | Scenario::Restore => 2,
        _ => 1,
    }
}
