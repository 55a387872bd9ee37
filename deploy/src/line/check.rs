//! What must hold for a backup line to run and to be heard of, step by step: from
//! facts to PASS, FAIL or UNKNOWN, each with what was found and what to do next.

use super::{Known, Line, NotKnown, Subscription, SubscriptionState, Topic};
use crate::aws::Aws;
use crate::stack::{Stack, StackState};
use serde::Serialize;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Outcome {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// It could not be found out.
    Unknown,
}

/// One thing that must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was looked at.
    pub step: String,
    /// Whether it holds.
    pub outcome: Outcome,
    /// What was found, or the cause of not knowing.
    pub found: String,
    /// What to do about it; `None` where there is nothing to do.
    pub next: Option<String>,
}

impl Step {
    /// It holds.
    #[must_use]
    pub fn pass(step: impl Into<String>, found: impl Into<String>) -> Self {
        Step {
            step: step.into(),
            outcome: Outcome::Pass,
            found: found.into(),
            next: None,
        }
    }

    /// It does not hold.
    #[must_use]
    pub fn fail(
        step: impl Into<String>,
        found: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Step {
            outcome: Outcome::Fail,
            next: Some(next.into()),
            ..Step::pass(step, found)
        }
    }

    /// It is not known whether it holds.
    #[must_use]
    pub fn unknown(step: impl Into<String>, because: &NotKnown) -> Self {
        let next = because
            .is_denied
            .then(|| "give this identity the permission that the cause names".to_owned());
        Step {
            outcome: Outcome::Unknown,
            next,
            ..Step::pass(step, &because.cause)
        }
    }
}

/// Where the commands of a next step go.
struct Place<'a> {
    aws: &'a Aws,
    stack: &'a Stack,
}

/// The way of a mail about a run: who is subscribed, and whether rule, function
/// and topic belong together.
#[must_use]
pub fn alert_path(line: &Line, aws: &Aws, stack: &Stack) -> Vec<Step> {
    let place = Place { aws, stack };
    let mut steps = subscriptions("mails about runs", &line.alerts, &place);
    steps.extend(subscriptions(
        "mails about the backup line",
        &line.watch,
        &place,
    ));
    steps.push(target(line, &place));
    steps.push(function_topic(line, &place));
    steps.push(rule_state(line, &place));
    steps
}

/// Whether runs will start, and whether something has failed.
#[must_use]
pub fn upkeep(line: &Line, aws: &Aws, stack: &Stack) -> Vec<Step> {
    let place = Place { aws, stack };
    vec![
        stack_state(&place),
        task_state(line, &place),
        last_execution(line, &place),
        schedule_state(line, &place),
        failure_queue(line, &place),
    ]
}

fn subscriptions(what: &str, topic: &Known<Topic>, place: &Place<'_>) -> Vec<Step> {
    let topic = match topic {
        Ok(topic) => topic,
        Err(because) => return vec![Step::unknown(format!("subscriptions, {what}"), because)],
    };
    if topic.subscriptions.is_empty() {
        let address = place.stack.parameters.get("AlertEmail");
        let again = place.subscribe(
            &topic.arn,
            "email",
            address.map_or("ADDRESS", String::as_str),
        );
        let found = format!("nobody is subscribed to {}", topic.arn);
        return vec![Step::fail(
            format!("subscriptions, {what}"),
            found,
            format!("run `{again}`"),
        )];
    }
    let each = topic.subscriptions.iter();
    each.map(|one| subscription(what, topic, one, place))
        .collect()
}

fn subscription(what: &str, topic: &Topic, one: &Subscription, place: &Place<'_>) -> Step {
    let step = format!("subscription of {} {}, {what}", one.protocol, one.endpoint);
    let found = format!("{}, topic {}", one.state.word(), topic.arn);
    let again = place.subscribe(&topic.arn, &one.protocol, &one.endpoint);
    match one.state {
        SubscriptionState::Confirmed => Step::pass(step, found),
        SubscriptionState::Pending => Step::fail(
            step,
            found,
            format!("follow the link in the mail from AWS Notifications; `{again}` sends it again"),
        ),
        SubscriptionState::Deleted => {
            Step::fail(step, found, format!("run `{again}` and follow the link"))
        }
    }
}

fn target(line: &Line, place: &Place<'_>) -> Step {
    const STEP: &str = "target of the rule";
    let (targets, reporter) = match (&line.rule, &line.reporter) {
        (Err(because), _) | (_, Err(because)) => return Step::unknown(STEP, because),
        (Ok(rule), Ok(reporter)) => (&rule.targets, reporter),
    };
    match targets {
        Err(because) => Step::unknown(STEP, because),
        Ok(targets) if targets.contains(&reporter.arn) => {
            Step::pass(STEP, format!("this stack's function {}", reporter.name))
        }
        Ok(targets) => {
            let found = match targets.as_slice() {
                [] => "it has none".to_owned(),
                targets => format!("{}, and not {}", targets.join(", "), reporter.arn),
            };
            Step::fail(STEP, found, place.changed_by_hand())
        }
    }
}

