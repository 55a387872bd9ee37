//! DataSync: what became of an execution, and what its task is called.

use super::Aws;
use super::counters::{RawAnswer, counters_in};
use aws_call::CallError;
use aws_sdk_datasync::Client;
use aws_sdk_datasync::config::retry::RetryConfig;
use aws_sdk_datasync::config::{BehaviorVersion, Config};
use aws_sdk_datasync::operation::describe_task::DescribeTaskOutput;
use aws_sdk_datasync::operation::describe_task_execution::DescribeTaskExecutionOutput;
use aws_sdk_datasync::primitives::DateTime;
use aws_sdk_datasync::types::{
    FilterRule, LogLevel, PhaseStatus, ReportLevel, ReportOutputType, ReportResult,
    TaskExecutionResultDetail, TaskScheduleDetails, TaskStatus,
};
use backup_domain::arn::{ExecutionArn, TaskArn};
use backup_domain::execution::{Counters, Execution, Filters, Phase, Status, TaskReport};
use backup_domain::task::{OwnSchedule, Task};
use backup_domain::units::Millis;
use function_env::Clients;
use jiff::Timestamp;

pub(super) fn client(clients: &Clients) -> Client {
    let config = Config::from(&clients.config("DATASYNC"))
        .to_builder()
        .behavior_version(BehaviorVersion::latest())
        .build();
    Client::from_conf(config)
}

/// The facts of an execution, and where its task report is written.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) execution: Execution,
    pub(crate) report: Option<ReportPlace>,
    /// Whether the run logged its problems; `LogLevel OFF` logs nothing.
    pub(crate) logs_problems: bool,
}

/// Where a task report is written, and whether it lists errors only.
#[derive(Debug)]
pub(crate) struct ReportPlace {
    pub(crate) bucket: String,
    pub(crate) subdirectory: String,
    /// Whether it lists files; a summary does not.
    pub(crate) lists_files: bool,
    pub(crate) errors_only: bool,
}

impl Aws {
    /// Asks for the facts of an execution, once: whoever asks has a time limit of
    /// their own, which the SDK's retries do not know.
    ///
    /// # Errors
    ///
    /// [`CallError`] if DataSync does not tell them.
    pub(crate) async fn describe(&self, arn: &ExecutionArn) -> Result<Described, CallError> {
        let raw = RawAnswer::default();
        let request = self
            .datasync
            .describe_task_execution()
            .task_execution_arn(arn.as_str())
            .customize()
            .config_override(Config::builder().retry_config(RetryConfig::disabled()))
            .interceptor(raw.clone());
        let output = request.send().await.map_err(|error| {
            CallError::new("datasync:DescribeTaskExecution", arn.as_str(), &error)
        })?;
        Ok(Described {
            execution: execution_from(arn, &output, raw.counters()),
            report: report_place_from(&output),
            logs_problems: logs_problems(&output),
        })
    }

    /// Asks for the facts of a task.
    ///
    /// # Errors
    ///
    /// [`CallError`] if DataSync does not tell them.
    pub(crate) async fn task(&self, task: &TaskArn) -> Result<Task, CallError> {
        let request = self.datasync.describe_task().task_arn(task.as_str());
        match request.send().await {
            Ok(output) => Ok(task_from(&output)),
            Err(error) => Err(CallError::new(
                "datasync:DescribeTask",
                task.as_str(),
                &error,
            )),
        }
    }

    /// Lists the executions of a task, of the last 30 days, with the status of each.
    ///
    /// # Errors
    ///
    /// [`CallError`] if one page is missing: half a listing is none.
    pub(crate) async fn executions(
        &self,
        task: &TaskArn,
    ) -> Result<Vec<(ExecutionArn, Status)>, CallError> {
        let request = self.datasync.list_task_executions();
        let mut pages = request.task_arn(task.as_str()).into_paginator().send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                CallError::new("datasync:ListTaskExecutions", task.as_str(), &error)
            })?;
            listed.extend(page.task_executions().iter().filter_map(|entry| {
                let arn = entry.task_execution_arn()?.parse().ok()?;
                let status = entry.status().map_or("", |status| status.as_str());
                Some((arn, Status::from(status)))
            }));
        }
        Ok(listed)
    }
}

fn task_from(output: &DescribeTaskOutput) -> Task {
    let error = [text(output.error_code()), text(output.error_detail())];
    let error: Vec<String> = error.into_iter().flatten().collect();
    Task {
        name: text(output.name()),
        status: output.status().map_or("", TaskStatus::as_str).to_owned(),
        error: (!error.is_empty()).then(|| error.join(": ")),
        created: time(output.creation_time()),
        source_location: text(output.source_location_arn()),
        destination_location: text(output.destination_location_arn()),
        filters: Filters {
            includes: patterns(output.includes()),
            excludes: patterns(output.excludes()),
        },
        own_schedule: own_schedule_from(output),
    }
}

