//! What starts the task.

use super::{Known, output, text};
use crate::aws::Aws;
use crate::stack::Stack;
use backup_domain::schedule::Schedule;

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
