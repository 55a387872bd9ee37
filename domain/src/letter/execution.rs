//! The letter about an execution whose facts are known.

use super::body::Body;
use super::message::{Draft, Message};
use super::{Backup, Beside, json};
use crate::diagnosis::{Diagnosis, Evidence, weighed};
use crate::execution::Execution;
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
    /// What the ledger and the schedule say beside it.
    pub beside: &'a Beside,
    /// How things stand now, where somebody looked.
    pub evidence: Option<&'a Evidence>,
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
            sms_more: self.sms_more(),
            time: self.time_of_end(),
            body: self.body(),
            json: json::execution(self, &self.fact()),
        })
    }

    /// The causes that something speaks for; of a good run nobody asks them.
    pub(super) fn diagnoses(&self) -> Vec<Diagnosis> {
        if self.verdict <= Verdict::Suspect {
            return Vec::new();
        }
        weighed(self.execution, self.failed, self.evidence)
    }

    /// Behind the fact of a text message.
    fn sms_more(&self) -> Option<String> {
        if self.verdict <= Verdict::Suspect {
            return None;
        }
        self.beside.last_good.short()
    }

    fn body(&self) -> Body {
        let mut body = Body::default();
        body.paragraph(&self.verdict_sentence());
        self.beside.warn_of_newer(&mut body, self.backup);
        if self.verdict == Verdict::Unknown {
            body.line("Cause", &self.why_unknown());
        }
        self.safety(&mut body);
        self.not_safely_copied(&mut body);
        self.causes(&mut body);
        self.what_to_do(&mut body);
        self.what_happened(&mut body);
        self.compared(&mut body);
        self.links(&mut body);
        self.backup
            .sign(&mut body, Some(self.execution.arn.as_str()));
        body
    }

    /// When it ended, or when the event came.
    pub(super) fn time_of_end(&self) -> Timestamp {
        self.execution.ended.unwrap_or(self.time)
    }

    pub(super) fn started(&self) -> String {
        self.execution.started.map_or_else(
            || "the start of this run (not reported)".to_owned(),
            |time| self.backup.zone.show(time),
        )
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

#[cfg(test)]
mod tests {
    use super::super::NextRun;
    use super::super::fixtures::{backup, beside, clean, failed, nightly};
    use super::*;
    use crate::baseline::Baseline;
    use crate::diagnosis::Class;
    use crate::execution::Status;
    use crate::failed_files::{FailedFile, Gathering};
    use crate::ledger::{Entry, NotGood, Row};
    use crate::units::{Bytes, Millis};
    use insta::assert_snapshot;

    fn letter(verdict: Verdict, execution: &Execution, failed: &FailedFiles) -> Message {
        letter_beside(verdict, execution, failed, &beside())
    }

    fn letter_beside(
        verdict: Verdict,
        execution: &Execution,
        failed: &FailedFiles,
        beside: &Beside,
    ) -> Message {
        ExecutionLetter {
            backup: &backup(),
            verdict,
            execution,
            failed,
            report_url: Some("s3://acme-reports/datasync-reports/Detailed-Reports/task-0f1e2d3c4b5a69788/exec-0a1b2c3d4e5f60718/".to_owned()),
            beside,
            evidence: None,
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
        let short = Beside {
            baseline: Baseline::TooShort(3),
            ..beside()
        };
        let message = letter_beside(Verdict::NoChange, &run, &clean(), &short);
        let text = message.body().replace('\n', " ");
        assert!(text.contains("The run found no file and no folder at all"));
        assert!(!text.contains("nothing to do"));
    }

    #[test]
    fn files_that_vanished_read_like_this() {
        let mut run = nightly();
        run.counters.files_transferred = Some(0);
        run.counters.files_skipped = Some(12);
        assert_snapshot!("vanished", whole(&letter(Verdict::Suspect, &run, &clean())));
    }

    #[test]
    fn files_that_were_rewritten_are_told() {
        let mut run = nightly();
        run.counters.files_transferred = Some(300_000);
        run.counters.files_skipped = Some(114_084);
        let message = letter(Verdict::Suspect, &run, &clean());
        assert_snapshot!(message.subject(), @"SUSPECT | web-uploads | 300,000 of 414,084 files copied, usually 1,180 | 2026-11-23 01:14Z");
        let text = message.body().replace('\n', " ");
        assert!(text.contains("encrypted or broken files may now be the current versions"));
    }

    #[test]
    fn a_recovery_reads_like_this() {
        let outage = NotGood {
            since: "2026-11-21T01:00:03Z".parse().unwrap(),
            first: Verdict::Failed,
            last: Verdict::Missing,
            count: 3,
        };
        let recovered = Beside {
            not_good: Some(outage),
            ..beside()
        };
        let message = letter_beside(Verdict::Recovered, &nightly(), &clean(), &recovered);
        assert_snapshot!("recovered", whole(&message));
    }

    #[test]
    fn a_narrowed_run_claims_nothing_about_the_rest() {
        let mut run = nightly();
        run.filters.includes = vec!["/uploads".to_owned()];
        let narrowed = Beside {
            narrowed: true,
            baseline: Baseline::OtherFiles,
            next_run: NextRun::NotDue("the schedule is DISABLED".to_owned()),
            ..beside()
        };
        let message = letter_beside(Verdict::Ok, &run, &clean(), &narrowed);
        assert_snapshot!("narrowed", whole(&message));
        assert!(!message.body().contains("Every file"));
    }

    #[test]
    fn a_task_that_leaves_files_out_claims_nothing_about_them() {
        let mut run = nightly();
        run.filters.excludes = vec!["/cache".to_owned()];
        for verdict in [
            Verdict::Ok,
            Verdict::NoChange,
            Verdict::Recovered,
            Verdict::Suspect,
        ] {
            let message = letter(verdict, &run, &clean());
            assert!(!message.body().contains("Every file"), "{verdict:?}");
            assert!(message.body().contains("Told to leave out: /cache"));
        }
    }

    #[test]
    fn a_row_and_a_newer_run_are_told() {
        let told = |verdict, row| {
            let beside = Beside {
                row: Some(row),
                newer: Entry::from_key("ledger/t/20261124T010000Z_exec-b_FAILED.json"),
                baseline: Baseline::NotKnown("s3:GetObject denied".to_owned()),
                ..beside()
            };
            let message = letter_beside(verdict, &nightly(), &failed(1), &beside);
            message.body().replace('\n', " ")
        };
        let row = |count| Row {
            count,
            since: "2026-11-21T01:00:03Z".parse().unwrap(),
        };
        let three = told(Verdict::Partial, row(3));
        assert!(three.contains("In a row: 3 runs PARTIAL, since 2026-11-21 01:00:03 UTC"));
        assert!(three.contains("A newer one was told already: FAILED, started 2026-11-24"));
        assert!(three.contains("Not compared, cause: s3:GetObject denied"));
        assert!(!told(Verdict::Partial, row(1)).contains("In a row"));
        assert!(!told(Verdict::Ok, row(3)).contains("In a row"));
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
