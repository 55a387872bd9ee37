//! A task's `Options`: what may be chosen, what is the default, what does not go
//! together. Source: `DataSync` API Reference, `Options`.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::datasync::error::ApiError;

/// (member, default of Basic mode, all values)
type Choice = (&'static str, &'static str, &'static [&'static str]);

#[rustfmt::skip]
const CHOICES: [Choice; 14] = [
    ("VerifyMode",           "POINT_IN_TIME_CONSISTENT", &["POINT_IN_TIME_CONSISTENT", "ONLY_FILES_TRANSFERRED", "NONE"]),
    ("OverwriteMode",        "ALWAYS",      &["ALWAYS", "NEVER"]),
    ("Atime",                "BEST_EFFORT", &["NONE", "BEST_EFFORT"]),
    ("Mtime",                "PRESERVE",    &["NONE", "PRESERVE"]),
    ("Uid",                  "INT_VALUE",   &["NONE", "INT_VALUE", "NAME", "BOTH"]),
    ("Gid",                  "INT_VALUE",   &["NONE", "INT_VALUE", "NAME", "BOTH"]),
    ("PreserveDeletedFiles", "PRESERVE",    &["PRESERVE", "REMOVE"]),
    ("PreserveDevices",      "NONE",        &["NONE", "PRESERVE"]),
    ("PosixPermissions",     "PRESERVE",    &["NONE", "PRESERVE"]),
    ("TaskQueueing",         "ENABLED",     &["ENABLED", "DISABLED"]),
    ("LogLevel",             "OFF",         &["OFF", "BASIC", "TRANSFER"]),
    ("TransferMode",         "CHANGED",     &["CHANGED", "ALL"]),
    ("SecurityDescriptorCopyFlags", "NONE", &["NONE", "OWNER_DACL", "OWNER_DACL_SACL"]),
    ("ObjectTags",           "PRESERVE",    &["PRESERVE", "NONE"]),
];

/// Values that AWS refuses for EFS: they belong to SMB or HDFS locations, and
/// EFS has no devices to copy.
const NOT_FOR_EFS: [(&str, &[&str]); 4] = [
    ("Uid", &["NAME", "BOTH"]),
    ("Gid", &["NAME", "BOTH"]),
    ("PreserveDevices", &["PRESERVE"]),
    (
        "SecurityDescriptorCopyFlags",
        &["OWNER_DACL", "OWNER_DACL_SACL"],
    ),
];

/// The effective options of a task or an execution; every member has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Options {
    chosen: BTreeMap<&'static str, &'static str>,
    /// −1 is unlimited. Kept and shown; the local transfer is not throttled,
    /// which changes nothing but its duration.
    bytes_per_second: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            chosen: CHOICES.map(|(member, default, _)| (member, default)).into(),
            bytes_per_second: -1,
        }
    }
}

impl Options {
    /// These options with the given members replaced; `path` names the given
    /// structure in an error (`options`, `overrideOptions`).
    pub(super) fn with(
        &self,
        given: Option<&Map<String, Value>>,
        path: &str,
    ) -> Result<Self, ApiError> {
        let mut options = self.clone();
        let Some(given) = given else {
            return Ok(options);
        };
        for (member, _, allowed) in CHOICES {
            if let Some(value) = given.get(member).filter(|value| !value.is_null()) {
                let chosen = choose(value, allowed, &member_path(path, member))?;
                options.chosen.insert(member, chosen);
            }
        }
        if let Some(value) = given.get("BytesPerSecond").filter(|value| !value.is_null()) {
            options.bytes_per_second = bytes_per_second(value, path)?;
        }
        options.check_combinations()?;
        Ok(options)
    }

