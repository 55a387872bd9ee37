//! Which references are arrows, which way they point, and what goes along them.

use super::{Arrow, Resource, kinds};
use crate::template::{Content, Node};
use std::collections::BTreeMap;

/// Which way an arrow points, seen from the resource that names the other.
#[derive(Clone, Copy)]
enum Way {
    /// To the other.
    Out,
    /// From the other.
    In,
}

use Way::{In, Out};

/// A type's properties whose references are arrows. A type that is listed has no
/// other arrows; one that is not listed has a faint one to everything it names.
type Rule = (&'static str, &'static [(&'static str, Way, &'static str)]);

#[rustfmt::skip]
const RULES: [Rule; 18] = [
    ("AWS::AutoScaling::AutoScalingGroup", &[("LaunchTemplate", In, "new instances")]),
    ("AWS::AutoScaling::ScalingPolicy",    &[("AutoScalingGroupName", Out, "scales")]),
    ("AWS::Backup::BackupPlan",            &[("BackupPlan.BackupPlanRule.TargetBackupVault", Out, "snapshots")]),
    ("AWS::Backup::BackupSelection",       &[("BackupPlanId", Out, "what to copy"), ("BackupSelection.Resources", In, "")]),
    ("AWS::CloudWatch::Alarm",             &[("Dimensions", In, "watched"), ("Metrics", In, "watched"), ("AlarmActions", Out, "alarm")]),
    ("AWS::DataSync::LocationEFS",         &[("EfsFilesystemArn", In, "NFS with TLS")]),
    ("AWS::DataSync::LocationS3",          &[("S3BucketArn", Out, "versions")]),
    ("AWS::DataSync::Task",                &[("SourceLocationArn", In, "reads"), ("DestinationLocationArn", Out, "writes"), ("TaskReportConfig.Destination", Out, "task reports")]),
    ("AWS::EC2::InternetGateway",          &[]),
    ("AWS::EC2::LaunchTemplate",           &[("LaunchTemplateData.UserData", Out, "mounts")]),
    ("AWS::EC2::SecurityGroup",            &[]),
    ("AWS::EC2::Subnet",                   &[]),
    ("AWS::EFS::MountTarget",              &[]),
    ("AWS::Events::Rule",                  &[("EventPattern", In, "events"), ("Targets.Arn", Out, "what matches"), ("Targets.DeadLetterConfig", Out, "what failed")]),
    ("AWS::S3::Bucket",                    &[]),
    ("AWS::SNS::Subscription",             &[("TopicArn", In, "mail")]),
    ("AWS::Scheduler::Schedule",           &[("Target.Arn", Out, "when it is due"), ("Target.DeadLetterConfig", Out, "what failed")]),
    ("AWS::Serverless::Function",          &[]),
];

/// All arrows between parts that are drawn; one for each pair and direction.
pub(super) fn between(resources: &[Resource<'_>]) -> Vec<Arrow> {
    let mut labels: BTreeMap<(String, String), Vec<(&str, bool)>> = BTreeMap::new();
    let mut add = |from: &str, to: &str, label, is_faint| {
        let drawn = |id| {
            resources
                .iter()
                .any(|one| one.id == id && kinds::is_drawn(one.kind))
        };
        if from != to && drawn(from) && drawn(to) {
            let pair = labels.entry((from.to_owned(), to.to_owned())).or_default();
            if !pair.contains(&(label, is_faint)) {
                pair.push((label, is_faint));
            }
        }
    };
    for resource in resources
        .iter()
        .filter(|resource| kinds::is_drawn(resource.kind))
    {
        for (name, way, label, is_faint) in named(resource) {
            match way {
                Out => add(resource.id, name, label, is_faint),
                In => add(name, resource.id, label, is_faint),
            }
        }
        for (name, label, is_faint) in allowed(resource, resources) {
            add(resource.id, name, label, is_faint);
        }
    }
    labels
        .into_iter()
        .map(|((from, to), labels)| arrow(from, to, &labels))
        .collect()
}

/// One arrow for all that goes from one part to another: what is only asked does
/// not matter beside what is done.
fn arrow(from: String, to: String, labels: &[(&str, bool)]) -> Arrow {
    let is_faint = labels.iter().all(|(_, is_faint)| *is_faint);
    let told = labels.iter().filter(|(_, faint)| *faint == is_faint);
    let told: Vec<&str> = told.map(|(label, _)| *label).collect();
    Arrow {
        from,
        to,
        label: told.join(", "),
        is_faint,
    }
}

/// What the resource's own properties name.
fn named<'a>(resource: &'a Resource<'_>) -> Vec<(&'a str, Way, &'static str, bool)> {
    let rule = RULES.iter().find(|(kind, _)| *kind == resource.kind);
    let references = resource.references.iter();
    let arrows = references.filter_map(|reference| {
        let Some((_, properties)) = rule else {
            return Some((reference.name.as_str(), Out, "", true));
        };
        let mut properties = properties.iter();
        let (_, way, label) = properties.find(|(path, ..)| reference.path.starts_with(path))?;
        Some((
            reference.name.as_str(),
            *way,
            *label,
            *label == "what failed",
        ))
    });
    arrows.collect()
}

/// What a function may do, by the policies of its role.
fn allowed<'a>(
    resource: &Resource<'_>,
    all: &'a [Resource<'_>],
) -> Vec<(&'a str, &'static str, bool)> {
    let role = resource
        .references
        .iter()
        .find(|reference| reference.path == "Role");
    let role = role.and_then(|role| all.iter().find(|one| one.id == role.name));
    let policies = role.and_then(|role| role.node.get("Properties")?.get("Policies"));
    let policies = policies.map_or(&[][..], Node::elements);
    let statements = policies
        .iter()
        .filter_map(|policy| policy.get("PolicyDocument")?.get("Statement"));
    let mut allowed = Vec::new();
    for statement in statements.flat_map(Node::elements) {
        let Some(resources) = statement.get("Resource") else {
            continue;
        };
        for reference in super::references::of(resources) {
            let target = all.iter().find(|one| one.id == reference.name);
            for action in target
                .into_iter()
                .flat_map(|_| texts(statement.get("Action")))
            {
                let (label, is_faint) = doing(action);
                allowed.extend(target.map(|target| (target.id, label, is_faint)));
            }
        }
    }
    allowed
}

/// A text, or the texts of a list.
fn texts(node: Option<&Node>) -> Vec<&str> {
    match node.map(|node| &node.content) {
        Some(Content::Scalar(text)) => vec![text],
        Some(Content::List(nodes)) => nodes.iter().filter_map(Node::text).collect(),
        _ => Vec::new(),
    }
}

/// What an IAM action does, and whether it only asks.
fn doing(action: &str) -> (&'static str, bool) {
    let verb = action.split(':').nth(1).unwrap_or_default();
    let begins = |words: &[&str]| words.iter().any(|word| verb.starts_with(word));
    match () {
        () if begins(&["SendMessage"]) => ("what failed", true),
        () if begins(&["Describe", "Get", "List", "Head"]) => ("asks", true),
        // A tag is on what is started.
        () if begins(&["Start", "Tag"]) => ("starts", false),
        () if begins(&["Publish"]) => ("mails", false),
        () if begins(&["Put"]) => ("writes", false),
        () => ("uses", false),
    }
}
