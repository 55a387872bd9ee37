//! Filters: one run is about a folder only, by an order of its own; then the task
//! leaves temporary files out for good, until somebody takes that back.

use super::{check, check_good, check_new_versions, check_says, check_subject, tell};
use crate::{Mail, Run, Say, Stage};
use anyhow::Context;
use aws_sdk_datasync::types::{FilterRule, FilterType};
use serde_json::json;

const IN: &str = "photos/cat.jpg";
const OUT: &str = "drafts/letter.txt";
const TEMPORARY: &str = "photos/cat.tmp";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  files are added in two folders; a run is started by hand for /photos only");
    for path in [IN, OUT] {
        stage.write(path, path.as_bytes())?;
    }
    let only = stage.run_by(start_for(stage, "/photos")).await?;
    tell(&only.mail, say);
    check_good(&only.mail)?;
    check_subject(&only.mail, "not all files")?;
    check_says(&only.mail, "Told to copy only: /photos")?;
    check_says(&only.mail, "it does not count as a good run of them")?;
    check_new_versions(&only, &keys(stage, &["photos/", IN])?)?;
    told_by_datasync(stage, "/photos").await?;

    say("  the task leaves *.tmp out; such a file is added; the schedule fires");
    stage.write(TEMPORARY, b"half a cat")?;
    exclude(stage, Some("*.tmp")).await?;
    let without = stage.run().await;
    exclude(stage, None).await?;
    let without = without?;
    tell(&without.mail, say);
    check_good(&without.mail)?;
    // The new file has changed the time of its folder.
    let expected = ["drafts/", OUT, "photos/"];
    check_new_versions(&without, &keys(stage, &expected)?)?;

    say("    the filter is gone; the schedule fires");
    let all: Run = stage.run().await?;
    tell(&all.mail, say);
    check_good(&all.mail)?;
    check_new_versions(&all, &keys(stage, &[TEMPORARY])?)?;
    Ok(vec![only.mail, without.mail, all.mail])
}

fn keys(stage: &Stage, paths: &[&str]) -> anyhow::Result<Vec<String>> {
    paths.iter().map(|path| stage.key(path)).collect()
}

fn rule(patterns: &str) -> FilterRule {
    let rule = FilterRule::builder().filter_type(FilterType::SimplePattern);
    rule.value(patterns).build()
}

/// By hand, through the function that starts runs.
async fn start_for(stage: &Stage, includes: &str) -> anyhow::Result<()> {
    let order = json!({"trigger": "manual", "overrides": {"includes": [includes]}});
    let answer = stage.invoke("StartExecutionFunctionName", &order).await?;
    let payload = &answer.payload;
    check(payload["action"] == "started", "a run that starts", payload)
}

async fn exclude(stage: &Stage, patterns: Option<&str>) -> anyhow::Result<()> {
    let rules = patterns.map(rule).into_iter().collect();
    let request = stage.datasync.update_task().set_excludes(Some(rules));
    let updated = request.task_arn(stage.output("TaskArn")?).send().await;
    updated.map(drop).context("cannot change the task")
}

/// The execution says what it was about; the task does not.
async fn told_by_datasync(stage: &Stage, includes: &str) -> anyhow::Result<()> {
    let newest = stage.newest_execution().await?;
    let run = stage
        .execution(&newest.context("the task has no execution")?)
        .await?;
    check(
        run.includes() == [rule(includes)],
        "the filter in the description of the run",
        format!("{:?}", run.includes()),
    )?;
    let task = stage.datasync.describe_task();
    let task = task.task_arn(stage.output("TaskArn")?).send().await?;
    let includes = task.includes();
    check(
        includes.is_empty(),
        "none in the task",
        format!("{includes:?}"),
    )
}
