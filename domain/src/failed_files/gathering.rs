//! Gathers failed files from the task's log and from the parts of its report.
//!
//! The log is taken first: a report may list a file without saying why, and the
//! log then tells. Memory is bounded whatever the two hold.

use super::{Cause, FailedFile, FailedFiles, LogFindings, SHOWN};
use crate::diagnosis::{Class, class_of, recognised_of_file};
use crate::log_line::LogLine;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// The most different files that are counted one by one.
const MOST_COUNTED: usize = 1_000_000;
/// The longest key that S3 takes, in bytes. Source: S3 User Guide, "Naming
/// Amazon S3 objects".
const LONGEST_KEY: usize = 1024;
/// How many lines without a file are kept for the letter.
const LINES_KEPT: usize = 5;

/// Failed files as they are found.
#[derive(Debug)]
pub struct Gathering {
    /// The prefix of the backup in its bucket, with its slash at the end.
    key_prefix: String,
    /// What the log says of a file, and whether that alone means that it failed.
    in_log: HashMap<String, (bool, String)>,
    /// Hashes of the paths that were counted.
    seen: HashSet<u64>,
    hasher: RandomState,
    found: FailedFiles,
    examples: BTreeMap<Class, Vec<FailedFile>>,
}

impl Gathering {
    /// Nothing found yet.
    #[must_use]
    pub fn new(key_prefix: &str) -> Self {
        Gathering {
            key_prefix: key_prefix.to_owned(),
            in_log: HashMap::new(),
            seen: HashSet::new(),
            hasher: RandomState::new(),
            found: FailedFiles::none(),
            examples: BTreeMap::new(),
        }
    }

    /// Takes a line of the log about a problem. All lines go before all items.
    pub fn line(&mut self, line: &str) {
        let log = &mut self.found.log;
        *log.lines.get_or_insert(0) += 1;
        match LogLine::read(line, &self.key_prefix) {
            LogLine::Failed { path, said } => self.said_in_log(&path, true, said),
            LogLine::About { path, said } => self.said_in_log(&path, false, said),
            LogLine::Remark => {}
            LogLine::WithoutFile => self.keep(line),
            LogLine::NotUnderstood => {
                log.not_understood += 1;
                self.keep(line);
            }
        }
    }

    /// The log was asked, and this is all that it had.
    pub fn log_is_read(&mut self) {
        self.found.log.lines.get_or_insert(0);
    }

    /// The log could not be read, or not whole.
    pub fn log_not_read(&mut self, because: String) {
        self.found.log.unread.get_or_insert(because);
    }

    /// Takes a file that the report lists as failed, with what it says of it.
    pub fn item(&mut self, path: &str, said: &str) {
        // The root's path is a slash, which stands in many words.
        let said = match path {
            "" | "/" => said.to_owned(),
            path => said.replace(path, ""),
        };
        let from_log = self.in_log.get(&same(path)).map(|(_, text)| text.clone());
        // Whichever of the two is recognised; the report's own words else.
        let said = [Some(said.clone()), from_log.clone()]
            .into_iter()
            .flatten()
            .find(|text| class_of(text) != Class::Unknown)
            .or(Some(said).filter(|text| !text.is_empty()))
            .or(from_log);
        self.count(path, said.unwrap_or_default());
    }

    /// Takes a failed item of which not even the path is told.
    pub fn nameless(&mut self) {
        self.found.known += 1;
        *self.found.classes.entry(Class::Unknown).or_default() += 1;
    }

    /// Notes why the list is not whole; the first reason stays.
    pub fn not_read(&mut self, because: String) {
        self.found.unread.get_or_insert(because);
    }

    /// What was found. Files that only the log names are counted too: a report
    /// that does not list them is not the whole list.
    #[must_use]
    pub fn finish(mut self) -> FailedFiles {
        let mut in_log: Vec<(String, (bool, String))> = self.in_log.drain().collect();
        in_log.sort();
        let counted = self.found.known;
        for (path, (failed, said)) in in_log {
            if failed {
                self.count(&path, said);
            }
        }
        self.found.log.only_here = self.found.known - counted;
        if self.found.log.only_here > 0 {
            self.not_read("the log names failed files that the task report does not list".into());
        }
        self.found.examples = self.examples.into_values().flatten().collect();
        self.found
    }

