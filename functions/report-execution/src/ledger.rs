//! Reads and writes the ledger in the report bucket.

use crate::aws::Aws;
use aws_call::CallError;
use backup_domain::arn::TaskArn;
use backup_domain::baseline::{Baseline, RUNS};
use backup_domain::ledger::{Entry, History, Record, last_good_key, prefix, start_after};
use backup_domain::letter::LastGood;
use futures_util::future::join_all;
use jiff::Timestamp;
use lambda_runtime::tracing;

/// The ledger as it was when the event came, and what was told since. A failed
/// reading stays a failure: then nothing counts as told.
#[derive(Debug)]
pub(crate) struct Ledger {
    task: TaskArn,
    partial_counts_as_good: bool,
    history: Result<History, CallError>,
    /// What is usual, by the records of before.
    pub(crate) baseline: Baseline,
}

/// Reads the ledger of the last sixty days, and the records of the last runs.
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
    let history =
        listed.map(|listed| History::from_keys(listed.iter().map(|object| object.key.as_str())));
    Ledger {
        baseline: baseline(aws, task, &history).await,
        task: task.clone(),
        partial_counts_as_good,
        history,
    }
}

async fn baseline(aws: &Aws, task: &TaskArn, history: &Result<History, CallError>) -> Baseline {
    let history = match history {
        Ok(history) => history,
        Err(error) => return Baseline::NotKnown(error.to_string()),
    };
    let keys = history
        .usual()
        .take(RUNS)
        .map(|entry| entry.key(&task.task_id));
    let records = keys.map(|key| async move { record(aws, &key).await });
    let (read, unread): (Vec<_>, Vec<_>) =
        join_all(records).await.into_iter().partition(Result::is_ok);
    let read: Vec<Record> = read.into_iter().filter_map(Result::ok).flatten().collect();
    // One of fourteen that cannot be read is no reason to compare with nothing.
    match (
        Baseline::of(&read),
        unread.into_iter().find_map(Result::err),
    ) {
        (Baseline::TooShort(_), Some(error)) => Baseline::NotKnown(error.to_string()),
        (baseline, _) => baseline,
    }
}

/// A record; `None` if it is not there or not readable.
async fn record(aws: &Aws, key: &str) -> Result<Option<Record>, CallError> {
    let found = aws.find(aws.report_bucket(), key).await?;
    Ok(found.and_then(|json| {
        serde_json::from_slice(&json)
            .inspect_err(|error| tracing::warn!(key, "this record is not readable: {error}"))
            .ok()
    }))
}

impl Ledger {
    /// The history; an empty one where the ledger could not be read.
    pub(crate) fn history(&self) -> History {
        self.history.clone().unwrap_or_default()
    }

    /// Why it could not be read.
    pub(crate) fn unread(&self) -> Option<&CallError> {
        self.history.as_ref().err()
    }

    /// The last good run, as a letter tells it. Beyond the horizon its copy is
    /// asked.
    pub(crate) async fn last_good(&self, aws: &Aws) -> LastGood {
        let history = match &self.history {
            Ok(history) => history,
            Err(error) => return LastGood::NotKnown(error.to_string()),
        };
        if let Some(entry) = history.last_good(self.partial_counts_as_good) {
            return LastGood::Started(entry.time);
        }
        let key = last_good_key(&self.task.task_id);
        match aws.find(aws.report_bucket(), &key).await {
            Ok(None) => LastGood::NoneRecorded,
            Ok(Some(record)) => match serde_json::from_slice::<Record>(&record) {
                Ok(record) => LastGood::Started(record.started.unwrap_or(record.told)),
                Err(error) => LastGood::NotKnown(format!("{key} is not readable: {error}")),
            },
            Err(error) => LastGood::NotKnown(error.to_string()),
        }
    }

    /// When the last good run ended; its start, where its end is not recorded.
    ///
    /// # Errors
    ///
    /// [`CallError`] if that cannot be read.
    pub(crate) async fn last_good_ended(&self, aws: &Aws) -> Result<Option<Timestamp>, CallError> {
        let history = self.history.as_ref().map_err(Clone::clone)?;
        let Some(entry) = history.last_good(self.partial_counts_as_good) else {
            let record = record(aws, &last_good_key(&self.task.task_id)).await?;
            return Ok(record.map(|record| ended(&record).unwrap_or(record.told)));
        };
        self.ended(aws, entry).await.map(Some)
    }

    /// When the last run of all files ended; its start, where its end is not recorded.
    ///
    /// # Errors
    ///
    /// [`CallError`] if that cannot be read.
    pub(crate) async fn last_ended(&self, aws: &Aws) -> Result<Option<Timestamp>, CallError> {
        let history = self.history.as_ref().map_err(Clone::clone)?;
        match history.last_end() {
            Some(entry) => self.ended(aws, entry).await.map(Some),
            None => Ok(None),
        }
    }

    async fn ended(&self, aws: &Aws, entry: &Entry) -> Result<Timestamp, CallError> {
        let record = record(aws, &entry.key(&self.task.task_id)).await?;
        Ok(record
            .and_then(|record| ended(&record))
            .unwrap_or(entry.time))
    }

    /// Writes a record, and its copy if it is the newest good one.
    ///
    /// # Errors
    ///
    /// [`CallError`] if S3 does not confirm it.
    pub(crate) async fn write(
        &mut self,
        aws: &Aws,
        entry: Entry,
        record: &Record,
    ) -> Result<(), CallError> {
        let json = serde_json::json!(record).to_string();
        let (key, is_newest_good) = (entry.key(&self.task.task_id), self.is_newest_good(&entry));
        // It was told, whether that can be written down or not.
        self.remember(entry);
        aws.put(&key, json.clone()).await?;
        if is_newest_good {
            aws.put(&last_good_key(&self.task.task_id), json).await?;
        }
        Ok(())
    }

    /// What was told counts for what is told next.
    fn remember(&mut self, entry: Entry) {
        if let Ok(history) = &mut self.history {
            *history = std::mem::take(history).with(entry);
        }
    }

    /// Without the history nobody knows which good run is the newest, and the
    /// copy must never go back to an older one.
    fn is_newest_good(&self, entry: &Entry) -> bool {
        let good = entry.verdict.counts_as_good(self.partial_counts_as_good) && !entry.narrowed;
        let newest = |history: &History| {
            let last = history.last_good(self.partial_counts_as_good);
            last.is_none_or(|last| last.time <= entry.time)
        };
        good && self.history.as_ref().is_ok_and(newest)
    }
}

fn ended(record: &Record) -> Option<Timestamp> {
    record.ended.or(record.started)
}
