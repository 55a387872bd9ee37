//! Executes a change set and follows it to its end.

use super::cause::{StackEvent, first_cause};
use super::change_set::PlannedChanges;
use super::state::{Stack, find};
use crate::aws::Aws;
use crate::failure::{Exit, Failure};
use crate::voice::Voice;
use anyhow::Context;
use function_env::CallError;
use std::collections::HashSet;
use std::time::Duration;

/// A stack whose change was carried out.
#[derive(Debug)]
pub struct Finished {
    /// The stack as it is now.
    pub stack: Stack,
}

/// Pauses between two questions: short at first, then longer, so that a quick
/// change is seen at once and a slow one is not asked for all the time.
#[derive(Debug)]
pub(super) struct Pause {
    next: Duration,
    longest: Duration,
}

impl Pause {
    pub(super) fn new(is_local: bool) -> Self {
        let longest = if is_local {
            Duration::from_millis(200)
        } else {
            Duration::from_secs(5)
        };
        Pause {
            next: Duration::from_millis(100),
            longest,
        }
    }

    pub(super) async fn wait(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 3 / 2).min(self.longest);
    }
}

/// Executes a change set; says each event; ends when the stack is at rest.
///
/// # Errors
///
/// [`Failure`] with the first failed event if the change did not succeed, and
/// [`Exit::Detached`] on Ctrl-C: the change goes on in AWS.
pub async fn apply(
    aws: &Aws,
    name: &str,
    planned: &PlannedChanges,
    voice: Voice,
) -> Result<Finished, Failure> {
    let known = event_ids(aws, &planned.stack_id).await?;
    let request = aws.cloudformation.execute_change_set();
    let executed = request.change_set_name(&planned.change_set).send().await;
    executed.map_err(|error| {
        CallError::new(
            "cloudformation:ExecuteChangeSet",
            &planned.change_set,
            &error,
        )
    })?;
    tokio::select! {
        finished = follow(aws, name, &planned.stack_id, known, voice) => finished,
        _ = tokio::signal::ctrl_c() => Err(Failure::new(Exit::Detached, format!(
            "stopped watching; stack {name} goes on changing in AWS: see it with \
             `aws cloudformation describe-stack-events --stack-name {name}`"
        ))),
    }
}

async fn follow(
    aws: &Aws,
    name: &str,
    stack_id: &str,
    mut known: HashSet<String>,
    voice: Voice,
) -> Result<Finished, Failure> {
    let mut pause = Pause::new(aws.is_local);
    let mut seen: Vec<StackEvent> = Vec::new();
    loop {
        // A question that fails is asked again: it says nothing about the stack.
        let stack = find(aws, stack_id).await;
        let events = new_events(aws, stack_id, &mut known)
            .await
            .unwrap_or_default();
        for event in &events {
            voice.detail(&event.line());
        }
        seen.extend(events);
        match stack {
            // Reads may lag: at rest means at rest after something has begun.
            Ok(Some(stack)) if is_at_rest(&stack) && !seen.is_empty() => {
                return conclude(name, stack, &seen);
            }
            Err(error) if !error.may_pass => return Err(error.into()),
            _ => pause.wait().await,
        }
    }
}

fn is_at_rest(stack: &Stack) -> bool {
    !stack.status.ends_with("_IN_PROGRESS")
}

fn conclude(name: &str, stack: Stack, seen: &[StackEvent]) -> Result<Finished, Failure> {
    let good = stack.is_ready() && !stack.status.contains("ROLLBACK");
    if good {
        return Ok(Finished { stack });
    }
    let cause = first_cause(seen).map_or_else(
        || {
            format!(
                "CloudFormation said: {}",
                stack.reason.as_deref().unwrap_or("nothing")
            )
        },
        |event| {
            format!(
                "{} ({}) {}: {}",
                event.resource, event.kind, event.status, event.reason
            )
        },
    );
    let next = if stack.is_ready() {
        "the version of before is running".to_owned()
    } else {
        format!("next: `aws cloudformation delete-stack --stack-name {name}`, then deploy again")
    };
    Err(Failure::new(
        Exit::Failed,
        format!(
            "stack {name} is {}; first failure: {cause}; {next}",
            stack.status
        ),
    ))
}

async fn event_ids(aws: &Aws, stack_id: &str) -> Result<HashSet<String>, Failure> {
    let events = events(aws, stack_id, &HashSet::new()).await?;
    Ok(events.into_iter().map(|event| event.id).collect())
}

/// The events that were not seen before, oldest first.
async fn new_events(
    aws: &Aws,
    stack_id: &str,
    known: &mut HashSet<String>,
) -> Result<Vec<StackEvent>, Failure> {
    let mut events = events(aws, stack_id, known).await?;
    events.reverse();
    known.extend(events.iter().map(|event| event.id.clone()));
    Ok(events)
}

/// Newest first, up to the first one that is known.
async fn events(
    aws: &Aws,
    stack_id: &str,
    known: &HashSet<String>,
) -> Result<Vec<StackEvent>, Failure> {
    let request = aws
        .cloudformation
        .describe_stack_events()
        .stack_name(stack_id);
    let mut pages = request.into_paginator().send();
    let mut events = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| {
            CallError::new("cloudformation:DescribeStackEvents", stack_id, &error)
        })?;
        for event in page.stack_events() {
            let event = StackEvent::from_sdk(event).context("an event without an id")?;
            if known.contains(&event.id) {
                return Ok(events);
            }
            events.push(event);
        }
    }
    Ok(events)
}
