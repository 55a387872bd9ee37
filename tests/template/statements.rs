//! The statements of the functions' roles, and what each function says of itself.

use crate::harness::root;
use crate::harness::template::{listed, resources, template};
use anyhow::ensure;
use serde_json::Value;
use std::collections::BTreeSet;

/// A function's folder, and what its resources begin with.
const FUNCTIONS: [(&str, &str); 3] = [
    ("start-execution", "StartExecution"),
    ("report-execution", "ReportExecution"),
    ("audit-bucket", "AuditBucket"),
];

/// What Lambda itself does in the name of every function.
const OF_ALL: [&str; 2] = ["WriteOwnLog", "KeepFailedEvents"];

/// What services do with customer keys in the name of a function that calls them.
const WITH_KEYS: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

/// The actions for which IAM knows no resource: a statement that names one allows
/// nothing. Source: Service Authorization Reference, the actions of each service.
const WITHOUT_RESOURCE: [&str; 3] = [
    "cloudwatch:GetMetricData",
    "datasync:ListTaskExecutions",
    "ec2:DescribeAvailabilityZones",
];

/// A function's header names what it reads and calls; the template sets and allows
/// exactly that, beside what Lambda needs for every function.
pub(crate) async fn agree_with_the_functions() -> anyhow::Result<()> {
    let template = template()?;
    let globals = &template["Globals"]["Function"]["Environment"]["Variables"];
    for (function, name) in FUNCTIONS {
        let main = root().join("functions").join(function).join("src/main.rs");
        let main = std::fs::read_to_string(main)?;
        let own = &template["Resources"][format!("{name}Function")]["Properties"];
        let own = names(&own["Environment"]["Variables"]);
        let set: BTreeSet<&str> = names(globals).union(&own).copied().collect();
        let reads = in_backticks(&main, "Environment:", "Calls:");
        ensure!(
            reads.is_subset(&set) && own.is_subset(&reads),
            "{function} reads {reads:?}, set are {set:?}"
        );
        let role = &template["Resources"][format!("{name}Role")]["Properties"];
        let statements = statements(role);
        let of_all: BTreeSet<&str> = statements.iter().map(|one| sid(one)).collect();
        ensure!(
            OF_ALL.iter().all(|sid| of_all.contains(sid)),
            "{function}: {of_all:?}"
        );
        let own = statements.iter().filter(|one| !OF_ALL.contains(&sid(one)));
        let own = own.map(|one| actions(one));
        let own = own.filter(|actions| actions.iter().any(|one| !WITH_KEYS.contains(one)));
        let allowed: BTreeSet<&str> = own.flatten().collect();
        let calls = in_backticks(&main, "Calls:", "use ");
        ensure!(
            allowed == calls,
            "{function} calls {calls:?}, its role allows {allowed:?}"
        );
    }
    Ok(())
}

/// Each statement of each role has a Sid of its own in it, allows named actions, and
/// names resources wherever IAM knows some for its actions.
pub(crate) async fn name_what_they_are_about() -> anyhow::Result<()> {
    let template = template()?;
    let roles = resources(&template, "AWS::IAM::Role");
    ensure!(roles.len() >= 9, "only {} roles", roles.len());
    for (role, properties) in roles {
        let statements = statements(properties);
        let sids: BTreeSet<&str> = statements.iter().map(|one| sid(one)).collect();
        ensure!(
            sids.len() == statements.len(),
            "{role}: a Sid stands twice in {sids:?}"
        );
        for statement in statements {
            let (sid, actions) = (sid(statement), actions(statement));
            ensure!(
                !sid.is_empty() && statement["Effect"] == "Allow",
                "{role}: {statement}"
            );
            let named = actions.iter().all(|action| !action.contains('*'));
            ensure!(named && !actions.is_empty(), "{role} {sid}: {actions:?}");
            let everywhere = listed(&statement["Resource"]).iter().any(|on| **on == "*");
            let needs_it = actions
                .iter()
                .all(|action| WITHOUT_RESOURCE.contains(action));
            ensure!(
                everywhere == needs_it && !statement["Resource"].is_null(),
                "{role} {sid}: {actions:?} on {}",
                statement["Resource"]
            );
        }
    }
    Ok(())
}

/// The statements of a role's own policies.
pub(crate) fn statements(role: &Value) -> Vec<&Value> {
    let policies = listed(&role["Policies"]).into_iter();
    policies
        .flat_map(|policy| listed(&policy["PolicyDocument"]["Statement"]))
        .collect()
}

pub(crate) fn sid(statement: &Value) -> &str {
    statement["Sid"].as_str().unwrap_or_default()
}

fn actions(statement: &Value) -> BTreeSet<&str> {
    let actions = listed(&statement["Action"]).into_iter();
    actions.filter_map(Value::as_str).collect()
}

fn names(object: &Value) -> BTreeSet<&str> {
    let names = object.as_object().into_iter().flatten();
    names.map(|(name, _)| name.as_str()).collect()
}

/// The words in backticks between two marks of a header.
fn in_backticks<'a>(text: &'a str, from: &str, to: &str) -> BTreeSet<&'a str> {
    let part = text.split(from).nth(1).unwrap_or_default();
    let part = part.split(to).next().unwrap_or_default();
    part.split('`').skip(1).step_by(2).collect()
}
