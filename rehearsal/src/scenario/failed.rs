//! The bucket is closed to the task: nothing is copied, nothing is changed, and
//! the mail has `DataSync`'s own words; the run after the repair is good again.

use super::{check, check_good, check_says, check_verdict, tell};
use crate::{Mail, Say, Stage};
use anyhow::Context;
use serde_json::{Value, json};

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  a bucket policy shuts out the role of the task; the schedule fires");
    let policy = policy(stage).await?;
    let role = role(stage).await?;
    put_policy(stage, &shutting_out(&policy, &role)?).await?;
    let run = stage.run().await;
    put_policy(stage, &policy).await?;
    let run = run?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "FAILED")?;
    check_says(&run.mail, "FsS3HeadBucketFailed")?;
    check_says(&run.mail, "Access denied")?;
    check(
        run.before == run.after,
        "no change in the bucket",
        format!("{:?}", run.new_versions()),
    )?;

    say("    the policy is as before; the schedule fires");
    let repaired = stage.run().await?;
    tell(&repaired.mail, say);
    check_good(&repaired.mail)?;
    Ok(vec![run.mail, repaired.mail])
}

/// The role with which `DataSync` writes to the bucket.
async fn role(stage: &Stage) -> anyhow::Result<String> {
    let task = stage.datasync.describe_task();
    let task = task.task_arn(stage.output("TaskArn")?).send().await?;
    let location = stage.datasync.describe_location_s3();
    let location = location
        .set_location_arn(task.destination_location_arn)
        .send()
        .await?;
    let config = location.s3_config.context("a location without a role")?;
    Ok(config.bucket_access_role_arn)
}

/// The policy with a denial for one role on top.
fn shutting_out(policy: &str, role: &str) -> anyhow::Result<String> {
    let mut policy: Value = serde_json::from_str(policy).context("no JSON in the policy")?;
    let statements = policy["Statement"].as_array_mut();
    let statements = statements.context("a policy without statements")?;
    let resource = statements[0]["Resource"].clone();
    statements.push(json!({
        "Sid": "ShutOut", "Effect": "Deny", "Principal": {"AWS": role}, "Action": "s3:*",
        "Resource": resource,
    }));
    Ok(policy.to_string())
}

async fn policy(stage: &Stage) -> anyhow::Result<String> {
    let request = stage.s3.get_bucket_policy();
    let answer = request.bucket(stage.output("BackupBucketName")?).send();
    let policy = answer.await.context("cannot read the bucket's policy")?;
    policy.policy.context("the bucket has no policy")
}

async fn put_policy(stage: &Stage, policy: &str) -> anyhow::Result<()> {
    let request = stage.s3.put_bucket_policy().policy(policy);
    let answer = request.bucket(stage.output("BackupBucketName")?).send();
    answer.await.context("cannot change the bucket's policy")?;
    Ok(())
}
