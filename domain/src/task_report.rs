//! Reads the parts of a task report: which files failed.
//!
//! A detailed report lies under `Detailed-Reports/TASK/EXECUTION/` as files
//! `EXECUTION.files-KIND-v1-NNNNN-HEX.json`, each with a list of items below a
//! key named after its kind. Source: DataSync User Guide, "Monitoring your data
//! transfers with task reports"; the items' fields are not documented, so every
//! one of them is optional here.

use crate::failed_files::{FailedFiles, SHOWN};
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};

/// Where the parts of an execution lie, below the report's own prefix.
#[must_use]
pub fn parts_prefix(subdirectory: &str, task_id: &str, execution_id: &str) -> String {
    below(subdirectory, "Detailed-Reports", task_id, execution_id)
}

/// Where the summary of an execution lies. `DataSync` writes it with every
/// report, so it shows that the report was looked for in the right place.
#[must_use]
pub fn summary_prefix(subdirectory: &str, task_id: &str, execution_id: &str) -> String {
    below(subdirectory, "Summary-Reports", task_id, execution_id)
}

/// The subdirectory may come back with or without its slashes.
fn below(subdirectory: &str, kind: &str, task_id: &str, execution_id: &str) -> String {
    let subdirectory = match subdirectory.trim_matches('/') {
        "" => String::new(),
        name => format!("{name}/"),
    };
    format!("{subdirectory}{kind}/{task_id}/{execution_id}/")
}

/// Gathers the failed files of an execution from all parts of its report.
#[derive(Debug, Default)]
pub struct FailedFilesReader {
    /// Whether the report holds nothing but errors (`ReportLevel ERRORS_ONLY`).
    errors_only: bool,
    seen: HashSet<String>,
    found: FailedFiles,
    nameless: u64,
}

#[derive(Deserialize)]
struct Part {
    #[serde(flatten)]
    lists: BTreeMap<String, serde_json::Value>,
}

const KINDS: [&str; 4] = ["Transferred", "Verified", "Skipped", "Deleted"];
const STATUS_FIELDS: [&str; 5] = [
    "TransferStatus",
    "VerifyStatus",
    "SkipStatus",
    "DeleteStatus",
    "Status",
];
const ERROR_FIELDS: [&str; 4] = ["ErrorCode", "FailureCode", "ErrorDetail", "FailureReason"];

impl FailedFilesReader {
    /// A reader for a report of the given level.
    #[must_use]
    pub fn new(errors_only: bool) -> Self {
        FailedFilesReader {
            errors_only,
            ..FailedFilesReader::default()
        }
    }

    /// Takes one part. What cannot be read makes the whole list count as unread.
    pub fn add(&mut self, name: &str, bytes: &[u8]) {
        let part: Part = match serde_json::from_slice(bytes) {
            Ok(part) => part,
            Err(error) => {
                let because = format!("part {name} of the task report is not readable: {error}");
                return self.not_read(because);
            }
        };
        let mut lists = 0;
        for (key, items) in &part.lists {
            match items.as_array() {
                Some(items) if KINDS.contains(&key.as_str()) => {
                    lists += 1;
                    items.iter().for_each(|item| self.item(item));
                }
                None if !KINDS.contains(&key.as_str()) => {}
                // A list that we do not know, or no list where one must be.
                _ => self.not_read(format!(
                    "part {name} of the task report has a strange {key}"
                )),
            }
        }
        if lists == 0 {
            self.not_read(format!(
                "part {name} of the task report has no list that we know"
            ));
        }
    }

    /// Notes why a part could not be taken; the first reason stays.
    pub fn not_read(&mut self, because: String) {
        self.found.unread.get_or_insert(because);
    }

    /// What was found in all parts.
    #[must_use]
    pub fn finish(mut self) -> FailedFiles {
        self.found.known = self.seen.len() as u64 + self.nameless;
        self.found
    }

    fn item(&mut self, item: &serde_json::Value) {
        if !self.is_failed(item) {
            return;
        }
        let Some(path) = item.get("RelativePath").and_then(|path| path.as_str()) else {
            self.nameless += 1;
            return;
        };
        // One file may fail in two phases; it is one file.
        if self.seen.insert(path.to_owned()) && self.found.first.len() < SHOWN {
            self.found.first.push(path.to_owned());
        }
    }

