//! How things stand: the bucket, its key, the task's locations, the file system.

use super::Aws;
use aws_call::{CallError, JsonClient, JsonService};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::ServerSideEncryptionByDefault;
use backup_domain::audit::NotKnown;
use backup_domain::diagnosis::{BucketPlace, Encryption, Key, KeyState, Location, Look};
use backup_domain::text::cut_in_the_middle;
use function_env::Clients;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The most that is told of a refusal, in characters.
const LONGEST_CAUSE: usize = 160;

/// What S3 calls a bucket that another region has.
const OTHER_REGION: [&str; 3] = [
    "PermanentRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
];

/// The clients for what is looked at only.
#[derive(Debug)]
pub(super) struct StandClients {
    efs: JsonClient,
    kms: JsonClient,
}

pub(super) fn clients(clients: &Clients) -> StandClients {
    StandClients {
        efs: JsonClient::new(JsonService::EFS, clients.config("EFS")),
        kms: JsonClient::new(JsonService::KMS, clients.config("KMS")),
    }
}

impl Aws {
    /// Where a bucket of this account is.
    pub(crate) async fn bucket_place(
        &self,
        bucket: &str,
        owner: &str,
    ) -> Look<Option<BucketPlace>> {
        let request = self.s3.get_bucket_location().bucket(bucket);
        let answer = request.expected_bucket_owner(owner).send().await;
        let place = |region: &str| {
            Ok(Some(BucketPlace {
                region: region.to_owned(),
            }))
        };
        match answer {
            Ok(answer) => match answer.location_constraint().map(|region| region.as_str()) {
                // Source: S3 API Reference, `GetBucketLocation`.
                None | Some("") => place("us-east-1"),
                Some("EU") => place("eu-west-1"),
                Some(region) => place(region),
            },
            Err(error) => match error.code() {
                Some("NoSuchBucket") => Ok(None),
                Some(code) if OTHER_REGION.contains(&code) => place("another region"),
                _ => Err(refused("s3:GetBucketLocation", bucket, &error)),
            },
        }
    }

    /// How a bucket encrypts what names no other way, and the state of its key.
    pub(crate) async fn encryption(&self, bucket: &str, owner: &str) -> Look<Encryption> {
        const ACTION: &str = "s3:GetEncryptionConfiguration";
        let request = self.s3.get_bucket_encryption().bucket(bucket);
        let answer = match request.expected_bucket_owner(owner).send().await {
            Ok(answer) => answer,
            Err(error) => return Err(refused(ACTION, bucket, &error)),
        };
        let rules = answer.server_side_encryption_configuration();
        let rules = rules.map(aws_sdk_s3::types::ServerSideEncryptionConfiguration::rules);
        let rule = rules.into_iter().flatten().next();
        let default = rule.and_then(|rule| rule.apply_server_side_encryption_by_default());
        let default = default.ok_or_else(|| unclear(ACTION, "an answer without a rule"))?;
        Ok(Encryption {
            algorithm: default.sse_algorithm().as_str().to_owned(),
            key: match key_of(default) {
                Some(id) => Some(self.key(id).await),
                None => None,
            },
        })
    }

    async fn key(&self, id: &str) -> Key {
        const ACTION: &str = "kms:DescribeKey";
        let answer = self.stand.kms.call(ACTION, id, &json!({"KeyId": id})).await;
        let state = match answer {
            Ok(answer) => key_state(&answer)
                .map(Some)
                .ok_or_else(|| unclear(ACTION, "an answer without a state")),
            Err(error) if error.code == "NotFoundException" => Ok(None),
            Err(error) => Err(not_known(ACTION, &error)),
        };
        Key {
            id: id.to_owned(),
            state,
        }
    }

    /// The location that is read.
    pub(crate) async fn source_location(&self, arn: &str) -> Look<Option<Location>> {
        const ACTION: &str = "datasync:DescribeLocationEfs";
        let request = self.datasync.describe_location_efs().location_arn(arn);
        match request.send().await {
            Ok(answer) => location(ACTION, answer.location_uri(), answer.access_point_arn()),
            Err(error) => gone_or_refused(ACTION, CallError::new(ACTION, arn, &error)),
        }
    }

    /// The location that is written.
    pub(crate) async fn destination_location(&self, arn: &str) -> Look<Option<Location>> {
        const ACTION: &str = "datasync:DescribeLocationS3";
        let request = self.datasync.describe_location_s3().location_arn(arn);
        match request.send().await {
            Ok(answer) => location(ACTION, answer.location_uri(), None),
            Err(error) => gone_or_refused(ACTION, CallError::new(ACTION, arn, &error)),
        }
    }

