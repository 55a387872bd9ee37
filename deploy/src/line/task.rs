//! The task, and its newest execution.

use super::{Known, output};
use crate::aws::Aws;
use crate::stack::Stack;
use aws_call::CallError;
use jiff::Timestamp;
use tokio::task::JoinSet;

/// How many executions are asked for at the same time.
const AT_ONCE: usize = 8;

/// The DataSync task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// DataSync's word, such as `AVAILABLE`.
    pub status: String,
    /// What DataSync says is wrong with it.
    pub error: Option<String>,
}

/// An execution of the task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
    /// DataSync's word, such as `SUCCESS`.
    pub status: String,
    /// When it was asked for.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What DataSync says went wrong.
    pub error: Option<String>,
}

pub(super) async fn describe(aws: &Aws, stack: &Stack) -> Known<Task> {
    let arn = output(stack, "TaskArn")?;
    let answer = aws.datasync.describe_task().task_arn(arn).send().await;
    let task = answer.map_err(|error| CallError::new("datasync:DescribeTask", arn, &error))?;
    Ok(Task {
        arn: arn.to_owned(),
        name: task.name().unwrap_or_default().to_owned(),
        status: task
            .status()
            .map_or("not reported", |status| status.as_str())
            .to_owned(),
        error: told(task.error_code(), task.error_detail()),
    })
}

/// The newest execution. DataSync lists the last 30 days, in no promised order;
/// the one that started last is found by asking for each.
pub(super) async fn last_execution(aws: &Aws, stack: &Stack) -> Known<Option<Execution>> {
    let arn = output(stack, "TaskArn")?;
    let mut pages = aws
        .datasync
        .list_task_executions()
        .task_arn(arn)
        .into_paginator()
        .send();
    let mut arns = Vec::new();
    while let Some(page) = pages.next().await {
        let page =
            page.map_err(|error| CallError::new("datasync:ListTaskExecutions", arn, &error))?;
        let listed = page
            .task_executions()
            .iter()
            .filter_map(|entry| entry.task_execution_arn());
        arns.extend(listed.map(str::to_owned));
    }
    let mut newest: Option<Execution> = None;
    for some in arns.chunks(AT_ONCE) {
        let mut asked = JoinSet::new();
        for arn in some {
            asked.spawn(describe_execution(aws.datasync.clone(), arn.clone()));
        }
        for execution in asked.join_all().await {
            let execution = execution?;
            if newest
                .as_ref()
                .is_none_or(|newest| newest.started <= execution.started)
            {
                newest = Some(execution);
            }
        }
    }
    Ok(newest)
}

async fn describe_execution(datasync: aws_sdk_datasync::Client, arn: String) -> Known<Execution> {
    let request = datasync.describe_task_execution();
    let answer = request.task_execution_arn(&arn).send().await;
    let found =
        answer.map_err(|error| CallError::new("datasync:DescribeTaskExecution", &arn, &error))?;
    let result = found.result();
    let time = |time: Option<&aws_smithy_types::DateTime>| {
        time.and_then(|time| Timestamp::from_second(time.secs()).ok())
    };
    Ok(Execution {
        arn,
        status: found
            .status()
            .map_or("not reported", |status| status.as_str())
            .to_owned(),
        started: time(found.start_time()),
        ended: time(found.end_time()),
        error: result.and_then(|result| told(result.error_code(), result.error_detail())),
    })
}

/// A code and its detail, on one line.
fn told(code: Option<&str>, detail: Option<&str>) -> Option<String> {
    let parts = [code, detail]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty());
    let text = parts.collect::<Vec<_>>().join(": ");
    (!text.is_empty()).then(|| backup_domain::text::clipped(&text))
}
