//! How the backup line stands, as far as one could look.

use crate::arn::ExecutionArn;
use crate::schedule::Schedule;
use crate::subscription::SubscriptionState;
use crate::task::Task;
use jiff::Timestamp;

/// A fact, or why there is none.
pub type Looked<T> = Result<T, NotLooked>;

/// Why something was not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotLooked {
    /// The cause, in one line.
    pub because: String,
    /// Whether the next look may succeed by itself.
    pub may_pass: bool,
}

/// How everything stands that a run and its mail need.
#[derive(Debug, Clone)]
pub struct Found {
    /// The task.
    pub task: Looked<Task>,
    /// The schedule that starts it; `None`: there is none of this name.
    pub schedule: Looked<Option<Schedule>>,
    /// The run that goes on, if one does.
    pub running: Looked<Option<Running>>,
    /// The rule that hands over what ends; `None`: there is none of this name.
    pub rule: Looked<Option<Rule>>,
    /// Who gets the mails about runs.
    pub alerts: Looked<Vec<Subscription>>,
    /// Who gets the mails about the line.
    pub watchers: Looked<Vec<Subscription>>,
    /// How many messages wait in the failure queue.
    pub waiting: Looked<u64>,
    /// Whether the ledger can be read, and written.
    pub ledger: Looked<()>,
}

impl Found {
    /// Whether every look succeeded.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let looks = [
            self.task.is_ok(),
            self.schedule.is_ok(),
            self.running.is_ok(),
            self.rule.is_ok(),
            self.alerts.is_ok(),
            self.watchers.is_ok(),
            self.waiting.is_ok(),
            self.ledger.is_ok(),
        ];
        looks.into_iter().all(|looked| looked)
    }
}

/// An execution that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Which one.
    pub execution: ExecutionArn,
    /// DataSync's word, such as `TRANSFERRING`.
    pub status: String,
    /// When it was asked for.
    pub started: Option<Timestamp>,
}

/// A rule of EventBridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `ENABLED` or `DISABLED`.
    pub state: String,
    /// Whether one of its targets is the function that reports.
    pub reaches_reporter: bool,
}

/// Who gets what is published on a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The address. It is foreign text.
    pub endpoint: String,
    /// Whether anything arrives there.
    pub state: SubscriptionState,
}

/// Whether what is published is read by anybody.
#[must_use]
pub fn is_heard(audience: &[Subscription]) -> bool {
    audience
        .iter()
        .any(|one| one.state == SubscriptionState::Confirmed)
}
