//! The letter about the backup line itself: what would keep a run from starting or
//! a mail from arriving. It goes to the topic of those who keep the line.

use super::body::Body;
use super::message::{Draft, Message};
use super::steps::{self, Names, grouped, without_repetition};
use super::{Backup, Zone, json};
use crate::units::{Elapsed, plural};
use crate::watch::{Found, Looked, Rule, Running, Subscription, Trouble};
use jiff::Timestamp;

/// What the parts of the line are called, for commands.
#[derive(Debug, Clone)]
pub struct LineNames {
    /// The schedule that starts runs.
    pub schedule: String,
    /// The rule that reports their end.
    pub rule: String,
    /// The URL of the failure queue.
    pub queue: String,
    /// The topic of the mails about runs.
    pub topic: String,
    /// The topic of the mails about the line.
    pub watch_topic: String,
}

impl LineNames {
    /// All names for commands.
    pub(super) fn beside(&self, backup: &Backup) -> Names {
        let mut names = backup.names();
        names.extend([
            ("schedule", self.schedule.clone()),
            ("rule", self.rule.clone()),
            ("queue", self.queue.clone()),
            ("topic", self.topic.clone()),
            ("watch_topic", self.watch_topic.clone()),
        ]);
        names
    }
}

/// The facts of the letter.
#[derive(Debug)]
pub struct LineLetter<'a> {
    /// Which backup line.
    pub backup: &'a Backup,
    /// What its parts are called.
    pub names: &'a LineNames,
    /// What is wrong; nothing, where all is in order again.
    pub troubles: &'a [Trouble],
    /// How everything stands.
    pub found: &'a Found,
    /// Now.
    pub time: Timestamp,
}

impl LineLetter<'_> {
    /// Renders all forms. Equal facts give equal text.
    #[must_use]
    pub fn render(&self) -> Message {
        let fact = self.fact();
        Message::from(Draft {
            verdict: "WATCH",
            label: "WATCH",
            severity: self.severity(),
            name: self.backup.task().to_owned(),
            task: self.backup.task().to_owned(),
            schema: json::SCHEMA,
            sms_more: None,
            time: self.time,
            body: self.body(),
            json: json::line(self, &fact),
            fact,
        })
    }

    pub(super) fn severity(&self) -> &'static str {
        if self.troubles.is_empty() {
            "info"
        } else {
            "error"
        }
    }

    fn fact(&self) -> String {
        match self.troubles {
            [] => "all is in order again".to_owned(),
            [one] => one.headline.to_owned(),
            [first, rest @ ..] => format!("{}, and {} more", first.headline, rest.len()),
        }
    }

    fn body(&self) -> Body {
        let mut body = Body::default();
        if self.troubles.is_empty() {
            body.paragraph(
                "The backup line is in order again. What was wrong with it before is over.",
            );
        } else {
            body.paragraph(&format!(
                "Something is wrong with the backup line itself ({}). Runs may not start, or their \
                 mails may not arrive.",
                plural(self.troubles.len() as u64, "finding", "findings")
            ));
            body.heading("WHAT IS WRONG");
            for trouble in self.troubles {
                body.line(trouble.place, &trouble.found);
            }
            body.heading("WHAT TO DO");
            let groups = self.troubles.iter().flat_map(|one| grouped(one.remedy, ""));
            let names = self.names.beside(self.backup);
            steps::tell(&mut body, &without_repetition(groups), &names);
        }
        body.heading("HOW THE LINE STANDS");
        as_found(&mut body, self.found, &self.backup.zone, self.time);
        if !self.troubles.is_empty() {
            body.paragraph("This mail comes once a day until it is over.");
        }
        self.backup.sign(&mut body, None);
        body
    }
}

