//! Requests that fail by order.

use serde::Deserialize;

/// `{"fail_next": {…}}`: the next `count` requests of an operation fail, before
/// or after they took effect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::datasync) struct OrderedFailure {
    pub operation: String,
    #[serde(default = "once")]
    pub count: u32,
    #[serde(default)]
    pub after_commit: bool,
    #[serde(rename = "type")]
    pub kind: FailureKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(in crate::datasync) enum FailureKind {
    InternalException,
    ThrottlingException,
    /// The connection ends without an answer.
    #[serde(rename = "reset")]
    Reset,
}

fn once() -> u32 {
    1
}
