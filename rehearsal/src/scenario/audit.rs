//! Somebody suspends versioning: the daily audit mails it, with the command that
//! puts it right, and is silent again afterwards.

use super::check;
use crate::{Mail, Say, Stage};
use anyhow::Context;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const FUNCTION: &str = "AuditBucketFunctionName";
/// The longest wait for the end of an audit, and the pause between two looks.
const LONGEST_AUDIT: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(25);

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  the settings of the backup bucket are audited by hand");
    let answer = stage.invoke(FUNCTION, &json!({})).await?.payload;
    check(
        answer["verdict"] == "OK",
        "an audit without findings",
        &answer,
    )?;
    say(&format!(
        "    audit: {}",
        answer["headline"].as_str().unwrap_or_default()
    ));

    say("  versioning is suspended through the S3 API; the daily schedule fires");
    set_versioning(stage, BucketVersioningStatus::Suspended).await?;
    let mail = drift(stage, say).await;
    // Whatever came of it: the bucket is left as it was.
    set_versioning(stage, BucketVersioningStatus::Enabled).await?;
    let mail = mail?;

    say("  versioning is enabled again, as the command says; the schedule fires");
    let mails = scheduled_audit(stage).await?;
    let subjects: Vec<&str> = mails.iter().map(Mail::subject).collect();
    check(mails.is_empty(), "no mail", format!("{subjects:?}"))?;
    say("    no mail: there is nothing to tell");
    Ok(vec![mail])
}

/// The mail about the drift, checked and told.
async fn drift(stage: &Stage, say: Say<'_>) -> anyhow::Result<Mail> {
    let mut mails = scheduled_audit(stage).await?;
    check(mails.len() == 1, "one mail", mails.len())?;
    let mail = mails.remove(0);
    let command = format!(
        "  aws s3api put-bucket-versioning --region {} --bucket {} --versioning-configuration Status=Enabled",
        crate::REGION,
        stage.output("BackupBucketName")?
    );
    say(&format!("    mail: {}", mail.subject()));
    for line in mail
        .body
        .lines()
        .filter(|line| line.contains("VER-02") || *line == command)
    {
        say(&format!("          {}", line.trim()));
    }
    let subject = mail.subject();
    check(
        subject.starts_with("AUDIT | ") && mail.attribute("verdict") == "FINDING",
        "the mail of an audit with a finding",
        subject,
    )?;
    for line in ["CRITICAL VER-02: versioning is suspended", &command] {
        check(
            mail.body.lines().any(|found| found == line),
            line,
            &mail.body,
        )?;
    }
    Ok(mail)
}

/// Lets the schedule fire and waits for the end of the audit; gives its mails.
async fn scheduled_audit(stage: &Stage) -> anyhow::Result<Vec<Mail>> {
    let (known, audits) = (stage.mails()?.len(), stage.invocations(FUNCTION).await?);
    let schedule = stage.output("AuditScheduleName")?;
    stage.cloud.fire_schedule(schedule).await?;
    let deadline = Instant::now() + LONGEST_AUDIT;
    while stage.invocations(FUNCTION).await? == audits {
        check(
            Instant::now() < deadline,
            "an audit by schedule",
            "none within 30 s",
        )?;
        sleep(LOOK).await;
    }
    Ok(stage.mails()?.into_iter().skip(known).collect())
}

async fn set_versioning(stage: &Stage, status: BucketVersioningStatus) -> anyhow::Result<()> {
    let configuration = VersioningConfiguration::builder().status(status).build();
    let request = stage
        .s3
        .put_bucket_versioning()
        .bucket(stage.output("BackupBucketName")?);
    let answer = request.versioning_configuration(configuration).send().await;
    answer.map(drop).context("cannot set versioning")
}
