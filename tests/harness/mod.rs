//! The stage of all tests, and what they do on it.

pub(crate) mod program;
pub(crate) mod template;

pub(crate) use rehearsal::{Answer, Stage, signed};

use anyhow::Context;
use deploy::artifact::Binaries;
use deploy::rehearsed::Rehearsed;
use deploy::voice::{Loudness, Voice};
use jiff::Timestamp;
use rehearsal::{LocalCloud, Mail};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, sleep};

/// The project's top folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The longest wait for something to happen, and the pause between two looks.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);

/// The name of the stack on the stage.
pub(crate) const STACK: &str = "acceptance";

/// Starts a local cloud and deploys the real template into it.
pub(crate) async fn open() -> anyhow::Result<Stage> {
    let say = |text: &str| eprintln!("{text}");
    let binaries = rehearsal::binaries::build(&root(), &say).await?;
    let cloud = Arc::new(LocalCloud::start(&root(), &binaries, &say).await?);
    let given = [("AuditAllBuckets".to_owned(), "true".to_owned())];
    let deployed = rehearsed(&root(), &Binaries(binaries))
        .deploy(&cloud, STACK, given.into())
        .await;
    let deployed = deployed.map_err(|failure| failure.error)?;
    let stage = Stage::new(cloud, STACK, deployed);
    stage.confirm_subscriptions(&say).await?;
    Ok(stage)
}

/// How stacks get into the cloud of the tests.
pub(crate) fn rehearsed<'a>(root: &'a Path, binaries: &'a Binaries) -> Rehearsed<'a> {
    let voice = Voice::new(Loudness::Quiet);
    Rehearsed {
        root,
        binaries,
        voice,
    }
}

/// Invokes the function that reports.
pub(crate) async fn report(stage: &Stage, payload: &Value) -> anyhow::Result<Answer> {
    stage.invoke("ReportExecutionFunctionName", payload).await
}

/// Invokes the function that starts.
pub(crate) async fn start(stage: &Stage, payload: &Value) -> anyhow::Result<Answer> {
    stage.invoke("StartExecutionFunctionName", payload).await
}

/// Invokes the function that audits.
pub(crate) async fn audit(stage: &Stage, payload: &Value) -> anyhow::Result<Answer> {
    stage.invoke("AuditBucketFunctionName", payload).await
}

/// A run through the whole line; gives the execution's ARN with it.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<(String, rehearsal::Run)> {
    let run = stage.run().await?;
    let task = stage.output("TaskArn")?;
    let arn = run
        .mail
        .body
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with(task) && line.contains("/execution/"));
    let arn = arn.context("the mail names no execution")?.to_owned();
    told(stage, &arn).await?;
    Ok((arn, run))
}

/// The mail must tell of a run that counts as good, whatever was told before it.
pub(crate) fn ensure_good(mail: &Mail) -> anyhow::Result<()> {
    let good = ["OK", "NO CHANGE", "RECOVERED", "SUSPECT"];
    anyhow::ensure!(good.contains(&mail.attribute("verdict")), "{}", mail.body);
    Ok(())
}

/// The event that `DataSync` sends about an execution.
pub(crate) fn event(execution: &str, state: &str) -> Value {
    json!({
        "version": "0", "id": "00000000-0000-4000-8000-000000000001",
        "detail-type": "DataSync Task Execution State Change", "source": "aws.datasync",
        "account": "111122223333", "time": Timestamp::now(), "region": "eu-central-1",
        "resources": [execution], "detail": {"State": state}
    })
}

/// Makes the product forget that it told about an execution.
pub(crate) async fn forget(stage: &Stage, execution: &str) -> anyhow::Result<()> {
    let bucket = stage.output("ReportBucketName")?;
    for key in ledger_keys(stage, execution).await? {
        stage
            .s3
            .delete_object()
            .bucket(bucket)
            .key(key)
            .send()
            .await?;
    }
    Ok(())
}

