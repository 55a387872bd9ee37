//! The past, without waiting for it.

use jiff::SignedDuration;
use serde::Deserialize;

use crate::datasync::error::ApiError;
use crate::datasync::store::Store;

/// `{"age": {…}}`: all times of an execution, or the creation of a task, lie this
/// many hours further back; it may still be running.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Age {
    arn: String,
    hours: i32,
}

impl Age {
    /// # Errors
    ///
    /// If there is no such execution or task.
    pub(super) fn apply(&self, store: &mut Store) -> Result<(), ApiError> {
        let by = SignedDuration::from_hours(self.hours.into());
        if !self.arn.contains("/execution/") {
            let task = store.task_mut(&self.arn)?;
            task.created = task.created.earlier(by);
            return Ok(());
        }
        let execution = store.execution_mut(&self.arn)?;
        let later = [&mut execution.launch_time, &mut execution.end_time];
        let all = later
            .into_iter()
            .flatten()
            .chain([&mut execution.start_time]);
        all.for_each(|moment| *moment = moment.earlier(by));
        Ok(())
    }
}
