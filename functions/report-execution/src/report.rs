//! From a state change to a published letter and a record of it.

use crate::aws::{Aws, Described};
use crate::failed_list::FailedList;
use crate::ledger::Ledger;
use crate::settle::settle;
use crate::{Action, Answer, ReportFailure, Settings, failed_list, ledger, sent};
use aws_call::CallError;
use backup_domain::execution::{Execution, Status};
use backup_domain::failed_files::FailedFiles;
use backup_domain::ledger::{Entry, Record};
use backup_domain::letter::{Backup, ExecutionLetter, LastGood, Message, UnknownLetter};
use backup_domain::state_change::StateChange;
use backup_domain::verdict::{Verdict, judge};
use jiff::Timestamp;
use lambda_runtime::tracing;

/// One event, and all that was gathered to tell about it.
struct Report<'a> {
    aws: &'a Aws,
    settings: &'a Settings,
    change: &'a StateChange,
    now: Timestamp,
    ledger: Ledger,
    backup: Backup,
}

/// Reports one state change.
///
/// # Errors
///
/// [`ReportFailure`] if the mail could not be published.
pub(crate) async fn report(
    aws: &Aws,
    settings: &Settings,
    change: &StateChange,
    now: Timestamp,
) -> Result<Answer, ReportFailure> {
    let (described, task_name, ledger) = tokio::join!(
        settle(aws, change, settings.describe_budget),
        aws.task_name(&settings.task),
        ledger::read(aws, &settings.task, settings.partial_counts_as_good, now),
    );
    let report = Report {
        aws,
        settings,
        change,
        now,
        ledger,
        backup: settings.backup(task_name.unwrap_or_default()),
    };
    match described {
        Ok(described) => report.described(&described).await,
        Err(error) => report.unknown(error.to_string()).await,
    }
}

impl Report<'_> {
    async fn described(&self, described: &Described) -> Result<Answer, ReportFailure> {
        let status = &described.execution.status;
        // Neither side claims an end: there is nothing to tell yet.
        if matches!(status, Status::Transient(_)) && !self.change.state.is_terminal() {
            tracing::info!(%status, "not finished");
            return Ok(ignored(None));
        }
        // What was told as known stays told; no need to read the report again.
        if self.is_told(Verdict::Ok) {
            return Ok(self.duplicate());
        }
        let failed = if status.is_terminal() {
            failed_list::read(self.aws, self.settings.places(), described).await
        } else {
            failed_list::not_finished()
        };
        self.tell(described, &failed).await
    }

    async fn tell(
        &self,
        described: &Described,
        failed: &FailedList,
    ) -> Result<Answer, ReportFailure> {
        let execution = &described.execution;
        let verdict = judge(execution, &failed.files);
        if self.is_told(verdict) {
            return Ok(self.duplicate());
        }
        let wanted = verdict != Verdict::NoChange || self.settings.mail_no_change;
        let letter = ExecutionLetter {
            backup: &self.backup,
            verdict,
            execution,
            failed: &failed.files,
            report_url: failed.url.clone(),
            last_good: self.last_good().await,
            time: self.change.time.unwrap_or(self.now),
        };
        let letter = letter.render();
        let message_id = if wanted {
            self.aws.publish(&letter).await?
        } else {
            None
        };
        let files = &failed.files;
        self.record(execution, files, verdict, message_id.clone())
            .await;
        self.ping(verdict, &letter).await;
        Ok(if wanted {
            sent(verdict.word(), message_id)
        } else {
            ignored(Some(verdict))
        })
    }

    /// Tells what the event alone tells.
    async fn unknown(&self, because: String) -> Result<Answer, ReportFailure> {
        if self.is_told(Verdict::Unknown) {
            return Ok(self.duplicate());
        }
        let failed = FailedFiles::unread(because.clone());
        let letter = UnknownLetter {
            backup: &self.backup,
            change: Some(self.change),
            because,
            raw: None,
            last_good: self.last_good().await,
            time: self.change.time.unwrap_or(self.now),
        };
        let letter = letter.render();
        let message_id = self.aws.publish(&letter).await?;
        let execution = Execution::new(self.change.execution.clone(), self.change.state.clone());
        self.record(&execution, &failed, Verdict::Unknown, message_id.clone())
            .await;
        self.ping(Verdict::Unknown, &letter).await;
        Ok(sent(Verdict::Unknown.word(), message_id))
    }

    async fn last_good(&self) -> LastGood {
        self.ledger.last_good(self.aws, &self.settings.task).await
    }

    fn is_told(&self, verdict: Verdict) -> bool {
        let execution_id = &self.change.execution.execution_id;
        self.ledger.history().is_duplicate(execution_id, verdict)
    }

    /// Writes the ledger. The mail is out by now, so a failure here is logged
    /// and not retried: a retry would send the mail again.
    async fn record(
        &self,
        execution: &Execution,
        failed: &FailedFiles,
        verdict: Verdict,
        message_id: Option<String>,
    ) {
        let entry = Entry {
            time: execution.started.or(self.change.time).unwrap_or(self.now),
            execution_id: execution.arn.execution_id.clone(),
            verdict,
        };
        let record = Record::new(execution, failed, verdict, Timestamp::now(), message_id);
        let task = &self.settings.task;
        let written: Result<(), CallError> =
            self.ledger.write(self.aws, task, &entry, &record).await;
        if let Err(error) = written {
            tracing::error!("the mail is out, but the ledger was not written: {error}");
        }
    }

    /// The very last, so that it delays neither mail nor ledger. A PARTIAL run is no
    /// success there, whatever the mails count it as.
    async fn ping(&self, verdict: Verdict, letter: &Message) {
        let is_success = verdict.counts_as_good(false);
        self.aws.ping.tell(is_success, letter.subject()).await;
    }

    fn duplicate(&self) -> Answer {
        let told = self
            .ledger
            .history()
            .told(&self.change.execution.execution_id);
        Answer {
            action: Action::Duplicate,
            verdict: told.map(|verdict| verdict.word().to_owned()),
            message_id: None,
        }
    }
}

fn ignored(verdict: Option<Verdict>) -> Answer {
    Answer {
        action: Action::Ignored,
        verdict: verdict.map(|verdict| verdict.word().to_owned()),
        message_id: None,
    }
}
