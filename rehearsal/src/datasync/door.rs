//! The two doors of the process: API requests as the local cloud forwards them
//! (`POST /`), and the control door of tests (`POST /_control`). Both open with
//! the token only.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::datasync::control::{self, FailureKind};
use crate::datasync::error::ApiError;
use crate::datasync::ids::Caller;
use crate::datasync::{Shared, api};

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", post(answer_api))
        .route("/_control", post(answer_control))
        .with_state(shared)
}

async fn answer_api(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_admitted(&shared, &headers) {
        return refused();
    }
    let target = text(&headers, "x-amz-target").unwrap_or_default();
    let operation = target.strip_prefix("FmrsService.").unwrap_or(target);
    let ordered = shared.control().take_failure(operation);
    if let Some(failure) = ordered.as_ref().filter(|failure| !failure.after_commit) {
        return fail(failure.kind);
    }
    let caller = caller(&shared, &headers);
    let answer = match json_of(&body) {
        Ok(body) => api::answer(&shared, &caller, operation, body).await,
        Err(error) => Err(error),
    };
    match (answer, ordered) {
        (Ok(_), Some(failure)) => fail(failure.kind),
        (Ok(answer), None) => Json(answer).into_response(),
        (Err(error), _) => error.into_response(),
    }
}

async fn answer_control(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_admitted(&shared, &headers) {
        return refused();
    }
    match json_of(&body).and_then(|orders| control::take(&shared, orders)) {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => error.into_response(),
    }
}

fn fail(kind: FailureKind) -> Response {
    match kind {
        FailureKind::InternalException => {
            ApiError::Internal("ordered by a test".to_owned()).into_response()
        }
        FailureKind::ThrottlingException => ApiError::Throttling.into_response(),
        // Unwinding ends the task of this connection: the client sees it close
        // without an answer. `resume_unwind` passes by the panic message.
        FailureKind::Reset => std::panic::resume_unwind(Box::new("ordered by a test")),
    }
}

fn is_admitted(shared: &Shared, headers: &HeaderMap) -> bool {
    text(headers, "x-efs-token") == Some(shared.settings.token.as_str())
}

fn refused() -> Response {
    let body = json!({"message": "x-efs-token is missing or wrong"});
    (StatusCode::FORBIDDEN, Json(body)).into_response()
}

fn caller(shared: &Shared, headers: &HeaderMap) -> Caller {
    let or = |name, default: &str| text(headers, name).unwrap_or(default).to_owned();
    Caller {
        account: or("x-efs-account", &shared.settings.account),
        region: or("x-efs-region", &shared.settings.region),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn json_of(body: &[u8]) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body).map_err(|error| ApiError::Serialization(error.to_string()))
}
