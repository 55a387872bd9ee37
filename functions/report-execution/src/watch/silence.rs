//! What did not happen: a run that did not start, end or come, or one that was bad and
//! has found no better one.

use super::Watch;
use crate::report::ignored;
use crate::{Answer, ReportFailure, sent};
use backup_domain::ledger::Record;
use backup_domain::letter::{ReminderLetter, SilenceLetter};
use backup_domain::units::Millis;
use backup_domain::verdict::{Facts, Past, Silence, Verdict, judge};
use backup_domain::watch::{Refusal, again, of_silence, refusal};
use jiff::{SignedDuration, Timestamp};

impl Watch<'_> {
    /// Tells that no run started, ended, or came; else reminds of one that was bad.
    pub(super) async fn tell_silence(&mut self) {
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
            usual: usual.map(|took| Millis(took.median)),
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
}