    /// What was found where the task writes no report. Then the log alone can
    /// show that no file failed: read to its end, without a problem, and alive, for
    /// an empty one may be one that DataSync may not write.
    #[must_use]
    pub fn without_report(mut self, log_is_alive: bool) -> FailedFiles {
        self.found.from_report = false;
        let log = &self.found.log;
        if !(log_is_alive && log.is_read() && log.lines == Some(0)) {
            self.not_read("the task writes no task report".to_owned());
        }
        self.finish()
    }

    fn said_in_log(&mut self, path: &str, failed: bool, said: String) {
        let known = self.in_log.entry(same(path)).or_default();
        known.0 |= failed;
        if class_of(&known.1) == Class::Unknown {
            known.1 = said;
        }
    }

    fn keep(&mut self, line: &str) {
        let kept = &mut self.found.log.without_file;
        if kept.len() < LINES_KEPT && !kept.iter().any(|known| known == line) {
            kept.push(line.to_owned());
        }
    }

    /// Counts a file once, however often it is named.
    fn count(&mut self, path: &str, said: String) {
        if self.seen.len() == MOST_COUNTED {
            let because = format!("more than {MOST_COUNTED} files failed; they are not counted on");
            return self.not_read(because);
        }
        if !self.seen.insert(self.hasher.hash_one(same(path))) {
            return;
        }
        let said = self.what_counts(path, said);
        let class = class_of(&said);
        self.found.known += 1;
        *self.found.classes.entry(class).or_default() += 1;
        if let Some(rule) = recognised_of_file(&said) {
            let cause = self.found.causes.entry(rule.id).or_insert(Cause {
                files: 0,
                said: said.clone(),
            });
            cause.files += 1;
        }
        let examples = self.examples.entry(class).or_default();
        if examples.len() < SHOWN {
            examples.push(FailedFile {
                path: path.to_owned(),
                class,
                said,
            });
        }
    }

    /// A path that is too long cannot be copied, whatever is said of it.
    fn what_counts(&self, path: &str, said: String) -> String {
        let key = self.key_prefix.len() + path.trim_start_matches('/').len();
        if key > LONGEST_KEY && class_of(&said) != Class::KeyTooLong {
            return format!("the key is longer than {LONGEST_KEY} bytes: {key}");
        }
        said
    }
}

impl LogFindings {
    /// Whether the log was read to its end.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.lines.is_some() && self.unread.is_none()
    }
}

