//! `efs-backup notify-test`: the way of a mail, checked step by step. A real one
//! goes from the function on; what leads to the function is read from settings.

use super::{connect, existing};
use crate::aws::Aws;
use crate::cli::Global;
use crate::failure::Failure;
use crate::line::{
    self, Known, Line, Outcome, Rule, Step, Subscription, Topic, alert_path, send_test_mail,
};
use crate::stack::Stack;
use crate::voice::Voice;
use anstyle::{AnsiColor, Style};
use anyhow::Context;
use backup_domain::arn::TaskArn;
use backup_domain::event_pattern::Pattern;
use serde_json::{Value, json};

/// A state change as DataSync sends it.
const RECORDED: &str =
    include_str!("../../../functions/report-execution/events/task-execution-success.json");

/// States, and whether the rule must let them through: both ends, and one of the
/// states in between.
const STATES: [(&str, bool); 3] = [("SUCCESS", true), ("ERROR", true), ("TRANSFERRING", false)];

/// Checks the way of a mail, and sends one.
///
/// # Errors
///
/// If there is no such stack. A step that does not pass is no error; it gives exit
/// code 1.
pub(super) async fn notify_test(global: &Global, voice: Voice) -> Result<u8, Failure> {
    let aws = connect(global, voice).await?;
    let stack = existing(&aws, global.stack_name()).await?;
    let line = Line::look(&aws, &stack).await;
    let mut steps = alert_path(&line, &aws, &stack);
    steps.push(test_mail(&aws, &stack, &line).await);
    steps.extend(patterns(&aws, &stack, &line).await?);
    let ok = steps.iter().all(|step| step.outcome == Outcome::Pass);
    if global.json {
        let document = json!({"schema": "backup.notify-test/1", "ok": ok, "steps": steps});
        voice.result(&document.to_string());
    } else {
        steps.iter().for_each(|step| show(step, voice));
    }
    Ok(u8::from(!ok))
}

fn show(step: &Step, voice: Voice) {
    let (word, color) = match step.outcome {
        Outcome::Pass => ("PASS", AnsiColor::Green),
        Outcome::Fail => ("FAIL", AnsiColor::Red),
        Outcome::Unknown => ("UNKNOWN", AnsiColor::Yellow),
    };
    let style: Style = color.on_default().bold();
    voice.result(&format!(
        "{style}{word}{style:#}  {}: {}",
        step.step, step.found
    ));
    if let Some(next) = &step.next {
        voice.result(&format!("      next: {next}"));
    }
}

/// A test mail through the real function, to every protocol.
async fn test_mail(aws: &Aws, stack: &Stack, line: &Line) -> Step {
    const STEP: &str = "test mail";
    match send_test_mail(aws, stack).await {
        Err(because) => Step::unknown(STEP, &because),
        Ok(Ok(mail)) => {
            let taken = format!(
                "SNS took it as message {}; {}",
                mail.message_id,
                addresses(&line.alerts)
            );
            if line.alerts.as_ref().is_ok_and(reaches_nobody) {
                let next = "follow the link in the mail of AWS to that address, then test again";
                return Step::fail(STEP, taken, next.to_owned());
            }
            Step::pass(STEP, taken)
        }
        Ok(Err(error)) => {
            let function = stack.outputs.get("ReportExecutionFunctionName");
            let group = format!("/aws/lambda/{}-report-execution", stack.name());
            let log = aws.command("logs filter-log-events", &["--log-group-name", &group]);
            let name = function.map_or("report-execution", String::as_str);
            Step::fail(
                STEP,
                format!("{name} failed: {error}"),
                format!("read its log with `{log}`"),
            )
        }
    }
}

/// Whether no subscription is confirmed, so that a mail goes nowhere.
fn reaches_nobody(topic: &Topic) -> bool {
    !topic.subscriptions.iter().any(Subscription::is_confirmed)
}

/// Who has the mail now, and who has not.
fn addresses(topic: &Known<Topic>) -> String {
    let Ok(topic) = topic else {
        return "who has it now is not known".to_owned();
    };
    let those = |is_meant: fn(&Subscription) -> bool| {
        let chosen = topic.subscriptions.iter().filter(|one| is_meant(one));
        let addresses: Vec<_> = chosen
            .map(|one| format!("{} {}", one.protocol, one.endpoint))
            .collect();
        if addresses.is_empty() {
            "nobody".to_owned()
        } else {
            addresses.join(", ")
        }
    };
    let perhaps = match those(|one| one.is_confirmed() && !one.gets_all()).as_str() {
        "nobody" => String::new(),
        perhaps => format!("perhaps there, by filter policy: {perhaps}; "),
    };
    let soon = those(Subscription::gets_all);
    let not = those(|one| !one.is_confirmed());
    format!("soon there: {soon}; {perhaps}not there: {not}")
}

/// The rule's pattern on events of this stack's task, by EventBridge and by our
/// own evaluator: one may be mistaken, both would have to be in the same way.
async fn patterns(aws: &Aws, stack: &Stack, line: &Line) -> anyhow::Result<Vec<Step>> {
    let rule = match &line.rule {
        Ok(rule) => rule,
        Err(because) => return Ok(vec![Step::unknown("pattern of the rule", because)]),
    };
    let task = stack
        .outputs
        .get("TaskArn")
        .context("the stack has no output TaskArn")?;
    let task: TaskArn = task.parse()?;
    let mut steps = Vec::new();
    for (state, expected) in STATES {
        let event = event(&task, state)?;
        let theirs = line::passes(aws, rule, &event).await;
        steps.push(pattern(aws, rule, &event, expected, theirs));
    }
    Ok(steps)
}

fn pattern(aws: &Aws, rule: &Rule, event: &Value, expected: bool, theirs: Known<bool>) -> Step {
    let step = format!(
        "pattern of the rule, on {}",
        event["detail"]["State"].as_str().unwrap_or("?")
    );
    let word = |passes| {
        if passes {
            "lets it through"
        } else {
            "stops it"
        }
    };
    let theirs = match theirs {
        Ok(theirs) => theirs,
        Err(because) => return Step::unknown(step, &because),
    };
    let ours = match Pattern::parse(&rule.pattern) {
        Ok(pattern) => pattern.matches(event),
        Err(error) => {
            let cause = format!(
                "EventBridge {}, but our evaluator cannot read it: {error}",
                word(theirs)
            );
            return Step::unknown(step, &line::NotKnown::because(cause));
        }
    };
    if ours != theirs {
        let cause = format!("EventBridge {}, our evaluator {}", word(theirs), word(ours));
        return Step::unknown(step, &line::NotKnown::because(cause));
    }
    let found = format!("{}, by EventBridge and by our evaluator", word(ours));
    if ours == expected {
        return Step::pass(step, found);
    }
    let show = aws.command("events describe-rule", &["--name", &rule.name]);
    let next = format!("compare `{show}` with EventPattern in template.yaml, and set it back");
    Step::fail(step, found, next)
}

/// The recorded event, as it would be about this task.
fn event(task: &TaskArn, state: &str) -> anyhow::Result<Value> {
    let mut event: Value =
        serde_json::from_str(RECORDED).context("the recorded event is not JSON")?;
    event["account"] = task.account.as_str().into();
    event["region"] = task.region.as_str().into();
    event["resources"] = json!([format!("{task}/execution/exec-0a1b2c3d4e5f60718")]);
    event["detail"]["State"] = state.into();
    Ok(event)
}
