//! A lifecycle configuration: what its rules do to the keys of a backup.
//!
//! Source: S3 User Guide, "Lifecycle configuration elements" and "Conflicts in
//! lifecycle configurations": rules act one by one, whatever the others say, and
//! the earliest expiration wins.

use jiff::civil::Date;

/// The rules of a bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// All rules, also disabled ones; none if there is no configuration.
    pub rules: Vec<Rule>,
    /// `TransitionDefaultMinimumObjectSize`, where it is not S3's default. Setting
    /// rules without it would set it back.
    pub minimum_size: Option<String>,
}

/// One rule, as far as checks read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its ID; S3 gives one to a rule without.
    pub id: Option<String>,
    /// Whether it acts.
    pub status: Status,
    /// What it acts on.
    pub filter: Filter,
    /// What it does to current versions.
    pub expiration: Option<Expiration>,
    /// When it removes noncurrent versions.
    pub noncurrent: Option<NoncurrentExpiration>,
    /// Whether it moves versions to other storage classes or aborts uploads.
    pub acts_otherwise: bool,
}

/// Whether a rule acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It acts.
    Enabled,
    /// It does nothing.
    Disabled,
    /// A word that is not known, or none.
    Other(String),
}

/// The conditions of a rule; all of them have to hold. Every form that S3 knows
/// (none, one, `And`, the older `Prefix` of the rule) is such a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Keys begin with it.
    pub prefix: String,
    /// Objects have these tags, and maybe others.
    pub tags: Vec<(String, String)>,
    /// Objects are larger than this, in bytes.
    pub larger_than: Option<u64>,
    /// Objects are smaller than this, in bytes.
    pub smaller_than: Option<u64>,
}

/// What a rule does to current versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expiration {
    /// They expire this many days after they were written.
    AfterDays(u32),
    /// They expire on this day, and later ones every day after it.
    On(Date),
    /// Only delete markers with nothing behind them are removed.
    LoneMarkers,
    /// Nothing is set to true.
    Nothing,
    /// Something that is not known.
    Other,
}

/// When a rule removes a noncurrent version: both have to be exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoncurrentExpiration {
    /// Days since it became noncurrent.
    pub days: Option<u32>,
    /// How many newer noncurrent versions there have to be.
    pub newer: Option<u32>,
}

/// How much of the backup a rule acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    Nothing,
    Part,
    Whole,
}

/// Whether a rule does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Does {
    No,
    Yes,
    /// It may; why that is not known.
    Perhaps(String),
}

impl Filter {
    /// Keys of the backup begin with `prefix`. Prefixes overlap where one begins
    /// with the other.
    pub(super) fn coverage(&self, prefix: &str) -> Coverage {
        let contradicts_itself = matches!(
            (self.larger_than, self.smaller_than),
            (Some(larger), Some(smaller)) if smaller <= larger.saturating_add(1)
        );
        let overlaps = prefix.starts_with(&self.prefix) || self.prefix.starts_with(prefix);
        let narrows = !self.tags.is_empty() || self.sizes().is_some();
        if !overlaps || contradicts_itself {
            Coverage::Nothing
        } else if prefix.starts_with(&self.prefix) && !narrows {
            Coverage::Whole
        } else {
            Coverage::Part
        }
    }

    /// The objects in words, such as `keys below logs/, larger than 9 bytes`.
    pub(super) fn words(&self) -> String {
        let keys = match self.prefix.as_str() {
            "" => "all keys".to_owned(),
            prefix => format!("keys that begin with {}", short(prefix)),
        };
        let tags = self.tags.iter().take(SHOWN);
        let tags = tags.map(|(key, value)| format!("with the tag {}={}", short(key), short(value)));
        let words: Vec<String> = [keys].into_iter().chain(tags).chain(self.sizes()).collect();
        words.join(", ")
    }

    fn sizes(&self) -> Option<String> {
        let larger = self.larger_than.map(|bytes| format!("larger than {bytes}"));
        let smaller = self
            .smaller_than
            .map(|bytes| format!("smaller than {bytes}"));
        let words: Vec<String> = larger.into_iter().chain(smaller).collect();
        (!words.is_empty()).then(|| format!("{} bytes", words.join(" and ")))
    }
}

