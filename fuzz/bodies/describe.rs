//! `DataSync`'s answer to `DescribeTaskExecution`, raw, through the SDK: what it does
//! not say is not known, and only a clean run is good.

use super::letter::{execution_arn, judged};
use aws_sdk_datasync::Client;
use aws_sdk_datasync::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use backup_domain::execution::{Execution, Status};
use backup_domain::failed_files::FailedFiles;
use backup_domain::verdict::Verdict;
use report_execution::describe_with;
use serde_json::Value;
use std::cell::RefCell;
use tokio::runtime::{Builder, Runtime};

thread_local! {
    /// The answer that comes next.
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static SDK: (Runtime, Client) = (runtime(), client());
}

/// A connection that answers everything with [`ANSWER`].
#[derive(Debug)]
struct Wire;

impl HttpConnector for Wire {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let body = ANSWER.with_borrow(|answer| SdkBody::from(answer.as_slice()));
        let status = 200_u16.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, body)))
    }
}

pub(crate) fn read(data: &[u8]) {
    ANSWER.with_borrow_mut(|answer| data.clone_into(answer));
    let described =
        SDK.with(|(runtime, client)| runtime.block_on(describe_with(client, &execution_arn())));
    let Ok(execution) = described else {
        return;
    };
    must_not_invent(&execution, data);
    let is_good = judged(data, &execution, &FailedFiles::none()) < Verdict::Unknown;
    let is_clean = execution.status == Status::Success
        && execution.error_code.is_none()
        && execution.counters.files_failed.unwrap_or(0) == 0;
    assert!(is_clean || !is_good, "{execution:?}");
    let unread = FailedFiles::unread("the task report was not read");
    assert!(judged(data, &execution, &unread) >= Verdict::Unknown);
}

/// A counter that was not sent is not known.
fn must_not_invent(execution: &Execution, data: &[u8]) {
    let answer: Value = serde_json::from_slice(data).unwrap_or_default();
    let counters = &execution.counters;
    for (name, counter) in [
        ("FilesTransferred", counters.files_transferred),
        ("FilesSkipped", counters.files_skipped),
        ("FilesVerified", counters.files_verified),
        ("FilesDeleted", counters.files_deleted),
        ("BytesWritten", counters.bytes_written.map(|bytes| bytes.0)),
    ] {
        assert_eq!(counter, answer.get(name).and_then(Value::as_u64), "{name}");
    }
}

fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime")
}

fn client() -> Client {
    let config = aws_sdk_datasync::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Wire)))
        .build();
    Client::from_conf(config)
}
