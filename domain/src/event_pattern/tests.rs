use super::*;
use proptest::prelude::*;
use serde_json::json;

/// The examples of the EventBridge User Guide with an event on both sides of each
/// ("Comparison operators for use in event patterns", "Null values and empty
/// strings", "Arrays"). The acceptance tests ask the local cloud the same.
#[test]
fn the_guides_examples_decide_like_this() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../tests/event-pattern/cases.json")).unwrap();
    assert!(cases.len() > 60);
    for case in cases {
        let pattern = Pattern::read(&case["pattern"]).unwrap();
        assert_eq!(
            pattern.matches(&case["event"]),
            case["passes"],
            "{}",
            case["name"]
        );
    }
}

/// What people write for the field that is called `State`, and for the list that
/// is called `resources`.
#[test]
fn the_common_mistakes_never_pass() {
    for detail in [
        json!({"status": ["SUCCESS"]}),
        json!({"state": ["SUCCESS"]}),
        json!({"State": ["success"]}),
        json!({"taskArn": [TASK]}),
        json!({"State": ["SUCCESS"], "taskArn": [{"prefix": TASK}]}),
    ] {
        let pattern = json!({"source": ["aws.datasync"], "detail": detail});
        let pattern = Pattern::read(&pattern).unwrap();
        assert!(!pattern.matches(&event("SUCCESS")), "{detail}");
    }
    assert!(rule().matches(&event("SUCCESS")));
}

