//! The part of a letter that tells what helps: numbered sentences, each with the
//! commands for it.

use super::ExecutionLetter;
use super::body::Body;
use super::causes::LETTERS;
use crate::diagnosis::{Class, Step};
use crate::verdict::Severity;

/// How many steps a letter gives before the last one.
const STEPS: usize = 6;

/// Where no cause is known: read what DataSync wrote.
const READ: [Step; 3] = [
    Step::Do("Read what DataSync says about this run:"),
    Step::Run(
        "aws datasync describe-task-execution --region {region} --task-execution-arn {execution}",
    ),
    Step::Run(
        "aws logs filter-log-events --region {region} --log-group-name {log_group} --log-stream-name-prefix {stream}",
    ),
];
/// The detection runs by itself; until it is through, the old result is shown.
const DETECT_DRIFT: &str =
    "aws cloudformation detect-stack-drift --region {region} --stack-name {stack}";
const WAIT_FOR_DRIFT: &str = "That takes a minute or two. Then see what it found:";
const SHOW_DRIFT: &str = "aws cloudformation describe-stack-resource-drifts --region {region} --stack-name {stack} --stack-resource-drift-status-filters MODIFIED DELETED";
const START: [Step; 2] = [
    Step::Do("When the cause is gone, start a run and wait for its mail:"),
    Step::Run("aws datasync start-task-execution --region {region} --task-arn {task}"),
];

/// A sentence with its commands.
#[derive(Debug)]
struct Group {
    sentence: String,
    commands: Vec<&'static str>,
}

impl ExecutionLetter<'_> {
    pub(super) fn what_to_do(&self, body: &mut Body) {
        if self.verdict.severity() == Severity::Info {
            return;
        }
        body.heading("WHAT TO DO");
        for (number, group) in (1..).zip(self.groups()) {
            body.sentence(&format!("{number}. {}", group.sentence));
            for command in group.commands {
                body.whole(&self.filled(command));
            }
        }
    }

    fn groups(&self) -> Vec<Group> {
        let known = self.diagnoses();
        let name = |letter: &str| match known.len() {
            1 => String::new(),
            _ => format!("({letter}) "),
        };
        let told = LETTERS.iter().zip(&known);
        let remedies = told.flat_map(|(letter, one)| grouped(one.rule.remedy, &name(letter)));
        let mut groups = without_repetition(remedies);
        groups.truncate(STEPS);
        if known.is_empty() || self.failed.classes.contains_key(&Class::Unknown) {
            groups.extend(grouped(&READ, ""));
        }
        groups.extend(grouped(&START, ""));
        groups
    }

    /// A command with the names of this run.
    fn filled(&self, command: &str) -> String {
        let arn = &self.execution.arn;
        let stream = arn.log_stream();
        [
            ("{region}", arn.task.region.as_str()),
            ("{stack}", &self.backup.stack),
            ("{task}", arn.task.as_str()),
            ("{execution}", arn.as_str()),
            ("{bucket}", &self.backup.bucket),
            ("{file_system}", &self.backup.file_system),
            ("{log_group}", &self.backup.log_group),
            ("{stream}", &stream),
        ]
        .into_iter()
        .fold(command.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        })
    }
}

fn grouped(steps: &[Step], name: &str) -> Vec<Group> {
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
fn without_repetition(groups: impl IntoIterator<Item = Group>) -> Vec<Group> {
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
