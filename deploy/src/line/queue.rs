//! What failed after all retries, and waits for somebody.

use super::{Known, NotKnown, output};
use crate::aws::Aws;
use crate::stack::Stack;
use serde_json::json;

/// The messages in the failure queue, visible or being read. SQS counts roughly.
pub(super) async fn waiting(aws: &Aws, stack: &Stack) -> Known<u64> {
    const NAMES: [&str; 2] = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
    ];
    let url = output(stack, "FailureQueueUrl")?;
    let body = json!({"QueueUrl": url, "AttributeNames": NAMES});
    let answer = aws.sqs.call("sqs:GetQueueAttributes", url, &body).await?;
    NAMES
        .iter()
        .map(|name| answer["Attributes"][name].as_str()?.parse::<u64>().ok())
        .sum::<Option<u64>>()
        .ok_or_else(|| NotKnown::because("the answer has no number of messages"))
}
