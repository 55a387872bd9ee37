//! What has ended and was never told.

use super::Watch;
use crate::aws::Described;
use crate::settle::settle;
use aws_call::CallError;
use backup_domain::arn::ExecutionArn;
use backup_domain::execution::Status;
use backup_domain::state_change::StateChange;
use backup_domain::verdict::Verdict;
use function_env::log;
use futures_util::StreamExt;
use jiff::SignedDuration;
use lambda_runtime::tracing::{self, Instrument};

/// How many executions are asked for at the same time.
const AT_ONCE: usize = 8;

/// Where the ledger cannot be read, what ended within this time is told, at worst
/// twice: an hour, and what two watches may lie apart from it.
const FRESH: SignedDuration = SignedDuration::from_mins(70);

/// What one letter and its record may take at the worst; with less time left, the
/// rest is told an hour later.
const ONE_LETTER: SignedDuration = SignedDuration::from_secs(100);

/// How long a run that was told as UNKNOWN is asked for again.
const NOT_FORGOTTEN: SignedDuration = SignedDuration::from_hours(3 * 24);

/// An execution that was never told, and what DataSync says of it now.
struct Untold {
    change: StateChange,
    described: Result<Described, CallError>,
}

impl Watch<'_> {
    /// Tells what has ended and was never told, in the order of the runs.
    pub(super) async fn tell_untold(&mut self, listed: &[(ExecutionArn, Status)]) {
        for untold in self.untold(listed).await {
            if self.time_left() < ONE_LETTER {
                tracing::warn!("the rest is told by the next watch: no time is left");
                return;
            }
            let span = log::about(&untold.change.execution);
            let telling = self.scene.tell(&untold.change, untold.described);
            let answer = telling.instrument(span).await;
            // One letter that is refused for itself must not hold back the others.
            let is_down = answer.as_ref().is_err_and(|failure| failure.0.may_pass);
            self.note(answer);
            if is_down {
                return;
            }
        }
    }

    /// What was never told, in the order of the runs; then what was told as UNKNOWN.
    async fn untold(&self, listed: &[(ExecutionArn, Status)]) -> Vec<Untold> {
        let history = self.scene.ledger.history();
        let ended = listed
            .iter()
            .filter(|(_, status)| !matches!(status, Status::Transient(_)));
        let told = |arn: &ExecutionArn| history.told(&arn.execution_id);
        let (never, told): (Vec<_>, Vec<_>) = ended.partition(|(arn, _)| told(arn).is_none());
        let unknown = told.into_iter().filter(|(arn, _)| {
            let entry = history.newest(&arn.execution_id, Verdict::Unknown);
            let is_young = |time| self.scene.now.duration_since(time) < NOT_FORGOTTEN;
            !history.is_duplicate(&arn.execution_id, Verdict::Ok)
                && entry.is_some_and(|entry| is_young(entry.time))
        });
        let mut untold = self.asked(never.into_iter()).await;
        if self.found.ledger.is_err() {
            untold.retain(|one| self.has_just_ended(one));
        }
        untold.extend(self.asked(unknown).await);
        untold
    }

    /// Asks for executions, as long as there is time to tell of one.
    async fn asked<'l>(
        &self,
        executions: impl Iterator<Item = &'l (ExecutionArn, Status)>,
    ) -> Vec<Untold> {
        let asked = executions.map(|(arn, status)| {
            self.ask(StateChange {
                execution: arn.clone(),
                state: status.clone(),
                time: None,
            })
        });
        let mut asked = futures_util::stream::iter(asked).buffer_unordered(AT_ONCE);
        let mut untold: Vec<Untold> = Vec::new();
        while let Some(one) = asked.next().await {
            untold.push(one);
            if self.time_left() < ONE_LETTER {
                break;
            }
        }
        let started = |one: &Untold| one.described.as_ref().ok()?.execution.started;
        untold.sort_by_key(started);
        untold
    }

    async fn ask(&self, change: StateChange) -> Untold {
        let budget = self.scene.settings.describe_budget;
        let described = settle(self.scene.aws, &change, budget).await;
        Untold { change, described }
    }

    /// Without a ledger, what is not known to have just ended is left alone: else all
    /// runs of a month would be told each hour.
    fn has_just_ended(&self, untold: &Untold) -> bool {
        let described = untold.described.as_ref().ok();
        let ended = described.and_then(|described| described.execution.ended);
        ended.is_some_and(|ended| self.scene.now.duration_since(ended) < FRESH)
    }
}
