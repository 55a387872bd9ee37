//! The objects below a prefix of a bucket, seen as files. Current versions only:
//! what a delete marker hides and what was replaced is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use aws_sdk_s3::primitives::{ByteStream, Length};
use backup_domain::posix_metadata::{FileKind, PosixMetadata};
use rustix::io::Errno;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use crate::datasync::end::bucket::{Bucket, Found, NewObject};
use crate::datasync::end::s3_failure::S3Failure;
use crate::datasync::end::source_file::{Content, NewFile, SourceFile, hex, sha256_of};
use crate::datasync::end::{EndError, Listing, Missed, Name, SourceItem, Survey, There};
use crate::datasync::failures::FileFailure;
use crate::datasync::log_lines;
use crate::datasync::side::Side;
use crate::datasync::store::S3Place;

/// S3's limit on a key, in bytes of UTF-8.
pub(crate) const LONGEST_KEY: usize = 1024;

/// The longest target of a symbolic link that Linux makes, in bytes.
const LONGEST_TARGET: u64 = 4095;

pub(crate) struct Objects {
    bucket: Bucket,
    /// Empty, or ends in `/`.
    prefix: String,
    storage_class: String,
    /// On the disk of the file systems, with room for any file.
    spool: PathBuf,
}

impl Objects {
    pub(crate) fn new(bucket: Bucket, place: &S3Place, spool: PathBuf) -> Self {
        Self {
            bucket,
            prefix: place.prefix.clone(),
            storage_class: place.storage_class.clone(),
            spool,
        }
    }

    /// Everything with its metadata, for which S3 is asked object by object. A
    /// folder without an object of its own is listed because something lies in it.
    pub(crate) async fn list(&self) -> Result<Listing, S3Failure> {
        let mut listing = Listing::default();
        let mut items = BTreeMap::new();
        for key in self.relative_keys().await? {
            let name = match Name::from_key(&key) {
                Ok(name) => name,
                Err(reason) => {
                    listing.missed.push(no_path(&key, reason));
                    continue;
                }
            };
            match self.bucket.look_at(&self.key_of(&key)).await {
                Ok(Some(found)) => self.take(&mut listing, &mut items, name, &found),
                // It vanished during the listing: it was never there.
                Ok(None) => {}
                Err(failure) => listing.missed.push(Missed {
                    path: name.shown(),
                    failure: FileFailure::source_head(&name.shown(), &failure),
                    name: Some(name),
                }),
            }
        }
        let implied = implied_folders(items.keys());
        for name in implied {
            items
                .entry(name.clone())
                .or_insert_with(|| implied_folder(name));
        }
        listing.items = items.into_values().collect();
        Ok(listing)
    }

    fn take(
        &self,
        listing: &mut Listing,
        items: &mut BTreeMap<Name, SourceItem>,
        name: Name,
        found: &Found,
    ) {
        if name.is_directory && found.size > 0 {
            let reason = "the object key ends in `/` and the object has content";
            listing
                .missed
                .push(no_path(&name.key().unwrap_or_default(), reason));
            return;
        }
        if found.metadata.is_none() {
            listing
                .warnings
                .push(log_lines::metadata_ignored(&name.shown()));
        }
        let kind = kind_of(&name, found);
        items.insert(
            name.clone(),
            SourceItem {
                name,
                kind,
                size: found.size,
                metadata: restored(found, kind),
            },
        );
    }

    /// All objects; the metadata only of those that the source has too.
    pub(crate) async fn survey(&self, source: &Listing) -> Result<Survey, S3Failure> {
        let wanted: BTreeSet<&Name> = source.items.iter().map(|item| &item.name).collect();
        let mut survey = Survey::new();
        for key in self.relative_keys().await? {
            // No file of the source can have another key.
            let Ok(name) = Name::from_key(&key) else {
                continue;
            };
            if !wanted.contains(&name) {
                survey.insert(name, There::Listed);
                continue;
            }
            let there = match self.bucket.look_at(&self.key_of(&key)).await {
                Ok(Some(found)) => There::Seen {
                    size: found.size,
                    metadata: found.metadata,
                },
                Ok(None) => continue,
                Err(failure) => There::Unreadable(FileFailure::head(&name.shown(), &failure)),
            };
            survey.insert(name, there);
        }
        Ok(survey)
    }

    /// Reads an object to its end before anything is done with it: what breaks
    /// off on the way never reaches the destination.
    pub(crate) async fn read(&self, name: &Name, kind: FileKind) -> Result<SourceFile, EndError> {
        let key = self.key(name);
        if kind == FileKind::Directory {
            let found = self.bucket.look_at(&key).await?;
            return Ok(SourceFile {
                metadata: found.map_or_else(
                    || implied_folder(name.clone()).metadata,
                    |found| restored(&found, kind),
                ),
                content: Content::Bytes(vec![]),
                sha256: None,
            });
        }
        let (found, body) = self.bucket.get(&key).await?;
        let (content, sha256) = match kind {
            FileKind::Symlink if found.size > LONGEST_TARGET => {
                return Err(io::Error::from(Errno::NAMETOOLONG).into());
            }
            FileKind::Symlink => {
                let target = body.collect().await.map_err(|error| broken(&key, &error))?;
                let target = target.to_vec();
                let sha256 = sha256_of(&target);
                (Content::Bytes(target), sha256)
            }
            _ => self.spooled(&key, body).await?,
        };
        Ok(SourceFile {
            metadata: restored(&found, kind),
            content,
            sha256: Some(sha256),
        })
    }

