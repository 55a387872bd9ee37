//! A bucket that was there before the stack.

use crate::harness::program::{binaries, ended, tool, tool_on, user_without};
use crate::harness::{Stage, signed};
use crate::tool::{delete, deploy};
use anyhow::{Context, ensure};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, Region};
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, CreateBucketConfiguration,
    ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
    VersioningConfiguration,
};
use serde_json::Value;

const BUCKET: &str = "acme-archive-of-before";

/// The tool looks at a bucket that was there before, and never changes it.
pub(crate) async fn it_is_audited_first(stage: &Stage) -> anyhow::Result<()> {
    let bucket = BUCKET;
    let put = format!(
        "aws s3api put-bucket-versioning --region eu-central-1 --bucket {bucket} \
         --versioning-configuration Status=Enabled"
    );
    taken(stage, bucket, "there is no bucket acme-archive-of-before").await?;
    make_bucket(stage, bucket).await?;
    taken(stage, bucket, &put).await?;
    set_versioning(stage, bucket, BucketVersioningStatus::Suspended).await?;
    taken(stage, bucket, "versioning is suspended").await?;
    set_versioning(stage, bucket, BucketVersioningStatus::Enabled).await?;
    set_expiration(stage, bucket).await?;
    let expires = "rule \"tidy\" (all keys) expires current versions 30 days after";
    taken(stage, bucket, expires).await?;
    let request = stage.s3.delete_bucket_lifecycle();
    request.bucket(bucket).send().await?;
    // A bucket without rules costs more than it should, and keeps everything.
    let stderr = taken(stage, bucket, "confirm the changes, or pass --yes").await?;
    for text in [
        "high: no lifecycle rule is enabled (LC-01)",
        "when the file is changed or deleted? YES",
    ] {
        ensure!(stderr.contains(text), "{stderr}");
    }
    let rules = stage.s3.get_bucket_lifecycle_configuration();
    let rules = rules.bucket(bucket).send().await;
    ensure!(rules.is_err(), "the tool has set rules");
    Ok(())
}

/// A bucket elsewhere is no bucket for this stack, and what may not be read is never
/// fine.
pub(crate) async fn what_cannot_be_judged_is_refused(stage: &Stage) -> anyhow::Result<()> {
    let elsewhere = Region::new("eu-west-1");
    let config = Builder::from(&stage.cloud.config()).region(elsewhere);
    let there = CreateBucketConfiguration::builder().location_constraint("eu-west-1".into());
    let request = Client::from_conf(config.build()).create_bucket();
    let request = request.bucket("acme-elsewhere");
    let request = request.create_bucket_configuration(there.build());
    request.send().await?;
    let words = "bucket acme-elsewhere is in eu-west-1, the stack in eu-central-1: deploy with --region eu-west-1";
    taken(stage, "acme-elsewhere", words).await?;
    #[rustfmt::skip]
    let cases = [
        ("s3:ListBucket",                "this identity lacks s3:ListBucket on it"),
        ("s3:GetBucketVersioning",       "s3:GetBucketVersioning: AccessDenied"),
        ("s3:GetLifecycleConfiguration", "allow this identity s3:GetLifecycleConfiguration"),
    ];
    for (place, (action, words)) in cases.into_iter().enumerate() {
        let user = user_without(stage, &format!("blind-{place}"), &[action]).await?;
        let (code, stderr) = deployed(stage, BUCKET, &user).await?;
        ensure!(code == 4 && stderr.contains(words), "{code}: {stderr}");
    }
    Ok(())
}

