//! Lists the source folder: everything in it, in a fixed order, without
//! following symbolic links.

use std::ffi::OsStr;
use std::fs::FileType;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use backup_domain::posix_metadata::{FileKind, PosixMetadata};

use crate::datasync::source_file::{posix_metadata, reason};

/// A path below the location, without a leading `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SourcePath(PathBuf);

/// One thing that can be an object.
#[derive(Debug, Clone)]
pub(super) struct SourceItem {
    pub path: SourcePath,
    pub kind: FileKind,
    /// Bytes of content: 0 of a directory, the target's length of a link.
    pub size: u64,
    pub metadata: PosixMetadata,
}

/// What a walk found, parents before their children, siblings by the bytes of
/// their names.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub items: Vec<SourceItem>,
    /// Sockets, pipes and devices: they are not copied.
    pub special: Vec<SourcePath>,
    pub unreadable: Vec<Unreadable>,
}

/// A directory whose entries, or an entry whose metadata, could not be read.
#[derive(Debug, Clone)]
pub(super) struct Unreadable {
    pub path: SourcePath,
    pub kind: FileKind,
    pub reason: String,
}

impl SourcePath {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    pub(super) fn below(&self, root: &Path) -> PathBuf {
        root.join(&self.0)
    }

    /// The object's key relative to the location's prefix; none where the name
    /// is not UTF-8, which a key has to be.
    pub(super) fn key(&self, kind: FileKind) -> Option<String> {
        let path = self.0.to_str()?;
        Some(match kind {
            FileKind::Directory => format!("{path}/"),
            _ => path.to_owned(),
        })
    }

    /// For people and reports: `/a/b`, with bytes that are not UTF-8 as `\xNN`.
    pub(super) fn shown(&self) -> String {
        let mut shown = "/".to_owned();
        for chunk in self.0.as_os_str().as_bytes().utf8_chunks() {
            shown.push_str(chunk.valid());
            for byte in chunk.invalid() {
                shown.push_str(&format!("\\x{byte:02x}"));
            }
        }
        shown
    }
}

/// Walks the folder.
///
/// # Errors
///
/// If the folder itself cannot be listed. Trouble further down is part of the
/// answer; an entry that vanishes during the walk was never there.
pub(super) fn walk(root: &Path) -> io::Result<Walked> {
    let mut walked = Walked::default();
    let mut waiting = entries(root, Path::new(""))?;
    waiting.reverse();
    while let Some(path) = waiting.pop() {
        let is_directory = walked.look_at(root, &path);
        if !is_directory {
            continue;
        }
        match entries(&root.join(&path), &path) {
            Ok(children) => waiting.extend(children.into_iter().rev()),
            Err(error) => walked.unreadable(path, FileKind::Directory, &error),
        }
    }
    Ok(walked)
}

impl Walked {
    /// Notes one entry; says whether it is a directory to go into.
    fn look_at(&mut self, root: &Path, path: &Path) -> bool {
        let found = match std::fs::symlink_metadata(root.join(path)) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return false,
            Err(error) => {
                self.unreadable(path.to_owned(), FileKind::Regular, &error);
                return false;
            }
        };
        let path = SourcePath::new(path);
        let Some(kind) = kind_of(found.file_type()) else {
            self.special.push(path);
            return false;
        };
        self.items.push(SourceItem {
            path,
            kind,
            size: match kind {
                FileKind::Directory => 0,
                _ => found.len(),
            },
            metadata: posix_metadata(&found),
        });
        kind == FileKind::Directory
    }

    fn unreadable(&mut self, path: PathBuf, kind: FileKind, error: &io::Error) {
        if error.kind() == io::ErrorKind::NotFound {
            return;
        }
        self.unreadable.push(Unreadable {
            path: SourcePath::new(path),
            kind,
            reason: reason(error),
        });
    }
}

fn kind_of(file_type: FileType) -> Option<FileKind> {
    if file_type.is_file() {
        Some(FileKind::Regular)
    } else if file_type.is_dir() {
        Some(FileKind::Directory)
    } else if file_type.is_symlink() {
        Some(FileKind::Symlink)
    } else {
        None
    }
}

fn entries(folder: &Path, relative: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort_by(|a, b| bytes(a).cmp(bytes(b)));
    Ok(names.iter().map(|name| relative.join(name)).collect())
}

fn bytes(name: &OsStr) -> &[u8] {
    name.as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    fn shown(items: &[SourceItem]) -> Vec<String> {
        items.iter().map(|item| item.path.shown()).collect()
    }

    #[test]
    fn everything_is_listed_in_a_fixed_order() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/c")).unwrap();
        fs::write(root.join("b/c/deep"), "x").unwrap();
        fs::write(root.join("b.txt"), "xy").unwrap();
        fs::write(root.join("A"), "").unwrap();
        fs::create_dir(root.join("empty")).unwrap();

        let walked = walk(root).unwrap();
        assert_eq!(
            shown(&walked.items),
            ["/A", "/b", "/b/c", "/b/c/deep", "/b.txt", "/empty"]
        );
        assert_eq!(walked.items[4].size, 2);
        assert_eq!(walked.items[1].size, 0);
        assert_eq!(
            walked.items[1].path.key(FileKind::Directory).as_deref(),
            Some("b/")
        );
    }

    #[test]
    fn links_are_listed_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("real")).unwrap();
        fs::write(root.join("real/file"), "x").unwrap();
        symlink("real", root.join("link")).unwrap();
        symlink(".", root.join("loop")).unwrap();
        symlink("gone", root.join("dangling")).unwrap();

        let walked = walk(root).unwrap();
        assert_eq!(
            shown(&walked.items),
            ["/dangling", "/link", "/loop", "/real", "/real/file"]
        );
        assert_eq!(walked.items[1].kind, FileKind::Symlink);
        assert_eq!(walked.items[1].size, 4);
    }

    #[test]
    fn special_files_are_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
        let walked = walk(folder.path()).unwrap();
        assert!(walked.items.is_empty());
        assert_eq!(walked.special, [SourcePath::new("socket")]);
    }

    #[test]
    fn a_name_that_is_not_utf8_has_no_key_and_is_shown_escaped() {
        let path = SourcePath::new(OsStr::from_bytes(b"d\xc3\xa9/bad-\xff.txt"));
        assert_eq!(path.key(FileKind::Regular), None);
        assert_eq!(path.shown(), "/d\u{e9}/bad-\\xff.txt");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(walk(&folder.path().join("gone")).is_err());
    }
}
