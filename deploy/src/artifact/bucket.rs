//! The bucket that CloudFormation fetches code and template from.
//!
//! Its objects are named by content and never expire: a rollback needs the code
//! of before.

use super::zip::hex;
use crate::aws::Aws;
use crate::failure::Failure;
use crate::voice::Voice;
use aws_call::CallError;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration,
    VersioningConfiguration,
};
use sha2::{Digest, Sha256};

/// The bucket of one account and region.
#[derive(Debug)]
pub struct ArtifactBucket<'a> {
    aws: &'a Aws,
    /// The bucket's name.
    pub name: String,
}

impl<'a> ArtifactBucket<'a> {
    /// Finds the bucket, or makes it. Every call names the expected owner, so
    /// that a bucket of the same name in another account is never used.
    ///
    /// # Errors
    ///
    /// If it cannot be made, or belongs to somebody else.
    pub async fn ensure(aws: &'a Aws, voice: Voice) -> Result<Self, Failure> {
        let bucket = ArtifactBucket {
            aws,
            name: format!("efs-backup-artifacts-{}-{}", aws.account, aws.region),
        };
        if !bucket.exists().await? {
            voice.say(&format!("making the artifact bucket {}", bucket.name));
            bucket.create().await?;
        }
        Ok(bucket)
    }

    async fn exists(&self) -> Result<bool, CallError> {
        let request = self.aws.s3.head_bucket().bucket(&self.name);
        match request
            .expected_bucket_owner(&self.aws.account)
            .send()
            .await
        {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_not_found()) => Ok(false),
            Err(error) => Err(self.not_ours(CallError::new("s3:ListBucket", &self.name, &error))),
        }
    }

    /// A refused HEAD has no text; the two reasons for it are known.
    fn not_ours(&self, mut error: CallError) -> CallError {
        if error.code == "NoCode" {
            error.code = "AccessDenied".to_owned();
            error.message = format!(
                "the bucket belongs to another account than {}, or this identity may not list it",
                self.aws.account
            );
            error.may_pass = false;
        }
        error
    }

    async fn create(&self) -> Result<(), CallError> {
        let request = self.aws.s3.create_bucket().bucket(&self.name);
        // us-east-1 is the one region that must not be named (S3 API, CreateBucket).
        let place = (self.aws.region != "us-east-1").then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(self.aws.region.as_str()))
                .build()
        });
        let made = request.set_create_bucket_configuration(place).send().await;
        made.map_err(|error| CallError::new("s3:CreateBucket", &self.name, &error))?;
        let versioning = VersioningConfiguration::builder()
            .status(BucketVersioningStatus::Enabled)
            .build();
        let request = self.aws.s3.put_bucket_versioning().bucket(&self.name);
        let request = request.versioning_configuration(versioning);
        let enabled = request
            .expected_bucket_owner(&self.aws.account)
            .send()
            .await;
        enabled
            .map(drop)
            .map_err(|error| CallError::new("s3:PutBucketVersioning", &self.name, &error))
    }

    /// Puts an object unless one of this name, and so of this content, is there;
    /// gives whether it was sent.
    ///
    /// # Errors
    ///
    /// If S3 does not confirm it.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<bool, CallError> {
        let request = self.aws.s3.put_object().bucket(&self.name).key(key);
        let request = request
            .if_none_match("*")
            .expected_bucket_owner(&self.aws.account)
            .body(ByteStream::from(bytes));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("PreconditionFailed") => Ok(false),
            Err(error) => {
                let place = format!("s3://{}/{key}", self.name);
                Err(CallError::new("s3:PutObject", place, &error))
            }
        }
    }

    /// Puts the packaged template; gives the address for CloudFormation, which
    /// wants the service's own even where another endpoint is in use.
    ///
    /// # Errors
    ///
    /// If S3 does not confirm it.
    pub async fn put_template(&self, text: String) -> Result<String, CallError> {
        let key = format!("template/{}.yaml", hex(&Sha256::digest(&text)));
        self.put(&key, text.into_bytes()).await?;
        let region = &self.aws.region;
        let domain = if region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        Ok(format!("https://s3.{region}.{domain}/{}/{key}", self.name))
    }
}
