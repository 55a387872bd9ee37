//! A backup line in which all is well, for the tests of the watch and its letters.

use super::found::{Found, Rule, Running, Subscription};
use crate::schedule::Schedule;
use crate::subscription::SubscriptionState;
use crate::task::Task;

pub(crate) fn found() -> Found {
    let subscription = |endpoint: &str| Subscription {
        endpoint: endpoint.to_owned(),
        state: SubscriptionState::Confirmed,
    };
    Found {
        task: Ok(Task {
            name: Some("web-uploads".to_owned()),
            status: "AVAILABLE".to_owned(),
            created: "2026-10-01T09:00:00Z".parse().ok(),
            ..Task::default()
        }),
        schedule: Ok(Some(Schedule {
            name: "web-backup-StartSchedule".to_owned(),
            state: "ENABLED".to_owned(),
            expression: "cron(0 2 * * ? *)".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
        })),
        running: Ok(None),
        rule: Ok(Some(Rule {
            state: "ENABLED".to_owned(),
            reaches_reporter: true,
        })),
        alerts: Ok(vec![subscription("ops@example.com")]),
        watchers: Ok(vec![subscription("boss@example.com")]),
        waiting: Ok(0),
        ledger: Ok(()),
    }
}

pub(crate) fn running(started: &str) -> Running {
    Running {
        execution: "arn:aws:datasync:eu-central-1:111122223333:task/task-0f1e2d3c4b5a69788/execution/exec-0a1b2c3d4e5f60721".parse().unwrap(),
        status: "TRANSFERRING".to_owned(),
        started: started.parse().ok(),
    }
}
