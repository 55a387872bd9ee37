//! The end of an execution: what came of it, its log and its task report.

use crate::datasync::cloud::RoleSession;
use crate::datasync::end::bucket::{Bucket, NewObject};
use crate::datasync::end::s3_failure::S3Failure;
use crate::datasync::execution::Run;
use crate::datasync::ids::id_of;
use crate::datasync::job::Job;
use crate::datasync::log_lines::stream_name;
use crate::datasync::model::{Failure, Moment, PhaseStatus, ReportResult, Status};
use crate::datasync::report::Part;

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

/// SUCCESS, or ERROR where there is a reason.
pub(super) fn last_status(failure: Option<&Failure>) -> Status {
    match failure {
        None => Status::Success,
        Some(_) => Status::Error,
    }
}

impl Run {
    /// Log and report are written before the last status is told, so that who
    /// reacts to it finds them. AWS may be slower with the report, and so are we
    /// by order.
    pub(super) async fn finish(&mut self, failure: Option<Failure>) {
        self.write_log().await;
        let is_late = *self.shared.hold_report.borrow();
        let report_result = match is_late {
            true => self.job.report.as_ref().map(|_| ReportResult::default()),
            false => self.report().await,
        };
        self.enter(last_status(failure.as_ref()), |execution| {
            execution.result.failure = failure;
            execution.result.total_duration = Moment::since(execution.start_time);
            execution.end_time = Some(Moment::now());
            execution.report_result = report_result;
        })
        .await;
        self.tell_task("AVAILABLE").await;
        if is_late {
            self.late_report().await;
        }
    }

    pub(super) fn judge(&self) -> Option<Failure> {
        if self.some_files_failed {
            Some(Failure::detail(SOME_FILES_FAILED))
        } else if self.some_files_differ {
            Some(Failure::detail(MISMATCHES))
        } else {
            None
        }
    }

    async fn late_report(&self) {
        let mut hold = self.shared.hold_report.subscribe();
        // It fails only if the sender is gone, and the sender is part of `shared`.
        let _ = hold.wait_for(|is_held| !is_held).await.map(drop);
        let result = self.report().await;
        self.update(|execution| execution.report_result = result);
    }

    /// What became of the task report, if one was asked for.
    async fn report(&self) -> Option<ReportResult> {
        match self.is_prepared {
            true => self.write_report().await,
            false => self.job.report.as_ref().map(|_| report_error(NO_REPORT)),
        }
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
