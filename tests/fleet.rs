//! The fleet and the fences around it, as the stack on the stage has them.

use crate::harness::{Stage, root, signed};
use anyhow::{Context, ensure};
use rehearsal::Fleet;

pub(crate) async fn the_group_is_gated_and_grows(stage: &Stage) -> anyhow::Result<()> {
    let group = stage.output("FleetGroupName")?;
    let subnets = stage.output("PublicSubnetIds")?;
    let subnets = format!("<VPCZoneIdentifier>{subnets}</VPCZoneIdentifier>");
    let metric = "<PredefinedMetricType>ASGAverageCPUUtilization</PredefinedMetricType>";
    let launching = "<LifecycleTransition>autoscaling:EC2_INSTANCE_LAUNCHING</LifecycleTransition>";
    #[rustfmt::skip]
    let cases = [
        ("DescribeLifecycleHooks",    "AutoScalingGroupName", "a launch waits",         launching),
        ("DescribeLifecycleHooks",    "AutoScalingGroupName", "silence is no service",  "<DefaultResult>ABANDON</DefaultResult>"),
        ("DescribeLifecycleHooks",    "AutoScalingGroupName", "the script has time",    "<HeartbeatTimeout>600</HeartbeatTimeout>"),
        ("DescribePolicies",          "AutoScalingGroupName", "it tracks a target",     "<PolicyType>TargetTrackingScaling</PolicyType>"),
        ("DescribePolicies",          "AutoScalingGroupName", "of the average CPU",     metric),
        ("DescribePolicies",          "AutoScalingGroupName", "of 60 percent",          "<TargetValue>60.0</TargetValue>"),
        ("DescribeAutoScalingGroups", "AutoScalingGroupNames.member.1", "both zones",   subnets.as_str()),
        ("DescribeAutoScalingGroups", "AutoScalingGroupNames.member.1", "at least one", "<MinSize>1</MinSize>"),
        ("DescribeAutoScalingGroups", "AutoScalingGroupNames.member.1", "at most three", "<MaxSize>3</MaxSize>"),
    ];
    for (action, field, what, text) in cases {
        let answer = ask(stage, "autoscaling", action, (field, group)).await?;
        ensure!(answer.contains(text), "{what}: no {text} in {answer}");
    }
    Ok(())
}

pub(crate) async fn its_machines_are_locked_down(stage: &Stage) -> anyhow::Result<()> {
    let template = Fleet::of(stage)?.launch_template().await?;
    let image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
    #[rustfmt::skip]
    let cases = [
        ("IMDSv2 only",          "<httpTokens>required</httpTokens>"),
        ("not from a container", "<httpPutResponseHopLimit>1</httpPutResponseHopLimit>"),
        ("an encrypted disk",    "<encrypted>true</encrypted>"),
        ("the image of the day", image),
    ];
    for (what, text) in cases {
        ensure!(template.contains(text), "{what}: no {text} in {template}");
    }
    Ok(())
}

/// No port of the fleet is open. From it to the mount targets one is: 2049.
pub(crate) async fn its_network_is_closed(stage: &Stage) -> anyhow::Result<()> {
    let web = stage.output("WebSecurityGroupId")?;
    let targets = stage.output("MountTargetSecurityGroupId")?;
    let (inbound, outbound) = rules(stage, web).await?;
    ensure!(
        !inbound.contains("<item>"),
        "something is let in: {inbound}"
    );
    let (to_targets, _) = rules(stage, targets).await?;
    for (what, rules, texts) in [
        (
            "out for files",
            &outbound,
            ["<fromPort>2049</fromPort>", targets],
        ),
        (
            "out for packages",
            &outbound,
            ["<fromPort>443</fromPort>", "0.0.0.0/0"],
        ),
        (
            "in for files",
            &to_targets,
            ["<fromPort>2049</fromPort>", web],
        ),
    ] {
        let both = texts.iter().all(|text| rules.contains(text));
        ensure!(both, "{what}: no {texts:?} in {rules}");
    }
    Ok(())
}

/// The rules of a group, inbound and outbound.
async fn rules(stage: &Stage, group: &str) -> anyhow::Result<(String, String)> {
    let answer = ask(stage, "ec2", "DescribeSecurityGroups", ("GroupId.1", group)).await?;
    let (_, rules) = answer.split_once("<ipPermissions>").context("no rules")?;
    let (inbound, outbound) = rules
        .split_once("</ipPermissions>")
        .context("no end of rules")?;
    Ok((inbound.to_owned(), outbound.to_owned()))
}

async fn ask(
    stage: &Stage,
    service: &str,
    action: &str,
    field: (&str, &str),
) -> anyhow::Result<String> {
    Ok(signed::query(&stage.cloud, service, action, &[field])
        .await?
        .body)
}

/// The script's header names its calls; the role of the instances allows them.
pub(crate) async fn its_role_allows_what_the_script_calls(_: &Stage) -> anyhow::Result<()> {
    let script = std::fs::read_to_string(root().join("fleet/mount-efs.sh"))?;
    let calls = script
        .lines()
        .find_map(|line| line.strip_prefix("# Calls: "));
    let calls = calls.context("the script names no calls")?;
    let calls: Vec<&str> = calls.split('`').skip(1).step_by(2).collect();
    let template = std::fs::read_to_string(root().join("template.yaml"))?;
    let (_, role) = template.split_once("\n  FleetRole:").context("no role")?;
    let role = role
        .split("\n  FleetInstanceProfile:")
        .next()
        .unwrap_or_default();
    let said = format!("Action: [{}]\n", calls.join(", "));
    ensure!(role.contains(&said), "the script calls {calls:?}: {role}");
    Ok(())
}