    /// An item failed if a status says anything but SUCCESS or an error is named.
    /// Where it says nothing, the level of the report decides: in a report of
    /// errors only, being listed is the error.
    fn is_failed(&self, item: &serde_json::Value) -> bool {
        let mut statuses = STATUS_FIELDS
            .iter()
            .filter_map(|field| item.get(field)?.as_str())
            .peekable();
        let has_status = statuses.peek().is_some();
        let bad_status = statuses.any(|status| status != "SUCCESS");
        let error = ERROR_FIELDS.iter().any(|field| {
            item.get(field)
                .is_some_and(|value| !value.is_null() && value != "")
        });
        bad_status || error || (!has_status && self.errors_only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIED: &str = include_str!("../tests/task-report/files-verified.json");
    const TRANSFERRED: &str = include_str!("../tests/task-report/files-transferred.json");
    const SKIPPED: &str = include_str!("../tests/task-report/files-skipped.json");
    const DELETED: &str = include_str!("../tests/task-report/files-deleted.json");
    const ENHANCED: &str = include_str!("../tests/task-report/enhanced-mode.json");

    fn read(errors_only: bool, parts: &[&str]) -> FailedFiles {
        let mut reader = FailedFilesReader::new(errors_only);
        for (index, part) in parts.iter().enumerate() {
            reader.add(&format!("part-{index}"), part.as_bytes());
        }
        reader.finish()
    }

    #[test]
    fn failed_items_are_found_in_every_list() {
        let failed = read(false, &[VERIFIED, TRANSFERRED, SKIPPED, DELETED, ENHANCED]);
        assert_eq!(failed.known, 2);
        assert_eq!(failed.first, ["/app/log/live.log", "/app/secret/key.pem"]);
        assert!(failed.is_read());
    }

    #[test]
    fn an_item_without_a_status_fails_only_in_a_report_of_errors() {
        assert_eq!(read(false, &[SKIPPED]).known, 0);
        assert_eq!(read(true, &[SKIPPED]).known, 1);
    }

    #[test]
    fn no_part_means_no_failed_file() {
        assert_eq!(read(true, &[]).count(), Some(0));
    }

    #[test]
    fn a_file_that_fails_twice_counts_once() {
        let part = r#"{"Transferred":[{"RelativePath":"/a","TransferStatus":"FAILED"}],
                       "Verified":[{"RelativePath":"/a","VerifyStatus":"FAILED"}]}"#;
        assert_eq!(read(true, &[part]).known, 1);
    }

    #[test]
    fn a_part_that_cannot_be_read_is_never_zero() {
        #[rustfmt::skip]
        let cases = [
            ("empty",       ""),
            ("truncated",   r#"{"Verified":[{"RelativePath":"/a""#),
            ("not JSON",    "<Error>AccessDenied</Error>"),
            ("a list",      "[]"),
            ("other keys",  r#"{"Something":[]}"#),
            ("no list",     r#"{"Verified":{}}"#),
            ("a new list",  r#"{"Transferred":[],"Failed":[{"RelativePath":"/b"}]}"#),
            ("one is none", r#"{"Verified":[],"Skipped":{}}"#),
        ];
        for (name, part) in cases {
            let failed = read(true, &[TRANSFERRED, part]);
            assert_eq!(failed.count(), None, "{name}");
            assert_eq!(failed.known, 1, "{name}: what is known stays known");
        }
    }

    #[test]
    fn only_the_first_paths_are_kept() {
        let items: Vec<_> = (0..100_000)
            .map(|n| format!(r#"{{"RelativePath":"/f{n}"}}"#))
            .collect();
        let failed = read(
            true,
            &[&format!(r#"{{"Transferred":[{}]}}"#, items.join(","))],
        );
        assert_eq!(failed.known, 100_000);
        assert_eq!(failed.first.len(), SHOWN);
    }

    #[test]
    fn an_item_without_a_path_still_counts() {
        assert_eq!(
            read(true, &[r#"{"Skipped":[{}, {"RelativePath":7}]}"#]).known,
            2
        );
    }

    #[test]
    fn the_parts_lie_below_the_task_and_the_execution() {
        #[rustfmt::skip]
        let cases = [
            ("datasync-reports/",  "datasync-reports/Detailed-Reports/task-1/exec-2/"),
            ("/datasync-reports",  "datasync-reports/Detailed-Reports/task-1/exec-2/"),
            ("a/b",                "a/b/Detailed-Reports/task-1/exec-2/"),
            ("/",                  "Detailed-Reports/task-1/exec-2/"),
            ("",                   "Detailed-Reports/task-1/exec-2/"),
        ];
        for (subdirectory, expected) in cases {
            assert_eq!(parts_prefix(subdirectory, "task-1", "exec-2"), expected);
        }
        assert_eq!(
            summary_prefix("r/", "task-1", "exec-2"),
            "r/Summary-Reports/task-1/exec-2/"
        );
    }
}
