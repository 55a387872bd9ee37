//! What was told last of the backup line, and whether that must be told again.

use super::Trouble;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A day, less what two hourly watches may lie apart from it.
const ABOUT_A_DAY: SignedDuration = SignedDuration::from_mins(23 * 60 + 30);

/// The schema of what is kept.
pub(super) const SCHEMA: &str = "backup.watch/1";

/// What the last letter told, as JSON in the report bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// When it was told.
    pub told: Timestamp,
    /// The ids of the troubles; none: all is in order again.
    pub troubles: Vec<String>,
}

/// What a letter about the line would say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing to tell.
    Nothing,
    /// Something is wrong that was not told yet.
    News,
    /// The same as a day ago.
    Reminder,
    /// All is in order again.
    AllWell,
}

impl Told {
    /// What is kept once these troubles were told.
    #[must_use]
    pub fn now(troubles: &[Trouble], now: Timestamp) -> Told {
        Told {
            schema: SCHEMA.to_owned(),
            told: now,
            troubles: troubles.iter().map(|one| one.id.to_owned()).collect(),
        }
    }

    /// The same without what is over, so that it is news when it comes back.
    #[must_use]
    pub fn without_what_is_over(&self, troubles: &[Trouble]) -> Told {
        let lasts = |id: &&String| troubles.iter().any(|one| one.id == id.as_str());
        Told {
            troubles: self.troubles.iter().filter(lasts).cloned().collect(),
            ..self.clone()
        }
    }
}

/// Whether a letter is wanted. `before` is what was told last; `None`: nothing, or
/// that could not be read, and then a letter too many is the lesser evil. What was
/// not looked at is not over.
#[must_use]
pub fn wanted(
    before: Option<&Told>,
    troubles: &[Trouble],
    all_looked_at: bool,
    now: Timestamp,
) -> Wanted {
    let known = before.map_or(&[][..], |told| &told.troubles);
    let is_new = |trouble: &Trouble| !known.iter().any(|id| *id == trouble.id);
    if troubles.iter().any(is_new) {
        Wanted::News
    } else if troubles.is_empty() && !known.is_empty() && all_looked_at {
        Wanted::AllWell
    } else if !troubles.is_empty()
        && before.is_some_and(|told| now.duration_since(told.told) >= ABOUT_A_DAY)
    {
        Wanted::Reminder
    } else {
        Wanted::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(id: &'static str) -> Trouble {
        Trouble {
            id,
            headline: id,
            place: "Place",
            found: "found".to_owned(),
            remedy: &[],
        }
    }

    /// Its name, what was told, what is wrong, after how many hours, what follows.
    type Case<'a> = (&'a str, Option<Told>, &'a [&'static str], i64, Wanted);

    #[test]
    fn a_trouble_is_told_at_once_then_daily_and_when_it_is_over() {
        let at = |hours: i64| Timestamp::from_second(hours * 3600).unwrap();
        let told = |ids: &[&'static str]| {
            let troubles: Vec<Trouble> = ids.iter().copied().map(trouble).collect();
            Told::now(&troubles, at(0))
        };
        #[rustfmt::skip]
        let cases: [Case<'_>; 9] = [
            ("all well",             None,                     &[],         1,  Wanted::Nothing),
            ("the first trouble",    None,                     &["a"],      1,  Wanted::News),
            ("told an hour ago",     Some(told(&["a"])),       &["a"],      1,  Wanted::Nothing),
            ("told a day ago",       Some(told(&["a"])),       &["a"],      24, Wanted::Reminder),
            ("a second one",         Some(told(&["a"])),       &["a", "b"], 1,  Wanted::News),
            ("one of two is over",   Some(told(&["a", "b"])),  &["b"],      1,  Wanted::Nothing),
            ("over",                 Some(told(&["a"])),       &[],         1,  Wanted::AllWell),
            ("over for a day",       Some(told(&[])),          &[],         99, Wanted::Nothing),
            ("back again",           Some(told(&[])),          &["a"],      1,  Wanted::News),
        ];
        for (name, before, ids, hours, expected) in cases {
            let troubles: Vec<Trouble> = ids.iter().copied().map(trouble).collect();
            assert_eq!(
                wanted(before.as_ref(), &troubles, true, at(hours)),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn what_was_not_looked_at_is_not_over() {
        let at = |hours: i64| Timestamp::from_second(hours * 3600).unwrap();
        let before = Told::now(&[trouble("a")], at(0));
        assert_eq!(wanted(Some(&before), &[], false, at(1)), Wanted::Nothing);
    }

    #[test]
    fn what_comes_back_is_news() {
        let at = |hours: i64| Timestamp::from_second(hours * 3600).unwrap();
        let before = Told::now(&[trouble("a"), trouble("b")], at(0));
        let kept = before.without_what_is_over(&[trouble("b")]);
        assert_eq!(
            (kept.told, kept.troubles.as_slice()),
            (at(0), &["b".to_owned()][..])
        );
        let both = [trouble("a"), trouble("b")];
        assert_eq!(wanted(Some(&kept), &both, true, at(2)), Wanted::News);
    }
}
