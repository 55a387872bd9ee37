//! One bucket of the local cloud, as the execution needs it.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{EncodingType, StorageClass};
use backup_domain::posix_metadata::PosixMetadata;
use sha2::{Digest, Sha256};

use crate::datasync::s3_failure::S3Failure;
use crate::datasync::source_file::hex;

/// A bucket, seen with the credentials of one role.
pub(super) struct Bucket {
    client: Client,
    name: String,
}

/// An object's size in bytes, its metadata and, where it was read, its SHA-256.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub size: u64,
    /// None where it is malformed.
    pub metadata: Option<PosixMetadata>,
    pub sha256: Option<String>,
}

/// What is written as one object.
pub(super) struct NewObject {
    pub key: String,
    pub body: ByteStream,
    pub size: u64,
    pub metadata: BTreeMap<&'static str, String>,
    pub storage_class: String,
}

impl Bucket {
    pub(super) fn new(client: Client, name: &str) -> Self {
        Self {
            client,
            name: name.to_owned(),
        }
    }

    /// Whether the bucket is there and open to the role.
    pub(super) async fn head(&self) -> Result<(), S3Failure> {
        let request = self.client.head_bucket().bucket(&self.name);
        let answer = request.send().await;
        answer.map_err(|error| S3Failure::from_sdk("HeadBucket", "", &error))?;
        Ok(())
    }

    /// Whether the role may list below the prefix.
    pub(super) async fn probe(&self, prefix: &str) -> Result<(), S3Failure> {
        let request = self.client.list_objects_v2().bucket(&self.name);
        let answer = request.prefix(prefix).max_keys(1).send().await;
        answer.map_err(|error| S3Failure::from_sdk("ListObjectsV2", prefix, &error))?;
        Ok(())
    }

    /// All keys below the prefix, in full.
    pub(super) async fn keys(&self, prefix: &str) -> Result<Vec<String>, S3Failure> {
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.name)
            .prefix(prefix)
            // A name with a control character has no place in plain XML.
            .encoding_type(EncodingType::Url)
            .into_paginator()
            .send();
        let mut keys = vec![];
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| S3Failure::from_sdk("ListObjectsV2", prefix, &error))?;
            let is_encoded = page.encoding_type() == Some(&EncodingType::Url);
            for key in page.contents().iter().filter_map(|object| object.key()) {
                keys.push(if is_encoded {
                    decoded(key)
                } else {
                    key.to_owned()
                });
            }
        }
        Ok(keys)
    }

    /// An object's size and metadata; none where there is no object.
    pub(super) async fn look_at(&self, key: &str) -> Result<Option<Found>, S3Failure> {
        let request = self.client.head_object().bucket(&self.name).key(key);
        match request.send().await {
            Ok(head) => Ok(Some(Found {
                size: size(head.content_length()),
                metadata: metadata(head.metadata()),
                sha256: None,
            })),
            Err(error) => none_if_missing(S3Failure::from_sdk("HeadObject", key, &error)),
        }
    }

    /// Reads an object back and hashes it; none where there is no object.
    pub(super) async fn read(&self, key: &str) -> Result<Option<Found>, S3Failure> {
        let request = self.client.get_object().bucket(&self.name).key(key);
        let mut object = match request.send().await {
            Ok(object) => object,
            Err(error) => return none_if_missing(S3Failure::from_sdk("GetObject", key, &error)),
        };
        let metadata = metadata(object.metadata());
        let (mut hasher, mut size) = (Sha256::new(), 0);
        while let Some(chunk) = object.body.next().await {
            let chunk = chunk.map_err(|error| S3Failure::unanswered("GetObject", key, &error))?;
            hasher.update(&chunk);
            size += chunk.len() as u64;
        }
        Ok(Some(Found {
            size,
            metadata,
            sha256: Some(hex(&hasher.finalize())),
        }))
    }

    /// Writes one object with a single request, streaming its body.
    pub(super) async fn write(&self, object: NewObject) -> Result<(), S3Failure> {
        let metadata = object.metadata.into_iter();
        let metadata = metadata.map(|(name, value)| (name.to_owned(), value));
        let request = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(&object.key)
            .set_metadata(Some(metadata.collect()))
            .storage_class(storage_class(&object.storage_class))
            .content_length(i64::try_from(object.size).unwrap_or(i64::MAX))
            .body(object.body);
        let answer = request.send().await;
        answer.map_err(|error| S3Failure::from_sdk("PutObject", &object.key, &error))?;
        Ok(())
    }

    /// Deletes an object: on a versioned bucket, puts a delete marker over it.
    pub(super) async fn delete(&self, key: &str) -> Result<(), S3Failure> {
        let request = self.client.delete_object().bucket(&self.name).key(key);
        let answer = request.send().await;
        answer.map_err(|error| S3Failure::from_sdk("DeleteObject", key, &error))?;
        Ok(())
    }
}

fn none_if_missing(failure: S3Failure) -> Result<Option<Found>, S3Failure> {
    match failure.status {
        404 => Ok(None),
        _ => Err(failure),
    }
}

fn metadata(found: Option<&HashMap<String, String>>) -> Option<PosixMetadata> {
    PosixMetadata::decode(|key| found?.get(key).map(String::as_str)).ok()
}

fn size(content_length: Option<i64>) -> u64 {
    u64::try_from(content_length.unwrap_or(0)).unwrap_or(0)
}

/// The API of S3 names one class differently from the API of `DataSync`.
fn storage_class(name: &str) -> StorageClass {
    match name {
        "GLACIER_INSTANT_RETRIEVAL" => StorageClass::GlacierIr,
        other => StorageClass::from(other),
    }
}

/// Undoes `encoding-type=url`: `%XX`, and `+` for a blank.
fn decoded(key: &str) -> String {
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = tail.get(..2).and_then(|digits| str::from_utf8(digits).ok());
                match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                    Some(byte) => {
                        bytes.push(byte);
                        rest = &tail[2..];
                    }
                    None => bytes.push(b'%'),
                }
            }
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_keys_are_read() {
        #[rustfmt::skip]
        let cases = [
            ("plain/key",       "plain/key"),
            ("a%20b+c%2Bd",     "a b c+d"),
            ("d%C3%A9j%C3%A0",  "d\u{e9}j\u{e0}"),
            ("100%25",          "100%"),
            ("odd%",            "odd%"),
            ("odd%zz",          "odd%zz"),
            ("feed%0A",         "feed\n"),
        ];
        for (encoded, key) in cases {
            assert_eq!(decoded(encoded), key);
        }
    }
}