fn own_schedule_from(output: &DescribeTaskOutput) -> Option<OwnSchedule> {
    let expression = output.schedule()?.schedule_expression();
    let details = output.schedule_details();
    Some(OwnSchedule {
        expression: text(Some(expression))?,
        disabled_by: details
            .and_then(TaskScheduleDetails::disabled_by)
            .map(|by| by.as_str().to_owned()),
        disabled_because: text(details.and_then(TaskScheduleDetails::disabled_reason)),
    })
}

/// A rule's value holds several patterns, separated by `|`.
fn patterns(rules: &[FilterRule]) -> Vec<String> {
    let values = rules.iter().filter_map(FilterRule::value);
    values
        .flat_map(|value| value.split('|'))
        .map(str::to_owned)
        .collect()
}

fn text(value: Option<&str>) -> Option<String> {
    value.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The facts of an execution in an answer, parsed and as it came: what fuzzing reads.
#[doc(hidden)]
#[must_use]
pub fn execution_told_by(
    arn: &ExecutionArn,
    output: &DescribeTaskExecutionOutput,
    body: &[u8],
) -> Execution {
    execution_from(arn, output, counters_in(body))
}

/// Translates DataSync's answer. What the service did not report stays `None`:
/// unknown is never 0.
fn execution_from(
    arn: &ExecutionArn,
    output: &DescribeTaskExecutionOutput,
    counters: Counters,
) -> Execution {
    let result = output.result();
    let phase = |status: fn(&TaskExecutionResultDetail) -> Option<&PhaseStatus>,
                 took: fn(&TaskExecutionResultDetail) -> Option<i64>| Phase {
        status: result
            .and_then(status)
            .map(|status| status.as_str().to_owned()),
        took: count(result.and_then(took)).map(Millis),
    };
    Execution {
        arn: arn.clone(),
        status: Status::from(output.status().map_or("", |status| status.as_str())),
        started: time(output.start_time()),
        launched: time(output.launch_time()),
        ended: time(output.end_time()),
        took: count(result.and_then(TaskExecutionResultDetail::total_duration)).map(Millis),
        prepare: phase(
            |r| r.prepare_status(),
            TaskExecutionResultDetail::prepare_duration,
        ),
        transfer: phase(
            |r| r.transfer_status(),
            TaskExecutionResultDetail::transfer_duration,
        ),
        verify: phase(
            |r| r.verify_status(),
            TaskExecutionResultDetail::verify_duration,
        ),
        counters,
        error_code: text(result.and_then(TaskExecutionResultDetail::error_code)),
        error_detail: text(result.and_then(TaskExecutionResultDetail::error_detail)),
        task_report: task_report_from(output),
        preserve_deleted_files: output
            .options()
            .and_then(|options| options.preserve_deleted_files())
            .map(|choice| choice.as_str().to_owned()),
        filters: Filters {
            includes: patterns(output.includes()),
            excludes: patterns(output.excludes()),
        },
    }
}

fn task_report_from(output: &DescribeTaskExecutionOutput) -> TaskReport {
    let result = output.report_result();
    match result
        .and_then(ReportResult::status)
        .map(PhaseStatus::as_str)
    {
        Some("PENDING") => TaskReport::Pending,
        Some("SUCCESS") => TaskReport::Written,
        Some("ERROR") => TaskReport::Failed(
            result
                .and_then(|result| result.error_detail().or(result.error_code()))
                .unwrap_or("no reason reported")
                .to_owned(),
        ),
        None if output.task_report_config().is_none() => TaskReport::NotConfigured,
        _ => TaskReport::NotReported,
    }
}

fn report_place_from(output: &DescribeTaskExecutionOutput) -> Option<ReportPlace> {
    let config = output.task_report_config()?;
    let place = config.destination()?.s3()?;
    Some(ReportPlace {
        bucket: place.s3_bucket_arn().rsplit(':').next()?.to_owned(),
        subdirectory: place.subdirectory().unwrap_or_default().to_owned(),
        lists_files: config.output_type() == Some(&ReportOutputType::Standard),
        // With overrides, some of its lists may hold successes.
        errors_only: config.overrides().is_none()
            && config
                .report_level()
                .is_none_or(|level| *level == ReportLevel::ErrorsOnly),
    })
}

fn logs_problems(output: &DescribeTaskExecutionOutput) -> bool {
    let level = output.options().and_then(|options| options.log_level());
    level.is_some_and(|level| *level != LogLevel::Off)
}

/// A number as DataSync sends it; a negative one is a fault of the service and
/// counts as unknown.
fn count(value: Option<i64>) -> Option<u64> {
    value.and_then(|value| u64::try_from(value).ok())
}

fn time(value: Option<&DateTime>) -> Option<Timestamp> {
    let value = value?;
    let nanos = i32::try_from(value.subsec_nanos()).ok()?;
    Timestamp::new(value.secs(), nanos).ok()
}
