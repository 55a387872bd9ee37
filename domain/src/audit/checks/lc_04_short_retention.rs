//! LC-04: a rule removes noncurrent versions of the backup too early.

use super::{Answer, Bucket, Check, Finding, Mapped, Severity, answer_of_rules, listed};
use crate::audit::bucket::Versioning;
use crate::audit::lifecycle::Rule;
use crate::audit::remedy::remove_rules;
use crate::units::plural;

pub(super) const CHECK: Check = Check {
    id: "LC-04",
    severity: Severity::Critical,
    fails: "old copies are removed too early",
    holds: "Old copies are kept for as long as they should be.",
    mapped: Mapped::NOBODY,
    ask,
};

fn ask(bucket: &Bucket) -> Answer {
    let answer = answer_of_rules(
        bucket,
        |rule| rule.removes_noncurrent_before(&bucket.prefix, bucket.retain_days),
        |guilty| Finding {
            evidence: listed(guilty, evidence),
            harm: format!(
                "a file that was overwritten or deleted has to be there for {}, and is not",
                plural_days(bucket.retain_days)
            ),
            remedy: remove_rules(bucket, guilty),
        },
    );
    match (&bucket.versioning, answer) {
        // Without versions such rules remove nothing (source: S3 User Guide,
        // "Lifecycle configuration elements").
        (Ok(Versioning::NeverEnabled), _) => Answer::Passed,
        (Err(not_known), Answer::Found(_)) => Answer::NotKnown(not_known.clone()),
        (_, answer) => answer,
    }
}

fn plural_days(days: u32) -> String {
    plural(days.into(), "day", "days")
}

fn evidence(rule: &Rule) -> String {
    let words = rule.words();
    match rule
        .noncurrent
        .map(|noncurrent| (noncurrent.days, noncurrent.newer))
    {
        Some((Some(days), None)) => {
            format!("{words} removes old versions after {}", plural_days(days))
        }
        Some((Some(days), Some(newer))) => {
            format!(
                "{words} removes old versions after {}, but for the newest {newer}",
                plural_days(days)
            )
        }
        Some((None, Some(newer))) => {
            format!("{words} removes old versions at any age, but for the newest {newer}")
        }
        Some((None, None)) | None => format!("{words} removes old versions at any age"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixtures::{expiring, healthy, keeping, not_known, with_rules};
    use crate::audit::lifecycle::{Filter, NoncurrentExpiration, Status};

    fn said(bucket: &Bucket) -> String {
        match ask(bucket) {
            Answer::Passed => "passed".to_owned(),
            Answer::Found(finding) => finding.evidence,
            Answer::NotKnown(not_known) => not_known.action.to_owned(),
        }
    }

    #[test]
    fn the_shortest_rule_decides() {
        let limited = |days, newer| Rule {
            noncurrent: Some(NoncurrentExpiration { days, newer }),
            ..keeping("k", 1)
        };
        let on = |prefix: &str| Rule {
            filter: Filter {
                prefix: prefix.to_owned(),
                ..Filter::default()
            },
            ..keeping("k", 7)
        };
        let off = Rule {
            status: Status::Disabled,
            ..keeping("k", 7)
        };
        let k = "rule \"k\" (all keys) removes old versions";
        #[rustfmt::skip]
        let cases = [
            ("no rule keeps them for ever", vec![],                                    "passed".to_owned()),
            ("exactly the promise",         vec![keeping("k", 365)],                   "passed".to_owned()),
            ("a day more",                  vec![keeping("k", 366)],                   "passed".to_owned()),
            ("a day short",                 vec![keeping("k", 364)],                   format!("{k} after 364 days")),
            ("the shortest rule wins",      vec![keeping("l", 999), keeping("k", 7)],  format!("{k} after 7 days")),
            ("and its order does not",      vec![keeping("k", 7), keeping("l", 999)],  format!("{k} after 7 days")),
            ("newer versions do not help",  vec![limited(Some(7), Some(100))],         format!("{k} after 7 days, but for the newest 100")),
            ("newer versions alone",        vec![limited(None, Some(5))],              format!("{k} at any age, but for the newest 5")),
            ("no limit at all",             vec![limited(None, None)],                 format!("{k} at any age")),
            ("a folder of the backup",      vec![on("efs/tmp/")],                      "rule \"k\" (keys that begin with efs/tmp/) removes old versions after 7 days".to_owned()),
            ("beside the backup",           vec![on("x/")],                            "passed".to_owned()),
            ("disabled",                    vec![off],                                 "passed".to_owned()),
            ("current versions only",       vec![expiring("e", 7)],                    "passed".to_owned()),
        ];
        for (name, rules, expected) in cases {
            assert_eq!(said(&with_rules(rules)), expected, "{name}");
        }
    }

    /// Nobody has said how long they have to be kept; but kept they have to be.
    #[test]
    fn without_a_promise_a_day_is_enough() {
        let at_once = Rule {
            noncurrent: Some(NoncurrentExpiration {
                days: None,
                newer: Some(5),
            }),
            ..keeping("k", 1)
        };
        let k = "rule \"k\" (all keys) removes old versions at any age, but for the newest 5";
        for (rule, expected) in [(keeping("k", 1), "passed"), (at_once, k)] {
            let bucket = Bucket {
                retain_days: 1,
                ..with_rules(vec![rule])
            };
            assert_eq!(said(&bucket), expected);
        }
    }

    #[test]
    fn it_needs_versions_to_remove() {
        let denied = || Err(not_known("s3:GetBucketVersioning"));
        let short = || with_rules(vec![keeping("k", 7)]);
        let unread = || Bucket {
            lifecycle: Err(not_known("s3:GetLifecycleConfiguration")),
            ..healthy()
        };
        #[rustfmt::skip]
        let cases = [
            ("enabled",               Bucket { versioning: Ok(Versioning::Enabled), ..short() },       "rule \"k\" (all keys) removes old versions after 7 days"),
            ("suspended",             Bucket { versioning: Ok(Versioning::Suspended), ..short() },     "rule \"k\" (all keys) removes old versions after 7 days"),
            ("never enabled",         Bucket { versioning: Ok(Versioning::NeverEnabled), ..short() },  "passed"),
            ("versioning not known",  Bucket { versioning: denied(), ..short() },                      "s3:GetBucketVersioning"),
            ("and long enough",       Bucket { versioning: denied(), ..healthy() },                    "passed"),
            ("rules not known",       unread(),                                                        "s3:GetLifecycleConfiguration"),
            ("neither is known",      Bucket { versioning: denied(), ..unread() },                     "s3:GetLifecycleConfiguration"),
        ];
        for (name, bucket, expected) in cases {
            assert_eq!(said(&bucket), expected, "{name}");
        }
    }
}
