//! What holds for every bucket and every rule.

use super::fixtures::{healthy, not_known};
use super::lifecycle::{Does, Rule};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn filters() -> impl Strategy<Value = Filter> {
    let prefix = prop_oneof![
        Just(""),
        Just("efs/"),
        Just("e"),
        Just("efs/a/"),
        Just("x/")
    ];
    let sizes = || proptest::option::of(0_u64..4);
    (prefix, any::<bool>(), sizes(), sizes()).prop_map(
        |(prefix, tagged, larger_than, smaller_than)| {
            let tags = if tagged {
                vec![("k".to_owned(), "v".to_owned())]
            } else {
                vec![]
            };
            Filter {
                prefix: prefix.to_owned(),
                tags,
                larger_than,
                smaller_than,
            }
        },
    )
}

fn rules() -> impl Strategy<Value = Rule> {
    let status = prop_oneof![
        Just(Status::Enabled),
        Just(Status::Enabled),
        Just(Status::Disabled),
        Just(Status::Other("?".to_owned())),
    ];
    let expiration = prop_oneof![
        Just(None),
        (1_u32..800).prop_map(|days| Some(Expiration::AfterDays(days))),
        Just(Some(Expiration::LoneMarkers)),
        Just(Some(Expiration::Nothing)),
        Just(Some(Expiration::Other)),
    ];
    let days = || proptest::option::of(1_u32..800);
    let noncurrent = proptest::option::of((days(), days()))
        .prop_map(|known| known.map(|(days, newer)| NoncurrentExpiration { days, newer }));
    (status, filters(), expiration, noncurrent, any::<bool>()).prop_map(
        |(status, filter, expiration, noncurrent, acts_otherwise)| Rule {
            id: Some("r".to_owned()),
            status,
            filter,
            expiration,
            noncurrent,
            acts_otherwise,
        },
    )
}

fn buckets() -> impl Strategy<Value = Bucket> {
    let versioning = prop_oneof![
        Just(Ok(Versioning::Enabled)),
        Just(Ok(Versioning::Suspended)),
        Just(Ok(Versioning::NeverEnabled)),
        Just(Err(not_known("v"))),
    ];
    let lifecycle = prop_oneof![
        8 => proptest::collection::vec(rules(), 0..4)
            .prop_map(|rules| Ok(Lifecycle { rules, minimum_size: None })),
        1 => Just(Err(not_known("l"))),
    ];
    let keeper = prop_oneof![
        Just(Keeper::Other),
        Just(Keeper::Existing),
        Just(Keeper::Stack {
            archive_after_days: 30
        })
    ];
    (versioning, lifecycle, keeper).prop_map(|(versioning, lifecycle, keeper)| Bucket {
        versioning,
        lifecycle,
        keeper,
        ..healthy()
    })
}

/// 0 passed, 1 not known, 2 found, by the id of the check.
fn ranks(bucket: &Bucket) -> BTreeMap<&'static str, u8> {
    let audited = audit(bucket);
    let rank = |answer: &Answer| match answer {
        Answer::Passed => 0,
        Answer::NotKnown(_) => 1,
        Answer::Found(_) => 2,
    };
    audited
        .answers()
        .map(|(check, answer)| (check.id, rank(answer)))
        .collect()
}

fn and(bucket: &Bucket, rule: Rule, first: bool) -> Option<Bucket> {
    let mut more = bucket.clone();
    let rules = &mut more.lifecycle.as_mut().ok()?.rules;
    rules.insert(if first { 0 } else { rules.len() }, rule);
    Some(more)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// No rule makes up for another one that hurts.
    #[test]
    fn another_rule_never_removes_a_finding(bucket in buckets(), rule in rules(), first in any::<bool>()) {
        let before = ranks(&bucket);
        if let Some(after) = and(&bucket, rule, first).map(|more| ranks(&more)) {
            for id in ["VER-01", "VER-02", "LC-03", "LC-04"] {
                prop_assert!(after[id] >= before[id], "{id}");
            }
        }
    }

    #[test]
    fn an_enabled_rule_that_expires_the_backup_is_always_found(bucket in buckets(), rule in rules(), first in any::<bool>()) {
        let rule = Rule { status: Status::Enabled, expiration: Some(Expiration::AfterDays(9)), ..rule };
        let hurts = rule.expires_current(&bucket.prefix) == Does::Yes;
        if let Some(after) = and(&bucket, rule, first).map(|more| ranks(&more)) {
            prop_assert!(!hurts || after["LC-03"] == 2);
        }
    }

    #[test]
    fn a_disabled_rule_changes_no_answer(bucket in buckets(), rule in rules(), first in any::<bool>()) {
        let off = Rule { status: Status::Disabled, ..rule };
        if let Some(after) = and(&bucket, off, first).map(|more| ranks(&more)) {
            prop_assert_eq!(after, ranks(&bucket));
        }
    }

    #[test]
    fn the_order_of_rules_changes_no_answer(bucket in buckets()) {
        let mut turned = bucket.clone();
        if let Ok(lifecycle) = &mut turned.lifecycle {
            lifecycle.rules.reverse();
        }
        prop_assert_eq!(ranks(&turned), ranks(&bucket));
    }

    /// What S3 does not tell makes nothing better.
    #[test]
    fn knowing_less_never_makes_a_check_pass(bucket in buckets(), versioning in any::<bool>()) {
        let less = if versioning {
            Bucket { versioning: Err(not_known("v")), ..bucket.clone() }
        } else {
            Bucket { lifecycle: Err(not_known("l")), ..bucket.clone() }
        };
        let (before, after) = (ranks(&bucket), ranks(&less));
        for (id, rank) in before {
            prop_assert!(rank == 0 || after[id] > 0, "{id}");
        }
    }

    #[test]
    fn every_check_answers_once_and_every_finding_can_be_acted_on(bucket in buckets()) {
        let audited = audit(&bucket);
        let parts = audited.findings().len() + audited.not_known().count() + audited.passed().count();
        prop_assert_eq!(parts, CHECKS.len());
        for (check, finding) in audited.findings() {
            let command = &finding.remedy.command;
            prop_assert!(command.starts_with("aws s3api ") && command.contains("--region eu-central-1 --bucket acme-web-backup"));
            prop_assert!(command.len() <= 900 && !command.contains(['\\', '\n']), "{}", check.id);
            prop_assert!(!finding.evidence.is_empty() && !finding.harm.is_empty());
        }
    }
}
