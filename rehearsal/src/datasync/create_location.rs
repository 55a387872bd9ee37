//! Makes locations on EFS and S3. An S3 location is tested for access before it
//! exists.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::datasync::Shared;
use crate::datasync::api::parse;
use crate::datasync::cloud::RoleSession;
use crate::datasync::end::bucket::Bucket;
use crate::datasync::error::{ApiError, required};
use crate::datasync::ids::{Caller, new_id};
use crate::datasync::model::Moment;
use crate::datasync::places::{
    bucket_name, check_ec2_config, check_encryption, check_storage_class, clean_path,
    file_system_id,
};
use crate::datasync::store::{EfsPlace, Location, Place, S3Place};
use crate::datasync::tags::{Tag, map_of};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateEfs {
    efs_filesystem_arn: Option<String>,
    subdirectory: Option<String>,
    ec2_config: Option<Value>,
    access_point_arn: Option<String>,
    file_system_access_role_arn: Option<String>,
    in_transit_encryption: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateS3 {
    s3_bucket_arn: Option<String>,
    subdirectory: Option<String>,
    s3_config: Option<S3Config>,
    s3_storage_class: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct S3Config {
    bucket_access_role_arn: Option<String>,
}

pub(super) fn efs(shared: &Arc<Shared>, caller: &Caller, body: Value) -> Result<Value, ApiError> {
    let request: CreateEfs = parse(body)?;
    let arn = required(request.efs_filesystem_arn.as_deref(), "efsFilesystemArn")?;
    let file_system_id = file_system_id(arn)?;
    let subdirectory = clean_path(request.subdirectory.as_deref())?;
    let ec2_config = required(request.ec2_config, "ec2Config")?;
    check_ec2_config(&ec2_config)?;
    let encryption = request.in_transit_encryption;
    let place = EfsPlace {
        file_system_id,
        subdirectory: subdirectory.trim_end_matches('/').to_owned(),
        ec2_config,
        access_point_arn: request.access_point_arn,
        access_role_arn: request.file_system_access_role_arn,
        in_transit_encryption: encryption.unwrap_or_else(|| "NONE".to_owned()),
    };
    check_encryption(&place)?;
    let folder = shared.settings.efs_root.join(&place.file_system_id);
    std::fs::create_dir_all(&folder)
        .map_err(|error| ApiError::Internal(format!("{}: {error}", folder.display())))?;
    let (region, id) = (&caller.region, &place.file_system_id);
    let uri = format!("efs://{region}.{id}/{subdirectory}");
    let arn = new_arn(caller);
    Ok(keep(shared, arn, uri, Place::Efs(place), request.tags))
}

pub(super) async fn s3(
    shared: &Arc<Shared>,
    caller: &Caller,
    body: Value,
) -> Result<Value, ApiError> {
    let request: CreateS3 = parse(body)?;
    let bucket = bucket_name(required(request.s3_bucket_arn.as_deref(), "s3BucketArn")?)?;
    let config = required(request.s3_config, "s3Config")?;
    let role_arn = required(
        config.bucket_access_role_arn,
        "s3Config.bucketAccessRoleArn",
    )?;
    let class = request.s3_storage_class.as_deref().unwrap_or("STANDARD");
    check_storage_class(class)?;
    let place = S3Place {
        prefix: clean_path(request.subdirectory.as_deref())?,
        storage_class: class.to_owned(),
        bucket,
        role_arn,
    };
    let arn = new_arn(caller);
    test_access(shared, caller, &place, &arn).await?;
    let uri = format!("s3://{}/{}", place.bucket, place.prefix);
    Ok(keep(shared, arn, uri, Place::S3(place), request.tags))
}

/// AWS's test at creation: the role can be assumed and may list the bucket. The
/// wordings are AWS's, from public reports.
async fn test_access(
    shared: &Shared,
    caller: &Caller,
    place: &S3Place,
    location_arn: &str,
) -> Result<(), ApiError> {
    let session = RoleSession {
        role_arn: &place.role_arn,
        source_arn: location_arn,
    };
    let credentials = shared
        .cloud
        .session(caller, session)
        .await
        .map_err(|error| {
            eprintln!("datasync: {error}");
            ApiError::invalid(
                "AssumeRoleDenied",
                "Unable to assume role. Reason: Access denied when calling sts:AssumeRole",
            )
        })?;
    let client = shared.cloud.s3_client(caller, credentials);
    let listed = Bucket::new(client, &place.bucket)
        .probe(&place.prefix)
        .await;
    listed.map_err(|failure| {
        let (bucket, reason) = (&place.bucket, failure.reason());
        ApiError::invalid(
            "LocationAccessTestFailed",
            format!(
                "DataSync location access test failed: could not perform s3:ListObjectsV2 on \
                 bucket {bucket}. {reason}. Ensure bucket access role has s3:ListBucket permission."
            ),
        )
    })
}

fn keep(shared: &Shared, arn: String, uri: String, place: Place, tags: Vec<Tag>) -> Value {
    let location = Location {
        uri,
        created: Moment::now(),
        place,
    };
    let mut store = shared.store();
    store.locations.insert(arn.clone(), location);
    store.tags.insert(arn.clone(), map_of(tags));
    json!({"LocationArn": arn})
}

fn new_arn(caller: &Caller) -> String {
    caller.datasync_arn(&format!("location/{}", new_id("loc")))
}
