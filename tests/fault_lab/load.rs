//! One process and many invocations: neither its memory nor its open descriptors
//! may grow.

use super::Lab;
use super::executions::Execution;
use super::fault::Plan;
use super::runtime::{Outcome, Worker};
use super::table::Table;
use anyhow::Context;
use std::time::{Duration, Instant};

/// Invocations before the first look: caches and pools are full by then.
const WARM_UP: usize = 50;
/// Looks after it.
const LOOKS: usize = 20;

/// What a process holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// Resident memory in KiB.
    memory: u64,
    descriptors: usize,
}

const NAME: &str = "load on one process";

pub(super) async fn play(lab: &Lab<'_>, table: &mut Table) -> anyhow::Result<()> {
    if !lab.scale.wants(NAME) {
        return Ok(());
    }
    let (since, count) = (Instant::now(), lab.scale.invocations);
    let (function, log) = (lab.function().await?, lab.log.clone());
    let mut worker = Worker::start(&function, log).await?;
    let mut looks = Vec::new();
    for number in 0..WARM_UP + count {
        // A ledger that is emptied now and then makes each invocation a whole one.
        if number.is_multiple_of(WARM_UP) {
            lab.forget_all().await?;
        }
        invoke(&mut worker, &lab.executions, number).await?;
        let after = (number + 1).checked_sub(WARM_UP);
        if after.is_some_and(|after| after.is_multiple_of((count / LOOKS).max(1))) {
            looks.push(held(&worker)?);
        }
    }
    let (figures, faults) = compared(count, &looks)?;
    table.add(NAME, since, figures, faults);
    Ok(())
}

async fn invoke(
    worker: &mut Worker,
    executions: &[Execution],
    number: usize,
) -> anyhow::Result<()> {
    let execution = &executions[number % executions.len().min(WARM_UP)];
    let event = execution.event(number, Duration::ZERO);
    worker.begin(Plan::Nothing, number, 1, Duration::ZERO);
    let outcome = worker.invoke(event.payload).await;
    let is_sent = matches!(&outcome, Outcome::Answered(answer) if answer["action"] == "sent");
    anyhow::ensure!(is_sent, "invocation {number}: {outcome:?}");
    Ok(())
}

/// The first look against all later ones.
fn compared(count: usize, looks: &[Held]) -> anyhow::Result<(String, Vec<String>)> {
    let first = looks.first().context("no look")?;
    let last = looks.last().context("no look")?;
    let memory = || looks.iter().map(|held| held.memory);
    let most = memory().max().unwrap_or_default();
    let mut faults = Vec::new();
    if memory().any(|memory| memory.abs_diff(first.memory) * 20 > first.memory) {
        faults.push(format!(
            "memory is not flat, in KiB: {:?}",
            memory().collect::<Vec<_>>()
        ));
    }
    if last.descriptors > first.descriptors {
        let all: Vec<usize> = looks.iter().map(|held| held.descriptors).collect();
        faults.push(format!("descriptors grow: {all:?}"));
    }
    let figures = format!(
        "{count} invocations: {} KiB at first, {most} at most, {} at last; {} descriptors, then {}",
        first.memory, last.memory, first.descriptors, last.descriptors
    );
    Ok((figures, faults))
}

/// Source: `proc_pid_status(5)`, `proc_pid_fd(5)`.
fn held(worker: &Worker) -> anyhow::Result<Held> {
    let pid = worker
        .pid
        .context("a process without an id")?
        .as_raw_nonzero();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let memory = memory.and_then(|rest| rest.trim().strip_suffix(" kB"));
    Ok(Held {
        memory: memory.context("no VmRSS")?.parse()?,
        descriptors: std::fs::read_dir(format!("/proc/{pid}/fd"))?.count(),
    })
}
