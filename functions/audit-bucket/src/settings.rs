//! The function's environment, read once at start.

use crate::look::Asked;
use backup_domain::arn::TaskArn;
use backup_domain::audit::Keeper;
use backup_domain::letter::Zone;
use function_env::{VariableError, given_or_empty, required};

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
    /// The rules of the backup bucket; `None` if it is not the stack's own.
    pub rules: Option<OwnRules>,
}

/// The rules that the template gives its own bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnRules {
    /// After how many days noncurrent versions are archived; 0: never.
    pub archive_after_days: u32,
    /// For how many days they have to be kept.
    pub retain_versions_days: u32,
}

impl OwnRules {
    /// Both are empty where the bucket was there before the stack.
    fn from_env() -> Result<Option<Self>, VariableError> {
        let archive: Option<u32> = given_or_empty("ARCHIVE_AFTER_DAYS")?;
        let retain: Option<u32> = given_or_empty("RETAIN_VERSIONS_DAYS")?;
        match (archive, retain) {
            (Some(archive_after_days), Some(retain_versions_days)) => Ok(Some(OwnRules {
                archive_after_days,
                retain_versions_days,
            })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(VariableError::Missing("RETAIN_VERSIONS_DAYS")),
            (None, Some(_)) => Err(VariableError::Missing("ARCHIVE_AFTER_DAYS")),
        }
    }
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
            rules: OwnRules::from_env()?,
        })
    }

    /// What a bucket is asked about. In one that the stack does not back up to,
    /// any key may be a backup.
    pub(crate) fn asked<'a>(&'a self, bucket: &'a str) -> Asked<'a> {
        let is_backup = bucket == self.backup_bucket;
        let own = self.rules.filter(|_| is_backup);
        Asked {
            bucket,
            region: &self.task.region,
            prefix: if is_backup { &self.backup_prefix } else { "" },
            retain_days: self.rules.map_or(1, |rules| rules.retain_versions_days),
            keeper: match own {
                Some(rules) => Keeper::Stack {
                    archive_after_days: rules.archive_after_days,
                },
                None if is_backup => Keeper::Existing,
                None => Keeper::Other,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(rules: Option<OwnRules>) -> Settings {
        let task = "arn:aws:datasync:eu-central-1:111122223333:task/task-0f1e2d3c4b5a69788";
        Settings {
            stack: "web-backup".to_owned(),
            task: task.parse().unwrap(),
            zone: "UTC".parse().unwrap(),
            topic: "t".to_owned(),
            backup_bucket: "ours".to_owned(),
            backup_prefix: "efs/".to_owned(),
            rules,
        }
    }

    #[test]
    fn only_a_bucket_of_the_stack_is_kept_by_the_template() {
        let rules = OwnRules {
            archive_after_days: 30,
            retain_versions_days: 365,
        };
        let ours = Keeper::Stack {
            archive_after_days: 30,
        };
        #[rustfmt::skip]
        let cases = [
            ("its own",            Some(rules), "ours",   "efs/", 365, ours),
            ("one of others",      Some(rules), "theirs", "",     365, Keeper::Other),
            ("its existing one",   None,        "ours",   "efs/", 1,   Keeper::Existing),
            ("another beside it",  None,        "theirs", "",     1,   Keeper::Other),
        ];
        for (name, rules, bucket, prefix, days, keeper) in cases {
            let settings = settings(rules);
            let asked = settings.asked(bucket);
            assert_eq!((asked.prefix, asked.retain_days), (prefix, days), "{name}");
            assert_eq!(asked.keeper, keeper, "{name}");
        }
    }
}
