//! The letter about what did not happen: a start that was refused, a run that is
//! missing, or one that does not end.

use super::body::Body;
use super::line::{LineNames, as_found};
use super::message::{Draft, Message};
use super::steps::{self, Group, grouped, without_repetition};
use super::{Backup, LastGood, NextRun, json};
use crate::diagnosis::Step::{self, CompareWithStack, Do, Run};
use crate::units::{Elapsed, Millis};
use crate::verdict::{Limits, Silence, Verdict};
use crate::watch::{Found, Refusal, troubles};
use jiff::Timestamp;

/// The facts of the letter.
#[derive(Debug)]
pub struct SilenceLetter<'a> {
    /// Which backup line.
    pub backup: &'a Backup,
    /// What its parts are called.
    pub names: &'a LineNames,
    /// FAILED, MISSING or STUCK.
    pub verdict: Verdict,
    /// Why no run starts, if that is why.
    pub refusal: Option<&'a Refusal>,
    /// What did not happen, and since when.
    pub silence: &'a Silence,
    /// How long it may take.
    pub limits: &'a Limits,
    /// How everything else stands.
    pub found: &'a Found,
    /// How long a run usually takes, where that is known.
    pub usual: Option<Millis>,
    /// The last good run.
    pub last_good: &'a LastGood,
    /// When the next run is.
    pub next_run: &'a NextRun,
    /// Now.
    pub time: Timestamp,
}

const DESCRIBE_TASK: Step = Run("aws datasync describe-task --region {region} --task-arn {task}");
const UNAVAILABLE: &[Step] = &[
    Do("Read what DataSync says about the task:"),
    DESCRIBE_TASK,
    CompareWithStack(
        "See whether a location, its role or its security group was changed or deleted by hand:",
    ),
];
const NOT_STARTED: &[Step] = &[
    Do("Read why the start failed:"),
    Run(
        "aws sqs receive-message --region {region} --queue-url {queue} --max-number-of-messages 10",
    ),
    Run(
        "aws logs filter-log-events --region {region} --log-group-name /aws/lambda/{stack}-start-execution",
    ),
];
const NO_CAUSE: &[Step] = &[
    Do("No cause was found here. Start a run, which does no harm, and wait for its mail:"),
    Run("aws datasync start-task-execution --region {region} --task-arn {task}"),
    Do("See why none was started before:"),
    Run(
        "aws logs filter-log-events --region {region} --log-group-name /aws/lambda/{stack}-start-execution",
    ),
];
const LOOK: &[Step] = &[
    Do("See how the whole line stands:"),
    Run("efs-backup status --stack-name {stack} --region {region}"),
];
const SLOW: &[Step] = &[
    Do("See how far it is, twice with some minutes in between:"),
    Run(
        "aws datasync describe-task-execution --region {region} --task-execution-arn {running} --query '[Status,FilesTransferred,BytesWritten,FilesVerified]' --output text",
    ),
    Do(
        "If it goes on, let it: a first copy of many files takes long (then raise MaxRunHours). If it stands still, cancel it; what it has copied stays in the bucket:",
    ),
    Run("aws datasync cancel-task-execution --region {region} --task-execution-arn {running}"),
];
const START: &[Step] = &[
    Do("When the cause is gone, start a run and wait for its mail:"),
    Run("aws datasync start-task-execution --region {region} --task-arn {task}"),
];

