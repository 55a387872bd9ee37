//! What a resource names: `!Ref`, `!GetAtt` and `!Sub`, in the short form and the
//! long one.

use crate::template::{Content, Node};

/// A name within a resource's properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// Where it stands, such as `Target.Arn`; elements of lists have no name.
    pub(super) path: String,
    /// The name: a logical ID, a parameter, or a pseudo parameter.
    pub(super) name: String,
}

/// All names in a node.
pub(super) fn of(node: &Node) -> Vec<Reference> {
    let mut found = Vec::new();
    walk(node, "", None, &mut found);
    found
}

/// `function` is the one that a long form names above this node.
fn walk(node: &Node, path: &str, function: Option<&str>, found: &mut Vec<Reference>) {
    let function = node.tag.as_deref().or(function);
    match &node.content {
        Content::Scalar(text) => {
            let names = names(function.unwrap_or_default(), text);
            found.extend(names.into_iter().map(|name| Reference {
                path: path.to_owned(),
                name,
            }));
        }
        Content::List(nodes) => {
            // Only the first element of `GetAtt` and `Sub` is their text.
            let first = |at: usize| matches!(function, Some("GetAtt" | "Sub")) && at == 0;
            for (at, node) in nodes.iter().enumerate() {
                walk(node, path, function.filter(|_| first(at)), found);
            }
        }
        Content::Map(entries) => {
            for (name, node) in entries {
                match name
                    .strip_prefix("Fn::")
                    .or(Some(name).filter(|name| *name == "Ref").map(String::as_str))
                {
                    Some(function) => walk(node, path, Some(function), found),
                    None if path.is_empty() => walk(node, name, None, found),
                    None => walk(node, &format!("{path}.{name}"), None, found),
                }
            }
        }
    }
}

/// The names in the text of a function.
fn names(function: &str, text: &str) -> Vec<String> {
    match function {
        "Ref" => vec![text.to_owned()],
        "GetAtt" => text.split('.').take(1).map(str::to_owned).collect(),
        "Sub" => {
            let variables = text
                .split("${")
                .skip(1)
                .filter_map(|rest| rest.split('}').next());
            // `${!Literal}` is no variable.
            let variables = variables.filter(|variable| !variable.starts_with('!'));
            variables
                .filter_map(|variable| variable.split('.').next())
                .map(str::to_owned)
                .collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_name_is_found() {
        let text = "A: !Ref R\nB: {C: [!GetAtt G.Arn, x]}\nD: !Sub 'a-${S}-${S2.Arn}-${!No}'\n\
                    E: {Fn::GetAtt: [G2, Arn]}\nF: {Ref: R2}\nH: {Fn::Sub: ['${S3}', {v: !Ref R3}]}\n\
                    I: !If [Has, !Ref R4, no]\nJ: !GetAtt [G3, Arn]\n";
        let found = of(&Node::parse(text).unwrap());
        let found: Vec<String> = found
            .iter()
            .map(|one| format!("{}={}", one.path, one.name))
            .collect();
        assert_eq!(
            found.join(" "),
            "A=R B.C=G D=S D=S2 E=G2 F=R2 H=S3 H.v=R3 I=R4 J=G3"
        );
    }
}
