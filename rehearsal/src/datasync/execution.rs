//! The life of one task execution: LAUNCHING, PREPARING, TRANSFERRING,
//! VERIFYING, then SUCCESS or ERROR. Each status is visible to
//! `DescribeTaskExecution` before its event is sent.

use std::sync::Arc;

use crate::datasync::Shared;
use crate::datasync::cloud::RoleSession;
use crate::datasync::end::bucket::{Bucket, NewObject};
use crate::datasync::end::s3_failure::S3Failure;
use crate::datasync::failures::FileFailure;
use crate::datasync::ids::id_of;
use crate::datasync::job::Job;
use crate::datasync::log_lines::{Log, stream_name};
use crate::datasync::model::{Execution, Failure, Moment, PhaseStatus, ReportResult, Status};
use crate::datasync::report::{Item, Kind, Part, Report};
use crate::datasync::{prepare, transfer, verify};

// The four texts are AWS's.
const SOME_FILES_FAILED: &str = "Transfer and verification completed. There were some errors in \
    your task execution. See a list of affected files in task reports and CloudWatch logs. \
    If no files are listed, contact AWS Support.";
const MISMATCHES: &str = "Transfer and verification completed. Verification detected mismatches. \
    Files with mismatches are listed in Cloud Watch Logs";
const NO_REPORT: &str = "Execution error occurred prior to generating any Task Reports";
const REPORT_NOT_WRITTEN: &str =
    "Failed to upload Task Report(s) to S3 due to an invalid bucket or IAM role";

/// Log lines sent in one call.
const LINES_PER_CALL: usize = 1000;

/// A running execution.
pub(super) struct Run {
    pub shared: Arc<Shared>,
    pub job: Arc<Job>,
    pub log: Log,
    pub report: Report,
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
        some_files_failed: false,
        some_files_differ: false,
    };
    run.tell_task("RUNNING").await;
    run.enter(Status::Launching, |_| {}).await;
    let outcome = run.phases().await;
    run.finish(outcome.err()).await;
}

impl Run {
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

    /// Log and report are written before the last status is told, so that who
    /// reacts to it finds them. AWS may be slower with the report.
    async fn finish(&mut self, failure: Option<Failure>) {
        let report_result = match failure {
            Some(_) => Some(report_error(NO_REPORT)),
            None => self.write_report().await,
        };
        self.write_log().await;
        let failure = failure.or_else(|| self.judge());
        let status = match failure {
            None => Status::Success,
            Some(_) => Status::Error,
        };
        let has_report = self.job.report.is_some();
        self.enter(status, |execution| {
            execution.result.failure = failure;
            execution.result.total_duration = Moment::since(execution.start_time);
            execution.end_time = Some(Moment::now());
            execution.report_result = report_result.filter(|_| has_report);
        })
        .await;
        self.tell_task("AVAILABLE").await;
    }

    fn judge(&self) -> Option<Failure> {
        if self.some_files_failed {
            Some(Failure::detail(SOME_FILES_FAILED))
        } else if self.some_files_differ {
            Some(Failure::detail(MISMATCHES))
        } else {
            None
        }
    }

    /// Sets a status, with whatever must become visible together with it, and
    /// sends its event. Waits in front of a status that a test holds.
    async fn enter(&self, status: Status, change: impl FnOnce(&mut Execution)) {
        let mut hold = self.shared.hold.subscribe();
        // It fails only if the sender is gone, and the sender is part of `shared`.
        let _ = hold.wait_for(|held| *held != Some(status)).await;
        drop(hold);
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

    async fn tell_task(&self, state: &str) {
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

    async fn write_log(&mut self) {
        let lines = self.log.take();
        let Some(group) = &self.job.log_group_arn else {
            return;
        };
        let Job {
            caller,
            task_arn,
            execution_arn,
            ..
        } = &*self.job;
        let stream = stream_name(id_of(task_arn), id_of(execution_arn));
        for lines in lines.chunks(LINES_PER_CALL) {
            let cloud = &self.shared.cloud;
            cloud.log(caller, group, &stream, lines, task_arn).await;
        }
    }

    async fn write_report(&self) -> Option<ReportResult> {
        let settings = self.job.report.as_ref()?;
        let session = RoleSession {
            role_arn: &settings.role_arn,
            source_arn: &self.job.task_arn,
        };
        let Job {
            caller,
            task_arn,
            execution_arn,
            ..
        } = &*self.job;
        let credentials = match self.shared.cloud.session(caller, session).await {
            Ok(credentials) => credentials,
            Err(error) => {
                eprintln!("datasync: no task report: {error:#}");
                return Some(report_error(REPORT_NOT_WRITTEN));
            }
        };
        let client = self.shared.cloud.s3_client(caller, credentials);
        let bucket = Bucket::new(client, &settings.bucket);
        for part in self.report.parts(task_arn, execution_arn) {
            if let Err(failure) = write_part(&bucket, part).await {
                eprintln!("datasync: no task report: {}", failure.log_line());
                return Some(report_error(REPORT_NOT_WRITTEN));
            }
        }
        Some(ReportResult {
            status: PhaseStatus::Success,
            failure: None,
        })
    }
}

async fn write_part(bucket: &Bucket, part: Part) -> Result<(), S3Failure> {
    let object = NewObject {
        key: part.key,
        size: part.body.len() as u64,
        body: part.body.into(),
        metadata: Default::default(),
        storage_class: "STANDARD".to_owned(),
    };
    bucket.write(object).await
}

fn report_error(detail: &str) -> ReportResult {
    ReportResult {
        status: PhaseStatus::Error,
        failure: Some(Failure::detail(detail)),
    }
}
