//! Who may change what keeps the backup, with `ProtectConfiguration=true`: the
//! role that deploys and the role that breaks the glass, and nobody else. Every
//! role here may do everything, so that only the policy of the bucket tells them apart.

use crate::harness::program::{binaries, ended, tool};
use crate::harness::{Stage, root, signed};
use crate::tool::delete;
use anyhow::{Context, ensure};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, Credentials};
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{BucketLifecycleConfiguration, BucketVersioningStatus};
use aws_sdk_s3::types::{LifecycleRule, VersioningConfiguration};
use rehearsal::xml;
use serde_json::{Value, json};
use std::fmt::Debug;

const STACK: &str = "protected";

/// Credentials of a role, as `AssumeRole` gives them to somebody of the account.
struct Session {
    arn: String,
    key: String,
    secret: String,
    token: String,
}

impl Session {
    /// Makes the role, which may do everything, and assumes it.
    async fn of(stage: &Stage, role: &str) -> anyhow::Result<Self> {
        let policy =
            |statement: Value| json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        let trust = policy(
            json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}),
        );
        let all = policy(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
        let cloud = &stage.cloud;
        #[rustfmt::skip]
        let made = signed::query(cloud, "iam", "CreateRole", &[("RoleName", role), ("AssumeRolePolicyDocument", &trust)]).await?;
        #[rustfmt::skip]
        signed::query(cloud, "iam", "PutRolePolicy", &[("RoleName", role), ("PolicyName", "all"), ("PolicyDocument", &all)]).await?;
        let arn = element(&made.body, "Arn")?;
        #[rustfmt::skip]
        let session = signed::query(cloud, "sts", "AssumeRole", &[("RoleArn", &arn), ("RoleSessionName", "person")]).await?.body;
        Ok(Session {
            arn,
            key: element(&session, "AccessKeyId")?,
            secret: element(&session, "SecretAccessKey")?,
            token: element(&session, "SessionToken")?,
        })
    }

    fn s3(&self, stage: &Stage) -> Client {
        let token = Some(self.token.clone());
        let credentials = Credentials::new(&self.key, &self.secret, token, None, "session");
        let config = Builder::from(&stage.cloud.config()).credentials_provider(credentials);
        Client::from_conf(config.build())
    }

    /// `efs-backup deploy` of the stack; gives exit code, stdout and stderr.
    async fn deploys(
        &self,
        stage: &Stage,
        template: &str,
        parameters: &[&str],
    ) -> anyhow::Result<(i32, String, String)> {
        let functions = binaries()?.display().to_string();
        let mut arguments = vec!["deploy", "--stack-name", STACK, "--functions", &functions];
        arguments.extend(["--template", template, "--yes", "--json"]);
        for parameter in parameters {
            arguments.extend(["--parameter", *parameter]);
        }
        let mut command = tool(&arguments)?;
        command.envs(stage.cloud.environment()).envs([
            ("AWS_ACCESS_KEY_ID", &self.key),
            ("AWS_SECRET_ACCESS_KEY", &self.secret),
            ("AWS_SESSION_TOKEN", &self.token),
        ]);
        ended(command.output().await?)
    }
}

fn element(body: &str, name: &str) -> anyhow::Result<String> {
    let text = xml::text(body, name).with_context(|| format!("no {name} in {body}"))?;
    Ok(text.to_owned())
}

pub(crate) async fn two_roles_change_what_keeps_the_backup(stage: &Stage) -> anyhow::Result<()> {
    let deployer = Session::of(stage, "protection-deployer").await?;
    let keeper = Session::of(stage, "protection-break-glass").await?;
    let admin = Session::of(stage, "protection-admin").await?;
    let bucket = &deploy_protected(stage, &deployer, &keeper).await?;

    check_second_deploys(stage, bucket, &deployer, &admin).await?;
    check_rollback(stage, bucket, &deployer).await?;
    check_settings(stage, bucket, &[&deployer, &keeper], &admin).await?;
    check_versions(stage, bucket, &keeper, &[&deployer, &admin]).await?;
    check_no_lock_out(stage, bucket, &admin).await?;
    delete(stage, STACK).await
}

