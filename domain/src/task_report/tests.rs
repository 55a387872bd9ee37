use super::*;
use crate::diagnosis::Class;
use crate::failed_files::Gathering;
use crate::failed_files::{FailedFiles, SHOWN};
use std::io::Read;

const VERIFIED: &str = include_str!("../../tests/task-report/files-verified.json");
const TRANSFERRED: &str = include_str!("../../tests/task-report/files-transferred.json");
const SKIPPED: &str = include_str!("../../tests/task-report/files-skipped.json");
const DELETED: &str = include_str!("../../tests/task-report/files-deleted.json");
const ENHANCED: &str = include_str!("../../tests/task-report/enhanced-mode.json");

fn read(errors_only: bool, parts: &[&str]) -> FailedFiles {
    let mut gathering = Gathering::new("efs/");
    for (index, part) in parts.iter().enumerate() {
        let name = format!("part-{index}");
        read_part(&mut gathering, errors_only, &name, part.as_bytes());
    }
    gathering.finish()
}

#[test]
fn failed_items_are_found_in_every_list() {
    let failed = read(false, &[VERIFIED, TRANSFERRED, SKIPPED, DELETED, ENHANCED]);
    assert_eq!(failed.known, 2);
    let first: Vec<&str> = failed
        .first()
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(first, ["/app/log/live.log", "/app/secret/key.pem"]);
    assert!(failed.is_read());
}

#[test]
fn in_a_report_of_errors_being_listed_is_the_error() {
    let fine = r#"{"Verified":[{"RelativePath":"/a","TransferStatus":"SUCCESS","VerifyResult":"MISMATCH"}]}"#;
    for part in [SKIPPED, fine] {
        assert_eq!(read(false, &[part]).known, 0);
        assert_eq!(read(true, &[part]).known, 1);
    }
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
        ("two objects", r#"{"Verified":[]} {"Verified":[]}"#),
        ("a number",    "7"),
    ];
    for (name, part) in cases {
        let failed = read(false, &[TRANSFERRED, part]);
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
    assert_eq!(failed.first().len(), SHOWN);
}

/// A gibibyte, made while it is read.
struct Endless<'a> {
    head: &'a [u8],
    piece: &'a [u8],
    left: usize,
    at: usize,
}

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if !self.head.is_empty() {
            return self.head.read(buffer);
        }
        let count = (&self.piece[self.at..]).read(buffer)?.min(self.left);
        self.at = (self.at + count) % self.piece.len();
        self.left -= count;
        Ok(count)
    }
}

#[test]
fn a_part_of_a_gibibyte_fills_no_memory() {
    const GIB: usize = 1 << 30;
    let (a_path, a_member) = (r#"{"Verified":[{"RelativePath":""#, r#"{"Other":""#);
    let (items, item) = (
        r#"{"Verified":[{"RelativePath":"/a"}"#,
        r#",{"RelativePath":"/b"}"#,
    );
    #[rustfmt::skip]
    let cases = [
        ("one endless path",  a_path,   "aaaaaaaa", GIB,      0),
        ("an endless member", a_member, "aaaaaaaa", GIB,      0),
        ("many items, cut",   items,    item,       21 << 16, 2),
    ];
    for (name, head, piece, left, known) in cases {
        let mut gathering = Gathering::new("efs/");
        let part = Endless {
            head: head.as_bytes(),
            piece: piece.as_bytes(),
            left,
            at: 0,
        };
        read_part(&mut gathering, true, name, part);
        let found = gathering.finish();
        assert_eq!((found.count(), found.known), (None, known), "{name}");
    }
}

#[test]
fn an_item_says_why_it_failed() {
    let part = r#"{"Skipped":[{"RelativePath":"/s","SkipReason":"Skipped special file"}],
                   "Transferred":[{"RelativePath":"/p","TransferStatus":"FAILED","ErrorCode":"X","ErrorDetail":"Permission denied"}]}"#;
    let found = read(true, &[part]);
    assert_eq!(
        found.classes,
        [(Class::Permission, 1), (Class::Unsupported, 1)].into()
    );
    assert_eq!(found.first()[0].said, "X: Permission denied");
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
