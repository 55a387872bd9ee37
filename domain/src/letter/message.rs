//! What SNS accepts, by construction.
//!
//! Source: SNS API Reference, `Publish`: a subject is ASCII, shorter than 100
//! characters, begins with a letter, a number or a punctuation mark and has no
//! line break or control character; all forms of a message together hold at
//! most 262,144 bytes; with `MessageStructure=json` every form is a string and
//! `default` is there.

use crate::text::{clipped_at, cut_in_the_middle};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The longest subject, in bytes.
const LONGEST_SUBJECT: usize = 99;
/// The longest text message, in characters of the GSM alphabet.
const LONGEST_SMS: usize = 140;
/// The longest message in bytes, all forms together, less the room for its
/// attributes.
const LONGEST_MESSAGE: usize = 262_144 - 4 * 1024;

/// A message that SNS will take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    subject: String,
    forms: BTreeMap<&'static str, String>,
    attributes: BTreeMap<&'static str, String>,
}

/// The parts of a message before the rules are applied.
#[derive(Debug)]
pub(super) struct Draft {
    /// The word for filters and programs: a verdict, or `TEST`.
    pub(super) verdict: &'static str,
    /// The word that a subject begins with: the verdict, or `TEST OK`.
    pub(super) label: &'static str,
    pub(super) severity: &'static str,
    /// What the subject names: the task, or a bucket.
    pub(super) name: String,
    /// The task's name, for filters.
    pub(super) task: String,
    /// The schema of the machine form.
    pub(super) schema: &'static str,
    pub(super) fact: String,
    /// What a text message says behind the fact, where it has room.
    pub(super) sms_more: Option<String>,
    pub(super) time: Timestamp,
    pub(super) body: super::body::Body,
    pub(super) json: serde_json::Value,
}

impl From<Draft> for Message {
    fn from(draft: Draft) -> Self {
        let (subject, sms) = (subject(&draft), sms(&draft));
        let attributes = BTreeMap::from([
            ("verdict", draft.verdict.to_owned()),
            ("severity", draft.severity.to_owned()),
            ("task", clipped_at(&draft.task, 256)),
            ("schema", draft.schema.to_owned()),
        ]);
        let body = draft.body.finish();
        let mut forms = forms(&body, &sms, draft.json.to_string());
        if structure(&forms).len() > LONGEST_MESSAGE {
            forms = self::forms(&body, &sms, short_form(&draft.json));
        }
        Message {
            subject,
            forms,
            attributes,
        }
    }
}

impl Message {
    /// At most [`LONGEST_SUBJECT`] bytes of printable ASCII.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The text of the e-mail.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.forms["email"]
    }

    /// The text message.
    #[must_use]
    pub fn sms(&self) -> &str {
        &self.forms["sms"]
    }

    /// The machine form.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.forms["sqs"]
    }

    /// All forms as the one JSON text of `MessageStructure=json`.
    #[must_use]
    pub fn structure(&self) -> String {
        serde_json::Value::from_iter(self.forms.iter().map(|(key, text)| (*key, text.as_str())))
            .to_string()
    }

    /// Name and text of each message attribute, for filter policies.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.attributes
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
    }
}

/// `VERDICT | name | fact | 2026-11-23 02:14Z`. Verdict and time always stay;
/// what is too long is cut between them, the name first.
fn subject(draft: &Draft) -> String {
    let label = draft.label;
    let time = draft.time.strftime("%Y-%m-%d %H:%MZ").to_string();
    let room = LONGEST_SUBJECT.saturating_sub(label.len() + time.len() + " |  |  | ".len());
    let name = clipped_at(draft.name.trim(), 256);
    let fact = clipped_at(draft.fact.trim(), 256);
    let name = cut_in_the_middle(&name, room.saturating_sub(fact.len()).max(room / 3));
    let fact = cut_in_the_middle(&fact, room - name.len());
    format!("{label} | {name} | {fact} | {time}")
}

/// `OK web-uploads 23 Nov 02:14Z: 1,204 files, 3.42 GiB`.
fn sms(draft: &Draft) -> String {
    let time = draft.time.strftime("%d %b %H:%MZ");
    let text = format!(
        "{} {} {time}: {}",
        draft.label,
        cut_in_the_middle(&draft.name, 40),
        draft.fact
    );
    let longer = draft
        .sms_more
        .as_ref()
        .map(|more| format!("{text}. {more}"))
        .filter(|longer| longer.chars().count() <= LONGEST_SMS);
    let text: String = longer
        .unwrap_or(text)
        .chars()
        .map(in_gsm_alphabet)
        .collect();
    cut_in_the_middle(&text, LONGEST_SMS)
}

/// ASCII that takes one character of the GSM alphabet; all else becomes `-`.
fn in_gsm_alphabet(character: char) -> char {
    match character {
        '^' | '{' | '}' | '\\' | '[' | ']' | '~' | '|' | '`' => '-',
        ' '..='~' => character,
        _ => '-',
    }
}

