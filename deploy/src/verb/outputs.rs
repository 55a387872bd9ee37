//! `efs-backup outputs`: the stack's outputs.

use super::{connect, existing};
use crate::cli::Global;
use crate::failure::Failure;
use crate::voice::Voice;
use std::collections::BTreeMap;

/// Prints the outputs of the stack.
///
/// # Errors
///
/// If there is no such stack.
pub(super) async fn outputs(global: &Global, voice: Voice) -> Result<u8, Failure> {
    let aws = connect(global, voice).await?;
    let stack = existing(&aws, global.stack_name()).await?;
    show(&stack.outputs, global.json, voice);
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
