//! A file of the source as it was at the moment of its transfer, read once and
//! hashed while it was read.

use std::fs::File;
use std::io::{self, Read};

use backup_domain::posix_metadata::{FileKind, PosixMetadata};
use sha2::{Digest, Sha256};

use crate::datasync::end::Name;

#[derive(Debug)]
pub(crate) struct SourceFile {
    pub metadata: PosixMetadata,
    pub content: Content,
    /// SHA-256 of the content in hexadecimal; none of a directory.
    pub sha256: Option<String>,
}

/// What a file or an object holds.
#[derive(Debug)]
pub(crate) enum Content {
    /// Open at its start; the size is the one that was hashed.
    File { file: File, size: u64 },
    /// A directory's nothing, a link's target.
    Bytes(Vec<u8>),
}

/// What is written at the destination.
#[derive(Debug)]
pub(crate) struct NewFile {
    pub name: Name,
    pub kind: FileKind,
    pub content: Content,
    /// As far as it is kept there.
    pub metadata: PosixMetadata,
}

impl Content {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::File { size, .. } => *size,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }
}

/// SHA-256 in hexadecimal and the number of bytes.
pub(crate) fn hash(reader: &mut impl Read) -> io::Result<(String, u64)> {
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

pub(crate) fn sha256_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
