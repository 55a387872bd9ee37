//! `efs-backup outputs`: the stack's outputs.

use super::connect;
use crate::cli::Global;
use crate::failure::{Exit, Failure};
use crate::stack::{self, StackState};
use crate::voice::Voice;
use std::collections::BTreeMap;

/// Prints the outputs of the stack.
///
/// # Errors
///
/// [`Exit::Failed`] if there is no such stack.
pub(super) async fn outputs(global: &Global, voice: Voice) -> Result<u8, Failure> {
    let aws = connect(global, voice).await?;
    let name = &global.stack_name;
    let found = stack::find(&aws, name).await?;
    // The shell of a change set has no outputs, because there is no stack yet.
    let found = found.filter(|stack| StackState::of(&stack.status) != StackState::Absent);
    let found = found.ok_or_else(|| {
        Failure::new(
            Exit::Failed,
            format!(
                "there is no stack {name} in {}: make it with `efs-backup deploy`",
                aws.region
            ),
        )
    })?;
    show(&found.outputs, global.json, voice);
    Ok(0)
}

/// One `Name: value` a line, or one JSON object.
pub(super) fn show(outputs: &BTreeMap<String, String>, json: bool, voice: Voice) {
    if json {
        return voice.result(&serde_json::json!(outputs).to_string());
    }
    for (name, value) in outputs {
        voice.result(&format!("{name}: {value}"));
    }
}
