//! Which operation does what. An operation that is not listed is refused by name.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::datasync::error::ApiError;
use crate::datasync::ids::Caller;
use crate::datasync::{
    Shared, create_location, executions, locations, tags, tasks, update_location,
};

/// Does one operation; the answer is the body of a 200.
pub(super) async fn answer(
    shared: &Arc<Shared>,
    caller: &Caller,
    operation: &str,
    body: Value,
) -> Result<Value, ApiError> {
    match operation {
        "CreateLocationEfs" => create_location::efs(shared, caller, body),
        "CreateLocationS3" => create_location::s3(shared, caller, body).await,
        "UpdateLocationEfs" => update_location::efs(shared, body),
        "UpdateLocationS3" => update_location::s3(shared, body),
        "DescribeLocationEfs" => locations::describe_efs(shared, body),
        "DescribeLocationS3" => locations::describe_s3(shared, body),
        "DeleteLocation" => locations::delete(shared, body),
        "ListLocations" => locations::list(shared, caller, body),
        "CreateTask" => tasks::create(shared, caller, body),
        "UpdateTask" => tasks::update(shared, body),
        "DescribeTask" => tasks::describe(shared, body),
        "DeleteTask" => tasks::delete(shared, body),
        "ListTasks" => tasks::list(shared, caller, body),
        "StartTaskExecution" => executions::start(shared, caller, body),
        "DescribeTaskExecution" => executions::describe(shared, body),
        "CancelTaskExecution" => executions::cancel(shared, body),
        "UpdateTaskExecution" => executions::update(shared, body),
        "ListTaskExecutions" => executions::list(shared, caller, body),
        "TagResource" => tags::tag(shared, body),
        "UntagResource" => tags::untag(shared, body),
        "ListTagsForResource" => tags::list(shared, body),
        _ => Err(ApiError::UnknownOperation(operation.to_owned())),
    }
}

/// Reads a request's members. Unknown ones are ignored, as AWS does.
pub(super) fn parse<T: DeserializeOwned>(body: Value) -> Result<T, ApiError> {
    serde_json::from_value(body).map_err(|error| ApiError::Serialization(error.to_string()))
}
