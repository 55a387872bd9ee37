//! An AWS call that failed, told in one line.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;

/// A failed call: which permission it needs, on what, and what AWS said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation} failed for {resource}: {code}: {message}")]
pub struct CallError {
    /// The IAM action, so that a denied call names the permission it lacks.
    pub operation: &'static str,
    /// What was asked about.
    pub resource: String,
    /// AWS's error code, or a word of ours where no answer came.
    pub code: String,
    /// AWS's text; free, never to be parsed.
    pub message: String,
    /// Whether the same call may succeed a moment later.
    pub may_pass: bool,
}

impl CallError {
    /// Translates an SDK error.
    pub fn new<E, R>(
        operation: &'static str,
        resource: impl Into<String>,
        error: &SdkError<E, R>,
    ) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let (code, message) = match error {
            SdkError::ServiceError(service) => of_service(service.err()),
            SdkError::TimeoutError(_) => ("Timeout".to_owned(), "no answer in time".to_owned()),
            other => ("NoAnswer".to_owned(), chain(other)),
        };
        let may_pass = !matches!(error, SdkError::ServiceError(_)) || is_passing(&code);
        CallError {
            operation,
            resource: resource.into(),
            code,
            message,
            may_pass,
        }
    }
}

fn of_service<E: ProvideErrorMetadata + Error>(error: &E) -> (String, String) {
    (
        error.code().unwrap_or("NoCode").to_owned(),
        error.message().unwrap_or("no message").to_owned(),
    )
}

/// Faults of the service and throttling pass; what names a request as wrong or
/// denied does not. An error without a code may be anything, so it may pass.
fn is_passing(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    [
        "throttl",
        "slowdown",
        "toomanyrequests",
        "internal",
        "unavailable",
        "timeout",
        "nocode",
        "requestlimit",
    ]
    .iter()
    .any(|word| code.contains(word))
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut texts = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_faults_and_throttling_are_worth_another_try() {
        #[rustfmt::skip]
        let cases = [
            ("ThrottlingException",     true),
            ("InternalException",       true),
            ("InternalServerError",     true),
            ("ServiceUnavailable",      true),
            ("SlowDown",                true),
            ("NoCode",                  true),
            ("AccessDeniedException",   false),
            ("InvalidRequestException", false),
            ("NoSuchBucket",            false),
        ];
        for (code, passing) in cases {
            assert_eq!(is_passing(code), passing, "{code}");
        }
    }
}
