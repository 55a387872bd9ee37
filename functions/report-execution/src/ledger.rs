//! Reads and writes the ledger in the report bucket.

use crate::aws::Aws;
use backup_domain::arn::TaskArn;
use backup_domain::ledger::{Entry, History, Record, last_good_key, prefix, start_after};
use backup_domain::letter::LastGood;
use function_env::CallError;
use jiff::Timestamp;

/// The ledger as it was when the event came. A failed reading stays a failure:
/// then nothing counts as told.
#[derive(Debug)]
pub(crate) struct Ledger {
    history: Result<History, CallError>,
    partial_counts_as_good: bool,
}

/// Reads the ledger of the last sixty days.
pub(crate) async fn read(
    aws: &Aws,
    task: &TaskArn,
    partial_counts_as_good: bool,
    now: Timestamp,
) -> Ledger {
    let after = start_after(&task.task_id, now);
    let listed = aws
        .list(aws.report_bucket(), &prefix(&task.task_id), Some(after))
        .await;
    Ledger {
        history: listed
            .map(|listed| History::from_keys(listed.iter().map(|object| object.key.as_str()))),
        partial_counts_as_good,
    }
}

impl Ledger {
    /// The history; an empty one where the ledger could not be read.
    pub(crate) fn history(&self) -> History {
        self.history.clone().unwrap_or_default()
    }

    /// The last good run, as a letter tells it.
    pub(crate) fn last_good(&self) -> LastGood {
        match &self.history {
            Err(error) => LastGood::NotKnown(error.to_string()),
            Ok(history) => history
                .last_good(self.partial_counts_as_good)
                .map_or(LastGood::NoneRecorded, LastGood::Started),
        }
    }

    /// Writes a record, and its copy if it is the newest good one.
    ///
    /// # Errors
    ///
    /// [`CallError`] if S3 does not confirm it.
    pub(crate) async fn write(
        &self,
        aws: &Aws,
        task: &TaskArn,
        entry: &Entry,
        record: &Record,
    ) -> Result<(), CallError> {
        let json = serde_json::json!(record).to_string();
        aws.put(&entry.key(&task.task_id), json.clone()).await?;
        let good = entry.verdict.counts_as_good(self.partial_counts_as_good);
        let newest = self.history().last_good(self.partial_counts_as_good) <= Some(entry.time);
        if good && newest {
            aws.put(&last_good_key(&task.task_id), json).await?;
        }
        Ok(())
    }
}
