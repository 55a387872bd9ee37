//! Starts an execution of the backup task.
//!
//! Invoked by: the schedule `StartSchedule` in `template.yaml`, or by hand.
//! Environment: `STACK_NAME`, `TASK_ARN`, `PING_URL`, and `FILE_SYSTEM_ID`
//! where the file system lives on burst credits.
//! Calls: `datasync:DescribeTask`, `datasync:StartTaskExecution`,
//! `datasync:TagResource`, `cloudwatch:GetMetricData`.

use function_env::log;
use lambda_runtime::{LambdaEvent, run, service_fn};
use start_execution::{Aws, Settings, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    log::init();
    let settings = Settings::from_env()?;
    let aws = Aws::from_env(&settings)?;
    run(service_fn(|event: LambdaEvent<serde_json::Value>| {
        handle(&aws, &settings, event.payload)
    }))
    .await
    .map_err(anyhow::Error::from_boxed)
}
