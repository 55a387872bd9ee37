//! What `template.yaml` and the functions must agree on.

use crate::harness::{Stage, root};
use anyhow::ensure;
use std::collections::BTreeSet;

/// The sections stand in the order of the data.
pub(crate) async fn its_sections_are_in_order(_: &Stage) -> anyhow::Result<()> {
    let template = std::fs::read_to_string(root().join("template.yaml"))?;
    let sections: Vec<&str> = template
        .lines()
        .filter_map(|line| line.strip_prefix("  # ==== ")?.split(':').next())
        .collect();
    let expected = [
        "Network",
        "Storage",
        "Fleet",
        "Transfer",
        "Functions",
        "Alerts",
        "System backup",
    ];
    ensure!(sections == expected, "{sections:?}");
    Ok(())
}

/// A function's header names what it reads and calls; the template sets and allows
/// exactly that, beside what Lambda needs for every function.
pub(crate) async fn it_agrees_with_the_functions(_: &Stage) -> anyhow::Result<()> {
    let template = std::fs::read_to_string(root().join("template.yaml"))?;
    let globals = block(&template, "Globals:", "\n\n");
    for (function, name) in [
        ("start-execution", "StartExecution"),
        ("report-execution", "ReportExecution"),
        ("audit-bucket", "AuditBucket"),
    ] {
        let main = root().join("functions").join(function).join("src/main.rs");
        let main = std::fs::read_to_string(main)?;
        let set = block(
            &template,
            &format!("\n  {name}Function:"),
            &format!("\n  {name}Role:"),
        ) + &globals;
        let reads = between(&main, "Environment:", "Calls:");
        ensure!(reads.len() >= 2, "{function} names {reads:?}");
        for variable in reads {
            ensure!(
                set.contains(&format!("{variable}: ")),
                "{function} reads {variable}, which is not set"
            );
        }
        let role = block(
            &template,
            &format!("\n  {name}Role:"),
            &format!("\n  {name}Log:"),
        );
        let (allowed, calls) = (actions(&role), between(&main, "Calls:", "use "));
        let calls: BTreeSet<String> = calls.into_iter().collect();
        ensure!(
            !calls.is_empty() && allowed == calls,
            "{function} calls {calls:?}, its role allows {allowed:?}"
        );
    }
    Ok(())
}

/// Whose actions stand in the roles.
const SERVICES: [&str; 11] = [
    "cloudwatch",
    "datasync",
    "elasticfilesystem",
    "events",
    "kms",
    "logs",
    "s3",
    "scheduler",
    "sns",
    "sqs",
    "sts",
];

/// The actions of a role, without those that every function has, and without what
/// the services behind its calls do with the customer keys.
fn actions(role: &str) -> BTreeSet<String> {
    let of_all = [
        "sts:AssumeRole",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sqs:SendMessage",
        "kms:Decrypt",
        "kms:GenerateDataKey",
    ];
    role.split(|c: char| !(c.is_ascii_alphanumeric() || c == ':'))
        .filter(|word| {
            let (service, action) = word.split_once(':').unwrap_or_default();
            action.starts_with(|c: char| c.is_ascii_uppercase()) && SERVICES.contains(&service)
        })
        .filter(|word| !of_all.contains(word))
        .map(str::to_owned)
        .collect()
}

/// The text from a mark to the next end.
fn block(text: &str, from: &str, end: &str) -> String {
    let rest = text.split_once(from).map_or("", |(_, rest)| rest);
    rest.split(end).next().unwrap_or_default().to_owned()
}

/// The words in backticks between two marks of a header.
fn between(text: &str, from: &str, to: &str) -> Vec<String> {
    let part = text.split(from).nth(1).unwrap_or_default();
    let part = part.split(to).next().unwrap_or_default();
    part.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}
