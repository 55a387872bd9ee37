//! What the function is asked. A contract.

use backup_domain::audit::{Report, Severity};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The most buckets of one request. Their report stays far below the 6 MB that
/// Lambda can answer.
pub(crate) const MOST_BUCKETS: usize = 100;

/// A request, such as `{"notify":true,"fail_on":"high"}`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The buckets to audit; `None`: the stack's own.
    pub buckets: Option<Vec<String>>,
    /// Whether a letter is wanted.
    pub notify: bool,
    /// From which severity on a finding counts. With it a letter goes out only if
    /// one counts, or if anything is not known.
    pub fail_on: Option<Severity>,
}

/// What is wrong with a request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not even an object.
    #[error("it is no JSON object; send {{}} to audit the bucket of the stack")]
    NoObject,
    /// A field that is not known.
    #[error("unknown field `{0}`; known are `buckets`, `notify` and `fail_on`")]
    Unknown(String),
    /// A field with a wrong value.
    #[error("field `{field}`: {problem}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
}

impl Request {
    /// Reads a request strictly: a field that was misspelt must not be silence.
    ///
    /// # Errors
    ///
    /// [`RequestError`] names the field.
    pub fn read(payload: &Value) -> Result<Self, RequestError> {
        let fields = payload.as_object().ok_or(RequestError::NoObject)?;
        let mut request = Request::default();
        for (name, value) in fields {
            match name.as_str() {
                "buckets" => request.buckets = Some(buckets(value)?),
                "notify" => request.notify = field("notify", value)?,
                "fail_on" => request.fail_on = Some(field("fail_on", value)?),
                "all" => all(value)?,
                other => return Err(RequestError::Unknown(other.to_owned())),
            }
        }
        Ok(request)
    }

    /// Whether a letter about this report is wanted.
    #[must_use]
    pub fn wants_mail(&self, report: &Report) -> bool {
        self.notify && self.fail_on.is_none_or(|from| report.is_bad(from))
    }
}

fn field<T: DeserializeOwned>(name: &'static str, value: &Value) -> Result<T, RequestError> {
    serde_json::from_value(value.clone()).map_err(|error| wrong(name, error.to_string()))
}

fn wrong(field: &'static str, problem: impl Into<String>) -> RequestError {
    RequestError::Field {
        field,
        problem: problem.into(),
    }
}

/// Listing an account's buckets is not there yet, and half of them would look
/// like all.
fn all(value: &Value) -> Result<(), RequestError> {
    if field("all", value)? {
        return Err(wrong(
            "all",
            "the buckets of an account cannot be listed yet: the function has neither the code \
             nor the permission s3:ListAllMyBuckets; name them in `buckets`",
        ));
    }
    Ok(())
}

/// Each name once, in the order of the request.
fn buckets(value: &Value) -> Result<Vec<String>, RequestError> {
    let given: Vec<String> = field("buckets", value)?;
    let mut names = Vec::new();
    for name in given {
        if !is_bucket_name(&name) {
            let shown = backup_domain::text::clipped(&name);
            return Err(wrong(
                "buckets",
                format!("`{shown}` is not the name of a bucket"),
            ));
        }
        if !names.contains(&name) {
            names.push(name);
        }
        if names.len() > MOST_BUCKETS {
            let problem = format!("more than {MOST_BUCKETS} buckets; ask in several requests");
            return Err(wrong("buckets", problem));
        }
    }
    if names.is_empty() {
        return Err(wrong(
            "buckets",
            "it is empty; leave it out to audit the bucket of the stack",
        ));
    }
    Ok(names)
}

/// Source: S3 User Guide, "General purpose bucket naming rules", as far as they
/// keep everything out of a request and a command that is no name.
fn is_bucket_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().last()];
    (3..=63).contains(&name.len())
        && ends.into_iter().flatten().all(plain)
        && name
            .bytes()
            .all(|byte| plain(byte) || b".-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(payload: &Value) -> Result<Request, String> {
        Request::read(payload).map_err(|error| error.to_string())
    }

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("bucket-{n}")).collect()
    }

    #[test]
    fn every_field_may_be_left_out() {
        let default = Request::default;
        let scheduled = Request {
            notify: true,
            fail_on: Some(Severity::High),
            ..default()
        };
        let buckets = |names| Request {
            buckets: Some(names),
            ..default()
        };
        #[rustfmt::skip]
        let cases = [
            (json!({}),                                  default()),
            (json!({"notify": true, "fail_on": "high"}), scheduled),
            (json!({"notify": false, "all": false}),     default()),
            (json!({"buckets": ["b-2", "a.1", "b-2"]}),  buckets(vec!["b-2".to_owned(), "a.1".to_owned()])),
            (json!({"buckets": names(MOST_BUCKETS)}),    buckets(names(MOST_BUCKETS))),
        ];
        for (payload, expected) in cases {
            assert_eq!(read(&payload), Ok(expected), "{payload}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let severities = "expected one of `info`, `low`, `medium`, `high`, `critical`";
        let none = "it is no JSON object; send {} to audit the bucket of the stack";
        let no_name = |name: &str| format!("field `buckets`: `{name}` is not the name of a bucket");
        #[rustfmt::skip]
        let cases = [
            (json!({"buckets": names(MOST_BUCKETS + 1)}), "field `buckets`: more than 100 buckets; ask in several requests".to_owned()),
            (json!({"buckets": []}),          "field `buckets`: it is empty; leave it out to audit the bucket of the stack".to_owned()),
            (json!({"buckets": "a"}),         "field `buckets`: invalid type: string \"a\", expected a sequence".to_owned()),
            (json!({"buckets": [7]}),         "field `buckets`: invalid type: integer `7`, expected a string".to_owned()),
            (json!({"buckets": ["s3://a/b"]}), no_name("s3://a/b")),
            (json!({"buckets": ["a b; x"]}),  no_name("a b; x")),
            (json!({"buckets": ["ab"]}),      no_name("ab")),
            (json!({"buckets": ["-abc"]}),    no_name("-abc")),
            (json!({"buckets": ["a\nb"]}),    no_name("a\\u{a}b")),
            (json!({"notify": "yes"}),        "field `notify`: invalid type: string \"yes\", expected a boolean".to_owned()),
            (json!({"notify": null}),         "field `notify`: invalid type: null, expected a boolean".to_owned()),
            (json!({"fail_on": "urgent"}),    format!("field `fail_on`: unknown variant `urgent`, {severities}")),
            (json!({"fail_on": "HIGH"}),      format!("field `fail_on`: unknown variant `HIGH`, {severities}")),
            (json!({"failon": "high"}),       "unknown field `failon`; known are `buckets`, `notify` and `fail_on`".to_owned()),
            (json!(null),                     none.to_owned()),
            (json!(["a"]),                    none.to_owned()),
        ];
        for (payload, expected) in cases {
            assert_eq!(read(&payload), Err(expected), "{payload}");
        }
        let all = read(&json!({"all": true})).unwrap_err();
        assert!(
            all.starts_with("field `all`: ") && all.contains("s3:ListAllMyBuckets"),
            "{all}"
        );
    }
}
