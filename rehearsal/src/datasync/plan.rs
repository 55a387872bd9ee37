//! Compares source and destination: what to transfer, what to leave, what to
//! delete, what the destination can never hold. Pure.

use std::collections::BTreeSet;

use backup_domain::posix_metadata::PosixMetadata;

use crate::datasync::end::{Listing, Name, SourceItem, Survey, There};
use crate::datasync::failures::FileFailure;

/// What the options say about comparing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rules {
    /// `TransferMode ALL`: also what is the same on both sides.
    pub everything: bool,
    /// `OverwriteMode NEVER`: not what is at the destination already.
    pub never_overwrite: bool,
    /// `PreserveDeletedFiles REMOVE`: delete what is not at the source.
    pub remove: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    Transfer { overwrite: bool },
    Skip,
    Fail(FileFailure),
}

/// What happens to one item of the source.
#[derive(Debug)]
pub(super) struct Step {
    pub item: SourceItem,
    pub action: Action,
}

/// All that an execution will do, in the order of the listing.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub steps: Vec<Step>,
    /// What to delete, children before their parents.
    pub removals: Vec<Name>,
}

/// Decides on every item. `kept` reduces metadata to what the options and the
/// destination keep; `refusal` says why the destination can never hold an item.
pub(super) fn plan(
    listing: &Listing,
    survey: &Survey,
    rules: Rules,
    kept: impl Fn(&PosixMetadata) -> PosixMetadata,
    refusal: impl Fn(&SourceItem) -> Option<FileFailure>,
) -> Plan {
    let steps = listing.items.iter().map(|item| Step {
        item: item.clone(),
        action: match refusal(item) {
            Some(failure) => Action::Fail(failure),
            None => decide(item, survey.get(&item.name), rules, &kept(&item.metadata)),
        },
    });
    Plan {
        steps: steps.collect(),
        removals: match rules.remove {
            true => removals(listing, survey),
            false => vec![],
        },
    }
}

/// A change of metadata alone is a transfer as well: S3 cannot change metadata
/// in place, so the object is written anew and gets a new version.
fn decide(item: &SourceItem, there: Option<&There>, rules: Rules, kept: &PosixMetadata) -> Action {
    let (size, metadata) = match there {
        None => return Action::Transfer { overwrite: false },
        Some(_) if rules.never_overwrite => return Action::Skip,
        Some(_) if rules.everything => return Action::Transfer { overwrite: true },
        Some(There::Unreadable(failure)) => return Action::Fail(failure.clone()),
        Some(There::Listed) => return Action::Transfer { overwrite: true },
        Some(There::Seen { size, metadata }) => (*size, metadata),
    };
    let is_same = size == item.size
        && metadata
            .as_ref()
            .is_some_and(|there| differences(kept, there).is_empty());
    match is_same {
        true => Action::Skip,
        false => Action::Transfer { overwrite: true },
    }
}

