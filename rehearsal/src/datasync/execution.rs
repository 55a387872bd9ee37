//! The life of one task execution: LAUNCHING, PREPARING, TRANSFERRING,
//! VERIFYING, then SUCCESS or ERROR; if it is cancelled, CANCELLING and ERROR.
//! Each status is visible to `DescribeTaskExecution` before its event is sent.

use std::sync::Arc;

use crate::datasync::Shared;
use crate::datasync::ending::last_status;
use crate::datasync::failures::FileFailure;
use crate::datasync::job::Job;
use crate::datasync::log_lines::Log;
use crate::datasync::model::{Execution, Failure, Moment, PhaseStatus, Status};
use crate::datasync::report::{Item, Kind, Report};
use crate::datasync::{prepare, transfer, verify};

/// Ours: AWS's text for a cancelled execution is not public.
const CANCELLED: &str = "Task execution was cancelled.";

/// A running execution.
pub(super) struct Run {
    pub shared: Arc<Shared>,
    pub job: Arc<Job>,
    pub log: Log,
    pub report: Report,
    /// Both ends were listed and compared: there is something to report.
    pub is_prepared: bool,
    /// A file was not transferred or not deleted.
    pub some_files_failed: bool,
    /// A file was transferred and not found the same.
    pub some_files_differ: bool,
}

/// Runs one execution to its end.
pub(super) async fn run(shared: Arc<Shared>, job: Job) {
    let mut run = Run {
        log: Log::new(&job.options),
        report: Report::new(job.report.clone()),
        shared,
        job: Arc::new(job),
        is_prepared: false,
        some_files_failed: false,
        some_files_differ: false,
    };
    run.tell_task("RUNNING").await;
    let (shared, job) = (Arc::clone(&run.shared), Arc::clone(&run.job));
    // What is dropped is interrupted, wherever it is: AWS interrupts abruptly.
    let failure = tokio::select! {
        biased;
        () = cancelled(&shared, &job.execution_arn) => None,
        failure = run.live() => Some(failure),
    };
    let failure = match failure {
        Some(failure) => failure,
        None => Some(run.cancel().await),
    };
    run.finish(failure).await;
}

/// Waits until somebody cancels the execution.
async fn cancelled(shared: &Shared, arn: &str) {
    let mut cancelled = shared.cancelled.subscribe();
    // It fails only if the sender is gone, and the sender is part of `shared`.
    let _ = cancelled.wait_for(|all| all.contains(arn)).await;
}

impl Run {
    /// Everything before the last status; why it will be ERROR.
    async fn live(&mut self) -> Option<Failure> {
        self.enter(Status::Launching, |_| {}).await;
        let failure = self.phases().await.err().or_else(|| self.judge());
        self.wait_for(last_status(failure.as_ref())).await;
        failure
    }

    async fn cancel(&self) -> Failure {
        self.enter(Status::Cancelling, |_| {}).await;
        Failure::detail(CANCELLED)
    }

    /// Everything between LAUNCHING and the end.
    ///
    /// # Errors
    ///
    /// If the execution ends before it could look at a single file.
    async fn phases(&mut self) -> Result<(), Failure> {
        self.enter(Status::Preparing, |_| {}).await;
        let started = Moment::now();
        let prepared = prepare::prepare(self).await;
        let status = PhaseStatus::of(prepared.is_ok());
        self.update(|execution| {
            execution.result.prepare_duration = Moment::since(started);
            execution.result.prepare_status = status;
        });
        let prepared = prepared?;
        self.is_prepared = true;

        self.enter(Status::Transferring, |_| {}).await;
        let started = Moment::now();
        let sent = transfer::transfer(self, &prepared).await;
        let status = PhaseStatus::of(!self.some_files_failed);
        self.update(|execution| {
            execution.result.transfer_duration = Moment::since(started);
            execution.result.transfer_status = status;
        });

        let started = Moment::now();
        // Without verification the phase is passed over and counts as good: an
        // assumption, AWS does not say.
        if !self.job.options.is("VerifyMode", "NONE") {
            self.enter(Status::Verifying, |_| {}).await;
            verify::verify(self, &prepared, sent).await;
        }
        let status = PhaseStatus::of(!self.some_files_differ);
        self.update(|execution| {
            execution.result.verify_duration = Moment::since(started);
            execution.result.verify_status = status;
        });
        Ok(())
    }

    /// Sets a status, with whatever must become visible together with it, and
    /// sends its event. Waits in front of a status that a test holds.
    pub(super) async fn enter(&self, status: Status, change: impl FnOnce(&mut Execution)) {
        self.wait_for(status).await;
        self.update(|execution| {
            change(execution);
            execution.status = status;
        });
        let (caller, arn) = (&self.job.caller, &self.job.execution_arn);
        let cloud = &self.shared.cloud;
        cloud
            .emit(caller, "Task Execution", arn, status.name())
            .await;
    }

    /// Waits while a test holds the status.
    async fn wait_for(&self, status: Status) {
        let mut hold = self.shared.hold.subscribe();
        // It fails only if the sender is gone, and the sender is part of `shared`.
        let _ = hold.wait_for(|held| *held != Some(status)).await;
    }

    pub(super) async fn tell_task(&self, state: &str) {
        let (caller, arn) = (&self.job.caller, &self.job.task_arn);
        self.shared.cloud.emit(caller, "Task", arn, state).await;
    }

    /// Changes what `DescribeTaskExecution` answers.
    pub(super) fn update(&self, change: impl FnOnce(&mut Execution)) {
        let mut store = self.shared.store();
        if let Some(execution) = store.executions.get_mut(&self.job.execution_arn) {
            change(execution);
        }
    }

    /// Notes a file that was not transferred or not deleted.
    pub(super) fn file_failed(&mut self, kind: Kind, item: &Item<'_>, failure: &FileFailure) {
        self.some_files_failed = true;
        self.log.problem(failure.lines.clone());
        let item = Item {
            failure: Some(failure),
            ..*item
        };
        self.report.add(kind, &item, jiff::Timestamp::now());
    }
}
