//! The hourly watch: tells what was never told, what did not happen, and what is
//! wrong with the line itself.
//!
//! One part that fails does not stop the others; the first failure ends as the
//! invocation's, so that Lambda tries again and then keeps it.

mod line;
mod memory;
mod silence;
mod untold;

use crate::aws::{Aws, not_looked};
use crate::report::ignored;
use crate::scene::Scene;
use crate::{Action, Answer, ReportFailure, Settings};
use aws_call::CallError;
use backup_domain::arn::ExecutionArn;
use backup_domain::execution::Status;
use backup_domain::metric::{Metric, emf};
use backup_domain::watch::{Found, Running, Told, hours_since_good};
use function_env::log;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Context, tracing};

/// Who is invoked, and until when.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The ARN of this function.
    pub function: String,
    /// When Lambda ends it.
    pub deadline: Timestamp,
}

impl From<&Context> for Invocation {
    fn from(context: &Context) -> Self {
        let deadline = i64::try_from(context.deadline).ok();
        Invocation {
            function: context.invoked_function_arn.clone(),
            deadline: deadline
                .and_then(|ms| Timestamp::from_millisecond(ms).ok())
                .unwrap_or(Timestamp::MAX),
        }
    }
}

/// Watches once.
///
/// # Errors
///
/// [`ReportFailure`] if something could not be told; the rest was.
pub(crate) async fn watch(
    aws: &Aws,
    settings: &Settings,
    invocation: &Invocation,
    now: Timestamp,
) -> Result<Answer, ReportFailure> {
    let names = &settings.names;
    let (scene, listed, rule, alerts, watchers, waiting, memory) = tokio::join!(
        Scene::read(aws, settings, now),
        aws.executions(&settings.task),
        aws.rule(&names.rule, &invocation.function),
        aws.alert_audience(),
        aws.watch_audience(),
        aws.waiting(&names.queue),
        memory::read(aws, &settings.task, now),
    );
    let found = Found {
        task: scene.task.clone().map_err(not_looked),
        schedule: scene.schedule.clone(),
        running: Ok(None),
        rule,
        alerts,
        watchers,
        waiting,
        ledger: match (scene.ledger.unread(), &memory) {
            (Some(error), _) | (None, Err(error)) => Err(not_looked(error.clone())),
            (None, Ok(_)) => Ok(()),
        },
    };
    let mut watch = Watch {
        scene,
        invocation,
        found,
        memory: memory.ok(),
        told: Vec::new(),
        failure: None,
    };
    watch.over(listed).await
}

/// One look at everything, and what came of it.
struct Watch<'a> {
    scene: Scene<'a>,
    invocation: &'a Invocation,
    found: Found,
    /// What was told last of the line.
    memory: Option<Told>,
    told: Vec<Answer>,
    failure: Option<ReportFailure>,
}

impl Watch<'_> {
    async fn over(
        &mut self,
        listed: Result<Vec<(ExecutionArn, Status)>, CallError>,
    ) -> Result<Answer, ReportFailure> {
        match listed {
            Ok(listed) => {
                self.found.running = Ok(self.running(&listed).await);
                self.tell_untold(&listed).await;
            }
            Err(error) => self.found.running = Err(not_looked(error)),
        }
        // Before what may take long: an alarm waits for it.
        self.measure().await;
        self.tell_silence().await;
        self.tell_line().await;
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(self.answer()),
        }
    }

    fn answer(&mut self) -> Answer {
        let told: Vec<String> = self
            .told
            .iter()
            .filter_map(|one| one.verdict.clone())
            .collect();
        match self.told.pop() {
            Some(last) => Answer { told, ..last },
            None => ignored(None),
        }
    }

    fn note(&mut self, answer: Result<Answer, ReportFailure>) {
        match answer {
            Ok(answer) if answer.action == Action::Sent => self.told.push(answer),
            Ok(_) => {}
            Err(failure) => {
                tracing::error!("{failure}");
                self.failure.get_or_insert(failure);
            }
        }
    }

    /// The run that goes on; the oldest, if there are several.
    async fn running(&self, listed: &[(ExecutionArn, Status)]) -> Option<Running> {
        let mut running: Vec<Running> = Vec::new();
        for (arn, status) in listed {
            if !matches!(status, Status::Transient(_)) {
                continue;
            }
            let described = self.scene.aws.describe(arn).await.ok();
            let started = described.and_then(|described| described.execution.started);
            running.push(Running {
                execution: arn.clone(),
                status: status.to_string(),
                started,
            });
        }
        running.into_iter().min_by_key(|run| run.started)
    }

    fn running_now(&self) -> Option<&Running> {
        self.found.running.as_ref().ok()?.as_ref()
    }

    fn time_left(&self) -> SignedDuration {
        self.invocation.deadline.duration_since(Timestamp::now())
    }

    /// Prints the gauge that an alarm outside of this function looks at.
    async fn measure(&self) {
        let scene = &self.scene;
        match scene.ledger.last_good_ended(scene.aws).await {
            Ok(ended) => {
                let created = scene.task.as_ref().ok().and_then(|task| task.created);
                let hours = hours_since_good(ended, created, scene.now);
                let values = [(Metric::HoursSinceGood, hours)];
                log::metrics(emf(&scene.settings.stack, scene.now, &values));
            }
            Err(error) => tracing::error!("no gauge without the ledger: {error}"),
        }
    }
}
