//! `efs-backup` as a person uses it.

use crate::harness::program::{binaries, ended, tool, tool_on};
use crate::harness::{self, STACK, Stage, root, signed};
use anyhow::{Context, ensure};
use deploy::aws::Aws;
use deploy::stack;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The arguments of a deployment of the real template.
pub(crate) fn deploy<'a>(stack: &'a str, functions: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["deploy", "--stack-name", stack, "--functions", functions];
    arguments.extend(more);
    arguments
}

pub(crate) async fn a_second_deploy_changes_nothing(stage: &Stage) -> anyhow::Result<()> {
    let functions = binaries()?.display().to_string();
    let arguments = deploy(STACK, &functions, &["--json"]);
    let (code, stdout, stderr) = tool_on(&stage.cloud, &arguments).await?;
    ensure!(
        code == 0 && stderr.contains("nothing to change"),
        "{code}: {stderr}"
    );
    let outputs: Value = serde_json::from_str(&stdout)?;
    ensure!(outputs["TaskArn"] == stage.output("TaskArn")?, "{stdout}");

    let (code, stdout, _) = tool_on(&stage.cloud, &["outputs", "--stack-name", STACK]).await?;
    let line = format!("TaskArn: {}", stage.output("TaskArn")?);
    ensure!(
        code == 0 && stdout.lines().any(|found| found == line),
        "{stdout}"
    );
    Ok(())
}

/// Nobody is there to confirm, so nothing happens, and nothing stays behind.
pub(crate) async fn without_a_yes_nothing_is_changed(stage: &Stage) -> anyhow::Result<()> {
    let functions = binaries()?.display().to_string();
    let email = ["--parameter", "AlertEmail=ops@example.com"];
    let arguments = deploy("unconfirmed", &functions, &email);
    let (code, stdout, stderr) = tool_on(&stage.cloud, &arguments).await?;
    ensure!(
        code == 3 && stderr.contains("pass --yes") && stdout.is_empty(),
        "{code}: {stderr}"
    );
    let look = ["outputs", "--stack-name", "unconfirmed", "--json"];
    let (code, stdout, stderr) = tool_on(&stage.cloud, &look).await?;
    let text = "there is no stack unconfirmed";
    ensure!(code == 1 && stderr.contains(text), "{code}: {stderr}");
    let failure: Value = serde_json::from_str(&stdout)?;
    let error = &failure["error"];
    ensure!(
        failure["schema"] == "backup.error/1"
            && error["exit"] == 1
            && error["text"]
                .as_str()
                .is_some_and(|said| said.contains(text)),
        "{stdout}"
    );
    Ok(())
}

