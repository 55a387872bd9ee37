//! A request of a function, as the proxy sees it: which service and operation it
//! is for, and where in the lab it happens.

use hyper::http::request::Parts;
use std::fmt;
use std::time::Duration;

/// What is asked of which service.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Call {
    /// The name in the signature: `datasync`, `s3`, `sns`, …
    pub(super) service: String,
    /// Such as `DescribeTaskExecution`.
    pub(super) operation: String,
    /// What of S3 it is about; empty elsewhere.
    pub(super) about: &'static str,
}

/// Where a request happens. Equal places meet equal faults.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The number of the event.
    pub(super) event: usize,
    /// 1, 2 or 3; where the event came again 4, 5 or 6.
    pub(super) attempt: u32,
    /// Virtual time since the experiment began.
    pub(super) at: Duration,
    pub(super) call: Call,
    /// 1 for the first request of this kind in the attempt, and so on.
    pub(super) number: u32,
}

impl Call {
    /// Reads a request.
    pub(super) fn of(head: &Parts, body: &[u8]) -> Call {
        let service = signed_for(head).unwrap_or("unknown").to_owned();
        let target = header(head, "x-amz-target").and_then(|target| target.rsplit('.').next());
        let operation = match (target, service.as_str()) {
            (Some(target), _) => target.to_owned(),
            (None, "s3") => of_s3(head).to_owned(),
            (None, _) => of_a_query(body).unwrap_or_else(|| head.method.to_string()),
        };
        let about = match service.as_str() {
            "s3" => about(head),
            _ => "",
        };
        Call {
            service,
            operation,
            about,
        }
    }

    /// A call of an operation.
    pub(super) fn named(service: &str, operation: &str) -> Call {
        Call {
            service: service.to_owned(),
            operation: operation.to_owned(),
            about: "",
        }
    }

    pub(super) fn is(&self, service: &str, operation: &str) -> bool {
        self.service == service && self.operation == operation
    }
}

fn header<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name)?.to_str().ok()
}

/// `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
fn signed_for(head: &Parts) -> Option<&str> {
    let (_, scope) = header(head, "authorization")?.split_once("Credential=")?;
    scope.split('/').nth(3)
}

fn of_s3(head: &Parts) -> &'static str {
    let lists = head.uri.query().unwrap_or("").contains("list-type=2");
    match (head.method.as_str(), lists) {
        ("GET", true) => "ListObjectsV2",
        ("GET", false) => "GetObject",
        ("PUT", _) => "PutObject",
        _ => "other",
    }
}

/// A record of the ledger, one of its two other files, the ledger as a whole, or a
/// task report.
fn about(head: &Parts) -> &'static str {
    let path = head.uri.path_and_query().map_or("", |path| path.as_str());
    let path = path.replace("%2F", "/");
    let words = [
        ("last-good.json", "last-good"),
        ("watch.json", "watch"),
        ("list-type=2&prefix=ledger/", "ledger"),
        ("/ledger/", "record"),
        ("-Reports/", "report"),
    ];
    let found = words.iter().find(|(part, _)| path.contains(part));
    found.map_or("other", |(_, word)| word)
}

/// `Action=Publish&…`.
fn of_a_query(body: &[u8]) -> Option<String> {
    let form = std::str::from_utf8(body).ok()?;
    let action = form
        .split('&')
        .find_map(|field| field.strip_prefix("Action="));
    action.map(str::to_owned)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            event,
            attempt,
            call,
            number,
            ..
        } = self;
        let seconds = self.at.as_secs();
        write!(
            f,
            "event {event} attempt {attempt} at {seconds} s {call} #{number}"
        )
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Call {
            service,
            operation,
            about,
        } = self;
        write!(
            f,
            "{service}:{operation}{}{about}",
            if about.is_empty() { "" } else { " " }
        )
    }
}
