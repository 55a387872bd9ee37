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
        anyhow::ensure!(outcome.mails.len() == 1, "{name}: {:?}", outcome.mails);
    }
    Ok(())
}