/// Before anything is asked of AWS, and before minutes are spent.
pub(crate) async fn what_is_missing_is_said_first(_: &Stage) -> anyhow::Result<()> {
    let folder = harness_folder("no-cargo-lambda")?;
    let cargo = folder.join("cargo");
    std::fs::write(&cargo, "#!/bin/sh\nexit 101\n")?;
    std::fs::set_permissions(&cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let empty = harness_folder("no-cargo")?;
    #[rustfmt::skip]
    let cases = [
        (&folder, "cargo-lambda is missing, which builds the functions: install it with `pip install cargo-lambda ziglang`"),
        (&empty,  "cannot start cargo; install Rust"),
    ];
    for (path, expected) in cases {
        let arguments = ["deploy", "--parameter", "AlertEmail=ops@example.com"];
        let mut command = tool(&arguments)?;
        let (code, _, stderr) = ended(command.env("PATH", path).output().await?)?;
        ensure!(code == 1 && stderr.contains(expected), "{code}: {stderr}");
        ensure!(!stderr.contains("account"), "{stderr}");
    }
    Ok(())
}

/// An empty folder for one test.
fn harness_folder(name: &str) -> anyhow::Result<PathBuf> {
    let folder = binaries()?.join("acceptance").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

const PROFILES: &str = r#"
[default.deploy.parameters]
stack_name = "from-the-file"
[small.deploy.parameters]
stack_name = "small-one"
parameter_overrides = "AlertEmail=ops@example.com FleetMinSize='2' FleetMaxSize=1"
"#;

/// `samconfig.toml` says which stack is meant and with which parameters; the command
/// line wins.
pub(crate) async fn a_profile_comes_from_samconfig(stage: &Stage) -> anyhow::Result<()> {
    let folder = harness_folder("profiles")?;
    std::fs::create_dir(folder.join("functions"))?;
    std::fs::copy(root().join("template.yaml"), folder.join("template.yaml"))?;
    std::fs::write(folder.join("samconfig.toml"), PROFILES)?;
    let functions = binaries()?.display().to_string();
    let deploy = ["deploy", "--functions", &functions];
    let small = ["--config-env", "small"];
    let fits = ["--parameter", "FleetMinSize=1"];
    #[rustfmt::skip]
    let cases: [(Vec<&str>, i32, &[&str]); 6] = [
        (vec!["outputs"],                                   1, &["there is no stack from-the-file"]),
        (vec!["outputs", "--stack-name", "mine"],           1, &["there is no stack mine"]),
        (vec!["status", "--config-env", "large"],           2, &["samconfig.toml has no environment large; it has default, small"]),
        (deploy.to_vec(),                                   2, &["parameter AlertEmail is required"]),
        ([&deploy[..], &small[..]].concat(),                2, &["With FleetMaxSize=1, FleetMinSize must be 1", "nothing was changed"]),
        ([&deploy[..], &small[..], &fits[..]].concat(),     3, &["create stack small-one", "pass --yes"]),
    ];
    for (arguments, expected, texts) in cases {
        let mut command = tool(&arguments)?;
        command.current_dir(&folder).envs(stage.cloud.environment());
        let (code, _, stderr) = ended(command.output().await?)?;
        ensure!(code == expected, "{arguments:?}: {code} {stderr}");
        for text in texts {
            ensure!(stderr.contains(text), "{arguments:?}: {stderr}");
        }
    }
    Ok(())
}

/// The strict profile needs two roles, and says so before anything is built; with
/// them it is planned.
pub(crate) async fn the_strict_profile_names_what_it_needs(stage: &Stage) -> anyhow::Result<()> {
    let functions = binaries()?.display().to_string();
    let email = "AlertEmail=ops@example.com";
    let role = "DeploymentRoleArn=arn:aws:iam::111122223333:role/deployer";
    let other = "BreakGlassRoleArn=arn:aws:iam::111122223333:role/break-glass";
    let none = ["--config-env", "strict", "--parameter", email];
    let one = [&none[..], &["--parameter", role][..]].concat();
    let both = [&one[..], &["--parameter", other][..]].concat();
    #[rustfmt::skip]
    let cases: [(&[&str], i32, &[&str]); 3] = [
        (&none, 2, &["needs BreakGlassRoleArn", "not given: BreakGlassRoleArn, DeploymentRoleArn"]),
        (&one,  2, &["needs BreakGlassRoleArn", "not given: BreakGlassRoleArn: pass --parameter"]),
        (&both, 3, &["create stack strict", "DataKey", "pass --yes"]),
    ];
    for (more, expected, texts) in cases {
        let arguments = deploy("strict", &functions, more);
        let (code, _, stderr) = tool_on(&stage.cloud, &arguments).await?;
        ensure!(code == expected, "{code}: {stderr}");
        for text in texts {
            ensure!(stderr.contains(text), "{text}: {stderr}");
        }
    }
    Ok(())
}

pub(crate) async fn mistakes_are_named(stage: &Stage) -> anyhow::Result<()> {
    let functions = binaries()?.display().to_string();
    #[rustfmt::skip]
    let cases: [(Vec<&str>, i32, &str); 6] = [
        (deploy("s", &functions, &[]),                        2, "parameter AlertEmail is required: pass --parameter AlertEmail=VALUE"),
        (deploy("s", &functions, &["--parameter", "Mail=x"]), 2, "the template has no parameter Mail; "),
        (deploy("s", "/no/such/folder", &["--parameter", "AlertEmail=a@b.cd"]), 2, "no binary of start-execution in /no/such/folder"),
        (deploy("s", &functions, &["--parameter", "A=b", "--parameter", "A=c"]), 2, "parameter A is given twice"),
        (vec!["outputs", "--profile", "nobody"],              4, "sign in"),
        (vec!["deploy", "--template", "/no/such.yaml"],       1, "cannot read the template /no/such.yaml"),
    ];
    for (arguments, expected, text) in cases {
        let (code, stdout, stderr) = tool_on(&stage.cloud, &arguments).await?;
        ensure!(
            code == expected && stderr.contains(text),
            "{arguments:?}: {code} {stderr}"
        );
        ensure!(stdout.is_empty(), "stdout is for results: {stdout}");
    }
    let mut no_credentials = tool(&["outputs", "--region", "eu-central-1"])?;
    let (code, _, stderr) = ended(no_credentials.output().await?)?;
    ensure!(
        code == 4 && stderr.contains("no valid AWS credentials"),
        "{code}: {stderr}"
    );
    let (code, _, stderr) = ended(tool(&["outputs"])?.output().await?)?;
    ensure!(
        code == 2 && stderr.contains("pass --region"),
        "{code}: {stderr}"
    );
    Ok(())
}

/// The report role of a second stack cannot be assumed, so its destination
/// location fails; that is the cause, whatever else is cancelled.
pub(crate) async fn a_failed_deploy_names_its_cause(stage: &Stage) -> anyhow::Result<()> {
    let template = std::fs::read_to_string(root().join("template.yaml"))?;
    let broken = template.replacen(
        "Service: datasync.amazonaws.com",
        "Service: ec2.amazonaws.com",
        1,
    );
    ensure!(broken != template, "the template has no role for DataSync");
    let path = stage.cloud.folder.join("broken.yaml");
    std::fs::write(&path, broken)?;
    let (path, functions) = (
        path.display().to_string(),
        binaries()?.display().to_string(),
    );
    let more = [
        "--template",
        &path,
        "--yes",
        "--parameter",
        "AlertEmail=ops@example.com",
    ];
    let (code, _, stderr) = tool_on(&stage.cloud, &deploy("broken", &functions, &more)).await?;
    ensure!(code == 1, "{code}: {stderr}");
    ensure!(
        stderr.contains("first failure: DestinationLocation (AWS::DataSync::LocationS3)"),
        "{stderr}"
    );
    ensure!(
        stderr.contains("cloudformation delete-stack --stack-name arn:aws:cloudformation:"),
        "{stderr}"
    );
    Ok(())
}

/// Two stacks live in one account; deleting one keeps its data. This one has no
/// fleet, and backs up whole machines.
pub(crate) async fn a_second_stack_comes_and_goes(stage: &Stage) -> anyhow::Result<()> {
    let known = stage.mails()?.len();
    let outputs = second_stack(stage, &["FleetMaxSize=0", "SystemBackup=true"]).await?;
    ensure!(outputs["TaskArn"] != stage.output("TaskArn")?, "{outputs}");
    ensure!(outputs["FleetGroupName"].is_null(), "{outputs}");
    let vault = outputs["SystemBackupVaultName"]
        .as_str()
        .context("no vault")?;
    let groups = signed::query(
        &stage.cloud,
        "autoscaling",
        "DescribeAutoScalingGroups",
        &[],
    )
    .await?;
    ensure!(!groups.body.contains("second-fleet"), "{}", groups.body);
    check_selections(stage, &outputs).await?;
    check_failed_system_backup_is_told(stage, vault, known).await?;

    delete(stage, "second").await?;
    let path = format!("/backup-vaults/{vault}");
    signed::get(&stage.cloud, "backup", &path)
        .await
        .context("the vault was kept")?;
    let bucket = outputs["BackupBucketName"].as_str().context("no bucket")?;
    stage
        .s3
        .head_bucket()
        .bucket(bucket)
        .send()
        .await
        .context("the backup was kept")?;
    Ok(())
}

async fn second_stack(stage: &Stage, parameters: &[&str]) -> anyhow::Result<Value> {
    let functions = binaries()?.display().to_string();
    let mut more = vec![
        "--json",
        "--yes",
        "--parameter",
        "AlertEmail=ops@example.com",
    ];
    for parameter in parameters {
        more.extend(["--parameter", parameter]);
    }
    let (code, stdout, stderr) =
        tool_on(&stage.cloud, &deploy("second", &functions, &more)).await?;
    ensure!(code == 0, "{code}: {stderr}");
    Ok(serde_json::from_str(&stdout)?)
}

/// The file system is selected by its ARN, machines and databases by a tag.
async fn check_selections(stage: &Stage, outputs: &Value) -> anyhow::Result<()> {
    let plans = json_of(stage, "/backup/plans/").await?;
    let plan = plans["BackupPlansList"][0]["BackupPlanId"]
        .as_str()
        .context("no plan")?;
    let listed = json_of(stage, &format!("/backup/plans/{plan}/selections/")).await?;
    let mut texts = Vec::new();
    for selection in listed["BackupSelectionsList"]
        .as_array()
        .context("no selections")?
    {
        let id = selection["SelectionId"].as_str().unwrap_or_default();
        let selection = json_of(stage, &format!("/backup/plans/{plan}/selections/{id}")).await?;
        texts.push(selection["BackupSelection"].to_string());
    }
    let file_system = outputs["FileSystemId"].as_str().unwrap_or("no file system");
    let expected = [file_system, "aws:ResourceTag/backup"];
    let found = |text: &&str| texts.iter().filter(|found| found.contains(*text)).count() == 1;
    ensure!(texts.len() == 2 && expected.iter().all(found), "{texts:?}");
    Ok(())
}

async fn json_of(stage: &Stage, path: &str) -> anyhow::Result<Value> {
    let answer = signed::get(&stage.cloud, "backup", path).await?;
    Ok(serde_json::from_str(&answer.body)?)
}

/// A job of our vault that failed is mailed, one that succeeded is not.
async fn check_failed_system_backup_is_told(
    stage: &Stage,
    vault: &str,
    known: usize,
) -> anyhow::Result<()> {
    stage
        .confirm_since(known, &|text| eprintln!("{text}"))
        .await?;
    let known = stage.mails()?.len();
    let job = |state: &str, vault: &str| {
        let detail = json!({"backupJobId": "job-1", "backupVaultName": vault, "state": state,
            "resourceArn": "arn:aws:ec2:eu-central-1:111122223333:instance/i-1"});
        json!({"Source": "aws.backup", "DetailType": "Backup Job State Change", "Detail": detail.to_string()})
    };
    let events = json!([
        job("COMPLETED", vault),
        job("FAILED", "another"),
        job("EXPIRED", vault)
    ]);
    stage.cloud.emit(events).await?;
    let mail = stage.next_mail(known).await?;
    ensure!(
        mail.body.contains("the system backup of arn:aws:ec2:eu-central-1:111122223333:instance/i-1 ended as EXPIRED")
            && mail.body.contains("--backup-job-id job-1"),
        "{}",
        mail.body
    );
    Ok(())
}

/// Sizes that cannot work are refused before anything is made.
pub(crate) async fn a_fleet_that_cannot_be_is_refused(stage: &Stage) -> anyhow::Result<()> {
    let functions = binaries()?.display().to_string();
    let more = [
        "--yes",
        "--parameter",
        "AlertEmail=ops@example.com",
        "--parameter",
        "FleetMinSize=2",
        "--parameter",
        "FleetMaxSize=1",
    ];
    let (code, _, stderr) = tool_on(&stage.cloud, &deploy("impossible", &functions, &more)).await?;
    ensure!(
        code != 0 && stderr.contains("With FleetMaxSize=1, FleetMinSize must be 1"),
        "{code}: {stderr}"
    );
    let (code, _, stderr) =
        tool_on(&stage.cloud, &["outputs", "--stack-name", "impossible"]).await?;
    ensure!(
        code == 1 && stderr.contains("there is no stack impossible"),
        "{code}: {stderr}"
    );
    Ok(())
}

pub(crate) async fn delete(stage: &Stage, name: &str) -> anyhow::Result<()> {
    let aws = aws(stage).await?;
    let found = stack::find(&aws, name)
        .await?
        .context("the stack is there")?;
    aws.cloudformation
        .delete_stack()
        .stack_name(&found.id)
        .send()
        .await?;
    harness::until("the deletion of the stack", async || {
        let status = stack::find(&aws, &found.id)
            .await?
            .map(|stack| stack.status);
        ensure!(
            status.as_deref() != Some("DELETE_FAILED"),
            "the stack was not deleted"
        );
        Ok(status.is_none_or(|status| status == "DELETE_COMPLETE"))
    })
    .await
}

pub(crate) async fn aws(stage: &Stage) -> anyhow::Result<Aws> {
    let connected = Aws::from_config(&stage.cloud.config()).await;
    connected.map_err(|failure| failure.error)
}
