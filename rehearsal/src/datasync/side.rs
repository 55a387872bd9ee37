//! One file on one side of the transfer: what reports and log lines tell of it
//! and what a verification compares.

use backup_domain::posix_metadata::{FileKind, PosixMetadata};

use crate::datasync::end::{SourceFile, SourceItem};
use crate::datasync::plan::differences;

/// The facts about a file or an object.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    pub kind: FileKind,
    /// Bytes of content.
    pub size: u64,
    pub metadata: PosixMetadata,
    /// Hexadecimal; none of a directory and of what was not read.
    pub sha256: Option<String>,
}

impl Side {
    /// A file that was just read.
    pub(super) fn of_source(kind: FileKind, source: &SourceFile) -> Self {
        Self {
            kind,
            size: source.content.size(),
            metadata: source.metadata.clone(),
            sha256: source.sha256.clone(),
        }
    }

    /// The names of what differs from the destination. `kept` is this side's
    /// metadata as far as the options keep it.
    pub(super) fn differences(
        &self,
        kept: &PosixMetadata,
        destination: &Self,
    ) -> Vec<&'static str> {
        let mut what = differences(kept, &destination.metadata);
        if self.size != destination.size {
            what.push("size");
        }
        if self.sha256.is_some() && self.sha256 != destination.sha256 {
            what.push("checksum");
        }
        what
    }
}

impl From<&SourceItem> for Side {
    fn from(item: &SourceItem) -> Self {
        Self {
            kind: item.kind,
            size: item.size,
            metadata: item.metadata.clone(),
            sha256: None,
        }
    }
}
