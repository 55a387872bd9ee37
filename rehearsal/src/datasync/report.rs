//! The task report: four lists of items, cut into JSON files. Source of names
//! and layout: `DataSync` User Guide, "Task reports", and reports seen in public
//! code. Fields of failed and skipped items are not documented; these are ours.

use std::collections::BTreeMap;

use backup_domain::posix_metadata::{FileKind, FileTime};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::datasync::failures::FileFailure;
use crate::datasync::ids::{id_of, random_hex};
use crate::datasync::report_config::ReportSettings;
use crate::datasync::side::Side;

/// Items in one file. AWS's number is not public.
const ITEMS_PER_PART: usize = 1000;

/// The lists of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Transferred,
    Verified,
    Skipped,
    Deleted,
}

impl Kind {
    /// The key of the list in the file.
    fn name(self) -> &'static str {
        match self {
            Self::Transferred => "Transferred",
            Self::Verified => "Verified",
            Self::Skipped => "Skipped",
            Self::Deleted => "Deleted",
        }
    }

    /// `TransferStatus`, `TransferTimestamp`, …
    fn verb(self) -> &'static str {
        match self {
            Self::Transferred => "Transfer",
            Self::Verified => "Verify",
            Self::Skipped => "Skip",
            Self::Deleted => "Delete",
        }
    }
}

/// What happened to one file in one phase.
#[derive(Debug, Default)]
pub(super) struct Item<'a> {
    /// With a leading `/`.
    pub path: &'a str,
    pub source: Option<&'a Side>,
    pub destination: Option<&'a Side>,
    /// Whether an object was there before; of transfers only.
    pub overwrite: Option<bool>,
    pub failure: Option<&'a FileFailure>,
}

/// One file of the report.
#[derive(Debug)]
pub(super) struct Part {
    pub key: String,
    pub body: Vec<u8>,
}

/// The report of one execution, as it grows.
#[derive(Debug, Default)]
pub(super) struct Report {
    settings: Option<ReportSettings>,
    lists: BTreeMap<Kind, Vec<Value>>,
}

impl Report {
    /// Without settings nothing is kept.
    pub(super) fn new(settings: Option<ReportSettings>) -> Self {
        // An execution without an error writes these two with empty lists, also
        // at ERRORS_ONLY: an assumption, AWS does not say.
        let lists = [(Kind::Transferred, vec![]), (Kind::Verified, vec![])];
        Self {
            settings,
            lists: lists.into(),
        }
    }

    /// Notes one item, if the report's level wants it.
    pub(super) fn add(&mut self, kind: Kind, item: &Item<'_>, now: Timestamp) {
        let Some(settings) = &self.settings else {
            return;
        };
        if item.failure.is_some() || settings.with_successes.contains(&kind) {
            let list = self.lists.entry(kind).or_default();
            list.push(json_of(kind, item, now));
        }
    }

    /// The files to write.
    pub(super) fn parts(&self, task_arn: &str, execution_arn: &str) -> Vec<Part> {
        let Some(settings) = &self.settings else {
            return vec![];
        };
        let (task, execution) = (id_of(task_arn), id_of(execution_arn));
        let folder = format!(
            "{}Detailed-Reports/{task}/{execution}/",
            settings.subdirectory
        );
        let mut parts = vec![];
        for (kind, items) in &self.lists {
            let mut chunks: Vec<&[Value]> = items.chunks(ITEMS_PER_PART).collect();
            if chunks.is_empty() {
                chunks.push(&[]);
            }
            for (index, chunk) in chunks.into_iter().enumerate() {
                let (name, number) = (kind.name(), index + 1);
                let lower = name.to_lowercase();
                let hex = random_hex();
                let body = json!({"TaskExecutionId": execution, name: chunk});
                parts.push(Part {
                    key: format!("{folder}{execution}.files-{lower}-v1-{number:05}-{hex}.json"),
                    body: body.to_string().into_bytes(),
                });
            }
        }
        parts
    }
}

fn json_of(kind: Kind, item: &Item<'_>, now: Timestamp) -> Value {
    let verb = kind.verb();
    let mut json = json!({"RelativePath": item.path});
    let sides = [("Src", item.source), ("Dst", item.destination)];
    for (side, facts) in sides {
        let Some(facts) = facts else { continue };
        json[format!("{side}Metadata")] = metadata(facts);
        if let Some(sha256) = facts.sha256.as_ref().filter(|_| kind == Kind::Verified) {
            json[format!("{side}Checksum")] = format!("SHA256:{sha256}").into();
        }
    }
    if kind == Kind::Transferred {
        json["TransferType"] = "CONTENT_AND_METADATA".into();
    }
    if let Some(overwrite) = item.overwrite {
        // Text, as in the reports seen.
        json["Overwrite"] = if overwrite { "True" } else { "False" }.into();
    }
    json[format!("{verb}Timestamp")] = format!("{now:.9}").into();
    json[format!("{verb}Status")] = match item.failure {
        None => "SUCCESS",
        Some(_) => "FAILED",
    }
    .into();
    if let Some(failure) = item.failure {
        json["ErrorCode"] = failure.code.into();
        json["ErrorDetail"] = failure.detail.as_str().into();
    }
    json
}

fn metadata(side: &Side) -> Value {
    json!({
        // The first two are AWS's; no report with a link was seen.
        "Type": match side.kind {
            FileKind::Regular => "Regular",
            FileKind::Directory => "Directory",
            FileKind::Symlink => "Symlink",
        },
        "ContentSize": side.size,
        "Mtime": side.metadata.mtime.map(shown),
    })
}

