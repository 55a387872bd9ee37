//! `template.yaml` as data.

use super::root;
use anyhow::Context;
use deploy::template::{Content, Node};
use serde_json::{Map, Value, json};

/// The template with every condition on. A short form such as `!Ref X` is
/// `{"Ref": "X"}`, and every scalar is a text.
pub(crate) fn template() -> anyhow::Result<Value> {
    template_where(true)
}

/// The template with every condition on or off: `!If` is its first or its second branch.
/// Resources stay, whatever their condition.
pub(crate) fn template_where(on: bool) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(root().join("template.yaml"))?;
    value(&Node::parse(&text)?, on).context("an empty template")
}

/// The resources of a type, each with its name and properties.
pub(crate) fn resources<'a>(template: &'a Value, kind: &str) -> Vec<(&'a str, &'a Value)> {
    let all = template["Resources"].as_object().into_iter().flatten();
    all.filter(|(_, resource)| resource["Type"] == kind)
        .map(|(id, resource)| (id.as_str(), &resource["Properties"]))
        .collect()
}

/// A value, or a list of them, as a list.
pub(crate) fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}

/// `None` where the template wants no value.
fn value(node: &Node, on: bool) -> Option<Value> {
    if node.tag.as_deref() == Some("If") {
        let branch = node.elements().get(if on { 1 } else { 2 });
        return branch.and_then(|branch| value(branch, on));
    }
    let plain = match &node.content {
        Content::Scalar(text) => json!(text),
        Content::List(nodes) => nodes.iter().filter_map(|node| value(node, on)).collect(),
        Content::Map(entries) => {
            let entries = entries.iter();
            let known = entries.filter_map(|(name, node)| Some((name.clone(), value(node, on)?)));
            Value::Object(known.collect::<Map<String, Value>>())
        }
    };
    match node.tag.as_deref() {
        Some("Ref") if plain == "AWS::NoValue" => None,
        Some("Ref") => Some(json!({"Ref": plain})),
        Some("Condition") => Some(json!({"Condition": plain})),
        Some(function) if function.starts_with(char::is_uppercase) => {
            Some(json!({format!("Fn::{function}"): plain}))
        }
        _ => Some(plain),
    }
}
