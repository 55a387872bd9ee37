//! LC-01: no lifecycle rule is enabled.

use super::{Answer, Bucket, Check, Finding, GET_LIFECYCLE, Mapped, NotKnown, Severity};
use crate::audit::lifecycle::{Rule, Status};
use crate::audit::remedy::add_rules;

pub(super) const CHECK: Check = Check {
    id: "LC-01",
    severity: Severity::High,
    fails: "no lifecycle rule is enabled",
    holds: "A lifecycle rule is enabled.",
    mapped: Mapped {
        security_hub: &["S3.13", "S3.10"],
        prowler: &["s3_bucket_lifecycle_enabled"],
        config: &[
            "s3-lifecycle-policy-check",
            "s3-version-lifecycle-policy-check",
        ],
    },
    ask,
};

fn ask(bucket: &Bucket) -> Answer {
    let rules = match &bucket.lifecycle {
        Ok(lifecycle) => &lifecycle.rules,
        Err(not_known) => return Answer::NotKnown(not_known.clone()),
    };
    if rules.iter().any(|rule| rule.status == Status::Enabled) {
        return Answer::Passed;
    }
    match rules.iter().find(|rule| rule.status != Status::Disabled) {
        Some(rule) => Answer::NotKnown(NotKnown {
            action: GET_LIFECYCLE,
            cause: format!("{} has a status that is not known", rule.words()),
        }),
        None => Answer::Found(finding(bucket, rules)),
    }
}

fn finding(bucket: &Bucket, rules: &[Rule]) -> Finding {
    let evidence = match rules.len() {
        0 => "the bucket has no lifecycle configuration".to_owned(),
        1 => "its only rule is disabled".to_owned(),
        count => format!("all of its {count} rules are disabled"),
    };
    Finding {
        evidence,
        harm: "replaced versions pile up for ever and never reach the archive, and parts of \
               uploads that broke off are paid for without being seen"
            .to_owned(),
        remedy: add_rules(bucket),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixtures::{expiring, healthy, not_known, with_rules};

    #[test]
    fn a_rule_counts_only_if_it_is_enabled() {
        let status = |status| Rule {
            status,
            ..expiring("r", 30)
        };
        let other = || status(Status::Other("Paused".into()));
        let off = || status(Status::Disabled);
        let on = || status(Status::Enabled);
        #[rustfmt::skip]
        let cases = [
            ("no configuration",        vec![],               "the bucket has no lifecycle configuration"),
            ("one disabled rule",       vec![off()],          "its only rule is disabled"),
            ("two of them",             vec![off(), off()],   "all of its 2 rules are disabled"),
            ("one enabled",             vec![off(), on()],    "passed"),
            ("one of an unknown word",  vec![off(), other()], "not known"),
            ("that and an enabled one", vec![other(), on()],  "passed"),
        ];
        for (name, rules, expected) in cases {
            let said = match ask(&with_rules(rules)) {
                Answer::Passed => "passed".to_owned(),
                Answer::Found(finding) => finding.evidence,
                Answer::NotKnown(_) => "not known".to_owned(),
            };
            assert_eq!(said, expected, "{name}");
        }
        let denied = not_known(GET_LIFECYCLE);
        let bucket = Bucket {
            lifecycle: Err(denied.clone()),
            ..healthy()
        };
        assert_eq!(ask(&bucket), Answer::NotKnown(denied));
    }
}
