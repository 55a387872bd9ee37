//! Buckets and rules for the tests of the audit.

use super::*;

/// As our template makes it.
pub(crate) fn healthy() -> Bucket {
    Bucket {
        name: "acme-web-backup".to_owned(),
        region: "eu-central-1".to_owned(),
        prefix: "efs/".to_owned(),
        retain_days: 365,
        keeper: Keeper::Stack {
            archive_after_days: 30,
        },
        versioning: Ok(Versioning::Enabled),
        lifecycle: Ok(Lifecycle {
            rules: vec![
                Rule {
                    filter: Filter {
                        larger_than: Some(262_144),
                        ..Filter::default()
                    },
                    acts_otherwise: true,
                    ..rule("archive-old-versions")
                },
                keeping("expire-old-versions", 365),
                Rule {
                    expiration: Some(Expiration::LoneMarkers),
                    acts_otherwise: true,
                    ..rule("housekeeping")
                },
            ],
            minimum_size: None,
        }),
    }
}

pub(crate) fn with_rules(rules: Vec<Rule>) -> Bucket {
    Bucket {
        lifecycle: Ok(Lifecycle {
            rules,
            minimum_size: None,
        }),
        ..healthy()
    }
}

pub(crate) fn of_somebody_else(rules: Vec<Rule>) -> Bucket {
    Bucket {
        name: "acme-logs".to_owned(),
        prefix: String::new(),
        keeper: Keeper::Other,
        ..with_rules(rules)
    }
}

/// An enabled rule over all keys without an action.
pub(crate) fn rule(id: &str) -> Rule {
    Rule {
        id: Some(id.to_owned()),
        status: Status::Enabled,
        filter: Filter::default(),
        expiration: None,
        noncurrent: None,
        acts_otherwise: false,
    }
}

pub(crate) fn expiring(id: &str, days: u32) -> Rule {
    Rule {
        expiration: Some(Expiration::AfterDays(days)),
        ..rule(id)
    }
}

pub(crate) fn keeping(id: &str, days: u32) -> Rule {
    Rule {
        noncurrent: Some(NoncurrentExpiration {
            days: Some(days),
            newer: None,
        }),
        ..rule(id)
    }
}

pub(crate) fn not_known(action: &'static str) -> NotKnown {
    NotKnown {
        action,
        cause: "AccessDenied: Access Denied".to_owned(),
    }
}

pub(crate) fn is_found(answer: &Answer) -> bool {
    matches!(answer, Answer::Found(_))
}

pub(crate) fn gone() -> Audited {
    Audited {
        bucket: "acme-gone".to_owned(),
        prefix: String::new(),
        keeper: Keeper::Other,
        seen: Seen::Gone,
    }
}

pub(crate) fn report(audited: Vec<Audited>) -> Report {
    let task = "arn:aws:datasync:eu-central-1:111122223333:task/task-0f1e2d3c4b5a69788";
    Report {
        stack: "web-backup".to_owned(),
        task: task.parse().unwrap(),
        time: "2026-11-23T06:00:04Z".parse().unwrap(),
        fail_on: Severity::High,
        audited,
    }
}
