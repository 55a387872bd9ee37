//! What the functions leave behind beside their mails: the ledger and their logs.

use crate::wait::until;
use crate::{Stage, signed};
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

    /// How many lines with this message a function has logged; it is named by its
    /// output.
    ///
    /// # Errors
    ///
    /// If CloudWatch Logs does not tell them.
    pub async fn logged(&self, function: &str, message: &str) -> anyhow::Result<usize> {
        let configuration = self.configuration(function).await?;
        let group = &configuration["LoggingConfig"]["LogGroup"];
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "Logs_20140328.FilterLogEvents"),
        ];
        let order = json!({"logGroupName": group}).to_string();
        let answer = signed::post(&self.cloud, "logs", "/", order, &headers).await?;
        let answer: Value = serde_json::from_str(&answer.body)?;
        let events = answer["events"].as_array().context("no log events")?;
        let lines = events.iter().filter_map(|event| event["message"].as_str());
        let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        Ok(lines.filter(|line| line["message"] == message).count())
    }

    /// How many events the function that reports has answered.
    ///
    /// # Errors
    ///
    /// If its log cannot be read.
    pub async fn answered(&self) -> anyhow::Result<usize> {
        self.logged(REPORTER, "answered").await
    }

    /// Waits until it has answered so many in all.
    ///
    /// # Errors
    ///
    /// If it does not answer them.
    pub async fn until_answered(&self, count: usize) -> anyhow::Result<()> {
        until("the function answers the event", async || {
            Ok(self.answered().await? >= count)
        })
        .await
    }
}
