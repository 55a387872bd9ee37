//! Changes a location in place; `CloudFormation` does so where only these members
//! change.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::datasync::Shared;
use crate::datasync::api::parse;
use crate::datasync::error::{ApiError, required};
use crate::datasync::locations::wrong_type;
use crate::datasync::places::{check_encryption, check_storage_class, clean_path};
use crate::datasync::store::Place;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    location_arn: Option<String>,
    subdirectory: Option<String>,
    access_point_arn: Option<String>,
    file_system_access_role_arn: Option<String>,
    in_transit_encryption: Option<String>,
    s3_storage_class: Option<String>,
    s3_config: Option<S3Config>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct S3Config {
    bucket_access_role_arn: Option<String>,
}

pub(super) fn efs(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let request: Request = parse(body)?;
    let arn = required(request.location_arn, "locationArn")?;
    let mut store = shared.store();
    let location = store.location_mut(&arn)?;
    let Place::Efs(place) = &mut location.place else {
        return Err(wrong_type(&arn, "EFS"));
    };
    let mut changed = place.clone();
    if let Some(access_point) = request.access_point_arn {
        changed.access_point_arn = Some(access_point).filter(|arn| !arn.is_empty());
    }
    if let Some(role) = request.file_system_access_role_arn {
        changed.access_role_arn = Some(role).filter(|arn| !arn.is_empty());
    }
    if let Some(encryption) = request.in_transit_encryption {
        changed.in_transit_encryption = encryption;
    }
    check_encryption(&changed)?;
    if let Some(subdirectory) = request.subdirectory {
        let path = clean_path(Some(&subdirectory))?;
        let root = location
            .uri
            .find(&place.file_system_id)
            .map(|at| at + place.file_system_id.len());
        location.uri.truncate(root.unwrap_or(location.uri.len()));
        location.uri.push_str(&format!("/{path}"));
        changed.subdirectory = path.trim_end_matches('/').to_owned();
    }
    *place = changed;
    Ok(json!({}))
}

pub(super) fn s3(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let request: Request = parse(body)?;
    let arn = required(request.location_arn, "locationArn")?;
    let mut store = shared.store();
    let location = store.location_mut(&arn)?;
    let Place::S3(place) = &mut location.place else {
        return Err(wrong_type(&arn, "S3"));
    };
    if let Some(class) = request.s3_storage_class {
        check_storage_class(&class)?;
        place.storage_class = class;
    }
    if let Some(subdirectory) = request.subdirectory {
        place.prefix = clean_path(Some(&subdirectory))?;
        location.uri = format!("s3://{}/{}", place.bucket, place.prefix);
    }
    if let Some(role) = request
        .s3_config
        .and_then(|config| config.bucket_access_role_arn)
    {
        place.role_arn = role;
    }
    Ok(json!({}))
}
