//! The executions of the lab. They never ran: `DataSync` is told to have them, and
//! their task reports are put where it would have put them.

use super::invoker::Event;
use super::judge::Ended;
use crate::harness::{self, Stage};
use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

/// An execution of the lab.
#[derive(Debug, Clone)]
pub(super) struct Execution {
    pub(super) arn: String,
    kind: Kind,
    started: Timestamp,
}

/// How an execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Copied,
    NothingNew,
    /// SUCCESS, and the report lists failed files.
    ListedFailures,
    /// The same, in the second part of the report only.
    LateFailures,
    SomeFailed,
    NothingArrived,
}

/// Between two starts: a thousand of them fit into a day.
const APART: SignedDuration = SignedDuration::from_secs(72);
const SECONDS: u32 = 60;
/// Reports that are written at once.
const AT_ONCE: usize = 8;

/// Gives the task a history of `count` ended executions, with their reports.
pub(super) async fn invent(stage: &Stage, count: usize) -> anyhow::Result<Vec<Execution>> {
    let task = stage.output("TaskArn")?;
    let first = Timestamp::now() - APART * i32::try_from(count + 1)?;
    let mut executions = Vec::new();
    for number in 0..i32::try_from(count)? {
        executions.push(Execution {
            arn: format!("{task}/execution/exec-{:017x}", number + 1),
            kind: kind(number),
            started: first + APART * number,
        });
    }
    let told: Vec<Value> = executions
        .iter()
        .map(Execution::as_datasync_has_it)
        .collect();
    let order = json!({"invent": {"task": task, "executions": told}});
    stage.cloud.control_datasync(&order).await?;
    write_reports(stage, &executions).await?;
    Ok(executions)
}

/// Of twenty, fourteen copied something, two found nothing new, and four failed,
/// each in its own way.
fn kind(number: i32) -> Kind {
    match number % 20 {
        14 | 15 => Kind::NothingNew,
        16 => Kind::ListedFailures,
        17 => Kind::LateFailures,
        18 => Kind::SomeFailed,
        19 => Kind::NothingArrived,
        _ => Kind::Copied,
    }
}

impl Kind {
    fn is_good(self) -> bool {
        matches!(self, Kind::Copied | Kind::NothingNew)
    }

    /// The last word of `DataSync`.
    fn status(self) -> &'static str {
        match self {
            Kind::SomeFailed | Kind::NothingArrived => "ERROR",
            _ => "SUCCESS",
        }
    }

    fn error_detail(self) -> Option<&'static str> {
        match self {
            Kind::SomeFailed => Some(
                "Transfer and verification completed. There were some errors in your task execution.",
            ),
            Kind::NothingArrived => {
                Some("x40016: Failed to connect to EFS mount target with IP: 10.0.1.47. ")
            }
            _ => None,
        }
    }

    fn files_transferred(self) -> u64 {
        match self {
            Kind::NothingNew | Kind::NothingArrived => 0,
            _ => 7,
        }
    }

    /// The parts of its task report, and the failed files in each.
    fn parts(self) -> &'static [&'static [&'static str]] {
        match self {
            Kind::NothingArrived => &[],
            Kind::ListedFailures | Kind::SomeFailed => &[&["/web/a.php", "/web/b.php"]],
            Kind::LateFailures => &[&[], &["/web/late.php"]],
            Kind::Copied | Kind::NothingNew => &[&[]],
        }
    }
}

impl Execution {
    /// For the judge.
    pub(super) fn ended(&self) -> Ended {
        Ended {
            arn: self.arn.clone(),
            is_good: self.kind.is_good(),
        }
    }

    /// The event about its end, which comes at `at`; every tenth comes twice.
    pub(super) fn event(&self, number: usize, at: Duration) -> Event {
        let mut payload = harness::event(&self.arn, self.kind.status());
        let ended = self.started + SignedDuration::from_secs(i64::from(SECONDS));
        payload["time"] = ended.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
        Event {
            number,
            payload,
            at,
            twice: number.is_multiple_of(10),
        }
    }

    fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    fn as_datasync_has_it(&self) -> Value {
        let copied = self.kind.files_transferred();
        json!({
            "id": self.id(), "started": self.started, "seconds": SECONDS,
            "status": self.kind.status(), "error_detail": self.kind.error_detail(),
            "files_transferred": copied, "files_skipped": 1000 - copied,
            "bytes_written": copied * 1_000_000,
        })
    }

    /// Keys and texts of its task report.
    fn report(&self) -> anyhow::Result<Vec<(String, String)>> {
        let (task, id) = harness::ids(&self.arn)?;
        let folder = format!("datasync-reports/Detailed-Reports/{task}/{id}");
        let parts = self.kind.parts().iter().zip(1..);
        let parts = parts.map(|(paths, number)| {
            let items = paths.iter().map(|path| {
                json!({"RelativePath": path, "TransferStatus": "FAILED",
                       "ErrorCode": "SourceReadFailed", "ErrorDetail": "Permission denied"})
            });
            let items: Vec<Value> = items.collect();
            let key =
                format!("{folder}/{id}.files-transferred-v1-{number:05}-0123456789abcdef.json");
            (
                key,
                json!({"TaskExecutionId": id, "Transferred": items}).to_string(),
            )
        });
        Ok(parts.collect())
    }
}

async fn write_reports(stage: &Stage, executions: &[Execution]) -> anyhow::Result<()> {
    let bucket = stage.output("ReportBucketName")?;
    let mut reports = Vec::new();
    for execution in executions {
        reports.extend(execution.report()?);
    }
    let mut writing = JoinSet::new();
    for (key, text) in reports {
        if writing.len() == AT_ONCE {
            written(&mut writing).await?;
        }
        let request = stage.s3.put_object().bucket(bucket).key(key);
        writing.spawn(request.body(text.into_bytes().into()).send());
    }
    while !writing.is_empty() {
        written(&mut writing).await?;
    }
    Ok(())
}

async fn written<T: 'static, E>(writing: &mut JoinSet<Result<T, E>>) -> anyhow::Result<()>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let ended = writing
        .join_next()
        .await
        .context("nothing is being written")?;
    ended?.context("a task report was not written")?;
    Ok(())
}
