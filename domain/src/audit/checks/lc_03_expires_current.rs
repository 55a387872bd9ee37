//! LC-03: a rule expires current versions of the backup.
//!
//! DataSync copies what differs between source and destination (transfer mode
//! `CHANGED`), so the next run uploads an expired copy again: a needless upload, a
//! needless version, and no current copy in between. A file that was deleted at the
//! source is not uploaded again: the copy that `PreserveDeletedFiles` kept is lost
//! once it has expired and its days as a noncurrent version are over (source:
//! DataSync API Reference, `Options`).

use super::{Answer, Bucket, Check, Finding, Mapped, Severity, answer_of_rules, listed};
use crate::audit::bucket::Versioning;
use crate::audit::lifecycle::{Expiration, Rule};
use crate::audit::remedy::remove_rules;

pub(super) const CHECK: Check = Check {
    id: "LC-03",
    severity: Severity::Critical,
    fails: "a rule expires current copies",
    holds: "No rule expires current copies.",
    // The others are content with any enabled rule.
    mapped: Mapped::NOBODY,
    ask,
};

fn ask(bucket: &Bucket) -> Answer {
    answer_of_rules(
        bucket,
        |rule| rule.expires_current(&bucket.prefix),
        |guilty| Finding {
            evidence: listed(guilty, evidence),
            harm: harm(bucket),
            remedy: remove_rules(bucket, guilty),
        },
    )
}

fn evidence(rule: &Rule) -> String {
    let when = match &rule.expiration {
        Some(Expiration::AfterDays(days)) => format!("{days} days after they were written"),
        Some(Expiration::On(date)) => format!("on {date} and on every day after it"),
        _ => "at a time that is not known".to_owned(),
    };
    format!("{} expires current versions {when}", rule.words())
}

/// What an expiration does depends on versioning (source: S3 User Guide,
/// "Expiring objects").
fn harm(bucket: &Bucket) -> String {
    let then = match (&bucket.versioning, bucket.shortest_days()) {
        (Ok(Versioning::NeverEnabled), _) => "S3 deletes it for good, without a version".to_owned(),
        (Ok(Versioning::Suspended), _) => {
            "S3 deletes it for good, unless it was written before versioning was suspended"
                .to_owned()
        }
        (Ok(Versioning::Enabled), Some(days)) => {
            format!(
                "S3 hides it behind a delete marker and removes it for good as early as {days} days later"
            )
        }
        (Ok(Versioning::Enabled), None) => "S3 hides it behind a delete marker".to_owned(),
        (Err(_), _) => "S3 hides it or deletes it for good; versioning is not known".to_owned(),
    };
    format!(
        "when a copy expires, {then}. The file has no current copy until the next run, needlessly, \
         uploads it again; one that was deleted on the file system is never uploaded again"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixtures::{expiring, healthy, is_found, keeping, not_known, with_rules};
    use crate::audit::lifecycle::{Filter, Status};

    #[test]
    fn expiring_rules_over_the_backup_are_found() {
        let on = |prefix: &str| Rule {
            filter: Filter {
                prefix: prefix.to_owned(),
                ..Filter::default()
            },
            ..expiring("e", 30)
        };
        let by = |expiration| Rule {
            expiration: Some(expiration),
            ..expiring("e", 30)
        };
        let date = Expiration::On("2020-01-01".parse().unwrap());
        #[rustfmt::skip]
        let cases = [
            ("nothing",              vec![],                                             false),
            ("all keys",             vec![expiring("e", 30)],                            true),
            ("in ten years",         vec![expiring("e", 3650)],                          true),
            ("by a past date",       vec![by(date)],                                     true),
            ("lone markers",         vec![by(Expiration::LoneMarkers)],                  false),
            ("the prefix",           vec![on("efs/")],                                   true),
            ("a folder of it",       vec![on("efs/tmp/")],                               true),
            ("beside it",            vec![on("reports/")],                               false),
            ("disabled",             vec![Rule { status: Status::Disabled, ..on("") }],  false),
            ("noncurrent only",      vec![keeping("k", 365)],                            false),
            ("behind a harmless one", vec![keeping("k", 365), expiring("e", 30)],        true),
        ];
        for (name, rules, expected) in cases {
            assert_eq!(is_found(&ask(&with_rules(rules))), expected, "{name}");
        }
        let denied = not_known("s3:GetLifecycleConfiguration");
        let bucket = Bucket {
            lifecycle: Err(denied.clone()),
            ..healthy()
        };
        assert_eq!(ask(&bucket), Answer::NotKnown(denied));
    }

    #[test]
    fn a_rule_that_may_expire_them_is_not_known() {
        let strange = Rule {
            expiration: Some(Expiration::Other),
            ..expiring("odd", 1)
        };
        let Answer::NotKnown(not_known) = ask(&with_rules(vec![strange.clone()])) else {
            panic!("it passed, or was found");
        };
        assert_eq!(
            not_known.cause,
            "rule \"odd\" (all keys) expires objects in an unknown way"
        );
        assert!(
            is_found(&ask(&with_rules(vec![strange, expiring("e", 30)]))),
            "the other is sure"
        );
    }

    #[test]
    fn the_harm_depends_on_versioning() {
        let denied = Err(not_known("s3:GetBucketVersioning"));
        #[rustfmt::skip]
        let cases = [
            (Ok(Versioning::Enabled),      vec![],                 "hides it behind a delete marker"),
            (Ok(Versioning::Enabled),      vec![keeping("k", 90)], "removes it for good as early as 90 days later"),
            (Ok(Versioning::Suspended),    vec![keeping("k", 90)], "unless it was written before"),
            (Ok(Versioning::NeverEnabled), vec![],                 "deletes it for good, without a version"),
            (denied,                       vec![],                 "versioning is not known"),
        ];
        for (versioning, rules, expected) in cases {
            let bucket = Bucket {
                versioning,
                ..with_rules(rules)
            };
            let harm = harm(&bucket);
            assert!(harm.contains(expected), "{harm}");
            assert!(
                harm.contains("until the next run, needlessly, uploads it again"),
                "{harm}"
            );
            assert!(harm.ends_with("is never uploaded again"), "{harm}");
        }
    }

    #[test]
    fn many_rules_are_counted() {
        let rules = (1..=9).map(|n| expiring(&format!("r{n}"), n)).collect();
        let Answer::Found(finding) = ask(&with_rules(rules)) else {
            panic!("nothing was found");
        };
        assert!(
            finding
                .evidence
                .starts_with("rule \"r1\" (all keys) expires current versions 1 days")
        );
        assert!(
            finding.evidence.ends_with("; and 6 more"),
            "{}",
            finding.evidence
        );
    }
}