/// The names of what is kept at the source and differs at the destination. The
/// access time is best effort and never a difference.
pub(super) fn differences(kept: &PosixMetadata, there: &PosixMetadata) -> Vec<&'static str> {
    [
        ("mode", kept.mode.is_some() && kept.mode != there.mode),
        ("uid", kept.owner.is_some() && kept.owner != there.owner),
        ("gid", kept.group.is_some() && kept.group != there.group),
        ("mtime", kept.mtime.is_some() && kept.mtime != there.mtime),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

/// What is gone at the source. What was missed there, and all that lies below a
/// directory that was missed, is not known to be gone, and stays.
fn removals(listing: &Listing, survey: &Survey) -> Vec<Name> {
    let at_source: BTreeSet<&Name> = listing.items.iter().map(|item| &item.name).collect();
    let missed: Vec<&Name> = listing
        .missed
        .iter()
        .filter_map(|missed| missed.name.as_ref())
        .collect();
    let is_unknown = |name: &Name| {
        missed
            .iter()
            .any(|missed| name.path().starts_with(missed.path()))
    };
    let gone = survey
        .keys()
        .filter(|name| !at_source.contains(name) && !is_unknown(name));
    gone.rev().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasync::end::{EndError, Missed};
    use backup_domain::posix_metadata::{FileKind, FileTime};

    fn metadata(mode: u32) -> PosixMetadata {
        let time = |seconds| {
            Some(FileTime {
                seconds,
                nanoseconds: 5,
            })
        };
        PosixMetadata {
            mode: Some(mode),
            owner: Some(1000),
            group: Some(1000),
            mtime: time(100),
            atime: time(200),
        }
    }

    fn name(key: &str) -> Name {
        Name::from_key(key).unwrap()
    }

    fn item(path: &str) -> SourceItem {
        SourceItem {
            name: name(path),
            kind: FileKind::Regular,
            size: 3,
            metadata: metadata(0o100_644),
        }
    }

    fn seen(size: u64, change: impl Fn(&mut PosixMetadata)) -> There {
        let mut metadata = metadata(0o100_644);
        change(&mut metadata);
        There::Seen {
            size,
            metadata: Some(metadata),
        }
    }

    fn one_file() -> Listing {
        Listing {
            items: vec![item("a")],
            ..Listing::default()
        }
    }

    fn action_with(there: Option<There>, rules: Rules) -> Action {
        let survey = there.map(|there| (name("a"), there)).into_iter().collect();
        let mut plan = plan(&one_file(), &survey, rules, Clone::clone, |_| None);
        plan.steps.remove(0).action
    }

    #[test]
    fn only_what_changed_is_transferred() {
        const NEW: Action = Action::Transfer { overwrite: false };
        const CHANGED: Action = Action::Transfer { overwrite: true };
        let changed = Rules::default();
        let all = Rules {
            everything: true,
            ..changed
        };
        let never = Rules {
            never_overwrite: true,
            ..changed
        };
        let same = || Some(seen(3, |_| {}));

        #[rustfmt::skip]
        let cases = [
            ("not there",             None,                                      changed, NEW),
            ("the same",              same(),                                    changed, Action::Skip),
            ("another size",          Some(seen(4, |_| {})),                     changed, CHANGED),
            ("another mtime",         Some(seen(3, |m| m.mtime = m.atime)),      changed, CHANGED),
            ("another mode",          Some(seen(3, |m| m.mode = Some(0o100_600))), changed, CHANGED),
            ("another owner",         Some(seen(3, |m| m.owner = Some(0))),      changed, CHANGED),
            ("another group",         Some(seen(3, |m| m.group = None)),         changed, CHANGED),
            ("another atime only",    Some(seen(3, |m| m.atime = None)),         changed, Action::Skip),
            ("malformed metadata",    Some(There::Seen { size: 3, metadata: None }), changed, CHANGED),
            ("the same, ALL",         same(),                                    all,     CHANGED),
            ("not there, ALL",        None,                                      all,     NEW),
            ("changed, NEVER",        Some(seen(4, |_| {})),                     never,   Action::Skip),
            ("not there, NEVER",      None,                                      never,   NEW),
        ];
        for (name, object, rules, expected) in cases {
            assert_eq!(action_with(object, rules), expected, "{name}");
        }
    }

    #[test]
    fn what_is_not_kept_is_not_compared() {
        let survey = Survey::from([(name("a"), seen(3, |m| m.owner = Some(0)))]);
        let without_owner = |metadata: &PosixMetadata| PosixMetadata {
            owner: None,
            ..metadata.clone()
        };
        let plan = plan(
            &one_file(),
            &survey,
            Rules::default(),
            without_owner,
            |_| None,
        );
        assert_eq!(plan.steps[0].action, Action::Skip);
    }

    #[test]
    fn what_can_never_be_there_fails_even_if_it_is() {
        let survey = Survey::from([(name("a"), seen(3, |_| {}))]);
        let refusal = |item: &SourceItem| Some(FileFailure::key_is_too_long(&item.name));
        let plan = plan(
            &one_file(),
            &survey,
            Rules::default(),
            Clone::clone,
            refusal,
        );
        assert!(matches!(plan.steps[0].action, Action::Fail(_)));
    }

    #[test]
    fn remove_deletes_what_is_gone_and_nothing_it_cannot_see() {
        let missed = |key: &str| Missed {
            path: format!("/{key}"),
            name: Some(name(key)),
            failure: FileFailure::unlisted(&name(key), &EndError::Role),
        };
        let listing = Listing {
            missed: vec![missed("closed/"), missed("odd")],
            ..one_file()
        };
        let keys = [
            "a", "a/", "a/x", "closed/x", "closed/", "closed2", "gone", "odd", "odd/",
        ];
        let survey: Survey = keys.map(|key| (name(key), There::Listed)).into();
        let rules = |remove| Rules {
            remove,
            ..Rules::default()
        };

        let removing = plan(&listing, &survey, rules(true), Clone::clone, |_| None);
        let keys: Vec<_> = removing.removals.iter().filter_map(Name::key).collect();
        assert_eq!(keys, ["gone", "closed2", "a/x", "a/"]);
        let preserving = plan(&listing, &survey, rules(false), Clone::clone, |_| None);
        assert!(preserving.removals.is_empty());
    }
}
