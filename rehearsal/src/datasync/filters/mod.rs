//! Filters: which part of the source a transfer is about. Source: `DataSync` User
//! Guide, "Filtering data transferred by AWS DataSync", and API Reference,
//! `FilterRule`. What the guide leaves open is decided at the place.

mod pattern;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::datasync::end::{Listing, Name, Survey};
use crate::datasync::error::ApiError;
use pattern::Pattern;

/// AWS's quota for a filter, in characters.
const LONGEST_FILTER: usize = 102_400;

/// The members of a request that narrow a transfer. What is not given stays as
/// it is; an empty list takes the filter away.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    excludes: Option<Vec<Rule>>,
    includes: Option<Vec<Rule>>,
    manifest_config: Option<Map<String, Value>>,
}

/// The filters of a task or an execution, as `DescribeTask` answers them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filters {
    pub excludes: Vec<Rule>,
    pub includes: Vec<Rule>,
}

/// One filter: patterns with `|` between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Rule {
    #[serde(default)]
    filter_type: String,
    #[serde(default)]
    value: String,
}

impl Filters {
    /// These filters with those that are given in their place.
    ///
    /// # Errors
    ///
    /// If AWS refuses a filter, if one can match nothing, or for a manifest,
    /// which this `DataSync` cannot read.
    pub(super) fn with(&self, given: Request) -> Result<Self, ApiError> {
        if given.manifest_config.is_some_and(|given| !given.is_empty()) {
            return Err(ApiError::unsupported("ManifestConfig"));
        }
        let filters = Self {
            excludes: given.excludes.unwrap_or_else(|| self.excludes.clone()),
            includes: given.includes.unwrap_or_else(|| self.includes.clone()),
        };
        for (member, rules) in [
            ("excludes", &filters.excludes),
            ("includes", &filters.includes),
        ] {
            check(member, rules)?;
        }
        if let Some(pattern) = filters.included().iter().find(|one| !one.ends_in_star()) {
            return Err(ApiError::invalid(
                "InvalidFilter",
                format!(
                    "Include filters support the wildcard (*) character only as the rightmost \
                     character in a pattern: `{pattern}`."
                ),
            ));
        }
        Ok(filters)
    }

    /// Leaves in a listing of either end what the transfer is about. The folders
    /// above it stay too, which is ours: a file system could not hold it without.
    pub(super) fn narrow(&self, listing: &mut Listing) {
        let sieve = self.sieve();
        let mut above = BTreeSet::new();
        for item in &listing.items {
            if sieve.admits(&item.name) {
                above.extend(parents(&item.name));
            }
        }
        listing
            .items
            .retain(|item| sieve.admits(&item.name) || above.contains(&item.name));
        listing.special.retain(|name| sieve.admits(name));
        // What stands for no name lies nowhere: it is told whatever the filters are.
        let is_wanted = |name: &Name| sieve.admits(name) || sieve.leads_in(name);
        listing
            .missed
            .retain(|missed| missed.name.as_ref().is_none_or(is_wanted));
    }

    /// Leaves what was found at the destination and is compared with the listing,
    /// and what may be deleted there: never what the transfer is not about. AWS
    /// does not say the last; this is the careful side.
    pub(super) fn narrow_survey(&self, survey: &mut Survey, listing: &Listing) {
        let sieve = self.sieve();
        let listed: BTreeSet<&Name> = listing.items.iter().map(|item| &item.name).collect();
        survey.retain(|name, _| sieve.admits(name) || listed.contains(name));
    }

    fn included(&self) -> Vec<Pattern> {
        patterns(&self.includes)
    }

    fn sieve(&self) -> Sieve {
        Sieve {
            excludes: patterns(&self.excludes),
            includes: self.included(),
        }
    }
}

/// The filters, ready to be asked.
struct Sieve {
    excludes: Vec<Pattern>,
    includes: Vec<Pattern>,
}

impl Sieve {
    fn admits(&self, name: &Name) -> bool {
        let matches = |all: &[Pattern]| all.iter().any(|pattern| pattern.matches(name));
        (self.includes.is_empty() || matches(&self.includes)) && !matches(&self.excludes)
    }

