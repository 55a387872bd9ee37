//! The letter about an execution whose facts are known.

use super::body::Body;
use super::message::{Draft, Message};
use super::{Backup, LastGood, entries, json};
use crate::diagnosis::{Diagnosis, diagnose};
use crate::execution::{Execution, Status};
use crate::failed_files::FailedFiles;
use crate::verdict::{Severity, Verdict};
use jiff::Timestamp;

/// The facts of the letter.
#[derive(Debug)]
pub struct ExecutionLetter<'a> {
    /// Which backup line.
    pub backup: &'a Backup,
    /// How the execution is judged.
    pub verdict: Verdict,
    /// What `DataSync` told.
    pub execution: &'a Execution,
    /// What is known of failed files.
    pub failed: &'a FailedFiles,
    /// Where the parts of the task report lie; `None` where there are none.
    pub report_url: Option<String>,
    /// The last good run before this one.
    pub last_good: LastGood,
    /// When the event came; stands in for an end that was not reported.
    pub time: Timestamp,
}

impl ExecutionLetter<'_> {
    /// Renders all forms. Equal facts give equal text.
    #[must_use]
    pub fn render(&self) -> Message {
        Message::from(Draft {
            verdict: self.verdict.word(),
            label: self.verdict.word(),
            severity: self.verdict.severity().word(),
            name: self.backup.task().to_owned(),
            task: self.backup.task().to_owned(),
            schema: json::SCHEMA,
            fact: self.fact(),
            time: self.execution.ended.unwrap_or(self.time),
            body: self.body(),
            json: json::execution(self, &self.fact()),
        })
    }

    /// The causes that something speaks for; of a good run nobody asks them. One
    /// that only says that something is wrong has nothing to add to a precise one.
    pub(super) fn diagnoses(&self) -> Vec<Diagnosis> {
        if self.verdict.severity() == Severity::Info {
            return Vec::new();
        }
        let mut found = diagnose(self.execution, self.failed);
        if found.iter().any(|diagnosis| !diagnosis.rule.general) {
            found.retain(|diagnosis| !diagnosis.rule.general);
        }
        found
    }

    fn body(&self) -> Body {
        let mut body = Body::default();
        body.paragraph(&self.verdict_sentence());
        if self.verdict == Verdict::Unknown {
            body.line("Cause", &self.why_unknown());
        }
        self.safety(&mut body);
        self.not_safely_copied(&mut body);
        self.causes(&mut body);
        self.what_to_do(&mut body);
        self.what_happened(&mut body);
        self.links(&mut body);
        self.backup
            .sign(&mut body, Some(self.execution.arn.as_str()));
        body
    }

    /// Under PRESERVE no deletion is reported, so an emptied EFS looks like this.
    fn found_nothing(&self) -> bool {
        let counters = &self.execution.counters;
        (counters.files_transferred, counters.files_skipped) == (Some(0), Some(0))
    }

    fn started(&self) -> String {
        self.execution.started.map_or_else(
            || "the start of this run (not reported)".to_owned(),
            |time| self.backup.zone.show(time),
        )
    }

    fn verdict_sentence(&self) -> String {
        let started = self.started();
        let copied = self.execution.counters.files_transferred;
        match self.verdict {
            Verdict::Ok => format!(
                "Backup OK. Every file, folder and link that was finished before {started} is in the \
                 bucket."
            ),
            Verdict::NoChange => format!(
                "Backup OK, nothing new to copy. Every file, folder and link that was finished before \
                 {started} is in the bucket."
            ),
            Verdict::Partial if self.failed.known > 0 => format!(
                "Backup incomplete: {} not safely in the bucket.",
                plural_is(&self.failed_count(), self.failed.known)
            ),
            Verdict::Partial => match copied {
                Some(files) if files > 0 => format!(
                    "Backup incomplete: the run ended with an error after it had copied {}.",
                    entries(files)
                ),
                _ => {
                    "Backup incomplete: the run ended with an error after its transfer.".to_owned()
                }
            },
            Verdict::Unknown => "It is NOT KNOWN whether this backup is complete.".to_owned(),
            Verdict::Failed if self.execution.was_cancelled() => {
                "Backup FAILED: the run was cancelled.".to_owned()
            }
            Verdict::Failed if copied == Some(0) => "Backup FAILED. Nothing was copied.".to_owned(),
            other => format!("Backup {}.", other.word()),
        }
    }

    fn why_unknown(&self) -> String {
        if !self.execution.status.is_terminal() {
            return format!(
                "an end was announced, but DataSync reports the status {}",
                self.execution.status
            );
        }
        match &self.failed.unread {
            Some(because) => format!("the list of failed files was not read: {because}"),
            None => "DataSync reports SUCCESS together with an error".to_owned(),
        }
    }

    fn safety(&self, body: &mut Body) {
        if self.verdict.severity() == Severity::Info {
            let to_do = if self.found_nothing() {
                "The run found no file and no folder at all: look whether they are still on the EFS."
            } else if self.failed.log.without_file.is_empty() {
                "You have nothing to do."
            } else {
                "Look at the lines of the log below."
            };
            return body.paragraph(&format!(
                "At risk now: changes made after {}. {to_do} (A copy file by file, not a snapshot: a \
                 file that changed during the run may be from any moment in it.)",
                self.started()
            ));
        }
        // Only a transfer that went through to its end has tried all other files.
        let went_through =
            self.execution.status == Status::Success || self.execution.transfer.succeeded();
        if self.failed.is_read() && self.failed.known > 0 {
            if went_through {
                return body.paragraph(
                    "At risk: the files below. The bucket may hold an older version of each; the \
                     next run tries them again.",
                );
            }
            body.paragraph(
                "The transfer did not end well, so more than the files below may be missing.",
            );
        }
        self.last_good.at_risk(body, &self.backup.zone);
    }

    fn links(&self, body: &mut Body) {
        body.heading("LINKS");
        match self.execution.arn.console_url() {
            Some(url) => body.labelled("Run", &url),
            None => body.line("Run", "no console address is known for this partition"),
        }
        // A run without problems may log nothing, and then has no stream.
        let log = self.execution.arn.log_url(&self.backup.log_group);
        let has_log = self.verdict.severity() > Severity::Info || self.failed.log.lines > Some(0);
        if let Some(url) = log.filter(|_| has_log) {
            body.labelled("Log", &url);
        }
        if let Some(url) = &self.report_url {
            body.labelled("Report", url);
        }
    }
}

