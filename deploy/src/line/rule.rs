//! What has a finished execution reported.

use super::{Known, NotKnown, output, text};
use crate::aws::Aws;
use crate::stack::Stack;
use serde_json::{Value, json};

/// A rule of EventBridge on the default bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// `ENABLED` or `DISABLED`.
    pub state: String,
    /// The event pattern, as JSON text.
    pub pattern: String,
    /// Its targets.
    pub targets: Known<Vec<Target>>,
}

/// What a rule hands events to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its ARN.
    pub arn: String,
    /// The setting that gives it something else than the event, such as `InputPath`.
    pub reshaped_by: Option<&'static str>,
}

/// Settings that replace the event (source: EventBridge API Reference, `Target`).
const RESHAPING: [&str; 3] = ["Input", "InputPath", "InputTransformer"];

pub(super) async fn describe(aws: &Aws, stack: &Stack) -> Known<Rule> {
    let name = output(stack, "ExecutionFinishedRuleName")?;
    let input = json!({"Name": name});
    let (rule, targets) = tokio::join!(
        aws.events.call("events:DescribeRule", name, &input),
        targets(aws, name)
    );
    let rule = rule?;
    Ok(Rule {
        arn: text(&rule, "Arn")?,
        name: name.to_owned(),
        state: text(&rule, "State")?,
        pattern: text(&rule, "EventPattern")?,
        targets,
    })
}

/// A rule has at most five targets (EventBridge quotas), so one page is all.
async fn targets(aws: &Aws, rule: &str) -> Known<Vec<Target>> {
    let input = json!({"Rule": rule});
    let answer = aws
        .events
        .call("events:ListTargetsByRule", rule, &input)
        .await?;
    let targets = answer["Targets"].as_array();
    let targets = targets.ok_or_else(|| NotKnown::because("the answer has no Targets"))?;
    targets.iter().map(target).collect()
}

fn target(answer: &Value) -> Known<Target> {
    let is_set = |name: &&str| !answer[*name].is_null() && answer[*name] != "$";
    Ok(Target {
        arn: text(answer, "Arn")?,
        reshaped_by: RESHAPING.into_iter().find(is_set),
    })
}

/// Whether a pattern lets an event through, by EventBridge itself.
///
/// # Errors
///
/// [`NotKnown`] if EventBridge does not tell.
pub async fn passes(aws: &Aws, rule: &Rule, event: &Value) -> Known<bool> {
    let input = json!({"EventPattern": rule.pattern, "Event": event.to_string()});
    let answer = aws
        .events
        .call("events:TestEventPattern", &rule.name, &input)
        .await?;
    let result = answer["Result"].as_bool();
    result.ok_or_else(|| NotKnown::because("the answer has no Result"))
}
