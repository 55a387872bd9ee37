//! Writes into a folder. A file is made beside its place under a name of its own
//! and moved there when it is whole, so nobody ever sees half of it, and what was
//! there before stays until then.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use backup_domain::posix_metadata::{FileKind, FileTime, PosixMetadata};
use rustix::fs::{
    AtFlags, Gid, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, Uid, chownat, fchmod, fchown,
    futimens, mkdirat, openat, renameat, symlinkat, unlinkat, utimensat,
};
use rustix::io::Errno;

use crate::datasync::end::Name;
use crate::datasync::end::folder::{DIRECTORY, Folder};
use crate::datasync::end::source_file::{Content, NewFile};
use crate::datasync::ids::random_hex;

/// The mode of what is made without one, `DataSync`'s default: 0755.
const NOT_KEPT: Mode = Mode::RWXU
    .union(Mode::RGRP)
    .union(Mode::XGRP)
    .union(Mode::ROTH)
    .union(Mode::XOTH);

impl Folder {
    /// Makes a file, a link or a directory. A directory that is there already is
    /// good; it gets its metadata from [`Folder::settle`].
    pub(crate) fn write(&self, new: NewFile) -> io::Result<()> {
        let directory = self.directory_of(&new.name)?;
        if new.name.is_directory {
            return make_directory(&directory, &new);
        }
        let beside = format!(".aws-datasync-{}", random_hex());
        let written = match (new.kind, new.content) {
            (FileKind::Regular, Content::File { file, .. }) => {
                write_file(&directory, &beside, file, &new.metadata)
            }
            (FileKind::Symlink, Content::Bytes(target)) => {
                write_link(&directory, &beside, &target, &new.metadata)
            }
            _ => Err(io::Error::from(io::ErrorKind::InvalidInput)),
        };
        let moved = written.and_then(|()| {
            Ok(renameat(
                &directory,
                &beside,
                &directory,
                new.name.last_part(),
            )?)
        });
        if moved.is_err() {
            // It may never have been made; the first error is the one to tell.
            let _: rustix::io::Result<()> = unlinkat(&directory, &beside, AtFlags::empty());
        }
        moved
    }

    /// Gives a directory its metadata.
    pub(crate) fn settle(&self, name: &Name, metadata: &PosixMetadata) -> io::Result<()> {
        set_metadata(&self.directory(name.path())?, metadata)
    }

    /// Deletes a file, a link or an empty directory.
    pub(crate) fn remove(&self, name: &Name) -> io::Result<()> {
        let flags = match name.is_directory {
            true => AtFlags::REMOVEDIR,
            false => AtFlags::empty(),
        };
        Ok(unlinkat(self.directory_of(name)?, name.last_part(), flags)?)
    }
}

/// Closed to others until it is settled, unless its mode is not kept.
fn make_directory(parent: &OwnedFd, new: &NewFile) -> io::Result<()> {
    let name = new.name.last_part();
    let mode = new.metadata.mode.map_or(NOT_KEPT, |_| Mode::RWXU);
    match mkdirat(parent, name, mode) {
        Err(Errno::EXIST) => {
            openat(parent, name, DIRECTORY, Mode::empty())?;
            Ok(())
        }
        made => Ok(made?),
    }
}

fn write_file(
    directory: &OwnedFd,
    name: &str,
    mut content: File,
    metadata: &PosixMetadata,
) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file: File = openat(directory, name, flags, Mode::RUSR | Mode::WUSR)?.into();
    io::copy(&mut content, &mut file)?;
    if metadata.mode.is_none() {
        fchmod(&file, NOT_KEPT)?;
    }
    set_metadata(&file, metadata)
}

