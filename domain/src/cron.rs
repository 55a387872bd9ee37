//! When a schedule of EventBridge Scheduler is due next, and when it was last.
//!
//! Source: EventBridge Scheduler User Guide, "Schedule types": six fields in the
//! schedule's time zone; a time that a change of the clock skips is skipped, one
//! that comes twice is taken once.

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeSet;

/// How far ahead is looked; a schedule that is due later is not told.
const LONGEST_LOOK_DAYS: i64 = 5 * 366;

/// Why the next run cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// The runs of a rate count from when the schedule was made or changed.
    #[error("a rate counts from when the schedule was made")]
    Rate,
    /// No expression of six fields, or one with `L`, `W` or `#`.
    #[error("`{0}` is not understood here")]
    NotUnderstood(String),
    /// It is not due within five years, or was not.
    #[error("it is not due within five years")]
    NeverDue,
}

/// The first time after `now` at which the expression is due.
///
/// # Errors
///
/// [`CronError`] where it cannot be told without a guess.
pub fn next(expression: &str, zone: &TimeZone, now: Timestamp) -> Result<Timestamp, CronError> {
    let cron = Cron::read(expression)?;
    let today = now.to_zoned(zone.clone()).date();
    (0..LONGEST_LOOK_DAYS)
        .filter_map(|days| today.checked_add(days.days()).ok())
        .filter(|date| cron.is_on(*date))
        .find_map(|date| cron.times(date, zone).find(|time| *time > now))
        .ok_or(CronError::NeverDue)
}

/// The last time at or before `now` at which the expression was due.
///
/// # Errors
///
/// [`CronError`] where it cannot be told without a guess.
pub fn previous(expression: &str, zone: &TimeZone, now: Timestamp) -> Result<Timestamp, CronError> {
    let cron = Cron::read(expression)?;
    let today = now.to_zoned(zone.clone()).date();
    (0..LONGEST_LOOK_DAYS)
        .filter_map(|days| today.checked_sub(days.days()).ok())
        .filter(|date| cron.is_on(*date))
        .find_map(|date| cron.times(date, zone).filter(|time| *time <= now).max())
        .ok_or(CronError::NeverDue)
}

/// The values of each field; days of the week count from Sunday as 1.
struct Cron {
    minutes: BTreeSet<i16>,
    hours: BTreeSet<i16>,
    days: BTreeSet<i16>,
    months: BTreeSet<i16>,
    weekdays: BTreeSet<i16>,
    years: BTreeSet<i16>,
}

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Cron {
    fn read(expression: &str) -> Result<Cron, CronError> {
        if expression.starts_with("rate(") {
            return Err(CronError::Rate);
        }
        Cron::parse(expression).ok_or_else(|| CronError::NotUnderstood(expression.to_owned()))
    }

    fn parse(expression: &str) -> Option<Cron> {
        let inside = expression.strip_prefix("cron(")?.strip_suffix(')')?;
        let fields: Vec<&str> = inside.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays, years] = fields[..] else {
            return None;
        };
        Some(Cron {
            minutes: field(minutes, 0, 59, &[])?,
            hours: field(hours, 0, 23, &[])?,
            days: field(days, 1, 31, &[])?,
            months: field(months, 1, 12, &MONTHS)?,
            weekdays: field(weekdays, 1, 7, &WEEKDAYS)?,
            years: field(years, 1970, 2199, &[])?,
        })
    }

    fn is_on(&self, date: Date) -> bool {
        self.years.contains(&date.year())
            && self.months.contains(&date.month().into())
            && self.days.contains(&date.day().into())
            && self
                .weekdays
                .contains(&date.weekday().to_sunday_one_offset().into())
    }

    /// The times of a day, in order, without those that the zone skips.
    fn times<'a>(&'a self, date: Date, zone: &'a TimeZone) -> impl Iterator<Item = Timestamp> + 'a {
        let minutes = |hour: &'a i16| self.minutes.iter().map(move |minute| (*hour, *minute));
        self.hours
            .iter()
            .flat_map(minutes)
            .filter_map(move |(hour, minute)| {
                let time = Time::new(hour.try_into().ok()?, minute.try_into().ok()?, 0, 0).ok()?;
                let local = zone.to_ambiguous_zoned(date.to_datetime(time));
                match local.offset() {
                    AmbiguousOffset::Gap { .. } => None,
                    _ => local.earlier().ok().map(|zoned| zoned.timestamp()),
                }
            })
    }
}

/// A field: `*`, `?`, or a list of values, ranges and steps.
fn field(text: &str, least: i16, most: i16, names: &[&str]) -> Option<BTreeSet<i16>> {
    let mut values = BTreeSet::new();
    for part in text.split(',') {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let step: usize = step.parse().ok().filter(|step| *step > 0)?;
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (value(from, names)?, value(to, names)?),
            None if matches!(range, "*" | "?") => (least, most),
            // `5/10` goes on to the end, `5` does not.
            None if part.contains('/') => (value(range, names)?, most),
            None => (value(range, names)?, value(range, names)?),
        };
        if from < least || to > most || from > to {
            return None;
        }
        values.extend((from..=to).step_by(step));
    }
    Some(values)
}