/// With nanoseconds: `2026-02-28T21:41:34.000000000Z`. A time that no calendar
/// has is shown as the file system has it.
fn shown(time: FileTime) -> String {
    let nanoseconds = i32::try_from(time.nanoseconds).unwrap_or(0);
    match Timestamp::new(time.seconds, nanoseconds) {
        Ok(timestamp) => format!("{timestamp:.9}"),
        Err(_) => time.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backup_domain::posix_metadata::PosixMetadata;

    const TASK: &str = "arn:aws:datasync:eu-central-1:111122223333:task/task-0a1b2c3d4e5f60718";
    const EXECUTION: &str = "arn:aws:datasync:eu-central-1:111122223333:\
                             task/task-0a1b2c3d4e5f60718/execution/exec-04ce9d516d69bd52f";

    fn report(with_successes: &[Kind]) -> Report {
        Report::new(Some(ReportSettings {
            bucket: "reports".to_owned(),
            subdirectory: "datasync-reports/".to_owned(),
            role_arn: "role".to_owned(),
            with_successes: with_successes.to_vec(),
        }))
    }

    fn side() -> Side {
        Side {
            kind: FileKind::Regular,
            size: 15364,
            metadata: PosixMetadata {
                mtime: Some(FileTime {
                    seconds: 1_772_314_894,
                    nanoseconds: 0,
                }),
                ..PosixMetadata::default()
            },
            sha256: Some("d10d".to_owned()),
        }
    }

    fn now() -> Timestamp {
        "2026-03-01T02:38:23.213451576Z".parse().unwrap()
    }

    fn failure() -> FileFailure {
        FileFailure {
            code: "SourceReadFailed",
            detail: "Permission denied".to_owned(),
            lines: vec![],
        }
    }

    fn bodies(report: &Report) -> Vec<(String, Value)> {
        let parts = report.parts(TASK, EXECUTION).into_iter();
        parts
            .map(|part| (part.key, serde_json::from_slice(&part.body).unwrap()))
            .collect()
    }

    #[test]
    fn a_verified_item_reads_like_one_of_aws() {
        let mut report = report(&[Kind::Verified]);
        let (source, destination) = (side(), side());
        let item = Item {
            path: "/app/data/a.bin",
            source: Some(&source),
            destination: Some(&destination),
            ..Item::default()
        };
        report.add(Kind::Verified, &item, now());

        let metadata = json!({
            "Type": "Regular", "ContentSize": 15364, "Mtime": "2026-02-28T21:41:34.000000000Z",
        });
        let (key, body) = bodies(&report).remove(1);
        assert_eq!(
            body,
            json!({
                "TaskExecutionId": "exec-04ce9d516d69bd52f",
                "Verified": [{
                    "RelativePath": "/app/data/a.bin",
                    "SrcMetadata": metadata, "SrcChecksum": "SHA256:d10d",
                    "DstMetadata": metadata, "DstChecksum": "SHA256:d10d",
                    "VerifyTimestamp": "2026-03-01T02:38:23.213451576Z",
                    "VerifyStatus": "SUCCESS",
                }],
            })
        );
        let (stem, hex) = key.strip_suffix(".json").unwrap().rsplit_once('-').unwrap();
        assert_eq!(
            stem,
            "datasync-reports/Detailed-Reports/task-0a1b2c3d4e5f60718/exec-04ce9d516d69bd52f/\
             exec-04ce9d516d69bd52f.files-verified-v1-00001"
        );
        assert_eq!(hex.len(), 16);
    }

    #[test]
    fn errors_only_lists_nothing_but_errors() {
        let mut report = report(&[]);
        let failure = failure();
        let good = Item {
            path: "/good",
            ..Item::default()
        };
        let bad = Item {
            path: "/bad",
            overwrite: Some(false),
            failure: Some(&failure),
            ..Item::default()
        };
        report.add(Kind::Transferred, &good, now());
        report.add(Kind::Skipped, &good, now());
        report.add(Kind::Transferred, &bad, now());

        let bodies = bodies(&report);
        assert_eq!(bodies.len(), 2);
        assert_eq!(
            bodies[0].1["Transferred"],
            json!([{
                "RelativePath": "/bad", "TransferType": "CONTENT_AND_METADATA",
                "Overwrite": "False", "TransferTimestamp": "2026-03-01T02:38:23.213451576Z",
                "TransferStatus": "FAILED",
                "ErrorCode": "SourceReadFailed", "ErrorDetail": "Permission denied",
            }])
        );
        assert_eq!(bodies[1].1["Verified"], json!([]));
    }

    #[test]
    fn a_long_list_goes_on_in_further_parts() {
        let mut report = report(&[]);
        let failure = failure();
        for _ in 0..=ITEMS_PER_PART {
            let item = Item {
                path: "/x",
                failure: Some(&failure),
                ..Item::default()
            };
            report.add(Kind::Deleted, &item, now());
        }
        let bodies = bodies(&report);
        let deleted: Vec<_> = bodies
            .iter()
            .filter(|(key, _)| key.contains("files-deleted-v1-0000"))
            .collect();
        assert_eq!(deleted.len(), 2);
        assert!(deleted[1].0.contains("-v1-00002-"));
        assert_eq!(deleted[1].1["Deleted"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn without_settings_there_is_no_report() {
        let mut report = Report::new(None);
        report.add(Kind::Transferred, &Item::default(), now());
        assert!(report.parts(TASK, EXECUTION).is_empty());
    }
}