#[test]
fn what_is_not_known_is_named_and_never_guessed() {
    #[rustfmt::skip]
    let cases = [
        (r#"{"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}"#,  "detail.ip: the operator `cidr` is not known here"),
        (r#"{"a": [{"regex": ".*"}]}"#,                       "a: the operator `regex` is not known here"),
        (r#"{"a": [{"anything-but": {"numeric": ["=", 1]}}]}"#, "a: the operator `anything-but: numeric` is not known here"),
        (r#"{"a": [{"prefix": {"suffix": "x"}}]}"#,           "a: the operator `prefix: suffix` is not known here"),
        (r#"{"a": [{"numeric": ["!=", 1]}]}"#,                "a: the operator `numeric: \"!=\"` is not known here"),
    ];
    for (text, expected) in cases {
        assert_eq!(refused(text), expected, "{text}");
    }
}

#[test]
fn what_says_nothing_is_refused() {
    #[rustfmt::skip]
    let cases = [
        (r#"{"a": "b"}"#,                                     "a: the value must be a list or an object"),
        (r#"{"a": []}"#,                                      "a: an empty list is no condition"),
        (r#"{"a": {}}"#,                                      "a: an empty object is no condition"),
        (r#"{"a": [["b"]]}"#,                                 "a: a list within a list is no value"),
        (r#"{"a": [{"prefix": "a", "suffix": "b"}]}"#,        "a: exactly one operator is expected"),
        (r#"{"a": [{"prefix": 1}]}"#,                         "a: `prefix` takes a text that is not empty"),
        (r#"{"a": [{"exists": "true"}]}"#,                    "a: `exists` takes true or false"),
        (r#"{"a": [{"anything-but": ["b", 1]}]}"#,            "a: `anything-but` takes texts only or numbers only"),
        (r#"{"a": [{"anything-but": true}]}"#,                "a: `anything-but` takes texts only or numbers only"),
        (r#"{"a": [{"numeric": ["<", 5, ">", 1]}]}"#,         "a: `numeric` takes one comparison, or a lower and then an upper bound"),
        (r#"{"a": [{"numeric": [">", 5, "<", 5]}]}"#,         "a: `numeric` takes one comparison, or a lower and then an upper bound"),
        (r#"{"a": [{"numeric": ["<"]}]}"#,                    "a: `numeric` takes pairs of a comparison and a number"),
        (r#"{"a": [{"numeric": ["<", 6e9]}]}"#,               "a: `numeric` takes numbers from -5.0e9 to 5.0e9"),
        (r#"{"a": [{"wildcard": "a**b"}]}"#,                  "a: `wildcard` refuses two asterisks in a row"),
        (r#"{"a": [{"wildcard": "a\\b"}]}"#,                  "a: `wildcard` knows only \\* and \\\\"),
        (r#"{"a": [{"equals-ignore-case": "ß"}]}"#,           "a: `equals-ignore-case` is known here for ASCII only"),
        (r#"{"$or": [{"a": ["b"]}]}"#,                        "$or: `$or` takes a list of at least two objects"),
        (r#"{"a": ["1"], "$or": [{"a": ["2"]}, {"b": ["3"]}]}"#, "pattern: the field `a` stands in `$or` and beside it"),
        (r#"{"$or": [{"prefix": ["2"]}, {"b": ["3"]}]}"#,     "$or.prefix: an operator's name cannot be a field within `$or`"),
        (r#"{"detail.State": ["SUCCESS"]}"#,                  "detail.State: a field name with a dot is not known here"),
        ("[]",                                                "pattern: an object of fields is expected"),
        ("{}",                                                "pattern: an empty object is no condition"),
    ];
    for (text, expected) in cases {
        assert_eq!(refused(text), expected, "{text}");
    }
    assert!(refused("{").starts_with("pattern: it is not JSON: "));
}

fn refused(text: &str) -> String {
    Pattern::parse(text).unwrap_err().to_string()
}

const TASK: &str = "arn:aws:datasync:eu-central-1:111122223333:task/task-0a1b2c3d4e5f60718";
const IN_BETWEEN: [&str; 8] = crate::execution::Status::TRANSIENT;

/// The rule of the template, as a pattern and as a plain predicate.
fn rule() -> Pattern {
    let pattern = json!({
        "source": ["aws.datasync"], "detail-type": ["DataSync Task Execution State Change"],
        "resources": [{"prefix": format!("{TASK}/execution/")}],
        "detail": {"State": [{"anything-but": IN_BETWEEN}]}
    });
    Pattern::read(&pattern).unwrap()
}

fn event(state: &str) -> Value {
    json!({
        "source": "aws.datasync", "detail-type": "DataSync Task Execution State Change",
        "resources": [format!("{TASK}/execution/exec-0a1b2c3d4e5f60718")], "detail": {"State": state}
    })
}

fn should_pass(source: &str, kind: &str, resource: &str, state: Option<&str>) -> bool {
    source == "aws.datasync"
        && kind == "DataSync Task Execution State Change"
        && resource.starts_with(&format!("{TASK}/execution/"))
        && state.is_some_and(|state| !IN_BETWEEN.contains(&state))
}

proptest! {
    #[test]
    fn the_rule_decides_like_a_plain_predicate(
        source in prop_oneof![Just("aws.datasync"), Just("aws.s3")],
        kind in prop_oneof![3 => Just("DataSync Task Execution State Change"), 1 => Just("DataSync Task State Change")],
        task in prop_oneof![3 => Just(TASK.to_owned()), 1 => "[a-z0-9:/-]{0,80}"],
        state in proptest::option::weighted(0.9, prop_oneof![
            proptest::sample::select(&IN_BETWEEN[..]).prop_map(str::to_owned),
            Just("SUCCESS".to_owned()), Just("ERROR".to_owned()), "[A-Z_]{0,12}",
        ]),
    ) {
        let resource = format!("{task}/execution/exec-0a1b2c3d4e5f60718");
        let mut event = json!({"source": source, "detail-type": kind, "resources": [resource], "detail": {}});
        if let Some(state) = &state {
            event["detail"]["State"] = state.as_str().into();
        }
        prop_assert_eq!(rule().matches(&event), should_pass(source, kind, &resource, state.as_deref()));
    }

    #[test]
    fn a_wildcard_agrees_with_the_slow_way(parts in proptest::collection::vec("[ab]{0,2}", 1..4), text in "[ab]{0,8}") {
        let wildcard = parts.join("*");
        prop_assume!(!wildcard.contains("**") && !wildcard.is_empty());
        let pattern = Pattern::read(&json!({"v": [{"wildcard": wildcard}]})).unwrap();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        prop_assert_eq!(pattern.matches(&json!({"v": text})), tried(&parts, &text));
    }
}

/// A wildcard by trying every place for every part.
fn tried(parts: &[&str], text: &str) -> bool {
    match parts {
        [only] => *only == text,
        [first, rest @ ..] => text
            .strip_prefix(first)
            .is_some_and(|behind| (0..=behind.len()).any(|at| tried(rest, &behind[at..]))),
        [] => text.is_empty(),
    }
}