fn forms(body: &str, sms: &str, json: String) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("default", body.to_owned()),
        ("email", body.to_owned()),
        ("sms", sms.to_owned()),
        ("https", json.clone()),
        ("sqs", json.clone()),
        ("lambda", json),
    ])
}

/// All forms as one JSON object, in which every quotation mark of a form is
/// escaped once more.
fn structure(forms: &BTreeMap<&'static str, String>) -> String {
    serde_json::json!(forms).to_string()
}

/// What programs get where the whole form would be refused: the head, and that
/// the rest is missing.
fn short_form(json: &serde_json::Value) -> String {
    let kept = [
        "schema",
        "verdict",
        "severity",
        "exit_hint",
        "headline",
        "dedup_key",
        "task",
        "counts",
    ];
    let mut short = serde_json::Value::from_iter(
        kept.map(|key| (key, json.get(key).cloned().unwrap_or_default())),
    );
    short["unknown"] = serde_json::json!(["too long: see the e-mail"]);
    short.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::body::{Body, LONGEST_BODY};
    use proptest::prelude::*;

    fn draft(label: &'static str, task: &str, fact: &str) -> Draft {
        Draft {
            verdict: label,
            label,
            severity: "info",
            name: task.to_owned(),
            task: task.to_owned(),
            schema: "backup.run/1",
            fact: fact.to_owned(),
            sms_more: Some("last good 22 Nov 02:00Z".to_owned()),
            time: "2026-11-23T02:14:59Z".parse().unwrap(),
            body: Body::default(),
            json: serde_json::json!({"schema": "backup.run/1"}),
        }
    }

    #[test]
    fn the_verdict_and_the_time_always_stay() {
        let long = "n".repeat(300);
        #[rustfmt::skip]
        let cases = [
            ("OK", "web", "3 files",           "OK | web | 3 files | 2026-11-23 02:14Z"),
            ("NO CHANGE", "a\nb", "caf\u{e9}", "NO CHANGE | a\\u{a}b | caf\\u{e9} | 2026-11-23 02:14Z"),
        ];
        for (label, task, fact, expected) in cases {
            assert_eq!(subject(&draft(label, task, fact)), expected);
        }
        for (task, fact) in [
            (long.as_str(), "3 files"),
            ("web", long.as_str()),
            (&long, &long),
        ] {
            let subject = subject(&draft("FAILED", task, fact));
            assert!(subject.starts_with("FAILED | ") && subject.ends_with(" | 2026-11-23 02:14Z"));
            assert_eq!(subject.len(), LONGEST_SUBJECT, "{subject}");
        }
    }

    #[test]
    fn a_machine_form_that_is_too_long_says_so() {
        let mut draft = draft("OK", "web", "x");
        draft.json = serde_json::json!({"verdict": "OK", "huge": "x".repeat(LONGEST_MESSAGE)});
        let message = Message::from(draft);
        assert!(message.json().contains("too long") && message.json().contains("\"OK\""));
    }

    /// Each escape doubles: JSON in a form, and the form in the structure.
    #[test]
    fn quotation_marks_do_not_break_the_limit() {
        for quotes in (0..60_000).step_by(5_000) {
            let mut draft = draft("PARTIAL", "web", "x");
            draft.json["paths"] = "\"".repeat(quotes).into();
            let message = Message::from(draft);
            assert!(message.structure().len() <= LONGEST_MESSAGE, "{quotes}");
            let is_short = message.json().contains("too long");
            assert_eq!(is_short, quotes > 20_000, "{quotes}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn sns_takes_every_message(task in any::<String>(), fact in any::<String>(), lines in proptest::collection::vec(any::<String>(), 0..40)) {
            let mut draft = draft("NO CHANGE", &task, &fact);
            for line in &lines {
                draft.body.line("Label", line);
            }
            draft.json["paths"] = format!("{lines:?}").into();
            let message = Message::from(draft);

            let subject = message.subject();
            prop_assert!(subject.len() <= LONGEST_SUBJECT);
            prop_assert!(subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert!(subject.starts_with("NO CHANGE | "));
            prop_assert!(message.sms().len() <= LONGEST_SMS && message.sms().is_ascii());
            prop_assert!(message.body().len() <= LONGEST_BODY);
            prop_assert!(message.body().bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)));
            let structure: BTreeMap<String, String> = serde_json::from_str(&message.structure()).unwrap();
            prop_assert!(structure.contains_key("default"));
            prop_assert!(message.structure().len() <= LONGEST_MESSAGE);
            let json: serde_json::Value = serde_json::from_str(&structure["lambda"]).unwrap();
            prop_assert_eq!(&json["schema"], "backup.run/1");
        }
    }
}
