//! SNS is asked too often and refuses twice: the mail comes all the same.

use super::{check, check_good, tell};
use crate::{Fault, Mail, Say, Stage};

const PUBLISH: &str = "sns:Publish";
const TIMES: u32 = 2;

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  SNS throttles the next two messages; the schedule fires");
    stage
        .cloud
        .fail_calls(PUBLISH, "*", Fault::Throttled, Some(TIMES))
        .await?;
    let run = stage.run().await;
    let healed = stage.cloud.heal().await?;
    let run = run?;
    tell(&run.mail, say);
    check_good(&run.mail)?;
    let met = healed.met.get(PUBLISH).copied().unwrap_or_default();
    check(met == u64::from(TIMES), "2 refusals", met)?;
    say("    it was refused twice and tried a third time: one mail");
    Ok(vec![run.mail])
}