/// The first deployment; gives the name of the bucket.
async fn deploy_protected(
    stage: &Stage,
    deployer: &Session,
    keeper: &Session,
) -> anyhow::Result<String> {
    let (deploys, breaks) = (
        format!("DeploymentRoleArn={}", deployer.arn),
        format!("BreakGlassRoleArn={}", keeper.arn),
    );
    #[rustfmt::skip]
    let parameters = [
        "AlertEmail=ops@example.com", "FleetMaxSize=0", "ProtectConfiguration=true", "ObjectLockMode=GOVERNANCE",
        "ObjectLockDays=30", "ArchiveAfterDays=30", &deploys, &breaks,
    ];
    let (code, stdout, stderr) = deployer.deploys(stage, &template(), &parameters).await?;
    ensure!(code == 0, "{code}: {stderr}");
    let outputs: Value = serde_json::from_str(&stdout)?;
    let bucket = outputs["BackupBucketName"].as_str().context("no bucket")?;
    Ok(bucket.to_owned())
}

fn template() -> String {
    root().join("template.yaml").display().to_string()
}

/// A change of a protected setting passes for the deployment role, and for nobody
/// else; what is not protected, an admin may still deploy.
async fn check_second_deploys(
    stage: &Stage,
    bucket: &str,
    deployer: &Session,
    admin: &Session,
) -> anyhow::Result<()> {
    let change = ["ArchiveAfterDays=90"];
    let (code, _, stderr) = admin.deploys(stage, &template(), &change).await?;
    ensure!(
        code == 1 && stderr.contains("first failure: BackupBucket (AWS::S3::Bucket)"),
        "{code}: {stderr}"
    );
    ensure!(archive_days(stage, bucket).await? == Some(30), "{stderr}");

    let (code, _, stderr) = deployer.deploys(stage, &template(), &change).await?;
    ensure!(code == 0, "{code}: {stderr}");
    ensure!(archive_days(stage, bucket).await? == Some(90), "{stderr}");

    let (code, _, stderr) = admin
        .deploys(stage, &template(), &["MaxRunHours=10"])
        .await?;
    ensure!(code == 0, "{code}: {stderr}");
    Ok(())
}

/// A deployment that fails after it has changed the rules leaves them as they were.
async fn check_rollback(stage: &Stage, bucket: &str, deployer: &Session) -> anyhow::Result<()> {
    let whole = std::fs::read_to_string(template())?;
    let broken = "\nResources:\n  Broken:\n    DependsOn: BackupBucket\n    Type: AWS::EC2::SecurityGroupIngress\n    \
        Properties: {GroupId: sg-00000000000000000, IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/8}\n";
    let path = stage.cloud.folder.join("protected-broken.yaml");
    std::fs::write(&path, whole.replacen("\nResources:\n", broken, 1))?;
    let path = path.display().to_string();
    let (code, _, stderr) = deployer
        .deploys(stage, &path, &["ArchiveAfterDays=0"])
        .await?;
    ensure!(
        code == 1 && stderr.contains("first failure: Broken (AWS::EC2::SecurityGroupIngress)"),
        "{code}: {stderr}"
    );
    let stacks = [("StackName", STACK)];
    let described =
        signed::query(&stage.cloud, "cloudformation", "DescribeStacks", &stacks).await?;
    ensure!(
        element(&described.body, "StackStatus")? == "UPDATE_ROLLBACK_COMPLETE",
        "{}",
        described.body
    );
    ensure!(archive_days(stage, bucket).await? == Some(90), "{stderr}");
    Ok(())
}

/// The days after which an old version moves to the archive.
async fn archive_days(stage: &Stage, bucket: &str) -> anyhow::Result<Option<i32>> {
    let rules = rules(&stage.s3, bucket).await?;
    let mut moves = rules
        .iter()
        .flat_map(LifecycleRule::noncurrent_version_transitions);
    Ok(moves
        .next()
        .and_then(|transition| transition.noncurrent_days()))
}

async fn rules(s3: &Client, bucket: &str) -> anyhow::Result<Vec<LifecycleRule>> {
    let found = s3.get_bucket_lifecycle_configuration().bucket(bucket);
    Ok(found.send().await?.rules().to_vec())
}

