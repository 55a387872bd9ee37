//! The things that can arrive: a state change, the hour of the watch, a request for
//! a test mail, and what cannot be read.

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use backup_domain::arn::{ExecutionArn, TaskArn};
use backup_domain::execution::Status;
use backup_domain::state_change::StateChange;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the function was invoked with.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    /// A state change of an execution of our task.
    Change(StateChange),
    /// `{"test":{}}`.
    Test,
    /// `{"watch":{}}`.
    Watch,
    /// Anything else, and why it is not understood. It is told, never dropped.
    Unreadable(String),
}

#[derive(Serialize, Deserialize)]
struct Detail {
    #[serde(rename = "State")]
    state: String,
}

const DETAIL_TYPE: &str = "DataSync Task Execution State Change";

impl Entry {
    /// Reads what arrived for the reporter of `task`.
    #[must_use]
    pub fn read(payload: &Value, task: &TaskArn) -> Entry {
        if payload.get("test").is_some_and(Value::is_object) {
            return Entry::Test;
        }
        if payload.get("watch").is_some_and(Value::is_object) {
            return Entry::Watch;
        }
        match state_change(payload, task) {
            Ok(change) => Entry::Change(change),
            Err(because) => Entry::Unreadable(because),
        }
    }
}

fn state_change(payload: &Value, task: &TaskArn) -> Result<StateChange, String> {
    let event: EventBridgeEvent<Detail> = EventBridgeEvent::deserialize(payload)
        .map_err(|error| format!("it is not an event of DataSync ({error})"))?;
    if event.source != "aws.datasync" || event.detail_type != DETAIL_TYPE {
        return Err(format!(
            "it is an event of another kind ({}, {})",
            event.source, event.detail_type
        ));
    }
    let resources = event.resources.unwrap_or_default();
    let arn = resources.first().ok_or("it names no task execution")?;
    let execution: ExecutionArn = arn.parse().map_err(|error| format!("{error}"))?;
    if execution.task != *task {
        return Err(format!("it is about another task ({})", execution.task));
    }
    Ok(StateChange {
        execution,
        state: Status::from(event.detail.state.as_str()),
        time: event
            .time
            .and_then(|time| jiff::Timestamp::from_millisecond(time.timestamp_millis()).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const TASK: &str = "arn:aws:datasync:us-east-1:111122223333:task/task-0a1b2c3d4e5f60718";

    fn recorded() -> Vec<(String, Value)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
        let mut events: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "json")
            })
            .map(|path| {
                let text = std::fs::read_to_string(&path).unwrap();
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                (name, serde_json::from_str(&text).unwrap())
            })
            .collect();
        events.sort_by(|a, b| a.0.cmp(&b.0));
        events
    }

    #[test]
    fn every_recorded_event_is_read_like_this() {
        let task = TASK.parse().unwrap();
        let read: Vec<String> = recorded()
            .iter()
            .map(|(name, event)| match Entry::read(event, &task) {
                Entry::Change(change) => format!("{name}: {}", change.state),
                Entry::Test => format!("{name}: test"),
                Entry::Watch => format!("{name}: watch"),
                Entry::Unreadable(because) => format!("{name}: unreadable, {because}"),
            })
            .collect();
        insta::assert_snapshot!("recorded_events", read.join("\n"));
    }

    #[test]
    fn other_payloads_are_told_and_never_dropped() {
        let task = TASK.parse().unwrap();
        for payload in [
            "null",
            "[]",
            "\"x\"",
            "7",
            "{}",
            r#"{"watch":null}"#,
            r#"{"Records":[]}"#,
            r#"{"test":null}"#,
        ] {
            let value = serde_json::from_str(payload).unwrap();
            assert!(
                matches!(Entry::read(&value, &task), Entry::Unreadable(_)),
                "{payload}"
            );
        }
        assert_eq!(
            Entry::read(&serde_json::json!({"test": {}}), &task),
            Entry::Test
        );
        assert_eq!(
            Entry::read(&serde_json::json!({"watch": {}}), &task),
            Entry::Watch
        );
    }
}
