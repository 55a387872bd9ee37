//! The operations on tags of locations, tasks and executions.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::datasync::Shared;
use crate::datasync::api::parse;
use crate::datasync::error::{ApiError, required};

/// A tag as requests carry it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    resource_arn: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    keys: Vec<String>,
}

pub(super) fn tag(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let request: Request = parse(body)?;
    let arn = required(request.resource_arn, "resourceArn")?;
    let mut store = shared.store();
    store.tags_of(&arn)?.extend(map_of(request.tags));
    Ok(json!({}))
}

pub(super) fn untag(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let request: Request = parse(body)?;
    let arn = required(request.resource_arn, "resourceArn")?;
    let mut store = shared.store();
    let tags = store.tags_of(&arn)?;
    tags.retain(|key, _| !request.keys.contains(key));
    Ok(json!({}))
}

/// All tags at once: a resource has at most 50, so there is one page.
pub(super) fn list(shared: &Arc<Shared>, body: Value) -> Result<Value, ApiError> {
    let request: Request = parse(body)?;
    let arn = required(request.resource_arn, "resourceArn")?;
    let mut store = shared.store();
    let tags: Vec<Value> = store
        .tags_of(&arn)?
        .iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    Ok(json!({"Tags": tags}))
}

pub(super) fn map_of(tags: Vec<Tag>) -> BTreeMap<String, String> {
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}
