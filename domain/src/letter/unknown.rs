//! The letter for what could not be found out: `DataSync` did not answer, or the
//! event itself makes no sense. It says what is known and claims nothing more.

use super::body::Body;
use super::message::{Draft, Message};
use super::{Backup, LastGood, NextRun, json, shown};
use crate::state_change::StateChange;
use crate::verdict::Verdict;
use jiff::Timestamp;

/// The facts of the letter.
#[derive(Debug)]
pub struct UnknownLetter<'a> {
    /// Which backup line.
    pub backup: &'a Backup,
    /// What the event told; `None` if it could not be read.
    pub change: Option<&'a StateChange>,
    /// Why nothing more is known.
    pub because: String,
    /// The event as it came, where it could not be read.
    pub raw: Option<String>,
    /// The last good run; a letter about no execution does not use it.
    pub last_good: LastGood,
    /// When the next run is; a letter about no execution does not use it.
    pub next_run: NextRun,
    /// When the event came.
    pub time: Timestamp,
}

impl UnknownLetter<'_> {
    /// Renders all forms. Equal facts give equal text.
    #[must_use]
    pub fn render(&self) -> Message {
        Message::from(Draft {
            verdict: Verdict::Unknown.word(),
            label: Verdict::Unknown.word(),
            severity: Verdict::Unknown.severity().word(),
            name: self.backup.task().to_owned(),
            task: self.backup.task().to_owned(),
            schema: json::SCHEMA,
            fact: self.fact().to_owned(),
            sms_more: self.change.and_then(|_| self.last_good.short()),
            time: self.time,
            body: self.body(),
            json: json::unknown(self, self.fact()),
        })
    }

    fn fact(&self) -> &'static str {
        match self.change {
            Some(_) => "run ended, details not known",
            None => "an event that could not be read",
        }
    }

    fn body(&self) -> Body {
        let mut body = Body::default();
        body.paragraph(match self.change {
            Some(_) => {
                "It is NOT KNOWN whether this backup is complete: DataSync announced the end of \
                 a run, but its details could not be read."
            }
            None => "Something was sent to the backup's reporter that it could not read.",
        });
        body.line("Cause", &self.because);
        if self.change.is_some() {
            self.last_good.at_risk(&mut body, &self.backup.zone);
            self.next_run.line(&mut body, &self.backup.zone);
        }
        self.what_to_do(&mut body);
        self.what_is_known(&mut body);
        let arn = self.change.map(|change| change.execution.as_str());
        self.backup.sign(&mut body, arn);
        body
    }

    fn what_to_do(&self, body: &mut Body) {
        let task = &self.backup.task;
        body.heading("WHAT TO DO");
        match self.change {
            Some(change) => {
                body.sentence("Ask DataSync yourself:");
                body.whole(&format!(
                    "aws datasync describe-task-execution --region {} --task-execution-arn {}",
                    change.execution.task.region, change.execution
                ));
            }
            None => {
                body.sentence("Look whether a run was missed:");
                body.whole(&format!(
                    "aws datasync list-task-executions --region {} --task-arn {task}",
                    task.region
                ));
            }
        }
    }

    fn what_is_known(&self, body: &mut Body) {
        body.heading("WHAT IS KNOWN");
        if let Some(change) = self.change {
            body.line("State in the event", &change.state.to_string());
            body.line(
                "Event",
                &shown(change.time, |time| self.backup.zone.show(time)),
            );
            body.line("Files, bytes, failed files", "not known");
            if let Some(url) = change.execution.console_url() {
                body.labelled("Run", &url);
            }
        } else {
            body.line("Received", &self.backup.zone.show(self.time));
        }
        if let Some(raw) = &self.raw {
            body.line("As it came", raw);
        }
        if self.change.is_none() {
            body.line("Task of this stack", self.backup.task());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{backup, nightly};
    use super::*;
    use insta::assert_snapshot;

    fn letter(change: Option<&StateChange>, raw: Option<&str>) -> Message {
        UnknownLetter {
            backup: &backup(),
            change,
            because: "datasync:DescribeTaskExecution failed for exec-0a1b2c3d4e5f60718: AccessDeniedException".to_owned(),
            raw: raw.map(str::to_owned),
            last_good: LastGood::NoneRecorded,
            next_run: NextRun::NotKnown("scheduler:GetSchedule was denied".to_owned()),
            time: "2026-11-23T01:14:31Z".parse().unwrap(),
        }
        .render()
    }

    #[test]
    fn a_degraded_letter_reads_like_this() {
        let change = StateChange {
            execution: nightly().arn,
            state: "SUCCESS".into(),
            time: Some("2026-11-23T01:14:31Z".parse().unwrap()),
        };
        let message = letter(Some(&change), None);
        assert_snapshot!(
            "degraded",
            format!("Subject: {}\n\n{}", message.subject(), message.body())
        );
    }

    #[test]
    fn a_letter_about_an_unreadable_event_reads_like_this() {
        let message = letter(None, Some("{\"hello\":\n\"world\"}"));
        assert_snapshot!(
            "unreadable_event",
            format!("Subject: {}\n\n{}", message.subject(), message.body())
        );
    }
}
