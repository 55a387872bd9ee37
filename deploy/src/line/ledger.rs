//! What was told about runs, from the keys of the ledger.

use super::{Known, NotKnown, output};
use crate::aws::Aws;
use crate::stack::Stack;
use aws_call::CallError;
use backup_domain::arn::TaskArn;
use backup_domain::ledger::{History, prefix, start_after};
use jiff::Timestamp;

/// The verdicts of the last sixty days.
pub(super) async fn history(aws: &Aws, stack: &Stack) -> Known<History> {
    let bucket = output(stack, "ReportBucketName")?;
    let task: TaskArn = output(stack, "TaskArn")?
        .parse()
        .map_err(|error| NotKnown::because(format!("{error}")))?;
    let prefix = prefix(&task.task_id);
    let request = aws.s3.list_objects_v2().bucket(bucket).prefix(&prefix);
    let request = request.expected_bucket_owner(&aws.account);
    let request = request.start_after(start_after(&task.task_id, Timestamp::now()));
    let mut pages = request.into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        let place = || format!("s3://{bucket}/{prefix}");
        let page = page.map_err(|error| CallError::new("s3:ListBucket", place(), &error))?;
        let listed = page.contents().iter().filter_map(|object| object.key());
        keys.extend(listed.map(str::to_owned));
    }
    Ok(History::from_keys(keys.iter().map(String::as_str)))
}
