//! The task's log in Basic mode: lines of text, `[LEVEL] …`. Source of the
//! wordings: `DataSync` User Guide, "Monitoring with `CloudWatch` Logs"; lines
//! marked "ours" have no public source.

use backup_domain::posix_metadata::{FileKind, FileTime, PosixMetadata};

use crate::datasync::options::Options;
use crate::datasync::side::Side;

/// The lines of one execution, as far as its `LogLevel` wants them.
#[derive(Debug)]
pub(super) struct Log {
    level: Level,
    lines: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Off,
    Basic,
    Transfer,
}

impl Log {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            level: match options.get("LogLevel") {
                "BASIC" => Level::Basic,
                "TRANSFER" => Level::Transfer,
                _ => Level::Off,
            },
            lines: vec![],
        }
    }

    /// What went wrong with a file: from `BASIC` on.
    pub(super) fn problem(&mut self, lines: impl IntoIterator<Item = String>) {
        if self.level >= Level::Basic {
            self.lines
                .extend(lines.into_iter().map(|line| one_line(&line)));
        }
    }

    /// What was done with a file: with `TRANSFER` only. Ours.
    pub(super) fn done(&mut self, verb: &str, path: &str) {
        if self.level >= Level::Transfer {
            self.lines
                .push(one_line(&format!("[INFO] {verb} file {path}")));
        }
    }

    pub(super) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }
}

/// `LOGGROUP` streams are named `TASK-EXECUTION` by their ids.
pub(super) fn stream_name(task_id: &str, execution_id: &str) -> String {
    format!("{task_id}-{execution_id}")
}

pub(super) fn open_failed(path: &str, reason: &str) -> String {
    format!("[ERROR] Failed to open source file {path}: {reason}")
}

pub(super) fn metadata_failed(kind: FileKind, path: &str, reason: &str) -> String {
    let what = match kind {
        FileKind::Directory => "directory",
        FileKind::Regular | FileKind::Symlink => "file",
    };
    format!("[ERROR] Failed to read metadata for {what} {path}: {reason}")
}

pub(super) fn head_failed(path: &str) -> String {
    format!("[WARN] Failed to read metadata for file {path}: S3 Head Object Failed")
}

/// AWS's words for metadata that is not there; ours for metadata that makes no
/// sense, without which the file is restored.
pub(super) fn metadata_ignored(path: &str) -> String {
    format!("[WARN] Failed to read metadata for file {path}: No data available")
}

pub(super) fn missing_at_destination(path: &str) -> String {
    format!(
        "[ERROR] Failed to read metadata for destination file {path}: No such file or directory"
    )
}

/// Ours: what cannot be put at the destination.
pub(super) fn not_writable(path: &str, reason: &str) -> String {
    format!("[ERROR] Failed to write file {path}: {reason}")
}

/// Ours: a socket, a pipe or a device.
pub(super) fn special(path: &str) -> String {
    format!("[WARN] Skipped special file {path}: not a file, directory or symbolic link")
}

/// The lines about one mismatch: which sides have the file, then each side.
pub(super) fn mismatch(
    path: &str,
    source: Option<&Side>,
    destination: Option<&Side>,
) -> Vec<String> {
    let sign = match (source, destination) {
        (Some(_), None) => "<",
        (None, Some(_)) => ">",
        _ => "<>",
    };
    let mut lines = vec![format!("[NOTICE] Verification failed {sign} {path}")];
    for (name, side) in [("src", source), ("dst", destination)] {
        let Some(side) = side else { continue };
        lines.push(format!("[NOTICE] {path}   {name}Meta: {}", meta(side)));
        if let Some(sha256) = &side.sha256 {
            lines.push(format!("[NOTICE]   {name}Hash: {sha256}"));
        }
    }
    lines
}

fn meta(side: &Side) -> String {
    // `R` is AWS's; the two other letters are ours.
    let kind = match side.kind {
        FileKind::Regular => 'R',
        FileKind::Directory => 'D',
        FileKind::Symlink => 'L',
    };
    let PosixMetadata {
        mode,
        owner,
        group,
        mtime,
        atime,
    } = &side.metadata;
    let number = |value: Option<u32>| value.map_or("-".to_owned(), |value| value.to_string());
    let time = |value: Option<FileTime>| value.map_or("-".to_owned(), |value| value.to_string());
    format!(
        "type={kind} mode={} uid={} gid={} size={} atime={} mtime={} extAttrsHash=0",
        mode.map_or("-".to_owned(), |mode| format!("0{:o}", mode & 0o7777)),
        number(*owner),
        number(*group),
        side.size,
        time(*atime),
        time(*mtime),
    )
}

/// A file name may hold a line feed; a log line must stay one line.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() {
            true => line.push_str(&format!("\\x{:02x}", u32::from(character))),
            false => line.push(character),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn log(level: &str) -> Log {
        let given = json!({ "LogLevel": level });
        Log::new(
            &Options::default()
                .with(given.as_object(), "options")
                .unwrap(),
        )
    }

    /// Numbers from the guide's example.
    fn side() -> Side {
        let time = |seconds, nanoseconds| {
            Some(FileTime {
                seconds,
                nanoseconds,
            })
        };
        Side {
            kind: FileKind::Regular,
            size: 534_528,
            metadata: PosixMetadata {
                mode: Some(0o100_755),
                owner: Some(65534),
                group: Some(65534),
                mtime: time(1_602_647_222, 222_919_600),
                atime: time(1_633_100_003, 684_349_800),
            },
            sha256: Some("0c50".to_owned()),
        }
    }

    #[test]
    fn the_level_decides_what_is_logged() {
        #[rustfmt::skip]
        let cases = [
            ("OFF",      vec![]),
            ("BASIC",    vec!["[ERROR] Failed to open source file /a: why"]),
            ("TRANSFER", vec!["[ERROR] Failed to open source file /a: why", "[INFO] Transferred file /b"]),
        ];
        for (level, expected) in cases {
            let mut log = log(level);
            log.problem([open_failed("/a", "why")]);
            log.done("Transferred", "/b");
            assert_eq!(log.take(), expected, "{level}");
        }
    }

    #[test]
    fn a_mismatch_reads_like_the_guides_example() {
        assert_eq!(
            mismatch("/d/file1.txt", Some(&side()), Some(&side()))[..3],
            [
                "[NOTICE] Verification failed <> /d/file1.txt",
                "[NOTICE] /d/file1.txt   srcMeta: type=R mode=0755 uid=65534 gid=65534 \
                 size=534528 atime=1633100003/684349800 mtime=1602647222/222919600 extAttrsHash=0",
                "[NOTICE]   srcHash: 0c50",
            ]
        );
        assert_eq!(
            mismatch("/x", None, Some(&side()))[0],
            "[NOTICE] Verification failed > /x"
        );
        assert_eq!(
            mismatch("/x", Some(&side()), None)[0],
            "[NOTICE] Verification failed < /x"
        );
    }

    #[test]
    fn a_line_feed_in_a_name_does_not_make_two_lines() {
        let mut log = log("BASIC");
        log.problem([open_failed("/a\n[ERROR] /b", "why")]);
        assert_eq!(
            log.take(),
            ["[ERROR] Failed to open source file /a\\x0a[ERROR] /b: why"]
        );
    }
}
