//! `efs-backup diagram`: the architecture picture, drawn from the template.

use crate::cli::{Diagram, Format};
use crate::diagram::{mermaid, picture, svg};
use crate::failure::{Exit, Failure};
use crate::voice::Voice;
use crate::workspace;
use anyhow::Context;

/// Prints the picture of a template.
///
/// # Errors
///
/// If the template cannot be read.
pub(super) fn diagram(options: &Diagram, json: bool, voice: Voice) -> Result<u8, Failure> {
    if json {
        let what = "a picture has no JSON form; leave out --json, or choose --format svg";
        return Err(Failure::new(Exit::Usage, what.to_owned()));
    }
    let path = match &options.template {
        Some(path) => path.clone(),
        None => workspace::root()?.join("template.yaml"),
    };
    let template = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read the template {}", path.display()))?;
    let picture = picture(&template).with_context(|| format!("cannot draw {}", path.display()))?;
    let text = match options.format {
        Format::Mermaid => mermaid(&picture),
        Format::Svg => svg(&picture),
    };
    voice.result(text.trim_end());
    Ok(0)
}
