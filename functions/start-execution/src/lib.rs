//! Starts an execution of the backup task, or says why not.
//!
//! `StartTaskExecution` has no client token, so the task's own state is asked
//! before and, where the answer is in doubt, after. A task runs one execution at
//! a time (source: DataSync API Reference, `StartTaskExecution`).

mod aws;
mod request;

pub use aws::Aws;
pub use request::{Action, Answer, Request};

use aws::{StartError, Task};
use aws_call::CallError;
use backup_domain::arn::TaskArn;
use function_env::log;
use function_env::{VariableError, given, required};
use function_ping::PingUrl;
use lambda_runtime::Diagnostic;
use lambda_runtime::tracing::{self, Span};

/// The function's environment.
#[derive(Debug)]
pub struct Settings {
    /// The task to execute.
    pub task: TaskArn,
    /// The stack, for the log.
    pub stack: String,
    /// A service that is told when a run was started.
    pub ping: Option<PingUrl>,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    ///
    /// [`VariableError`] names the variable that is missing or malformed.
    pub fn from_env() -> Result<Self, VariableError> {
        Ok(Settings {
            task: required("TASK_ARN")?,
            stack: required("STACK_NAME")?,
            ping: given("PING_URL")?,
        })
    }
}

/// Why a request ended as an invocation error.
#[derive(Debug, thiserror::Error)]
pub enum StartFailure {
    /// The request itself is wrong.
    #[error(
        "the request is not understood ({0}); send {{\"trigger\":\"manual\"}} to start a run by hand"
    )]
    Request(#[from] serde_json::Error),
    /// DataSync could not be asked.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The task cannot be executed; the message is the answer as JSON.
    #[error("{0}")]
    Refused(String),
}

impl From<StartFailure> for Diagnostic {
    fn from(failure: StartFailure) -> Self {
        let error_type = match failure {
            StartFailure::Request(_) => "BadRequest",
            StartFailure::Call(_) => "CallFailed",
            StartFailure::Refused(_) => "Refused",
        };
        Diagnostic {
            error_type: error_type.to_owned(),
            error_message: failure.to_string(),
        }
    }
}

/// Handles one request.
///
/// # Errors
///
/// [`StartFailure`]; Lambda retries it and then keeps the request in the
/// failure queue.
pub async fn handle(
    aws: &Aws,
    settings: &Settings,
    payload: serde_json::Value,
) -> Result<Answer, StartFailure> {
    let answer = match serde_json::from_value::<Request>(payload) {
        Ok(request) => {
            tracing::info!(?request, task = %settings.task, stack = settings.stack, "asked to start");
            start(aws, &settings.task).await
        }
        Err(error) => Err(error.into()),
    };
    if let Ok(answer) = &answer
        && answer.action == Action::Started
    {
        aws.ping.started().await;
    }
    match &answer {
        Ok(answer) => {
            let execution = answer.task_execution_arn.as_deref();
            let span = execution.map_or_else(Span::none, log::about);
            span.in_scope(|| tracing::info!(?answer, "answered"));
        }
        Err(failure) => tracing::error!("{failure}"),
    }
    answer
}

async fn start(aws: &Aws, task_arn: &TaskArn) -> Result<Answer, StartFailure> {
    let task = aws.describe(task_arn).await?;
    match task.status.as_str() {
        "RUNNING" | "QUEUED" => return Ok(skipped(task)),
        "UNAVAILABLE" | "CREATING" => return Err(refused(&task)),
        _ => {}
    }
    match aws.start(task_arn).await {
        Ok(execution) => Ok(started(execution, None)),
        Err(StartError::Other(error)) => Err(error.into()),
        Err(StartError::Invalid(error)) => after_a_doubtful_start(aws, task_arn, error).await,
    }
}

/// The task was free a moment ago and now refuses: either an earlier try of this
/// very request was carried out, or something is really wrong.
async fn after_a_doubtful_start(
    aws: &Aws,
    task_arn: &TaskArn,
    error: CallError,
) -> Result<Answer, StartFailure> {
    let task = aws.describe(task_arn).await?;
    match task.status.as_str() {
        "RUNNING" | "QUEUED" => Ok(started(
            task.current_execution,
            Some("the answer to the start was lost; the task is running now"),
        )),
        "UNAVAILABLE" => Err(refused(&task)),
        _ => Err(error.into()),
    }
}

fn started(task_execution_arn: Option<String>, reason: Option<&str>) -> Answer {
    Answer {
        action: Action::Started,
        task_execution_arn,
        reason: reason.map(str::to_owned),
    }
}

fn skipped(task: Task) -> Answer {
    Answer {
        action: Action::Skipped,
        reason: Some(format!(
            "the task is {}: one execution at a time",
            task.status
        )),
        task_execution_arn: task.current_execution,
    }
}

fn refused(task: &Task) -> StartFailure {
    let shown = |text: &Option<String>| text.as_deref().unwrap_or("not reported").to_owned();
    let answer = Answer {
        action: Action::Refused,
        task_execution_arn: None,
        reason: Some(format!(
            "the task is {}: ErrorCode {}, ErrorDetail {}",
            task.status,
            shown(&task.error_code),
            shown(&task.error_detail)
        )),
    };
    StartFailure::Refused(serde_json::json!(answer).to_string())
}
