//! What is read once, beside the execution that a letter is about.

use crate::Settings;
use crate::aws::Aws;
use crate::ledger::{self, Ledger};
use aws_call::CallError;
use backup_domain::baseline::Baseline;
use backup_domain::execution::{Execution, Filters};
use backup_domain::ledger::{Entry, Record};
use backup_domain::letter::{Backup, Beside, Message, NextRun};
use backup_domain::schedule::Schedule;
use backup_domain::task::Task;
use backup_domain::verdict::Verdict;
use backup_domain::watch::Looked;
use jiff::Timestamp;
use lambda_runtime::tracing;

/// The task, the schedule and the ledger, as they are now.
pub(crate) struct Scene<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) settings: &'a Settings,
    pub(crate) now: Timestamp,
    pub(crate) task: Result<Task, CallError>,
    pub(crate) schedule: Looked<Option<Schedule>>,
    pub(crate) ledger: Ledger,
    pub(crate) backup: Backup,
}

impl<'a> Scene<'a> {
    /// Reads it. What cannot be read is not known; a letter goes out nevertheless.
    pub(crate) async fn read(aws: &'a Aws, settings: &'a Settings, now: Timestamp) -> Self {
        let (task, schedule, ledger) = tokio::join!(
            aws.task(&settings.task),
            aws.schedule(&settings.names.schedule),
            ledger::read(aws, &settings.task, settings.partial_counts_as_good, now),
        );
        let name = task.as_ref().ok().and_then(|task| task.name.clone());
        Scene {
            aws,
            settings,
            now,
            task,
            schedule,
            ledger,
            backup: settings.backup(name),
        }
    }

    /// When the schedule starts the next run.
    pub(crate) fn next_run(&self) -> NextRun {
        match &self.schedule {
            Err(error) => NextRun::NotKnown(error.because.clone()),
            Ok(None) => NextRun::NotDue("the schedule is gone".to_owned()),
            Ok(Some(schedule)) => match schedule.next_run(self.now) {
                Ok(time) => NextRun::Due(time),
                Err(because) if schedule.is_enabled() => NextRun::NotKnown(because),
                Err(because) => NextRun::NotDue(because),
            },
        }
    }

    /// Whether a run was told to copy other files than the task says; where the task
    /// is not known, whether it was told to leave out any.
    pub(crate) fn is_narrowed(&self, execution: &Execution) -> bool {
        match &self.task {
            Ok(task) => execution.filters != task.filters,
            Err(_) => execution.filters != Filters::default(),
        }
    }

    /// Whether no later run was told: an old run that becomes known late ends no
    /// outage.
    pub(crate) fn is_newest(&self, execution_id: &str, started: Timestamp) -> bool {
        let history = self.ledger.history();
        history.newer_than(execution_id, started).is_none()
    }

    /// What is usual, for a run of all files.
    pub(crate) fn baseline(&self, narrowed: bool) -> Baseline {
        if narrowed {
            Baseline::OtherFiles
        } else {
            self.ledger.baseline.clone()
        }
    }

    /// What a letter about this execution says beside it.
    pub(crate) async fn beside(&self, execution: &Execution, verdict: Verdict) -> Beside {
        let (id, history) = (&execution.arn.execution_id, self.ledger.history());
        let started = execution.started.unwrap_or(self.now);
        let narrowed = self.is_narrowed(execution);
        let partial = self.settings.partial_counts_as_good;
        let not_good = history.not_good_before(id, started, partial);
        Beside {
            last_good: self.ledger.last_good(self.aws).await,
            baseline: self.baseline(narrowed),
            not_good: not_good.filter(|_| !narrowed && self.is_newest(id, started)),
            row: (self.ledger.unread().is_none() && !narrowed)
                .then(|| history.row(id, started, verdict)),
            newer: history.newer_than(id, started).cloned(),
            narrowed,
            next_run: self.next_run(),
        }
    }

    /// Writes the ledger and pings, now that the mail is out. A failure here is
    /// logged and not retried: a retry would send the mail again.
    pub(crate) async fn told(&mut self, entry: Entry, record: &Record, letter: &Message) {
        let verdict = entry.verdict;
        // A good run of some files is no sign of life of the whole, nor is an old one.
        let is_last_word = self.is_newest(&entry.execution_id, entry.time)
            && !(entry.narrowed && verdict.pings_success());
        if let Err(error) = self.ledger.write(self.aws, entry, record).await {
            tracing::error!("the mail is out, but the ledger was not written: {error}");
        }
        if is_last_word {
            let ping = &self.aws.ping;
            ping.tell(verdict.pings_success(), letter.subject()).await;
        }
    }
}
