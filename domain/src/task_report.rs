//! Reads the parts of a task report: which files failed, and why.
//!
//! A detailed report lies under `Detailed-Reports/TASK/EXECUTION/` as files
//! `EXECUTION.files-KIND-v1-NNNNN-HEX.json`, each with a list of items below a
//! key named after its kind. Source: DataSync User Guide, "Monitoring your data
//! transfers with task reports"; the items' fields are not documented, so every
//! one of them is optional here.

use crate::failed_files::Gathering;
use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::cell::Cell;
use std::fmt;
use std::io::{BufReader, Read};
use std::rc::Rc;

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

/// The most bytes that one item may take. A path has 4,096 at most; what is longer
/// is no item, and must not fill the memory.
const LONGEST_ITEM: u64 = 1024 * 1024;

const KINDS: [&str; 4] = ["Transferred", "Verified", "Skipped", "Deleted"];
const STATUS_FIELDS: [&str; 5] = [
    "TransferStatus",
    "VerifyStatus",
    "SkipStatus",
    "DeleteStatus",
    "Status",
];
const ERROR_FIELDS: [&str; 6] = [
    "ErrorCode",
    "FailureCode",
    "ErrorDetail",
    "FailureReason",
    "SkipReason",
    "Reason",
];

/// Takes the failed files of one part, item by item, however long it is.
///
/// `errors_only` is the level of the report (`ReportLevel ERRORS_ONLY`): then
/// being listed is the error. What cannot be read makes the list count as not
/// read; the items before it stay.
pub fn read_part(gathering: &mut Gathering, errors_only: bool, name: &str, part: impl Read) {
    let room = Rc::new(Cell::new(LONGEST_ITEM));
    let source = Bounded {
        source: BufReader::new(part),
        room: Rc::clone(&room),
    };
    let mut json = serde_json::Deserializer::from_reader(source);
    let lists = Lists {
        items: Items {
            gathering,
            errors_only,
            room: &room,
        },
        name,
    };
    let read = (&mut json).deserialize_map(lists).and_then(|()| json.end());
    if let Err(error) = read {
        gathering.not_read(format!(
            "part {name} of the task report is not readable: {error}"
        ));
    }
}

/// A source that ends with an error where one item takes more than its room.
struct Bounded<R> {
    source: R,
    room: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(buffer)?;
        let left = self.room.get().checked_sub(count as u64);
        self.room.set(left.ok_or_else(|| {
            std::io::Error::other(format!("one item is longer than {LONGEST_ITEM} bytes"))
        })?);
        Ok(count)
    }
}

/// The object of a part: lists by their kind, beside other members.
struct Lists<'a> {
    items: Items<'a>,
    name: &'a str,
}

impl<'de> Visitor<'de> for Lists<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with lists of files")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let (mut known, name) = (0, self.name);
        while let Some(kind) = map.next_key::<String>()? {
            let is_known = KINDS.contains(&kind.as_str());
            let is_list = map.next_value_seed(List {
                items: is_known.then_some(&mut self.items),
            })?;
            known += u32::from(is_known && is_list);
            // A list that we do not know, or no list where one must be.
            if is_list != is_known {
                self.items.gathering.not_read(format!(
                    "part {name} of the task report has a strange {kind}"
                ));
            }
        }
        if known == 0 {
            self.items.gathering.not_read(format!(
                "part {name} of the task report has no list that we know"
            ));
        }
        Ok(())
    }
}

/// A member of a part: whether it is a list. Its items are taken where they are
/// wanted.
struct List<'l, 'a> {
    items: Option<&'l mut Items<'a>>,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, member: D) -> Result<bool, D::Error> {
        member.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of files")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let Some(items) = self.items else {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(true);
        };
        while let Some(item) = list.next_element::<Value>()? {
            items.take(&item);
        }
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
}

/// Takes items one by one.
struct Items<'a> {
    gathering: &'a mut Gathering,
    errors_only: bool,
    room: &'a Cell<u64>,
}

impl Items<'_> {
    fn take(&mut self, item: &Value) {
        self.room.set(LONGEST_ITEM);
        if !self.is_failed(item) {
            return;
        }
        match item.get("RelativePath").and_then(Value::as_str) {
            Some(path) => self.gathering.item(path, &said(item)),
            None => self.gathering.nameless(),
        }
    }

    /// In a report of errors only, being listed is the error. In another one an item
    /// failed if a status says anything but SUCCESS or an error is named.
    fn is_failed(&self, item: &Value) -> bool {
        let bad_status = STATUS_FIELDS
            .iter()
            .filter_map(|field| item.get(field)?.as_str())
            .any(|status| status != "SUCCESS");
        let error = ERROR_FIELDS.iter().take(4).any(|field| {
            item.get(field)
                .is_some_and(|value| !value.is_null() && value != "")
        });
        self.errors_only || bad_status || error
    }
}

/// What an item says of its failure, in the fields that public readers know.
fn said(item: &Value) -> String {
    let texts: Vec<&str> = ERROR_FIELDS
        .iter()
        .filter_map(|field| item.get(field)?.as_str())
        .filter(|text| !text.is_empty())
        .collect();
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::Class;
    use crate::failed_files::{FailedFiles, SHOWN};

    const VERIFIED: &str = include_str!("../tests/task-report/files-verified.json");
    const TRANSFERRED: &str = include_str!("../tests/task-report/files-transferred.json");
    const SKIPPED: &str = include_str!("../tests/task-report/files-skipped.json");
    const DELETED: &str = include_str!("../tests/task-report/files-deleted.json");
    const ENHANCED: &str = include_str!("../tests/task-report/enhanced-mode.json");

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
}
