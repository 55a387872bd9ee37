//! Reading the source: one file's metadata and content. A symbolic link is
//! never followed, not even when it takes a file's place between two looks.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use backup_domain::posix_metadata::{FileKind, FileTime, PosixMetadata};
use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

/// A file as it was at the moment of its transfer.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub metadata: PosixMetadata,
    pub content: Content,
    /// SHA-256 of the content in hexadecimal; none of a directory.
    pub sha256: Option<String>,
}

/// What the object will hold.
#[derive(Debug)]
pub(super) enum Content {
    /// Open at its start; the size is the one that was hashed.
    File { file: File, size: u64 },
    /// A directory's nothing, a link's target.
    Bytes(Vec<u8>),
}

impl Content {
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::File { size, .. } => *size,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }
}

/// Opens and hashes a file; reads a link; looks at a directory.
pub(super) fn read(path: &Path, kind: FileKind) -> io::Result<SourceFile> {
    match kind {
        FileKind::Regular => read_regular(path),
        FileKind::Directory | FileKind::Symlink => {
            let found = std::fs::symlink_metadata(path)?;
            let bytes = match kind {
                FileKind::Symlink => {
                    let target = std::fs::read_link(path)?;
                    target.into_os_string().into_encoded_bytes()
                }
                _ => vec![],
            };
            Ok(SourceFile {
                metadata: posix_metadata(&found),
                sha256: (kind == FileKind::Symlink).then(|| sha256_of(&bytes)),
                content: Content::Bytes(bytes),
            })
        }
    }
}

fn read_regular(path: &Path) -> io::Result<SourceFile> {
    // Not to wait at a FIFO, and not to follow a link, that came in its place.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::from(io::ErrorKind::NotFound));
    }
    let (sha256, size) = hash(&mut file)?;
    file.rewind()?;
    Ok(SourceFile {
        metadata: posix_metadata(&found),
        content: Content::File { file, size },
        sha256: Some(sha256),
    })
}

/// SHA-256 in hexadecimal and the number of bytes.
fn hash(reader: &mut impl Read) -> io::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    let mut size = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok((hex(&hasher.finalize()), size)),
            Ok(length) => {
                hasher.update(&buffer[..length]);
                size += length as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

pub(super) fn sha256_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn posix_metadata(found: &Metadata) -> PosixMetadata {
    let time = |seconds, nanoseconds| {
        Some(FileTime {
            seconds,
            nanoseconds: u32::try_from(nanoseconds).ok()?,
        })
    };
    PosixMetadata {
        mode: Some(found.mode()),
        owner: Some(found.uid()),
        group: Some(found.gid()),
        mtime: time(found.mtime(), found.mtime_nsec()),
        atime: time(found.atime(), found.atime_nsec()),
    }
}

/// The system's words for an error, without Rust's ` (os error 2)`.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None if error.kind() == io::ErrorKind::NotFound => "No such file or directory".to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_is_read_with_its_hash_and_metadata() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc").unwrap();

        let source = read(&path, FileKind::Regular).unwrap();
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
        let path = folder.path().join("link");
        symlink("../no/where", &path).unwrap();

        let source = read(&path, FileKind::Symlink).unwrap();
        assert!(matches!(source.content, Content::Bytes(bytes) if bytes == b"../no/where"));
        assert_eq!(source.metadata.kind(), Some(FileKind::Symlink));

        let source = read(folder.path(), FileKind::Directory).unwrap();
        assert_eq!((source.content.size(), source.sha256), (0, None));
    }

    #[test]
    fn what_took_a_files_place_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "abc").unwrap();
        let path = folder.path().join("a");
        symlink(&secret, &path).unwrap();

        assert!(read(&path, FileKind::Regular).is_err());
        assert!(read(folder.path(), FileKind::Regular).is_err());
    }

    #[test]
    fn errors_are_told_in_the_systems_words() {
        let missing = read(Path::new("/no/such/file"), FileKind::Regular).unwrap_err();
        assert_eq!(reason(&missing), "No such file or directory");
        assert_eq!(
            reason(&io::ErrorKind::NotFound.into()),
            "No such file or directory"
        );
    }
}
