//! The part of a letter that tells what helps: numbered sentences, each with the
//! commands for it.

use super::ExecutionLetter;
use super::body::Body;
use super::causes::LETTERS;
use super::steps::{self, Group, grouped, without_repetition};
use crate::baseline::MassChange;
use crate::diagnosis::{Class, Step};
use crate::verdict::{Severity, Verdict};

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
const START: [Step; 2] = [
    Step::Do("When the cause is gone, start a run and wait for its mail:"),
    Step::Run("aws datasync start-task-execution --region {region} --task-arn {task}"),
];

/// Files that are there no more.
const VANISHED: [Step; 5] = [
    Step::Do(
        "Look on an instance whether the files are still on the EFS, and whether {file_system} is mounted there:",
    ),
    Step::Run("findmnt /mnt/efs && ls /mnt/efs"),
    Step::Do("See what the bucket holds:"),
    Step::Run("aws s3 ls --region {region} --recursive --summarize s3://{bucket}/{prefix}"),
    Step::Do(
        "If the files were removed by mistake, stop what removes them, and copy them back from the bucket (README, \"Getting files back\"). If it was meant, there is nothing to do: after some runs this is what is usual.",
    ),
];
/// Far more files written than usual.
const REWRITTEN: [Step; 3] = [
    Step::Do("See which files got a new version:"),
    Step::Run(
        "aws s3api list-object-versions --region {region} --bucket {bucket} --prefix {prefix} --query \"Versions[?LastModified>='{started}'].[LastModified,Key]\" --output text",
    ),
    Step::Do(
        "If nobody changed that many on purpose, stop what writes on the EFS: encrypted or broken files may now be the current versions. The versions before them are in the bucket for as long as RetainVersionsDays says (README, \"Getting files back\", one file as it was). Copy no whole folder back: that takes the current versions. If it was meant, there is nothing to do.",
    ),
];

impl ExecutionLetter<'_> {
    pub(super) fn what_to_do(&self, body: &mut Body) {
        if self.verdict.severity() == Severity::Info {
            return;
        }
        body.heading("WHAT TO DO");
        let mut names = self.backup.names_with(&self.execution.arn);
        let started = self.execution.started.unwrap_or(self.time);
        names.push((
            "started",
            started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        ));
        names.push(("key", self.key_name()));
        steps::tell(body, &self.groups(), &names);
    }

    fn groups(&self) -> Vec<Group> {
        if self.verdict == Verdict::Suspect {
            return match self.mass_change() {
                Some(MassChange::Rewritten { .. }) => grouped(&REWRITTEN, ""),
                _ => grouped(&VANISHED, ""),
            };
        }
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
}
