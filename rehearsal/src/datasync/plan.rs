//! Compares source and destination: what to transfer, what to leave, what to
//! delete, what can never be an object. Pure.

use std::collections::{BTreeMap, BTreeSet};

use backup_domain::posix_metadata::{FileKind, PosixMetadata};

use crate::datasync::failures::FileFailure;
use crate::datasync::walk::{SourceItem, Walked};

/// S3's limit on a key, in bytes of UTF-8.
pub(super) const LONGEST_KEY: usize = 1024;

/// What the options say about comparing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rules {
    /// `TransferMode ALL`: also what is the same on both sides.
    pub everything: bool,
    /// `OverwriteMode NEVER`: not what is at the destination already.
    pub never_overwrite: bool,
    /// `PreserveDeletedFiles REMOVE`: delete what is not at the source.
    pub remove: bool,
    /// The length of the location's prefix, which is part of every key.
    pub prefix_length: usize,
}

/// What is known of one object, by its key relative to the prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Object {
    /// Listed, and of no interest beyond that.
    Listed,
    /// Size in bytes; metadata is none where it is malformed.
    Seen {
        size: u64,
        metadata: Option<PosixMetadata>,
    },
    /// Its metadata could not be read.
    Unreadable(FileFailure),
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
    /// Relative to the prefix; empty where there can be none.
    pub key: String,
    pub action: Action,
}

/// All that an execution will do, in the order of the walk.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub steps: Vec<Step>,
    /// Relative keys of objects to delete.
    pub removals: Vec<String>,
}

/// Decides on every item. `kept` reduces metadata to what the options keep.
pub(super) fn plan(
    walked: &Walked,
    objects: &BTreeMap<String, Object>,
    rules: Rules,
    kept: impl Fn(&PosixMetadata) -> PosixMetadata,
) -> Plan {
    let mut plan = Plan::default();
    let mut at_source = BTreeSet::new();
    for item in &walked.items {
        let key = item.path.key(item.kind);
        let action = match &key {
            None => Action::Fail(FileFailure::name_is_not_utf8(item)),
            Some(key) if rules.prefix_length + key.len() > LONGEST_KEY => {
                Action::Fail(FileFailure::key_is_too_long(item))
            }
            Some(key) => decide(item, objects.get(key), rules, &kept(&item.metadata)),
        };
        let key = key.unwrap_or_default();
        at_source.insert(key.clone());
        plan.steps.push(Step {
            item: item.clone(),
            key,
            action,
        });
    }
    if rules.remove {
        plan.removals = removals(walked, objects, &at_source);
    }
    plan
}

/// A change of metadata alone is a transfer as well: S3 cannot change metadata
/// in place, so the object is written anew and gets a new version.
fn decide(
    item: &SourceItem,
    object: Option<&Object>,
    rules: Rules,
    kept: &PosixMetadata,
) -> Action {
    let (size, metadata) = match object {
        None => return Action::Transfer { overwrite: false },
        Some(_) if rules.never_overwrite => return Action::Skip,
        Some(_) if rules.everything => return Action::Transfer { overwrite: true },
        Some(Object::Unreadable(failure)) => return Action::Fail(failure.clone()),
        Some(Object::Listed) => return Action::Transfer { overwrite: true },
        Some(Object::Seen { size, metadata }) => (*size, metadata),
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

/// Objects whose file is gone. What lies below a directory that could not be
/// listed is not known to be gone, and stays.
fn removals(
    walked: &Walked,
    objects: &BTreeMap<String, Object>,
    at_source: &BTreeSet<String>,
) -> Vec<String> {
    let unknown: Vec<(String, bool)> = walked
        .unreadable
        .iter()
        .filter_map(|entry| {
            let is_directory = entry.kind == FileKind::Directory;
            Some((entry.path.key(entry.kind)?, is_directory))
        })
        .collect();
    objects
        .keys()
        .filter(|key| !at_source.contains(*key))
        .filter(|key| {
            !unknown
                .iter()
                .any(|(path, is_directory)| match is_directory {
                    true => key.starts_with(path),
                    false => *key == path || key.strip_suffix('/') == Some(path),
                })
        })
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasync::walk::{SourcePath, Unreadable};
    use backup_domain::posix_metadata::FileTime;

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

    fn item(path: &str) -> SourceItem {
        SourceItem {
            path: SourcePath::new(path),
            kind: FileKind::Regular,
            size: 3,
            metadata: metadata(0o100_644),
        }
    }

    fn seen(size: u64, change: impl Fn(&mut PosixMetadata)) -> Object {
        let mut metadata = metadata(0o100_644);
        change(&mut metadata);
        Object::Seen {
            size,
            metadata: Some(metadata),
        }
    }

    fn action_with(object: Option<Object>, rules: Rules) -> Action {
        let walked = Walked {
            items: vec![item("a")],
            ..Walked::default()
        };
        let objects = object.map(|object| ("a".to_owned(), object));
        let mut plan = plan(&walked, &objects.into_iter().collect(), rules, Clone::clone);
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
            ("malformed metadata",    Some(Object::Seen { size: 3, metadata: None }), changed, CHANGED),
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
        let walked = Walked {
            items: vec![item("a")],
            ..Walked::default()
        };
        let objects = BTreeMap::from([("a".to_owned(), seen(3, |m| m.owner = Some(0)))]);
        let without_owner = |metadata: &PosixMetadata| PosixMetadata {
            owner: None,
            ..metadata.clone()
        };
        let plan = plan(&walked, &objects, Rules::default(), without_owner);
        assert_eq!(plan.steps[0].action, Action::Skip);
    }

    #[test]
    fn a_key_of_1024_bytes_is_the_longest() {
        let fails = |prefix_length, length| {
            let walked = Walked {
                items: vec![item(&"k".repeat(length))],
                ..Walked::default()
            };
            let rules = Rules {
                prefix_length,
                ..Rules::default()
            };
            let plan = plan(&walked, &BTreeMap::new(), rules, Clone::clone);
            matches!(plan.steps[0].action, Action::Fail(_))
        };
        assert!(!fails(0, 1024));
        assert!(fails(0, 1025));
        assert!(!fails(4, 1020));
        assert!(fails(4, 1021));
    }

    #[test]
    fn remove_deletes_what_is_gone_and_nothing_it_cannot_see() {
        let unreadable = |path: &str, kind| Unreadable {
            path: SourcePath::new(path),
            kind,
            reason: "Permission denied".to_owned(),
        };
        let walked = Walked {
            items: vec![item("a")],
            unreadable: vec![
                unreadable("closed", FileKind::Directory),
                unreadable("odd", FileKind::Regular),
            ],
            ..Walked::default()
        };
        let keys = [
            "a", "a/", "closed/x", "closed/", "closed2", "gone", "odd", "odd/",
        ];
        let objects: BTreeMap<_, _> = keys.map(|key| (key.to_owned(), Object::Listed)).into();
        let rules = |remove| Rules {
            remove,
            ..Rules::default()
        };

        let removing = plan(&walked, &objects, rules(true), Clone::clone);
        assert_eq!(removing.removals, ["a/", "closed2", "gone"]);
        let preserving = plan(&walked, &objects, rules(false), Clone::clone);
        assert!(preserving.removals.is_empty());
    }
}
