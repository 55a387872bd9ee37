//! Turns the end of a task execution, or the lack of one, into a mail that people can
//! act on.
//!
//! Order: facts, verdict, letter, one publish, and only then the ledger. A crash
//! anywhere means a retry; the worst that can come of it is a second mail.

mod aws;
mod entry;
mod evidence;
mod failed_list;
mod ledger;
mod part;
mod problem_log;
mod report;
mod scene;
mod settings;
mod settle;
mod watch;

pub use aws::Aws;
#[doc(hidden)]
pub use aws::execution_told_by;
pub use entry::Entry;
pub use settings::Settings;
pub use watch::Invocation;

use aws_call::CallError;
use backup_domain::letter::{LastGood, NextRun, TestLetter, UnknownLetter};
use function_env::log;
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use lambda_runtime::tracing::{self, Instrument, Span};
use serde::Serialize;
use serde_json::Value;

/// What came of an invocation. A contract.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// What was done.
    pub action: Action,
    /// The verdict, `TEST`, or nothing.
    pub verdict: Option<String>,
    /// The id that SNS gave the mail; the last one, where a watch sent several.
    pub message_id: Option<String>,
    /// The verdicts that a watch told, and `WATCH` for a mail about the line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<String>,
}

/// The three things that can come of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A mail was published.
    Sent,
    /// There was nothing to tell.
    Ignored,
    /// It was told before.
    Duplicate,
}

/// Why an invocation failed: the mail was not published, so it must be retried.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ReportFailure(#[from] CallError);

impl From<ReportFailure> for Diagnostic {
    fn from(failure: ReportFailure) -> Self {
        Diagnostic {
            error_type: "NotPublished".to_owned(),
            error_message: failure.to_string(),
        }
    }
}

/// Handles one invocation.
///
/// # Errors
///
/// [`ReportFailure`] if the mail could not be published; Lambda retries it and
/// then keeps the event in the failure queue.
pub async fn handle(
    aws: &Aws,
    settings: &Settings,
    payload: Value,
    invocation: &Invocation,
) -> Result<Answer, ReportFailure> {
    let entry = Entry::read(&payload, &settings.task);
    let span = match &entry {
        Entry::Change(change) => log::about(&change.execution),
        Entry::Watch | Entry::Test | Entry::Unreadable(_) => Span::none(),
    };
    told(aws, settings, &payload, entry, invocation)
        .instrument(span)
        .await
}

async fn told(
    aws: &Aws,
    settings: &Settings,
    payload: &Value,
    entry: Entry,
    invocation: &Invocation,
) -> Result<Answer, ReportFailure> {
    let now = Timestamp::now();
    let answer = match entry {
        // Boxed, since the ways through are too deep for one future.
        Entry::Change(change) => Box::pin(report::report(aws, settings, &change, now)).await,
        Entry::Watch => Box::pin(watch::watch(aws, settings, invocation, now)).await,
        Entry::Test => test(aws, settings, now).await,
        Entry::Unreadable(because) => unreadable(aws, settings, payload, because, now).await,
    };
    match &answer {
        Ok(answer) => tracing::info!(?answer, "answered"),
        Err(failure) => tracing::error!("{failure}"),
    }
    answer
}

async fn test(aws: &Aws, settings: &Settings, now: Timestamp) -> Result<Answer, ReportFailure> {
    let task = aws.task(&settings.task).await;
    let task_name = task.ok().and_then(|task| task.name);
    let backup = settings.backup(task_name);
    let message = TestLetter {
        backup: &backup,
        time: now,
    }
    .render();
    let message_id = aws.publish(&message).await?;
    Ok(sent("TEST", message_id))
}

async fn unreadable(
    aws: &Aws,
    settings: &Settings,
    payload: &Value,
    because: String,
    now: Timestamp,
) -> Result<Answer, ReportFailure> {
    tracing::warn!(because, "this cannot be read as an event");
    let task = aws.task(&settings.task).await;
    let task_name = task.ok().and_then(|task| task.name);
    let letter = UnknownLetter {
        backup: &settings.backup(task_name),
        change: None,
        because,
        raw: Some(payload.to_string()),
        last_good: LastGood::NoneRecorded,
        next_run: NextRun::NotKnown(String::new()),
        time: now,
    };
    let message_id = aws.publish(&letter.render()).await?;
    Ok(sent("UNKNOWN", message_id))
}

fn sent(verdict: &str, message_id: Option<String>) -> Answer {
    Answer {
        action: Action::Sent,
        verdict: Some(verdict.to_owned()),
        message_id,
        told: Vec::new(),
    }
}
