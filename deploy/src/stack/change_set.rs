//! A change set: what would change, before anything does.

use super::state::{Stack, find};
use crate::aws::Aws;
use crate::failure::{Exit, Failure};
use anyhow::Context;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{Capability, ChangeSetType, Parameter};
use function_env::CallError;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// Parameters by name.
pub type Parameters = BTreeMap<String, String>;

/// The template's parameters by name, each with its default if it has one.
pub type Declared = BTreeMap<String, Option<String>>;

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

/// One change of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `Add`, `Modify`, `Remove`, …
    pub action: String,
    /// The logical ID.
    pub resource: String,
    /// The type, such as `AWS::S3::Bucket`.
    pub kind: String,
    /// `True`, `False`, `Conditional`, or nothing.
    pub replacement: String,
}

/// The types that hold data.
const STATEFUL: [&str; 2] = ["AWS::EFS::FileSystem", "AWS::S3::Bucket"];

impl Change {
    /// Whether the resource may go, and another come in its place or none.
    #[must_use]
    pub fn is_destructive(&self) -> bool {
        self.action == "Remove" || matches!(self.replacement.as_str(), "True" | "Conditional")
    }

    /// Whether data would be left behind or lost with it.
    #[must_use]
    pub fn endangers_data(&self) -> bool {
        self.is_destructive() && STATEFUL.contains(&self.kind.as_str())
    }
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

/// What is given, and for the rest the value of before.
///
/// # Errors
///
/// [`Exit::Usage`] if a parameter is missing or unknown.
pub fn parameters(
    declared: &Declared,
    stack: Option<&Stack>,
    given: &Parameters,
) -> Result<Vec<Parameter>, Failure> {
    let existing = stack.filter(|stack| stack.is_ready());
    if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
        let known: Vec<&str> = declared.keys().map(String::as_str).collect();
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "the template has no parameter {unknown}; it has {}",
                known.join(", ")
            ),
        ));
    }
    let mut parameters = Vec::new();
    for (name, default) in declared {
        let builder = Parameter::builder().parameter_key(name);
        let before = existing.is_some_and(|stack| stack.parameters.contains_key(name));
        match given.get(name) {
            Some(value) => parameters.push(builder.parameter_value(value).build()),
            None if before => parameters.push(builder.use_previous_value(true).build()),
            None if default.is_some() => {}
            None => {
                return Err(Failure::new(
                    Exit::Usage,
                    format!("parameter {name} is required: pass --parameter {name}=VALUE"),
                ));
            }
        }
    }
    Ok(parameters)
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
    let mut pause = super::apply::Pause::new(aws.is_local);
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

fn change_from(change: &aws_sdk_cloudformation::types::Change) -> Option<Change> {
    let resource = change.resource_change()?;
    Some(Change {
        action: resource
            .action()
            .map_or("", |action| action.as_str())
            .to_owned(),
        resource: resource
            .logical_resource_id()
            .unwrap_or_default()
            .to_owned(),
        kind: resource.resource_type().unwrap_or_default().to_owned(),
        replacement: resource
            .replacement()
            .map_or("", |word| word.as_str())
            .to_owned(),
    })
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

/// The value that a parameter will have.
#[must_use]
pub fn effective(
    name: &str,
    declared: &Declared,
    stack: Option<&Stack>,
    given: &Parameters,
) -> Option<String> {
    let existing = stack.filter(|stack| stack.is_ready());
    let before = existing.and_then(|stack| stack.parameters.get(name));
    let value = given.get(name).or(before);
    value
        .cloned()
        .or_else(|| declared.get(name).cloned().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Declared {
        BTreeMap::from([
            ("AlertEmail".to_owned(), None),
            ("TimeZone".to_owned(), Some("UTC".to_owned())),
        ])
    }

    fn given(name: &str) -> Parameters {
        BTreeMap::from([(name.to_owned(), "x".to_owned())])
    }

    #[test]
    fn a_required_parameter_is_asked_for_once() {
        let error = parameters(&declared(), None, &Parameters::new()).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.to_string().contains("--parameter AlertEmail=VALUE"));
        let first = parameters(&declared(), None, &given("AlertEmail")).unwrap();
        assert_eq!(first.len(), 1);
    }

    #[test]
    fn what_is_not_given_keeps_its_value() {
        let stack = Stack {
            id: String::new(),
            status: "CREATE_COMPLETE".to_owned(),
            reason: None,
            outputs: BTreeMap::new(),
            parameters: ["AlertEmail", "TimeZone"]
                .map(|name| (name.to_owned(), "old".to_owned()))
                .into(),
        };
        let kept = parameters(&declared(), Some(&stack), &given("TimeZone")).unwrap();
        assert_eq!(kept[0].use_previous_value(), Some(true));
        assert_eq!(kept[1].parameter_value(), Some("x"));

        let value = |name| effective(name, &declared(), Some(&stack), &given("TimeZone"));
        assert_eq!(value("TimeZone").as_deref(), Some("x"));
        assert_eq!(value("AlertEmail").as_deref(), Some("old"));
        assert_eq!(value("Other"), None);
    }

    #[test]
    fn an_unknown_parameter_is_named_with_the_known_ones() {
        let error = parameters(&declared(), None, &given("Email"))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("no parameter Email; it has AlertEmail, TimeZone"),
            "{error}"
        );
    }

    #[test]
    fn a_change_that_endangers_data_is_known() {
        let change = |action: &str, kind: &str, replacement: &str| Change {
            action: action.to_owned(),
            resource: "X".to_owned(),
            kind: kind.to_owned(),
            replacement: replacement.to_owned(),
        };
        #[rustfmt::skip]
        let cases = [
            (change("Modify", "AWS::S3::Bucket",      "False"),       false, false),
            (change("Modify", "AWS::S3::Bucket",      "Conditional"), true,  true),
            (change("Remove", "AWS::EFS::FileSystem", ""),            true,  true),
            (change("Modify", "AWS::EC2::VPC",        "True"),        true,  false),
            (change("Add",    "AWS::S3::Bucket",      ""),            false, false),
        ];
        for (change, destructive, endangers) in cases {
            assert_eq!(change.is_destructive(), destructive, "{change:?}");
            assert_eq!(change.endangers_data(), endangers, "{change:?}");
        }
    }

    #[test]
    fn nothing_to_do_is_told_from_a_real_failure() {
        assert!(is_no_change(
            "The submitted information didn't contain changes. Submit different"
        ));
        assert!(is_no_change("No updates are to be performed."));
        assert!(!is_no_change("Transform AWS::Serverless-2016-10-31 failed"));
    }
}
