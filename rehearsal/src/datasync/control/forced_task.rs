//! What `DescribeTask` says by order.

use serde::Deserialize;
use serde_json::Value;

/// `{"task": {…}}`: `DescribeTask` says this. Without a status: no longer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::datasync) struct ForcedTask {
    pub arn: String,
    pub status: Option<String>,
    error_code: Option<String>,
    error_detail: Option<String>,
}

impl ForcedTask {
    pub(in crate::datasync) fn status(&self) -> &str {
        self.status.as_deref().unwrap_or("AVAILABLE")
    }

    pub(in crate::datasync) fn overlay(&self, described: &mut Value) {
        described["Status"] = self.status().into();
        if let Some(code) = &self.error_code {
            described["ErrorCode"] = code.as_str().into();
        }
        if let Some(detail) = &self.error_detail {
            described["ErrorDetail"] = detail.as_str().into();
        }
    }
}