fn value(text: &str, names: &[&str]) -> Option<i16> {
    let named = names
        .iter()
        .position(|name| name.eq_ignore_ascii_case(text));
    match named {
        Some(at) => i16::try_from(at + 1).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_run_is_told_in_the_zone_of_the_schedule() {
        #[rustfmt::skip]
        let cases = [
            ("later today",          "cron(0 2 * * ? *)",        "UTC",           "2026-11-23T01:59:59Z", "2026-11-23T02:00:00Z"),
            ("not now",              "cron(0 2 * * ? *)",        "UTC",           "2026-11-23T02:00:00Z", "2026-11-24T02:00:00Z"),
            ("winter time",          "cron(0 2 * * ? *)",        "Europe/Berlin", "2026-11-23T12:00:00Z", "2026-11-24T01:00:00Z"),
            ("summer time",          "cron(0 2 * * ? *)",        "Europe/Berlin", "2026-07-23T12:00:00Z", "2026-07-24T00:00:00Z"),
            ("a skipped hour",       "cron(30 2 * * ? *)",       "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"),
            ("an hour that is twice", "cron(30 2 * * ? *)",      "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
            ("and is taken once",    "cron(30 2 * * ? *)",       "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
            ("a step",               "cron(0/15 * * * ? *)",     "UTC",           "2026-11-23T02:16:00Z", "2026-11-23T02:30:00Z"),
            ("weekdays by name",     "cron(0 10 ? * MON-FRI *)", "UTC",           "2026-11-20T10:00:00Z", "2026-11-23T10:00:00Z"),
            ("Sunday is 1",          "cron(0 10 ? * 1 *)",       "UTC",           "2026-11-23T00:00:00Z", "2026-11-29T10:00:00Z"),
            ("a list of days",       "cron(0 0 1,15 * ? *)",     "UTC",           "2026-11-23T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("a leap day",           "cron(0 0 29 2 ? *)",       "UTC",           "2026-11-23T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("one year",             "cron(0 0 1 JAN ? 2029)",   "UTC",           "2026-11-23T00:00:00Z", "2029-01-01T00:00:00Z"),
        ];
        for (name, expression, zone, now, expected) in cases {
            let zone = TimeZone::get(zone).unwrap();
            let found = next(expression, &zone, now.parse().unwrap());
            assert_eq!(found, Ok(expected.parse().unwrap()), "{name}");
        }
    }

    #[test]
    fn the_last_time_it_was_due_is_told() {
        #[rustfmt::skip]
        let cases = [
            ("this very second",  "cron(0 2 * * ? *)",     "UTC",           "2026-11-23T02:00:00Z", "2026-11-23T02:00:00Z"),
            ("yesterday",         "cron(0 2 * * ? *)",     "UTC",           "2026-11-23T01:59:59Z", "2026-11-22T02:00:00Z"),
            ("twice a day",       "cron(0 2,14 * * ? *)",  "UTC",           "2026-11-23T15:00:00Z", "2026-11-23T14:00:00Z"),
            ("in its zone",       "cron(0 2 * * ? *)",     "Europe/Berlin", "2026-11-23T00:59:00Z", "2026-11-22T01:00:00Z"),
            ("before a skipped hour", "cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T01:30:00Z"),
            ("a week ago",        "cron(0 10 ? * SUN *)",  "UTC",           "2026-11-28T10:00:00Z", "2026-11-22T10:00:00Z"),
        ];
        for (name, expression, zone, now, expected) in cases {
            let zone = TimeZone::get(zone).unwrap();
            let found = previous(expression, &zone, now.parse().unwrap());
            assert_eq!(found, Ok(expected.parse().unwrap()), "{name}");
        }
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        let rate = previous("rate(1 day)", &TimeZone::UTC, now);
        assert_eq!(rate, Err(CronError::Rate));
    }

    #[test]
    fn what_would_be_a_guess_is_not_told() {
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        let told = |expression: &str| {
            next(expression, &TimeZone::UTC, now)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            told("rate(1 day)"),
            "a rate counts from when the schedule was made"
        );
        assert_eq!(
            told("cron(0 0 1 1 ? 2020)"),
            "it is not due within five years"
        );
        for expression in [
            "cron(0 0 L * ? *)",
            "cron(0 0 ? * 6#3 *)",
            "cron(0 0 15W * ? *)",
            "cron(60 0 * * ? *)",
            "cron(0 0 * * ?)",
            "cron(5-1 0 * * ? *)",
            "cron(0/0 0 * * ? *)",
            "at(2026-11-23T00:00:00)",
            "",
        ] {
            assert_eq!(
                told(expression),
                format!("`{expression}` is not understood here")
            );
        }
    }
}
