//! DataSync, as far as a start needs it.

use crate::Settings;
use aws_call::CallError;
use aws_sdk_datasync::Client;
use aws_sdk_datasync::config::{BehaviorVersion, Config};
use aws_sdk_datasync::error::SdkError;
use aws_sdk_datasync::operation::start_task_execution::StartTaskExecutionError;
use backup_domain::arn::TaskArn;
use function_env::{Clients, ClientsError};
use function_ping::Ping;

/// The clients of this function.
#[derive(Debug)]
pub struct Aws {
    datasync: Client,
    pub(crate) ping: Ping,
}

/// What DataSync says about a task.
#[derive(Debug, PartialEq, Eq)]
pub struct Task {
    /// `AVAILABLE`, `RUNNING`, `QUEUED`, `UNAVAILABLE`, `CREATING`, or a new word.
    pub status: String,
    /// The newest execution, running or finished.
    pub current_execution: Option<String>,
    /// Why the task is unavailable.
    pub error_code: Option<String>,
    /// The same in a sentence.
    pub error_detail: Option<String>,
}

/// Why a start was not confirmed.
#[derive(Debug)]
pub enum StartError {
    /// DataSync says that the request cannot be carried out now. It says so too
    /// when an earlier try of the same request was carried out and only its
    /// answer was lost.
    Invalid(CallError),
    /// Anything else.
    Other(CallError),
}

impl Aws {
    /// Builds the clients.
    ///
    /// # Errors
    ///
    /// [`ClientsError`] names what Lambda did not set.
    pub fn from_env(settings: &Settings) -> Result<Self, ClientsError> {
        let clients = Clients::from_env()?;
        let config = Config::from(&clients.config("DATASYNC"))
            .to_builder()
            .behavior_version(BehaviorVersion::latest())
            .build();
        Ok(Aws {
            datasync: Client::from_conf(config),
            ping: Ping::to(settings.ping.clone(), &clients),
        })
    }

    /// Asks for the task's state.
    ///
    /// # Errors
    ///
    /// [`CallError`] if DataSync does not tell it.
    pub async fn describe(&self, task: &TaskArn) -> Result<Task, CallError> {
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
        })
    }

    /// Starts an execution; gives its ARN.
    ///
    /// # Errors
    ///
    /// [`StartError`] if DataSync does not confirm it.
    pub async fn start(&self, task: &TaskArn) -> Result<Option<String>, StartError> {
        let request = self.datasync.start_task_execution().task_arn(task.as_str());
        match request.send().await {
            Ok(output) => Ok(output.task_execution_arn().map(str::to_owned)),
            Err(error) => {
                let invalid = is_invalid_request(&error);
                let call = CallError::new("datasync:StartTaskExecution", task.as_str(), &error);
                Err(if invalid {
                    StartError::Invalid(call)
                } else {
                    StartError::Other(call)
                })
            }
        }
    }
}

/// By type, never by text: DataSync's messages are not documented and change.
fn is_invalid_request<R>(error: &SdkError<StartTaskExecutionError, R>) -> bool {
    error
        .as_service_error()
        .is_some_and(StartTaskExecutionError::is_invalid_request_exception)
}
