//! A stack without the layers that are a matter of choice: no group, role, profile and
//! launch template of a fleet, and no backup of whole machines. Others mount the file
//! system, and the line works as ever.

use super::variants::{check_without, on};
use super::{check_verdict, tell};
use crate::{Deploy, Mail, Say, Stage, Variant};

const LAYERS: [&str; 4] = [
    "AWS::AutoScaling::",
    "AWS::EC2::LaunchTemplate",
    "AWS::IAM::InstanceProfile",
    "AWS::Backup::",
];

pub(super) async fn play(
    stage: &Stage,
    deploy: Deploy<'_>,
    say: Say<'_>,
) -> anyhow::Result<Vec<Mail>> {
    let variant = Variant::named("fleet-off")
        .with("FleetMaxSize", "0")
        .with("SystemBackup", "false");
    on(stage, deploy, variant, say, async |second| {
        check_without(second, &LAYERS).await?;
        say("    it has no fleet and no vault; a file appears; the schedule fires");
        second.write("uploads/without-a-fleet.txt", b"mounted elsewhere")?;
        let run = second.run().await?;
        tell(&run.mail, say);
        check_verdict(&run.mail, "OK")?;
        Ok(vec![run.mail])
    })
    .await
}