    /// The value of a member of [`CHOICES`].
    pub(super) fn get(&self, member: &str) -> &'static str {
        self.chosen.get(member).copied().unwrap_or_default()
    }

    pub(super) fn is(&self, member: &str, value: &str) -> bool {
        self.get(member) == value
    }

    fn check_combinations(&self) -> Result<(), ApiError> {
        if self.is("TransferMode", "ALL") && self.is("PreserveDeletedFiles", "REMOVE") {
            return Err(invalid_option(
                "TransferMode,PreserveDeletedFiles",
                "ALL,REMOVE",
            ));
        }
        if self.is("Atime", "NONE") != self.is("Mtime", "NONE") {
            let pair = format!("{},{}", self.get("Atime"), self.get("Mtime"));
            return Err(invalid_option("Atime,Mtime", &pair));
        }
        for (member, refused) in NOT_FOR_EFS {
            if refused.contains(&self.get(member)) {
                return Err(invalid_option(member, self.get(member)));
            }
        }
        Ok(())
    }
}

impl Serialize for Options {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.chosen.len() + 1))?;
        for (member, value) in &self.chosen {
            map.serialize_entry(member, value)?;
        }
        map.serialize_entry("BytesPerSecond", &self.bytes_per_second)?;
        map.end()
    }
}

fn choose(
    value: &Value,
    allowed: &'static [&'static str],
    path: &str,
) -> Result<&'static str, ApiError> {
    let text = value.as_str().unwrap_or_default();
    match allowed.iter().find(|allowed| **allowed == text) {
        Some(chosen) => Ok(chosen),
        None => Err(ApiError::not_one_of(path, text, allowed)),
    }
}

fn bytes_per_second(value: &Value, path: &str) -> Result<i64, ApiError> {
    value.as_i64().filter(|rate| *rate >= -1).ok_or_else(|| {
        ApiError::Validation(format!(
            "Value '{value}' at '{path}.bytesPerSecond' failed to satisfy constraint: \
             Member must have value greater than or equal to -1"
        ))
    })
}

fn member_path(path: &str, member: &str) -> String {
    let (first, rest) = member.split_at(1);
    format!("{path}.{}{rest}", first.to_lowercase())
}

/// AWS's text; source: error messages in public reports.
fn invalid_option(option: &str, value: &str) -> ApiError {
    ApiError::invalid(
        "InvalidSyncOption",
        format!("Invalid SyncOption value. Option: {option}, Value: {value}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(given: Value) -> Result<Options, String> {
        Options::default()
            .with(given.as_object(), "options")
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_default_is_one_of_the_values() {
        for (member, default, allowed) in CHOICES {
            assert!(allowed.contains(&default), "{member}");
        }
    }

    #[test]
    fn given_members_replace_and_the_others_stay() {
        let options = with(json!({"VerifyMode": "NONE", "BytesPerSecond": 1024})).unwrap();
        assert_eq!(options.get("VerifyMode"), "NONE");
        assert_eq!(options.get("TransferMode"), "CHANGED");
        let shown = serde_json::to_value(&options).unwrap();
        assert_eq!(shown["BytesPerSecond"], 1024);
        assert_eq!(shown.as_object().unwrap().len(), 15);
        assert_eq!(
            Options::default().with(None, "options").unwrap(),
            Options::default()
        );
    }

    #[test]
    fn what_aws_refuses_is_refused_in_its_words() {
        #[rustfmt::skip]
        let cases = [
            (json!({"TransferMode": "ALL", "PreserveDeletedFiles": "REMOVE"}),
             "Invalid SyncOption value. Option: TransferMode,PreserveDeletedFiles, Value: ALL,REMOVE."),
            (json!({"Mtime": "NONE"}),
             "Invalid SyncOption value. Option: Atime,Mtime, Value: BEST_EFFORT,NONE."),
            (json!({"Uid": "NAME"}),
             "Invalid SyncOption value. Option: Uid, Value: NAME."),
            (json!({"LogLevel": "NONE"}),
             "1 validation error detected: Value 'NONE' at 'options.logLevel' failed to satisfy constraint: \
              Member must satisfy enum value set: [OFF, BASIC, TRANSFER]"),
            (json!({"BytesPerSecond": -2}),
             "1 validation error detected: Value '-2' at 'options.bytesPerSecond' failed to satisfy constraint: \
              Member must have value greater than or equal to -1"),
        ];
        for (given, expected) in cases {
            assert_eq!(with(given.clone()).unwrap_err(), expected, "{given}");
        }
    }
}
