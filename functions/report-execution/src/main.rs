//! Turns the end of a task execution into a mail that people can act on.
//!
//! Invoked by: the rule `ExecutionFinishedRule` and, every hour with `{"watch":{}}`,
//! the schedule `WatchSchedule` in `template.yaml`; or by hand with `{"test":{}}`.
//! Environment: `STACK_NAME`, `TASK_ARN`, `TIME_ZONE`, `TOPIC_ARN`,
//! `WATCH_TOPIC_ARN`, `REPORT_BUCKET`, `BACKUP_BUCKET`, `BACKUP_PREFIX`,
//! `FILE_SYSTEM_ID`, `TASK_LOG_GROUP`, `SCHEDULE_NAME`, `RULE_NAME`, `QUEUE_URL`,
//! `FRESHNESS_LIMIT_HOURS`, `MAX_RUN_HOURS`, `PARTIAL_COUNTS_AS_GOOD`,
//! `MAIL_NO_CHANGE`, `DESCRIBE_BUDGET_SECONDS`, `PING_URL`.
//! Calls: `datasync:DescribeTaskExecution`, `datasync:DescribeTask`,
//! `datasync:ListTaskExecutions`, `logs:FilterLogEvents`, `s3:ListBucket`,
//! `s3:GetObject`, `s3:PutObject`, `scheduler:GetSchedule`, `events:DescribeRule`,
//! `events:ListTargetsByRule`, `sns:ListSubscriptionsByTopic`, `sns:Publish`,
//! `sqs:GetQueueAttributes`; and for a run that is not good
//! `s3:GetBucketLocation`, `s3:GetEncryptionConfiguration`, `kms:DescribeKey`,
//! `datasync:DescribeLocationEfs`, `datasync:DescribeLocationS3`,
//! `elasticfilesystem:DescribeMountTargets`,
//! `elasticfilesystem:DescribeFileSystemPolicy`.

use function_env::log;
use lambda_runtime::{LambdaEvent, run, service_fn};
use report_execution::{Aws, Invocation, Settings, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    log::init();
    let settings = Settings::from_env()?;
    let aws = Aws::from_env(&settings)?;
    run(service_fn(|event: LambdaEvent<serde_json::Value>| {
        let (aws, settings) = (&aws, &settings);
        async move {
            let invocation = Invocation::from(&event.context);
            handle(aws, settings, event.payload, &invocation).await
        }
    }))
    .await
    .map_err(anyhow::Error::from_boxed)
}
