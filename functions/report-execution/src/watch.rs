//! The hourly watch: tells what was never told, what did not happen, and what is
//! wrong with the line itself.
//!
//! One part that fails does not stop the others; the first failure ends as the
//! invocation's, so that Lambda tries again and then keeps it.

use crate::aws::{Aws, Described, not_looked};
use crate::memory;
use crate::report::ignored;
use crate::scene::Scene;
use crate::settle::settle;
use crate::{Action, Answer, ReportFailure, Settings, sent};
use aws_call::CallError;
use backup_domain::arn::ExecutionArn;
use backup_domain::execution::Status;
use backup_domain::ledger::Record;
use backup_domain::letter::{LineLetter, Message, ReminderLetter, SilenceLetter};
use backup_domain::metric::{Metric, emf};
use backup_domain::state_change::StateChange;
use backup_domain::verdict::{Facts, Past, Silence, Verdict, judge};
use backup_domain::watch::{
    Found, Looked, Refusal, Running, Subscription, Told, Trouble, Wanted, again, hours_since_good,
    of_silence, refusal, troubles, wanted,
};
use function_env::log;
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Context;
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

/// An execution that was never told, and what DataSync says of it now.
struct Untold {
    change: StateChange,
    described: Result<Described, CallError>,
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
        memory: memory.ok().flatten(),
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

