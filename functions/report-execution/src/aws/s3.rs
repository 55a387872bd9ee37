//! S3: the parts of a task report, and the ledger.

use super::Aws;
use aws_call::CallError;
use aws_sdk_s3::config::{BehaviorVersion, Config};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use function_env::Clients;

pub(super) fn client(clients: &Clients) -> aws_sdk_s3::Client {
    let config = Config::from(&clients.config("S3"))
        .to_builder()
        .behavior_version(BehaviorVersion::latest())
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

/// An object as a listing shows it.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) key: String,
}

impl Aws {
    /// Lists all objects of a bucket under a prefix, after a key, page by page.
    ///
    /// # Errors
    ///
    /// [`CallError`] if one page is missing: half a listing is none.
    pub(crate) async fn list(
        &self,
        bucket: &str,
        prefix: &str,
        start_after: Option<String>,
    ) -> Result<Vec<Listed>, CallError> {
        let request = self.s3.list_objects_v2().bucket(bucket).prefix(prefix);
        let mut pages = request.set_start_after(start_after).into_paginator().send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            let place = || format!("s3://{bucket}/{prefix}");
            let page = page.map_err(|error| CallError::new("s3:ListBucket", place(), &error))?;
            listed.extend(page.contents().iter().filter_map(|object| {
                Some(Listed {
                    key: object.key()?.to_owned(),
                })
            }));
        }
        Ok(listed)
    }

    /// Opens an object, to be read as it comes.
    ///
    /// # Errors
    ///
    /// [`CallError`] if it is not there or denied.
    pub(crate) async fn open(&self, bucket: &str, key: &str) -> Result<ByteStream, CallError> {
        let place = || format!("s3://{bucket}/{key}");
        let output = self.s3.get_object().bucket(bucket).key(key).send().await;
        let output = output.map_err(|error| CallError::new("s3:GetObject", place(), &error))?;
        Ok(output.body)
    }

    /// Reads a whole object, which must be small.
    ///
    /// # Errors
    ///
    /// [`CallError`] if it is not there, denied, or breaks off.
    pub(crate) async fn get(&self, bucket: &str, key: &str) -> Result<Vec<u8>, CallError> {
        let place = || format!("s3://{bucket}/{key}");
        match self.open(bucket, key).await?.collect().await {
            Ok(bytes) => Ok(bytes.to_vec()),
            Err(error) => Err(CallError {
                operation: "s3:GetObject",
                resource: place(),
                code: "BrokenOff".to_owned(),
                message: error.to_string(),
                may_pass: true,
            }),
        }
    }

    /// Reads a small object that may not be there.
    ///
    /// # Errors
    ///
    /// [`CallError`] if S3 does not tell whether it is there.
    pub(crate) async fn find(&self, bucket: &str, key: &str) -> Result<Option<Vec<u8>>, CallError> {
        match self.get(bucket, key).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.code == "NoSuchKey" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a small JSON object into the report bucket.
    ///
    /// # Errors
    ///
    /// [`CallError`] if S3 does not confirm it.
    pub(crate) async fn put(&self, key: &str, json: String) -> Result<(), CallError> {
        let request = self.s3.put_object().bucket(&self.report_bucket).key(key);
        let request = request
            .content_type("application/json")
            .body(ByteStream::from(json.into_bytes()));
        let answer = request.send().await;
        answer
            .map(drop)
            .map_err(|error| self.put_error(key, &error))
    }

    fn put_error<E, R>(&self, key: &str, error: &SdkError<E, R>) -> CallError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        CallError::new(
            "s3:PutObject",
            format!("s3://{}/{key}", self.report_bucket),
            error,
        )
    }

    /// The bucket of the ledger.
    pub(crate) fn report_bucket(&self) -> &str {
        &self.report_bucket
    }
}
