//! The rule that lets `DataSync` in to the file system is gone: the mail has AWS's
//! own words about just that; the run after the repair is good again.

use super::{check, check_good, check_says, check_verdict, tell};
use crate::{Mail, Run, Say, Stage, signed};
use anyhow::Context;

/// The part of AWS's text that says what to look at.
const SAID: &str = "x40016: Failed to connect to EFS mount target with IP: 10.20.";
const ADVICE: &str = "mount target's security group allows 2049 ingress";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  the mount targets no longer let DataSync in on port 2049; the schedule fires");
    let run = out_of_reach(stage).await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "FAILED")?;
    check_says(&run.mail, SAID)?;
    check_says(&run.mail, ADVICE)?;
    check(
        run.before == run.after,
        "no change in the bucket",
        format!("{:?}", run.new_versions()),
    )?;

    say("    the rule is back; the schedule fires");
    let repaired = stage.run().await?;
    tell(&repaired.mail, say);
    check_good(&repaired.mail)?;
    Ok(vec![run.mail, repaired.mail])
}

/// A run while the rule is gone; afterwards it is back.
pub(super) async fn out_of_reach(stage: &Stage) -> anyhow::Result<Run> {
    let group = datasync_group(stage).await?;
    rule(stage, "RevokeSecurityGroupIngress", &group).await?;
    let run = stage.run().await;
    rule(stage, "AuthorizeSecurityGroupIngress", &group).await?;
    run
}

/// The security group of `DataSync`'s side.
async fn datasync_group(stage: &Stage) -> anyhow::Result<String> {
    let task = stage.datasync.describe_task();
    let task = task.task_arn(stage.output("TaskArn")?).send().await?;
    let location = stage.datasync.describe_location_efs();
    let location = location
        .set_location_arn(task.source_location_arn)
        .send()
        .await?;
    let network = location
        .ec2_config
        .context("a location without a network")?;
    let group = network.security_group_arns.first();
    let group = group.and_then(|arn| arn.rsplit('/').next());
    Ok(group
        .context("a location without a security group")?
        .to_owned())
}

/// Takes away or gives back the rule of the stack, with all that it says there.
async fn rule(stage: &Stage, action: &str, datasync: &str) -> anyhow::Result<()> {
    let fields = [
        ("GroupId", stage.output("MountTargetSecurityGroupId")?),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "2049"),
        ("IpPermissions.1.ToPort", "2049"),
        ("IpPermissions.1.Groups.1.GroupId", datasync),
        (
            "IpPermissions.1.Groups.1.Description",
            "NFS from DataSync to the mount targets",
        ),
    ];
    signed::query(&stage.cloud, "ec2", action, &fields).await?;
    Ok(())
}
