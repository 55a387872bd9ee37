//! How `DataSync` keeps a file's type, mode, owner and times in the user
//! metadata of an S3 object. Written by the copy, read back by the restore.

use std::collections::BTreeMap;
use std::fmt;

/// Octal `st_mode` with its type bits, such as `0100644`.
pub const PERMISSIONS_KEY: &str = "file-permissions";
/// Numeric user id.
pub const OWNER_KEY: &str = "file-owner";
/// Numeric group id.
pub const GROUP_KEY: &str = "file-group";
/// Modification time.
pub const MTIME_KEY: &str = "file-mtime";
/// Access time; `DataSync` keeps it on a best-effort basis.
pub const ATIME_KEY: &str = "file-atime";

/// What `DataSync` gives a file whose object does not say. Source: `DataSync` User
/// Guide, "Default POSIX metadata applied by `DataSync`".
const DEFAULT_OWNER: u32 = 65534;
const DEFAULT_PERMISSIONS: u32 = 0o755;

const TYPE_BITS: u32 = 0o170_000;
const PERMISSION_BITS: u32 = 0o7777;
const NANOSECONDS_PER_SECOND: u32 = 1_000_000_000;

/// What one object's metadata says about the file it was copied from.
///
/// A field is `None` where the object does not carry it: a task may be told to
/// drop it, and an object written by somebody else has none. Unknown is never 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PosixMetadata {
    /// `st_mode`: type and permission bits.
    pub mode: Option<u32>,
    /// User id.
    pub owner: Option<u32>,
    /// Group id.
    pub group: Option<u32>,
    /// Modification time.
    pub mtime: Option<FileTime>,
    /// Access time.
    pub atime: Option<FileTime>,
}

/// The types of file that can be an S3 object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// A file with content.
    Regular,
    /// An empty object whose key ends in `/`.
    Directory,
    /// An object that holds the path the link points to.
    Symlink,
}

/// A point in time as `stat(2)` gives it: whole seconds since 1970, which may
/// be negative, and nanoseconds counted forward from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// 0 to 999,999,999.
    pub nanoseconds: u32,
}

/// A metadata value that is present but is not what its key promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("object metadata `{key}` is not {expected}: `{value}`")]
pub struct MalformedMetadata {
    /// The metadata key.
    pub key: &'static str,
    /// What the value should have been.
    pub expected: &'static str,
    /// The value as it was found.
    pub value: String,
}

impl PosixMetadata {
    /// The user metadata (without the `x-amz-meta-` prefix) that says the same.
    ///
    /// Times are written `seconds/nanoseconds`, as the `DataSync` user guide
    /// shows them for an S3 object ("Monitoring with `CloudWatch` Logs").
    pub fn encode(&self) -> BTreeMap<&'static str, String> {
        [
            // Seven digits, so that a directory (0040755) begins with 0 as well.
            (PERMISSIONS_KEY, self.mode.map(|mode| format!("{mode:07o}"))),
            (OWNER_KEY, self.owner.map(|owner| owner.to_string())),
            (GROUP_KEY, self.group.map(|group| group.to_string())),
            (MTIME_KEY, self.mtime.map(|time| time.to_string())),
            (ATIME_KEY, self.atime.map(|time| time.to_string())),
        ]
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| (key, value)))
        .collect()
    }

    /// Reads user metadata; `lookup` gives the value of a key, if there is one.
    ///
    /// # Errors
    ///
    /// [`MalformedMetadata`] names the first value that cannot be read. Missing
    /// values are no error.
    pub fn decode<'a>(
        lookup: impl Fn(&'static str) -> Option<&'a str>,
    ) -> Result<Self, MalformedMetadata> {
        let whole_number = "a whole number from 0 to 4294967295";
        Ok(Self {
            mode: read(&lookup, PERMISSIONS_KEY, "an octal file mode", octal)?,
            owner: read(&lookup, OWNER_KEY, whole_number, decimal)?,
            group: read(&lookup, GROUP_KEY, whole_number, decimal)?,
            mtime: read(&lookup, MTIME_KEY, "a time", FileTime::parse)?,
            atime: read(&lookup, ATIME_KEY, "a time", FileTime::parse)?,
        })
    }

    /// The type of the file, where the mode is known and can be an object.
    ///
    /// Hand-written metadata often leaves the type bits out (`0755`); such a
    /// mode is a regular file's.
    pub fn kind(&self) -> Option<FileKind> {
        match self.mode? & TYPE_BITS {
            0o100_000 | 0 => Some(FileKind::Regular),
            0o040_000 => Some(FileKind::Directory),
            0o120_000 => Some(FileKind::Symlink),
            _ => None,
        }
    }

    /// The metadata of the file that a restore makes: owner, group and mode where
    /// the object does not say are `DataSync`'s own; the mode's type is `kind`'s.
    #[must_use]
    pub fn of_restored(&self, kind: FileKind) -> Self {
        let permissions = match kind {
            // A link's own permissions cannot be chosen.
            FileKind::Symlink => 0o777,
            _ => self
                .mode
                .map_or(DEFAULT_PERMISSIONS, |mode| mode & PERMISSION_BITS),
        };
        Self {
            mode: Some(kind.type_bits() | permissions),
            owner: self.owner.or(Some(DEFAULT_OWNER)),
            group: self.group.or(Some(DEFAULT_OWNER)),
            ..self.clone()
        }
    }
}

