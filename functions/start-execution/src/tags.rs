//! Tags on an execution, which say who started it. A tag that DataSync does not
//! take would keep the run from starting, so what does not fit is fitted.
//!
//! Source: DataSync API Reference, `TagListEntry`.

use crate::request::Trigger;
use std::collections::BTreeMap;

/// The longest value, in characters.
const LONGEST: usize = 256;

/// The tags of an execution of this stack.
pub(crate) fn tags(stack: &str, trigger: &Trigger) -> BTreeMap<&'static str, String> {
    let (word, time, id) = match trigger {
        Trigger::Schedule {
            scheduled_time,
            execution_id,
        } => (
            "schedule",
            scheduled_time.as_deref(),
            execution_id.as_deref(),
        ),
        Trigger::Manual => ("manual", None, None),
    };
    let tags = [
        ("efs-backup:stack", Some(stack)),
        ("efs-backup:trigger", Some(word)),
        ("efs-backup:scheduled-time", time),
        ("efs-backup:schedule-execution-id", id),
    ];
    let known = tags
        .into_iter()
        .filter_map(|(key, value)| Some((key, fitted(value?))));
    known.filter(|(_, value)| !value.is_empty()).collect()
}

fn fitted(value: &str) -> String {
    let fits =
        |character: char| character.is_ascii_alphanumeric() || " +=._:@/-".contains(character);
    let fit = |character| if fits(character) { character } else { '_' };
    value.chars().take(LONGEST).map(fit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_say_who_started_a_run() {
        let trigger = Trigger::Schedule {
            scheduled_time: Some("2026-11-23T02:00:00Z".to_owned()),
            execution_id: Some("d32c5kddcf5bb8c3".to_owned()),
        };
        let tags = tags("web-backup", &trigger);
        let expected = [
            ("efs-backup:schedule-execution-id", "d32c5kddcf5bb8c3"),
            ("efs-backup:scheduled-time", "2026-11-23T02:00:00Z"),
            ("efs-backup:stack", "web-backup"),
            ("efs-backup:trigger", "schedule"),
        ];
        assert!(
            tags.iter()
                .map(|(key, value)| (*key, value.as_str()))
                .eq(expected),
            "{tags:?}"
        );
        assert_eq!(super::tags("web-backup", &Trigger::Manual).len(), 2);
    }

    #[test]
    fn no_tag_keeps_a_run_from_starting() {
        let trigger = Trigger::Schedule {
            scheduled_time: Some("<aws.scheduler.scheduled-time>\n\u{202e}".to_owned()),
            execution_id: Some(String::new()),
        };
        let tags = tags(&"s".repeat(300), &trigger);
        assert_eq!(
            tags["efs-backup:scheduled-time"],
            "_aws.scheduler.scheduled-time___"
        );
        assert_eq!(tags["efs-backup:stack"].len(), 256);
        assert!(!tags.contains_key("efs-backup:schedule-execution-id"));
    }
}
