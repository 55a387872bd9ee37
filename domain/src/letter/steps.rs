//! Numbered sentences that say what helps, each with the commands for it.

use super::Backup;
use super::body::Body;
use crate::arn::ExecutionArn;
use crate::diagnosis::Step;

/// The detection runs by itself; until it is through, the old result is shown.
const DETECT_DRIFT: &str =
    "aws cloudformation detect-stack-drift --region {region} --stack-name {stack}";
const WAIT_FOR_DRIFT: &str = "That takes a minute or two. Then see what it found:";
const SHOW_DRIFT: &str = "aws cloudformation describe-stack-resource-drifts --region {region} --stack-name {stack} --stack-resource-drift-status-filters MODIFIED DELETED";

/// A sentence with its commands.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) sentence: String,
    pub(super) commands: Vec<&'static str>,
}

/// The names that stand in commands as `{name}`, with what they stand for.
pub(super) type Names = Vec<(&'static str, String)>;

impl Backup {
    /// The names that every letter knows.
    pub(super) fn names(&self) -> Names {
        vec![
            ("region", self.task.region.clone()),
            ("stack", self.stack.clone()),
            ("task", self.task.to_string()),
            ("bucket", self.bucket.clone()),
            ("prefix", self.prefix.clone()),
            ("file_system", self.file_system.clone()),
            ("log_group", self.log_group.clone()),
        ]
    }

    /// The same with those of an execution.
    pub(super) fn names_with(&self, execution: &ExecutionArn) -> Names {
        let mut names = self.names();
        names.push(("execution", execution.to_string()));
        names.push(("stream", execution.log_stream()));
        names
    }
}

/// Puts the names into a sentence or a command.
fn filled(command: &str, names: &Names) -> String {
    names
        .iter()
        .fold(command.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
}

/// The numbered sentences and their commands.
pub(super) fn tell(body: &mut Body, groups: &[Group], names: &Names) {
    for (number, group) in (1..).zip(groups) {
        let sentence = filled(&group.sentence, names);
        body.sentence(&format!("{number}. {sentence}"));
        for command in &group.commands {
            body.whole(&filled(command, names));
        }
    }
}

/// Each sentence with the commands behind it; `name` stands before each sentence.
pub(super) fn grouped(steps: &[Step], name: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let group = |sentence: &str, commands: Vec<_>| Group {
        sentence: format!("{name}{sentence}"),
        commands,
    };
    for step in steps {
        match (step, groups.last_mut()) {
            (Step::Do(sentence), _) => groups.push(group(sentence, Vec::new())),
            (Step::CompareWithStack(sentence), _) => groups.extend([
                group(sentence, vec![DETECT_DRIFT]),
                group(WAIT_FOR_DRIFT, vec![SHOW_DRIFT]),
            ]),
            (Step::Run(command), Some(group)) => group.commands.push(command),
            // A test sees to it that no remedy begins with a command.
            (Step::Run(_), None) => {}
        }
    }
    groups
}

/// Two causes may want the same look; it is asked for once.
pub(super) fn without_repetition(groups: impl IntoIterator<Item = Group>) -> Vec<Group> {
    let mut kept: Vec<Group> = Vec::new();
    for group in groups {
        let is_known = |command: &&str| kept.iter().any(|known| known.commands.contains(command));
        let repeats = !group.commands.is_empty() && group.commands.iter().all(is_known);
        if !repeats {
            kept.push(group);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_two_causes_want_is_asked_for_once() {
        let group = |sentence: &str, commands: &[&'static str]| Group {
            sentence: sentence.to_owned(),
            commands: commands.to_vec(),
        };
        let kept = without_repetition([
            group("(A) look", &["x", "y"]),
            group("(B) look too", &["y"]),
            group("(B) look elsewhere", &["y", "z"]),
            group("(B) think", &[]),
        ]);
        let sentences: Vec<&str> = kept.iter().map(|group| group.sentence.as_str()).collect();
        assert_eq!(sentences, ["(A) look", "(B) look elsewhere", "(B) think"]);
    }
}
