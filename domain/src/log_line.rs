//! Reads one line of a task's log in Basic mode, which is text for people:
//! `[LEVEL] words PATH: reason`.
//!
//! Source of the wordings: DataSync User Guide, "Monitoring transfers with
//! CloudWatch Logs". What is worded otherwise is called not understood, and is
//! counted and shown, never dropped.

/// What one line tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogLine {
    /// A file failed. `said` is the line without the path.
    Failed {
        /// Its path on the EFS.
        path: String,
        /// Why.
        said: String,
    },
    /// Something was wrong with a file that may have been copied all the same.
    About {
        /// Its path on the EFS.
        path: String,
        /// What was wrong.
        said: String,
    },
    /// It says nothing about a failure, or only goes on with a line before it.
    Remark,
    /// Understood, but it names no file.
    WithoutFile,
    /// Worded in no way that is known here.
    NotUnderstood,
}

/// What stands before a path, up to a colon and a reason behind it.
const BEFORE_A_PATH: [&str; 8] = [
    "Failed to open source file ",
    "Failed to read metadata for destination file ",
    "Failed to read metadata for destination directory ",
    "Failed to read metadata for file ",
    "Failed to read metadata for directory ",
    "Failed to write file ",
    "Failed to delete file ",
    "Skipped special file ",
];

/// Reasons that hold a colon themselves.
const LONG_REASONS: [&str; 1] = ["S3 Get Object Tagging Failed: proceeding without tagging"];

impl LogLine {
    /// Reads a line. `key_prefix` is the prefix of the backup in its bucket.
    #[must_use]
    pub fn read(line: &str, key_prefix: &str) -> LogLine {
        let Some((level, text)) = leveled(line) else {
            return LogLine::NotUnderstood;
        };
        let read = verification(text)
            .or_else(|| of_s3(text, key_prefix))
            .or_else(|| with_reason(text))
            .or_else(|| continued(text).filter(|_| level == "NOTICE"));
        match (read, level) {
            (Some(LogLine::Failed { path, said }), "ERROR" | "NOTICE") => {
                LogLine::Failed { path, said }
            }
            (Some(LogLine::Failed { path, said }), _) => LogLine::About { path, said },
            (Some(other), _) => other,
            (None, "INFO") => LogLine::Remark,
            (None, _) => LogLine::NotUnderstood,
        }
    }
}

fn leveled(line: &str) -> Option<(&str, &str)> {
    let (level, text) = line.trim_end().strip_prefix('[')?.split_once("] ")?;
    let known = ["INFO", "NOTICE", "WARN", "ERROR"].contains(&level);
    known.then_some((level, text))
}

/// `Verification failed <> /path`: both sides, or one of them, differ.
fn verification(text: &str) -> Option<LogLine> {
    let rest = text.strip_prefix("Verification failed ")?;
    let (sign, path) = rest.split_once(' ')?;
    let is_path = ["<>", "<", ">"].contains(&sign) && path.starts_with('/');
    is_path.then(|| LogLine::Failed {
        path: path.to_owned(),
        said: format!("Verification failed {sign}"),
    })
}

/// `/path   srcMeta: …` and `  srcHash: …` belong to the line before.
fn continued(text: &str) -> Option<LogLine> {
    let parts = ["srcMeta: ", "dstMeta: ", "srcHash: ", "dstHash: "];
    let is_part = parts.iter().any(|part| text.contains(part));
    is_part.then_some(LogLine::Remark)
}

/// `S3 Exception: op=OPERATION KEY, code=403, …`
fn of_s3(text: &str, key_prefix: &str) -> Option<LogLine> {
    let rest = text.strip_prefix("S3 Exception: op=")?;
    let (operation, rest) = rest.split_once(' ')?;
    let (key, why) = rest.rsplit_once(", code=")?;
    let said = format!("S3 Exception: op={operation}, code={why}");
    let Some(path) = key.strip_prefix(key_prefix) else {
        return Some(LogLine::WithoutFile);
    };
    let path = format!("/{}", path.trim_end_matches('/'));
    // DataSync may go on without tags.
    Some(match operation {
        "GetObjectTagging" => LogLine::About { path, said },
        _ => LogLine::Failed { path, said },
    })
}

fn with_reason(text: &str) -> Option<LogLine> {
    let before = BEFORE_A_PATH
        .iter()
        .find(|words| text.starts_with(**words))?;
    let rest = &text[before.len()..];
    let (path, reason) = LONG_REASONS
        .iter()
        .find_map(|reason| Some((rest.strip_suffix(reason)?.strip_suffix(": ")?, *reason)))
        .or_else(|| rest.rsplit_once(": "))?;
    if reason.ends_with("proceeding without tagging") {
        return Some(LogLine::Remark);
    }
    path.starts_with('/').then(|| LogLine::Failed {
        path: without_version(path).to_owned(),
        said: format!("{}: {reason}", before.trim_end()),
    })
}

