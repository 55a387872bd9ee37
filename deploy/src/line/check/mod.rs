//! What must hold for a backup line to run and to be heard of, step by step: from
//! facts to PASS, FAIL or UNKNOWN, each with what was found and what to do next.

mod alert_path;
mod last_run;
mod upkeep;

pub use alert_path::alert_path;
pub use upkeep::upkeep;

use super::NotKnown;
use crate::aws::Aws;
use crate::stack::Stack;
use serde::Serialize;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Outcome {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// It could not be found out.
    Unknown,
}

/// One thing that must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was looked at.
    pub step: String,
    /// Whether it holds.
    pub outcome: Outcome,
    /// What was found, or the cause of not knowing.
    pub found: String,
    /// What to do about it; `None` where there is nothing to do.
    pub next: Option<String>,
}

impl Step {
    /// It holds.
    #[must_use]
    pub fn pass(step: impl Into<String>, found: impl Into<String>) -> Self {
        Step {
            step: step.into(),
            outcome: Outcome::Pass,
            found: found.into(),
            next: None,
        }
    }

    /// It does not hold.
    #[must_use]
    pub fn fail(
        step: impl Into<String>,
        found: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Step {
            outcome: Outcome::Fail,
            next: Some(next.into()),
            ..Step::pass(step, found)
        }
    }

    /// What was found does not tell whether it holds.
    #[must_use]
    pub fn not_sure(
        step: impl Into<String>,
        found: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Step {
            outcome: Outcome::Unknown,
            ..Step::fail(step, found, next)
        }
    }

    /// It is not known whether it holds.
    #[must_use]
    pub fn unknown(step: impl Into<String>, because: &NotKnown) -> Self {
        let next = because
            .is_denied
            .then(|| "give this identity the permission that the cause names".to_owned());
        Step {
            outcome: Outcome::Unknown,
            next,
            ..Step::pass(step, &because.cause)
        }
    }
}

/// Where the commands of a next step go.
struct Place<'a> {
    aws: &'a Aws,
    stack: &'a Stack,
}

impl Place<'_> {
    fn subscribe(&self, topic: &str, protocol: &str, endpoint: &str) -> String {
        let endpoint = quoted(endpoint);
        let words = [
            "--topic-arn",
            topic,
            "--protocol",
            protocol,
            "--notification-endpoint",
            &endpoint,
        ];
        self.aws.command("sns subscribe", &words)
    }

    /// Drift is looked for in the background (source: CloudFormation API Reference,
    /// `DetectStackDrift`).
    fn changed_by_hand(&self) -> String {
        let run =
            |verb: &str, words: &[&str]| self.aws.command(&format!("cloudformation {verb}"), words);
        let stack = ["--stack-name", self.stack.id.as_str()];
        let detect = run("detect-stack-drift", &stack);
        let id = ["--stack-drift-detection-id", "ID"];
        let wait = run("describe-stack-drift-detection-status", &id);
        let changed = [
            "--stack-resource-drift-status-filters",
            "MODIFIED",
            "DELETED",
        ];
        let show = run(
            "describe-stack-resource-drifts",
            &[&stack[..], &changed].concat(),
        );
        format!(
            "it was changed outside the stack; find out where: run `{detect}`, with the ID that it \
             prints `{wait}` until it says DETECTION_COMPLETE, then `{show}`; and set it back"
        )
    }
}

/// A word for a shell, whatever is in it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@._+-:/".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_drift_is_named_to_its_end() {
        let (aws, stack) = (Aws::offline(), Stack::fixture());
        let place = Place {
            aws: &aws,
            stack: &stack,
        };
        let next = place.changed_by_hand();
        let commands: Vec<&str> = next.split('`').skip(1).step_by(2).collect();
        let expected = [
            "aws cloudformation detect-stack-drift --stack-name STACK --region eu-central-1",
            "aws cloudformation describe-stack-drift-detection-status --stack-drift-detection-id ID \
             --region eu-central-1",
            "aws cloudformation describe-stack-resource-drifts --stack-name STACK \
             --stack-resource-drift-status-filters MODIFIED DELETED --region eu-central-1",
        ]
        .map(|command| command.replace("STACK", &stack.id));
        assert_eq!(commands, expected);
        assert!(next.contains("until it says DETECTION_COMPLETE"), "{next}");
    }

    #[test]
    fn an_address_cannot_leave_its_command() {
        #[rustfmt::skip]
        let cases = [
            ("ops@example.com",       "ops@example.com"),
            ("https://x.example/a?b=c&d", "'https://x.example/a?b=c&d'"),
            ("a'; echo b",            r"'a'\''; echo b'"),
            ("",                      "''"),
        ];
        for (word, expected) in cases {
            assert_eq!(quoted(word), expected);
        }
    }
}
