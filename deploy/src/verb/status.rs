//! `efs-backup status`: what a person asks first.

use super::{connect, existing};
use crate::aws::Aws;
use crate::cli::Global;
use crate::failure::{Exit, Failure};
use crate::line::{Known, Line, NotKnown, Outcome, Step, Topic, alert_path, upkeep};
use crate::stack::Stack;
use crate::voice::Voice;
use backup_domain::letter::Zone;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// What this backup is, and what it is not.
const SCOPE: &str =
    "an archive of the files on the file system; no image of instances or databases";

/// Shows the stack's backup line.
///
/// # Errors
///
/// If there is no such stack. What a service does not tell is no error but "not
/// known", with exit code 4 where it was denied and 1 otherwise.
pub(super) async fn status(global: &Global, voice: Voice) -> Result<u8, Failure> {
    let aws = connect(global, voice).await?;
    let stack = existing(&aws, global.stack_name()).await?;
    let line = Line::look(&aws, &stack).await;
    let now = Timestamp::now();
    let view = View {
        name: global.stack_name(),
        stack: &stack,
        line: &line,
        attention: attention(&line, &aws, &stack, now),
        now,
    };
    if global.json {
        voice.result(&view.json().to_string());
    } else {
        view.lines().iter().for_each(|text| voice.result(text));
    }
    Ok(exit(&line))
}

fn exit(line: &Line) -> u8 {
    let not_known = line.not_known();
    if not_known.iter().any(|because| because.is_denied) {
        Exit::Credentials as u8
    } else {
        u8::from(!not_known.is_empty())
    }
}

/// What does not hold, or is not known to.
fn attention(line: &Line, aws: &Aws, stack: &Stack, now: Timestamp) -> Vec<Step> {
    let steps = upkeep(line, aws, stack, now)
        .into_iter()
        .chain(alert_path(line, aws, stack));
    steps.filter(|step| step.outcome != Outcome::Pass).collect()
}

/// All that is shown, in whatever form.
struct View<'a> {
    name: &'a str,
    stack: &'a Stack,
    line: &'a Line,
    attention: Vec<Step>,
    now: Timestamp,
}

