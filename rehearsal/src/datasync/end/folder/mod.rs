//! A folder that is never left. Every path is opened part by part from the
//! folder's own handle, and a symbolic link is never followed on the way: not one
//! that was there, not one that takes a folder's place between two looks, and not
//! one that a restore has just written.

mod read;
mod walk;
mod write;

use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use backup_domain::posix_metadata::{FileTime, PosixMetadata};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, Stat, openat, statat};
use rustix::process::{getegid, geteuid, getgroups};

use crate::datasync::end::Name;

/// To look into a directory, and only if it is one.
const DIRECTORY: OFlags = OFlags::DIRECTORY
    .union(OFlags::RDONLY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// The folder that a location names, opened.
#[derive(Debug)]
pub(crate) struct Folder {
    root: OwnedFd,
    /// Paths that a test has closed to the reader; see `control.rs`.
    closed: BTreeSet<PathBuf>,
}

impl Folder {
    /// Opens the folder `subdirectory` of a file system.
    pub(crate) fn open(
        file_system: &Path,
        subdirectory: &str,
        closed: BTreeSet<PathBuf>,
    ) -> io::Result<Self> {
        let mounted = Self {
            root: openat(CWD, file_system, DIRECTORY, Mode::empty())?,
            closed,
        };
        let root = mounted.directory(Path::new(subdirectory))?;
        Ok(Self { root, ..mounted })
    }

    /// A handle of a directory below.
    fn directory(&self, path: &Path) -> io::Result<OwnedFd> {
        let mut here = openat(&self.root, ".", DIRECTORY, Mode::empty())?;
        for part in path.components() {
            // A name has no other parts; whatever else comes must not be opened.
            let Component::Normal(part) = part else {
                return Err(io::Error::from(io::ErrorKind::InvalidInput));
            };
            here = openat(&here, part, DIRECTORY, Mode::empty())?;
        }
        Ok(here)
    }

    /// A handle of the directory that holds it.
    fn directory_of(&self, name: &Name) -> io::Result<OwnedFd> {
        self.directory(name.path().parent().unwrap_or(Path::new("")))
    }

    /// Fails where a test has closed the path.
    fn check_open(&self, path: &Path) -> io::Result<()> {
        match self.closed.contains(path) {
            true => Err(rustix::io::Errno::ACCESS.into()),
            false => Ok(()),
        }
    }

    /// What of a file's metadata can be kept: `DataSync` mounts as root, but this
    /// process may be an ordinary user, who gives no file away.
    pub(crate) fn holds(&self, metadata: PosixMetadata) -> PosixMetadata {
        if geteuid().is_root() {
            return metadata;
        }
        let group = getegid().as_raw();
        let groups = getgroups().unwrap_or_default();
        let is_mine = |id: &u32| *id == group || groups.iter().any(|group| group.as_raw() == *id);
        PosixMetadata {
            owner: metadata.owner.filter(|owner| *owner == geteuid().as_raw()),
            group: metadata.group.filter(is_mine),
            ..metadata
        }
    }
}

fn look(directory: &OwnedFd, name: &Name) -> io::Result<Stat> {
    Ok(statat(
        directory,
        name.last_part(),
        AtFlags::SYMLINK_NOFOLLOW,
    )?)
}

#[allow(clippy::unnecessary_cast, reason = "a mode has 16 bits on macOS")]
fn posix_metadata(found: &Stat) -> PosixMetadata {
    let time = |seconds, nanoseconds: Option<u32>| {
        Some(FileTime {
            seconds,
            nanoseconds: nanoseconds?,
        })
    };
    PosixMetadata {
        mode: Some(found.st_mode as u32),
        owner: Some(found.st_uid),
        group: Some(found.st_gid),
        mtime: time(found.st_mtime, u32::try_from(found.st_mtime_nsec).ok()),
        atime: time(found.st_atime, u32::try_from(found.st_atime_nsec).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    pub(super) fn open(path: &Path) -> Folder {
        Folder::open(path, "", BTreeSet::new()).unwrap()
    }

    #[test]
    fn a_link_on_the_way_is_not_followed() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::create_dir(outside.path().join("there")).unwrap();
        let root = tempfile::tempdir().unwrap();
        symlink(outside.path(), root.path().join("out")).unwrap();
        std::fs::create_dir_all(root.path().join("in/there")).unwrap();

        let folder = open(root.path());
        assert!(folder.directory(Path::new("in/there")).is_ok());
        for path in ["out", "out/there", "../x", "/etc", "in/../in"] {
            assert!(folder.directory(Path::new(path)).is_err(), "{path}");
        }
    }

    #[test]
    fn a_location_below_a_link_cannot_be_opened() {
        let outside = tempfile::tempdir().unwrap();
        let root = tempfile::tempdir().unwrap();
        symlink(outside.path(), root.path().join("restored")).unwrap();
        let open = |file_system: &Path, subdirectory| {
            Folder::open(file_system, subdirectory, BTreeSet::new())
        };
        assert!(open(root.path(), "restored").is_err());
        assert!(open(root.path(), "gone").is_err());
        assert!(open(&root.path().join("fs-0"), "").is_err());
        assert!(open(root.path(), "").is_ok());
    }
}
