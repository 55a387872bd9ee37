//! Executes a change set and follows it to its end.

use super::cause::{StackEvent, first_cause};
use super::change_set::{PlannedChanges, discard};
use super::pause::Pause;
use super::state::{Stack, StackState, find};
use crate::aws::Aws;
use crate::failure::{Exit, Failure};
use crate::voice::Voice;
use anyhow::Context;
use aws_call::CallError;
use std::collections::HashSet;

/// Executes a change set; says each event; ends when the stack is at rest.
///
/// # Errors
///
/// [`Failure`] with the first failed event if the change did not succeed, and
/// [`Exit::Detached`] where only the watching ended: on Ctrl-C, or when AWS
/// refuses to be asked. The change goes on then.
pub async fn apply(
    aws: &Aws,
    name: &str,
    planned: &PlannedChanges,
    voice: Voice,
) -> Result<Stack, Failure> {
    let known = events(aws, &planned.stack_id, &HashSet::new()).await?;
    let known = known.into_iter().map(|event| event.id).collect();
    let request = aws.cloudformation.execute_change_set();
    let executed = request.change_set_name(&planned.change_set).send().await;
    if let Err(error) = executed {
        let call = CallError::new(
            "cloudformation:ExecuteChangeSet",
            &planned.change_set,
            &error,
        );
        // The first failure is the one to tell, whatever comes of tidying up.
        let _: Result<(), CallError> = discard(aws, planned).await;
        return Err(call.into());
    }
    tokio::select! {
        finished = follow(aws, &planned.stack_id, known, voice) => match finished {
            Ok((status, seen)) => conclude(aws, name, &planned.stack_id, &status, &seen).await,
            Err(failure) => Err(detached(aws, name, &failure.to_string())),
        },
        _ = tokio::signal::ctrl_c() => Err(detached(aws, name, "stopped watching")),
    }
}

fn detached(aws: &Aws, name: &str, why: &str) -> Failure {
    let command = aws.command(
        "cloudformation describe-stack-events",
        &["--stack-name", name],
    );
    Failure::new(
        Exit::Detached,
        format!("{why}; stack {name} goes on changing in AWS: see it with `{command}`"),
    )
}

/// Says events until the stack's own one says that the change has ended; gives
/// that status and all events. The stack's description is not asked: it may
/// still tell the status of before.
async fn follow(
    aws: &Aws,
    stack_id: &str,
    mut known: HashSet<String>,
    voice: Voice,
) -> Result<(String, Vec<StackEvent>), Failure> {
    let mut pause = Pause::new(aws.is_local);
    let mut seen: Vec<StackEvent> = Vec::new();
    loop {
        match events(aws, stack_id, &known).await {
            Ok(mut events) => {
                events.reverse();
                known.extend(events.iter().map(|event| event.id.clone()));
                events.iter().for_each(|event| voice.say(&event.line()));
                seen.extend(events);
            }
            // A question that fails is asked again: it says nothing about the stack.
            Err(error) if error.may_pass => {}
            Err(error) => return Err(error.into()),
        }
        let own = seen.iter().rev().find(|event| event.is_of(stack_id));
        match own {
            Some(event) if !event.status.ends_with("_IN_PROGRESS") => {
                return Ok((event.status.clone(), seen));
            }
            _ => pause.wait().await,
        }
    }
}

async fn conclude(
    aws: &Aws,
    name: &str,
    stack_id: &str,
    status: &str,
    seen: &[StackEvent],
) -> Result<Stack, Failure> {
    let stack = find(aws, stack_id).await?;
    let stack = stack.with_context(|| format!("stack {name} is gone"))?;
    if matches!(
        status,
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE"
    ) {
        return Ok(stack);
    }
    let cause = match first_cause(seen) {
        Some(event) => format!(
            "{} ({}) {}: {}",
            event.resource, event.kind, event.status, event.reason
        ),
        None => stack
            .reason
            .unwrap_or_else(|| "CloudFormation gave no reason".to_owned()),
    };
    Err(Failure::new(
        Exit::Failed,
        format!(
            "stack {name} is {status}; first failure: {cause}; {}",
            next_step(aws, stack_id, status)
        ),
    ))
}

/// What to do after a failed change. Only a stack that was never created may be
/// deleted; a running one is left alone.
fn next_step(aws: &Aws, stack_id: &str, status: &str) -> String {
    let stack = ["--stack-name", stack_id];
    match StackState::of(status) {
        StackState::Ready => {
            "the version of before is running; remove the cause and deploy again".to_owned()
        }
        StackState::NeverCreated => format!(
            "next: `{}`, then deploy again",
            aws.command("cloudformation delete-stack", &stack)
        ),
        _ => format!(
            "next: `{}`",
            aws.command("cloudformation describe-stack-events", &stack)
        ),
    }
}

/// The events that are not known, newest first.
async fn events(
    aws: &Aws,
    stack_id: &str,
    known: &HashSet<String>,
) -> Result<Vec<StackEvent>, CallError> {
    let request = aws.cloudformation.describe_stack_events();
    let mut pages = request.stack_name(stack_id).into_paginator().send();
    let mut events = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| {
            CallError::new("cloudformation:DescribeStackEvents", stack_id, &error)
        })?;
        for event in page.stack_events().iter().filter_map(StackEvent::from_sdk) {
            if known.contains(&event.id) {
                return Ok(events);
            }
            events.push(event);
        }
    }
    Ok(events)
}
