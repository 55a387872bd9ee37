//! One bucket of the local cloud, as the execution needs it.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{EncodingType, StorageClass};
use backup_domain::posix_metadata::{FileTime, PosixMetadata};

use crate::datasync::end::s3_failure::S3Failure;

/// A bucket, seen with the credentials of one role.
pub(crate) struct Bucket {
    client: Client,
    name: String,
}

/// What S3 says about an object beside its content.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Bytes of content.
    pub size: u64,
    /// None where it is malformed.
    pub metadata: Option<PosixMetadata>,
    /// When this version was written.
    pub modified: Option<FileTime>,
}

/// What is written as one object.
pub(crate) struct NewObject {
    pub key: String,
    pub body: ByteStream,
    pub size: u64,
    pub metadata: BTreeMap<&'static str, String>,
    pub storage_class: String,
}

impl Bucket {
    pub(crate) fn new(client: Client, name: &str) -> Self {
        Self {
            client,
            name: name.to_owned(),
        }
    }

    /// Whether the bucket is there and open to the role.
    pub(crate) async fn head(&self) -> Result<(), S3Failure> {
        let request = self.client.head_bucket().bucket(&self.name);
        let answer = request.send().await;
        answer.map_err(|error| S3Failure::from_sdk("HeadBucket", "", &error))?;
        Ok(())
    }

    /// Whether the role may list below the prefix.
    pub(crate) async fn probe(&self, prefix: &str) -> Result<(), S3Failure> {
        let request = self.client.list_objects_v2().bucket(&self.name);
        let answer = request.prefix(prefix).max_keys(1).send().await;
        answer.map_err(|error| S3Failure::from_sdk("ListObjectsV2", prefix, &error))?;
        Ok(())
    }

    /// All keys below the prefix, in full.
    pub(crate) async fn keys(&self, prefix: &str) -> Result<Vec<String>, S3Failure> {
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
    pub(crate) async fn look_at(&self, key: &str) -> Result<Option<Found>, S3Failure> {
        let request = self.client.head_object().bucket(&self.name).key(key);
        match request.send().await {
            Ok(head) => Ok(Some(Found {
                size: size(head.content_length()),
                metadata: metadata(head.metadata()),
                modified: head.last_modified().and_then(file_time),
            })),
            Err(error) => none_if_missing(S3Failure::from_sdk("HeadObject", key, &error)),
        }
    }

    /// An object with its content, which is yet to be read.
    pub(crate) async fn get(&self, key: &str) -> Result<(Found, ByteStream), S3Failure> {
        let request = self.client.get_object().bucket(&self.name).key(key);
        let object = request.send().await;
        let object = object.map_err(|error| S3Failure::from_sdk("GetObject", key, &error))?;
        let found = Found {
            size: size(object.content_length()),
            metadata: metadata(object.metadata()),
            modified: object.last_modified().and_then(file_time),
        };
        Ok((found, object.body))
    }

    /// Writes one object with a single request, streaming its body.
    pub(crate) async fn write(&self, object: NewObject) -> Result<(), S3Failure> {
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
    pub(crate) async fn delete(&self, key: &str) -> Result<(), S3Failure> {
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

fn file_time(time: &DateTime) -> Option<FileTime> {
    Some(FileTime {
        seconds: time.secs(),
        nanoseconds: time.subsec_nanos(),
    })
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
