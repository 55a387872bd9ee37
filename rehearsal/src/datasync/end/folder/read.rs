//! Reads one file of a folder: its metadata and content.

use std::fs::File;
use std::io::{self, Seek};

use backup_domain::posix_metadata::FileKind;
use rustix::fs::{Mode, OFlags, fstat, openat, readlinkat};

use crate::datasync::end::Name;
use crate::datasync::end::folder::{Folder, look, posix_metadata};
use crate::datasync::end::source_file::{Content, SourceFile, hash, sha256_of};

impl Folder {
    /// Opens and hashes a file; reads a link; looks at a directory.
    pub(crate) fn read(&self, name: &Name, kind: FileKind) -> io::Result<SourceFile> {
        match kind {
            FileKind::Regular => self.read_regular(name),
            FileKind::Symlink => {
                let directory = self.directory_of(name)?;
                let found = look(&directory, name)?;
                let target = readlinkat(&directory, name.last_part(), vec![])?;
                let target = target.into_bytes();
                Ok(SourceFile {
                    metadata: posix_metadata(&found),
                    sha256: Some(sha256_of(&target)),
                    content: Content::Bytes(target),
                })
            }
            FileKind::Directory => Ok(SourceFile {
                metadata: posix_metadata(&look(&self.directory_of(name)?, name)?),
                sha256: None,
                content: Content::Bytes(vec![]),
            }),
        }
    }

    fn read_regular(&self, name: &Name) -> io::Result<SourceFile> {
        self.check_open(name.path())?;
        // Not to wait at a FIFO, and not to follow a link, that came in its place.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let directory = self.directory_of(name)?;
        let mut file: File = openat(directory, name.last_part(), flags, Mode::empty())?.into();
        if !file.metadata()?.is_file() {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        }
        let metadata = posix_metadata(&fstat(&file)?);
        let (sha256, size) = hash(&mut file)?;
        file.rewind()?;
        Ok(SourceFile {
            metadata,
            content: Content::File { file, size },
            sha256: Some(sha256),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasync::end::folder::tests::open;
    use std::collections::BTreeSet;
    use std::os::unix::fs::symlink;

    fn name(key: &str) -> Name {
        Name::from_key(key).unwrap()
    }

    #[test]
    fn a_file_is_read_with_its_hash_and_metadata() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "abc").unwrap();

        let source = open(folder.path())
            .read(&name("a"), FileKind::Regular)
            .unwrap();
        assert_eq!(
            source.sha256.as_deref(),
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
        assert_eq!(source.content.size(), 3);
        assert_eq!(source.metadata.kind(), Some(FileKind::Regular));
    }

    #[test]
    fn a_link_is_its_target_and_a_directory_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        symlink("../no/where", folder.path().join("link")).unwrap();
        std::fs::create_dir(folder.path().join("d")).unwrap();
        let folder = open(folder.path());

        let source = folder.read(&name("link"), FileKind::Symlink).unwrap();
        assert!(matches!(source.content, Content::Bytes(bytes) if bytes == b"../no/where"));
        assert_eq!(source.metadata.kind(), Some(FileKind::Symlink));

        let source = folder.read(&name("d/"), FileKind::Directory).unwrap();
        assert_eq!((source.content.size(), source.sha256), (0, None));
    }

    #[test]
    fn what_took_a_files_place_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "abc").unwrap();
        symlink(&secret, folder.path().join("a")).unwrap();
        std::fs::create_dir(folder.path().join("d")).unwrap();
        let folder = open(folder.path());

        for key in ["a", "d"] {
            assert!(folder.read(&name(key), FileKind::Regular).is_err(), "{key}");
        }
    }

    #[test]
    fn a_closed_file_is_denied() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "abc").unwrap();
        let mut folder = open(folder.path());
        folder.closed = BTreeSet::from(["a".into()]);
        let error = folder.read(&name("a"), FileKind::Regular).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }
}