    async fn spooled(&self, key: &str, body: ByteStream) -> Result<(Content, String), EndError> {
        let mut file = File::from_std(tempfile::tempfile_in(&self.spool)?);
        let (sha256, size) = hashed(key, body, Some(&mut file)).await?;
        file.flush().await?;
        file.rewind().await?;
        let file = file.into_std().await;
        Ok((Content::File { file, size }, sha256))
    }

    /// Reads an object back and hashes it.
    pub(crate) async fn look_back(
        &self,
        name: &Name,
        expected: FileKind,
    ) -> Result<Side, EndError> {
        let key = self.key(name);
        let (found, body) = self.bucket.get(&key).await?;
        let (sha256, size) = hashed(&key, body, None).await?;
        let metadata = found.metadata.unwrap_or_default();
        let kind = metadata.kind().unwrap_or(expected);
        Ok(Side {
            kind,
            size,
            metadata,
            sha256: (kind != FileKind::Directory).then_some(sha256),
        })
    }

    /// Why an item can never be an object here.
    pub(crate) fn refusal(&self, item: &SourceItem) -> Option<FileFailure> {
        match item.name.key() {
            None => Some(FileFailure::name_is_not_utf8(&item.name)),
            Some(key) if self.prefix.len() + key.len() > LONGEST_KEY => {
                Some(FileFailure::key_is_too_long(&item.name))
            }
            Some(_) => None,
        }
    }

    /// Streams a file as it was opened. It can be sent once only: what fails in
    /// the middle fails this file.
    pub(crate) async fn write(&self, new: NewFile) -> Result<(), EndError> {
        let size = new.content.size();
        let body = match new.content {
            Content::Bytes(bytes) => bytes.into(),
            Content::File { file, size } => {
                let stream = ByteStream::read_from().file(File::from_std(file));
                let stream = stream.length(Length::Exact(size)).build().await;
                stream.map_err(io::Error::other)?
            }
        };
        let object = NewObject {
            key: self.key(&new.name),
            body,
            size,
            metadata: user_metadata(&new.metadata),
            storage_class: self.storage_class.clone(),
        };
        Ok(self.bucket.write(object).await?)
    }

    pub(crate) async fn remove(&self, name: &Name) -> Result<(), S3Failure> {
        self.bucket.delete(&self.key(name)).await
    }

    /// The keys below the prefix, relative to it.
    async fn relative_keys(&self) -> Result<Vec<String>, S3Failure> {
        let keys = self.bucket.keys(&self.prefix).await?;
        let relative = keys.iter().filter_map(|key| key.strip_prefix(&self.prefix));
        // An object for the root itself is somebody else's: it has no name.
        let relative = relative.filter(|key| !key.is_empty());
        Ok(relative.map(str::to_owned).collect())
    }

    fn key_of(&self, relative: &str) -> String {
        format!("{}{relative}", self.prefix)
    }

    /// In full. A name without a key was refused before anybody asks for one.
    fn key(&self, name: &Name) -> String {
        self.key_of(&name.key().unwrap_or_default())
    }
}

/// An object that can be no file, wherever it is put.
fn no_path(key: &str, reason: &str) -> Missed {
    let path = format!("/{key}");
    Missed {
        failure: FileFailure::key_is_no_path(&path, reason),
        path,
        name: None,
    }
}

/// A key that ends in `/` is a folder, whatever its metadata says.
fn kind_of(name: &Name, found: &Found) -> FileKind {
    let said = found.metadata.as_ref().and_then(PosixMetadata::kind);
    match said {
        _ if name.is_directory => FileKind::Directory,
        Some(FileKind::Symlink) => FileKind::Symlink,
        _ => FileKind::Regular,
    }
}

/// The metadata of the file that comes of an object. The time of an object that
/// does not say is when it was written: ours, AWS documents none.
fn restored(found: &Found, kind: FileKind) -> PosixMetadata {
    let said = found.metadata.clone().unwrap_or_default();
    PosixMetadata {
        mtime: said.mtime.or(found.modified),
        ..said.of_restored(kind)
    }
}

fn implied_folders<'a>(names: impl Iterator<Item = &'a Name>) -> BTreeSet<Name> {
    let mut folders = BTreeSet::new();
    for name in names {
        let mut parent = name.parent();
        while let Some(folder) = parent {
            parent = folder.parent();
            if !folders.insert(folder) {
                break;
            }
        }
    }
    folders
}

fn implied_folder(name: Name) -> SourceItem {
    SourceItem {
        name,
        kind: FileKind::Directory,
        size: 0,
        metadata: PosixMetadata::default().of_restored(FileKind::Directory),
    }
}

/// SHA-256 in hexadecimal and the number of bytes of a body, which goes into
/// `copy` as well.
async fn hashed(
    key: &str,
    mut body: ByteStream,
    mut copy: Option<&mut File>,
) -> Result<(String, u64), EndError> {
    let (mut hasher, mut size) = (Sha256::new(), 0);
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| broken(key, &error))?;
        hasher.update(&chunk);
        size += chunk.len() as u64;
        if let Some(copy) = &mut copy {
            copy.write_all(&chunk).await?;
        }
    }
    Ok((hex(&hasher.finalize()), size))
}

fn broken(key: &str, error: &impl std::fmt::Display) -> S3Failure {
    S3Failure::unanswered("GetObject", key, error)
}

fn user_metadata(kept: &PosixMetadata) -> BTreeMap<&'static str, String> {
    let mut metadata = kept.encode();
    metadata.insert("user-agent", "aws-datasync".to_owned());
    metadata
}
