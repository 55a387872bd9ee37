//! What `template.yaml` must agree on with the functions, the metrics and the reader.

mod metrics;
mod parameters;
pub(crate) mod statements;

pub(crate) use metrics::alarms_are_few_and_lead_somewhere;
pub(crate) use metrics::every_metric_exists;
pub(crate) use parameters::are_named_right_elsewhere;
pub(crate) use parameters::each_is_explained;
pub(crate) use statements::agree_with_the_functions;
pub(crate) use statements::name_what_they_are_about;

use crate::harness::root;
use anyhow::ensure;

/// The sections stand in the order of the data.
pub(crate) async fn its_sections_are_in_order() -> anyhow::Result<()> {
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
