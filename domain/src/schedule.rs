//! The schedule that starts runs.

use crate::cron;
use crate::letter::Zone;
use jiff::Timestamp;

/// A schedule of EventBridge Scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its name, in the default group.
    pub name: String,
    /// `ENABLED` or `DISABLED`.
    pub state: String,
    /// Such as `cron(0 2 * * ? *)`.
    pub expression: String,
    /// The IANA zone that the expression is in.
    pub time_zone: String,
}

impl Schedule {
    /// Whether it starts anything.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.state == "ENABLED"
    }

    /// When it is due next.
    ///
    /// # Errors
    ///
    /// Why that would be a guess.
    pub fn next_run(&self, now: Timestamp) -> Result<Timestamp, String> {
        if !self.is_enabled() {
            return Err(format!("the schedule is {}", self.state));
        }
        let zone = self.zone()?;
        cron::next(&self.expression, zone.rules(), now).map_err(|error| error.to_string())
    }

    /// When it was due last; `None` where that would be a guess.
    #[must_use]
    pub fn last_due(&self, now: Timestamp) -> Option<Timestamp> {
        let zone = self.zone().ok().filter(|_| self.is_enabled())?;
        cron::previous(&self.expression, zone.rules(), now).ok()
    }

    fn zone(&self) -> Result<Zone, String> {
        self.time_zone.parse().map_err(|error| format!("{error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_that_is_off_is_never_due() {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let mut schedule = Schedule {
            name: "nightly".to_owned(),
            state: "ENABLED".to_owned(),
            expression: "cron(0 2 * * ? *)".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
        };
        let due = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(schedule.next_run(now), Ok(due("2026-11-24T01:00:00Z")));
        assert_eq!(schedule.last_due(now), Some(due("2026-11-23T01:00:00Z")));
        schedule.state = "DISABLED".to_owned();
        let why = Err("the schedule is DISABLED".to_owned());
        assert_eq!(schedule.next_run(now), why);
        assert_eq!(schedule.last_due(now), None);
    }
}
