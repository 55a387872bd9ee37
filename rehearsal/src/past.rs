//! A past that was never waited for: functions live on the real clock, so the ledger
//! is rewritten, as if everything in it had happened earlier.

use crate::Stage;
use anyhow::Context;
use backup_domain::ledger::{Entry, Record, last_good_key, prefix};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeMap;

/// The records of a task as they were, by key.
#[derive(Debug, Clone)]
pub struct KeptLedger(BTreeMap<String, Vec<u8>>);

impl Stage {
    /// Lets this many hours pass since all that happened: since the runs, their
    /// records in the ledger, and the creation of the task.
    ///
    /// # Errors
    ///
    /// If DataSync or S3 refuses.
    pub async fn hours_pass(&self, hours: i32) -> anyhow::Result<()> {
        let task = self.output("TaskArn")?;
        let listed = self.datasync.list_task_executions().task_arn(task);
        let listed = listed.into_paginator().items().send();
        let listed = listed.collect::<Result<Vec<_>, _>>().await?;
        let runs = listed.into_iter().filter_map(|one| one.task_execution_arn);
        for arn in runs.chain([task.to_owned()]) {
            let order = json!({"age": {"arn": arn, "hours": hours}});
            self.cloud.control_datasync(&order).await?;
        }
        self.age_ledger(hours.into()).await.map(drop)
    }

    /// Makes every record of the ledger so many hours older, and gives it back as it
    /// was, for [`Stage::restore_ledger`].
    ///
    /// # Errors
    ///
    /// If S3 refuses, or a record is not readable.
    pub async fn age_ledger(&self, hours: i64) -> anyhow::Result<KeptLedger> {
        let kept = self.records().await?;
        let mut aged = BTreeMap::new();
        for (key, content) in &kept {
            aged.insert(
                self.aged_key(key, hours)?,
                aged_record(content, hours).with_context(|| format!("{key} is no record"))?,
            );
        }
        self.write_records(&aged).await?;
        Ok(KeptLedger(kept))
    }

    /// Puts the ledger back. What was told since is no longer in it.
    ///
    /// # Errors
    ///
    /// If S3 refuses.
    pub async fn restore_ledger(&self, kept: &KeptLedger) -> anyhow::Result<()> {
        self.write_records(&kept.0).await
    }

    /// The last part of the task's ARN.
    fn task_id(&self) -> anyhow::Result<&str> {
        let arn = self.output("TaskArn")?;
        arn.rsplit('/').next().context("the task has no id")
    }

    fn aged_key(&self, key: &str, hours: i64) -> anyhow::Result<String> {
        let Some(entry) = Entry::from_key(key) else {
            return Ok(key.to_owned());
        };
        let time = entry.time - SignedDuration::from_hours(hours);
        Ok(Entry { time, ..entry }.key(self.task_id()?))
    }

    /// The records, and the copy of the last good one.
    async fn records(&self) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
        let (bucket, id) = (self.output("ReportBucketName")?, self.task_id()?);
        let last_good = last_good_key(id);
        let listed = self.s3.list_objects_v2().bucket(bucket).prefix(prefix(id));
        let mut pages = listed.into_paginator().send();
        let mut records = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let page = page.context("cannot list the ledger")?;
            for key in page.contents().iter().filter_map(|object| object.key()) {
                if Entry::from_key(key).is_some() || key == last_good {
                    let record = self.s3.get_object().bucket(bucket).key(key).send().await;
                    let record = record.with_context(|| format!("cannot read {key}"))?;
                    records.insert(key.to_owned(), record.body.collect().await?.to_vec());
                }
            }
        }
        Ok(records)
    }

    /// Makes these the records, and no others.
    async fn write_records(&self, wanted: &BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
        let bucket = self.output("ReportBucketName")?;
        let present = self.records().await?;
        for (key, content) in wanted {
            let put = self.s3.put_object().bucket(bucket).key(key);
            let put = put.body(content.clone().into()).send().await;
            put.with_context(|| format!("cannot write {key}"))?;
        }
        for key in present.keys().filter(|key| !wanted.contains_key(*key)) {
            let gone = self.s3.delete_object().bucket(bucket).key(key).send();
            gone.await.with_context(|| format!("cannot remove {key}"))?;
        }
        Ok(())
    }
}

fn aged_record(content: &[u8], hours: i64) -> anyhow::Result<Vec<u8>> {
    let mut record: Record = serde_json::from_slice(content)?;
    let by = SignedDuration::from_hours(hours);
    record.started = record.started.map(|time| time - by);
    record.ended = record.ended.map(|time| time - by);
    record.told -= by;
    Ok(serde_json::to_vec(&record)?)
}
