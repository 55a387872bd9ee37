//! What `template.yaml` and the functions must agree on.

use crate::harness::{Stage, root};
use anyhow::ensure;

/// The sections stand in the order of the data.
pub(crate) async fn its_sections_are_in_order(_: &Stage) -> anyhow::Result<()> {
    let template = std::fs::read_to_string(root().join("template.yaml"))?;
    let sections: Vec<&str> = template
        .lines()
        .filter_map(|line| line.strip_prefix("  # ==== ")?.split(':').next())
        .collect();
    let expected = ["Network", "Storage", "Transfer", "Functions", "Alerts"];
    ensure!(sections == expected, "{sections:?}");
    Ok(())
}

/// Every variable that a function's header names is set by the template.
pub(crate) async fn it_sets_what_the_functions_read(_: &Stage) -> anyhow::Result<()> {
    let template = std::fs::read_to_string(root().join("template.yaml"))?;
    for function in ["start-execution", "report-execution"] {
        let main = root().join("functions").join(function).join("src/main.rs");
        let main = std::fs::read_to_string(main)?;
        let variables = between(&main, "Environment:", "Calls:");
        ensure!(variables.len() >= 2, "{function} names {variables:?}");
        for variable in variables {
            let set = format!("{variable}: ");
            ensure!(
                template.contains(&set),
                "{function} reads {variable}, which is not set"
            );
        }
        for action in between(&main, "Calls:", "use ") {
            ensure!(
                template.contains(&action),
                "{function} calls {action}, which no role allows"
            );
        }
    }
    Ok(())
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
