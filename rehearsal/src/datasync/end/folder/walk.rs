//! Lists a folder: everything in it, in a fixed order, without following
//! symbolic links.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use backup_domain::posix_metadata::FileKind;
use rustix::fs::{Dir, FileType};

use crate::datasync::end::folder::{Folder, look, posix_metadata};
use crate::datasync::end::{EndError, Listing, Missed, Name, SourceItem};
use crate::datasync::failures::FileFailure;

impl Folder {
    /// Walks the folder.
    ///
    /// # Errors
    ///
    /// If the folder itself cannot be listed. Trouble further down is part of the
    /// answer; an entry that vanishes during the walk was never there.
    pub(crate) fn walk(&self) -> io::Result<Listing> {
        let mut listing = Listing::default();
        let mut waiting = self.enter(Path::new(""), &mut listing)?;
        while let Some(path) = waiting.pop() {
            match self.enter(&path, &mut listing) {
                Ok(directories) => waiting.extend(directories),
                Err(error) => miss(&mut listing, Name::new(path, true), error),
            }
        }
        listing.items.sort_by(|a, b| a.name.cmp(&b.name));
        listing.special.sort();
        Ok(listing)
    }

    /// Notes the entries of one directory; gives those that are directories.
    fn enter(&self, path: &Path, listing: &mut Listing) -> io::Result<Vec<PathBuf>> {
        self.check_open(path)?;
        let directory = self.directory(path)?;
        let mut directories = vec![];
        for entry in entries(&directory)? {
            let entry = path.join(entry);
            if note(&directory, &entry, listing) {
                directories.push(entry);
            }
        }
        Ok(directories)
    }
}

/// Notes one entry; says whether it is a directory to go into.
fn note(directory: &OwnedFd, path: &Path, listing: &mut Listing) -> bool {
    let name = Name::new(path, false);
    let found = match look(directory, &name) {
        Ok(found) => found,
        Err(error) => {
            miss(listing, name, error);
            return false;
        }
    };
    let kind = match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => FileKind::Regular,
        FileType::Directory => FileKind::Directory,
        FileType::Symlink => FileKind::Symlink,
        _ => {
            listing.special.push(name);
            return false;
        }
    };
    let is_directory = kind == FileKind::Directory;
    listing.items.push(SourceItem {
        name: Name::new(path, is_directory),
        kind,
        size: match is_directory {
            true => 0,
            false => u64::try_from(found.st_size).unwrap_or(0),
        },
        metadata: posix_metadata(&found),
    });
    is_directory
}

fn miss(listing: &mut Listing, name: Name, error: io::Error) {
    if error.kind() == io::ErrorKind::NotFound {
        return;
    }
    listing.missed.push(Missed {
        path: name.shown(),
        failure: FileFailure::unlisted(&name, &EndError::File(error)),
        name: Some(name),
    });
}

fn entries(directory: &OwnedFd) -> io::Result<Vec<OsString>> {
    let mut names = vec![];
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(OsStr::from_bytes(name).to_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use crate::datasync::end::folder::tests::open;
    use crate::datasync::end::{Name, SourceItem};
    use backup_domain::posix_metadata::FileKind;
    use rustix::fs::{Mode, OFlags, mkdirat, openat};
    use std::collections::BTreeSet;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::Path;

    fn shown(items: &[SourceItem]) -> Vec<String> {
        items.iter().map(|item| item.name.shown()).collect()
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

        let listing = open(root).walk().unwrap();
        assert_eq!(
            shown(&listing.items),
            ["/A", "/b", "/b/c", "/b/c/deep", "/b.txt", "/empty"]
        );
        assert_eq!(listing.items[4].size, 2);
        assert_eq!(listing.items[1].size, 0);
        assert_eq!(listing.items[1].name.key().as_deref(), Some("b/"));
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

        let listing = open(root).walk().unwrap();
        assert_eq!(
            shown(&listing.items),
            ["/dangling", "/link", "/loop", "/real", "/real/file"]
        );
        assert_eq!(listing.items[1].kind, FileKind::Symlink);
        assert_eq!(listing.items[1].size, 4);
    }

    #[test]
    fn special_files_are_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
        let listing = open(folder.path()).walk().unwrap();
        assert!(listing.items.is_empty());
        assert_eq!(listing.special, [Name::new("socket", false)]);
    }

    #[test]
    fn a_path_longer_than_any_that_can_be_opened_at_once_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        let part = "d".repeat(250);
        let mut here = fs::File::open(folder.path()).unwrap().into();
        for _ in 0..20 {
            mkdirat(&here, &part, Mode::RWXU).unwrap();
            here = openat(&here, &part, OFlags::DIRECTORY, Mode::empty()).unwrap();
        }
        let listing = open(folder.path()).walk().unwrap();
        assert_eq!(listing.items.len(), 20);
        assert!(listing.items[19].name.path().as_os_str().len() > 4096);
        assert!(listing.missed.is_empty());
    }

    #[test]
    fn a_closed_folder_is_missed_and_the_rest_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("closed")).unwrap();
        fs::write(folder.path().join("closed/a"), "").unwrap();
        fs::write(folder.path().join("b"), "").unwrap();
        let mut folder = open(folder.path());
        folder.closed = BTreeSet::from([Path::new("closed").to_owned()]);

        let listing = folder.walk().unwrap();
        assert_eq!(shown(&listing.items), ["/b", "/closed"]);
        assert_eq!(
            listing.missed[0].failure.lines,
            ["[ERROR] Failed to read metadata for directory /closed: Permission denied"]
        );
    }
}
