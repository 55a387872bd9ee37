//! How things stand when all is as the stack made it.

use super::{BucketPlace, Encryption, Evidence, Expected, Key, KeyState, Location, Look};
use crate::audit::NotKnown;

pub(crate) const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

pub(crate) fn sound() -> Evidence {
    let location = |uri: &str| {
        Ok(Some(Location {
            uri: uri.to_owned(),
            access_point: None,
        }))
    };
    Evidence {
        expected: Expected {
            region: "eu-central-1".to_owned(),
            bucket: "acme-web-backup".to_owned(),
            prefix: "efs/".to_owned(),
            file_system: "fs-0a1b2c3d4e5f60718".to_owned(),
        },
        bucket: Ok(Some(BucketPlace {
            region: "eu-central-1".to_owned(),
        })),
        encryption: Ok(Encryption {
            algorithm: "AES256".to_owned(),
            key: None,
        }),
        source: location("efs://eu-central-1.fs-0a1b2c3d4e5f60718/"),
        destination: location("s3://acme-web-backup/efs/"),
        mount_targets: Ok(Some(vec!["available".to_owned(), "creating".to_owned()])),
        has_policy: Ok(false),
    }
}

/// The bucket encrypts with a customer's key in this state.
pub(crate) fn key(word: &str) -> Look<Encryption> {
    Ok(Encryption {
        algorithm: "aws:kms".to_owned(),
        key: Some(Key {
            id: KEY.to_owned(),
            state: Ok(Some(KeyState {
                word: word.to_owned(),
                deleted_on: (word == "PendingDeletion")
                    .then(|| "2026-12-01T00:00:00Z".parse().unwrap()),
            })),
        }),
    })
}

pub(crate) fn denied<T>(action: &'static str) -> Look<T> {
    Err(NotKnown {
        action,
        cause: "AccessDenied: not yours".to_owned(),
    })
}
