//! A task's own schedule: kept and shown, never fired, since `EventBridge`
//! Scheduler starts our executions. Source: API Reference, `TaskSchedule` and
//! `TaskScheduleDetails`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::datasync::api::parse;
use crate::datasync::error::ApiError;
use crate::datasync::model::Moment;

/// When a task would start, and who stopped that.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    expression: String,
    updated: Moment,
    disabled: Option<Disabled>,
}

#[derive(Debug, Clone)]
struct Disabled {
    /// `USER` or `SERVICE`.
    by: &'static str,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    #[serde(default)]
    schedule_expression: String,
    status: Option<String>,
}

impl Schedule {
    /// Reads a `TaskSchedule`; an empty structure or expression is none.
    pub(super) fn read(given: Value) -> Result<Option<Self>, ApiError> {
        if given.is_null() {
            return Ok(None);
        }
        let request: Request = parse(given)?;
        let by_user = || Disabled {
            by: "USER",
            reason: None,
        };
        let disabled = match request.status.as_deref() {
            // One that is not said to be disabled is enabled.
            None | Some("ENABLED") => None,
            Some("DISABLED") => Some(by_user()),
            Some(other) => {
                let allowed = ["ENABLED", "DISABLED"];
                return Err(ApiError::not_one_of("schedule.status", other, &allowed));
            }
        };
        Ok((!request.schedule_expression.is_empty()).then(|| Self {
            expression: request.schedule_expression,
            updated: Moment::now(),
            disabled,
        }))
    }

    /// `DataSync` gives up on it, as it does after repeated errors.
    pub(super) fn disable(&mut self, reason: String) {
        self.updated = Moment::now();
        self.disabled = Some(Disabled {
            by: "SERVICE",
            reason: Some(reason),
        });
    }

    /// Adds `Schedule` and `ScheduleDetails` to what `DescribeTask` answers.
    pub(super) fn describe(&self, answer: &mut Value) {
        let status = match self.disabled {
            None => "ENABLED",
            Some(_) => "DISABLED",
        };
        answer["Schedule"] = json!({"ScheduleExpression": self.expression, "Status": status});
        let mut details = json!({"StatusUpdateTime": self.updated});
        if let Some(disabled) = &self.disabled {
            details["DisabledBy"] = disabled.by.into();
            if let Some(reason) = &disabled.reason {
                details["DisabledReason"] = reason.as_str().into();
            }
        }
        answer["ScheduleDetails"] = details;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(schedule: &Schedule) -> Value {
        let mut answer = json!({});
        schedule.describe(&mut answer);
        assert!(
            answer["ScheduleDetails"]["StatusUpdateTime"]
                .take()
                .is_f64()
        );
        answer
    }

    #[test]
    fn a_schedule_says_who_disabled_it() {
        let given = json!({"ScheduleExpression": "rate(1 day)"});
        let mut schedule = Schedule::read(given).unwrap().unwrap();
        assert_eq!(
            described(&schedule),
            json!({"Schedule": {"ScheduleExpression": "rate(1 day)", "Status": "ENABLED"},
                   "ScheduleDetails": {"StatusUpdateTime": null}})
        );
        schedule.disable("repeated errors".to_owned());
        assert_eq!(
            described(&schedule),
            json!({"Schedule": {"ScheduleExpression": "rate(1 day)", "Status": "DISABLED"},
                   "ScheduleDetails": {"StatusUpdateTime": null, "DisabledBy": "SERVICE",
                                       "DisabledReason": "repeated errors"}})
        );
        let given = json!({"ScheduleExpression": "rate(1 day)", "Status": "DISABLED"});
        let schedule = Schedule::read(given).unwrap().unwrap();
        assert_eq!(
            described(&schedule)["ScheduleDetails"]["DisabledBy"],
            "USER"
        );
    }

    #[test]
    fn nothing_and_nonsense_are_told_apart() {
        for none in [Value::Null, json!({}), json!({"ScheduleExpression": ""})] {
            assert!(Schedule::read(none).unwrap().is_none());
        }
        let given = json!({"ScheduleExpression": "rate(1 day)", "Status": "PAUSED"});
        let error = Schedule::read(given).unwrap_err().to_string();
        assert!(error.contains("[ENABLED, DISABLED]"), "{error}");
    }
}
