//! README's "Getting files back", pasted into a shell as it stands: only the words
//! in capitals are filled in, from what the commands before have printed.

use crate::harness::{Stage, root, until};
use anyhow::{Context, ensure};
use aws_sdk_s3::types::StorageClass;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

const PATH: &str = "plans/plan.txt";

/// What is filled in, by the word in capitals.
type Values = BTreeMap<&'static str, String>;

pub(crate) async fn every_command_of_the_readme_is_taken(stage: &Stage) -> anyhow::Result<()> {
    let folder = stage.cloud.folder.join("got-back");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("FILE");
    let mut values = values(stage, &file)?;
    two_versions(stage).await?;
    let commands = commands()?;
    ensure!(commands.len() >= 19, "{} commands", commands.len());
    for command in &commands {
        if operation(command) == "restore-object" {
            values.insert("VERSION", archived_version(stage).await?);
        }
        let printed = paste(stage, &filled(command, &values)).await?;
        check(stage, command, &printed, &values).await?;
        learn(command, &printed, &mut values)?;
    }
    std::fs::remove_dir_all(stage.files()?.join("restored"))?;
    Ok(())
}

/// The lines of the section's `sh` blocks that call AWS.
fn commands() -> anyhow::Result<Vec<String>> {
    let readme = std::fs::read_to_string(root().join("README.md"))?;
    let section = readme
        .split("\n## ")
        .find(|part| part.starts_with("Getting files back"));
    let section = section.context("README has no section about it")?;
    let blocks = section.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("\n```").next());
    let lines = blocks
        .flat_map(str::lines)
        .filter(|line| line.starts_with("aws "));
    Ok(lines.map(str::to_owned).collect())
}

fn operation(command: &str) -> &str {
    command.split(' ').nth(2).unwrap_or_default()
}

fn values(stage: &Stage, file: &Path) -> anyhow::Result<Values> {
    std::fs::create_dir(stage.files()?.join("restored"))?;
    let task = stage.output("TaskArn")?;
    let mut parts = task.split(':').skip(3).map(str::to_owned);
    Ok(Values::from([
        ("REGION", parts.next().unwrap_or_default()),
        ("ACCOUNT", parts.next().unwrap_or_default()),
        (
            "BACKUP_BUCKET",
            stage.output("BackupBucketName")?.to_owned(),
        ),
        ("FILE_SYSTEM_ID", stage.output("FileSystemId")?.to_owned()),
        ("TASK_ARN", task.to_owned()),
        ("LOG_GROUP", stage.output("TaskLogGroupName")?.to_owned()),
        ("PATH", PATH.to_owned()),
        ("FOLDER", "plans".to_owned()),
        ("FILE", file.display().to_string()),
    ]))
}

/// A file in the bucket as it was and as it is.
async fn two_versions(stage: &Stage) -> anyhow::Result<()> {
    for content in ["old", "new"] {
        stage.write(PATH, content.as_bytes())?;
        let run = stage.run().await?;
        ensure!(
            run.mail.attribute("severity") == "info",
            "{}",
            run.mail.body
        );
    }
    Ok(())
}

/// The local cloud archives current versions only.
async fn archived_version(stage: &Stage) -> anyhow::Result<String> {
    let request = stage
        .s3
        .put_object()
        .bucket(stage.output("BackupBucketName")?);
    let request = request
        .key(stage.key(PATH)?)
        .storage_class(StorageClass::DeepArchive);
    let made = request.body(b"archived".to_vec().into()).send().await?;
    made.version_id.context("no version")
}

/// Puts the values in place of the words in capitals.
fn filled(command: &str, values: &Values) -> String {
    let mut filled = String::new();
    let mut rest = command;
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    while !rest.is_empty() {
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(length);
        filled.push_str(values.get(word).map_or(word, String::as_str));
        let between = tail.find(is_word).unwrap_or(tail.len());
        filled.push_str(&tail[..between]);
        rest = &tail[between..];
    }
    filled
}