/// The form in which a path of the report equals one of the log, where a line
/// break may be written out.
fn same(path: &str) -> String {
    if !path.chars().any(char::is_control) {
        return path.to_owned();
    }
    let piece = |character: char| match character.is_control() {
        true => format!("\\x{:02x}", u32::from(character)),
        false => character.to_string(),
    };
    path.chars().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VANISHED: &str = "No such file or directory";

    #[test]
    fn the_log_tells_what_the_report_does_not() {
        let mut gathering = Gathering::new("efs/");
        gathering.line("[ERROR] Failed to open source file /a: Permission denied");
        gathering.line("[WARN] Failed to read metadata for file /b: S3 Head Object Failed");
        gathering.item("/a", "");
        gathering.item("/b", "SourceReadFailed");
        gathering.item("/c", VANISHED);
        let found = gathering.finish();
        assert_eq!(found.count(), Some(3));
        assert_eq!(
            found.classes,
            [
                (Class::Vanished, 1),
                (Class::Permission, 1),
                (Class::S3Denied, 1)
            ]
            .into()
        );
        assert_eq!(found.log.lines, Some(2));
    }

    #[test]
    fn a_file_that_only_the_log_names_is_counted_and_said() {
        let mut gathering = Gathering::new("efs/");
        gathering.line("[ERROR] Failed to open source file /a: Permission denied");
        gathering.line("[WARN] Failed to read metadata for file /b: S3 Get Object Tagging Failed");
        let found = gathering.finish();
        assert_eq!((found.known, found.log.only_here), (1, 1));
        assert_eq!(found.count(), None, "the report lacks it");
    }

    #[test]
    fn without_a_report_only_a_log_without_problems_means_none() {
        let (line, trouble) = ("[WARN] strange", "denied".to_owned());
        let gathered = |fill: &dyn Fn(&mut Gathering)| {
            let mut gathering = Gathering::new("efs/");
            fill(&mut gathering);
            gathering
        };
        #[rustfmt::skip]
        let cases = [
            ("read, nothing in it",  gathered(&Gathering::log_is_read),                            true,  Some(0)),
            ("it may be dead",      gathered(&Gathering::log_is_read),                            false, None),
            ("not asked",            gathered(&|_| {}),                                            true,  None),
            ("denied",               gathered(&|found| found.log_not_read(trouble.clone())),       true,  None),
            ("a line",               gathered(&|found| { found.line(line); found.log_is_read() }), true,  None),
        ];
        for (name, gathering, log_is_alive, count) in cases {
            assert_eq!(
                gathering.without_report(log_is_alive).count(),
                count,
                "{name}"
            );
        }
    }

    #[test]
    fn a_name_with_a_line_break_is_one_file_in_both() {
        let mut gathering = Gathering::new("efs/");
        gathering.line("[ERROR] Failed to open source file /a\\x0ab: Permission denied");
        gathering.item("/a\nb", "");
        let found = gathering.finish();
        assert_eq!(found.count(), Some(1));
        assert_eq!(found.examples[0].class, Class::Permission);
    }

    #[test]
    fn a_name_cannot_choose_its_class() {
        let mut gathering = Gathering::new("efs/");
        gathering.item(
            "/Permission denied",
            "cannot read /Permission denied: strange",
        );
        gathering.line("[ERROR] Failed to open source file /accessdenied kms: Is a directory");
        let found = gathering.finish();
        assert_eq!(found.classes, [(Class::Unknown, 2)].into());
    }

    #[test]
    fn a_long_path_is_too_long_whatever_is_said() {
        let mut gathering = Gathering::new("efs/");
        gathering.item(&format!("/{}", "x".repeat(1020)), "strange");
        gathering.item(&format!("/{}", "x".repeat(1021)), "strange");
        let found = gathering.finish();
        assert_eq!(
            found.classes,
            [(Class::KeyTooLong, 1), (Class::Unknown, 1)].into()
        );
    }

    #[test]
    fn memory_stays_bounded() {
        let mut gathering = Gathering::new("efs/");
        for n in 0..100_000 {
            gathering.item(&format!("/{n}"), VANISHED);
            gathering.line(&format!("[ERROR] something new {n}"));
        }
        let found = gathering.finish();
        assert_eq!(found.count(), Some(100_000));
        assert_eq!(found.examples.len(), SHOWN);
        assert_eq!(found.log.not_understood, 100_000);
        assert_eq!(found.log.without_file.len(), LINES_KEPT);
    }

    fn any_line() -> impl Strategy<Value = String> {
        let path = "/[a-c]";
        prop_oneof![
            path.prop_map(|path| format!("[ERROR] Failed to open source file {path}: {VANISHED}")),
            path.prop_map(|path| format!("[NOTICE] Verification failed <> {path}")),
            path.prop_map(|path| format!("[WARN] Failed to read metadata for file {path}: x")),
            "\\PC{0,40}",
        ]
    }

    proptest! {
        #[test]
        fn every_file_and_every_line_is_counted_once(
            lines in proptest::collection::vec(any_line(), 0..12),
            items in proptest::collection::vec("/[b-f]", 0..12),
        ) {
            let mut gathering = Gathering::new("efs/");
            for line in &lines {
                gathering.line(line);
            }
            for item in &items {
                gathering.item(item, VANISHED);
            }
            let found = gathering.finish();
            let listed: HashSet<&String> = items.iter().collect();
            prop_assert_eq!(found.known, listed.len() as u64 + found.log.only_here);
            prop_assert_eq!(found.classes.values().sum::<u64>(), found.known);
            prop_assert_eq!(found.log.lines.unwrap_or(0), lines.len() as u64);
            prop_assert_eq!(found.is_read(), found.log.only_here == 0);
        }
    }
}
