//! Starts an execution of the backup task, or says why not.
//!
//! `StartTaskExecution` has no client token, so the task's own state is asked
//! before and, where the answer is in doubt, after. A task runs one execution at
//! a time (source: DataSync API Reference, `StartTaskExecution`).

mod aws;
mod burst_credits;
mod overrides;
mod request;
mod settings;
mod tags;

pub use aws::Aws;
pub use request::{Action, Answer, Request};
pub use settings::Settings;

use aws::{Run, StartError, Task};
use aws_call::CallError;
use backup_domain::arn::TaskArn;
use burst_credits::Slow;
use function_env::log;
use lambda_runtime::Diagnostic;
use lambda_runtime::tracing::{self, Span};
use overrides::Overrides;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

/// How long CloudWatch may take to tell the burst credits. Without them a run starts
/// at full speed.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a request ended as an invocation error.
#[derive(Debug, thiserror::Error)]
pub enum StartFailure {
    /// The request itself is wrong.
    #[error(
        "the request is not understood ({0}); send {{\"trigger\":\"manual\"}} to start a run by hand"
    )]
    Request(String),
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
    payload: Value,
) -> Result<Answer, StartFailure> {
    let answer = match Request::read(payload) {
        Ok(request) => {
            tracing::info!(?request, task = %settings.task, stack = settings.stack, "asked to start");
            start(aws, settings, request).await
        }
        Err(misfit) => Err(StartFailure::Request(misfit)),
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

async fn start(aws: &Aws, settings: &Settings, request: Request) -> Result<Answer, StartFailure> {
    let arn = &settings.task;
    let task = aws.describe(arn).await?;
    match task.status.as_str() {
        "RUNNING" | "QUEUED" => return Ok(skipped(task)),
        "UNAVAILABLE" | "CREATING" => return Err(refused(&task)),
        _ => {}
    }
    let (run, reason) = planned(aws, settings, &request).await;
    if request.dry_run {
        return Ok(rehearsed(arn, &run, reason));
    }
    match aws.start(arn, &task, &run).await {
        Ok(execution) => Ok(started(execution, reason)),
        Err(StartError::Other(error)) => Err(error.into()),
        Err(StartError::Invalid(error)) => after_a_doubtful_start(aws, arn, error).await,
    }
}

/// What is asked for, slowed down where it must be, and why it is.
async fn planned(aws: &Aws, settings: &Settings, request: &Request) -> (Run, Option<String>) {
    let mut run = Run {
        overrides: request.overrides.clone(),
        tags: tags::tags(&settings.stack, &request.trigger),
    };
    let Some(slow) = slow(aws, settings, &run.overrides).await else {
        return (run, None);
    };
    run.overrides.bytes_per_second = Some(slow.limit);
    run.tags
        .insert("efs-backup:slowed-for", "burst-credits".to_owned());
    (run, Some(slow.reason))
}

/// How slow a run has to be. Who names a speed has decided; what is not known keeps
/// no run from full speed.
async fn slow(aws: &Aws, settings: &Settings, overrides: &Overrides) -> Option<Slow> {
    let file_system = settings.bursting_file_system.as_deref()?;
    if overrides.bytes_per_second.is_some() {
        return None;
    }
    match timeout(PATIENCE, aws.burst_credits(file_system)).await {
        Ok(Ok(credits)) => credits.slow(),
        Ok(Err(error)) => {
            tracing::warn!("burst credits not known, started at full speed: {error}");
            None
        }
        Err(_) => {
            tracing::warn!(
                "burst credits not known, started at full speed: no answer within {PATIENCE:?}"
            );
            None
        }
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
        "RUNNING" | "QUEUED" => {
            let reason = "the answer to the start was lost; the task is running now";
            Ok(started(task.current_execution, Some(reason.to_owned())))
        }
        "UNAVAILABLE" => Err(refused(&task)),
        _ => Err(error.into()),
    }
}

fn started(task_execution_arn: Option<String>, reason: Option<String>) -> Answer {
    Answer {
        action: Action::Started,
        task_execution_arn,
        reason,
        would_start: None,
    }
}

fn rehearsed(task: &TaskArn, run: &Run, reason: Option<String>) -> Answer {
    let would_start = json!({
        "task_arn": task.as_str(), "overrides": run.overrides, "tags": run.tags,
    });
    let reason = reason.map_or_else(String::new, |reason| format!("; {reason}"));
    Answer {
        action: Action::Skipped,
        task_execution_arn: None,
        reason: Some(format!("dry_run: nothing was started{reason}")),
        would_start: Some(would_start),
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
        would_start: None,
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
        would_start: None,
    };
    StartFailure::Refused(json!(answer).to_string())
}