fn write_link(
    directory: &OwnedFd,
    name: &str,
    target: &[u8],
    metadata: &PosixMetadata,
) -> io::Result<()> {
    symlinkat(OsStr::from_bytes(target), directory, name)?;
    let (owner, group) = ids(metadata);
    chownat(directory, name, owner, group, AtFlags::SYMLINK_NOFOLLOW)?;
    utimensat(directory, name, &times(metadata), AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(())
}

/// The mode after the owner, whose change takes the setuid bit away; the times
/// last.
fn set_metadata(file: &impl AsFd, metadata: &PosixMetadata) -> io::Result<()> {
    let (owner, group) = ids(metadata);
    fchown(file, owner, group)?;
    if let Some(mode) = metadata.mode {
        fchmod(file, Mode::from_bits_truncate(mode & 0o7777))?;
    }
    Ok(futimens(file, &times(metadata))?)
}

/// What is not kept stays as it is.
fn ids(metadata: &PosixMetadata) -> (Option<Uid>, Option<Gid>) {
    (
        metadata.owner.map(Uid::from_raw),
        metadata.group.map(Gid::from_raw),
    )
}

fn times(metadata: &PosixMetadata) -> Timestamps {
    let time = |time: Option<FileTime>| match time {
        Some(time) => Timespec {
            tv_sec: time.seconds,
            tv_nsec: time.nanoseconds.into(),
        },
        None => Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
    };
    Timestamps {
        last_access: time(metadata.atime),
        last_modification: time(metadata.mtime),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasync::end::folder::tests::open;
    use crate::datasync::end::source_file::sha256_of;
    use std::io::{Seek, Write};
    use std::os::unix::fs::{MetadataExt, symlink};
    use std::path::Path;

    fn file(content: &[u8]) -> Content {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file.rewind().unwrap();
        Content::File {
            file,
            size: content.len() as u64,
        }
    }

    fn new(key: &str, kind: FileKind, content: Content) -> NewFile {
        NewFile {
            name: Name::from_key(key).unwrap(),
            kind,
            content,
            metadata: PosixMetadata {
                mode: Some(0o100_640),
                mtime: FileTime::parse("1602647222/222919600"),
                ..PosixMetadata::default()
            },
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_written_whole_with_its_metadata() {
        let root = tempfile::tempdir().unwrap();
        let folder = open(root.path());
        for content in [&b"first"[..], b"second, and longer"] {
            folder
                .write(new("a", FileKind::Regular, file(content)))
                .unwrap();
            assert_eq!(std::fs::read(root.path().join("a")).unwrap(), content);
        }
        let found = std::fs::metadata(root.path().join("a")).unwrap();
        assert_eq!(found.mode(), 0o100_640);
        assert_eq!(
            (found.mtime(), found.mtime_nsec()),
            (1_602_647_222, 222_919_600)
        );
        let read = folder
            .read(&Name::new("a", false), FileKind::Regular)
            .unwrap();
        assert_eq!(read.sha256.unwrap(), sha256_of(b"second, and longer"));
        assert_eq!(names(root.path()), ["a"]);
    }

    #[test]
    fn a_link_is_made_and_never_followed() {
        let outside = tempfile::tempdir().unwrap();
        let root = tempfile::tempdir().unwrap();
        let folder = open(root.path());
        let target = outside.path().as_os_str().as_bytes().to_owned();
        folder
            .write(new("out", FileKind::Symlink, Content::Bytes(target)))
            .unwrap();
        assert_eq!(
            std::fs::read_link(root.path().join("out")).unwrap(),
            outside.path()
        );

        for key in ["out/a", "out/a/b"] {
            let error = folder
                .write(new(key, FileKind::Regular, file(b"x")))
                .unwrap_err();
            assert_eq!(error.to_string(), "Not a directory (os error 20)", "{key}");
        }
        let through = folder.write(new("out/", FileKind::Directory, Content::Bytes(vec![])));
        assert!(through.is_err());
        assert!(
            folder
                .settle(&Name::new("out", true), &PosixMetadata::default())
                .is_err()
        );
        assert!(folder.remove(&Name::new("out/a", false)).is_err());
        assert!(names(outside.path()).is_empty());
    }

    #[test]
    fn a_link_in_a_files_place_is_replaced_and_its_target_stays() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("kept"), "kept").unwrap();
        symlink("kept", root.path().join("a")).unwrap();
        let folder = open(root.path());
        folder
            .write(new("a", FileKind::Regular, file(b"new")))
            .unwrap();
        assert_eq!(std::fs::read(root.path().join("kept")).unwrap(), b"kept");
        assert!(
            std::fs::symlink_metadata(root.path().join("a"))
                .unwrap()
                .is_file()
        );
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("d")).unwrap();
        std::fs::write(root.path().join("f"), "").unwrap();
        let folder = open(root.path());
        let long = "n".repeat(256);
        #[rustfmt::skip]
        let cases = [
            ("a file in a directory's place", new("d", FileKind::Regular, file(b"x")),                  "Is a directory"),
            ("a directory in a file's place", new("f/", FileKind::Directory, Content::Bytes(vec![])),   "Not a directory"),
            ("a file below a file",           new("f/x", FileKind::Regular, file(b"x")),                "Not a directory"),
            ("a part of 256 bytes",           new(&long, FileKind::Regular, file(b"x")),                "File name too long"),
            ("a link to nothing",             new("l", FileKind::Symlink, Content::Bytes(vec![])),      "No such file"),
            ("a link with a NUL",             new("l", FileKind::Symlink, Content::Bytes(vec![0])),     "Invalid argument"),
            ("no parent",                     new("gone/x", FileKind::Regular, file(b"x")),             "No such file"),
        ];
        for (name, new, expected) in cases {
            let error = folder.write(new).unwrap_err().to_string();
            assert!(error.contains(expected), "{name}: {error}");
            assert_eq!(names(root.path()), ["d", "f"], "{name}");
        }
    }
}