/// It is backed up to as it is, and audited as the bucket of somebody: its rules are
/// never the template's.
pub(crate) async fn it_is_used_as_it_is(stage: &Stage) -> anyhow::Result<()> {
    let functions = binaries()?.display().to_string();
    let bucket = format!("ExistingBucketName={BUCKET}");
    let email = ["--parameter", "AlertEmail=ops@example.com"];
    let more = [
        "--parameter",
        &bucket,
        "--parameter",
        "FleetMaxSize=0",
        "--yes",
        "--json",
    ];
    let arguments = deploy("taken", &functions, &[&email[..], &more[..]].concat());
    let (code, stdout, stderr) = tool_on(&stage.cloud, &arguments).await?;
    ensure!(code == 0, "{code}: {stderr}");
    let outputs: Value = serde_json::from_str(&stdout)?;
    ensure!(outputs["BackupBucketName"] == BUCKET, "{outputs}");
    let (code, stdout, stderr) =
        tool_on(&stage.cloud, &["status", "--stack-name", "taken"]).await?;
    ensure!(code == 0, "{code}: {stdout}{stderr}");

    its_audit_expects_nothing(stage, &outputs).await?;
    delete(stage, "taken").await?;
    let request = stage.s3.head_bucket().bucket(BUCKET);
    request.send().await.context("the bucket stays")?;
    Ok(())
}

async fn its_audit_expects_nothing(stage: &Stage, outputs: &Value) -> anyhow::Result<()> {
    let name = outputs["AuditBucketFunctionName"]
        .as_str()
        .context("no function")?;
    let path = format!("/2015-03-31/functions/{name}/invocations");
    let answer = signed::post(&stage.cloud, "lambda", &path, "{}".to_owned(), &[]).await?;
    let report: Value = serde_json::from_str(&answer.body)?;
    ensure!(report["buckets"][0]["prefix"] == "efs/", "{report}");
    let finding = &report["findings"][0];
    ensure!(
        finding["check"] == "LC-01" && report["findings"][1].is_null(),
        "{report}"
    );
    let command = finding["remedy"]["command"].as_str().unwrap_or_default();
    ensure!(
        command.contains("housekeeping") && !command.contains("expire-old-versions"),
        "{command}"
    );
    Ok(())
}

pub(crate) async fn make_bucket(stage: &Stage, bucket: &str) -> anyhow::Result<()> {
    let here = CreateBucketConfiguration::builder().location_constraint(rehearsal::REGION.into());
    let request = stage.s3.create_bucket().bucket(bucket);
    let request = request.create_bucket_configuration(here.build());
    request.send().await?;
    Ok(())
}

/// Deploys to a bucket; it must be refused with these words, and make no stack.
async fn taken(stage: &Stage, bucket: &str, text: &str) -> anyhow::Result<String> {
    let (code, stderr) = deployed(stage, bucket, &[]).await?;
    ensure!(code == 3 && stderr.contains(text), "{code}: {stderr}");
    let (_, _, look) = tool_on(&stage.cloud, &["outputs", "--stack-name", "taken"]).await?;
    ensure!(look.contains("there is no stack taken"), "{look}");
    Ok(stderr)
}

/// Deploys to a bucket, without a yes; gives the exit code and what was said.
async fn deployed(
    stage: &Stage,
    bucket: &str,
    user: &[(&'static str, String)],
) -> anyhow::Result<(i32, String)> {
    let functions = binaries()?.display().to_string();
    let bucket = format!("ExistingBucketName={bucket}");
    let email = "AlertEmail=ops@example.com";
    let more = ["--parameter", email, "--parameter", &bucket];
    let mut command = tool(&deploy("taken", &functions, &more))?;
    command.envs(stage.cloud.environment());
    let (code, _, stderr) = ended(command.envs(user.to_vec()).output().await?)?;
    Ok((code, stderr))
}

async fn set_versioning(
    stage: &Stage,
    bucket: &str,
    status: BucketVersioningStatus,
) -> anyhow::Result<()> {
    let versioning = VersioningConfiguration::builder().status(status).build();
    let request = stage.s3.put_bucket_versioning().bucket(bucket);
    request.versioning_configuration(versioning).send().await?;
    Ok(())
}

async fn set_expiration(stage: &Stage, bucket: &str) -> anyhow::Result<()> {
    let rule = LifecycleRule::builder()
        .id("tidy")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .expiration(LifecycleExpiration::builder().days(30).build());
    let rules = BucketLifecycleConfiguration::builder().rules(rule.build()?);
    let request = stage.s3.put_bucket_lifecycle_configuration().bucket(bucket);
    request
        .lifecycle_configuration(rules.build()?)
        .send()
        .await?;
    Ok(())
}
