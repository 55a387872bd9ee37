//! Reads the parts of a task report: which files failed, and why.
//!
//! A detailed report lies under `Detailed-Reports/TASK/EXECUTION/` as files
//! `EXECUTION.files-KIND-v1-NNNNN-HEX.json`, each with a list of items below a
//! key named after its kind. Source: DataSync User Guide, "Monitoring your data
//! transfers with task reports"; the items' fields are not documented, so every
//! one of them is optional here.

mod bounded;
mod part;

pub use part::read_part;

/// Where the parts of an execution lie, below the report's own prefix.
#[must_use]
pub fn parts_prefix(subdirectory: &str, task_id: &str, execution_id: &str) -> String {
    below(subdirectory, "Detailed-Reports", task_id, execution_id)
}

/// Where the summary of an execution lies. `DataSync` writes it with every
/// report, so it shows that the report was looked for in the right place.
#[must_use]
pub fn summary_prefix(subdirectory: &str, task_id: &str, execution_id: &str) -> String {
    below(subdirectory, "Summary-Reports", task_id, execution_id)
}

/// The subdirectory may come back with or without its slashes.
fn below(subdirectory: &str, kind: &str, task_id: &str, execution_id: &str) -> String {
    let subdirectory = match subdirectory.trim_matches('/') {
        "" => String::new(),
        name => format!("{name}/"),
    };
    format!("{subdirectory}{kind}/{task_id}/{execution_id}/")
}

#[cfg(test)]
mod tests;
