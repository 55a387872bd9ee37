//! The operations on locations that exist.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::datasync::Shared;
use crate::datasync::api::parse;
use crate::datasync::error::{ApiError, required};
use crate::datasync::ids::Caller;
use crate::datasync::paging::Paging;
use crate::datasync::store::Place;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ByArn {
    location_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    #[serde(default)]
    filters: Vec<Value>,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) fn describe_efs(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let arn = arn_in(body)?;
    let store = shared.store();
    let location = store.location(&arn)?;
    let Place::Efs(efs) = &location.place else {
        return Err(wrong_type(&arn, "EFS"));
    };
    let mut answer = json!({
        "LocationArn": arn,
        "LocationUri": location.uri,
        "Ec2Config": efs.ec2_config,
        "CreationTime": location.created,
        "InTransitEncryption": efs.in_transit_encryption,
    });
    let optional = [
        ("AccessPointArn", &efs.access_point_arn),
        ("FileSystemAccessRoleArn", &efs.access_role_arn),
    ];
    for (member, value) in optional {
        if let Some(value) = value {
            answer[member] = value.as_str().into();
        }
    }
    Ok(answer)
}

pub(super) fn describe_s3(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let arn = arn_in(body)?;
    let store = shared.store();
    let location = store.location(&arn)?;
    let Place::S3(s3) = &location.place else {
        return Err(wrong_type(&arn, "S3"));
    };
    Ok(json!({
        "LocationArn": arn,
        "LocationUri": location.uri,
        "S3StorageClass": s3.storage_class,
        "S3Config": {"BucketAccessRoleArn": s3.role_arn},
        "CreationTime": location.created,
    }))
}

pub(super) fn delete(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let arn = arn_in(body)?;
    let mut store = shared.store();
    store.location(&arn)?;
    let user = store
        .tasks
        .iter()
        .find(|(_, task)| task.source_arn == arn || task.destination_arn == arn);
    if let Some((task, _)) = user {
        return Err(ApiError::invalid(
            "LocationInUse",
            format!("Location {arn} is in use by {task}."),
        ));
    }
    store.locations.remove(&arn);
    store.tags.remove(&arn);
    Ok(json!({}))
}

pub(super) fn list(shared: &Arc<Shared>, caller: &Caller, body: Value) -> Result<Value, ApiError> {
    let request: List = parse(body)?;
    if !request.filters.is_empty() {
        return Err(ApiError::unsupported("ListLocations Filters"));
    }
    let store = shared.store();
    let locations: Vec<Value> = store
        .locations
        .iter()
        .filter(|(arn, _)| caller.owns(arn))
        .map(|(arn, location)| json!({"LocationArn": arn, "LocationUri": location.uri}))
        .collect();
    request.paging.answer("Locations", locations)
}

fn arn_in(body: Value) -> Result<String, ApiError> {
    let request: ByArn = parse(body)?;
    required(request.location_arn, "locationArn")
}

pub(super) fn wrong_type(arn: &str, wanted: &str) -> ApiError {
    ApiError::invalid(
        "WrongLocationType",
        format!("Location {arn} is not of type {wanted}."),
    )
}
