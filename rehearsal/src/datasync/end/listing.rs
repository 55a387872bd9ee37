//! What a listing of an end found.

use std::collections::BTreeMap;

use backup_domain::posix_metadata::{FileKind, PosixMetadata};

use crate::datasync::end::Name;
use crate::datasync::failures::FileFailure;

/// One thing that can be transferred.
#[derive(Debug, Clone)]
pub(crate) struct SourceItem {
    pub name: Name,
    pub kind: FileKind,
    /// Bytes of content: 0 of a directory, the target's length of a link.
    pub size: u64,
    pub metadata: PosixMetadata,
}

/// Everything at the source, in the order of the names.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub items: Vec<SourceItem>,
    /// Sockets, pipes and devices: they are not copied.
    pub special: Vec<Name>,
    pub missed: Vec<Missed>,
    /// Lines for the log about what was listed nevertheless.
    pub warnings: Vec<String>,
}

/// Something that is there and could not be looked at.
#[derive(Debug, Clone)]
pub(crate) struct Missed {
    /// As reports show it.
    pub path: String,
    /// None where a key stands for no name. Of a directory whose entries could
    /// not be read, all that lies below it is missed as well.
    pub name: Option<Name>,
    pub failure: FileFailure,
}

/// What is known of one thing at the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum There {
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

/// Everything at the destination.
pub(crate) type Survey = BTreeMap<Name, There>;

impl From<Listing> for Survey {
    fn from(listing: Listing) -> Self {
        let missed = listing.missed.into_iter().filter_map(|missed| {
            let name = missed.name?;
            Some((name, There::Unreadable(missed.failure)))
        });
        let special = listing
            .special
            .into_iter()
            .map(|name| (name, There::Listed));
        let items = listing.items.into_iter().map(|item| {
            let metadata = Some(item.metadata);
            (
                item.name,
                There::Seen {
                    size: item.size,
                    metadata,
                },
            )
        });
        // Of a directory that cannot be listed its own metadata is known.
        missed.chain(special).chain(items).collect()
    }
}
