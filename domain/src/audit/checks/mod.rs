//! The checks: a file each, and a line in [`CHECKS`].

mod lc_01_no_enabled_rule;
mod lc_03_expires_current;
mod lc_04_short_retention;
mod ver_01_never_enabled;
mod ver_02_suspended;

use super::bucket::Bucket;
use super::finding::{Answer, Finding, NotKnown, Severity};
use super::lifecycle::{Does, Rule, SHOWN};

/// Every check, in the order of reports.
pub const CHECKS: [&Check; 5] = [
    &ver_01_never_enabled::CHECK,
    &ver_02_suspended::CHECK,
    &lc_01_no_enabled_rule::CHECK,
    &lc_03_expires_current::CHECK,
    &lc_04_short_retention::CHECK,
];

/// A question about a bucket. Its id is a contract and never given again.
#[derive(Debug)]
pub struct Check {
    /// Such as `VER-01`.
    pub id: &'static str,
    /// How much a finding hurts.
    pub severity: Severity,
    /// What a finding says, in a few words.
    pub fails: &'static str,
    /// What it says when it passed.
    pub holds: &'static str,
    /// Controls of others that look at the same.
    pub mapped: Mapped,
    /// Asks the question.
    pub ask: fn(&Bucket) -> Answer,
}

/// Names under which others know a check. An empty list: nobody has it.
#[derive(Debug, Clone, Copy)]
pub struct Mapped {
    /// Controls of AWS Security Hub.
    pub security_hub: &'static [&'static str],
    /// Checks of Prowler.
    pub prowler: &'static [&'static str],
    /// Managed rules of AWS Config.
    pub config: &'static [&'static str],
}

impl Mapped {
    const NOBODY: Mapped = Mapped {
        security_hub: &[],
        prowler: &[],
        config: &[],
    };
}

/// The action that tells the lifecycle configuration. It is not called like the
/// operation (source: Service Authorization Reference, "Amazon S3").
const GET_LIFECYCLE: &str = "s3:GetLifecycleConfiguration";

/// What `does` says about all rules of a bucket: a finding about those that do
/// it for sure; else not known, if one may; else passed.
fn answer_of_rules(
    bucket: &Bucket,
    does: impl Fn(&Rule) -> Does,
    finding: impl FnOnce(&[&Rule]) -> Finding,
) -> Answer {
    let lifecycle = match &bucket.lifecycle {
        Ok(lifecycle) => lifecycle,
        Err(not_known) => return Answer::NotKnown(not_known.clone()),
    };
    let said: Vec<(&Rule, Does)> = lifecycle
        .rules
        .iter()
        .map(|rule| (rule, does(rule)))
        .collect();
    let guilty: Vec<&Rule> = said
        .iter()
        .filter(|(_, does)| *does == Does::Yes)
        .map(|(rule, _)| *rule)
        .collect();
    if !guilty.is_empty() {
        return Answer::Found(finding(&guilty));
    }
    let doubt = said.iter().find_map(|(rule, does)| match does {
        Does::Perhaps(why) => Some(format!("{} {why}", rule.words())),
        Does::No | Does::Yes => None,
    });
    doubt.map_or(Answer::Passed, |cause| {
        Answer::NotKnown(NotKnown {
            action: GET_LIFECYCLE,
            cause,
        })
    })
}

/// The first rules in words, and how many more there are.
fn listed(rules: &[&Rule], words: impl Fn(&Rule) -> String) -> String {
    let mut texts: Vec<String> = rules.iter().take(SHOWN).map(|rule| words(rule)).collect();
    if rules.len() > SHOWN {
        texts.push(format!("and {} more", rules.len() - SHOWN));
    }
    texts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_each_check_has_its_words() {
        let ids: BTreeSet<&str> = CHECKS.iter().map(|check| check.id).collect();
        assert_eq!(ids.len(), CHECKS.len());
        for check in CHECKS {
            let id = check.id;
            // The longest subject of a mail has room for them.
            assert!(
                (5..=45).contains(&check.fails.len()),
                "{id}: {}",
                check.fails
            );
            assert!(
                (5..=72).contains(&check.holds.len()),
                "{id}: {}",
                check.holds
            );
        }
    }
}