/// `/path (versionId: …)`
fn without_version(path: &str) -> &str {
    match path.rsplit_once(" (versionId: ") {
        Some((before, id)) if id.ends_with(')') => before,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn failed(path: &str, said: &str) -> LogLine {
        LogLine::Failed {
            path: path.to_owned(),
            said: said.to_owned(),
        }
    }

    fn about(path: &str, said: &str) -> LogLine {
        LogLine::About {
            path: path.to_owned(),
            said: said.to_owned(),
        }
    }

    #[test]
    fn every_wording_of_the_guide_is_understood() {
        #[rustfmt::skip]
        let cases = [
            ("[NOTICE] Verification failed <> /d/file1.txt",                     failed("/d/file1.txt", "Verification failed <>")),
            ("[NOTICE] Verification failed > /d/only here.txt",                  failed("/d/only here.txt", "Verification failed >")),
            ("[NOTICE] /d/f.txt   srcMeta: type=R mode=0755 uid=65534",          LogLine::Remark),
            ("[NOTICE]   dstHash: dbd798929f11a7c0201e97f7a61191a8",             LogLine::Remark),
            ("[ERROR] Failed to open source file /file1.dll: No such file or directory",
                failed("/file1.dll", "Failed to open source file: No such file or directory")),
            ("[ERROR] Failed to read metadata for destination file /d/f.txt: No such file or directory",
                failed("/d/f.txt", "Failed to read metadata for destination file: No such file or directory")),
            ("[WARN] Failed to read metadata for file /f.png: S3 Head Object Failed",
                about("/f.png", "Failed to read metadata for file: S3 Head Object Failed")),
            ("[WARN] Failed to read metadata for file /p.png (versionId: 111111): S3 Get Object Tagging Failed",
                about("/p.png", "Failed to read metadata for file: S3 Get Object Tagging Failed")),
            ("[WARN] Failed to read metadata for file /b/o: S3 Get Object Tagging Failed: proceeding without tagging", LogLine::Remark),
            ("[ERROR] S3 Exception: op=GetObjectTagging efs/photos/p 1.png, code=403, type=15, exception=AccessDenied, msg=Access Denied req-hdrs: x=y",
                about("/photos/p 1.png", "S3 Exception: op=GetObjectTagging, code=403, type=15, exception=AccessDenied, msg=Access Denied req-hdrs: x=y")),
            ("[ERROR] S3 Exception: op=PutObject efs/a/, code=403, type=15, exception=AccessDenied, msg=x",
                failed("/a", "S3 Exception: op=PutObject, code=403, type=15, exception=AccessDenied, msg=x")),
            ("[ERROR] S3 Exception: op=PutObject other/a, code=403, type=15, exception=AccessDenied, msg=x", LogLine::WithoutFile),
            ("[WARN] Failed to read metadata for file /a/symlink: No data available",
                about("/a/symlink", "Failed to read metadata for file: No data available")),
            ("[ERROR] Failed to read metadata for directory /a/symlink: No data available",
                failed("/a/symlink", "Failed to read metadata for directory: No data available")),
            ("[INFO] Transferred file /b",                                       LogLine::Remark),
            ("[ERROR] Failed to open source file /a srcMeta: b: Permission denied",
                failed("/a srcMeta: b", "Failed to open source file: Permission denied")),
        ];
        for (line, expected) in cases {
            assert_eq!(LogLine::read(line, "efs/"), expected, "{line}");
        }
    }

    #[test]
    fn other_wordings_are_called_not_understood() {
        #[rustfmt::skip]
        let cases = [
            "",
            "no level at all",
            "[FATAL] Failed to open source file /a: x",
            "[ERROR] Deferred error: WriteFileExtAttr2 failed to setextattrlist(filename=\"/d/f\"): Input/output error",
            "[ERROR] Failed to open source file /a",
            "[ERROR] something about /a srcMeta: b",
            "[NOTICE] Verification failed /a",
            r#"{"Action":"VERIFY","ErrorCode":"FileNotAtSource"}"#,
        ];
        for line in cases {
            assert_eq!(
                LogLine::read(line, "efs/"),
                LogLine::NotUnderstood,
                "{line}"
            );
        }
    }

    #[test]
    fn a_colon_in_a_name_stays_in_the_name() {
        let line = "[ERROR] Failed to open source file /a: b: Permission denied";
        let said = "Failed to open source file: Permission denied";
        assert_eq!(LogLine::read(line, "efs/"), failed("/a: b", said));
    }

    proptest! {
        #[test]
        fn whatever_is_logged_a_path_is_a_path(
            words in prop::sample::select(BEFORE_A_PATH.to_vec()),
            rest in "\\PC{0,200}",
            prefix in "[a-z]{0,3}/?",
        ) {
            for line in [rest.clone(), format!("[ERROR] {words}{rest}"), format!("[ERROR] S3 Exception: op=X {rest}")] {
                if let LogLine::Failed { path, .. } | LogLine::About { path, .. } = LogLine::read(&line, &prefix) {
                    prop_assert!(path.starts_with('/'), "{line}");
                }
            }
        }

        #[test]
        fn what_is_said_never_holds_the_name(name in "[a-zA-Z0-9 ]{8,20}") {
            let line = format!("[ERROR] Failed to open source file /{name}: Permission denied");
            let expected = failed(&format!("/{name}"), "Failed to open source file: Permission denied");
            prop_assert_eq!(LogLine::read(&line, "efs/"), expected);
        }
    }
}
