//! The two ends of a transfer: a folder that stands for an EFS file system, and
//! the objects below a prefix of a bucket. An execution reads one and writes the
//! other, whichever it is, and asks both the same questions.

pub(crate) mod bucket;
mod error;
mod folder;
mod listing;
mod name;
mod objects;
pub(crate) mod s3_failure;
mod source_file;

pub(crate) use error::EndError;
pub(crate) use listing::{Listing, Missed, SourceItem, Survey, There};
pub(crate) use name::Name;
pub(crate) use objects::LONGEST_KEY;
pub(crate) use source_file::{NewFile, SourceFile};

use std::io;
use std::sync::Arc;

use backup_domain::posix_metadata::{FileKind, PosixMetadata};

use crate::datasync::Shared;
use crate::datasync::cloud::RoleSession;
use crate::datasync::end::bucket::Bucket;
use crate::datasync::end::folder::Folder;
use crate::datasync::end::objects::Objects;
use crate::datasync::failures::FileFailure;
use crate::datasync::ids::Caller;
use crate::datasync::job::Site;
use crate::datasync::side::Side;
use crate::datasync::store::{EfsPlace, Place, S3Place};

/// A location, opened for one execution.
pub(crate) enum End {
    Folder(Arc<Folder>),
    Objects(Objects),
}

impl End {
    pub(crate) async fn open(
        shared: &Shared,
        caller: &Caller,
        site: &Site,
    ) -> Result<Self, EndError> {
        match &site.place {
            Place::Efs(place) => Self::mount(shared, caller, place).await,
            Place::S3(place) => Self::assume_role(shared, caller, &site.arn, place).await,
        }
    }

    async fn mount(shared: &Shared, caller: &Caller, place: &EfsPlace) -> Result<Self, EndError> {
        let target = shared.cloud.mount_target(caller, place).await;
        let target = target.map_err(io::Error::other)?;
        if !target.reachable {
            return Err(EndError::MountTarget(target.ip_address));
        }
        let file_system = shared.settings.efs_root.join(&place.file_system_id);
        let subdirectory = place.subdirectory.clone();
        let closed = shared
            .control()
            .closed_files(&place.file_system_id, &place.subdirectory);
        let folder = blocking(move || Ok(Folder::open(&file_system, &subdirectory, closed)?));
        Ok(Self::Folder(Arc::new(folder.await?)))
    }

    async fn assume_role(
        shared: &Shared,
        caller: &Caller,
        location_arn: &str,
        place: &S3Place,
    ) -> Result<Self, EndError> {
        let session = RoleSession {
            role_arn: &place.role_arn,
            source_arn: location_arn,
        };
        let credentials = shared.cloud.session(caller, session).await;
        let credentials = credentials.map_err(|error| {
            eprintln!("datasync: {error:#}");
            EndError::Role
        })?;
        let client = shared.cloud.s3_client(caller, credentials);
        let bucket = Bucket::new(client, &place.bucket);
        bucket.head().await?;
        let spool = shared.settings.efs_root.clone();
        Ok(Self::Objects(Objects::new(bucket, place, spool)))
    }

    /// Everything that is there, with its metadata.
    pub(crate) async fn list(&self) -> Result<Listing, EndError> {
        match self {
            Self::Folder(folder) => {
                let folder = Arc::clone(folder);
                blocking(move || Ok(folder.walk()?)).await
            }
            Self::Objects(objects) => Ok(objects.list().await?),
        }
    }

    /// Everything that is there, with the metadata of what `listing` has as well.
    pub(crate) async fn survey(&self, listing: &Listing) -> Result<Survey, EndError> {
        match self {
            Self::Folder(_) => Ok(self.list().await?.into()),
            Self::Objects(objects) => Ok(objects.survey(listing).await?),
        }
    }

    /// Opens and hashes one file.
    pub(crate) async fn read(&self, name: &Name, kind: FileKind) -> Result<SourceFile, EndError> {
        match self {
            Self::Folder(folder) => {
                let (folder, name) = (Arc::clone(folder), name.clone());
                blocking(move || Ok(folder.read(&name, kind)?)).await
            }
            Self::Objects(objects) => objects.read(name, kind).await,
        }
    }

    /// What a verification compares with; `expected` is the kind where the end
    /// itself does not tell.
    pub(crate) async fn look_back(
        &self,
        name: &Name,
        expected: FileKind,
    ) -> Result<Side, EndError> {
        match self {
            Self::Folder(_) => Ok(Side::of_source(expected, &self.read(name, expected).await?)),
            Self::Objects(objects) => objects.look_back(name, expected).await,
        }
    }

    /// Why this end can never hold the item, if it cannot.
    pub(crate) fn refusal(&self, item: &SourceItem) -> Option<FileFailure> {
        match self {
            Self::Folder(_) => None,
            Self::Objects(objects) => objects.refusal(item),
        }
    }

    /// What of a file's metadata this end can hold.
    pub(crate) fn holds(&self, metadata: PosixMetadata) -> PosixMetadata {
        match self {
            Self::Folder(folder) => folder.holds(metadata),
            Self::Objects(_) => metadata,
        }
    }

    /// Writes one file whole or not at all. A folder is made, and gets its
    /// metadata from [`End::settle`].
    pub(crate) async fn write(&self, new: NewFile) -> Result<(), EndError> {
        match self {
            Self::Folder(folder) => {
                let folder = Arc::clone(folder);
                blocking(move || Ok(folder.write(new)?)).await
            }
            Self::Objects(objects) => objects.write(new).await,
        }
    }

    /// Gives a folder its metadata, after everything in it was written: that
    /// would change its time, and its mode may forbid it.
    pub(crate) async fn settle(
        &self,
        name: &Name,
        metadata: &PosixMetadata,
    ) -> Result<(), EndError> {
        match self {
            Self::Folder(folder) => {
                let (folder, name, metadata) = (Arc::clone(folder), name.clone(), metadata.clone());
                blocking(move || Ok(folder.settle(&name, &metadata)?)).await
            }
            // An object was written with its metadata.
            Self::Objects(_) => Ok(()),
        }
    }

    /// Deletes: on a versioned bucket, puts a delete marker over the object.
    pub(crate) async fn remove(&self, name: &Name) -> Result<(), EndError> {
        match self {
            Self::Folder(folder) => {
                let (folder, name) = (Arc::clone(folder), name.clone());
                blocking(move || Ok(folder.remove(&name)?)).await
            }
            Self::Objects(objects) => Ok(objects.remove(name).await?),
        }
    }
}

/// Works with files off the async threads.
async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, EndError> + Send + 'static,
) -> Result<T, EndError> {
    tokio::task::spawn_blocking(act)
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error).into()))
}
