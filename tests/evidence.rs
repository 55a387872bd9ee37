//! What the function that reports sees of a run that was not good.

use crate::harness::{self, Stage, denied, event, forget, one_mail, patch, report};
use anyhow::{Context, ensure};
use rehearsal::{Mail, signed};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const REPORTER: &str = "ReportExecutionFunctionName";

/// What DataSync says of a run to which S3 refuses everything.
const S3_DENIED: &str =
    "S3 Exception: op=PutObject, code=403, type=15, exception=AccessDenied, msg=Access Denied";
const NO_MOUNT: &str = "Failed to connect to EFS mount target with IP: 10.0.1.5.";
const NOT_REACHED: &str = "Unable to connect to S3 endpoint.";
const REFUSED: &str = "mount.nfs: access denied by server while mounting 10.0.1.5:/";

/// The mail about a run of which DataSync says this.
async fn mail_about(stage: &Stage, execution: &str, said: &str) -> anyhow::Result<Mail> {
    forget(stage, execution).await?;
    let failed = json!({"Status": "ERROR", "FilesTransferred": 0, "Result": {"ErrorDetail": said, "TransferStatus": "ERROR"}});
    patch(stage, execution, failed).await?;
    let told = one_mail(stage, report(stage, &event(execution, "ERROR"))).await;
    patch(stage, execution, Value::Null).await?;
    Ok(told?.1)
}

/// The text on one line, so that a sentence can be looked for.
fn text(mail: &Mail) -> String {
    mail.body.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) async fn a_sound_line_rules_out_what_it_can(stage: &Stage) -> anyhow::Result<()> {
    let (arn, _) = harness::run(stage).await?;
    #[rustfmt::skip]
    let cases: [(&str, &[&str]); 3] = [
        (NOT_REACHED, &["MOST LIKELY CAUSE DataSync does not reach the backup bucket", "RULED OUT The bucket", "exists, in the task's region", "The destination location is there, s3://", "NOT CHECKED The bucket's policy"]),
        (NO_MOUNT,    &["RULED OUT The source location is there, efs://", "2 of 2 mount targets of fs-", "NOT CHECKED The security groups"]),
        (REFUSED,     &["Ruled out by what was seen: The EFS refuses the mount", "Against: no policy of the file system and no access point"]),
    ];
    for (said, shown) in cases {
        let mail = mail_about(stage, &arn, said).await?;
        for words in shown {
            ensure!(
                text(&mail).contains(words),
                "no \"{words}\":\n{}",
                mail.body
            );
        }
    }
    Ok(())
}

async fn encrypt(stage: &Stage, with: &str) -> anyhow::Result<()> {
    let bucket = stage.output("BackupBucketName")?;
    let rule = format!(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>{with}</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
    );
    signed::put(&stage.cloud, "s3", &format!("/{bucket}?encryption"), rule).await?;
    Ok(())
}

async fn kms(stage: &Stage, operation: &str, input: Value) -> anyhow::Result<Value> {
    let target = format!("TrentService.{operation}");
    let headers = [
        ("x-amz-target", target.as_str()),
        ("content-type", "application/x-amz-json-1.1"),
    ];
    let answer = signed::post(&stage.cloud, "kms", "/", input.to_string(), &headers).await?;
    Ok(serde_json::from_str(&answer.body).unwrap_or_default())
}

pub(crate) async fn a_key_that_does_not_work_is_proven(stage: &Stage) -> anyhow::Result<()> {
    let (arn, _) = harness::run(stage).await?;
    let made = kms(stage, "CreateKey", json!({})).await?;
    let key = made["KeyMetadata"]["KeyId"].as_str().context("no key")?;
    encrypt(
        stage,
        &format!("<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{key}</KMSMasterKeyID>"),
    )
    .await?;
    let told = told_of_key(stage, &arn, key).await;
    encrypt(stage, "<SSEAlgorithm>AES256</SSEAlgorithm>").await?;
    told
}

async fn told_of_key(stage: &Stage, arn: &str, key: &str) -> anyhow::Result<()> {
    let mail = mail_about(stage, arn, S3_DENIED).await?;
    shows(&mail, &format!("key {key} is Enabled"))?;
    kms(stage, "DisableKey", json!({"KeyId": key})).await?;
    let mail = mail_about(stage, arn, S3_DENIED).await?;
    let subject = mail.subject();
    ensure!(
        subject.contains("the encryption key is not enabled"),
        "{subject}"
    );
    shows(&mail, "A. Proven: The key")?;
    shows(
        &mail,
        &format!("enable-key --region eu-central-1 --key-id {key}"),
    )?;
    // A key that is not enabled is no cause of a mount that fails.
    let mail = mail_about(stage, arn, NO_MOUNT).await?;
    ensure!(!text(&mail).contains("Proven"), "{}", mail.body);
    let about = mail_about(stage, arn, S3_DENIED);
    let mail = denied(stage, REPORTER, &["kms:DescribeKey"], about).await?;
    shows(
        &mail,
        "NOT CHECKED The bucket's encryption and key: kms:DescribeKey: ",
    )?;
    let soon = json!({"KeyId": key, "PendingWindowInDays": 7});
    kms(stage, "ScheduleKeyDeletion", soon).await?;
    let mail = mail_about(stage, arn, S3_DENIED).await?;
    shows(&mail, "cancel-key-deletion")
}

fn shows(mail: &Mail, words: &str) -> anyhow::Result<()> {
    ensure!(text(mail).contains(words), "no \"{words}\":\n{}", mail.body);
    Ok(())
}

/// Where nothing may be looked at, the mail goes out as ever and says so; and a run
/// of another kind is not looked at.
pub(crate) async fn what_may_not_be_seen_is_said(stage: &Stage) -> anyhow::Result<()> {
    let (arn, _) = harness::run(stage).await?;
    let all = [
        "s3:GetBucketLocation",
        "s3:GetEncryptionConfiguration",
        "kms:DescribeKey",
        "datasync:DescribeLocationEfs",
        "datasync:DescribeLocationS3",
        "elasticfilesystem:DescribeMountTargets",
        "elasticfilesystem:DescribeFileSystemPolicy",
    ];
    let begun = Instant::now();
    let mail = denied(stage, REPORTER, &all, mail_about(stage, &arn, NOT_REACHED)).await?;
    ensure!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    for action in ["s3:GetBucketLocation", "datasync:DescribeLocationS3"] {
        ensure!(
            text(&mail).contains(&format!("{action}: AccessDenied")),
            "{}",
            mail.body
        );
    }
    ensure!(!text(&mail).contains("RULED OUT"), "{}", mail.body);
    let mail = mail_about(stage, &arn, "The task was Cancelled by the user").await?;
    ensure!(!text(&mail).contains("NOT CHECKED"), "{}", mail.body);
    Ok(())
}
