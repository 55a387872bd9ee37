//! Ids and ARNs, shaped exactly as on AWS: `task-`, `exec-`, `loc-`, `eni-` and
//! 17 hexadecimal digits.

use std::hash::{BuildHasher, RandomState};

/// Whose request it is: the account and region that the local cloud worked out.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub account: String,
    pub region: String,
}

impl Caller {
    /// `arn:aws:datasync:REGION:ACCOUNT:RESOURCE`. The local cloud knows no
    /// other partition.
    pub(super) fn datasync_arn(&self, resource: &str) -> String {
        format!(
            "arn:aws:datasync:{}:{}:{resource}",
            self.region, self.account
        )
    }

    pub(super) fn network_interface_arn(&self) -> String {
        let Self { account, region } = self;
        format!(
            "arn:aws:ec2:{region}:{account}:network-interface/{}",
            new_id("eni")
        )
    }

    /// Whether a `DataSync` ARN belongs to this account and region.
    pub(super) fn owns(&self, arn: &str) -> bool {
        arn.starts_with(&self.datasync_arn(""))
    }
}

/// A fresh id, such as `task-0a1b2c3d4e5f60718`.
pub(super) fn new_id(prefix: &str) -> String {
    format!("{prefix}-0{}", random_hex())
}

/// Sixteen hexadecimal digits, as in the names of task report files.
///
/// `RandomState` is seeded by the operating system and differs at each call.
/// That makes ids distinct, which is all they must be here.
pub(super) fn random_hex() -> String {
    format!("{:016x}", RandomState::new().hash_one(()))
}

/// The last part of an ARN: `task-…` of a task's, `exec-…` of an execution's.
pub(super) fn id_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_those_of_aws_and_differ() {
        let ids: std::collections::BTreeSet<_> = (0..1000).map(|_| new_id("task")).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            let digits = id.strip_prefix("task-").unwrap();
            assert_eq!(digits.len(), 17);
            assert!(
                digits
                    .bytes()
                    .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            );
        }
    }

    #[test]
    fn an_arn_belongs_to_its_account_and_region() {
        let caller = Caller {
            account: "111122223333".to_owned(),
            region: "eu-central-1".to_owned(),
        };
        let arn = caller.datasync_arn("task/task-1/execution/exec-2");
        assert_eq!(
            arn,
            "arn:aws:datasync:eu-central-1:111122223333:task/task-1/execution/exec-2"
        );
        assert_eq!(id_of(&arn), "exec-2");
        assert!(caller.owns(&arn));
        assert!(!caller.owns("arn:aws:datasync:us-east-1:111122223333:task/task-1"));
    }
}
