//! Filters and manifests, which this `DataSync` does not have.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::datasync::error::ApiError;

/// What would narrow a transfer. Copying more or less than was asked for is
/// worse than refusing, so only the empty ones are taken.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filters {
    #[serde(default)]
    excludes: Vec<Value>,
    #[serde(default)]
    includes: Vec<Value>,
    manifest_config: Option<Map<String, Value>>,
}

impl Filters {
    pub(super) fn refuse(&self) -> Result<(), ApiError> {
        for (member, list) in [("excludes", &self.excludes), ("includes", &self.includes)] {
            match list.len() {
                0 => {}
                1 => return Err(ApiError::unsupported(&format!("filters (`{member}`)"))),
                _ => {
                    return Err(ApiError::Validation(format!(
                        "Value at '{member}' failed to satisfy constraint: \
                         Member must have length less than or equal to 1"
                    )));
                }
            }
        }
        match &self.manifest_config {
            Some(manifest) if !manifest.is_empty() => Err(ApiError::unsupported("ManifestConfig")),
            _ => Ok(()),
        }
    }
}
