//! The facts of the task, as `DescribeTask` tells them.

use crate::execution::Filters;
use jiff::Timestamp;

/// The DataSync task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Task {
    /// Its name.
    pub name: Option<String>,
    /// `AVAILABLE`, `RUNNING`, `QUEUED`, `UNAVAILABLE`, `CREATING`, or a new word.
    pub status: String,
    /// What DataSync says is wrong with it: a code and a sentence.
    pub error: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// The ARN of the location that it reads.
    pub source_location: Option<String>,
    /// The ARN of the location that it writes.
    pub destination_location: Option<String>,
    /// Which files it copies.
    pub filters: Filters,
    /// The schedule that DataSync itself keeps for it; ours has none.
    pub own_schedule: Option<OwnSchedule>,
}

/// A schedule of DataSync's own. Source: DataSync API Reference, `TaskSchedule` and
/// `TaskScheduleDetails`: the service disables one after repeated errors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnSchedule {
    /// Such as `cron(0 2 * * ? *)`.
    pub expression: String,
    /// `USER` or `SERVICE`, where it is disabled.
    pub disabled_by: Option<String>,
    /// Why it is.
    pub disabled_because: Option<String>,
}

impl Task {
    /// Whether DataSync refuses to start it.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        self.status == "UNAVAILABLE"
    }
}
