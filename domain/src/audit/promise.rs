//! What a person wants to know, answered by the checks: does a copy stay?
//!
//! A question is only answered with yes if every check behind it passed.

use super::finding::Answer;
use super::report::{Audited, Seen};
use crate::units::plural;

/// A question about a bucket and what its settings answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// The question, in words.
    pub question: &'static str,
    /// Yes, no, or not known.
    pub kept: Option<bool>,
    /// The answer in words.
    pub answer: String,
}

const NEWEST: &str = "Does the newest copy of a file stay, however old it gets?";
const OLD: &str = "Does the old copy stay when the file is changed or deleted?";

impl Audited {
    /// Both questions; none where there is no bucket.
    #[must_use]
    pub fn promises(&self) -> Vec<Promise> {
        let Seen::Here { shortest_days, .. } = &self.seen else {
            return Vec::new();
        };
        let old = match shortest_days {
            Some(days) => format!(
                "YES, for {} or longer",
                plural(u64::from(*days), "day", "days")
            ),
            None => "YES, no rule removes it".to_owned(),
        };
        vec![
            self.promise(NEWEST, &["LC-03"], "YES".to_owned()),
            self.promise(OLD, &["VER-01", "VER-02", "LC-04"], old),
        ]
    }

    fn promise(&self, question: &'static str, ids: &[&str], yes: String) -> Promise {
        let asked = || self.answers().filter(|(check, _)| ids.contains(&check.id));
        let broken = asked().find(|(_, answer)| matches!(answer, Answer::Found(_)));
        let not_known = asked().find(|(_, answer)| matches!(answer, Answer::NotKnown(_)));
        let (kept, answer) = match (broken, not_known) {
            (Some((check, _)), _) => (Some(false), format!("NO, {}", check.fails)),
            (None, Some((check, _))) => (None, format!("NOT KNOWN, see {}", check.id)),
            (None, None) if asked().count() == ids.len() => (Some(true), yes),
            (None, None) => (None, "NOT KNOWN".to_owned()),
        };
        Promise {
            question,
            kept,
            answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixtures::{expiring, healthy, keeping, not_known, with_rules};
    use crate::audit::{Bucket, Versioning, audit};

    #[test]
    fn yes_needs_every_check_behind_it() {
        let denied = |action| Err(not_known(action));
        let with = |versioning| Bucket {
            versioning: Ok(versioning),
            ..healthy()
        };
        let unread = || Bucket {
            lifecycle: Err(not_known("l")),
            ..healthy()
        };
        let (yes, year) = ("YES", "YES, for 365 days or longer");
        #[rustfmt::skip]
        let cases = [
            ("healthy",       healthy(),                                       yes, year),
            ("no rule",       with_rules(vec![]),                              yes, "YES, no rule removes it"),
            ("one day",       Bucket { retain_days: 1, ..with_rules(vec![keeping("k", 1)]) }, yes, "YES, for 1 day or longer"),
            ("suspended",     with(Versioning::Suspended),                     yes, "NO, versioning is suspended"),
            ("never",         with(Versioning::NeverEnabled),                  yes, "NO, versioning was never enabled"),
            ("short",         with_rules(vec![keeping("k", 7)]),               yes, "NO, old copies are removed too early"),
            ("expiring",      with_rules(vec![expiring("e", 7)]),              "NO, a rule expires current copies", "YES, no rule removes it"),
            ("half known",    Bucket { versioning: denied("v"), ..healthy() }, yes, "NOT KNOWN, see VER-01"),
            ("other half",    unread(),                                        "NOT KNOWN, see LC-03", "NOT KNOWN, see LC-04"),
            ("no beats it",   Bucket { versioning: Ok(Versioning::Suspended), ..unread() }, "NOT KNOWN, see LC-03", "NO, versioning is suspended"),
        ];
        for (name, bucket, newest, old) in cases {
            let promises = audit(&bucket).promises();
            let answers: Vec<&str> = promises
                .iter()
                .map(|promise| promise.answer.as_str())
                .collect();
            assert_eq!(answers, [newest, old], "{name}");
        }
    }
}
