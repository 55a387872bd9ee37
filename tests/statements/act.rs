//! What is done, and all that anybody is told of it.

use super::told::{failures, kept, lines, of_function};
use crate::harness::{self, Stage, event, forget_all, patch, signed, with_variables};
use anyhow::{Context, ensure};
use serde_json::{Value, json};

const STARTER: &str = "StartExecutionFunctionName";
const REPORTER: &str = "ReportExecutionFunctionName";
const AUDITOR: &str = "AuditBucketFunctionName";

/// What DataSync may say of a run: each asks for another look at the line.
const S3_DENIED: &str =
    "S3 Exception: op=PutObject, code=403, type=15, exception=AccessDenied, msg=Access Denied";
const NO_MOUNT: &str = "Failed to connect to EFS mount target with IP: 10.0.1.5.";

/// Something that is done, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    /// A file is changed, and the schedule fires.
    Run,
    /// A run is started by hand.
    Start,
    /// The last run is told once more, as if it never was.
    Tell,
    /// The same, as if S3 had refused everything.
    TellDenied,
    /// The same, as if the file system had not been there.
    TellUnreachable,
    /// The watch looks.
    Watch,
    /// The bucket is audited, with a mail.
    Audit,
    /// A function says something in its log.
    SpeakOf(&'static str),
    /// A schedule fires.
    Fire(&'static str),
    /// A function fails at an event.
    Fail(&'static str),
}

impl Act {
    /// Does it; gives every word that anybody is told, on one line: the answer, mails,
    /// lines of a log.
    pub(super) async fn play(self, stage: &Stage) -> anyhow::Result<String> {
        let known = stage.mails()?.len();
        let answer = self.act(stage).await?;
        let mails = stage.mails()?.into_iter().skip(known);
        let mails = mails.map(|mail| format!("{}\n{}", mail.subject(), mail.body));
        let said: Vec<String> = std::iter::once(answer).chain(mails).collect();
        let words = said.iter().flat_map(|text| text.split_whitespace());
        Ok(words.collect::<Vec<_>>().join(" "))
    }

    async fn act(self, stage: &Stage) -> anyhow::Result<String> {
        match self {
            Act::Run => run(stage).await,
            Act::Start => start(stage).await,
            Act::Tell => tell(stage, "SUCCESS", Value::Null).await,
            Act::TellDenied => tell(stage, "ERROR", failed(S3_DENIED)).await,
            Act::TellUnreachable => tell(stage, "ERROR", failed(NO_MOUNT)).await,
            Act::Watch => watch(stage).await,
            Act::Audit => invoke(stage, AUDITOR, &json!({"notify": true})).await,
            Act::SpeakOf(function) => speak(stage, function).await,
            Act::Fire(schedule) => fire(stage, schedule).await,
            Act::Fail(function) => fail(stage, function).await,
        }
    }
}

async fn invoke(stage: &Stage, function: &str, payload: &Value) -> anyhow::Result<String> {
    Ok(stage.invoke(function, payload).await?.payload.to_string())
}

/// The mail is all that is told.
async fn run(stage: &Stage) -> anyhow::Result<String> {
    let now = jiff::Timestamp::now().to_string();
    stage.write("uploads/changed.txt", now.as_bytes())?;
    let told = stage.invocations(REPORTER).await?;
    stage.run().await?;
    // The record is written after the mail, and the next run compares with it.
    harness::until("the report's end", async || {
        Ok(stage.invocations(REPORTER).await? > told)
    })
    .await?;
    Ok(String::new())
}

/// The answer, the tags of the run, and the function's log.
async fn start(stage: &Stage) -> anyhow::Result<String> {
    let (known, told) = (stage.mails()?.len(), stage.invocations(REPORTER).await?);
    let log = lines(stage, STARTER).await?;
    let answer = stage
        .invoke(STARTER, &json!({"trigger": "manual"}))
        .await?
        .payload;
    let mut said = answer.to_string();
    if let Some(run) = answer["task_execution_arn"].as_str() {
        stage.next_mail(known).await?;
        harness::until("the report's end", async || {
            Ok(stage.invocations(REPORTER).await? > told)
        })
        .await?;
        let tags = stage
            .datasync
            .list_tags_for_resource()
            .resource_arn(run)
            .send()
            .await?;
        said.push_str(&format!(" {} tags", tags.tags().len()));
    }
    let log = lines(stage, STARTER).await?.split_off(log.len());
    Ok(format!("{said} {}", log.join("\n")))
}

fn failed(said: &str) -> Value {
    json!({"Status": "ERROR", "FilesTransferred": 0,
        "Result": {"ErrorDetail": said, "TransferStatus": "ERROR"}})
}

/// The newest run is told, and described otherwise meanwhile.
async fn tell(stage: &Stage, state: &str, described: Value) -> anyhow::Result<String> {
    let run = stage.newest_execution().await?.context("no run yet")?;
    forget_all(stage).await?;
    patch(stage, &run, described).await?;
    let told = invoke(stage, REPORTER, &event(&run, state)).await;
    patch(stage, &run, Value::Null).await?;
    told
}

/// As if it had never said before what is wrong with the line.
async fn watch(stage: &Stage) -> anyhow::Result<String> {
    let task = stage.output("TaskArn")?;
    let id = task.rsplit('/').next().unwrap_or_default();
    let bucket = stage.output("ReportBucketName")?;
    let memory = stage.s3.delete_object().bucket(bucket);
    memory.key(format!("ledger/{id}/watch.json")).send().await?;
    invoke(stage, REPORTER, &json!({"watch": {}})).await
}

async fn speak(stage: &Stage, function: &str) -> anyhow::Result<String> {
    let before = lines(stage, function).await?.len();
    let payload = match function {
        STARTER => json!({"trigger": "manual", "dry_run": true}),
        REPORTER => json!({"test": {}}),
        _ => json!({}),
    };
    stage.invoke(function, &payload).await?;
    let after = lines(stage, function).await?.len();
    Ok(if after > before {
        "the log has lines"
    } else {
        "the log is empty"
    }
    .to_owned())
}

/// Fires it, and waits for what it began.
async fn fire(stage: &Stage, schedule: &str) -> anyhow::Result<String> {
    let (kept_before, known) = (kept(stage).await?, stage.mails()?.len());
    let function = of_function(schedule)?;
    let ended = stage.invocations(function).await?;
    let fired = stage.cloud.fire_schedule(stage.output(schedule)?).await;
    if let Err(refusal) = fired {
        let kept_now = kept(stage).await?;
        let keeps = if kept_now > kept_before {
            "keeps it"
        } else {
            "keeps nothing"
        };
        return Ok(format!("{refusal:#}; the failure queue {keeps}"));
    }
    harness::until("the invocation's end", async || {
        Ok(stage.invocations(function).await? > ended)
    })
    .await?;
    if function == STARTER {
        stage.next_mail(known).await?;
    }
    Ok("fired".to_owned())
}

/// Invokes it as AWS's services do, with something that it cannot do, and without a
/// second attempt.
async fn fail(stage: &Stage, function: &str) -> anyhow::Result<String> {
    let name = stage.output(function)?;
    let path = format!("/2019-09-25/functions/{name}/event-invoke-config?Qualifier=%24LATEST");
    let config = signed::get(&stage.cloud, "lambda", &path).await?;
    let mut config: Value = serde_json::from_str(&config.body)?;
    config["MaximumRetryAttempts"] = json!(0);
    signed::put(&stage.cloud, "lambda", &path, config.to_string()).await?;
    if function == REPORTER {
        // It tells of everything that it does not understand; only nobody hears it here.
        let elsewhere = format!("{}-elsewhere", stage.output("AlertTopicArn")?);
        let variables = [("TOPIC_ARN", elsewhere.as_str())];
        return with_variables(stage, REPORTER, &variables, fail_at(stage, function)).await;
    }
    fail_at(stage, function).await
}

async fn fail_at(stage: &Stage, function: &str) -> anyhow::Result<String> {
    let (kept_before, lost_before) = (kept(stage).await?, failures(stage, function)?.len());
    let path = format!(
        "/2015-03-31/functions/{}/invocations",
        stage.output(function)?
    );
    let payload = if function == REPORTER {
        json!({"test": {}})
    } else {
        json!({"trigger": "cron", "buckets": "none"})
    };
    let event = [("x-amz-invocation-type", "Event")];
    signed::post(&stage.cloud, "lambda", &path, payload.to_string(), &event).await?;
    let mut said = String::new();
    harness::until("the end of an event", async || {
        Ok(kept(stage).await? > kept_before || failures(stage, function)?.len() > lost_before)
    })
    .await?;
    if let Some(lost) = failures(stage, function)?.get(lost_before) {
        said = lost.clone();
    }
    ensure!(
        said.is_empty() || kept(stage).await? == kept_before,
        "lost and kept"
    );
    Ok(said)
}
