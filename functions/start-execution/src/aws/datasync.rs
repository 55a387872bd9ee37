//! DataSync: the task's state, and a start.

use super::Aws;
use crate::overrides::Overrides;
use aws_call::CallError;
use aws_sdk_datasync::Client;
use aws_sdk_datasync::config::{BehaviorVersion, Config};
use aws_sdk_datasync::error::SdkError;
use aws_sdk_datasync::operation::start_task_execution::StartTaskExecutionError;
use aws_sdk_datasync::types::{FilterRule, FilterType, Options, TagListEntry, VerifyMode};
use backup_domain::arn::TaskArn;
use function_env::Clients;
use lambda_runtime::tracing;
use std::collections::BTreeMap;

pub(super) fn client(clients: &Clients) -> Client {
    let config = Config::from(&clients.config("DATASYNC"))
        .to_builder()
        .behavior_version(BehaviorVersion::latest())
        .build();
    Client::from_conf(config)
}

/// What DataSync says about a task.
#[derive(Debug)]
pub(crate) struct Task {
    /// `AVAILABLE`, `RUNNING`, `QUEUED`, `UNAVAILABLE`, `CREATING`, or a new word.
    pub(crate) status: String,
    /// The newest execution, running or finished.
    pub(crate) current_execution: Option<String>,
    /// Why the task is unavailable.
    pub(crate) error_code: Option<String>,
    /// The same in a sentence.
    pub(crate) error_detail: Option<String>,
    options: Option<Options>,
}

/// A run as it is asked for.
#[derive(Debug)]
pub(crate) struct Run {
    /// What it does otherwise than the task.
    pub(crate) overrides: Overrides,
    /// Who started it.
    pub(crate) tags: BTreeMap<&'static str, String>,
}

/// Why a start was not confirmed.
#[derive(Debug)]
pub(crate) enum StartError {
    /// DataSync says that the request cannot be carried out now. It says so too
    /// when an earlier try of the same request was carried out and only its
    /// answer was lost.
    Invalid(CallError),
    /// Anything else.
    Other(CallError),
}

impl Aws {
    /// Asks for the task's state.
    ///
    /// # Errors
    ///
    /// [`CallError`] if DataSync does not tell it.
    pub(crate) async fn describe(&self, task: &TaskArn) -> Result<Task, CallError> {
        let request = self.datasync.describe_task().task_arn(task.as_str());
        let output = request
            .send()
            .await
            .map_err(|error| CallError::new("datasync:DescribeTask", task.as_str(), &error))?;
        Ok(Task {
            status: output
                .status()
                .map_or("", |status| status.as_str())
                .to_owned(),
            current_execution: output.current_task_execution_arn().map(str::to_owned),
            error_code: output.error_code().map(str::to_owned),
            error_detail: output.error_detail().map(str::to_owned),
            options: output.options().cloned(),
        })
    }

    /// Starts an execution; gives its ARN. If the tags are what is denied, it is
    /// started without them: they are no reason for a night without a backup.
    ///
    /// # Errors
    ///
    /// [`StartError`] if DataSync does not confirm it.
    pub(crate) async fn start(
        &self,
        arn: &TaskArn,
        task: &Task,
        run: &Run,
    ) -> Result<Option<String>, StartError> {
        match self.try_start(arn, task, &run.overrides, &run.tags).await {
            Err(StartError::Other(error)) if error.code.starts_with("AccessDenied") => {
                tracing::warn!("once more without tags: {error}");
                self.try_start(arn, task, &run.overrides, &BTreeMap::new())
                    .await
            }
            answer => answer,
        }
    }

    async fn try_start(
        &self,
        arn: &TaskArn,
        task: &Task,
        overrides: &Overrides,
        tags: &BTreeMap<&'static str, String>,
    ) -> Result<Option<String>, StartError> {
        let request = self
            .datasync
            .start_task_execution()
            .task_arn(arn.as_str())
            .set_override_options(options(task, overrides))
            .set_includes(filter(overrides.includes.as_deref()))
            .set_excludes(filter(overrides.excludes.as_deref()))
            .set_tags(tag_list(tags));
        match request.send().await {
            Ok(output) => Ok(output.task_execution_arn().map(str::to_owned)),
            Err(error) => {
                let invalid = is_invalid_request(&error);
                let call = CallError::new("datasync:StartTaskExecution", arn.as_str(), &error);
                Err(if invalid {
                    StartError::Invalid(call)
                } else {
                    StartError::Other(call)
                })
            }
        }
    }
}

/// The task's options with what is overridden; `None` where nothing is. All of them,
/// since AWS does not say whether one that is left out is the task's or DataSync's
/// default, and by default verification reads everything and nothing is logged.
fn options(task: &Task, overrides: &Overrides) -> Option<Options> {
    if overrides.verify_mode.is_none() && overrides.bytes_per_second.is_none() {
        return None;
    }
    let none = || Options::builder().build();
    let mut options = task.options.clone().unwrap_or_else(none);
    if let Some(mode) = &overrides.verify_mode {
        options.verify_mode = Some(VerifyMode::from(mode.as_str()));
    }
    if let Some(limit) = overrides.bytes_per_second {
        options.bytes_per_second = Some(limit);
    }
    Some(options)
}

fn filter(patterns: Option<&str>) -> Option<Vec<FilterRule>> {
    let rule = FilterRule::builder().filter_type(FilterType::SimplePattern);
    Some(vec![rule.value(patterns?).build()])
}

/// `None` without a tag, or where one is refused by the SDK itself, which knows only
/// that a key must be there.
fn tag_list(tags: &BTreeMap<&'static str, String>) -> Option<Vec<TagListEntry>> {
    let tag =
        |(key, value): (&&str, &String)| TagListEntry::builder().key(*key).value(value).build();
    let tags: Vec<TagListEntry> = tags.iter().map(tag).collect::<Result<_, _>>().ok()?;
    Some(tags).filter(|tags| !tags.is_empty())
}

/// By type, never by text: DataSync's messages are not documented and change.
fn is_invalid_request<R>(error: &SdkError<StartTaskExecutionError, R>) -> bool {
    error
        .as_service_error()
        .is_some_and(StartTaskExecutionError::is_invalid_request_exception)
}