    /// The states of a file system's mount targets. Source: EFS API Reference,
    /// `DescribeMountTargets`; a file system has one in each zone at most, so there
    /// is one page.
    pub(crate) async fn mount_targets(&self, file_system: &str) -> Look<Option<Vec<String>>> {
        const ACTION: &str = "elasticfilesystem:DescribeMountTargets";
        let path = format!("/2015-02-01/mount-targets?FileSystemId={file_system}");
        match self.stand.efs.send(ACTION, file_system, path, None).await {
            Ok(answer) => states(&answer.body)
                .map(Some)
                .ok_or_else(|| unclear(ACTION, "an answer without mount targets")),
            Err(error) if error.code.starts_with("FileSystemNotFound") => Ok(None),
            Err(error) => Err(not_known(ACTION, &error)),
        }
    }

    /// Whether a file system has a policy.
    pub(crate) async fn has_policy(&self, file_system: &str) -> Look<bool> {
        const ACTION: &str = "elasticfilesystem:DescribeFileSystemPolicy";
        let path = format!("/2015-02-01/file-systems/{file_system}/policy");
        match self.stand.efs.send(ACTION, file_system, path, None).await {
            Ok(answer) if answer.body["Policy"].is_string() => Ok(true),
            Ok(_) => Err(unclear(ACTION, "an answer without a policy")),
            Err(error) if error.code.starts_with("PolicyNotFound") => Ok(false),
            Err(error) => Err(not_known(ACTION, &error)),
        }
    }
}

/// A key that the bucket names; without a name it is AWS's own.
fn key_of(default: &ServerSideEncryptionByDefault) -> Option<&str> {
    default.kms_master_key_id().filter(|id| !id.is_empty())
}

fn key_state(answer: &Value) -> Option<KeyState> {
    let key = &answer["KeyMetadata"];
    let deleted_on = key["DeletionDate"].as_f64();
    #[allow(clippy::cast_possible_truncation)] // seconds since 1970, far below
    let time = |seconds: f64| Timestamp::from_second(seconds as i64).ok();
    Some(KeyState {
        word: key["KeyState"].as_str()?.to_owned(),
        deleted_on: deleted_on.and_then(time),
    })
}

/// `None` for an answer of another shape: none must not look like none available.
fn states(answer: &Value) -> Option<Vec<String>> {
    let targets = answer["MountTargets"].as_array()?.iter();
    targets
        .map(|target| Some(target["LifeCycleState"].as_str()?.to_owned()))
        .collect()
}

fn location(
    action: &'static str,
    uri: Option<&str>,
    access_point: Option<&str>,
) -> Look<Option<Location>> {
    let uri = uri.ok_or_else(|| unclear(action, "an answer without an address"))?;
    Ok(Some(Location {
        uri: uri.to_owned(),
        access_point: access_point
            .filter(|arn| !arn.is_empty())
            .map(str::to_owned),
    }))
}

/// DataSync has no error of its own for a location that is not there; it calls a
/// request invalid then, and this one can be invalid in no other way.
#[allow(clippy::needless_pass_by_value)] // it is made for this
fn gone_or_refused(action: &'static str, error: CallError) -> Look<Option<Location>> {
    if error.code == "InvalidRequestException" {
        return Ok(None);
    }
    Err(not_known(action, &error))
}

fn refused<E, R>(action: &'static str, resource: &str, error: &SdkError<E, R>) -> NotKnown
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    not_known(action, &CallError::new(action, resource, error))
}

fn not_known(action: &'static str, error: &CallError) -> NotKnown {
    let cause = format!("{}: {}", error.code, error.message);
    NotKnown {
        action,
        cause: cut_in_the_middle(&cause, LONGEST_CAUSE),
    }
}

fn unclear(action: &'static str, what: &str) -> NotKnown {
    NotKnown {
        action,
        cause: what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_shape_is_not_known() {
        assert_eq!(states(&json!({"MountTargets": []})), Some(vec![]));
        let one = json!({"MountTargets": [{"LifeCycleState": "available"}]});
        assert_eq!(states(&one), Some(vec!["available".to_owned()]));
        assert_eq!(states(&json!({"MountTargets": [{}]})), None);
        assert_eq!(states(&json!({})), None);
        assert_eq!(states(&Value::Null), None);
        assert_eq!(key_state(&json!({})), None);
        let pending = json!({"KeyMetadata": {"KeyState": "PendingDeletion", "DeletionDate": 1_796_083_200.0}});
        let pending = key_state(&pending).unwrap();
        assert_eq!(
            pending.deleted_on.unwrap().to_string(),
            "2026-12-01T00:00:00Z"
        );
    }
}
