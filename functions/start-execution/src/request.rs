//! What the function is asked, and what it answers. Both are contracts.

use serde::{Deserialize, Serialize};

/// Who asks for a start.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "trigger", rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// The schedule. Both texts are filled in by EventBridge Scheduler.
    Schedule {
        /// When the schedule was due.
        scheduled_time: Option<String>,
        /// The schedule's own id of this invocation.
        execution_id: Option<String>,
    },
    /// A person or a program.
    Manual {},
}

/// What came of it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// What was done.
    pub action: Action,
    /// The execution that was started, or the one that was in the way.
    pub task_execution_arn: Option<String>,
    /// Why nothing was started, or how a start became known.
    pub reason: Option<String>,
}

/// The three things that can come of a request.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// An execution was started.
    Started,
    /// Another execution runs or waits; that is normal after a long night.
    Skipped,
    /// The task cannot be executed. Answered as an invocation error, so that
    /// Lambda retries and then keeps the request in the failure queue.
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn requests_are_read_strictly() {
        let read = |value| serde_json::from_value::<Request>(value);
        let scheduled = json!({"trigger": "schedule", "scheduled_time": "2026-11-23T02:00:00Z", "execution_id": "e-1"});
        assert!(matches!(
            read(scheduled),
            Ok(Request::Schedule {
                scheduled_time: Some(_),
                ..
            })
        ));
        assert_eq!(
            read(json!({"trigger": "manual"})).unwrap(),
            Request::Manual {}
        );

        #[rustfmt::skip]
        let wrong = [
            ("no trigger",       json!({}),                                     "trigger"),
            ("another trigger",  json!({"trigger": "cron"}),                    "cron"),
            ("not implemented",  json!({"trigger": "manual", "dry_run": true}), "dry_run"),
            ("not an object",    json!("manual"),                               ""),
        ];
        for (name, value, named) in wrong {
            let error = read(value).unwrap_err().to_string();
            assert!(error.contains(named), "{name}: {error}");
        }
    }

    #[test]
    fn an_answer_reads_like_this() {
        let answer = Answer {
            action: Action::Skipped,
            task_execution_arn: None,
            reason: Some("why".to_owned()),
        };
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"action":"skipped","task_execution_arn":null,"reason":"why"}"#
        );
    }
}
