//! What the functions leave behind beside their mails: the ledger and their logs.

use crate::Stage;
use crate::wait::until;
use anyhow::{Context, ensure};
use serde_json::{Value, json};

const REPORTER: &str = "ReportExecutionFunctionName";

impl Stage {
    /// The keys of the ledger, in order.
    ///
    /// # Errors
    ///
    /// If S3 does not list them.
    pub async fn ledger(&self) -> anyhow::Result<Vec<String>> {
        let request = self.s3.list_objects_v2().prefix("ledger/");
        let listed = request.bucket(self.output("ReportBucketName")?).send();
        let listed = listed.await.context("cannot list the ledger")?;
        let keys = listed.contents.unwrap_or_default().into_iter();
        Ok(keys.filter_map(|object| object.key).collect())
    }

    /// Lets the watch look, as it does every hour; gives its answer.
    ///
    /// # Errors
    ///
    /// If it fails.
    pub async fn watch(&self) -> anyhow::Result<Value> {
        let answer = self.invoke(REPORTER, &json!({"watch": {}})).await?;
        ensure!(!answer.is_error, "the watch failed: {}", answer.payload);
        Ok(answer.payload)
    }

    /// Waits until the ledger has this verdict on an execution: it is written
    /// when the mail is out.
    ///
    /// # Errors
    ///
    /// If it does not get there.
    pub async fn until_told(&self, execution: &str, verdict: &str) -> anyhow::Result<()> {
        let id = execution.rsplit('/').next().unwrap_or_default();
        let end = format!("_{id}_{}.json", verdict.replace(' ', "-"));
        until(&format!("the ledger says {verdict} of {id}"), async || {
            Ok(self.ledger().await?.iter().any(|key| key.ends_with(&end)))
        })
        .await
    }

    /// How many invocations of a function have ended; it is named by its output.
    ///
    /// # Errors
    ///
    /// If the local cloud does not tell.
    pub async fn invocations(&self, function: &str) -> anyhow::Result<u64> {
        self.cloud.invocations(self.output(function)?).await
    }

    /// How many events the function that reports has answered.
    ///
    /// # Errors
    ///
    /// If the local cloud does not tell.
    pub async fn answered(&self) -> anyhow::Result<u64> {
        self.invocations(REPORTER).await
    }

    /// Waits until it has answered so many in all.
    ///
    /// # Errors
    ///
    /// If it does not answer them.
    pub async fn until_answered(&self, count: u64) -> anyhow::Result<()> {
        until("the function answers the event", async || {
            Ok(self.answered().await? >= count)
        })
        .await
    }
}
