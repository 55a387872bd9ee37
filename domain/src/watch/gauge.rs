//! The number that an alarm outside of the functions looks at.

use jiff::Timestamp;

/// Hours since the end of the last good run, or since the task was made if there is
/// none yet; `None` where neither is known: unknown is never 0.
#[must_use]
pub fn hours_since_good(
    last_good_ended: Option<Timestamp>,
    task_created: Option<Timestamp>,
    now: Timestamp,
) -> Option<f64> {
    let since = last_good_ended.or(task_created)?;
    let hours = now.duration_since(since).as_secs_f64() / 3600.0;
    Some(hours.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_count_from_the_last_good_run_or_the_task() {
        let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap();
        #[rustfmt::skip]
        let cases = [
            (Some(at(10)), Some(at(0)), Some(2.0)),
            (None,         Some(at(0)), Some(12.0)),
            (None,         None,        None),
            (Some(at(13)), None,        Some(0.0)),
        ];
        for (good, created, hours) in cases {
            assert_eq!(hours_since_good(good, created, at(12)), hours);
        }
    }
}
