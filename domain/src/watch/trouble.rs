//! What is wrong with the backup line itself, although no run may have failed yet.

use super::found::{Found, Looked, NotLooked, Subscription, is_heard};
use crate::diagnosis::Step::{self, CompareWithStack, Do, Run};
use crate::subscription::SubscriptionState;
use crate::units::plural;

/// One thing that is wrong, or that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its name in the machine form and in what was told last.
    pub id: &'static str,
    /// In a few words, for the subject.
    pub headline: &'static str,
    /// What was looked at.
    pub place: &'static str,
    /// What was found there. It may be foreign text.
    pub found: String,
    /// What helps.
    pub remedy: &'static [Step],
}

const ENABLE_SCHEDULE: &[Step] = &[
    Do("Enable the schedule {schedule} in the console, or no run starts:"),
    Run(
        "https://{region}.console.aws.amazon.com/scheduler/home?region={region}#schedules/default/{schedule}",
    ),
];
const SCHEDULE_BY_HAND: &[Step] = &[CompareWithStack(
    "The schedule was removed outside the stack. See what else was changed:",
)];
const RULE_BY_HAND: &[Step] = &[CompareWithStack(
    "The rule was changed outside the stack. See what else was, and set it back:",
)];
const ENABLE_RULE: &[Step] = &[
    Do("Enable the rule, or no run is reported when it ends:"),
    Run("aws events enable-rule --region {region} --name {rule}"),
];
const CONFIRM_ALERTS: &[Step] = &[
    Do("Follow the link in the mail from AWS Notifications; this sends it again:"),
    Run(
        "aws sns subscribe --region {region} --topic-arn {topic} --protocol email --notification-endpoint ADDRESS",
    ),
];
const CONFIRM_WATCHERS: &[Step] = &[
    Do("Follow the link in the mail from AWS Notifications; this sends it again:"),
    Run(
        "aws sns subscribe --region {region} --topic-arn {watch_topic} --protocol email --notification-endpoint ADDRESS",
    ),
];
const READ_QUEUE: &[Step] = &[
    Do("Read what failed after all retries; a message stays until it is deleted, or 14 days:"),
    Run(
        "aws sqs receive-message --region {region} --queue-url {queue} --max-number-of-messages 10",
    ),
];
const NO_OWN_SCHEDULE: &[Step] = &[
    Do(
        "Remove it in the console of DataSync: the stack starts runs by EventBridge Scheduler, and DataSync disables a schedule of its own after repeated errors.",
    ),
    Run("aws datasync describe-task --region {region} --task-arn {task}"),
];
const OPEN_LEDGER: &[Step] = &[CompareWithStack(
    "The role of the function or the policy of the report bucket was changed outside the stack. See where, and set it back:",
)];
const STATUS: &[Step] = &[
    Do("Look at the whole line yourself:"),
    Run("efs-backup status --stack-name {stack} --region {region}"),
];

/// All that is wrong, the worst first: what stops runs, what stops mails, the rest.
#[must_use]
pub fn troubles(found: &Found) -> Vec<Trouble> {
    let all = [
        schedule(found),
        own_schedule(found),
        rule(found),
        audience(&found.alerts, &ALERTS),
        audience(&found.watchers, &WATCHERS),
        waiting(found),
        not_looked("task-not-looked", "Task", &found.task),
        not_looked("runs-not-listed", "Runs", &found.running),
        ledger(found),
    ];
    all.into_iter().flatten().collect()
}

fn schedule(found: &Found) -> Option<Trouble> {
    const PLACE: &str = "Schedule";
    let trouble = |id, headline, found, remedy| Trouble {
        id,
        headline,
        place: PLACE,
        found,
        remedy,
    };
    match &found.schedule {
        Err(_) => not_looked("schedule-not-looked", PLACE, &found.schedule),
        Ok(None) => Some(trouble(
            "schedule-gone",
            "the schedule is gone",
            "it is gone: no run starts".to_owned(),
            SCHEDULE_BY_HAND,
        )),
        Ok(Some(schedule)) if !schedule.is_enabled() => Some(trouble(
            "schedule-disabled",
            "the schedule is disabled",
            format!("{} is {}: no run starts", schedule.name, schedule.state),
            ENABLE_SCHEDULE,
        )),
        Ok(Some(_)) => None,
    }
}

