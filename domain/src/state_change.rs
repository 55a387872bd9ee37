//! The fact that started it all: DataSync says that an execution changed state.

use crate::arn::ExecutionArn;
use crate::execution::Status;
use jiff::Timestamp;

/// One `DataSync Task Execution State Change` event.
///
/// It carries no more than this; everything else is asked of DataSync (source:
/// EventBridge reference, "AWS `DataSync` events").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// The execution that changed.
    pub execution: ExecutionArn,
    /// The state as the event tells it; it may be old by the time it arrives.
    pub state: Status,
    /// When the event was made.
    pub time: Option<Timestamp>,
}