/// Makes it forget everything.
pub(crate) async fn forget_all(stage: &Stage) -> anyhow::Result<()> {
    forget(stage, "").await
}

/// The keys of the ledger about an execution.
async fn ledger_keys(stage: &Stage, execution: &str) -> anyhow::Result<Vec<String>> {
    let id = execution.rsplit('/').next().unwrap_or_default();
    let request = stage.s3.list_objects_v2().prefix("ledger/");
    let listed = request
        .bucket(stage.output("ReportBucketName")?)
        .send()
        .await?;
    let keys = listed.contents().iter().filter_map(|object| object.key());
    Ok(keys
        .filter(|key| key.contains(id))
        .map(str::to_owned)
        .collect())
}

/// Waits until the ledger holds a record of an execution: it is written after
/// the mail is out.
pub(crate) async fn told(stage: &Stage, execution: &str) -> anyhow::Result<()> {
    until("a record in the ledger", async || {
        Ok(!ledger(stage, execution).await?.is_empty())
    })
    .await
}

/// The verdicts in the ledger about an execution.
pub(crate) async fn ledger(stage: &Stage, execution: &str) -> anyhow::Result<Vec<String>> {
    let keys = ledger_keys(stage, execution).await?;
    let verdicts = keys.iter().filter_map(|key| key.rsplit('_').next());
    Ok(verdicts
        .map(|rest| rest.trim_end_matches(".json").to_owned())
        .collect())
}

/// The ids of a task and of its execution.
pub(crate) fn ids(execution: &str) -> anyhow::Result<(&str, &str)> {
    let ids = execution.rsplit_once(":task/");
    ids.and_then(|(_, ids)| ids.split_once("/execution/"))
        .context("an execution without ids")
}

/// The stream of an execution in the task's log.
pub(crate) fn stream(execution: &str) -> anyhow::Result<String> {
    let (task, execution) = ids(execution)?;
    Ok(format!("{task}-{execution}"))
}

/// Writes lines into a stream of the task's log.
pub(crate) async fn log(stage: &Stage, stream: &str, lines: &[String]) -> anyhow::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let now = u64::try_from(now)?;
    let place = json!({"logGroupName": stage.output("TaskLogGroupName")?, "logStreamName": stream});
    let mut events = place.clone();
    events["logEvents"] = lines
        .iter()
        .map(|line| json!({"timestamp": now, "message": line}))
        .collect();
    for (operation, input) in [("CreateLogStream", place), ("PutLogEvents", events)] {
        let target = format!("Logs_20140328.{operation}");
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", target.as_str()),
        ];
        signed::post(&stage.cloud, "logs", "/", input.to_string(), &headers).await?;
    }
    Ok(())
}

/// Lets `DataSync` describe an execution otherwise; `null` takes it back.
pub(crate) async fn patch(stage: &Stage, execution: &str, patch: Value) -> anyhow::Result<()> {
    let order = json!({"execution": {"arn": execution, "patch": patch}});
    stage.cloud.control_datasync(&order).await
}

/// Denies a function an action, while `act` runs.
pub(crate) async fn denied<T>(
    stage: &Stage,
    function: &str,
    actions: &[&str],
    act: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    with_statement(stage, function, "Deny", actions, act).await
}

/// The same, allowed: what a stack with other parameters would let its function do.
pub(crate) async fn allowed<T>(
    stage: &Stage,
    function: &str,
    actions: &[&str],
    act: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    with_statement(stage, function, "Allow", actions, act).await
}

async fn with_statement<T>(
    stage: &Stage,
    function: &str,
    effect: &str,
    actions: &[&str],
    act: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let role = role(stage, function).await?;
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": actions, "Resource": "*"}
    ]});
    let document = document.to_string();
    let policy = format!("test-{effect}");
    let mut fields = vec![("RoleName", role.as_str()), ("PolicyName", &policy)];
    fields.push(("PolicyDocument", &document));
    signed::query(&stage.cloud, "iam", "PutRolePolicy", &fields).await?;
    let result = act.await;
    signed::query(&stage.cloud, "iam", "DeleteRolePolicy", &fields[..2]).await?;
    result
}