impl FileKind {
    /// The type bits of `st_mode`.
    #[must_use]
    pub fn type_bits(self) -> u32 {
        match self {
            Self::Regular => 0o100_000,
            Self::Directory => 0o040_000,
            Self::Symlink => 0o120_000,
        }
    }
}

impl FileTime {
    /// Reads the three forms that AWS services write or accept:
    /// `seconds/nanoseconds` (`DataSync`), `…ns` (`FSx` for Lustre, S3 Files) and a
    /// bare number, which `FSx` takes for milliseconds.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((seconds, nanoseconds)) = text.split_once('/') {
            let nanoseconds = decimal(nanoseconds)?;
            return (nanoseconds < NANOSECONDS_PER_SECOND).then_some(Self {
                seconds: signed(seconds)?,
                nanoseconds,
            });
        }
        match text.strip_suffix("ns") {
            Some(nanoseconds) => Self::from_units(signed(nanoseconds)?, 1_000_000_000),
            None => Self::from_units(signed(text)?, 1_000),
        }
    }

    fn from_units(units: i64, per_second: i64) -> Option<Self> {
        let nanoseconds = units.rem_euclid(per_second) * (1_000_000_000 / per_second);
        Some(Self {
            seconds: units.div_euclid(per_second),
            nanoseconds: u32::try_from(nanoseconds).ok()?,
        })
    }
}

impl fmt::Display for FileTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.seconds, self.nanoseconds)
    }
}

fn read<'a, T>(
    lookup: &impl Fn(&'static str) -> Option<&'a str>,
    key: &'static str,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, MalformedMetadata> {
    let Some(value) = lookup(key) else {
        return Ok(None);
    };
    match parse(value) {
        Some(parsed) => Ok(Some(parsed)),
        None => Err(MalformedMetadata {
            key,
            expected,
            value: value.to_owned(),
        }),
    }
}

fn octal(text: &str) -> Option<u32> {
    digits(text).and_then(|text| u32::from_str_radix(text, 8).ok())
}

fn decimal(text: &str) -> Option<u32> {
    digits(text).and_then(|text| text.parse().ok())
}

fn signed(text: &str) -> Option<i64> {
    digits(text.strip_prefix('-').unwrap_or(text))?;
    text.parse().ok()
}

