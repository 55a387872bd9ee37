//! What a stack's status means for a deployment.

use crate::aws::Aws;
use crate::failure::{Exit, Failure};
use aws_call::CallError;
use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use std::collections::BTreeMap;

/// A stack as CloudFormation describes it.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Its ARN, which stays readable after a deletion.
    pub id: String,
    /// Its status, such as `UPDATE_COMPLETE`.
    pub status: String,
    /// Why it has that status.
    pub reason: Option<String>,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
}

impl Stack {
    /// The name within its ARN `arn:…:stack/NAME/ID`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.id.split('/').nth(1).unwrap_or(&self.id)
    }
}

#[cfg(test)]
impl Stack {
    /// A stack that is well, without outputs.
    pub(crate) fn fixture() -> Self {
        Stack {
            id: "arn:aws:cloudformation:eu-central-1:111122223333:stack/web-backup/1".to_owned(),
            status: "CREATE_COMPLETE".to_owned(),
            reason: None,
            outputs: BTreeMap::new(),
            parameters: BTreeMap::new(),
        }
    }
}

/// What can be done with a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackState {
    /// It does not exist, or is the empty shell of a change set.
    Absent,
    /// It can be updated.
    Ready,
    /// Somebody is changing it.
    Busy,
    /// Its first creation failed; it can only be deleted.
    NeverCreated,
    /// A person must repair it first.
    Broken,
}

impl StackState {
    /// Reads a status. Source: CloudFormation User Guide, "Stack status codes".
    #[must_use]
    pub fn of(status: &str) -> Self {
        match status {
            "REVIEW_IN_PROGRESS" | "DELETE_COMPLETE" => StackState::Absent,
            "CREATE_COMPLETE"
            | "UPDATE_COMPLETE"
            | "UPDATE_ROLLBACK_COMPLETE"
            | "IMPORT_COMPLETE"
            | "IMPORT_ROLLBACK_COMPLETE" => StackState::Ready,
            "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" => StackState::NeverCreated,
            status if status.ends_with("_IN_PROGRESS") => StackState::Busy,
            _ => StackState::Broken,
        }
    }
}

/// Finds a stack by name or id.
///
/// # Errors
///
/// [`CallError`] if CloudFormation does not tell.
pub async fn find(aws: &Aws, stack: &str) -> Result<Option<Stack>, CallError> {
    let answer = aws
        .cloudformation
        .describe_stacks()
        .stack_name(stack)
        .send()
        .await;
    let output = match answer {
        Ok(output) => output,
        // The only sign of absence that CloudFormation gives.
        Err(error)
            if error.code() == Some("ValidationError")
                && error
                    .message()
                    .is_some_and(|text| text.contains("does not exist")) =>
        {
            return Ok(None);
        }
        Err(error) => {
            return Err(CallError::new(
                "cloudformation:DescribeStacks",
                stack,
                &error,
            ));
        }
    };
    Ok(output.stacks().first().map(stack_from))
}

fn stack_from(stack: &aws_sdk_cloudformation::types::Stack) -> Stack {
    let outputs = stack.outputs().iter();
    let parameters = stack.parameters().iter();
    Stack {
        id: stack.stack_id().unwrap_or_default().to_owned(),
        status: stack
            .stack_status()
            .map_or("", |status| status.as_str())
            .to_owned(),
        reason: stack.stack_status_reason().map(str::to_owned),
        outputs: outputs
            .filter_map(|output| {
                Some((
                    output.output_key()?.to_owned(),
                    output.output_value()?.to_owned(),
                ))
            })
            .collect(),
        parameters: parameters
            .filter_map(|parameter| {
                let value = parameter.parameter_value().unwrap_or_default();
                Some((parameter.parameter_key()?.to_owned(), value.to_owned()))
            })
            .collect(),
    }
}

impl Stack {
    /// Whether it can be updated.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        StackState::of(&self.status) == StackState::Ready
    }

    /// Why a deployment cannot begin, and what to do about it.
    #[must_use]
    pub fn refusal(&self, aws: &Aws, name: &str) -> Option<Failure> {
        let status = &self.status;
        let stack = ["--stack-name", self.id.as_str()];
        let (exit, text) = match StackState::of(status) {
            StackState::Absent | StackState::Ready => return None,
            StackState::Busy => (
                Exit::Busy,
                format!(
                    "somebody is changing it; look with `{}` and deploy again",
                    aws.command("cloudformation describe-stacks", &stack)
                ),
            ),
            StackState::NeverCreated => (
                Exit::Failed,
                format!(
                    "its first creation failed and it can only be deleted; run `{}` and deploy again",
                    aws.command("cloudformation delete-stack", &stack)
                ),
            ),
            StackState::Broken => (
                Exit::Failed,
                format!(
                    "it must be repaired first; see why with `{}`",
                    aws.command("cloudformation describe-stack-events", &stack)
                ),
            ),
        };
        Some(Failure::new(
            exit,
            format!("stack {name} is {status}: {text}"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_one_meaning() {
        #[rustfmt::skip]
        let cases = [
            ("REVIEW_IN_PROGRESS",                  StackState::Absent),
            ("DELETE_COMPLETE",                     StackState::Absent),
            ("CREATE_COMPLETE",                     StackState::Ready),
            ("UPDATE_COMPLETE",                     StackState::Ready),
            ("UPDATE_ROLLBACK_COMPLETE",            StackState::Ready),
            ("IMPORT_COMPLETE",                     StackState::Ready),
            ("IMPORT_ROLLBACK_COMPLETE",            StackState::Ready),
            ("CREATE_IN_PROGRESS",                  StackState::Busy),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackState::Busy),
            ("DELETE_IN_PROGRESS",                  StackState::Busy),
            ("ROLLBACK_COMPLETE",                   StackState::NeverCreated),
            ("ROLLBACK_FAILED",                     StackState::NeverCreated),
            ("CREATE_FAILED",                       StackState::NeverCreated),
            ("UPDATE_ROLLBACK_FAILED",              StackState::Broken),
            ("UPDATE_FAILED",                       StackState::Broken),
            ("DELETE_FAILED",                       StackState::Broken),
            ("SOMETHING_NEW",                       StackState::Broken),
        ];
        for (status, state) in cases {
            assert_eq!(StackState::of(status), state, "{status}");
        }
    }
}
