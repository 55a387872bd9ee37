//! DataSync's counters, from the answer as it came over the wire.
//!
//! The SDK gives a counter that was not sent the value 0, and nobody could tell
//! the two apart any more. Unknown is never 0, so the counters are read from the
//! JSON itself; everything else is read from the SDK's types.

use aws_sdk_datasync::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_datasync::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_datasync::error::BoxError;
use backup_domain::execution::Counters;
use backup_domain::units::Bytes;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// Keeps the body of the last answer of the operation that it is put on.
#[derive(Debug, Clone, Default)]
pub(super) struct RawAnswer(Arc<Mutex<Value>>);

impl RawAnswer {
    /// The counters of the last answer; all unknown if there was none.
    pub(super) fn counters(&self) -> Counters {
        let answer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counters_from(&answer)
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for RawAnswer {
    fn name(&self) -> &'static str {
        "RawAnswer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        let answer = serde_json::from_slice(body).unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = answer;
        Ok(())
    }
}

/// The counters in a body; all unknown in one that is no JSON.
pub(super) fn counters_in(body: &[u8]) -> Counters {
    counters_from(&serde_json::from_slice(body).unwrap_or_default())
}

fn counters_from(answer: &Value) -> Counters {
    let count = |name: &str| answer.get(name).and_then(Value::as_u64);
    let bytes = |name: &str| count(name).map(Bytes);
    Counters {
        files_estimated: count("EstimatedFilesToTransfer"),
        files_transferred: count("FilesTransferred"),
        files_skipped: count("FilesSkipped"),
        files_verified: count("FilesVerified"),
        files_deleted: count("FilesDeleted"),
        deletions_estimated: count("EstimatedFilesToDelete"),
        files_failed: files_failed(answer),
        bytes_transferred: bytes("BytesTransferred"),
        bytes_written: bytes("BytesWritten"),
        bytes_compressed: bytes("BytesCompressed"),
    }
}

/// Failed files and folders of all phases; reported in Enhanced mode only.
fn files_failed(answer: &Value) -> Option<u64> {
    let counts: Vec<u64> = ["FilesFailed", "FoldersFailed"]
        .into_iter()
        .filter_map(|name| answer.get(name)?.as_object())
        .flat_map(serde_json::Map::values)
        .filter_map(Value::as_u64)
        .collect();
    let reported = !counts.is_empty();
    reported.then(|| {
        counts
            .iter()
            .fold(0_u64, |sum, count| sum.saturating_add(*count))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_counter_that_was_not_sent_is_unknown() {
        let counters = counters_from(&json!({"FilesTransferred": 0, "BytesWritten": 7}));
        assert_eq!(counters.files_transferred, Some(0));
        assert_eq!(counters.bytes_written, Some(Bytes(7)));
        assert_eq!(counters.files_deleted, None);
        assert_eq!(counters.files_failed, None);
    }

    #[test]
    fn a_counter_that_makes_no_sense_is_unknown() {
        #[rustfmt::skip]
        let cases = [json!(-1), json!("3"), json!(1.5), json!(null)];
        for value in cases {
            let counters = counters_from(&json!({"FilesTransferred": value}));
            assert_eq!(counters.files_transferred, None, "{value}");
        }
        assert_eq!(counters_from(&json!("no object")), Counters::default());
    }

    #[test]
    fn failures_of_all_phases_are_added() {
        let answer =
            json!({"FilesFailed": {"Transfer": 1, "Verify": 2}, "FoldersFailed": {"List": 3}});
        assert_eq!(counters_from(&answer).files_failed, Some(6));
        assert_eq!(
            counters_from(&json!({"FilesFailed": {}})).files_failed,
            None
        );
        assert_eq!(
            counters_from(&json!({"FilesFailed": {"Transfer": 0}})).files_failed,
            Some(0)
        );
    }
}
