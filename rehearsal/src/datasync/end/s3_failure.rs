//! Why a call to S3 failed, for the log, the report and the execution's result.

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// Why a call to S3 failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct S3Failure {
    /// `PutObject`, …
    pub operation: &'static str,
    pub key: String,
    /// HTTP status; 0 where there was no answer.
    pub status: u16,
    /// S3's error code, such as `AccessDenied`.
    pub exception: String,
    pub message: String,
}

impl S3Failure {
    /// Translates what the SDK says.
    pub(crate) fn from_sdk<E>(operation: &'static str, key: &str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let status = error.raw_response().map_or(0, |raw| raw.status().as_u16());
        // The answer to a HEAD has no body and so no code.
        let exception = error.code().unwrap_or(match status {
            0 => "NoAnswer",
            403 => "AccessDenied",
            404 => "NotFound",
            _ => "UnknownError",
        });
        let message = match error.message() {
            Some(message) => message.to_owned(),
            None if status == 403 => "Access Denied".to_owned(),
            None => DisplayErrorContext(error).to_string(),
        };
        Self {
            operation,
            key: key.to_owned(),
            status,
            exception: exception.to_owned(),
            message,
        }
    }

    /// The answer broke off.
    pub(crate) fn unanswered(
        operation: &'static str,
        key: &str,
        error: &impl std::fmt::Display,
    ) -> Self {
        Self {
            operation,
            key: key.to_owned(),
            status: 0,
            exception: "IncompleteBody".to_owned(),
            message: error.to_string(),
        }
    }

    /// Whether nothing answered at all.
    pub(crate) fn is_unreachable(&self) -> bool {
        self.status == 0
    }

    pub(crate) fn reason(&self) -> String {
        match self.status {
            403 => "Access denied".to_owned(),
            _ => format!("{}: {}", self.exception, self.message),
        }
    }

    /// AWS appends request and response headers; they say nothing here.
    pub(crate) fn log_line(&self) -> String {
        let Self {
            operation,
            key,
            status,
            exception,
            message,
        } = self;
        format!(
            "[ERROR] S3 Exception: op={operation} {key}, code={status}, type=15, \
             exception={exception}, msg={message}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_logged_in_the_guides_form() {
        let failure = S3Failure {
            operation: "GetObjectTagging",
            key: "photos/picture1.png".to_owned(),
            status: 403,
            exception: "AccessDenied".to_owned(),
            message: "Access Denied".to_owned(),
        };
        assert_eq!(
            failure.log_line(),
            "[ERROR] S3 Exception: op=GetObjectTagging photos/picture1.png, code=403, type=15, \
             exception=AccessDenied, msg=Access Denied"
        );
    }
}
