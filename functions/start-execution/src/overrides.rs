//! What one run does otherwise than the task. A run that copies something else than
//! was meant is worse than none, so what is not understood is refused: in one line
//! that names the field, its value and what is allowed.
//!
//! Source: DataSync API Reference, `Options` and `FilterRule`; DataSync User Guide,
//! "Specifying what DataSync transfers by using filters".

use backup_domain::text::clipped;
use serde::Serialize;
use serde_json::Value;

const VERIFY_MODES: [&str; 3] = ["POINT_IN_TIME_CONSISTENT", "ONLY_FILES_TRANSFERRED", "NONE"];

/// No limit, in bytes per second; and the smallest limit that is taken: a smaller
/// number is one in another unit.
const UNLIMITED: i64 = -1;
const SLOWEST: i64 = 1_048_576;

/// The longest filter, in characters.
const LONGEST_FILTER: usize = 102_400;

/// What one run does otherwise. What is not named is as the task has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Overrides {
    /// How copied files are verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_mode: Option<String>,
    /// The most bytes per second; −1 for no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<i64>,
    /// A filter in DataSync's form: copies these alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub includes: Option<String>,
    /// A filter in DataSync's form: does not copy these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excludes: Option<String>,
}

/// A field, what stands there, and what may.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("overrides.{field} is {value}; allowed: {allowed}")]
pub struct Misfit {
    field: &'static str,
    value: String,
    allowed: &'static str,
}

impl Overrides {
    /// Reads the member `overrides` of a request.
    ///
    /// # Errors
    ///
    /// One line about the first field that is not understood.
    pub fn read(given: &Value) -> Result<Self, String> {
        let fields = given.as_object();
        let fields =
            fields.ok_or_else(|| format!("overrides is {}; allowed: an object", shown(given)))?;
        let mut overrides = Overrides::default();
        for (name, value) in fields {
            overrides.take(name, value)?;
        }
        Ok(overrides)
    }

    fn take(&mut self, name: &str, value: &Value) -> Result<(), String> {
        match name {
            "verify_mode" => self.verify_mode = Some(verify_mode(value)?),
            "bytes_per_second" => self.bytes_per_second = Some(bytes_per_second(value)?),
            "includes" => self.includes = Some(filter("includes", value, include)?),
            "excludes" => self.excludes = Some(filter("excludes", value, exclude)?),
            other => {
                return Err(format!(
                    "overrides.{} is not known; allowed: verify_mode, bytes_per_second, includes, excludes",
                    clipped(other)
                ));
            }
        }
        Ok(())
    }
}

impl From<Misfit> for String {
    fn from(misfit: Misfit) -> String {
        misfit.to_string()
    }
}

fn misfit(field: &'static str, value: &Value, allowed: &'static str) -> Misfit {
    Misfit {
        field,
        value: shown(value),
        allowed,
    }
}

/// JSON has no line breaks in texts; long ones are clipped.
fn shown(value: &Value) -> String {
    clipped(&value.to_string())
}

fn verify_mode(value: &Value) -> Result<String, Misfit> {
    let mode = value.as_str().filter(|mode| VERIFY_MODES.contains(mode));
    mode.map(str::to_owned).ok_or_else(|| {
        let allowed = "POINT_IN_TIME_CONSISTENT, ONLY_FILES_TRANSFERRED, NONE";
        misfit("verify_mode", value, allowed)
    })
}

fn bytes_per_second(value: &Value) -> Result<i64, Misfit> {
    let limit = value.as_i64();
    let limit = limit.filter(|limit| *limit == UNLIMITED || *limit >= SLOWEST);
    limit.ok_or_else(|| {
        let allowed = "a whole number of bytes from 1048576 (1 MiB/s) up, or -1 for no limit";
        misfit("bytes_per_second", value, allowed)
    })
}

/// Patterns, one an element, as the one text that DataSync takes.
fn filter(
    field: &'static str,
    value: &Value,
    check: fn(&str) -> Result<(), &'static str>,
) -> Result<String, Misfit> {
    let misfit_of = |value, allowed| misfit(field, value, allowed);
    let patterns = value.as_array().filter(|patterns| !patterns.is_empty());
    let patterns = patterns.ok_or_else(|| misfit_of(value, "a list of at least one pattern"))?;
    let mut texts = Vec::new();
    for pattern in patterns {
        let text = pattern
            .as_str()
            .ok_or_else(|| misfit_of(pattern, "patterns as texts"))?;
        check(text).map_err(|allowed| misfit_of(pattern, allowed))?;
        texts.push(text);
    }
    let filter = texts.join("|");
    if filter.chars().count() > LONGEST_FILTER {
        return Err(misfit_of(value, "102400 characters in all"));
    }
    Ok(filter)
}

fn include(pattern: &str) -> Result<(), &'static str> {
    if !pattern.starts_with('/') {
        return Err("a path from the root of the file system, which begins with /");
    }
    let stars = specials(pattern)?;
    if stars.iter().any(|at| at + 1 != pattern.len()) {
        return Err("* at the very end of a pattern only (\\* for a * in a name)");
    }
    Ok(())
}

fn exclude(pattern: &str) -> Result<(), &'static str> {
    if !pattern.starts_with(['/', '*']) {
        return Err("a pattern that begins with / or *; others match nothing");
    }
    specials(pattern).map(drop)
}