impl Rule {
    /// Whether it makes current versions of the backup go away.
    pub(super) fn expires_current(&self, prefix: &str) -> Does {
        let does = match &self.expiration {
            Some(Expiration::AfterDays(_) | Expiration::On(_)) => Does::Yes,
            Some(Expiration::Other) => Does::Perhaps("expires objects in an unknown way".into()),
            Some(Expiration::LoneMarkers | Expiration::Nothing) | None => Does::No,
        };
        self.if_it_acts(prefix, does)
    }

    /// Whether it removes noncurrent versions of the backup within fewer days.
    pub(super) fn removes_noncurrent_before(&self, prefix: &str, days: u32) -> Does {
        let short = self.noncurrent.map(NoncurrentExpiration::at_least);
        let does = match short {
            Some(kept) if kept < days => Does::Yes,
            _ => Does::No,
        };
        self.if_it_acts(prefix, does)
    }

    /// For how many days at least it keeps a noncurrent version of the backup;
    /// `None` if it removes none.
    pub(super) fn keeps_noncurrent_for(&self, prefix: &str) -> Option<u32> {
        let acts =
            self.status == Status::Enabled && self.filter.coverage(prefix) != Coverage::Nothing;
        self.noncurrent
            .filter(|_| acts)
            .map(NoncurrentExpiration::at_least)
    }

    /// `rule "expire-old-versions" (all keys)`.
    pub(super) fn words(&self) -> String {
        let id = self.id.as_deref().map_or("without an ID".to_owned(), |id| {
            format!("\"{}\"", short(id))
        });
        format!("rule {id} ({})", self.filter.words())
    }

    /// What `does` comes to, given whether the rule acts on the backup at all.
    fn if_it_acts(&self, prefix: &str, does: Does) -> Does {
        if self.filter.coverage(prefix) == Coverage::Nothing {
            return Does::No;
        }
        match (&self.status, does) {
            (Status::Disabled, _) => Does::No,
            (Status::Enabled, Does::No) if self.has_no_known_action() => {
                Does::Perhaps("has no action that is known".to_owned())
            }
            (Status::Other(_), Does::No) if !self.has_no_known_action() => Does::No,
            (Status::Other(word), _) => {
                Does::Perhaps(format!("has the status \"{}\"", short(word)))
            }
            (Status::Enabled, does) => does,
        }
    }

    /// S3 wants an action in each rule, so there is one that we do not know.
    fn has_no_known_action(&self) -> bool {
        self.expiration.is_none() && self.noncurrent.is_none() && !self.acts_otherwise
    }
}

impl NoncurrentExpiration {
    /// The days for which a version is kept, whatever else is written. Newer
    /// versions only ever keep one longer; without days nothing holds it.
    pub(super) fn at_least(self) -> u32 {
        self.days.unwrap_or(0)
    }
}

/// How many things of a kind are named before "and N more".
pub(super) const SHOWN: usize = 3;

