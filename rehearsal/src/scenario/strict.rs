//! The strict profile of `samconfig.toml`, from the first copy to mail and audit: with
//! keys of one's own each of these has one more way to be refused.

use super::variants::on;
use super::{check, check_verdict, tell};
use crate::{Deploy, Mail, Say, Stage, Variant, signed, xml};
use anyhow::Context;
use serde_json::json;

const ALARM: &str = "strict-NoRecentGoodRunAlarm-*";
/// Three periods without a figure, and the two that are looked back.
const SILENCE: u32 = 6;

pub(super) async fn play(
    stage: &Stage,
    deploy: Deploy<'_>,
    say: Say<'_>,
) -> anyhow::Result<Vec<Mail>> {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let mut variant = Variant::named("strict")
        .with("BreakGlassRoleArn", role("break-glass"))
        .with("DeploymentRoleArn", role("deployment"));
    variant.profile = Some("strict");
    on(stage, deploy, variant, say, async |second| {
        check_keys(second, say).await?;
        let backup = back_up(second, say).await?;
        let alarm = ring(second, say).await?;
        audit(second, say).await?;
        Ok(vec![backup, alarm])
    })
    .await
}

/// Each topic has a key of its own, so that the failure of one is told by way of the
/// other. The queue has none of them: it keeps what failed because of a key.
async fn check_keys(second: &Stage, say: Say<'_>) -> anyhow::Result<()> {
    for (topic, key) in [
        ("AlertTopicArn", "MessagingKey"),
        ("WatchTopicArn", "DataKey"),
    ] {
        let fields = [("TopicArn", second.output(topic)?)];
        let action = "GetTopicAttributes";
        let attributes = signed::query(&second.cloud, "sns", action, &fields).await?;
        let used = attributes.body.split_once("<key>KmsMasterKeyId</key>");
        let used = used.and_then(|(_, used)| xml::text(used, "value"));
        let expected = second.physical(key).await?;
        check(
            used.is_some_and(|used| used.contains(&expected)),
            &format!("{topic} with {key}, {expected}"),
            &attributes.body,
        )?;
    }
    let queue = json!({"QueueUrl": second.output("FailureQueueUrl")?, "AttributeNames": ["All"]});
    let target = "AmazonSQS.GetQueueAttributes";
    let queue = signed::json(&second.cloud, "sqs", target, &queue).await?;
    let attributes = &queue["Attributes"];
    check(
        attributes["SqsManagedSseEnabled"] == "true" && attributes["KmsMasterKeyId"].is_null(),
        "a failure queue with SQS's own key",
        attributes,
    )?;
    say("    the two topics have two keys of one's own, the failure queue that of SQS");
    Ok(())
}

async fn back_up(second: &Stage, say: Say<'_>) -> anyhow::Result<Mail> {
    say("    a file appears; the schedule fires");
    let content = b"encrypted with a key of one's own";
    second.write("uploads/strict.txt", content)?;
    let run = second.run().await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "OK")?;
    let kept = second.content("uploads/strict.txt", None).await?;
    check(kept == content, "the file in the bucket", "another text")?;
    check_key_of_object(second).await?;
    Ok(run.mail)
}

/// The copy is encrypted with the key for data.
async fn check_key_of_object(second: &Stage) -> anyhow::Result<()> {
    let key = second.physical("DataKey").await?;
    let head = second
        .s3
        .head_object()
        .bucket(second.output("BackupBucketName")?);
    let head = head.key(second.key("uploads/strict.txt")?).send().await?;
    let used = head.ssekms_key_id().unwrap_or("no key");
    check(used.contains(&key), &format!("an object with {key}"), used)
}

/// An alarm has no role: the key itself must let CloudWatch use it.
async fn ring(second: &Stage, say: Say<'_>) -> anyhow::Result<Mail> {
    say("    the watch falls silent; an alarm rings through the encrypted topic");
    let known = second.mails()?.len();
    second.cloud.pass_hours(SILENCE, ALARM).await?;
    let mut mails = second.mails()?.into_iter().skip(known);
    let mail = mails.find(|mail| mail.subject().starts_with("ALARM: "));
    let mail = mail.context("the alarm mailed nothing")?;
    say(&format!("    mail: {}", mail.subject()));
    let topic = second.output("WatchTopicArn")?;
    check(
        mail.header("X-Sns-Topic-Arn") == topic,
        topic,
        mail.header("X-Sns-Topic-Arn"),
    )?;
    Ok(mail)
}

/// Its own audit finds nothing grave.
async fn audit(second: &Stage, say: Say<'_>) -> anyhow::Result<()> {
    let answer = second
        .invoke("AuditBucketFunctionName", &json!({}))
        .await?
        .payload;
    let headline = answer["headline"]
        .as_str()
        .context("an audit without headline")?;
    say(&format!("    audit: {headline}"));
    let counts = ["critical", "high", "unknown"].map(|count| &answer["counts"][count]);
    check(
        counts.iter().all(|count| **count == 0),
        "nothing grave, and nothing unknown",
        &answer,
    )
}
