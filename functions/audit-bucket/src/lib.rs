//! Audits the settings of buckets that hold a backup.
//!
//! Facts of each bucket, one answer a check, a report; and a letter, where one is
//! asked for. A denied call makes the checks that needed it "not known", and
//! what is not known calls for a letter like a finding does.

mod aws;
mod look;
mod request;
mod settings;

pub use aws::{Aws, Buckets};
pub use look::{Asked, look};
pub use request::{Request, RequestError};
pub use settings::{OwnRules, Settings};

use aws_call::CallError;
use backup_domain::audit::{Report, Severity};
use backup_domain::letter::AuditLetter;
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, tracing};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// How long S3 is asked in all. What it has not told by then is not known; the
/// rest of the function's time is for the letter.
const BUDGET: Duration = Duration::from_secs(60);

/// Why an audit ended as an invocation error.
#[derive(Debug, thiserror::Error)]
pub enum AuditFailure {
    /// The request itself is wrong.
    #[error("the request is not understood: {0}")]
    Request(#[from] RequestError),
    /// The letter was not published, so the audit must be tried again.
    #[error(transparent)]
    NotPublished(#[from] CallError),
}

impl From<AuditFailure> for Diagnostic {
    fn from(failure: AuditFailure) -> Self {
        let error_type = match failure {
            AuditFailure::Request(_) => "BadRequest",
            AuditFailure::NotPublished(_) => "NotPublished",
        };
        Diagnostic {
            error_type: error_type.to_owned(),
            error_message: failure.to_string(),
        }
    }
}

/// Handles one request; answers the report, schema `backup.audit/1`, and under
/// `mail` the letter that went out.
///
/// # Errors
///
/// [`AuditFailure`]; Lambda retries it and then keeps the request in the failure
/// queue.
pub async fn handle(aws: &Aws, settings: &Settings, payload: Value) -> Result<Value, AuditFailure> {
    let answer = answer(aws, settings, &payload).await;
    match &answer {
        Ok(answer) => tracing::info!(
            verdict = %answer["verdict"], headline = %answer["headline"],
            mail = %answer["mail"], "audited"
        ),
        Err(failure) => tracing::error!("{failure}"),
    }
    answer
}

async fn answer(aws: &Aws, settings: &Settings, payload: &Value) -> Result<Value, AuditFailure> {
    let request = Request::read(payload)?;
    let report = report(aws, settings, &request).await;
    let mut answer = report.json();
    answer["mail"] = Value::Null;
    if request.wants_mail(&report) {
        let letter = AuditLetter {
            report: &report,
            zone: &settings.zone,
        };
        let message_id = aws.mail.publish(&letter.render()).await?;
        answer["mail"] = json!({ "message_id": message_id });
    }
    Ok(answer)
}

async fn report(aws: &Aws, settings: &Settings, request: &Request) -> Report {
    let deadline = Instant::now() + BUDGET;
    let own = [settings.backup_bucket.clone()];
    let mut audited = Vec::new();
    for name in request.buckets.as_deref().unwrap_or(&own) {
        audited.push(look(&aws.buckets, settings.asked(name), deadline).await);
    }
    Report {
        stack: settings.stack.clone(),
        task: settings.task.clone(),
        time: Timestamp::now(),
        fail_on: request.fail_on.unwrap_or(Severity::High),
        audited,
    }
}
