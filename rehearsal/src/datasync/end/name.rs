//! What a thing is called: on a file system a path below the location, in a
//! bucket a key below the prefix. A folder's key ends in `/`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The name of a file, a folder or a link, the same on both ends.
///
/// Its path is never empty and has ordinary parts only: it cannot lead out of
/// the folder it is put below. Names sort parents before their children and
/// siblings by the bytes of their names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    path: PathBuf,
    pub is_directory: bool,
}

impl Name {
    /// The name of what a listing of a folder showed.
    pub(crate) fn new(path: impl Into<PathBuf>, is_directory: bool) -> Self {
        Self {
            path: path.into(),
            is_directory,
        }
    }

    /// The name that an object's relative key stands for, or why it stands for
    /// none.
    pub(crate) fn from_key(key: &str) -> Result<Self, &'static str> {
        let path = key.strip_suffix('/').unwrap_or(key);
        for part in path.split('/') {
            match part {
                "" => return Err("the object key begins with `/` or has an empty part"),
                "." | ".." => return Err("the object key has a part `.` or `..`"),
                _ if part.contains('\0') => return Err("the object key has a NUL character"),
                _ => {}
            }
        }
        Ok(Self::new(path, path.len() < key.len()))
    }

    /// The object's relative key; none where the name is not UTF-8, which a key
    /// has to be.
    pub(crate) fn key(&self) -> Option<String> {
        let path = self.path.to_str()?;
        Some(match self.is_directory {
            true => format!("{path}/"),
            false => path.to_owned(),
        })
    }

    /// Without a leading `/`.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that it lies in; none where that is the location itself.
    pub(crate) fn parent(&self) -> Option<Self> {
        let parent = self.path.parent()?;
        (parent != Path::new("")).then(|| Self::new(parent, true))
    }

    /// The path without what leads to it.
    pub(crate) fn last_part(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    /// For people and reports: `/a/b`, with bytes that are not UTF-8 as `\xNN`.
    pub(crate) fn shown(&self) -> String {
        let mut shown = "/".to_owned();
        for chunk in self.path.as_os_str().as_bytes().utf8_chunks() {
            shown.push_str(chunk.valid());
            for byte in chunk.invalid() {
                shown.push_str(&format!("\\x{byte:02x}"));
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_path_or_is_refused() {
        #[rustfmt::skip]
        let cases = [
            ("a file",             "a/b.txt",      Some(("a/b.txt", false))),
            ("a folder",           "a/b/",         Some(("a/b", true))),
            ("a line feed",        "a\nb",         Some(("a\nb", false))),
            ("three dots",         "...",          Some(("...", false))),
            ("a hidden file",      ".a",           Some((".a", false))),
            ("a backslash",        "..\\a",        Some(("..\\a", false))),
            ("nothing",            "",             None),
            ("the root",           "/",            None),
            ("absolute",           "/etc/passwd",  None),
            ("up",                 "../a",         None),
            ("up and nothing",     "..",           None),
            ("up as a folder",     "../",          None),
            ("up in the middle",   "a/../../b",    None),
            ("up at the end",      "a/..",         None),
            ("here",               "./a",          None),
            ("an empty part",      "a//b",         None),
            ("two slashes at the end", "a//",      None),
            ("a NUL",              "a\0b",         None),
        ];
        for (name, key, expected) in cases {
            let read = Name::from_key(key).ok();
            let found = read
                .as_ref()
                .map(|read| (read.path.to_str().unwrap(), read.is_directory));
            assert_eq!(found, expected, "{name}");
            if let Some(read) = read {
                assert_eq!(read.key().as_deref(), Some(key), "{name}");
            }
        }
    }

    #[test]
    fn a_name_that_is_not_utf8_has_no_key_and_is_shown_escaped() {
        let name = Name::new(OsStr::from_bytes(b"d\xc3\xa9/bad-\xff.txt"), false);
        assert_eq!(name.key(), None);
        assert_eq!(name.shown(), "/d\u{e9}/bad-\\xff.txt");
    }

    #[test]
    fn a_parent_comes_before_what_lies_in_it() {
        let mut names =
            ["b.txt", "b/c/deep", "b/c/", "b/", "b", "A"].map(|key| Name::from_key(key).unwrap());
        names.sort();
        let keys = names.map(|name| name.key().unwrap());
        assert_eq!(keys, ["A", "b", "b/", "b/c/", "b/c/deep", "b.txt"]);
        assert_eq!(
            Name::from_key("b/c/deep").unwrap().parent(),
            Some(Name::new("b/c", true))
        );
        assert_eq!(Name::from_key("b").unwrap().parent(), None);
    }
}
