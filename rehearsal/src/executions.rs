//! The executions of the stack's task, as somebody with the AWS CLI sees them.

use crate::Stage;
use crate::wait::until;
use anyhow::Context;
use aws_sdk_datasync::operation::describe_task_execution::DescribeTaskExecutionOutput;
use aws_sdk_datasync::types::TaskExecutionStatus;
use serde_json::json;

impl Stage {
    /// Lets the schedule fire; gives the execution that it starts, by its ARN.
    ///
    /// # Errors
    ///
    /// If none starts.
    pub async fn fire(&self) -> anyhow::Result<String> {
        let before = self.newest_execution().await?;
        self.cloud
            .fire_schedule(self.output("StartScheduleName")?)
            .await?;
        until("the schedule starts an execution", async || {
            Ok(self.newest_execution().await? != before)
        })
        .await?;
        let newest = self.newest_execution().await?;
        newest.context("the task has no execution")
    }

    /// The ARN of the task's newest execution, running or not.
    ///
    /// # Errors
    ///
    /// If `DataSync` does not tell it.
    pub async fn newest_execution(&self) -> anyhow::Result<Option<String>> {
        let request = self.datasync.describe_task();
        let task = request.task_arn(self.output("TaskArn")?).send().await?;
        Ok(task.current_task_execution_arn)
    }

    /// What `DataSync` says of an execution.
    ///
    /// # Errors
    ///
    /// If it says nothing.
    pub async fn execution(&self, arn: &str) -> anyhow::Result<DescribeTaskExecutionOutput> {
        let request = self.datasync.describe_task_execution();
        let described = request.task_execution_arn(arn).send().await;
        described.with_context(|| format!("{arn} is not described"))
    }

    /// Waits until an execution has a status.
    ///
    /// # Errors
    ///
    /// If it does not get it.
    pub async fn reaches(&self, arn: &str, status: TaskExecutionStatus) -> anyhow::Result<()> {
        until(&format!("{arn} is {status}"), async || {
            Ok(self.execution(arn).await?.status == Some(status.clone()))
        })
        .await
    }

    /// Waits for the end of an execution, good or not.
    ///
    /// # Errors
    ///
    /// If it does not end.
    pub async fn ended(&self, arn: &str) -> anyhow::Result<DescribeTaskExecutionOutput> {
        let is_over = |status: Option<TaskExecutionStatus>| {
            matches!(
                status,
                Some(TaskExecutionStatus::Success | TaskExecutionStatus::Error)
            )
        };
        until(&format!("{arn} ends"), async || {
            Ok(is_over(self.execution(arn).await?.status))
        })
        .await?;
        self.execution(arn).await
    }

    /// Sends the event about an execution once more, as EventBridge may.
    ///
    /// # Errors
    ///
    /// If the cloud refuses it.
    pub async fn repeat_event(&self, execution: &str, state: &str) -> anyhow::Result<()> {
        let entry = json!({
            "Source": "aws.datasync", "DetailType": "DataSync Task Execution State Change",
            "Detail": json!({"State": state}).to_string(), "Resources": [execution],
        });
        self.cloud.emit(json!([entry])).await
    }
}