/// Everything that was looked at, a line each. Some of it is foreign text.
pub(super) fn as_found(body: &mut Body, found: &Found, zone: &Zone, now: Timestamp) {
    line(body, "Schedule", &found.schedule, |schedule| {
        schedule.as_ref().map_or_else(gone, |schedule| {
            format!(
                "{}, {} {}",
                schedule.state, schedule.expression, schedule.time_zone
            )
        })
    });
    line(body, "Task", &found.task, |task| task.status.clone());
    line(body, "Run going on", &found.running, |run| {
        let going_on = |run: &Running| going_on(run, zone, now);
        run.as_ref().map_or_else(|| "none".to_owned(), going_on)
    });
    line(body, "Rule", &found.rule, |rule| {
        rule.as_ref().map_or_else(gone, rule_as_found)
    });
    line(body, "Ledger", &found.ledger, |()| "read".to_owned());
    line(body, "Mails about runs", &found.alerts, audience);
    line(body, "Mails about the line", &found.watchers, audience);
    line(body, "Failure queue", &found.waiting, |waiting| {
        plural(*waiting, "message", "messages")
    });
}

fn line<T>(body: &mut Body, label: &str, looked: &Looked<T>, show: impl FnOnce(&T) -> String) {
    let text = match looked {
        Ok(found) => show(found),
        Err(error) => format!("not looked at: {}", error.because),
    };
    body.line(label, &text);
}

fn gone() -> String {
    "gone".to_owned()
}

fn rule_as_found(rule: &Rule) -> String {
    if rule.reaches_reporter {
        rule.state.clone()
    } else {
        format!("{}, without the reporter as a target", rule.state)
    }
}

fn going_on(run: &Running, zone: &Zone, now: Timestamp) -> String {
    let since = super::shown(run.started, |started| {
        let elapsed = Elapsed::between(started, now);
        format!("{} ({elapsed})", zone.show(started))
    });
    format!(
        "{}, started {since}, {}",
        run.status, run.execution.execution_id
    )
}

fn audience(all: &Vec<Subscription>) -> String {
    let told = |one: &Subscription| format!("{} {}", one.endpoint, one.state.word());
    match all.as_slice() {
        [] => "nobody is subscribed".to_owned(),
        all => all.iter().map(told).collect::<Vec<_>>().join("; "),
    }
}

#[cfg(test)]
impl LineNames {
    pub(crate) fn fixture() -> Self {
        LineNames {
            schedule: "web-backup-StartSchedule".to_owned(),
            rule: "web-backup-execution-finished".to_owned(),
            queue: "https://sqs.eu-central-1.amazonaws.com/111122223333/web-backup-FailureQueue"
                .to_owned(),
            topic: "arn:aws:sns:eu-central-1:111122223333:web-backup-alerts".to_owned(),
            watch_topic: "arn:aws:sns:eu-central-1:111122223333:web-backup-watch".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::backup;
    use super::*;
    use crate::subscription::SubscriptionState;
    use crate::watch::fixtures::found;
    use crate::watch::{NotLooked, troubles};
    use insta::assert_snapshot;

    fn letter(found: &Found) -> Message {
        LineLetter {
            backup: &backup(),
            names: &LineNames::fixture(),
            troubles: &troubles(found),
            found,
            time: "2026-11-23T08:19:00Z".parse().unwrap(),
        }
        .render()
    }

    fn whole(message: &Message) -> String {
        format!("Subject: {}\n\n{}", message.subject(), message.body())
    }

    #[test]
    fn a_sick_line_reads_like_this() {
        let sick = Found {
            rule: Ok(Some(Rule {
                state: "DISABLED".to_owned(),
                reaches_reporter: true,
            })),
            alerts: Ok(vec![Subscription {
                endpoint: "ops@example.com\nevil".to_owned(),
                state: SubscriptionState::Pending,
            }]),
            waiting: Err(NotLooked {
                because: "sqs:GetQueueAttributes was denied".to_owned(),
                may_pass: false,
            }),
            ..found()
        };
        let message = letter(&sick);
        assert_snapshot!("sick_line", whole(&message));
        let json: serde_json::Value = serde_json::from_str(message.json()).unwrap();
        assert_snapshot!(
            "sick_line_machine_form",
            serde_json::to_string_pretty(&json).unwrap()
        );
    }

    #[test]
    fn a_line_in_order_again_reads_like_this() {
        assert_snapshot!("line_in_order", whole(&letter(&found())));
    }
}
