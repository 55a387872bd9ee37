//! JSON merge patches, RFC 7396.

use serde_json::{Value, json};

/// Replaces the members that the patch has; a null takes one away.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (member, value) in members {
        match (value, target.as_object_mut()) {
            (Value::Null, Some(target)) => {
                target.remove(member);
            }
            (_, Some(target)) => merge(target.entry(member).or_insert(Value::Null), value),
            (_, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_patch_replaces_adds_and_removes() {
        #[rustfmt::skip]
        let cases = [
            (json!({"a": 1}),             json!({"b": 2}),             json!({"a": 1, "b": 2})),
            (json!({"a": 1}),             json!({"a": null}),          json!({})),
            (json!({"a": {"x": 1}}),      json!({"a": {"y": 2}}),      json!({"a": {"x": 1, "y": 2}})),
            (json!({"a": 1}),             json!({"a": {"y": null}}),   json!({"a": {}})),
            (json!({"a": [1]}),           json!({"a": [2]}),           json!({"a": [2]})),
        ];
        for (mut target, patch, expected) in cases {
            merge(&mut target, &patch);
            assert_eq!(target, expected, "{patch}");
        }
    }
}