/// The name of a function's role.
pub(crate) async fn role(stage: &Stage, function: &str) -> anyhow::Result<String> {
    let configuration = stage.configuration(function).await?;
    let arn = configuration["Role"]
        .as_str()
        .context("a function without a role")?;
    Ok(arn.rsplit('/').next().unwrap_or_default().to_owned())
}

/// Sets variables of a function, while `act` runs.
pub(crate) async fn with_variables<T>(
    stage: &Stage,
    function: &str,
    variables: &[(&str, &str)],
    act: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let name = stage.output(function)?;
    let path = format!("/2015-03-31/functions/{name}/configuration");
    let before = stage.configuration(function).await?["Environment"].clone();
    let mut changed = before.clone();
    for (name, value) in variables {
        changed["Variables"][*name] = json!(value);
    }
    let body = |environment: &Value| json!({"Environment": environment}).to_string();
    signed::put(&stage.cloud, "lambda", &path, body(&changed)).await?;
    let result = act.await;
    signed::put(&stage.cloud, "lambda", &path, body(&before)).await?;
    result
}

/// All recorded JSON files of a folder of the project, by name.
pub(crate) fn recorded(folder: &str) -> anyhow::Result<Vec<(String, Value)>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(root().join(folder))? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let text = std::fs::read_to_string(&path)?;
            all.push((name.into_owned(), serde_json::from_str(&text)?));
        }
    }
    all.sort_by(|a: &(String, Value), b| a.0.cmp(&b.0));
    anyhow::ensure!(
        all.len() >= 13,
        "only {} recorded files in {folder}",
        all.len()
    );
    Ok(all)
}

/// The only mail that `act` leads to.
pub(crate) async fn one_mail<T>(
    stage: &Stage,
    act: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<(T, Mail)> {
    let known = stage.mails()?.len();
    let result = act.await?;
    let mail = stage.next_mail(known).await?;
    let count = stage.mails()?.len() - known;
    anyhow::ensure!(count == 1, "one mail was expected, {count} came");
    Ok((result, mail))
}

/// Checks that `act`, once it is over, has sent no mail.
pub(crate) async fn no_mail<T>(
    stage: &Stage,
    act: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let known = stage.mails()?.len();
    let result = act.await?;
    let mails = stage.mails()?;
    anyhow::ensure!(
        mails.len() == known,
        "a mail came: {}",
        mails[known].subject()
    );
    Ok(result)
}

/// The lines in the task's log about an execution, given by its ARN.
pub(crate) async fn task_log(stage: &Stage, execution: &str) -> anyhow::Result<Vec<String>> {
    let ids = execution.split_once(":task/").map(|(_, ids)| ids);
    let stream = ids.unwrap_or_default().replace("/execution/", "-");
    let body = json!({
        "logGroupName": stage.output("TaskLogGroupName")?, "logStreamName": stream,
    });
    let headers = [
        ("x-amz-target", "Logs_20140328.GetLogEvents"),
        ("content-type", "application/x-amz-json-1.1"),
    ];
    let answer = signed::post(&stage.cloud, "logs", "/", body.to_string(), &headers).await?;
    let answer: Value = serde_json::from_str(&answer.body)?;
    let events = answer["events"].as_array().context("no events")?;
    let lines = events.iter().filter_map(|event| event["message"].as_str());
    Ok(lines.map(str::to_owned).collect())
}

/// Waits until something holds.
pub(crate) async fn until(
    what: &str,
    holds: impl AsyncFn() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + LONGEST_WAIT;
    while !holds().await? {
        anyhow::ensure!(
            Instant::now() < deadline,
            "{what} did not happen within 30 s"
        );
        sleep(LOOK).await;
    }
    Ok(())
}