fn own_schedule(found: &Found) -> Option<Trouble> {
    let task = found.task.as_ref().ok()?;
    let own = task.own_schedule.as_ref()?;
    let (id, headline, state) = match &own.disabled_by {
        None => (
            "own-schedule",
            "DataSync has a schedule of its own",
            "it starts runs beside the stack's schedule".to_owned(),
        ),
        Some(by) => (
            "own-schedule-disabled",
            "a schedule of DataSync is disabled",
            format!(
                "disabled by {by}: {}",
                own.disabled_because.as_deref().unwrap_or("no reason given")
            ),
        ),
    };
    Some(Trouble {
        id,
        headline,
        place: "DataSync's own schedule",
        found: format!("{}, {state}", own.expression),
        remedy: NO_OWN_SCHEDULE,
    })
}

fn rule(found: &Found) -> Option<Trouble> {
    const PLACE: &str = "Rule";
    let trouble = |id, headline, found: &str, remedy| Trouble {
        id,
        headline,
        place: PLACE,
        found: found.to_owned(),
        remedy,
    };
    match &found.rule {
        Err(_) => not_looked("rule-not-looked", PLACE, &found.rule),
        Ok(None) => Some(trouble(
            "rule-gone",
            "the rule is gone",
            "it is gone: no run is reported when it ends, only by this watch",
            RULE_BY_HAND,
        )),
        // Another word, such as ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS, works too.
        Ok(Some(rule)) if !rule.state.starts_with("ENABLED") => Some(trouble(
            "rule-disabled",
            "the rule is disabled",
            "it is disabled: no run is reported when it ends, only by this watch",
            ENABLE_RULE,
        )),
        Ok(Some(rule)) if !rule.reaches_reporter => Some(trouble(
            "rule-without-target",
            "the rule has lost its target",
            "none of its targets is the function that reports",
            RULE_BY_HAND,
        )),
        Ok(Some(_)) => None,
    }
}

/// The words for one of the two topics.
struct Topic {
    place: &'static str,
    not_looked: &'static str,
    nobody: (&'static str, &'static str),
    pending: (&'static str, &'static str),
    remedy: &'static [Step],
}

const ALERTS: Topic = Topic {
    place: "Mails about runs",
    not_looked: "alerts-not-looked",
    nobody: ("alerts-unheard", "nobody gets the mails about runs"),
    pending: ("alerts-pending", "a subscription is not confirmed"),
    remedy: CONFIRM_ALERTS,
};
const WATCHERS: Topic = Topic {
    place: "Mails about the line",
    not_looked: "watchers-not-looked",
    nobody: ("watchers-unheard", "nobody gets the mails about the line"),
    pending: ("watchers-pending", "a subscription is not confirmed"),
    remedy: CONFIRM_WATCHERS,
};

fn audience(looked: &Looked<Vec<Subscription>>, topic: &Topic) -> Option<Trouble> {
    let Ok(audience) = looked else {
        return not_looked(topic.not_looked, topic.place, looked);
    };
    let unconfirmed: Vec<String> = audience
        .iter()
        .filter(|one| one.state != SubscriptionState::Confirmed)
        .map(|one| format!("{} is {}", one.endpoint, one.state.word()))
        .collect();
    let ((id, headline), found) = match (is_heard(audience), unconfirmed.as_slice()) {
        (true, []) => return None,
        (true, some) => (topic.pending, some.join("; ")),
        (false, []) => (topic.nobody, "nobody is subscribed".to_owned()),
        (false, some) => (topic.nobody, some.join("; ")),
    };
    Some(Trouble {
        id,
        headline,
        place: topic.place,
        found,
        remedy: topic.remedy,
    })
}

fn waiting(found: &Found) -> Option<Trouble> {
    const PLACE: &str = "Failure queue";
    match &found.waiting {
        Err(_) => not_looked("queue-not-looked", PLACE, &found.waiting),
        Ok(0) => None,
        Ok(waiting) => Some(Trouble {
            id: "failures-waiting",
            headline: "something failed after all retries",
            place: PLACE,
            found: format!(
                "{} about what failed after all retries",
                plural(*waiting, "message", "messages")
            ),
            remedy: READ_QUEUE,
        }),
    }
}

/// Without it everything is told again, every hour.
fn ledger(found: &Found) -> Option<Trouble> {
    let trouble = not_looked("ledger-closed", "Ledger", &found.ledger)?;
    Some(Trouble {
        headline: "the ledger cannot be read or written",
        found: format!(
            "{}; until it can, mails about what lasts come every hour",
            found.ledger.as_ref().err()?.because
        ),
        remedy: OPEN_LEDGER,
        ..trouble
    })
}

