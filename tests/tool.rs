//! `efs-backup` as a person uses it.

use crate::harness::program::{binaries, ended, tool, tool_on};
use crate::harness::{self, STACK, Stage, root};
use anyhow::{Context, ensure};
use deploy::aws::Aws;
use deploy::stack;
use serde_json::Value;

fn deploy<'a>(stack: &'a str, functions: &'a str, more: &[&'a str]) -> Vec<&'a str> {
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
    let (code, _, stderr) = tool_on(&stage.cloud, &arguments).await?;
    ensure!(
        code == 3 && stderr.contains("pass --yes"),
        "{code}: {stderr}"
    );
    let (code, _, stderr) =
        tool_on(&stage.cloud, &["outputs", "--stack-name", "unconfirmed"]).await?;
    ensure!(
        code == 1 && stderr.contains("there is no stack unconfirmed"),
        "{code}: {stderr}"
    );
    Ok(())
}

pub(crate) async fn mistakes_are_named(stage: &Stage) -> anyhow::Result<()> {
    let functions = binaries()?.display().to_string();
    #[rustfmt::skip]
    let cases: [(Vec<&str>, i32, &str); 6] = [
        (deploy("s", &functions, &[]),                        2, "parameter AlertEmail is required: pass --parameter AlertEmail=VALUE"),
        (deploy("s", &functions, &["--parameter", "Mail=x"]), 2, "the template has no parameter Mail; it has AlertEmail"),
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

/// Two stacks live in one account; deleting one keeps its data.
pub(crate) async fn a_second_stack_comes_and_goes(stage: &Stage) -> anyhow::Result<()> {
    let functions = binaries()?.display().to_string();
    let more = [
        "--json",
        "--yes",
        "--parameter",
        "AlertEmail=ops@example.com",
    ];
    let (code, stdout, stderr) =
        tool_on(&stage.cloud, &deploy("second", &functions, &more)).await?;
    ensure!(code == 0, "{code}: {stderr}");
    let outputs: Value = serde_json::from_str(&stdout)?;
    ensure!(outputs["TaskArn"] != stage.output("TaskArn")?, "{stdout}");

    delete(stage, "second").await?;
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

async fn delete(stage: &Stage, name: &str) -> anyhow::Result<()> {
    let aws = Aws::from_config(&stage.cloud.config())
        .await
        .map_err(|failure| failure.error)?;
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