impl SilenceLetter<'_> {
    /// Renders all forms. Equal facts give equal text.
    #[must_use]
    pub fn render(&self) -> Message {
        let fact = self.fact();
        Message::from(Draft {
            verdict: self.verdict.word(),
            label: self.verdict.word(),
            severity: self.verdict.severity().word(),
            name: self.backup.task().to_owned(),
            task: self.backup.task().to_owned(),
            schema: json::SCHEMA,
            sms_more: self.last_good.short(),
            time: self.time,
            body: self.body(),
            json: json::silence(self, &fact),
            fact,
        })
    }

    fn fact(&self) -> String {
        match (self.verdict, self.refusal) {
            (Verdict::Failed, Some(Refusal::NothingStarted { .. })) => {
                "the start failed, nothing runs".to_owned()
            }
            (Verdict::Failed, _) => "start refused, task UNAVAILABLE".to_owned(),
            (Verdict::Stuck, _) => format!(
                "{} for {} (limit {} h)",
                self.running_status(),
                self.elapsed(self.silence.running_since),
                self.limits.run.as_hours()
            ),
            _ => format!(
                "no run ended for {} (limit {} h)",
                self.elapsed(self.silence.quiet_since),
                self.limits.freshness.as_hours()
            ),
        }
    }

    fn body(&self) -> Body {
        let mut body = Body::default();
        body.paragraph(&self.sentence());
        if let Some(Refusal::TaskUnavailable(error)) = self.refusal {
            body.line("DataSync said", error);
        }
        self.last_good.at_risk(&mut body, &self.backup.zone);
        self.next_run.line(&mut body, &self.backup.zone);
        match self.verdict {
            Verdict::Failed => body.sentence("It is refused too, as long as this lasts."),
            Verdict::Stuck => body.sentence("It is skipped as long as this run goes on."),
            _ => {}
        }
        body.heading("WHAT WAS FOUND");
        as_found(&mut body, self.found, &self.backup.zone, self.time);
        body.heading("WHAT TO DO");
        steps::tell(&mut body, &self.groups(), &self.placeholders());
        body.paragraph("This mail comes once a day until it is over.");
        self.backup.sign(&mut body, self.running_arn());
        body
    }

    fn sentence(&self) -> String {
        let show = |time: Option<Timestamp>| super::shown(time, |time| self.backup.zone.show(time));
        match (self.verdict, self.refusal) {
            (Verdict::Failed, Some(Refusal::NothingStarted { due, .. })) => format!(
                "Backup FAILED: a run was due at {}, and none was started. Messages about something \
                 that failed after all retries are waiting; one of them may say why.",
                self.backup.zone.show(*due)
            ),
            (Verdict::Failed, _) => {
                "Backup FAILED: DataSync says that the task cannot be executed, so every start is \
                 refused."
                    .to_owned()
            }
            (Verdict::Stuck, _) => format!(
                "A run does not end. It was started at {} and is {} now.{}",
                show(self.silence.running_since),
                self.running_status(),
                self.usual
                    .map(|took| format!(" A run usually takes {took}."))
                    .unwrap_or_default()
            ),
            _ => format!(
                "No backup run has ended since {}, and none is going on.",
                show(self.silence.quiet_since)
            ),
        }
    }

    fn groups(&self) -> Vec<Group> {
        let of_verdict = match (self.verdict, self.refusal) {
            (Verdict::Failed, Some(Refusal::NothingStarted { .. })) => NOT_STARTED,
            (Verdict::Failed, _) => UNAVAILABLE,
            (Verdict::Stuck, _) => SLOW,
            _ if self.running_arn().is_some() => SLOW,
            _ => LOOK,
        };
        let of_troubles = troubles(self.found);
        if of_troubles.is_empty() && of_verdict == LOOK {
            return grouped(NO_CAUSE, "");
        }
        let of_troubles = of_troubles.iter().flat_map(|one| grouped(one.remedy, ""));
        let mut groups = without_repetition(of_troubles.chain(grouped(of_verdict, "")));
        groups.extend(grouped(START, ""));
        groups
    }

    fn placeholders(&self) -> steps::Names {
        let mut names = self.names.beside(self.backup);
        names.extend(self.running_arn().map(|arn| ("running", arn.to_owned())));
        names
    }

    pub(super) fn running_arn(&self) -> Option<&str> {
        let running = self.found.running.as_ref().ok()?.as_ref()?;
        Some(running.execution.as_str())
    }

    fn running_status(&self) -> &str {
        match &self.found.running {
            Ok(Some(running)) => &running.status,
            _ => "not ended",
        }
    }

    fn elapsed(&self, since: Option<Timestamp>) -> String {
        super::shown(since, |since| {
            Elapsed::between(since, self.time).to_string()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::backup;
    use super::*;
    use crate::schedule::Schedule;
    use crate::task::Task;
    use crate::watch::fixtures::{found, running};
    use insta::assert_snapshot;
    use jiff::SignedDuration;

    fn letter(verdict: Verdict, found: &Found, refusal: Option<&Refusal>) -> Message {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let silence = Silence {
            start_refused: refusal.is_some(),
            running_since: found
                .running
                .as_ref()
                .unwrap()
                .as_ref()
                .and_then(|run| run.started),
            quiet_since: Some(at("2026-11-22T01:14:31Z")),
        };
        let limits = Limits {
            freshness: SignedDuration::from_hours(30),
            run: SignedDuration::from_hours(12),
        };
        SilenceLetter {
            backup: &backup(),
            names: &LineNames::fixture(),
            verdict,
            refusal,
            silence: &silence,
            limits: &limits,
            found,
            usual: Some(Millis(830_000)),
            last_good: &LastGood::Started(at("2026-11-22T01:00:04Z")),
            next_run: &NextRun::Due(at("2026-11-24T01:00:00Z")),
            time: at("2026-11-23T08:19:00Z"),
        }
        .render()
    }

    fn whole(message: &Message) -> String {
        format!(
            "Subject: {}\nSMS: {}\n\n{}",
            message.subject(),
            message.sms(),
            message.body()
        )
    }

    #[test]
    fn a_missing_run_reads_like_this() {
        let off = Found {
            schedule: Ok(Some(Schedule {
                state: "DISABLED".to_owned(),
                ..found().schedule.unwrap().unwrap()
            })),
            ..found()
        };
        assert_snapshot!("missing", whole(&letter(Verdict::Missing, &off, None)));
    }

    #[test]
    fn a_stuck_run_reads_like_this() {
        let slow = Found {
            running: Ok(Some(running("2026-11-22T20:00:03Z"))),
            ..found()
        };
        let message = letter(Verdict::Stuck, &slow, None);
        assert_snapshot!("stuck", whole(&message));
        let json: serde_json::Value = serde_json::from_str(message.json()).unwrap();
        assert_snapshot!(
            "stuck_machine_form",
            serde_json::to_string_pretty(&json).unwrap()
        );
    }

    #[test]
    fn a_refused_start_reads_like_this() {
        let error = "InvalidLocation: the mount target\nwas deleted".to_owned();
        let unavailable = Found {
            task: Ok(Task {
                status: "UNAVAILABLE".to_owned(),
                error: Some(error.clone()),
                ..Task::default()
            }),
            ..found()
        };
        let refusal = Refusal::TaskUnavailable(error);
        let message = letter(Verdict::Failed, &unavailable, Some(&refusal));
        assert_snapshot!("start_refused", whole(&message));
    }

    #[test]
    fn a_start_that_failed_is_told() {
        let refusal = Refusal::NothingStarted {
            due: "2026-11-23T01:00:00Z".parse().unwrap(),
            waiting: 1,
        };
        let failed = Found {
            waiting: Ok(1),
            ..found()
        };
        let message = letter(Verdict::Failed, &failed, Some(&refusal));
        assert_snapshot!(message.subject(), @"FAILED | web-uploads | the start failed, nothing runs | 2026-11-23 08:19Z");
        assert!(message.body().contains("aws sqs receive-message"));
    }
}
