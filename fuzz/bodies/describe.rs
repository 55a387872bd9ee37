//! `DataSync`'s answer to `DescribeTaskExecution`, raw, through the SDK's own reader:
//! what it does not say is not known, and only a clean run is good.

use super::letter::{execution_arn, judged};
use aws_sdk_datasync::operation::describe_task_execution::{
    DescribeTaskExecution, DescribeTaskExecutionOutput,
};
use aws_smithy_json::protocol::aws_json_rpc::AwsJsonRpcProtocol;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_schema::protocol::SharedClientProtocol;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Layer};
use backup_domain::execution::{Execution, Status};
use backup_domain::failed_files::FailedFiles;
use backup_domain::verdict::Verdict;
use report_execution::execution_told_by;
use serde_json::Value;

pub(crate) fn read(data: &[u8]) {
    let Some(output) = output(data) else {
        return;
    };
    let execution = execution_told_by(&execution_arn(), &output, data);
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

/// What the SDK makes of a body. A whole call would be thirty times slower, and of
/// the same use.
pub(crate) fn output(body: &[u8]) -> Option<DescribeTaskExecutionOutput> {
    let status = 200_u16.try_into().ok()?;
    let response = HttpResponse::new(status, SdkBody::from(body));
    let operation = DescribeTaskExecution::new().config()?;
    let reader = operation.load::<SharedResponseDeserializer>()?;
    let mut protocol = Layer::new("protocol");
    protocol.store_put(SharedClientProtocol::new(
        AwsJsonRpcProtocol::aws_json_1_1().with_default_namespace("com.amazonaws.datasync"),
    ));
    let bag = ConfigBag::of_layers(vec![protocol]);
    let output = reader.deserialize_nonstreaming_with_config(&response, &bag);
    output.ok()?.downcast().ok()
}