/// Foreign text of bearable length; it is escaped where it is printed.
pub(super) fn short(text: &str) -> String {
    crate::text::cut_in_the_middle(text, 80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixtures::{expiring, rule};
    use proptest::prelude::*;

    #[test]
    fn a_rule_covers_the_whole_a_part_or_nothing() {
        let keys = |prefix: &str| Filter {
            prefix: prefix.to_owned(),
            ..Filter::default()
        };
        let tagged = Filter {
            tags: vec![("a".into(), "1".into())],
            ..keys("")
        };
        let sized = |larger_than, smaller_than| Filter {
            larger_than,
            smaller_than,
            ..keys("")
        };
        #[rustfmt::skip]
        let cases = [
            ("no filter",              keys(""),                       Coverage::Whole),
            ("the prefix itself",      keys("efs/"),                   Coverage::Whole),
            ("a beginning of it",      keys("ef"),                     Coverage::Whole),
            ("a folder in it",         keys("efs/logs/"),              Coverage::Part),
            ("a beginning of names",   keys("efs/l"),                  Coverage::Part),
            ("beside it",              keys("efs2/"),                  Coverage::Nothing),
            ("another case",           keys("EFS/"),                   Coverage::Nothing),
            ("a tag",                  tagged.clone(),                 Coverage::Part),
            ("a tag beside it",        Filter { prefix: "x".into(), ..tagged }, Coverage::Nothing),
            ("a lower limit",          sized(Some(0), None),           Coverage::Part),
            ("an upper limit",         sized(None, Some(1)),           Coverage::Part),
            ("both limits",            sized(Some(1), Some(3)),        Coverage::Part),
            ("no size between them",   sized(Some(1), Some(2)),        Coverage::Nothing),
            ("limits the wrong way",   sized(Some(9), Some(2)),        Coverage::Nothing),
        ];
        for (name, filter, expected) in cases {
            assert_eq!(filter.coverage("efs/"), expected, "{name}");
        }
        assert_eq!(
            keys("anything").coverage(""),
            Coverage::Part,
            "all keys are the backup"
        );
    }

    #[test]
    fn a_rule_that_is_not_understood_may_do_anything() {
        let perhaps = |text: &str| Does::Perhaps(text.to_owned());
        let on = |status, expiration| Rule {
            status,
            expiration,
            ..rule("r")
        };
        let other = || Status::Other("Paused".to_owned());
        #[rustfmt::skip]
        let cases = [
            ("days",                 on(Status::Enabled,  Some(Expiration::AfterDays(30))), Does::Yes),
            ("disabled",             on(Status::Disabled, Some(Expiration::AfterDays(30))), Does::No),
            ("disabled, unknown",    on(Status::Disabled, Some(Expiration::Other)),         Does::No),
            ("markers only",         on(Status::Enabled,  Some(Expiration::LoneMarkers)),   Does::No),
            ("nothing is true",      on(Status::Enabled,  Some(Expiration::Nothing)),       Does::No),
            ("unknown expiration",   on(Status::Enabled,  Some(Expiration::Other)),         perhaps("expires objects in an unknown way")),
            ("unknown action",       on(Status::Enabled,  None),                            perhaps("has no action that is known")),
            ("unknown status",       on(other(),          Some(Expiration::AfterDays(30))), perhaps("has the status \"Paused\"")),
            ("both unknown",         on(other(),          None),                            perhaps("has the status \"Paused\"")),
            ("unknown, but harmless", on(other(),         Some(Expiration::LoneMarkers)),   Does::No),
            ("it aborts uploads",    Rule { acts_otherwise: true, ..on(Status::Enabled, None) }, Does::No),
        ];
        for (name, rule, expected) in cases {
            assert_eq!(rule.expires_current("efs/"), expected, "{name}");
            let beside = Rule {
                filter: Filter {
                    prefix: "x/".into(),
                    ..Filter::default()
                },
                ..rule
            };
            assert_eq!(
                beside.expires_current("efs/"),
                Does::No,
                "{name}, beside the backup"
            );
        }
    }

    #[test]
    fn a_rule_in_words() {
        let filter = Filter {
            prefix: "efs/logs/".to_owned(),
            tags: vec![("a".to_owned(), "1".to_owned())],
            larger_than: Some(500),
            smaller_than: Some(64_000),
        };
        let rule = Rule {
            filter,
            ..expiring("tidy", 30)
        };
        assert_eq!(
            rule.words(),
            "rule \"tidy\" (keys that begin with efs/logs/, with the tag a=1, larger than 500 and \
             smaller than 64000 bytes)"
        );
        assert_eq!(
            Rule {
                id: None,
                ..expiring("", 1)
            }
            .words(),
            "rule without an ID (all keys)"
        );
    }

    proptest! {
        /// Prefixes are compared as S3 does it: byte by byte from the beginning.
        #[test]
        fn coverage_agrees_with_the_keys(backup in "[ab/]{0,4}", rest in "[ab/]{0,4}", prefix in "[ab/]{0,6}") {
            let filter = Filter { prefix: prefix.clone(), ..Filter::default() };
            let key = format!("{backup}{rest}");
            match filter.coverage(&backup) {
                Coverage::Nothing => prop_assert!(!key.starts_with(&prefix)),
                Coverage::Whole => prop_assert!(key.starts_with(&prefix)),
                // There is a key of the backup that it covers, and one that it does not.
                Coverage::Part => prop_assert!(prefix.starts_with(&backup) && prefix != backup),
            }
        }
    }
}
