//! Event patterns: the template's rule on recorded events, and two evaluators that
//! must agree.

use crate::alert_path::events;
use crate::harness::{self, Stage};
use anyhow::{Context, ensure};
use backup_domain::event_pattern::Pattern;
use serde_json::{Value, json};

/// What the template's rule lets through of all recorded events. The unknown word
/// passes on purpose; the success in China is one of ours here.
const PASSING: [&str; 5] = [
    "OBSERVED-2024-task-execution-success",
    "task-execution-error",
    "task-execution-success",
    "task-execution-success-china-partition",
    "task-execution-unknown-future-state",
];

/// The rule of the template, as it was deployed, on every recorded event: as it is
/// (another task's), and about this stack's task.
pub(crate) async fn the_rule_judges_recorded_events(stage: &Stage) -> anyhow::Result<()> {
    let name = json!({"Name": stage.output("ExecutionFinishedRuleName")?});
    let rule = events(stage, "DescribeRule", &name).await?;
    let text = rule["EventPattern"]
        .as_str()
        .context("a rule without a pattern")?;
    let pattern = Pattern::parse(text)?;
    let mut passing = Vec::new();
    for (name, foreign) in harness::recorded("functions/report-execution/events")? {
        let ours = about(stage.output("TaskArn")?, &foreign);
        for event in [&foreign, &ours] {
            let theirs = passes(stage, text, event).await?;
            let passes = pattern.matches(event);
            ensure!(
                passes == theirs,
                "{name}: ours {passes}, the local cloud's {theirs}"
            );
        }
        let is_execution = ours != foreign;
        ensure!(
            !is_execution || !pattern.matches(&foreign),
            "{name}: another task's passes"
        );
        if pattern.matches(&ours) {
            passing.push(name);
        }
    }
    ensure!(passing == PASSING, "{passing:?}");
    Ok(())
}

/// The event with our task in place of the recorded one, where it is about an
/// execution.
fn about(task: &str, recorded: &Value) -> Value {
    let mut event = recorded.clone();
    let arn = recorded["resources"][0].as_str().unwrap_or_default();
    if let Some((_, execution)) = arn.split_once("/execution/") {
        event["resources"][0] = format!("{task}/execution/{execution}").into();
    }
    event
}

/// Whether an event passes, by the local cloud.
async fn passes(stage: &Stage, pattern: &str, event: &Value) -> anyhow::Result<bool> {
    let body = json!({"EventPattern": pattern, "Event": event.to_string()});
    let answer = events(stage, "TestEventPattern", &body).await?;
    answer["Result"]
        .as_bool()
        .with_context(|| format!("no Result in {answer}"))
}

/// Our evaluator and the local cloud's on the guide's examples.
pub(crate) async fn two_evaluators_agree_on_the_guides_examples(
    stage: &Stage,
) -> anyhow::Result<()> {
    let path = harness::root().join("domain/tests/event-pattern/cases.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    for case in &cases {
        let theirs = passes(stage, &case["pattern"].to_string(), &case["event"]).await?;
        ensure!(
            case["passes"] == theirs,
            "{}: the local cloud says {theirs}",
            case["name"]
        );
    }
    ensure!(cases.len() > 60, "only {} cases", cases.len());
    Ok(())
}