fn function_topic(line: &Line, place: &Place<'_>) -> Step {
    const STEP: &str = "topic of the function";
    let wanted = place.stack.outputs.get("AlertTopicArn");
    match (&line.reporter, wanted) {
        (Err(because), _) => Step::unknown(STEP, because),
        (Ok(reporter), Some(wanted)) if reporter.topic_arn.as_ref() == Some(wanted) => {
            Step::pass(STEP, format!("this stack's {wanted}"))
        }
        (Ok(reporter), wanted) => {
            let none = "none".to_owned();
            let found = reporter.topic_arn.as_ref().unwrap_or(&none);
            let wanted = wanted.unwrap_or(&none);
            Step::fail(
                STEP,
                format!("{found}, and not {wanted}"),
                place.changed_by_hand(),
            )
        }
    }
}

fn rule_state(line: &Line, place: &Place<'_>) -> Step {
    const STEP: &str = "state of the rule";
    match &line.rule {
        Err(because) => Step::unknown(STEP, because),
        Ok(rule) if rule.state.starts_with("ENABLED") => {
            Step::pass(STEP, format!("{} is {}", rule.name, rule.state))
        }
        Ok(rule) => {
            let enable = place
                .aws
                .command("events enable-rule", &["--name", &rule.name]);
            let found = format!("{} is {}: no run is reported", rule.name, rule.state);
            Step::fail(STEP, found, format!("run `{enable}`"))
        }
    }
}

fn stack_state(place: &Place<'_>) -> Step {
    const STEP: &str = "stack";
    let stack = place.stack;
    if matches!(
        StackState::of(&stack.status),
        StackState::Ready | StackState::Busy
    ) {
        return Step::pass(STEP, &stack.status);
    }
    let events = place.aws.command(
        "cloudformation describe-stack-events",
        &["--stack-name", &stack.id],
    );
    let reason = stack.reason.as_deref().unwrap_or("no reason given");
    let found = format!("{}: {reason}", stack.status);
    Step::fail(STEP, found, format!("look with `{events}`"))
}

fn task_state(line: &Line, place: &Place<'_>) -> Step {
    const STEP: &str = "task";
    match &line.task {
        Err(because) => Step::unknown(STEP, because),
        Ok(task) if matches!(task.status.as_str(), "AVAILABLE" | "RUNNING" | "QUEUED") => {
            Step::pass(STEP, &task.status)
        }
        Ok(task) => {
            let describe = place
                .aws
                .command("datasync describe-task", &["--task-arn", &task.arn]);
            let found = format!(
                "{}: {}",
                task.status,
                task.error.as_deref().unwrap_or("no reason given")
            );
            Step::fail(STEP, found, format!("look with `{describe}`"))
        }
    }
}

fn last_execution(line: &Line, place: &Place<'_>) -> Step {
    const STEP: &str = "last execution";
    match &line.last {
        Err(because) => Step::unknown(STEP, because),
        Ok(None) => Step::pass(STEP, "none in the last 30 days"),
        Ok(Some(last)) if last.status == "ERROR" => {
            let describe = ["--task-execution-arn", last.arn.as_str()];
            let describe = place
                .aws
                .command("datasync describe-task-execution", &describe);
            let found = format!(
                "ERROR: {}",
                last.error.as_deref().unwrap_or("no reason given")
            );
            Step::fail(
                STEP,
                found,
                format!("read its mail, or look with `{describe}`"),
            )
        }
        Ok(Some(last)) => Step::pass(STEP, &last.status),
    }
}

fn schedule_state(line: &Line, place: &Place<'_>) -> Step {
    const STEP: &str = "schedule";
    match &line.schedule {
        Err(because) => Step::unknown(STEP, because),
        Ok(schedule) if schedule.is_enabled() => Step::pass(STEP, &schedule.state),
        Ok(schedule) => {
            let found = format!("{} is {}: no run starts", schedule.name, schedule.state);
            Step::fail(STEP, found, place.changed_by_hand())
        }
    }
}

fn failure_queue(line: &Line, place: &Place<'_>) -> Step {
    const STEP: &str = "failure queue";
    match &line.failures {
        Err(because) => Step::unknown(STEP, because),
        Ok(0) => Step::pass(STEP, "empty"),
        Ok(waiting) => {
            let url = place
                .stack
                .outputs
                .get("FailureQueueUrl")
                .map_or("URL", String::as_str);
            let read = place
                .aws
                .command("sqs receive-message", &["--queue-url", url]);
            let found = format!("{waiting} messages about what failed after all retries");
            Step::fail(STEP, found, format!("read them with `{read}`"))
        }
    }
}

impl Place<'_> {
    fn subscribe(&self, topic: &str, protocol: &str, endpoint: &str) -> String {
        let endpoint = quoted(endpoint);
        let words = [
            "--topic-arn",
            topic,
            "--protocol",
            protocol,
            "--notification-endpoint",
            &endpoint,
        ];
        self.aws.command("sns subscribe", &words)
    }

    fn changed_by_hand(&self) -> String {
        let detect = ["--stack-name", self.stack.id.as_str()];
        let detect = self
            .aws
            .command("cloudformation detect-stack-drift", &detect);
        format!("it was changed outside the stack: find out where with `{detect}`, and set it back")
    }
}

/// A word for a shell, whatever is in it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@._+-:/".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_leave_its_command() {
        #[rustfmt::skip]
        let cases = [
            ("ops@example.com",       "ops@example.com"),
            ("https://x.example/a?b=c&d", "'https://x.example/a?b=c&d'"),
            ("a'; echo b",            r"'a'\''; echo b'"),
            ("",                      "''"),
        ];
        for (word, expected) in cases {
            assert_eq!(quoted(word), expected);
        }
    }
}
