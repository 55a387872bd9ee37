//! The backup line as it is in AWS now: facts, each from the service that knows
//! it. What a service does not tell is not known, and says why.

mod check;
mod function;
mod ledger;
mod permission;
mod queue;
mod rule;
mod schedule;
mod task;
mod topic;

pub use backup_domain::schedule::Schedule;
pub use backup_domain::subscription::SubscriptionState;
pub use check::{Outcome, Step, alert_path, upkeep};
pub use function::{Reporter, TestMail, send_test_mail};
pub use rule::{Rule, Target, passes};
pub use task::{Execution, Task};
pub use topic::{Subscription, Topic};

use crate::aws::Aws;
use crate::failure::{Exit, Failure};
use crate::stack::Stack;
use aws_call::CallError;
use backup_domain::ledger::History;
use backup_domain::verdict::Verdict;
use serde::Serialize;

/// A fact, or why there is none.
pub type Known<T> = Result<T, NotKnown>;

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotKnown {
    /// The cause, in one line.
    #[serde(rename = "not_known")]
    pub cause: String,
    /// Whether credentials or permissions are the cause.
    #[serde(skip)]
    pub is_denied: bool,
}

impl From<CallError> for NotKnown {
    fn from(error: CallError) -> Self {
        let failure = Failure::from(error);
        NotKnown {
            cause: failure.to_string(),
            is_denied: failure.exit == Exit::Credentials,
        }
    }
}

impl NotKnown {
    /// A cause in words of ours.
    #[must_use]
    pub fn because(cause: impl Into<String>) -> Self {
        NotKnown {
            cause: cause.into(),
            is_denied: false,
        }
    }
}

/// Everything that is asked about one stack.
#[derive(Debug)]
pub struct Line {
    /// The DataSync task.
    pub task: Known<Task>,
    /// Its newest execution; `None` if it never ran.
    pub last: Known<Option<Execution>>,
    /// What was told about executions.
    pub ledger: Known<History>,
    /// What starts it.
    pub schedule: Known<Schedule>,
    /// What has a finished execution reported.
    pub rule: Known<Rule>,
    /// The function that reports it.
    pub reporter: Known<Reporter>,
    /// Who is told about runs.
    pub alerts: Known<Topic>,
    /// Who is told about the backup line itself.
    pub watch: Known<Topic>,
    /// The number of messages that wait in the failure queue.
    pub failures: Known<u64>,
}

impl Line {
    /// Asks all services at once.
    pub async fn look(aws: &Aws, stack: &Stack) -> Line {
        let (task, last, ledger, schedule, rule, reporter, alerts, watch, failures) = tokio::join!(
            task::describe(aws, stack),
            task::last_execution(aws, stack),
            ledger::history(aws, stack),
            schedule::describe(aws, stack),
            rule::describe(aws, stack),
            function::describe(aws, stack),
            topic::describe(aws, stack, "AlertTopicArn"),
            topic::describe(aws, stack, "WatchTopicArn"),
            queue::waiting(aws, stack),
        );
        Line {
            task,
            last,
            ledger,
            schedule,
            rule,
            reporter,
            alerts,
            watch,
            failures,
        }
    }

    /// What was told about an execution; `None` if nothing was.
    ///
    /// # Errors
    ///
    /// [`NotKnown`] if the ledger could not be read.
    pub fn told(&self, execution: &Execution) -> Known<Option<Verdict>> {
        let id = execution.arn.rsplit('/').next().unwrap_or_default();
        self.ledger.as_ref().map_or_else(
            |because| Err(because.clone()),
            |history| Ok(history.told(id)),
        )
    }

    /// Nothing is known, for one reason.
    #[cfg(test)]
    pub(crate) fn not_looked_at(because: &NotKnown) -> Line {
        Line {
            task: Err(because.clone()),
            last: Err(because.clone()),
            ledger: Err(because.clone()),
            schedule: Err(because.clone()),
            rule: Err(because.clone()),
            reporter: Err(because.clone()),
            alerts: Err(because.clone()),
            watch: Err(because.clone()),
            failures: Err(because.clone()),
        }
    }

    /// What is not known; empty where every service answered.
    #[must_use]
    pub fn not_known(&self) -> Vec<&NotKnown> {
        let rule = self.rule.as_ref().ok();
        let reporter = self.reporter.as_ref().ok();
        let topics = [&self.alerts, &self.watch].into_iter().flatten();
        let filters = topics
            .flat_map(|topic| &topic.subscriptions)
            .filter_map(|subscription| subscription.filter.as_ref().err());
        [
            self.task.as_ref().err(),
            self.last.as_ref().err(),
            self.ledger.as_ref().err(),
            self.schedule.as_ref().err(),
            self.rule.as_ref().err(),
            rule.and_then(|rule| rule.targets.as_ref().err()),
            reporter.and_then(|reporter| reporter.policy.as_ref().err()),
            self.reporter.as_ref().err(),
            self.alerts.as_ref().err(),
            self.watch.as_ref().err(),
            self.failures.as_ref().err(),
        ]
        .into_iter()
        .flatten()
        .chain(filters)
        .collect()
    }
}

/// One of the stack's outputs.
fn output<'a>(stack: &'a Stack, name: &str) -> Known<&'a str> {
    let value = stack.outputs.get(name).map(String::as_str);
    value.ok_or_else(|| {
        NotKnown::because(format!(
            "the stack has no output {name}: deploy it again with `efs-backup deploy`"
        ))
    })
}

/// A text of a service's answer.
fn text(answer: &serde_json::Value, name: &str) -> Known<String> {
    let text = answer[name].as_str().map(str::to_owned);
    text.ok_or_else(|| NotKnown::because(format!("the answer has no {name}")))
}
