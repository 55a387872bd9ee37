//! A change set: what would change, before anything does.

use super::change::{Change, change_from};
use super::pause::Pause;
use super::state::{Stack, find};
use crate::aws::Aws;
use crate::failure::{Exit, Failure};
use anyhow::Context;
use aws_call::CallError;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{Capability, ChangeSetType, Parameter};
use jiff::Timestamp;
use std::time::Duration;

/// What CloudFormation would do.
#[derive(Debug)]
pub enum Plan {
    /// Nothing: the stack is as the template says.
    NoChange,
    /// These changes, waiting to be executed.
    Changes(PlannedChanges),
}

/// A change set that can be executed.
#[derive(Debug)]
pub struct PlannedChanges {
    /// The change set's ARN.
    pub change_set: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// Whether the stack is created, not updated.
    pub creates: bool,
    /// Whether the change set made an empty stack that was not there before.
    made_shell: bool,
    /// The changes.
    pub changes: Vec<Change>,
}

/// The longest time a change set may take to be made.
const LONGEST_PLANNING: Duration = Duration::from_secs(600);

/// Makes a change set and waits until it is ready.
///
/// # Errors
///
/// [`Failure`] if CloudFormation rejects the template.
pub async fn plan(
    aws: &Aws,
    name: &str,
    stack: Option<&Stack>,
    template_url: &str,
    parameters: Vec<Parameter>,
) -> Result<Plan, Failure> {
    let existing = stack.filter(|stack| stack.is_ready());
    let kind = if existing.is_some() {
        ChangeSetType::Update
    } else {
        ChangeSetType::Create
    };
    let now = Timestamp::now().strftime("%Y%m%d-%H%M%S");
    let request = aws
        .cloudformation
        .create_change_set()
        .stack_name(name)
        .change_set_name(format!("efs-backup-{now}"))
        .change_set_type(kind)
        .template_url(template_url)
        .set_parameters(Some(parameters))
        .capabilities(Capability::CapabilityIam)
        .capabilities(Capability::CapabilityAutoExpand);
    let made = request.send().await;
    let made = match made {
        Ok(made) => made,
        Err(error) => return Err(not_made(aws, name, &error).await),
    };
    let change_set = made
        .id()
        .context("CloudFormation gave the change set no id")?;
    let described = wait(aws, change_set).await?;
    let planned = PlannedChanges {
        change_set: change_set.to_owned(),
        stack_id: described.stack_id().unwrap_or_default().to_owned(),
        creates: existing.is_none(),
        made_shell: stack.is_none(),
        changes: changes(aws, change_set).await?,
    };
    finish(aws, name, planned, &described).await
}

/// Why no change set was made; somebody may have been quicker.
async fn not_made<E, R>(aws: &Aws, name: &str, error: &SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let now = find(aws, name).await.ok().flatten();
    now.and_then(|stack| stack.refusal(aws, name))
        .unwrap_or_else(|| CallError::new("cloudformation:CreateChangeSet", name, error).into())
}

async fn wait(aws: &Aws, change_set: &str) -> Result<DescribeChangeSetOutput, Failure> {
    let deadline = tokio::time::Instant::now() + LONGEST_PLANNING;
    let mut pause = Pause::new(aws.is_local);
    loop {
        match page(aws, change_set, None).await {
            Ok(described) => {
                let status = described.status().map_or("", |status| status.as_str());
                if matches!(status, "CREATE_COMPLETE" | "FAILED") {
                    return Ok(described);
                }
            }
            // A question that fails is asked again.
            Err(error) if error.may_pass => {}
            Err(error) => return Err(error.into()),
        }
        if tokio::time::Instant::now() > deadline {
            let text = format!("the change set {change_set} is not ready after 10 minutes");
            return Err(Failure::new(Exit::Failed, text));
        }
        pause.wait().await;
    }
}

/// One page of a change set.
async fn page(
    aws: &Aws,
    change_set: &str,
    token: Option<String>,
) -> Result<DescribeChangeSetOutput, CallError> {
    let request = aws.cloudformation.describe_change_set();
    let request = request.change_set_name(change_set).set_next_token(token);
    request
        .send()
        .await
        .map_err(|error| CallError::new("cloudformation:DescribeChangeSet", change_set, &error))
}

/// The changes on all pages: a list to be confirmed must be whole.
async fn changes(aws: &Aws, change_set: &str) -> Result<Vec<Change>, CallError> {
    let mut changes = Vec::new();
    let mut token = None;
    loop {
        let page = page(aws, change_set, token).await?;
        changes.extend(page.changes().iter().filter_map(change_from));
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return Ok(changes);
        }
    }
}

async fn finish(
    aws: &Aws,
    name: &str,
    planned: PlannedChanges,
    described: &DescribeChangeSetOutput,
) -> Result<Plan, Failure> {
    if described.status().map(|status| status.as_str()) == Some("CREATE_COMPLETE") {
        return Ok(Plan::Changes(planned));
    }
    let reason = described.status_reason().unwrap_or("no reason given");
    discard(aws, &planned).await?;
    if is_no_change(reason) {
        return Ok(Plan::NoChange);
    }
    Err(Failure::new(
        Exit::Failed,
        format!(
            "CloudFormation rejected the change to stack {name}: {reason}; nothing was changed; \
             correct the template or its parameters and deploy again"
        ),
    ))
}

/// The two texts by which CloudFormation says that there is nothing to do.
fn is_no_change(reason: &str) -> bool {
    reason.starts_with("The submitted information didn't contain changes")
        || reason.starts_with("No updates are to be performed")
}

/// Removes a change set that will not be executed, and the empty stack that it
/// made, so that nothing stays behind.
///
/// # Errors
///
/// [`CallError`] if CloudFormation does not confirm it.
pub async fn discard(aws: &Aws, planned: &PlannedChanges) -> Result<(), CallError> {
    let request = aws.cloudformation.delete_change_set();
    let deleted = request.change_set_name(&planned.change_set).send().await;
    deleted.map_err(|error| {
        CallError::new(
            "cloudformation:DeleteChangeSet",
            &planned.change_set,
            &error,
        )
    })?;
    if planned.made_shell {
        let request = aws
            .cloudformation
            .delete_stack()
            .stack_name(&planned.stack_id);
        request.send().await.map_err(|error| {
            CallError::new("cloudformation:DeleteStack", &planned.stack_id, &error)
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_do_is_told_from_a_real_failure() {
        assert!(is_no_change(
            "The submitted information didn't contain changes. Submit different"
        ));
        assert!(is_no_change("No updates are to be performed."));
        assert!(!is_no_change("Transform AWS::Serverless-2016-10-31 failed"));
    }
}
