//! Time that passes for alarms alone: functions and services stay where they are.

use crate::LocalCloud;
use serde::Deserialize;
use serde_json::{from_value, json};

/// A change of an alarm's state.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AlarmChange {
    /// The alarm's name.
    pub name: String,
    /// The state before: `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub from: String,
    /// The state since.
    pub to: String,
    /// When, on the clock of the metrics, RFC 3339.
    pub at: String,
    /// Why, in `CloudWatch`'s words.
    pub reason: String,
}

/// How an alarm stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AlarmStand {
    /// The alarm's name.
    pub name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// Why, in `CloudWatch`'s words.
    pub reason: String,
}

/// What came of the time that passed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Passed {
    /// Where the clock of the metrics stands, RFC 3339.
    pub now: String,
    /// The changes, in order.
    pub changes: Vec<AlarmChange>,
    /// The alarms as they are now.
    pub alarms: Vec<AlarmStand>,
}

impl LocalCloud {
    /// Sets the clock of the metrics ahead, by 48 hours at most, and evaluates the
    /// alarms at each minute of them; at none of them, once. Only alarms whose name
    /// fits the pattern, with `*` in it; their actions are done at once. What
    /// functions emit later lies where the clock then stands.
    ///
    /// # Errors
    ///
    /// If no alarm has such a name.
    pub async fn pass_hours(&self, hours: u32, alarms: &str) -> anyhow::Result<Passed> {
        let order = json!({"Hours": hours, "Names": [alarms]});
        Ok(from_value(self.order("alarms", &order).await?)?)
    }

    /// The same while no alarm looks: what was emitted before becomes old.
    ///
    /// # Errors
    ///
    /// If the local cloud does not answer.
    pub async fn skip_hours(&self, hours: u32) -> anyhow::Result<()> {
        let order = json!({"Hours": hours, "Names": []});
        self.order("alarms", &order).await.map(drop)
    }
}