/// A look that is denied stays denied; one that failed in passing is tried again in
/// an hour.
fn not_looked<T>(id: &'static str, place: &'static str, looked: &Looked<T>) -> Option<Trouble> {
    let NotLooked { because, may_pass } = looked.as_ref().err()?;
    (!may_pass).then(|| Trouble {
        id,
        headline: "a part of the line cannot be looked at",
        place,
        found: format!("not looked at: {because}"),
        remedy: STATUS,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::found;
    use super::*;
    use crate::task::{OwnSchedule, Task};
    use crate::watch::{NotLooked, Rule};

    fn ids(found: &Found) -> Vec<&'static str> {
        troubles(found).iter().map(|trouble| trouble.id).collect()
    }

    fn denied<T>() -> Looked<T> {
        Err(NotLooked {
            because: "denied".to_owned(),
            may_pass: false,
        })
    }

    fn audience_of(states: &[SubscriptionState]) -> Looked<Vec<Subscription>> {
        Ok(states
            .iter()
            .map(|state| Subscription {
                endpoint: "a@x.example".to_owned(),
                state: *state,
            })
            .collect())
    }

    fn with_schedule(state: &str) -> Found {
        let mut schedule = found().schedule.unwrap();
        if let Some(schedule) = &mut schedule {
            schedule.state = state.to_owned();
        }
        Found {
            schedule: Ok(schedule),
            ..found()
        }
    }

    fn with_rule(state: &str, reaches_reporter: bool) -> Found {
        let state = state.to_owned();
        let rule = Rule {
            state,
            reaches_reporter,
        };
        Found {
            rule: Ok(Some(rule)),
            ..found()
        }
    }

    fn with_own_schedule(disabled_by: Option<&str>) -> Found {
        let own_schedule = OwnSchedule {
            expression: "rate(1 day)".to_owned(),
            disabled_by: disabled_by.map(str::to_owned),
            disabled_because: None,
        };
        let task = Task {
            own_schedule: Some(own_schedule),
            ..Task::default()
        };
        Found {
            task: Ok(task),
            ..found()
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        use SubscriptionState::{Confirmed, Deleted, Pending};
        let passing: Looked<u64> = Err(NotLooked {
            because: "slow".to_owned(),
            may_pass: true,
        });

        #[rustfmt::skip]
        let cases: Vec<(Found, Vec<&str>)> = vec![
            (found(),                                                   vec![]),
            (with_schedule("DISABLED"),                                 vec!["schedule-disabled"]),
            (Found { schedule: Ok(None), ..found() },                   vec!["schedule-gone"]),
            (Found { schedule: denied(), ..found() },                   vec!["schedule-not-looked"]),
            (with_rule("DISABLED", true),                               vec!["rule-disabled"]),
            (with_rule("ENABLED", false),                               vec!["rule-without-target"]),
            (with_rule("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", true), vec![]),
            (Found { rule: Ok(None), ..found() },                       vec!["rule-gone"]),
            (with_own_schedule(None),                                   vec!["own-schedule"]),
            (with_own_schedule(Some("SERVICE")),                        vec!["own-schedule-disabled"]),
            (Found { alerts: audience_of(&[]), ..found() },             vec!["alerts-unheard"]),
            (Found { alerts: audience_of(&[Pending]), ..found() },      vec!["alerts-unheard"]),
            (Found { alerts: audience_of(&[Confirmed, Pending]), ..found() }, vec!["alerts-pending"]),
            (Found { watchers: audience_of(&[Deleted]), ..found() },    vec!["watchers-unheard"]),
            (Found { waiting: Ok(2), ..found() },                       vec!["failures-waiting"]),
            (Found { waiting: passing, ..found() },                     vec![]),
            (Found { task: denied(), running: denied(), ..found() },    vec!["task-not-looked", "runs-not-listed"]),
            (Found { ledger: denied(), ..found() },                     vec!["ledger-closed"]),
        ];
        for (found, expected) in cases {
            assert_eq!(ids(&found), expected, "{found:?}");
        }
    }

    #[test]
    fn every_trouble_says_what_helps() {
        let nothing = Found {
            task: denied(),
            schedule: denied(),
            running: denied(),
            rule: denied(),
            alerts: denied(),
            watchers: denied(),
            waiting: denied(),
            ledger: denied(),
        };
        let troubles = troubles(&nothing);
        assert_eq!(troubles.len(), 8);
        assert!(troubles.iter().all(|one| !one.remedy.is_empty()));
    }
}