/// Rust's number parsers take a leading `+`, which no service writes.
fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(pairs: &[(&str, &str)]) -> Result<PosixMetadata, MalformedMetadata> {
        PosixMetadata::decode(|key| pairs.iter().find(|(k, _)| *k == key).map(|(_, v)| *v))
    }

    fn time(seconds: i64, nanoseconds: u32) -> Option<FileTime> {
        Some(FileTime {
            seconds,
            nanoseconds,
        })
    }

    #[test]
    fn a_file_is_encoded_as_datasync_does() {
        let metadata = PosixMetadata {
            mode: Some(0o100_644),
            owner: Some(1000),
            group: Some(48),
            mtime: time(1_602_647_222, 222_919_600),
            atime: None,
        };

        assert_eq!(
            metadata.encode(),
            BTreeMap::from([
                ("file-group", "48".to_owned()),
                ("file-mtime", "1602647222/222919600".to_owned()),
                ("file-owner", "1000".to_owned()),
                ("file-permissions", "0100644".to_owned()),
            ])
        );
    }

    #[test]
    fn times_are_read_in_every_form_a_service_writes() {
        #[rustfmt::skip]
        let cases = [
            ("seconds and nanoseconds",  "1602647222/222919600",  time(1_602_647_222, 222_919_600)),
            ("before 1970",              "-1/999999999",          time(-1, 999_999_999)),
            ("nanoseconds",              "1595002920000000001ns", time(1_595_002_920, 1)),
            ("nanoseconds before 1970",  "-1ns",                  time(-1, 999_999_999)),
            ("milliseconds",             "1595002920123",         time(1_595_002_920, 123_000_000)),
            ("a second has 1e9 of them", "1/1000000000",          None),
            ("no digits",                "/",                     None),
            ("a sign that nobody writes", "+5/0",                 None),
            ("text",                     "2026-11-23T00:00:00Z",  None),
            ("too large",                "99999999999999999999",  None),
        ];
        for (name, text, expected) in cases {
            assert_eq!(FileTime::parse(text), expected, "{name}");
        }
    }

    #[test]
    fn a_foreign_object_has_no_metadata() {
        assert_eq!(decode(&[]), Ok(PosixMetadata::default()));
        assert_eq!(PosixMetadata::default().kind(), None);
    }

    #[test]
    fn a_malformed_value_is_named() {
        let error = decode(&[("file-permissions", "rwxr-xr-x")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "object metadata `file-permissions` is not an octal file mode: `rwxr-xr-x`"
        );
        assert_eq!(
            decode(&[("file-owner", "-1")]).unwrap_err().key,
            "file-owner"
        );
        assert_eq!(
            decode(&[("file-group", "4294967296")]).unwrap_err().key,
            "file-group"
        );
    }

    #[test]
    fn the_mode_tells_the_kind() {
        #[rustfmt::skip]
        let cases = [
            ("0100644", Some(FileKind::Regular)),
            ("100755",  Some(FileKind::Regular)),
            ("0755",    Some(FileKind::Regular)),
            ("0040755", Some(FileKind::Directory)),
            ("0120777", Some(FileKind::Symlink)),
            ("0140755", None),
        ];
        for (mode, kind) in cases {
            let metadata = decode(&[("file-permissions", mode)]).unwrap();
            assert_eq!(metadata.kind(), kind, "{mode}");
        }
    }

    #[test]
    fn what_an_object_does_not_say_is_datasyncs_default() {
        let foreign = PosixMetadata::default();
        #[rustfmt::skip]
        let cases = [
            ("a file",           FileKind::Regular,   None,            0o100_755),
            ("a folder",         FileKind::Directory, None,            0o040_755),
            ("a link",           FileKind::Symlink,   None,            0o120_777),
            ("a mode",           FileKind::Regular,   Some(0o100_640), 0o100_640),
            ("a setuid bit",     FileKind::Regular,   Some(0o104_755), 0o104_755),
            ("no type bits",     FileKind::Directory, Some(0o700),     0o040_700),
        ];
        for (name, kind, mode, expected) in cases {
            let said = PosixMetadata {
                mode,
                ..foreign.clone()
            };
            let restored = said.of_restored(kind);
            assert_eq!(restored.mode, Some(expected), "{name}");
            assert_eq!(
                (restored.owner, restored.group),
                (Some(65534), Some(65534)),
                "{name}"
            );
            assert_eq!(restored.mtime, None, "{name}: a time is not made up");
        }
        let owned = PosixMetadata {
            owner: Some(0),
            ..foreign
        };
        assert_eq!(owned.of_restored(FileKind::Regular).owner, Some(0));
    }

    prop_compose! {
        fn any_time()(seconds in any::<i64>(), nanoseconds in 0..NANOSECONDS_PER_SECOND) -> FileTime {
            FileTime { seconds, nanoseconds }
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(
            mode in any::<Option<u32>>(),
            owner in any::<Option<u32>>(),
            group in any::<Option<u32>>(),
            mtime in proptest::option::of(any_time()),
            atime in proptest::option::of(any_time()),
        ) {
            let metadata = PosixMetadata { mode, owner, group, mtime, atime };
            let encoded = metadata.encode();
            prop_assert!(encoded.values().all(|value| value.is_ascii()));
            let decoded = PosixMetadata::decode(|key| encoded.get(key).map(String::as_str));
            prop_assert_eq!(decoded, Ok(metadata));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = decode(&[("file-permissions", &text), ("file-mtime", &text)]);
        }
    }
}