/// What a command prints.
async fn paste(stage: &Stage, command: &str) -> anyhow::Result<String> {
    let tools = stage.cloud.aws_cli();
    let tools = tools.parent().context("no folder of the AWS CLI")?;
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", tools.display()))
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(stage.cloud.environment())
        .stdin(Stdio::null());
    let output = shell.output().await?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command}: {errors}");
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What a command has printed or done is what README says.
async fn check(stage: &Stage, command: &str, printed: &str, values: &Values) -> anyhow::Result<()> {
    match operation(command) {
        "get-object" => {
            ensure!(printed.contains("file-owner"), "{printed}");
            let is_old = command.contains("VERSION");
            let expected = if is_old { "old" } else { "new" };
            let file = std::fs::read_to_string(&values["FILE"])?;
            ensure!(file == expected, "{command}: {file}");
        }
        "copy-object" => {
            let current = stage.content(PATH, None).await?;
            ensure!(current == b"old", "the old version is current again");
        }
        "describe-task-execution" => is_restored(stage, command, values).await?,
        "head-object" => is_thawed(stage, command, values).await?,
        _ => {}
    }
    Ok(())
}

/// Takes from what a command printed what later ones need.
fn learn(command: &str, printed: &str, values: &mut Values) -> anyhow::Result<()> {
    let names: &[&'static str] = match operation(command) {
        "list-object-versions" if command.contains("Versions[]") => {
            let old = printed.lines().nth(1).context("one version only")?;
            let version = old.split('\t').nth(1).context("no version id")?;
            values.insert("VERSION", version.to_owned());
            return Ok(());
        }
        "create-task" => {
            let arn = printed.split('"').nth(3).context("no task")?;
            let id = arn.rsplit('/').next().unwrap_or_default();
            values.insert("RESTORE_TASK_ID", id.to_owned());
            &["RESTORE_TASK_ARN"]
        }
        "describe-task" => &[
            "SOURCE_LOCATION_ARN",
            "DESTINATION_LOCATION_ARN",
            "LOG_GROUP_ARN",
        ],
        "describe-location-efs" => &["SUBNET_ARN", "SECURITY_GROUP_ARN"],
        "describe-location-s3" => &["ROLE_ARN"],
        "create-location-s3" => &["BUCKET_LOCATION_ARN"],
        "create-location-efs" => &["FOLDER_LOCATION_ARN"],
        "start-task-execution" => &["EXECUTION_ARN"],
        _ => &[],
    };
    // As text or as JSON: the ARNs are what is printed, in this order.
    let arns = printed.split(|c: char| c.is_whitespace() || c == '"');
    let arns: Vec<&str> = arns.filter(|word| word.starts_with("arn:")).collect();
    ensure!(
        names.is_empty() || arns.len() == names.len(),
        "{command} printed {printed}"
    );
    values.extend(
        names
            .iter()
            .zip(arns)
            .map(|(name, arn)| (*name, arn.to_owned())),
    );
    Ok(())
}

/// Asks until the restore has ended.
async fn is_restored(stage: &Stage, command: &str, values: &Values) -> anyhow::Result<()> {
    let command = filled(command, values);
    until("a restore", async || {
        let printed = paste(stage, &command).await?;
        ensure!(!printed.starts_with("ERROR"), "{printed}");
        Ok(printed.starts_with("SUCCESS"))
    })
    .await?;
    let restored = stage.files()?.join("restored/plan.txt");
    ensure!(
        std::fs::read(&restored)? == b"old",
        "{}",
        restored.display()
    );
    Ok(())
}

/// The local cloud takes the version's id and shows the thawing without it only.
async fn is_thawed(stage: &Stage, command: &str, values: &Values) -> anyhow::Result<()> {
    let command = filled(&command.replace(" --version-id VERSION", ""), values);
    until("a thawed version", async || {
        Ok(paste(stage, &command)
            .await?
            .contains("ongoing-request=\"false\""))
    })
    .await?;
    ensure!(
        stage.content(PATH, None).await? == b"archived",
        "it can be read"
    );
    Ok(())
}
