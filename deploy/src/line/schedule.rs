//! What starts the task.

use super::{Known, NotKnown, output, text};
use crate::aws::Aws;
use crate::stack::Stack;
use backup_domain::cron;
use backup_domain::letter::Zone;
use jiff::Timestamp;

/// A schedule of EventBridge Scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its name, in the default group.
    pub name: String,
    /// `ENABLED` or `DISABLED`.
    pub state: String,
    /// Such as `cron(0 2 * * ? *)`.
    pub expression: String,
    /// The IANA zone that the expression is in.
    pub time_zone: String,
}

pub(super) async fn describe(aws: &Aws, stack: &Stack) -> Known<Schedule> {
    let name = output(stack, "StartScheduleName")?;
    let path = format!("/schedules/{name}");
    let answer = aws
        .scheduler
        .send("scheduler:GetSchedule", name, path, None)
        .await?
        .body;
    let zone = answer["ScheduleExpressionTimezone"].as_str();
    Ok(Schedule {
        name: name.to_owned(),
        state: text(&answer, "State")?,
        expression: text(&answer, "ScheduleExpression")?,
        time_zone: zone.unwrap_or("UTC").to_owned(),
    })
}

impl Schedule {
    /// Whether it starts anything.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.state == "ENABLED"
    }

    /// When it is due next.
    ///
    /// # Errors
    ///
    /// [`NotKnown`] where that would be a guess.
    pub fn next_run(&self, now: Timestamp) -> Known<Timestamp> {
        if !self.is_enabled() {
            return Err(NotKnown::because(format!("the schedule is {}", self.state)));
        }
        let zone: Zone = self
            .time_zone
            .parse()
            .map_err(|error| NotKnown::because(format!("{error}")))?;
        cron::next(&self.expression, zone.rules(), now)
            .map_err(|error| NotKnown::because(error.to_string()))
    }
}
