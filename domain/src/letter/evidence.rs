//! The part of a letter that tells what was looked at: what it cannot be, and what
//! nobody could look at.

use super::ExecutionLetter;
use super::body::Body;
use crate::diagnosis::{Bearing, Diagnosis, Evidence, Key, Point, relevant};

impl ExecutionLetter<'_> {
    pub(super) fn looked(&self, body: &mut Body) {
        let Some(evidence) = self.evidence else {
            return;
        };
        let found = self.diagnoses();
        let points = relevant(&found, evidence);
        list(body, "RULED OUT", &ruled_out(&found, &points));
        list(body, "NOT CHECKED", &not_checked(&found, &points));
    }

    /// The key that the bucket encrypts with, for commands.
    pub(super) fn key_name(&self) -> String {
        let evidence = self.evidence.map(|evidence| &evidence.encryption);
        let key = evidence.and_then(|encryption| encryption.as_ref().ok()?.key.as_ref());
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ":/-_".contains(c);
        key.filter(|key| !key.id.is_empty() && key.id.chars().all(is_plain))
            .map_or_else(|| "KEY_ID".to_owned(), |key: &Key| key.id.clone())
    }
}

fn list(body: &mut Body, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    body.heading(title);
    for line in lines {
        body.sentence(&capitalised(line));
    }
}

/// What is as it should be, and does not stand below a cause already.
pub(super) fn ruled_out(found: &[Diagnosis], points: &[Point]) -> Vec<String> {
    let told = |said: &String| found.iter().any(|cause| cause.against.contains(said));
    let fine = points.iter();
    let fine = fine.filter(|point| matches!(point.bearing, Bearing::RulesOut(_)));
    let fine = fine.map(|point| point.said.clone());
    fine.filter(|said| !told(said)).collect()
}

/// What could not be looked at, and what no look of ours tells.
pub(super) fn not_checked(found: &[Diagnosis], points: &[Point]) -> Vec<String> {
    let open = points.iter();
    let open = open.filter(|point| point.bearing == Bearing::NotChecked);
    let mut lines: Vec<String> = open
        .map(|point| format!("{}: {}", point.question.title(), point.said))
        .collect();
    for unseen in found.iter().flat_map(|cause| cause.rule.unseen) {
        let line = format!("{unseen} (this function may not look)");
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// The machine form: what was found for and against, and what is not known.
pub(super) fn json(found: &[Diagnosis], evidence: &Evidence) -> serde_json::Value {
    let points = relevant(found, evidence);
    let wrong = points
        .iter()
        .filter(|point| matches!(point.bearing, Bearing::Proves(_) | Bearing::SpeaksFor(_)));
    let fine = points.iter();
    let fine = fine.filter(|point| matches!(point.bearing, Bearing::RulesOut(_)));
    serde_json::json!({
        "seen": wrong.map(|point| point.said.as_str()).collect::<Vec<_>>(),
        "ruled_out": fine.map(|point| point.said.as_str()).collect::<Vec<_>>(),
        "not_checked": not_checked(found, &points),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{backup, beside, nightly};
    use super::*;
    use crate::diagnosis::fixtures::{KEY, denied, key, sound};
    use crate::execution::{Execution, Status};
    use crate::failed_files::FailedFiles;
    use crate::letter::Message;
    use crate::verdict::Verdict;
    use insta::assert_snapshot;

    fn letter(detail: &str, evidence: &Evidence) -> Message {
        let mut run = Execution::new(nightly().arn, Status::Error);
        run.error_detail = Some(detail.to_owned());
        run.counters.files_transferred = Some(0);
        ExecutionLetter {
            backup: &backup(),
            verdict: Verdict::Failed,
            execution: &run,
            failed: &FailedFiles::unread("no report"),
            report_url: None,
            beside: &beside(),
            evidence: Some(evidence),
            time: "2026-11-23T01:14:31Z".parse().unwrap(),
        }
        .render()
    }

    const S3_DENIED: &str = "S3 Exception: op=PutObject, code=403, exception=AccessDenied";

    #[test]
    fn a_proven_cause_reads_like_this() {
        let evidence = Evidence {
            encryption: key("PendingDeletion"),
            mount_targets: denied("elasticfilesystem:DescribeMountTargets"),
            ..sound()
        };
        let message = letter(S3_DENIED, &evidence);
        assert_snapshot!(
            "proven",
            format!("Subject: {}\n\n{}", message.subject(), message.body())
        );
        assert!(
            message
                .body()
                .contains(&format!("enable-key --region eu-central-1 --key-id {KEY}"))
        );
        let json: serde_json::Value = serde_json::from_str(message.json()).unwrap();
        assert_eq!(json["diagnosis"][0]["standing"], "proven");
        let seen = format!("the bucket's key {KEY} is to be deleted on 2026-12-01");
        assert_eq!(json["evidence"]["seen"], serde_json::json!([seen]));
        assert_eq!(json["evidence"]["ruled_out"].as_array().unwrap().len(), 2);
        assert_eq!(json["evidence"]["not_checked"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn what_is_not_recognised_has_all_that_was_looked_at() {
        let message = letter("the flux is low", &sound());
        let body = message.body();
        assert!(
            body.contains("Not recognised") && body.contains("RULED OUT"),
            "{body}"
        );
        assert!(!body.contains("NOT CHECKED"), "{body}");
        let blind = Evidence {
            has_policy: denied("elasticfilesystem:DescribeFileSystemPolicy"),
            ..sound()
        };
        let message = letter("the flux is low", &blind);
        let body = message.body().replace("\n    ", " ");
        assert!(body.contains("NOT CHECKED"), "{body}");
        assert!(
            body.contains(
                "policy and access point: elasticfilesystem:DescribeFileSystemPolicy: AccessDenied"
            ),
            "{body}"
        );
    }

    #[test]
    fn a_cause_that_is_ruled_out_is_called_so() {
        let message = letter("PutObject: AccessDenied: kms:GenerateDataKey", &sound());
        let body = message
            .body()
            .replace("\n    ", " ")
            .replace("\n      ", " ");
        assert!(
            body.contains("Ruled out by what was seen: The encryption key"),
            "{body}"
        );
        assert!(
            body.contains("Against: the bucket encrypts with AES256"),
            "{body}"
        );
    }

    #[test]
    fn no_name_of_a_key_becomes_a_command() {
        let mut evidence = Evidence {
            encryption: key("Disabled"),
            ..sound()
        };
        if let Ok(Some(key)) = evidence
            .encryption
            .as_mut()
            .map(|encryption| encryption.key.as_mut())
        {
            key.id = "x; rm -rf /".to_owned();
        }
        let message = letter(S3_DENIED, &evidence);
        assert!(
            message.body().contains("--key-id KEY_ID"),
            "{}",
            message.body()
        );
        assert!(!message.body().contains("--key-id x"));
    }
}
