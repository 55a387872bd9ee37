//! From the end of an execution to a published letter and a record of it.

use crate::aws::{Aws, Described};
use crate::failed_list::{self, FailedList};
use crate::scene::Scene;
use crate::settle::settle;
use crate::{Action, Answer, ReportFailure, Settings, sent};
use aws_call::CallError;
use backup_domain::execution::{Execution, Status};
use backup_domain::failed_files::FailedFiles;
use backup_domain::ledger::{Entry, Record};
use backup_domain::letter::{ExecutionLetter, UnknownLetter};
use backup_domain::metric::{Metric, emf};
use backup_domain::state_change::StateChange;
use backup_domain::verdict::{Facts, Past, Verdict, judge};
use function_env::log;
use jiff::Timestamp;
use lambda_runtime::tracing;

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
    let (described, mut scene) = tokio::join!(
        settle(aws, change, settings.describe_budget),
        Scene::read(aws, settings, now),
    );
    scene.tell(change, described).await
}

impl Scene<'_> {
    /// Tells of an execution what was not told yet.
    ///
    /// # Errors
    ///
    /// [`ReportFailure`] if the mail could not be published.
    pub(crate) async fn tell(
        &mut self,
        change: &StateChange,
        described: Result<Described, CallError>,
    ) -> Result<Answer, ReportFailure> {
        match described {
            Ok(described) => self.tell_described(change, &described).await,
            Err(error) => self.tell_unknown(change, error.to_string()).await,
        }
    }

    async fn tell_described(
        &mut self,
        change: &StateChange,
        described: &Described,
    ) -> Result<Answer, ReportFailure> {
        let status = &described.execution.status;
        // Neither side claims an end: there is nothing to tell yet.
        if matches!(status, Status::Transient(_)) && !change.state.is_terminal() {
            tracing::info!(%status, "not finished");
            return Ok(ignored(None));
        }
        // What was told as known stays told; no need to read the report again.
        if self.is_told(change, Verdict::Ok) {
            return Ok(self.duplicate(change));
        }
        let failed = if status.is_terminal() {
            failed_list::read(self.aws, self.settings.places(), described).await
        } else {
            failed_list::not_finished()
        };
        self.tell_judged(change, described, &failed).await
    }

    async fn tell_judged(
        &mut self,
        change: &StateChange,
        described: &Described,
        failed: &FailedList,
    ) -> Result<Answer, ReportFailure> {
        let execution = &described.execution;
        let verdict = self.judged(execution, &failed.files);
        if self.is_told(change, verdict) {
            return Ok(self.duplicate(change));
        }
        let (beside, evidence) = tokio::join!(
            self.beside(execution, verdict),
            self.evidence(execution, &failed.files, verdict),
        );
        let letter = ExecutionLetter {
            backup: &self.backup,
            verdict,
            execution,
            failed: &failed.files,
            report_url: failed.url.clone(),
            beside: &beside,
            evidence: evidence.as_ref(),
            time: change.time.unwrap_or(self.now),
        };
        let letter = letter.render();
        // A night without changes may be kept from the inbox; one that found nothing at
        // all may not.
        let is_quiet = verdict == Verdict::NoChange && execution.files_seen() != Some(0);
        let wanted = !is_quiet || self.settings.mail_no_change;
        let message_id = if wanted {
            self.aws.publish(&letter).await?
        } else {
            None
        };
        self.count(execution, &failed.files, verdict);
        let entry = self.entry(change, execution, verdict);
        let told = Timestamp::now();
        let record = Record::new(execution, &failed.files, verdict, told, message_id.clone());
        self.told(entry, &record, &letter).await;
        Ok(if wanted {
            sent(verdict.word(), message_id)
        } else {
            ignored(Some(verdict))
        })
    }

    /// Tells what the event alone tells.
    async fn tell_unknown(
        &mut self,
        change: &StateChange,
        because: String,
    ) -> Result<Answer, ReportFailure> {
        const VERDICT: Verdict = Verdict::Unknown;
        if self.is_told(change, VERDICT) {
            return Ok(self.duplicate(change));
        }
        let failed = FailedFiles::unread(because.clone());
        let letter = UnknownLetter {
            backup: &self.backup,
            change: Some(change),
            because,
            raw: None,
            last_good: self.ledger.last_good(self.aws).await,
            next_run: self.next_run(),
            time: change.time.unwrap_or(self.now),
        };
        let letter = letter.render();
        let message_id = self.aws.publish(&letter).await?;
        let execution = Execution::new(change.execution.clone(), change.state.clone());
        self.count(&execution, &failed, VERDICT);
        let entry = Entry {
            narrowed: false,
            ..self.entry(change, &execution, VERDICT)
        };
        let told = Timestamp::now();
        let record = Record::new(&execution, &failed, VERDICT, told, message_id.clone());
        self.told(entry, &record, &letter).await;
        Ok(sent(VERDICT.word(), message_id))
    }

    /// Facts beside the ledger and the clock.
    fn judged(&self, execution: &Execution, failed: &FailedFiles) -> Verdict {
        let narrowed = self.is_narrowed(execution);
        let started = execution.started.unwrap_or(self.now);
        let (id, partial) = (
            &execution.arn.execution_id,
            self.settings.partial_counts_as_good,
        );
        let outage = self.ledger.history().not_good_before(id, started, partial);
        let past = Past {
            was_not_good: outage.is_some() && !narrowed && self.is_newest(id, started),
            baseline: &self.baseline(narrowed),
        };
        let facts = Facts::Execution { execution, failed };
        let verdict = judge(&facts, &past, &self.settings.limits, self.now);
        verdict.unwrap_or(Verdict::Unknown)
    }

    fn entry(&self, change: &StateChange, execution: &Execution, verdict: Verdict) -> Entry {
        Entry {
            time: execution.started.or(change.time).unwrap_or(self.now),
            execution_id: execution.arn.execution_id.clone(),
            verdict,
            narrowed: self.is_narrowed(execution),
        }
    }

    /// Prints the metrics of a run, from which CloudWatch makes graphs.
    fn count(&self, execution: &Execution, failed: &FailedFiles, verdict: Verdict) {
        #[allow(clippy::cast_precision_loss)] // a graph needs no 64 bits
        let number = |count: Option<u64>| count.map(|count| count as f64);
        let counters = &execution.counters;
        let good = verdict.counts_as_good(self.settings.partial_counts_as_good);
        let values = [
            (Metric::FilesCopied, number(counters.files_transferred)),
            (
                Metric::BytesCopied,
                number(counters.bytes_written.map(|bytes| bytes.0)),
            ),
            (Metric::FilesFailed, number(failed.count())),
            (
                Metric::RunSeconds,
                number(execution.took.map(|took| took.0)).map(|ms| ms / 1000.0),
            ),
            (Metric::RunsNotGood, Some(f64::from(u8::from(!good)))),
        ];
        log::metrics(emf(&self.settings.stack, self.now, &values));
    }

    fn is_told(&self, change: &StateChange, verdict: Verdict) -> bool {
        let execution_id = &change.execution.execution_id;
        self.ledger.history().is_duplicate(execution_id, verdict)
    }

    fn duplicate(&self, change: &StateChange) -> Answer {
        let told = self.ledger.history().told(&change.execution.execution_id);
        Answer {
            action: Action::Duplicate,
            verdict: told.map(|verdict| verdict.word().to_owned()),
            message_id: None,
            told: Vec::new(),
        }
    }
}

pub(crate) fn ignored(verdict: Option<Verdict>) -> Answer {
    Answer {
        action: Action::Ignored,
        verdict: verdict.map(|verdict| verdict.word().to_owned()),
        message_id: None,
        told: Vec::new(),
    }
}
