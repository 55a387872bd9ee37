//! What was there before the stack, made as a person would have made it.

use super::check;
use crate::{LocalCloud, REGION, Stage, signed, xml};
use anyhow::Context;
use serde_json::{Value, json};

const LIFECYCLE: &str = "<LifecycleConfiguration><Rule><ID>ours</ID><Filter><Prefix>efs/</Prefix>\
    </Filter><Status>Enabled</Status><NoncurrentVersionExpiration><NoncurrentDays>400\
    </NoncurrentDays></NoncurrentVersionExpiration></Rule></LifecycleConfiguration>";
const VERSIONING: &str =
    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const TAGS: &str =
    "<Tagging><TagSet><Tag><Key>team</Key><Value>web</Value></Tag></TagSet></Tagging>";
/// All that can be set of a bucket and that a stack might set.
const SETTINGS: [&str; 11] = [
    "acl",
    "cors",
    "encryption",
    "lifecycle",
    "logging",
    "notification",
    "ownershipControls",
    "policy",
    "publicAccessBlock",
    "tagging",
    "versioning",
];

/// The resources, by their ids.
pub(super) struct Found {
    pub(super) vpc: String,
    /// In two zones, each with a mount target.
    pub(super) subnets: [String; 2],
    pub(super) file_system: String,
    /// The group of the mount targets.
    pub(super) group: String,
    pub(super) bucket: String,
}

impl Found {
    pub(super) async fn make(stage: &Stage) -> anyhow::Result<Self> {
        let cloud = &stage.cloud;
        let vpc = ec2(
            cloud,
            "CreateVpc",
            "vpcId",
            &[("CidrBlock", "10.99.0.0/16")],
        )
        .await?;
        let subnets = [
            subnet(cloud, &vpc, "a", "10.99.0.0/24").await?,
            subnet(cloud, &vpc, "b", "10.99.1.0/24").await?,
        ];
        let group = [
            ("GroupName", "shared-files"),
            ("GroupDescription", "Mount targets"),
            ("VpcId", vpc.as_str()),
        ];
        let group = ec2(cloud, "CreateSecurityGroup", "groupId", &group).await?;
        let file_system = file_system(cloud, &subnets, &group).await?;
        let bucket = format!("kept-since-{}", file_system.trim_start_matches("fs-"));
        for (setting, value) in [
            ("", located()),
            ("?versioning", VERSIONING.to_owned()),
            ("?lifecycle", LIFECYCLE.to_owned()),
            ("?tagging", TAGS.to_owned()),
            ("?policy", policy(&bucket)),
        ] {
            signed::put(cloud, "s3", &format!("/{bucket}{setting}"), value).await?;
        }
        Ok(Found {
            vpc,
            subnets,
            file_system,
            group,
            bucket,
        })
    }

    /// What S3 says of each setting, refusals too, byte for byte.
    pub(super) async fn settings(&self, stage: &Stage) -> anyhow::Result<String> {
        let mut settings = String::new();
        for setting in SETTINGS {
            let path = format!("/{}?{setting}", self.bucket);
            let said = signed::said(&stage.cloud, "s3", &path).await?;
            // A refusal names the request, which is another one each time.
            let said = said.split("<RequestId>").next().unwrap_or_default();
            settings.push_str(&format!("{setting}: {said}\n"));
        }
        Ok(settings)
    }

    /// The rules of the mount targets' group.
    pub(super) async fn rules(&self, stage: &Stage) -> anyhow::Result<String> {
        let fields = [("GroupId.1", self.group.as_str())];
        let said = signed::query(&stage.cloud, "ec2", "DescribeSecurityGroups", &fields).await?;
        let rules = said.body.split_once("<ipPermissions");
        let (_, rules) = rules.context("a group without rules")?;
        Ok(rules
            .split("<requestId>")
            .next()
            .unwrap_or_default()
            .to_owned())
    }

    /// All of it is there.
    pub(super) async fn check_there(&self, stage: &Stage) -> anyhow::Result<()> {
        let vpc = [("VpcId.1", self.vpc.as_str())];
        let vpcs = signed::query(&stage.cloud, "ec2", "DescribeVpcs", &vpc).await?;
        check(vpcs.body.contains(&self.vpc), &self.vpc, &vpcs.body)?;
        let path = format!(
            "/2015-02-01/mount-targets?FileSystemId={}",
            self.file_system
        );
        let targets = signed::get(&stage.cloud, "elasticfilesystem", &path).await?;
        let is_there = self
            .subnets
            .iter()
            .all(|subnet| targets.body.contains(subnet));
        check(is_there, "two mount targets", &targets.body)
    }
}

/// The first element of this name in EC2's answer.
async fn ec2(
    cloud: &LocalCloud,
    action: &str,
    element: &str,
    fields: &[(&str, &str)],
) -> anyhow::Result<String> {
    let made = signed::query(cloud, "ec2", action, fields).await?;
    let id = xml::text(&made.body, element);
    let id = id.with_context(|| format!("{action}: no {element} in {}", made.body))?;
    Ok(id.to_owned())
}

async fn subnet(cloud: &LocalCloud, vpc: &str, zone: &str, range: &str) -> anyhow::Result<String> {
    let zone = format!("{REGION}{zone}");
    let fields = [
        ("VpcId", vpc),
        ("AvailabilityZone", zone.as_str()),
        ("CidrBlock", range),
    ];
    ec2(cloud, "CreateSubnet", "subnetId", &fields).await
}

/// A file system with a mount target in each subnet.
async fn file_system(
    cloud: &LocalCloud,
    subnets: &[String; 2],
    group: &str,
) -> anyhow::Result<String> {
    let made = efs(cloud, "file-systems", &json!({"Encrypted": true})).await?;
    let id = made["FileSystemId"].as_str().context("no file system")?;
    for subnet in subnets {
        let target = json!({"FileSystemId": id, "SubnetId": subnet, "SecurityGroups": [group]});
        efs(cloud, "mount-targets", &target).await?;
    }
    Ok(id.to_owned())
}

async fn efs(cloud: &LocalCloud, what: &str, body: &Value) -> anyhow::Result<Value> {
    let path = format!("/2015-02-01/{what}");
    let answer = signed::post(cloud, "elasticfilesystem", &path, body.to_string(), &[]).await?;
    Ok(serde_json::from_str(&answer.body)?)
}

/// Where the bucket is made.
fn located() -> String {
    format!(
        "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint>\
         </CreateBucketConfiguration>"
    )
}

/// A policy of the bucket's own, which no stack may replace.
fn policy(bucket: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "NobodyDeletesIt", "Effect": "Deny", "Principal": "*",
        "Action": "s3:DeleteBucket", "Resource": format!("arn:aws:s3:::{bucket}"),
    }]})
    .to_string()
}
