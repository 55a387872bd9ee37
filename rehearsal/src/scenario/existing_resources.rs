//! A stack that takes over what is there already: a network, a file system with its
//! mount targets, and a versioned bucket with rules of its own. It makes none of them,
//! changes the one group that has to let DataSync in, and the bucket not at all. And
//! when the stack goes, all of them stay.

mod found;

use super::variants::{check_without, on};
use super::{check, check_verdict, tell};
use crate::{Deploy, Mail, Say, Stage, Variant, xml};
use found::Found;

/// What the stack must not make. Of its buckets only the one for reports.
const LAYERS: [&str; 7] = [
    "AWS::EC2::VPC",
    "AWS::EC2::Subnet",
    "AWS::EC2::Route",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EFS::",
    "AWS::Backup::",
];
const BUCKET: &str = "AWS::S3::Bucket";

pub(super) async fn play(
    stage: &Stage,
    deploy: Deploy<'_>,
    say: Say<'_>,
) -> anyhow::Result<Vec<Mail>> {
    let found = Found::make(stage).await?;
    say("  a VPC, a file system and a bucket with rules of its own are there already");
    let (rules, settings) = (found.rules(stage).await?, found.settings(stage).await?);
    let variant = Variant::named("existing-resources")
        .with("ExistingVpcId", &found.vpc)
        .with("ExistingSubnetIdA", &found.subnets[0])
        .with("ExistingSubnetIdB", &found.subnets[1])
        .with("ExistingFileSystemId", &found.file_system)
        .with("ExistingMountTargetSecurityGroupId", &found.group)
        .with("ExistingBucketName", &found.bucket);
    let mails = on(stage, deploy, variant, say, async |second| {
        check_takes_over(second, &found).await?;
        back_up(second, say).await
    })
    .await?;
    let now = found.settings(stage).await?;
    check(now == settings, &settings, &now)?;
    let now = found.rules(stage).await?;
    check(now == rules, "the rules of before in the group", now)?;
    found.check_there(stage).await?;
    say("    VPC, file system and bucket are still there; no setting of the bucket has changed");
    Ok(mails)
}

/// Nothing of these layers is the stack's own, and the group lets its parts in.
async fn check_takes_over(second: &Stage, found: &Found) -> anyhow::Result<()> {
    check_without(second, &LAYERS).await?;
    let resources = second.resources().await?.into_iter();
    let buckets = resources.filter(|resource| resource.kind.starts_with(BUCKET));
    let buckets: Vec<String> = buckets.map(|resource| resource.id).collect();
    let expected = ["ReportBucket", "ReportBucketPolicy"];
    check(
        buckets == expected,
        "no bucket but that of reports",
        format!("{buckets:?}"),
    )?;
    let rules = found.rules(second).await?;
    for id in ["DataSyncSecurityGroup", "WebSecurityGroup"] {
        let group = second.physical(id).await?;
        let mut lets_in = rules
            .split("<ipProtocol>")
            .filter(|rule| rule.contains(&group));
        let is_nfs = lets_in.any(|rule| xml::text(rule, "fromPort") == Some("2049"));
        check(is_nfs, &format!("2049 from {id}, {group}"), &rules)?;
    }
    Ok(())
}

async fn back_up(second: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("    the group lets DataSync and the fleet in; a file appears; the schedule fires");
    let content = b"on a file system that was there before";
    second.write("uploads/taken-over.txt", content)?;
    let run = second.run().await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "OK")?;
    let kept = second.content("uploads/taken-over.txt", None).await?;
    check(kept == content, "the file in the bucket", "another text")?;
    Ok(vec![run.mail])
}