/// The same puts, made at S3 itself, each with what is there already.
async fn check_settings(
    stage: &Stage,
    bucket: &str,
    may: &[&Session],
    may_not: &Session,
) -> anyhow::Result<()> {
    for session in may {
        for (name, code) in puts(&session.s3(stage), bucket).await? {
            ensure!(code.is_none(), "{}: {name}: {code:?}", session.arn);
        }
    }
    // Nor may the root user, who is not exempt from the policy of a bucket.
    for s3 in [&may_not.s3(stage), &stage.s3] {
        for (name, code) in puts(s3, bucket).await? {
            ensure!(code.as_deref() == Some("AccessDenied"), "{name}: {code:?}");
        }
    }
    Ok(())
}

/// Makes each put; gives the code of the error it ended in, if it did.
async fn puts(s3: &Client, bucket: &str) -> anyhow::Result<[(&'static str, Option<String>); 3]> {
    let rules = BucketLifecycleConfiguration::builder().set_rules(Some(rules(s3, bucket).await?));
    let lifecycle = s3.put_bucket_lifecycle_configuration().bucket(bucket);
    let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
    let versions = s3.put_bucket_versioning().bucket(bucket);
    let lock = s3.get_object_lock_configuration().bucket(bucket).send();
    let locks = s3.put_object_lock_configuration().bucket(bucket);
    let lifecycle = lifecycle.lifecycle_configuration(rules.build()?).send();
    let versions = versions.versioning_configuration(versioning.build()).send();
    let locks = locks.set_object_lock_configuration(lock.await?.object_lock_configuration);
    Ok([
        ("lifecycle", code(lifecycle.await)?),
        ("versioning", code(versions.await)?),
        ("object lock", code(locks.send().await)?),
    ])
}

fn code<T, E, R>(answer: Result<T, SdkError<E, R>>) -> anyhow::Result<Option<String>>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: Debug,
{
    match answer {
        Ok(_) => Ok(None),
        Err(error) => {
            let code = error.code().map(str::to_owned);
            let code = code.with_context(|| DisplayErrorContext(error).to_string())?;
            Ok(Some(code))
        }
    }
}

/// A version goes by the hand of one role, which has to say that it breaks the lock.
async fn check_versions(
    stage: &Stage,
    bucket: &str,
    may: &Session,
    may_not: &[&Session],
) -> anyhow::Result<()> {
    let put = stage.s3.put_object().bucket(bucket).key("efs/kept");
    let version = put.body(b"kept".to_vec().into()).send().await?;
    let version = version.version_id().context("no version")?;
    let delete = |s3: Client, breaks: bool| {
        let delete = s3.delete_object().bucket(bucket).key("efs/kept");
        delete
            .version_id(version)
            .set_bypass_governance_retention(breaks.then_some(true))
            .send()
    };
    for session in may_not {
        for breaks in [false, true] {
            let code = code(delete(session.s3(stage), breaks).await)?;
            ensure!(
                code.as_deref() == Some("AccessDenied"),
                "{}: {code:?}",
                session.arn
            );
        }
    }
    let locked = code(delete(may.s3(stage), false).await)?;
    ensure!(locked.as_deref() == Some("AccessDenied"), "{locked:?}");
    let gone = code(delete(may.s3(stage), true).await)?;
    ensure!(gone.is_none(), "{gone:?}");
    Ok(())
}

/// The policy itself can be replaced by every admin: nobody is locked out of the bucket.
async fn check_no_lock_out(stage: &Stage, bucket: &str, admin: &Session) -> anyhow::Result<()> {
    let s3 = admin.s3(stage);
    let policy = s3.get_bucket_policy().bucket(bucket).send().await?;
    let policy = policy.policy().context("no policy")?.to_owned();
    s3.delete_bucket_policy().bucket(bucket).send().await?;
    s3.put_bucket_policy()
        .bucket(bucket)
        .policy(policy)
        .send()
        .await?;
    for (name, code) in puts(&s3, bucket).await? {
        ensure!(code.as_deref() == Some("AccessDenied"), "{name}: {code:?}");
    }
    Ok(())
}
