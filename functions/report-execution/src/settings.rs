//! The function's environment, read once at start.

use crate::failed_list::Places;
use backup_domain::arn::TaskArn;
use backup_domain::letter::{Backup, LineNames, Zone};
use backup_domain::verdict::Limits;
use function_env::{VariableError, optional, required};
use function_ping::PingUrl;
use jiff::SignedDuration;
use std::time::Duration;

/// What `template.yaml` tells the function.
#[derive(Debug)]
pub struct Settings {
    /// The name of the stack.
    pub stack: String,
    /// The task whose executions are reported.
    pub task: TaskArn,
    /// The zone in which times are printed beside UTC.
    pub zone: Zone,
    /// The topic that carries the mails.
    pub topic: String,
    /// The bucket of the task reports and the ledger.
    pub report_bucket: String,
    /// The bucket that holds the backup.
    pub backup_bucket: String,
    /// The prefix of the backup in it.
    pub backup_prefix: String,
    /// The EFS that is copied.
    pub file_system: String,
    /// The log group of the task.
    pub log_group: String,
    /// The topic that carries the mails about the line.
    pub watch_topic: String,
    /// What other parts of the line are called.
    pub names: LineNames,
    /// How long runs may take, and how far apart they may be.
    pub limits: Limits,
    /// Whether a PARTIAL run counts as good.
    pub partial_counts_as_good: bool,
    /// Whether a run without changes is mailed, or only recorded.
    pub mail_no_change: bool,
    /// How long to ask DataSync before a mail goes out without its answer.
    pub describe_budget: Duration,
    /// A service that is told how each run ended; it rings when nothing comes.
    pub ping: Option<PingUrl>,
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
            report_bucket: required("REPORT_BUCKET")?,
            backup_bucket: required("BACKUP_BUCKET")?,
            backup_prefix: required("BACKUP_PREFIX")?,
            file_system: required("FILE_SYSTEM_ID")?,
            log_group: required("TASK_LOG_GROUP")?,
            watch_topic: required("WATCH_TOPIC_ARN")?,
            names: LineNames {
                schedule: required("SCHEDULE_NAME")?,
                rule: required("RULE_NAME")?,
                queue: required("QUEUE_URL")?,
                topic: required("TOPIC_ARN")?,
                watch_topic: required("WATCH_TOPIC_ARN")?,
            },
            limits: Limits {
                freshness: hours("FRESHNESS_LIMIT_HOURS", 30)?,
                run: hours("MAX_RUN_HOURS", 12)?,
            },
            partial_counts_as_good: optional("PARTIAL_COUNTS_AS_GOOD", false)?,
            mail_no_change: optional("MAIL_NO_CHANGE", true)?,
            describe_budget: Duration::from_secs(optional("DESCRIBE_BUDGET_SECONDS", 20)?),
            ping: PingUrl::from_env(),
        })
    }

    /// Where to look for failed files.
    pub(crate) fn places(&self) -> Places<'_> {
        Places {
            log_group: &self.log_group,
            key_prefix: &self.backup_prefix,
        }
    }

    /// What letters say about the backup line.
    pub(crate) fn backup(&self, task_name: Option<String>) -> Backup {
        Backup {
            stack: self.stack.clone(),
            task: self.task.clone(),
            task_name,
            file_system: self.file_system.clone(),
            bucket: self.backup_bucket.clone(),
            prefix: self.backup_prefix.clone(),
            log_group: self.log_group.clone(),
            zone: self.zone.clone(),
        }
    }
}

fn hours(name: &'static str, default: u32) -> Result<SignedDuration, VariableError> {
    Ok(SignedDuration::from_hours(optional(name, default)?.into()))
}
