//! The stack's Auto Scaling group, seen and driven from outside.

use crate::{Stage, signed, xml};
use anyhow::Context;
use aws_smithy_types::base64;

/// The group of the stack.
#[derive(Debug)]
pub struct Fleet<'a> {
    stage: &'a Stage,
    /// Its name.
    pub group: &'a str,
}

/// An instance of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// Its state, in the words of Auto Scaling: `Pending:Wait`, `InService`.
    pub state: String,
    /// Its zone.
    pub zone: String,
}

impl<'a> Fleet<'a> {
    /// The group of the stack on a stage.
    ///
    /// # Errors
    ///
    /// If the stack has none.
    pub fn of(stage: &'a Stage) -> anyhow::Result<Self> {
        let group = stage.output("FleetGroupName")?;
        Ok(Fleet { stage, group })
    }

    /// Its instances, in the order of their launch.
    ///
    /// # Errors
    ///
    /// If Auto Scaling does not describe it.
    pub async fn members(&self) -> anyhow::Result<Vec<Member>> {
        let group = self.describe().await?;
        let instances = xml::text(&group, "Instances").unwrap_or_default();
        let member = |text: &str| {
            Some(Member {
                id: xml::text(text, "InstanceId")?.to_owned(),
                state: xml::text(text, "LifecycleState")?.to_owned(),
                zone: xml::text(text, "AvailabilityZone")?.to_owned(),
            })
        };
        Ok(instances.split("<member>").filter_map(member).collect())
    }

    /// Makes it as large as a scaling policy would.
    ///
    /// # Errors
    ///
    /// If Auto Scaling refuses.
    pub async fn resize(&self, to: usize) -> anyhow::Result<()> {
        let to = to.to_string();
        let fields = [
            ("AutoScalingGroupName", self.group),
            ("DesiredCapacity", &to),
        ];
        self.call("SetDesiredCapacity", &fields).await.map(drop)
    }

    /// Ends an instance; the group launches another in its place.
    ///
    /// # Errors
    ///
    /// If Auto Scaling refuses.
    pub async fn terminate(&self, id: &str) -> anyhow::Result<()> {
        let fields = [
            ("InstanceId", id),
            ("ShouldDecrementDesiredCapacity", "false"),
        ];
        self.call("TerminateInstanceInAutoScalingGroup", &fields)
            .await
            .map(drop)
    }

    /// The user data with which its instances boot.
    ///
    /// # Errors
    ///
    /// If its launch template has none.
    pub async fn user_data(&self) -> anyhow::Result<String> {
        let template = self.launch_template().await?;
        let user_data = xml::text(&template, "userData").context("no user data")?;
        let user_data = base64::decode(user_data).context("the user data is no base64")?;
        Ok(String::from_utf8(user_data)?)
    }

    /// The version of the launch template that it launches, as EC2 describes it.
    ///
    /// # Errors
    ///
    /// If it has none.
    pub async fn launch_template(&self) -> anyhow::Result<String> {
        let group = self.describe().await?;
        let id =
            xml::text(&group, "LaunchTemplateId").context("a group without launch template")?;
        let version = xml::text(&group, "Version").context("a launch template without version")?;
        let fields = [
            ("LaunchTemplateId", id),
            ("LaunchTemplateVersion.1", version),
        ];
        let action = "DescribeLaunchTemplateVersions";
        let described = signed::query(&self.stage.cloud, "ec2", action, &fields).await;
        Ok(described?.body)
    }

    async fn describe(&self) -> anyhow::Result<String> {
        let fields = [("AutoScalingGroupNames.member.1", self.group)];
        self.call("DescribeAutoScalingGroups", &fields).await
    }

    async fn call(&self, action: &str, fields: &[(&str, &str)]) -> anyhow::Result<String> {
        let answer = signed::query(&self.stage.cloud, "autoscaling", action, fields).await;
        Ok(answer?.body)
    }
}
