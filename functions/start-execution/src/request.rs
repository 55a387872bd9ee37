//! What the function is asked, and what it answers. Both are contracts.

use crate::overrides::Overrides;
use backup_domain::text::clipped;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who asks for a start.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub trigger: Trigger,
    /// What this run does otherwise.
    pub overrides: Overrides,
    /// Whether only to say what would be started.
    pub dry_run: bool,
}

/// Who asks.
#[derive(Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The schedule. Both texts are filled in by EventBridge Scheduler.
    Schedule {
        /// When the schedule was due.
        scheduled_time: Option<String>,
        /// The schedule's own id of this invocation.
        execution_id: Option<String>,
    },
    /// A person or a program.
    Manual,
}

#[derive(Deserialize)]
#[serde(tag = "trigger", rename_all = "lowercase", deny_unknown_fields)]
enum Given {
    Schedule {
        scheduled_time: Option<String>,
        execution_id: Option<String>,
    },
    Manual {
        overrides: Option<Value>,
        dry_run: Option<Value>,
    },
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    ///
    /// One line that names the field and what is allowed: a request that is half
    /// understood would start something else than was meant.
    pub fn read(payload: Value) -> Result<Self, String> {
        let given: Given =
            serde_json::from_value(payload).map_err(|error| clipped(&error.to_string()))?;
        Ok(match given {
            Given::Schedule {
                scheduled_time,
                execution_id,
            } => Request {
                trigger: Trigger::Schedule {
                    scheduled_time,
                    execution_id,
                },
                overrides: Overrides::default(),
                dry_run: false,
            },
            Given::Manual { overrides, dry_run } => Request {
                trigger: Trigger::Manual,
                overrides: overrides
                    .as_ref()
                    .map_or(Ok(Overrides::default()), Overrides::read)?,
                dry_run: dry_run.as_ref().map_or(Ok(false), flag)?,
            },
        })
    }
}

fn flag(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| {
        format!(
            "dry_run is {}; allowed: true, false",
            clipped(&value.to_string())
        )
    })
}

/// What came of it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// What was done.
    pub action: Action,
    /// The execution that was started, or the one that was in the way.
    pub task_execution_arn: Option<String>,
    /// Why nothing was started, or what is to be known about the start.
    pub reason: Option<String>,
    /// In answer to `dry_run`: what would be started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_start: Option<Value>,
}

/// The three things that can come of a request.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// An execution was started.
    Started,
    /// Nothing was started, and nothing is wrong: another execution runs or waits,
    /// as after a long night, or `dry_run` was asked for.
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
        let scheduled = json!({"trigger": "schedule", "scheduled_time": "2026-11-23T02:00:00Z", "execution_id": "e-1"});
        let scheduled = Request::read(scheduled).unwrap();
        assert!(matches!(
            scheduled.trigger,
            Trigger::Schedule {
                scheduled_time: Some(_),
                ..
            }
        ));
        let manual = Request::read(json!({"trigger": "manual"})).unwrap();
        assert_eq!((manual.trigger, manual.dry_run), (Trigger::Manual, false));
        let dry =
            json!({"trigger": "manual", "dry_run": true, "overrides": {"verify_mode": "NONE"}});
        let dry = Request::read(dry).unwrap();
        assert!(dry.dry_run && dry.overrides.verify_mode.is_some());

        #[rustfmt::skip]
        let wrong = [
            ("no trigger",       json!({}),                                              "trigger"),
            ("another trigger",  json!({"trigger": "cron"}),                             "cron"),
            ("another field",    json!({"trigger": "manual", "dryrun": true}),           "dryrun"),
            ("no flag",          json!({"trigger": "manual", "dry_run": "yes"}),         "dry_run is \"yes\"; allowed: true, false"),
            ("no overrides",     json!({"trigger": "manual", "overrides": 7}),           "overrides is 7; allowed: an object"),
            ("not of schedules", json!({"trigger": "schedule", "dry_run": true}),        "dry_run"),
            ("not an object",    json!("manual"),                                        ""),
            ("a line break",     json!({"trigger": "a\nb"}),                             "a\\u{a}b"),
        ];
        for (name, value, named) in wrong {
            let error = Request::read(value).unwrap_err();
            assert!(
                error.contains(named) && !error.contains('\n'),
                "{name}: {error}"
            );
        }
    }

    #[test]
    fn an_answer_reads_like_this() {
        let answer = Answer {
            action: Action::Skipped,
            task_execution_arn: None,
            reason: Some("why".to_owned()),
            would_start: None,
        };
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"action":"skipped","task_execution_arn":null,"reason":"why"}"#
        );
    }
}