impl View<'_> {
    /// One `Label: value` a line.
    fn lines(&self) -> Vec<String> {
        let line = self.line;
        let mut lines = vec![
            format!("Stack: {}, {}", self.name, self.stack.status),
            format!("Scope: {SCOPE}"),
            labelled("Task", &line.task, |task| {
                format!("{}, {}", task.name, task.status)
            }),
            labelled("Last execution", &line.last, |last| {
                self.execution(last.as_ref())
            }),
            labelled("Schedule", &line.schedule, |schedule| {
                format!(
                    "{}, {} in {}",
                    schedule.state, schedule.expression, schedule.time_zone
                )
            }),
            labelled("Next run", &self.next_run(), |time| self.show(*time)),
            labelled("Rule", &line.rule, |rule| {
                format!("{}, {}", rule.name, rule.state)
            }),
        ];
        lines.push("Settings of the bucket: not looked at here; the audit does".to_owned());
        lines.extend(self.who_is_told());
        lines.extend(self.attention_lines());
        lines
    }

    fn who_is_told(&self) -> Vec<String> {
        let line = self.line;
        let mut lines = topic_lines("Mails about runs", &line.alerts);
        lines.extend(topic_lines("Mails about the backup line", &line.watch));
        lines.push(labelled(
            "Failure queue",
            &line.failures,
            |waiting| match waiting {
                0 => "empty".to_owned(),
                waiting => format!("{waiting} waiting"),
            },
        ));
        lines
    }

    fn attention_lines(&self) -> Vec<String> {
        if self.attention.is_empty() {
            return vec![
                "Attention: none; `efs-backup notify-test` also sends a test mail".to_owned(),
            ];
        }
        let steps = self.attention.iter().map(|step| {
            let next = step
                .next
                .as_deref()
                .map_or(String::new(), |next| format!("; {next}"));
            format!("Attention: {}: {}{next}", step.step, step.found)
        });
        steps.collect()
    }

    fn execution(&self, last: Option<&crate::line::Execution>) -> String {
        let Some(last) = last else {
            return "none in the last 30 days".to_owned();
        };
        let time = |time: Option<Timestamp>| {
            time.map_or("not reported".to_owned(), |time| self.show(time))
        };
        let mut text = format!("{}, started {}", last.status, time(last.started));
        if last.ended.is_some() {
            text.push_str(&format!(", ended {}", time(last.ended)));
        }
        match self.line.told(last) {
            Ok(Some(verdict)) => format!("{text}, told as {}", verdict.word()),
            Ok(None) => format!("{text}, nothing told yet"),
            Err(because) => format!("{text}, what was told is not known: {}", because.cause),
        }
    }

    fn next_run(&self) -> Known<Timestamp> {
        let schedule = self.line.schedule.clone()?;
        schedule.next_run(self.now).map_err(NotKnown::because)
    }

    /// A time in UTC and in the zone of the stack.
    fn show(&self, time: Timestamp) -> String {
        let zone = self.stack.parameters.get("TimeZone");
        let zone: Option<Zone> = zone.and_then(|name| name.parse().ok());
        zone.map_or_else(
            || time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            |zone| zone.show(time),
        )
    }

    /// One document, schema `backup.status/1`: a contract. What is not known is an
    /// object `{"not_known": CAUSE}` in its place.
    fn json(&self) -> Value {
        let line = self.line;
        json!({
            "schema": "backup.status/1",
            "stack": {"name": self.name, "status": self.stack.status},
            "scope": SCOPE,
            "task": known(&line.task, |task| json!({
                "arn": task.arn, "name": task.name, "status": task.status, "error": task.error,
            })),
            "last_execution": known(&line.last, |last| last.as_ref().map_or(Value::Null, |last| json!({
                "arn": last.arn, "status": last.status, "started": last.started, "ended": last.ended,
                "error": last.error,
                "told": known(&line.told(last), |told| json!(told.map(|verdict| verdict.word()))),
            }))),
            "schedule": known(&line.schedule, |schedule| json!({
                "name": schedule.name, "state": schedule.state, "expression": schedule.expression,
                "time_zone": schedule.time_zone, "next_run": known(&self.next_run(), |time| json!(time)),
            })),
            "rule": known(&line.rule, |rule| json!({
                "name": rule.name, "state": rule.state, "targets": known(&rule.targets, |targets| {
                    json!(targets.iter().map(|target| &target.arn).collect::<Vec<_>>())
                }),
            })),
            "function": known(&line.reporter, |function| json!({
                "name": function.name, "arn": function.arn, "topic_arn": function.topic_arn,
            })),
            "alerts": known(&line.alerts, topic_json),
            "watch": known(&line.watch, topic_json),
            "failures_waiting": known(&line.failures, |waiting| json!(waiting)),
            "attention": self.attention,
        })
    }
}

fn labelled<T>(label: &str, fact: &Known<T>, show: impl FnOnce(&T) -> String) -> String {
    match fact {
        Ok(fact) => format!("{label}: {}", show(fact)),
        Err(because) => format!("{label}: not known: {}", because.cause),
    }
}

fn topic_lines(what: &str, topic: &Known<Topic>) -> Vec<String> {
    let mut lines = vec![labelled(what, topic, |topic| topic.arn.clone())];
    let subscriptions = topic.as_ref().map_or(&[][..], |topic| &topic.subscriptions);
    lines.extend(subscriptions.iter().map(|one| {
        format!(
            "  Subscription: {} {}: {}",
            one.protocol,
            one.endpoint,
            one.word()
        )
    }));
    if topic
        .as_ref()
        .is_ok_and(|topic| topic.subscriptions.is_empty())
    {
        lines.push("  Subscription: none".to_owned());
    }
    lines
}

fn topic_json(topic: &Topic) -> Value {
    json!({"arn": topic.arn, "subscriptions": topic.subscriptions})
}

fn known<T, U: Serialize>(fact: &Known<T>, show: impl FnOnce(&T) -> U) -> Value {
    match fact {
        Ok(fact) => json!(show(fact)),
        Err(because) => json!(because),
    }
}
