//! Asks DataSync until an execution is settled or the time for asking is up.
//!
//! An event may come before DataSync's own answer has caught up, and before the
//! task report is written.

use crate::aws::{Aws, Described};
use aws_call::CallError;
use backup_domain::execution::Status;
use backup_domain::state_change::StateChange;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// The pauses between two questions; the last one repeats.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Asks until the execution is settled, for `budget` at most; gives the last
/// answer.
///
/// # Errors
///
/// The last [`CallError`] if DataSync never answered. One that no waiting can
/// mend (denied, gone) ends the asking at once.
pub(crate) async fn settle(
    aws: &Aws,
    change: &StateChange,
    budget: Duration,
) -> Result<Described, CallError> {
    let deadline = Instant::now() + budget;
    let mut last = Err(no_answer(change, budget));
    for pause in PAUSES.iter().chain(std::iter::repeat(&PAUSES[4])) {
        match timeout_at(deadline, aws.describe(&change.execution)).await {
            Ok(Ok(described)) => last = Ok(described),
            // An answer of before is worth more than a later failure.
            Ok(Err(error)) if last.is_err() => last = Err(error),
            Ok(Err(_)) => {}
            Err(_) => break,
        }
        if is_final(&last, change) || Instant::now() + *pause >= deadline {
            break;
        }
        sleep(*pause).await;
    }
    last
}

fn is_final(last: &Result<Described, CallError>, change: &StateChange) -> bool {
    match last {
        // An event of a state in between is only checked, not waited for. One
        // with a word that nobody knows may well be an end that still lags.
        Ok(described) => {
            described.execution.is_settled()
                || (matches!(change.state, Status::Transient(_))
                    && !described.execution.status.is_terminal())
        }
        Err(error) => !error.may_pass,
    }
}

fn no_answer(change: &StateChange, budget: Duration) -> CallError {
    CallError {
        operation: "datasync:DescribeTaskExecution",
        resource: change.execution.to_string(),
        code: "Timeout".to_owned(),
        message: format!("no answer within {} s", budget.as_secs()),
        may_pass: true,
    }
}