    /// Whether something that is wanted may lie below it.
    fn leads_in(&self, name: &Name) -> bool {
        let is_excluded = self.excludes.iter().any(|pattern| pattern.matches(name));
        !is_excluded && self.includes.iter().any(|pattern| pattern.leads_in(name))
    }
}

fn patterns(rules: &[Rule]) -> Vec<Pattern> {
    rules
        .iter()
        .flat_map(|rule| pattern::split(&rule.value))
        .collect()
}

fn parents(name: &Name) -> impl Iterator<Item = Name> {
    std::iter::successors(name.parent(), Name::parent)
}

fn check(member: &str, rules: &[Rule]) -> Result<(), ApiError> {
    let [rule] = rules else {
        return match rules {
            [] => Ok(()),
            _ => Err(ApiError::Validation(format!(
                "Value at '{member}' failed to satisfy constraint: \
                 Member must have length less than or equal to 1"
            ))),
        };
    };
    if rule.filter_type != "SIMPLE_PATTERN" {
        let path = format!("{member}.1.member.filterType");
        return Err(ApiError::not_one_of(
            &path,
            &rule.filter_type,
            &["SIMPLE_PATTERN"],
        ));
    }
    if rule.value.chars().count() > LONGEST_FILTER || rule.value.contains('\0') {
        return Err(ApiError::Validation(format!(
            "Value at '{member}.1.member.value' failed to satisfy constraint: Member must have \
             length less than or equal to {LONGEST_FILTER} and no NUL character"
        )));
    }
    // Ours: AWS may take it, and the transfer would not be what was meant.
    match pattern::split(&rule.value)
        .iter()
        .find(|one| !one.can_match())
    {
        Some(pattern) => Err(ApiError::invalid(
            "InvalidFilter",
            format!(
                "The pattern `{pattern}` can match nothing: patterns are relative to the \
                 location and begin with `/` or `*`."
            ),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasync::api::parse;
    use crate::datasync::end::{EndError, Missed, SourceItem, There};
    use crate::datasync::failures::FileFailure;
    use backup_domain::posix_metadata::{FileKind, PosixMetadata};
    use serde_json::json;

    fn given(includes: &str, excludes: &str) -> Result<Filters, String> {
        let rules = |value: &str| match value {
            "" => json!([]),
            value => json!([{"FilterType": "SIMPLE_PATTERN", "Value": value}]),
        };
        let request = json!({"Includes": rules(includes), "Excludes": rules(excludes)});
        let filters = Filters::default().with(parse(request).unwrap());
        filters.map_err(|error| error.to_string())
    }

    const KEYS: [&str; 9] = [
        "web/",
        "web/a.txt",
        "web/cache/",
        "web/cache/x.tmp",
        "website",
        "notes.tmp",
        "logs/",
        "logs/web/",
        "logs/web/b",
    ];

    fn name(key: &str) -> Name {
        Name::from_key(key).unwrap()
    }

    fn listing() -> Listing {
        let items = KEYS.map(|key| SourceItem {
            name: name(key),
            kind: FileKind::Regular,
            size: 0,
            metadata: PosixMetadata::default(),
        });
        let missed = ["logs/", "odd"].map(|key| Missed {
            path: format!("/{key}"),
            name: Some(name(key)),
            failure: FileFailure::unlisted(&name(key), &EndError::Role),
        });
        Listing {
            items: items.into(),
            special: vec![name("web/pipe"), name("pipe")],
            missed: missed.into(),
            warnings: vec![],
        }
    }

    #[test]
    fn what_the_filters_leave() {
        #[rustfmt::skip]
        let cases = [
            ("",              "",           KEYS.to_vec()),
            ("/web",          "",           vec!["web/", "web/a.txt", "web/cache/", "web/cache/x.tmp"]),
            ("/web/",         "",           vec!["web/", "web/a.txt", "web/cache/", "web/cache/x.tmp"]),
            ("/web*",         "",           vec!["web/", "web/a.txt", "web/cache/", "web/cache/x.tmp", "website"]),
            ("/web",          "*/cache",    vec!["web/", "web/a.txt"]),
            ("",              "/web",       vec!["website", "notes.tmp", "logs/", "logs/web/", "logs/web/b"]),
            ("",              "*/web",      vec!["website", "notes.tmp", "logs/"]),
            ("",              "*.tmp",      vec!["web/", "web/a.txt", "web/cache/", "website", "logs/", "logs/web/", "logs/web/b"]),
            ("",              "*.tmp|/logs", vec!["web/", "web/a.txt", "web/cache/", "website"]),
            ("/logs/web/b",   "",           vec!["logs/", "logs/web/", "logs/web/b"]),
            ("/WEB",          "",           vec![]),
            ("/web",          "/web",       vec![]),
        ];
        for (includes, excludes, expected) in cases {
            let mut listing = listing();
            given(includes, excludes).unwrap().narrow(&mut listing);
            let keys = listing.items.iter().filter_map(|item| item.name.key());
            let keys: Vec<String> = keys.collect();
            assert_eq!(keys, expected, "{includes} without {excludes}");
        }
    }

    #[test]
    fn what_was_missed_is_told_where_something_wanted_may_lie_below() {
        #[rustfmt::skip]
        let cases = [
            ("",            "",      vec!["/logs/", "/odd"]),
            ("/logs/web",   "",      vec!["/logs/"]),
            ("/web",        "",      vec![]),
            ("",            "/logs", vec!["/odd"]),
        ];
        for (includes, excludes, expected) in cases {
            let mut listing = listing();
            given(includes, excludes).unwrap().narrow(&mut listing);
            let missed: Vec<&str> = listing.missed.iter().map(|one| one.path.as_str()).collect();
            assert_eq!(missed, expected, "{includes} without {excludes}");
        }
    }

    #[test]
    fn what_the_transfer_is_not_about_can_never_be_deleted() {
        let mut left = listing();
        let filters = given("/web", "*/cache").unwrap();
        filters.narrow(&mut left);
        let keys = ["web/", "web/gone", "web/cache/", "logs/", "website"];
        let mut survey: Survey = keys.map(|key| (name(key), There::Listed)).into();
        filters.narrow_survey(&mut survey, &left);
        let keys: Vec<_> = survey.keys().filter_map(Name::key).collect();
        assert_eq!(keys, ["web/", "web/gone"]);
    }

    #[test]
    fn what_is_not_given_stays() {
        let before = given("/web", "*.tmp").unwrap();
        let kept = before.with(parse(json!({})).unwrap()).unwrap();
        assert_eq!(kept, before);
        let without = before.with(parse(json!({"Excludes": []})).unwrap());
        assert_eq!(without, Ok(given("/web", "").unwrap()));
        assert_eq!(
            serde_json::to_value(without.unwrap()).unwrap(),
            json!({"Excludes": [], "Includes": [{"FilterType": "SIMPLE_PATTERN", "Value": "/web"}]})
        );
    }

    #[test]
    fn what_cannot_be_a_filter_is_refused() {
        let with = |request: Value| {
            let filters = Filters::default().with(parse(request).unwrap());
            filters.unwrap_err().to_string()
        };
        let rule = json!({"FilterType": "SIMPLE_PATTERN", "Value": "/a"});
        let cases = [
            (
                with(json!({"Includes": [rule, rule]})),
                "length less than or equal to 1",
            ),
            (
                with(json!({"Excludes": [{"Value": "/a"}]})),
                "'excludes.1.member.filterType'",
            ),
            (
                with(json!({"ManifestConfig": {"Action": "TRANSFER"}})),
                "ManifestConfig",
            ),
            (given("*.txt", "").unwrap_err(), "`*.txt`"),
            (given("/a*/b", "").unwrap_err(), "`/a*/b`"),
            (given("web", "").unwrap_err(), "`web` can match nothing"),
            (given("", "/a|tmp").unwrap_err(), "`tmp` can match nothing"),
            (given("/a||/b", "").unwrap_err(), "`` can match nothing"),
        ];
        for (said, expected) in cases {
            assert!(said.contains(expected), "{said}");
        }
    }
}
