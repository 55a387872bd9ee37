//! How each service says that it fails: JSON 1.x, the query protocol's XML, or
//! S3's XML. A client that does not know the form would not know that it may try
//! again. Source: the "Common errors" pages of the API references.

use super::call::Call;

/// An answer of a service that did nothing.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

/// Too many requests.
pub(super) fn throttled(call: &Call) -> Refusal {
    match call.service.as_str() {
        "s3" => of_s3(503, "SlowDown", "Please reduce your request rate."),
        "sns" => of_a_query(400, "Throttling", "Rate exceeded"),
        "scheduler" => of_json(429, "ThrottlingException", "Rate exceeded"),
        "sqs" => of_json(400, "RequestThrottled", "Rate exceeded"),
        _ => of_json(400, "ThrottlingException", "Rate exceeded"),
    }
}

/// The service itself has failed.
pub(super) fn failed(call: &Call, status: u16) -> Refusal {
    let code = match (call.service.as_str(), status) {
        ("s3" | "sns", 500) => "InternalError",
        (_, 500) => "InternalFailure",
        _ => "ServiceUnavailable",
    };
    let message = "We encountered an internal error. Please try again.";
    match call.service.as_str() {
        "s3" => of_s3(status, code, message),
        "sns" => of_a_query(status, code, message),
        _ => of_json(status, code, message),
    }
}

fn of_json(status: u16, code: &str, message: &str) -> Refusal {
    Refusal {
        status,
        content_type: "application/x-amz-json-1.1",
        body: serde_json::json!({"__type": code, "message": message}).to_string(),
    }
}

fn of_a_query(status: u16, code: &str, message: &str) -> Refusal {
    let error = format!("<Type>Receiver</Type><Code>{code}</Code><Message>{message}</Message>");
    Refusal {
        status,
        content_type: "text/xml",
        body: format!(
            "<ErrorResponse><Error>{error}</Error><RequestId>lab</RequestId></ErrorResponse>"
        ),
    }
}

fn of_s3(status: u16, code: &str, message: &str) -> Refusal {
    let error = format!("<Code>{code}</Code><Message>{message}</Message>");
    Refusal {
        status,
        content_type: "application/xml",
        body: format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>{error}<RequestId>lab</RequestId></Error>"
        ),
    }
}
