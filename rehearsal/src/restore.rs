//! A restore, made as README's "Getting files back" says: a second `DataSync` task
//! copies the bucket into an empty folder of the file system.

use crate::Stage;
use anyhow::Context;
use aws_sdk_datasync::operation::describe_task_execution::DescribeTaskExecutionOutput;
use aws_sdk_datasync::types::{EfsInTransitEncryption, LogLevel, ObjectTags, Options, VerifyMode};

impl Stage {
    /// Copies the bucket into a folder at the root of the file system, which must
    /// be there; gives the execution as it ended, well or not.
    ///
    /// # Errors
    ///
    /// If the task cannot be made or started, or does not end.
    pub async fn restore(&self, folder: &str) -> anyhow::Result<DescribeTaskExecutionOutput> {
        let backup = self.datasync.describe_task();
        let backup = backup.task_arn(self.output("TaskArn")?).send().await?;
        let source = self
            .bucket_location(backup.destination_location_arn)
            .await?;
        let target = self
            .folder_location(backup.source_location_arn, folder)
            .await?;
        let log = backup.cloud_watch_log_group_arn;
        let task = self.restoring_task(&source, &target, log).await?;
        let ended = self.restored(&task).await;
        self.datasync.delete_task().task_arn(&task).send().await?;
        for location in [source, target] {
            let request = self.datasync.delete_location();
            request.location_arn(location).send().await?;
        }
        ended
    }

    /// The bucket as a source, with the role that the backup is written with.
    async fn bucket_location(&self, backup: Option<String>) -> anyhow::Result<String> {
        let request = self.datasync.describe_location_s3();
        let s3 = request.set_location_arn(backup).send().await?;
        let bucket = self.output("BackupBucketName")?;
        let request = self.datasync.create_location_s3();
        let made = request
            .s3_bucket_arn(format!("arn:aws:s3:::{bucket}"))
            .subdirectory(self.output("BackupPrefix")?)
            .set_s3_config(s3.s3_config)
            .send()
            .await?;
        made.location_arn.context("no location")
    }

    /// The folder as a target, in the network of the task that backs up.
    async fn folder_location(
        &self,
        backup: Option<String>,
        folder: &str,
    ) -> anyhow::Result<String> {
        let request = self.datasync.describe_location_efs();
        let efs = request.set_location_arn(backup).send().await?;
        let request = self.datasync.create_location_efs();
        let made = request
            .efs_filesystem_arn(self.file_system_arn()?)
            .subdirectory(format!("/{folder}"))
            .set_ec2_config(efs.ec2_config)
            .in_transit_encryption(EfsInTransitEncryption::Tls12)
            .send()
            .await?;
        made.location_arn.context("no location")
    }

    async fn restoring_task(
        &self,
        source: &str,
        target: &str,
        log_group: Option<String>,
    ) -> anyhow::Result<String> {
        let options = Options::builder()
            .verify_mode(VerifyMode::OnlyFilesTransferred)
            .log_level(LogLevel::Basic)
            .object_tags(ObjectTags::None);
        let request = self.datasync.create_task();
        let made = request
            .name("getting-files-back")
            .source_location_arn(source)
            .destination_location_arn(target)
            .set_cloud_watch_log_group_arn(log_group)
            .options(options.build())
            .send()
            .await?;
        made.task_arn.context("no task")
    }

    /// Runs a task to its end.
    async fn restored(&self, task: &str) -> anyhow::Result<DescribeTaskExecutionOutput> {
        let started = self.datasync.start_task_execution().task_arn(task);
        let started = started.send().await.context("the task does not start")?;
        self.ended(&started.task_execution_arn.context("no execution")?)
            .await
    }

    fn file_system_arn(&self) -> anyhow::Result<String> {
        let mut parts = self.output("TaskArn")?.split(':').skip(3);
        let place = parts.next().zip(parts.next());
        let (region, account) = place.context("a malformed TaskArn")?;
        let id = self.output("FileSystemId")?;
        Ok(format!(
            "arn:aws:elasticfilesystem:{region}:{account}:file-system/{id}"
        ))
    }
}
