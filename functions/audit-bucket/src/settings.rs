//! The function's environment, read once at start.

use backup_domain::arn::TaskArn;
use backup_domain::audit::Keeper;
use backup_domain::letter::Zone;
use function_env::{VariableError, required};

/// What `template.yaml` tells the function.
#[derive(Debug)]
pub struct Settings {
    /// The name of the stack.
    pub stack: String,
    /// Its task; account and region are read from its ARN.
    pub task: TaskArn,
    /// The zone in which times are printed beside UTC.
    pub zone: Zone,
    /// The topic that carries the mails.
    pub topic: String,
    /// The bucket that holds the backup.
    pub backup_bucket: String,
    /// The prefix of the backup in it.
    pub backup_prefix: String,
    /// After how many days the template archives noncurrent versions; 0: never.
    pub archive_after_days: u32,
    /// For how many days noncurrent versions have to be kept.
    pub retain_versions_days: u32,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    ///
    /// [`VariableError`] names the variable that is missing or malformed.
    pub fn from_env() -> Result<Self, VariableError> {
        Ok(Settings {
            stack: required("STACK_NAME")?,
            task: required("TASK_ARN")?,
            zone: required("TIME_ZONE")?,
            topic: required("TOPIC_ARN")?,
            backup_bucket: required("BACKUP_BUCKET")?,
            backup_prefix: required("BACKUP_PREFIX")?,
            archive_after_days: required("ARCHIVE_AFTER_DAYS")?,
            retain_versions_days: required("RETAIN_VERSIONS_DAYS")?,
        })
    }

    /// The prefix of the backup in a bucket, and who keeps its settings. In a
    /// bucket of somebody else any key may be a backup.
    pub(crate) fn backup_in(&self, bucket: &str) -> (&str, Keeper) {
        if bucket == self.backup_bucket {
            let archive_after_days = self.archive_after_days;
            (&self.backup_prefix, Keeper::Stack { archive_after_days })
        } else {
            ("", Keeper::Other)
        }
    }
}
