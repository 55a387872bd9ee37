//! Errors as the API answers them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ApiError {
    /// The service's own, modelled error. AWS does not document the values of
    /// `errorCode` and `datasyncErrorCode`; ours name the rule that was broken.
    #[error("{message}")]
    InvalidRequest { code: &'static str, message: String },
    /// What AWS's front door refuses before the service sees it.
    #[error("1 validation error detected: {0}")]
    Validation(String),
    #[error("{0}")]
    Serialization(String),
    #[error(
        "`{0}` is not an operation that the rehearsal's DataSync knows; \
         see rehearsal/src/datasync/api.rs"
    )]
    UnknownOperation(String),
    #[error("Rate exceeded")]
    Throttling,
    #[error("{0}")]
    Internal(String),
}

impl ApiError {
    pub(super) fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::InvalidRequest {
            code,
            message: message.into(),
        }
    }

    /// Something AWS can do and this `DataSync` cannot: refused, never ignored.
    pub(super) fn unsupported(what: &str) -> Self {
        Self::invalid(
            "NotSupportedByRehearsal",
            format!("{what}: not supported by the rehearsal yet"),
        )
    }

    /// `path` as AWS writes it: members in camel case, such as `taskArn`.
    pub(super) fn missing(path: &str) -> Self {
        Self::Validation(format!(
            "Value null at '{path}' failed to satisfy constraint: Member must not be null"
        ))
    }

    pub(super) fn not_one_of(path: &str, value: &str, allowed: &[&str]) -> Self {
        Self::Validation(format!(
            "Value '{value}' at '{path}' failed to satisfy constraint: \
             Member must satisfy enum value set: [{}]",
            allowed.join(", ")
        ))
    }

    fn name(&self) -> &'static str {
        match self {
            Self::InvalidRequest { .. } => "InvalidRequestException",
            Self::Validation(_) => "ValidationException",
            Self::Serialization(_) => "SerializationException",
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::Throttling => "ThrottlingException",
            Self::Internal(_) => "InternalException",
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut body = json!({"__type": self.name(), "message": self.to_string()});
        match self {
            Self::InvalidRequest { code, .. } => {
                body["errorCode"] = code.into();
                body["datasyncErrorCode"] = code.into();
            }
            Self::Internal(_) => body["errorCode"] = "InternalError".into(),
            _ => {}
        }
        (status, Json(body)).into_response()
    }
}

/// A member that a request must have.
pub(super) fn required<T>(value: Option<T>, path: &str) -> Result<T, ApiError> {
    value.ok_or_else(|| ApiError::missing(path))
}