/// Where a pattern's wildcards are, in bytes.
fn specials(pattern: &str) -> Result<Vec<usize>, &'static str> {
    let mut stars = Vec::new();
    let mut characters = pattern.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '*' => stars.push(at),
            '|' => return Err("one pattern an element (\\| for a | in a name)"),
            '\0' => return Err("no NUL, which no path holds"),
            '\\' if !matches!(characters.next(), Some((_, '*' | '|' | '\\'))) => {
                return Err("a backslash before *, | or a backslash only");
            }
            _ => {}
        }
    }
    Ok(stars)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_allowed_is_taken() {
        let all = json!({
            "verify_mode": "POINT_IN_TIME_CONSISTENT", "bytes_per_second": 5_242_880,
            "includes": ["/uploads*", "/a\\|b"], "excludes": ["*.tmp", "*/cache*", "/logs/"],
        });
        let overrides = Overrides::read(&all).unwrap();
        assert_eq!(
            overrides.verify_mode.as_deref(),
            Some("POINT_IN_TIME_CONSISTENT")
        );
        assert_eq!(overrides.bytes_per_second, Some(5_242_880));
        assert_eq!(overrides.includes.as_deref(), Some("/uploads*|/a\\|b"));
        assert_eq!(overrides.excludes.as_deref(), Some("*.tmp|*/cache*|/logs/"));
        assert_eq!(Overrides::read(&json!({})), Ok(Overrides::default()));
        for limit in [-1, 1_048_576, i64::MAX] {
            assert!(
                Overrides::read(&json!({"bytes_per_second": limit})).is_ok(),
                "{limit}"
            );
        }
        assert!(Overrides::read(&json!({"includes": ["/"]})).is_ok());
    }

    #[test]
    fn what_is_not_is_named_with_what_is() {
        #[rustfmt::skip]
        let cases = [
            ("no object",          json!([]),                                  "overrides is []; allowed: an object"),
            ("another field",      json!({"verifymode": "NONE"}),              "overrides.verifymode is not known; allowed: verify_mode"),
            ("another mode",       json!({"verify_mode": "FAST"}),             "overrides.verify_mode is \"FAST\"; allowed: POINT_IN_TIME_CONSISTENT"),
            ("case matters",       json!({"verify_mode": "none"}),             "overrides.verify_mode is \"none\"; allowed"),
            ("nothing",            json!({"verify_mode": null}),               "overrides.verify_mode is null; allowed"),
            ("no number",          json!({"bytes_per_second": "5"}),           "overrides.bytes_per_second is \"5\"; allowed: a whole number"),
            ("a fraction",         json!({"bytes_per_second": 2_000_000.5}),   "overrides.bytes_per_second is 2000000.5; allowed"),
            ("0 would never end",  json!({"bytes_per_second": 0}),             "overrides.bytes_per_second is 0; allowed"),
            ("MiB for bytes",      json!({"bytes_per_second": 10}),            "overrides.bytes_per_second is 10; allowed"),
            ("one below",          json!({"bytes_per_second": 1_048_575}),     "overrides.bytes_per_second is 1048575; allowed"),
            ("no list",            json!({"includes": "/a"}),                  "overrides.includes is \"/a\"; allowed: a list"),
            ("an empty list",      json!({"includes": []}),                    "overrides.includes is []; allowed: a list of at least one"),
            ("no text",            json!({"excludes": [7]}),                   "overrides.excludes is 7; allowed: patterns as texts"),
            ("an empty pattern",   json!({"includes": [""]}),                  "overrides.includes is \"\"; allowed: a path from the root"),
            ("no path",            json!({"includes": ["a"]}),                 "overrides.includes is \"a\"; allowed: a path from the root"),
            ("a star within",      json!({"includes": ["/a*/b"]}),             "overrides.includes is \"/a*/b\"; allowed: * at the very end"),
            ("matches nothing",    json!({"excludes": ["tmp"]}),               "overrides.excludes is \"tmp\"; allowed: a pattern that begins"),
            ("two in one",         json!({"excludes": ["*.a|*.b"]}),           "overrides.excludes is \"*.a|*.b\"; allowed: one pattern an element"),
            ("a lost backslash",   json!({"excludes": ["*.a\\"]}),             "allowed: a backslash before"),
            ("a NUL",              json!({"excludes": ["*\0"]}),               "allowed: no NUL"),
        ];
        for (name, given, expected) in cases {
            let error = Overrides::read(&given).unwrap_err();
            assert!(error.contains(expected), "{name}: {error}");
            assert!(
                !error.contains('\n') && error.len() < 400,
                "{name}: {error}"
            );
        }
    }

    #[test]
    fn a_long_filter_is_refused_and_not_repeated() {
        let path = format!("/{}", "a".repeat(102_400));
        let error = Overrides::read(&json!({"includes": [path]})).unwrap_err();
        assert!(
            error.contains("102400 characters") && error.len() < 400,
            "{error}"
        );
    }

    #[test]
    fn a_star_in_a_name_is_no_wildcard() {
        assert!(Overrides::read(&json!({"includes": ["/a\\*b"]})).is_ok());
        assert!(Overrides::read(&json!({"includes": ["/a\\\\*"]})).is_ok());
        assert!(Overrides::read(&json!({"includes": ["/a\\\\*b"]})).is_err());
    }
}
