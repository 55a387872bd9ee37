//! A folder with everything in it that a restore has to bring back.

use anyhow::Context;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What one file, folder or link is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// `st_mode`: type and permission bits.
    pub(crate) mode: u32,
    pub(crate) owner: u32,
    pub(crate) group: u32,
    /// Seconds since 1970, and nanoseconds.
    pub(crate) modified: (i64, i64),
    /// Nothing of a folder, the target of a link.
    pub(crate) content: Vec<u8>,
}

/// A folder's files, folders and links by their paths below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tree(pub(crate) BTreeMap<PathBuf, Facts>);

impl Facts {
    /// Looks at one thing, without following a link.
    pub(crate) fn of(path: &Path) -> anyhow::Result<Self> {
        let found = std::fs::symlink_metadata(path)
            .with_context(|| format!("cannot look at {}", path.display()))?;
        let content = if found.is_file() {
            std::fs::read(path)
        } else if found.is_symlink() {
            std::fs::read_link(path).map(|target| target.into_os_string().into_vec())
        } else {
            Ok(vec![])
        };
        Ok(Facts {
            mode: found.mode(),
            owner: found.uid(),
            group: found.gid(),
            modified: (found.mtime(), found.mtime_nsec()),
            content: content.with_context(|| format!("cannot read {}", path.display()))?,
        })
    }

    /// The names of what differs.
    pub(crate) fn differences(&self, other: &Facts) -> Vec<&'static str> {
        [
            ("content", self.content != other.content),
            ("mode", self.mode != other.mode),
            ("owner", self.owner != other.owner),
            ("group", self.group != other.group),
            ("time", self.modified != other.modified),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect()
    }
}

impl Tree {
    /// Everything below a folder.
    pub(crate) fn of(root: &Path) -> anyhow::Result<Self> {
        let mut tree = BTreeMap::new();
        let mut waiting = vec![root.to_owned()];
        while let Some(folder) = waiting.pop() {
            let entries = std::fs::read_dir(&folder)
                .with_context(|| format!("cannot list {}", folder.display()))?;
            for entry in entries {
                let path = entry?.path();
                if std::fs::symlink_metadata(&path)?.is_dir() {
                    waiting.push(path.clone());
                }
                tree.insert(path.strip_prefix(root)?.to_owned(), Facts::of(&path)?);
            }
        }
        Ok(Tree(tree))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_has_a_name() {
        let here = Facts {
            mode: 0o100_644,
            owner: 1,
            group: 2,
            modified: (3, 4),
            content: b"x".to_vec(),
        };
        let with = |change: fn(&mut Facts)| {
            let mut there = here.clone();
            change(&mut there);
            here.differences(&there)
        };
        assert!(with(|_| {}).is_empty());
        assert_eq!(with(|there| there.content.clear()), ["content"]);
        assert_eq!(with(|there| there.mode = 0o120_644), ["mode"]);
        assert_eq!(with(|there| there.owner = 0), ["owner"]);
        assert_eq!(with(|there| there.group = 0), ["group"]);
        assert_eq!(with(|there| there.modified.1 = 0), ["time"]);
    }
}