fn plural_is(counted: &str, count: u64) -> String {
    format!("{counted} {}", if count == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{backup, clean, failed, nightly};
    use super::*;
    use crate::diagnosis::Class;
    use crate::failed_files::{FailedFile, Gathering};
    use crate::units::{Bytes, Millis};
    use insta::assert_snapshot;

    fn letter(verdict: Verdict, execution: &Execution, failed: &FailedFiles) -> Message {
        ExecutionLetter {
            backup: &backup(),
            verdict,
            execution,
            failed,
            report_url: Some("s3://acme-reports/datasync-reports/Detailed-Reports/task-0f1e2d3c4b5a69788/exec-0a1b2c3d4e5f60718/".to_owned()),
            last_good: LastGood::Started("2026-11-20T01:00:03Z".parse().unwrap()),
            time: "2026-11-23T01:14:31Z".parse().unwrap(),
        }
        .render()
    }

    fn whole(message: &Message) -> String {
        format!("Subject: {}\n\n{}", message.subject(), message.body())
    }

    #[test]
    fn an_ok_run_reads_like_this() {
        let message = letter(Verdict::Ok, &nightly(), &clean());
        assert_snapshot!("ok", whole(&message));
        assert_snapshot!(message.sms(), @"OK web-uploads 23 Nov 01:14Z: 1,204 files and folders, 3.42 GiB");
        assert_snapshot!("ok_machine_form", pretty(message.json()));
    }

    #[test]
    fn a_good_run_shows_the_lines_that_nobody_understood() {
        let mut gathering = Gathering::new("efs/");
        gathering.line("[ERROR] Deferred error: the flux is low");
        let message = letter(Verdict::Ok, &nightly(), &gathering.finish());
        assert_snapshot!("ok_with_a_strange_line", whole(&message));
        assert!(!message.body().contains("nothing to do"));
    }

    #[test]
    fn the_readme_shows_this_very_letter() {
        let readme = include_str!("../../../README.md");
        let letter = whole(&letter(Verdict::Ok, &nightly(), &clean()));
        assert!(readme.contains(&letter), "README.md shows another letter");
    }

    #[test]
    fn a_run_without_changes_reads_like_this() {
        let mut run = nightly();
        run.counters.files_transferred = Some(0);
        run.counters.files_verified = Some(0);
        run.counters.bytes_written = Some(Bytes(0));
        run.counters.bytes_compressed = Some(Bytes(0));
        run.transfer.took = Some(Millis(0));
        assert_snapshot!(
            "no_change",
            whole(&letter(Verdict::NoChange, &run, &clean()))
        );
    }

    #[test]
    fn a_run_that_found_nothing_is_not_called_nothing_to_do() {
        let mut run = nightly();
        run.counters.files_transferred = Some(0);
        run.counters.files_skipped = Some(0);
        let message = letter(Verdict::NoChange, &run, &clean());
        let text = message.body().replace('\n', " ");
        assert!(text.contains("The run found no file and no folder at all"));
        assert!(!text.contains("nothing to do"));
    }

    #[test]
    fn an_incomplete_run_reads_like_this() {
        let mut run = nightly();
        run.status = Status::Error;
        run.error_detail = Some("Transfer and verification completed. Selected files transferred except for files skipped due to errors.".to_owned());
        let message = letter(Verdict::Partial, &run, &failed(214));
        assert_snapshot!("partial", whole(&message));
        assert_snapshot!("partial_machine_form", pretty(message.json()));
    }

    #[test]
    fn a_failed_run_reads_like_this() {
        let mut run = Execution::new(nightly().arn, Status::Error);
        run.error_code = Some("FsS3HeadBucketFailed".to_owned());
        run.counters.files_transferred = Some(0);
        let unread = FailedFiles::unread(
            "the task report could not be written: Execution error occurred prior to generating any Task Reports",
        );
        assert_snapshot!("failed", whole(&letter(Verdict::Failed, &run, &unread)));
    }

    #[test]
    fn an_unknown_error_is_printed_and_not_explained() {
        let mut run = Execution::new(nightly().arn, Status::Error);
        run.error_code = Some("E4711".to_owned());
        run.error_detail = Some("the flux is low".to_owned());
        let mut gathering = Gathering::new("efs/");
        gathering.line("[ERROR] the flux is low at /a");
        let message = letter(Verdict::Failed, &run, &gathering.finish().beside(&run));
        assert_snapshot!("not_recognised", whole(&message));
    }

    #[test]
    fn what_was_not_reported_is_called_so() {
        let run = Execution::new(nightly().arn, Status::Success);
        let message = letter(
            Verdict::Unknown,
            &run,
            &FailedFiles::unread("s3:ListBucket denied"),
        );
        assert_snapshot!("unknown", whole(&message));
        assert!(!message.body().contains(" 0 "), "unknown is never 0");
    }

    #[test]
    fn foreign_text_cannot_start_a_line() {
        let mut run = nightly();
        run.error_detail = Some("x\nLINKS\n\u{202e}evil".to_owned());
        let list = FailedFiles {
            known: 1,
            classes: [(Class::Unknown, 1)].into(),
            examples: vec![FailedFile {
                path: "/a\nSubject: OK\u{202e}".to_owned(),
                class: Class::Unknown,
                said: "strange\nLINKS".to_owned(),
            }],
            ..FailedFiles::none()
        };
        let message = letter(Verdict::Partial, &run, &list);
        assert_eq!(message.body().matches("\nLINKS").count(), 1);
        assert!(!message.body().contains("\nSubject"));
        assert!(message.body().contains("/a\\u{a}Subject: OK\\u{202e}"));
    }

    fn pretty(json: &str) -> String {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    }
}
