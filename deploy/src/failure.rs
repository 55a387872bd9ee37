//! How a verb fails: one line for the reader, one exit code for scripts.

use aws_call::CallError;
use std::fmt;

/// The exit codes, a contract. 0 is "done or nothing to do".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The work failed.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// A confirmation is missing; nothing was changed.
    Refused = 3,
    /// No valid credentials, or a permission is missing.
    Credentials = 4,
    /// Somebody else is changing the stack.
    Busy = 5,
    /// The work goes on in AWS; only the watching ended.
    Detached = 6,
    /// Ctrl-C, before anything was asked of AWS or on a local cloud.
    Interrupted = 130,
}

/// A verb that did not do its work.
#[derive(Debug)]
pub struct Failure {
    /// What a script sees.
    pub exit: Exit,
    /// What a person reads: thing, cause, next command.
    pub error: anyhow::Error,
}

impl Failure {
    /// A failure with a text of ours.
    pub fn new(exit: Exit, text: impl fmt::Display) -> Self {
        Failure {
            exit,
            error: anyhow::anyhow!("{text}"),
        }
    }

    /// The failure for programs, schema `backup.error/1`.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "schema": "backup.error/1",
            "error": { "text": self.to_string(), "exit": self.exit as u8 },
        })
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure {
            exit: Exit::Failed,
            error,
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let exit = if is_about_credentials(&error) {
            Exit::Credentials
        } else {
            Exit::Failed
        };
        Failure {
            exit,
            error: error.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
}

const CREDENTIAL_CODES: [&str; 9] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthFailure",
];

/// A call that never left for want of credentials has no code of AWS's.
fn is_about_credentials(error: &CallError) -> bool {
    CREDENTIAL_CODES.contains(&error.code.as_str())
        || (error.code == "NoAnswer" && error.message.contains("credential"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_reads_the_same_as_a_person() {
        let refused = Failure::new(Exit::Refused, "no: run `x`");
        let expected = r#"{"error":{"exit":3,"text":"no: run `x`"},"schema":"backup.error/1"}"#;
        assert_eq!(refused.json().to_string(), expected);
    }

    #[test]
    fn exit_codes_tell_credentials_from_other_failures() {
        let call = |code: &str, message: &str| CallError {
            operation: "cloudformation:DescribeStacks",
            resource: "efs-backup".to_owned(),
            code: code.to_owned(),
            message: message.to_owned(),
            may_pass: false,
        };
        #[rustfmt::skip]
        let cases = [
            ("AccessDenied",    "no",                          Exit::Credentials),
            ("ExpiredToken",    "old",                         Exit::Credentials),
            ("NoAnswer",        "no providers in chain provided credentials", Exit::Credentials),
            ("NoAnswer",        "connection refused",          Exit::Failed),
            ("ValidationError", "bad template",                Exit::Failed),
        ];
        for (code, message, exit) in cases {
            assert_eq!(
                Failure::from(call(code, message)).exit,
                exit,
                "{code}: {message}"
            );
        }
    }
}
