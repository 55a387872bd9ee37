//! Reads and writes the ledger in the report bucket.

use crate::aws::Aws;
use aws_call::CallError;
use backup_domain::arn::TaskArn;
use backup_domain::ledger::{Entry, History, Record, last_good_key, prefix, start_after};
use backup_domain::letter::LastGood;
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

    /// The last good run, as a letter tells it. Beyond the horizon its copy is
    /// asked.
    pub(crate) async fn last_good(&self, aws: &Aws, task: &TaskArn) -> LastGood {
        let history = match &self.history {
            Ok(history) => history,
            Err(error) => return LastGood::NotKnown(error.to_string()),
        };
        if let Some(started) = history.last_good(self.partial_counts_as_good) {
            return LastGood::Started(started);
        }
        let key = last_good_key(&task.task_id);
        match aws.find(aws.report_bucket(), &key).await {
            Ok(None) => LastGood::NoneRecorded,
            Ok(Some(record)) => match serde_json::from_slice::<Record>(&record) {
                Ok(record) => LastGood::Started(record.started.unwrap_or(record.told)),
                Err(error) => LastGood::NotKnown(format!("{key} is not readable: {error}")),
            },
            Err(error) => LastGood::NotKnown(error.to_string()),
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
        let key = entry.key(&task.task_id);
        if !self.is_newest_good(entry) {
            return aws.put(&key, json).await;
        }
        let last_good = last_good_key(&task.task_id);
        tokio::try_join!(aws.put(&key, json.clone()), aws.put(&last_good, json))?;
        Ok(())
    }

    /// Without the history nobody knows which good run is the newest, and the
    /// copy must never go back to an older one.
    fn is_newest_good(&self, entry: &Entry) -> bool {
        let good = entry.verdict.counts_as_good(self.partial_counts_as_good);
        good && self
            .history
            .as_ref()
            .is_ok_and(|history| history.last_good(self.partial_counts_as_good) <= Some(entry.time))
    }
}
