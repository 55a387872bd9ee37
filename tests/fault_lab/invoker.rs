//! Lambda's asynchronous invocation: every event at least once, on a pool of
//! processes, two more attempts after one and two minutes, then the failure queue.
//! The clock is virtual: nobody waits, and the attempts are made in the order of
//! their time.

use super::fault::Plan;
use super::proxy::Log;
use super::runtime::{Function, Outcome, Worker};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Processes at once. Most of them wait for the next attempt of a call.
const WORKERS: usize = 32;
/// The times between the attempts. Source: Lambda Developer Guide, "Error handling
/// for asynchronous invocation".
const PAUSES: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// When an event that comes twice comes again.
const AGAIN: Duration = Duration::from_secs(30);

/// An event, and when it comes.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// By which it is told from others.
    pub(super) number: usize,
    pub(super) payload: Value,
    pub(super) at: Duration,
    /// It is delivered once more after it was answered.
    pub(super) twice: bool,
}

/// What came of all events.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    pub(super) attempts: usize,
    /// Processes that ended before they answered.
    pub(super) died: usize,
    /// The failure queue: events that failed three times.
    pub(super) failed: Vec<Event>,
}

/// The number of the first attempt where an event comes again: all attempts of an
/// event have numbers of their own.
const FIRST_AGAIN: u32 = 4;

/// Until the next attempt, if there is one.
fn pause_after(attempt: u32) -> Option<Duration> {
    PAUSES.get((attempt as usize - 1) % 3).copied()
}

/// An attempt that is due: its time, the place of its event in the list, its number.
type Due = Reverse<(Duration, usize, u32)>;

struct Queue {
    events: Vec<Event>,
    plan: Plan,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    due: BinaryHeap<Due>,
    in_flight: usize,
    /// Which of the events that come twice were answered once.
    answered: BTreeSet<usize>,
    delivered: Delivered,
}

/// Delivers events until each was answered or is in the failure queue.
pub(super) async fn deliver(
    function: &Function,
    log: &Log,
    plan: Plan,
    events: Vec<Event>,
) -> anyhow::Result<Delivered> {
    let due = events.iter().enumerate();
    let due = due.map(|(index, event)| Reverse((event.at, index, 1)));
    let state = State {
        due: due.collect(),
        ..State::default()
    };
    let workers = WORKERS.min(events.len());
    let queue = Arc::new(Queue {
        events,
        plan,
        state: Mutex::new(state),
        changed: Notify::new(),
    });
    let mut pool = JoinSet::new();
    for _ in 0..workers {
        pool.spawn(work(function.clone(), log.clone(), Arc::clone(&queue)));
    }
    while let Some(ended) = pool.join_next().await {
        ended??;
    }
    let mut state = queue.lock();
    Ok(std::mem::take(&mut state.delivered))
}

/// Works as long as there is anything to do. A process that is gone is replaced.
async fn work(function: Function, log: Log, queue: Arc<Queue>) -> anyhow::Result<()> {
    let mut worker = Worker::start(&function, log.clone()).await?;
    while let Some((at, index, attempt)) = queue.take().await {
        let event = &queue.events[index];
        worker.begin(queue.plan.clone(), event.number, attempt, at);
        let outcome = worker.invoke(event.payload.clone()).await;
        if matches!(outcome, Outcome::Died | Outcome::TimedOut) {
            worker = Worker::start(&function, log.clone()).await?;
        }
        queue.end(at, index, attempt, &outcome);
    }
    Ok(())
}

impl Queue {
    /// The attempt that is due next; none when no more can come.
    async fn take(&self) -> Option<(Duration, usize, u32)> {
        loop {
            let changed = self.changed.notified();
            {
                let mut state = self.lock();
                if let Some(Reverse(due)) = state.due.pop() {
                    state.in_flight += 1;
                    return Some(due);
                }
                if state.in_flight == 0 {
                    return None;
                }
            }
            changed.await;
        }
    }

    fn end(&self, at: Duration, index: usize, attempt: u32, outcome: &Outcome) {
        let mut state = self.lock();
        state.in_flight -= 1;
        state.delivered.attempts += 1;
        state.delivered.died += usize::from(*outcome == Outcome::Died);
        let event = &self.events[index];
        if matches!(outcome, Outcome::Answered(_)) {
            if event.twice && state.answered.insert(index) {
                state.due.push(Reverse((at + AGAIN, index, FIRST_AGAIN)));
            }
        } else if let Some(pause) = pause_after(attempt) {
            state.due.push(Reverse((at + pause, index, attempt + 1)));
        } else {
            state.delivered.failed.push(event.clone());
        }
        drop(state);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
