//! Whether a function's resource policy lets a rule invoke it.
//!
//! Source: EventBridge User Guide, "Using resource-based policies", and Lambda API
//! Reference, `AddPermission`, for the form of its statements.

use serde_json::Value;

const INVOKER: &str = "events.amazonaws.com";
const ACTIONS: [&str; 3] = ["lambda:InvokeFunction", "lambda:*", "*"];

/// Whether the policy lets the rule in; `None` where that hangs on something that
/// is not understood here.
pub(super) fn lets_in(policy: &Value, rule: &str) -> Option<bool> {
    let mut is_sure = true;
    let mut is_allowed = false;
    for statement in several(&policy["Statement"]) {
        if !is_about_events(statement) {
            continue;
        }
        match (statement["Effect"].as_str(), holds(statement, rule)) {
            (_, Some(false)) => {}
            (Some("Allow"), Some(true)) => is_allowed = true,
            (Some("Deny"), Some(true)) => return Some(false),
            _ => is_sure = false,
        }
    }
    is_sure.then_some(is_allowed)
}

/// One value, or a list of them.
fn several(value: &Value) -> impl Iterator<Item = &Value> {
    let list = value
        .as_array()
        .map_or(std::slice::from_ref(value), |list| list);
    list.iter().filter(|value| !value.is_null())
}

fn is_about_events(statement: &Value) -> bool {
    let principal = &statement["Principal"];
    let is_meant = *principal == "*"
        || several(&principal["Service"]).any(|service| *service == INVOKER || *service == "*");
    let is_invoking = |action: &Value| ACTIONS.iter().any(|known| *action == **known);
    // What is put the other way round is not understood, and so may be meant.
    let is_turned = !statement["NotPrincipal"].is_null() || !statement["NotAction"].is_null();
    is_turned || (is_meant && several(&statement["Action"]).any(is_invoking))
}

/// Whether all conditions of a statement hold for the rule.
fn holds(statement: &Value, rule: &str) -> Option<bool> {
    if !statement["NotPrincipal"].is_null() || !statement["NotAction"].is_null() {
        return None;
    }
    let operators = statement["Condition"].as_object();
    let conditions = operators
        .into_iter()
        .flatten()
        .flat_map(|(operator, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(move |(key, values)| condition(operator, key, values, rule))
        });
    // One that does not hold decides, whatever is not understood beside it.
    let conditions: Vec<Option<bool>> = conditions.collect();
    if conditions.contains(&Some(false)) {
        return Some(false);
    }
    (!conditions.contains(&None)).then_some(true)
}

fn condition(operator: &str, key: &str, values: &Value, rule: &str) -> Option<bool> {
    let actual = match key.to_lowercase().as_str() {
        "aws:sourcearn" => rule,
        "aws:sourceaccount" => rule.split(':').nth(4)?,
        _ => return None,
    };
    let has_wildcard = |value: &str| value.contains(['*', '?']);
    let is_equal = |value: &Value| match (operator, value.as_str()?) {
        ("StringEquals", value) => Some(value == actual),
        ("ArnLike" | "ArnEquals" | "StringLike", value) if !has_wildcard(value) => {
            Some(value == actual)
        }
        _ => None,
    };
    let answers: Vec<Option<bool>> = several(values).map(is_equal).collect();
    if answers.contains(&Some(true)) {
        return Some(true);
    }
    (!answers.contains(&None)).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const RULE: &str =
        "arn:aws:events:eu-central-1:111122223333:rule/web-backup-execution-finished";

    fn with(changes: &Value) -> Value {
        let mut statement = json!({
            "Sid": "s", "Effect": "Allow", "Principal": {"Service": INVOKER},
            "Action": "lambda:InvokeFunction",
            "Resource": "arn:aws:lambda:eu-central-1:111122223333:function:f",
            "Condition": {
                "ArnLike": {"AWS:SourceArn": RULE},
                "StringEquals": {"AWS:SourceAccount": "111122223333"}
            }
        });
        for (name, value) in changes.as_object().unwrap() {
            statement[name] = value.clone();
        }
        statement
    }

    #[test]
    fn a_rule_is_let_in_by_a_statement_about_it() {
        let other = json!({"Condition": {"ArnLike": {"AWS:SourceArn": RULE.replace("web", "db")}}});
        #[rustfmt::skip]
        let cases = [
            ("as the template",      vec![with(&json!({}))],                                       Some(true)),
            ("no statement",         vec![],                                                       Some(false)),
            ("another service",      vec![with(&json!({"Principal": {"Service": "s3.amazonaws.com"}}))], Some(false)),
            ("another rule",         vec![with(&other)],                                           Some(false)),
            ("another account",      vec![with(&json!({"Condition": {"StringEquals": {"AWS:SourceAccount": "9"}}}))], Some(false)),
            ("another action",       vec![with(&json!({"Action": "lambda:GetFunction"}))],         Some(false)),
            ("among others",         vec![with(&other), with(&json!({}))],                         Some(true)),
            ("without a condition",  vec![with(&json!({"Condition": null}))],                      Some(true)),
            ("anybody",              vec![with(&json!({"Principal": "*"}))],                       Some(true)),
            ("several",              vec![with(&json!({"Principal": {"Service": ["x", INVOKER]}}))], Some(true)),
            ("several rules",        vec![with(&json!({"Condition": {"ArnEquals": {"aws:SourceArn": ["x", RULE]}}}))], Some(true)),
            ("denied",               vec![with(&json!({})), with(&json!({"Effect": "Deny"}))],     Some(false)),
            ("another one denied",   vec![with(&json!({})), with(&json!({"Effect": "Deny", "Principal": {"Service": "x"}}))], Some(true)),
            ("a wildcard",           vec![with(&json!({"Condition": {"ArnLike": {"AWS:SourceArn": "arn:*"}}}))], None),
            ("an unknown condition", vec![with(&json!({"Condition": {"DateLessThan": {"aws:CurrentTime": "2020"}}}))], None),
            ("the other way round",  vec![with(&json!({})), with(&json!({"Effect": "Deny", "NotPrincipal": {"AWS": "9"}}))], None),
        ];
        for (name, statements, expected) in cases {
            let policy = json!({"Version": "2012-10-17", "Statement": statements});
            assert_eq!(lets_in(&policy, RULE), expected, "{name}");
        }
    }
}