    /// Tells what has ended and was never told, in the order of the runs.
    async fn tell_untold(&mut self, listed: &[(ExecutionArn, Status)]) {
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

    fn time_left(&self) -> SignedDuration {
        self.invocation.deadline.duration_since(Timestamp::now())
    }

    /// Tells that no run started, ended, or came; else reminds of one that was bad.
    async fn tell_silence(&mut self) {
        let quiet_since = self.quiet_since().await;
        let history = self.scene.ledger.history();
        let refusal = refusal(&self.found, &history, quiet_since, self.scene.now);
        let silence = Silence {
            start_refused: refusal.is_some(),
            running_since: self.running_now().and_then(|run| run.started),
            quiet_since,
        };
        let past = Past {
            was_not_good: false,
            baseline: &self.scene.ledger.baseline,
        };
        let limits = &self.scene.settings.limits;
        let verdict = judge(&Facts::Silence(silence), &past, limits, self.scene.now);
        let answer = match verdict {
            Some(verdict) => self.silent(verdict, &silence, refusal.as_ref()).await,
            None => self.remind().await,
        };
        self.note(answer);
    }

    /// When the last run ended; when the task was made, if none has. What the ledger
    /// does not tell is no reason to call a run missing.
    async fn quiet_since(&self) -> Option<Timestamp> {
        let scene = &self.scene;
        let ended = scene.ledger.last_ended(scene.aws).await.ok()?;
        ended.or(scene.task.as_ref().ok()?.created)
    }

    fn running_now(&self) -> Option<&Running> {
        self.found.running.as_ref().ok()?.as_ref()
    }

    async fn silent(
        &mut self,
        verdict: Verdict,
        silence: &Silence,
        refusal: Option<&Refusal>,
    ) -> Result<Answer, ReportFailure> {
        let (scene, settings) = (&self.scene, self.scene.settings);
        let running = self.running_now().map(|run| run.execution.clone());
        let id = running.as_ref().map(|arn| arn.execution_id.as_str());
        let history = scene.ledger.history();
        let due = of_silence(&history, verdict, silence, id, &settings.limits, scene.now);
        let Some(entry) = due else {
            return Ok(ignored(Some(verdict)));
        };
        let usual = scene.ledger.baseline.usual().and_then(|usual| usual.took);
        let letter = SilenceLetter {
            backup: &scene.backup,
            names: &settings.names,
            verdict,
            refusal,
            silence,
            limits: &settings.limits,
            found: &self.found,
            usual: usual.map(|took| backup_domain::units::Millis(took.median)),
            last_good: &scene.ledger.last_good(scene.aws).await,
            next_run: &scene.next_run(),
            time: scene.now,
        };
        let message = letter.render();
        let message_id = scene.aws.publish(&message).await?;
        let about = running.map_or_else(|| settings.task.to_string(), |arn| arn.to_string());
        let record = Record::without_facts(&about, verdict, scene.now, message_id.clone());
        self.scene.told(entry, &record, &message).await;
        Ok(sent(verdict.word(), message_id))
    }

    /// Reminds of a run that was not good, unless a better one may be on its way.
    async fn remind(&mut self) -> Result<Answer, ReportFailure> {
        const ON_ITS_WAY: SignedDuration = SignedDuration::from_hours(1);
        let scene = &self.scene;
        let schedule = scene.schedule.as_ref().ok().and_then(Option::as_ref);
        let was_due = schedule.and_then(|schedule| schedule.last_due(scene.now));
        let just_due = was_due.is_some_and(|due| scene.now.duration_since(due) < ON_ITS_WAY);
        let history = scene.ledger.history();
        let due = again(&history, scene.settings.partial_counts_as_good, scene.now);
        let (Some(entry), Some(run)) = (due, history.last_end()) else {
            return Ok(ignored(None));
        };
        if just_due || !matches!(self.found.running, Ok(None)) {
            return Ok(ignored(None));
        }
        let letter = ReminderLetter {
            backup: &scene.backup,
            run,
            last_good: &scene.ledger.last_good(scene.aws).await,
            next_run: &scene.next_run(),
            time: scene.now,
        };
        let (message, about, verdict) = (letter.render(), letter.arn(), entry.verdict);
        let message_id = scene.aws.publish(&message).await?;
        let record = Record::without_facts(&about, verdict, scene.now, message_id.clone());
        self.scene.told(entry, &record, &message).await;
        Ok(sent(verdict.word(), message_id))
    }

    /// Tells what is wrong with the line itself.
    async fn tell_line(&mut self) {
        let answer = self.line().await;
        self.note(answer);
    }

    async fn line(&mut self) -> Result<Answer, ReportFailure> {
        let scene = &self.scene;
        let troubles = troubles(&self.found);
        let memory = self.memory.as_ref();
        if wanted(memory, &troubles, self.found.is_whole(), scene.now) == Wanted::Nothing {
            self.forget_what_is_over(&troubles).await;
            return Ok(ignored(None));
        }
        let letter = LineLetter {
            backup: &scene.backup,
            names: &scene.settings.names,
            troubles: &troubles,
            found: &self.found,
            time: scene.now,
        };
        let message_id = self.publish_to_watchers(&letter.render()).await?;
        // What nobody heard was not told.
        if is_heard(&self.found.watchers) || is_heard(&self.found.alerts) {
            self.remember(&Told::now(&troubles, scene.now)).await;
        }
        Ok(sent("WATCH", message_id))
    }

    /// Where nobody hears the topic of the watch, or it is gone, the other one may be
    /// heard.
    async fn publish_to_watchers(&self, message: &Message) -> Result<Option<String>, CallError> {
        let aws = self.scene.aws;
        if !is_heard(&self.found.watchers) && is_heard(&self.found.alerts) {
            return aws.publish(message).await;
        }
        match aws.publish_to_watchers(message).await {
            Err(error) if !error.may_pass => {
                tracing::error!("{error}");
                aws.publish(message).await
            }
            answer => answer,
        }
    }

    async fn forget_what_is_over(&self, troubles: &[Trouble]) {
        if let Some(memory) = &self.memory
            && self.found.is_whole()
        {
            let kept = memory.without_what_is_over(troubles);
            if kept != *memory {
                self.remember(&kept).await;
            }
        }
    }

    async fn remember(&self, told: &Told) {
        let scene = &self.scene;
        if let Err(error) = memory::write(scene.aws, &scene.settings.task, told).await {
            tracing::error!("the mail is out, but that was not written down: {error}");
        }
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

/// Where that could not be looked at, somebody may hear it.
fn is_heard(audience: &Looked<Vec<Subscription>>) -> bool {
    audience
        .as_ref()
        .map_or(true, |all| backup_domain::watch::is_heard(all))
}
