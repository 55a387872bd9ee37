//! Audits the settings of buckets that hold a backup.
//!
//! Invoked by: the schedule `AuditSchedule` in `template.yaml`, or by hand with
//! `{}`.
//! Environment: `STACK_NAME`, `TASK_ARN`, `TIME_ZONE`, `TOPIC_ARN`,
//! `BACKUP_BUCKET`, `BACKUP_PREFIX`, `ARCHIVE_AFTER_DAYS`,
//! `RETAIN_VERSIONS_DAYS`.
//! Calls: `s3:GetBucketVersioning`, `s3:GetLifecycleConfiguration`,
//! `sns:Publish`.

use audit_bucket::{Aws, Settings, handle};
use function_env::log;
use lambda_runtime::{LambdaEvent, run, service_fn};

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
