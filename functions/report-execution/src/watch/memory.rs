//! What the watch told last of the line itself, in the report bucket.

use crate::aws::Aws;
use aws_call::CallError;
use backup_domain::arn::TaskArn;
use backup_domain::ledger::watch_key;
use backup_domain::watch::Told;
use jiff::Timestamp;

/// Reads it, and writes it back as it is: whether the ledger can be written must be
/// known before a letter goes out that needs a record. What is not there, or not
/// readable as what it should be, tells of nothing, and then all is told again.
///
/// # Errors
///
/// [`CallError`] if S3 does not give it, or does not take it.
pub(crate) async fn read(aws: &Aws, task: &TaskArn, now: Timestamp) -> Result<Told, CallError> {
    let key = watch_key(&task.task_id);
    let json = aws.find(aws.report_bucket(), &key).await?;
    let told = json.and_then(|json| serde_json::from_slice(&json).ok());
    let told = told.unwrap_or_else(|| Told::now(&[], now));
    write(aws, task, &told).await?;
    Ok(told)
}

/// Writes it.
///
/// # Errors
///
/// [`CallError`] if S3 does not confirm it.
pub(crate) async fn write(aws: &Aws, task: &TaskArn, told: &Told) -> Result<(), CallError> {
    let json = serde_json::json!(told).to_string();
    aws.put(&watch_key(&task.task_id), json).await
}
