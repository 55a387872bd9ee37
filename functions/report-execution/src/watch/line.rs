//! What is wrong with the line itself, for those who keep it.

use super::{Watch, memory};
use crate::report::ignored;
use crate::{Answer, ReportFailure, sent};
use aws_call::CallError;
use backup_domain::letter::{LineLetter, Message};
use backup_domain::watch::{Looked, Subscription, Told, Trouble, Wanted, troubles, wanted};
use lambda_runtime::tracing;

impl Watch<'_> {
    /// Tells what is wrong with the line itself.
    pub(super) async fn tell_line(&mut self) {
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
}

/// Where that could not be looked at, somebody may hear it.
fn is_heard(audience: &Looked<Vec<Subscription>>) -> bool {
    audience
        .as_ref()
        .map_or(true, |all| backup_domain::watch::is_heard(all))
}
