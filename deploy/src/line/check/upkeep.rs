//! Whether runs will start, and whether something has failed.

use super::last_run::last_execution;
use super::{Place, Step};
use crate::aws::Aws;
use crate::line::Line;
use crate::stack::{Stack, StackState};
use backup_domain::units::plural;
use jiff::Timestamp;

/// Whether runs will start, and whether something has failed.
#[must_use]
pub fn upkeep(line: &Line, aws: &Aws, stack: &Stack, now: Timestamp) -> Vec<Step> {
    let place = Place { aws, stack };
    vec![
        stack_state(&place),
        task_state(line, &place),
        last_execution(line, &place, now),
        schedule_state(line, &place),
        failure_queue(line, &place),
    ]
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
            let found = format!(
                "{} about what failed after all retries",
                plural(*waiting, "message", "messages")
            );
            Step::fail(STEP, found, format!("read them with `{read}`"))
        }
    }
}
