//! Looks at how the things that a run needs stand now, for a run that is not good.
//!
//! All looks go out at once, for five seconds at most, beside what is read anyway;
//! what has not been answered by then could not be looked at. None of them keeps a
//! mail from going out.

use crate::scene::Scene;
use backup_domain::audit::NotKnown;
use backup_domain::diagnosis::{Evidence, Expected, Location, Look, calls_for_a_look};
use backup_domain::execution::Execution;
use backup_domain::failed_files::FailedFiles;
use backup_domain::verdict::Verdict;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The longest looking.
const PATIENCE: Duration = Duration::from_secs(5);

const DESCRIBE_SOURCE: &str = "datasync:DescribeLocationEfs";
const DESCRIBE_DESTINATION: &str = "datasync:DescribeLocationS3";

impl Scene<'_> {
    /// How things stand, where that can say something about this run.
    pub(crate) async fn evidence(
        &self,
        execution: &Execution,
        failed: &FailedFiles,
        verdict: Verdict,
    ) -> Option<Evidence> {
        if verdict <= Verdict::Suspect || !calls_for_a_look(execution, failed) {
            return None;
        }
        Some(self.look().await)
    }

    async fn look(&self) -> Evidence {
        let deadline = Instant::now() + PATIENCE;
        let (aws, settings) = (self.aws, self.settings);
        let (bucket, file_system) = (&settings.backup_bucket, &settings.file_system);
        let account = &settings.task.account;
        let (bucket_place, encryption, source, destination, mount_targets, has_policy) = tokio::join!(
            within(
                deadline,
                "s3:GetBucketLocation",
                aws.bucket_place(bucket, account)
            ),
            within(
                deadline,
                "s3:GetEncryptionConfiguration",
                aws.encryption(bucket, account)
            ),
            within(deadline, DESCRIBE_SOURCE, self.source()),
            within(deadline, DESCRIBE_DESTINATION, self.destination()),
            within(
                deadline,
                "elasticfilesystem:DescribeMountTargets",
                aws.mount_targets(file_system)
            ),
            within(
                deadline,
                "elasticfilesystem:DescribeFileSystemPolicy",
                aws.has_policy(file_system)
            ),
        );
        Evidence {
            expected: self.expected(),
            bucket: bucket_place,
            encryption,
            source,
            destination,
            mount_targets,
            has_policy,
        }
    }

    fn expected(&self) -> Expected {
        let settings = self.settings;
        Expected {
            region: settings.task.region.clone(),
            bucket: settings.backup_bucket.clone(),
            prefix: settings.backup_prefix.clone(),
            file_system: settings.file_system.clone(),
        }
    }

    async fn source(&self) -> Look<Option<Location>> {
        let arn = self.location(DESCRIBE_SOURCE, |task| task.source_location.clone())?;
        self.aws.source_location(&arn).await
    }

    async fn destination(&self) -> Look<Option<Location>> {
        let arn = self.location(DESCRIBE_DESTINATION, |task| {
            task.destination_location.clone()
        })?;
        self.aws.destination_location(&arn).await
    }

    fn location(
        &self,
        action: &'static str,
        named: impl FnOnce(&backup_domain::task::Task) -> Option<String>,
    ) -> Look<String> {
        let not_known = |cause: String| NotKnown { action, cause };
        let task = self.task.as_ref();
        let task = task.map_err(|error| not_known(error.to_string()))?;
        named(task).ok_or_else(|| not_known("the task names none".to_owned()))
    }
}

async fn within<T>(
    deadline: Instant,
    action: &'static str,
    look: impl Future<Output = Look<T>>,
) -> Look<T> {
    let looked = timeout_at(deadline, look).await;
    looked.unwrap_or_else(|_| {
        Err(NotKnown {
            action,
            cause: format!("no answer within {} s", PATIENCE.as_secs()),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_look_that_hangs_is_left_and_named() {
        let soon = Instant::now() + Duration::from_millis(20);
        let hanging = within(
            soon,
            "s3:GetBucketLocation",
            std::future::pending::<Look<()>>(),
        );
        let not_known = hanging.await.unwrap_err();
        assert_eq!(not_known.action, "s3:GetBucketLocation");
        assert_eq!(not_known.cause, "no answer within 5 s");
        assert_eq!(within(soon, "x", async { Ok(7) }).await.ok(), Some(7));
    }
}
