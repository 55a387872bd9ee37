//! The letter that comes once a day while a run that was not good is the last word.

use super::body::Body;
use super::message::{Draft, Message};
use super::steps::{self, grouped};
use super::{Backup, LastGood, NextRun, json};
use crate::diagnosis::Step::{self, Do, Run};
use crate::ledger::Entry;
use crate::units::Elapsed;
use jiff::Timestamp;

/// The facts of the letter.
#[derive(Debug)]
pub struct ReminderLetter<'a> {
    /// Which backup line.
    pub backup: &'a Backup,
    /// What was told of the run; its time is the run's start.
    pub run: &'a Entry,
    /// The last good run.
    pub last_good: &'a LastGood,
    /// When the next run is.
    pub next_run: &'a NextRun,
    /// Now.
    pub time: Timestamp,
}

const STEPS: &[Step] = &[
    Do("The mail about that run names the causes and what helps. To see how the line stands:"),
    Run("efs-backup status --stack-name {stack} --region {region}"),
    Do("When the cause is gone, start a run and wait for its mail:"),
    Run("aws datasync start-task-execution --region {region} --task-arn {task}"),
];

impl ReminderLetter<'_> {
    /// Renders all forms. Equal facts give equal text.
    #[must_use]
    pub fn render(&self) -> Message {
        let fact = format!("still so after {}, no better run since", self.age());
        let verdict = self.run.verdict;
        Message::from(Draft {
            verdict: verdict.word(),
            label: verdict.word(),
            severity: verdict.severity().word(),
            name: self.backup.task().to_owned(),
            task: self.backup.task().to_owned(),
            schema: json::SCHEMA,
            sms_more: self.last_good.short(),
            time: self.time,
            body: self.body(),
            json: json::reminder(self, &fact),
            fact,
        })
    }

    fn age(&self) -> Elapsed {
        Elapsed::between(self.run.time, self.time)
    }

    fn body(&self) -> Body {
        let mut body = Body::default();
        let zone = &self.backup.zone;
        body.paragraph(&format!(
            "A reminder: the run of {} was told as {}, and no better one was told in the {} since.",
            zone.show(self.run.time),
            self.run.verdict.word(),
            self.age()
        ));
        self.last_good.at_risk(&mut body, zone);
        self.next_run.line(&mut body, zone);
        body.heading("WHAT TO DO");
        steps::tell(&mut body, &grouped(STEPS, ""), &self.backup.names());
        body.paragraph("This mail comes once a day until a run is good.");
        self.backup.sign(&mut body, Some(&self.arn()));
        body
    }

    /// The ARN of the run.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("{}/execution/{}", self.backup.task, self.run.execution_id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::backup;
    use super::*;
    use insta::assert_snapshot;

    #[test]
    fn a_reminder_reads_like_this() {
        let run = Entry::from_key("ledger/t/20261120T010004Z_exec-0a1b2c3d4e5f60718_PARTIAL.json");
        let message = ReminderLetter {
            backup: &backup(),
            run: &run.unwrap(),
            last_good: &LastGood::NoneRecorded,
            next_run: &NextRun::Due("2026-11-29T01:00:00Z".parse().unwrap()),
            time: "2026-11-23T08:19:00Z".parse().unwrap(),
        }
        .render();
        assert_snapshot!(
            "reminder",
            format!(
                "Subject: {}\nSMS: {}\n\n{}",
                message.subject(),
                message.sms(),
                message.body()
            )
        );
    }
}
