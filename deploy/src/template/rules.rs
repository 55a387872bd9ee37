//! The template's `Rules`: which parameters may stand together.
//!
//! CloudFormation asks them too, but only once everything is built and uploaded.
//! What cannot be told here, such as a function that asks AWS, is left to it.
//! Source: CloudFormation User Guide, "Rules" and "Rule-specific intrinsic
//! functions".

use super::tree::{Content, Node};

/// A rule that some parameters break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRule {
    /// Its name.
    pub rule: String,
    /// What it says against them.
    pub says: String,
    /// The parameters that it asks about and that are empty.
    pub empty: Vec<String>,
}

/// What an expression comes to.
#[derive(Debug, PartialEq, Eq)]
enum Fact {
    Truth(bool),
    Text(String),
    List(Vec<String>),
}

/// The rules that are broken, in the order of the template; `value` gives a
/// parameter's value or that of a pseudo parameter.
///
/// # Errors
///
/// If the text is not YAML.
pub fn broken_rules(
    template: &str,
    value: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<Vec<BrokenRule>> {
    let tree = Node::parse(template)?;
    let rules = tree.get("Rules").into_iter().flat_map(Node::entries);
    let ask = Ask { value: &value };
    Ok(rules
        .flat_map(|(name, rule)| ask.broken(name, rule))
        .collect())
}

/// The parameters' values.
struct Ask<'a> {
    value: &'a dyn Fn(&str) -> Option<String>,
}

impl Ask<'_> {
    fn broken(&self, name: &str, rule: &Node) -> Vec<BrokenRule> {
        let condition = rule.get("RuleCondition");
        if condition.is_some_and(|condition| self.truth(condition) != Some(true)) {
            return Vec::new();
        }
        let assertions = rule.get("Assertions").map_or(&[][..], Node::elements);
        let broken = assertions.iter().filter(|assertion| {
            let assertion = assertion.get("Assert");
            assertion.and_then(|assertion| self.truth(assertion)) == Some(false)
        });
        broken
            .map(|assertion| BrokenRule {
                rule: name.to_owned(),
                says: assertion
                    .get("AssertDescription")
                    .and_then(Node::text)
                    .unwrap_or("it has no description")
                    .to_owned(),
                empty: self.empty(assertion),
            })
            .collect()
    }

    /// The parameters without a value that are named anywhere below, each once.
    fn empty(&self, node: &Node) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(("Ref", name)) = function(node) {
            let name = name.text().unwrap_or_default();
            let is_empty = (self.value)(name).is_some_and(|value| value.is_empty());
            names.extend(is_empty.then(|| name.to_owned()));
        }
        let below = node.entries().map(|(_, node)| node).chain(node.elements());
        for name in below.flat_map(|node| self.empty(node)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn truth(&self, node: &Node) -> Option<bool> {
        match self.fact(node)? {
            Fact::Truth(truth) => Some(truth),
            Fact::Text(_) | Fact::List(_) => None,
        }
    }

    fn text(&self, node: &Node) -> Option<String> {
        match self.fact(node)? {
            Fact::Text(text) => Some(text),
            Fact::Truth(_) | Fact::List(_) => None,
        }
    }

    fn list(&self, node: &Node) -> Option<Vec<String>> {
        match self.fact(node)? {
            Fact::List(list) => Some(list),
            Fact::Truth(_) | Fact::Text(_) => None,
        }
    }

    fn fact(&self, node: &Node) -> Option<Fact> {
        let Some((name, arguments)) = function(node) else {
            return self.constant(node);
        };
        let arguments = match name {
            "Ref" => return (self.value)(arguments.text()?).map(Fact::Text),
            _ => arguments.elements(),
        };
        let truth = match (name, arguments) {
            ("Not", [one]) => !self.truth(one)?,
            ("Equals", [one, other]) => self.text(one)? == self.text(other)?,
            ("Contains", [list, one]) => self.list(list)?.contains(&self.text(one)?),
            ("And", all) => !self.any(all, false)?,
            ("Or", all) => self.any(all, true)?,
            _ => return None,
        };
        Some(Fact::Truth(truth))
    }

    /// Whether one of them is so. One that is settles it, whatever is not known.
    fn any(&self, nodes: &[Node], wanted: bool) -> Option<bool> {
        let truths: Vec<Option<bool>> = nodes.iter().map(|node| self.truth(node)).collect();
        if truths.contains(&Some(wanted)) {
            return Some(true);
        }
        (!truths.contains(&None)).then_some(false)
    }

    fn constant(&self, node: &Node) -> Option<Fact> {
        match &node.content {
            Content::Scalar(text) => Some(Fact::Text(text.clone())),
            Content::List(nodes) => {
                let texts: Option<Vec<String>> = nodes.iter().map(|node| self.text(node)).collect();
                texts.map(Fact::List)
            }
            Content::Map(_) => None,
        }
    }
}

/// A function and its arguments, be it written `!Not [...]` or `{'Fn::Not': [...]}`.
fn function(node: &Node) -> Option<(&str, &Node)> {
    if let Some(tag) = node.tag.as_deref().filter(|tag| FUNCTIONS.contains(tag)) {
        return Some((tag, node));
    }
    let mut entries = node.entries();
    let (Some((name, arguments)), None) = (entries.next(), entries.next()) else {
        return None;
    };
    let is_function = name == "Ref" || name.starts_with("Fn::");
    is_function.then(|| (name.trim_start_matches("Fn::"), arguments))
}

/// Those that have a short form in a rule.
const FUNCTIONS: [&str; 5] = ["And", "Equals", "Not", "Or", "Ref"];

#[cfg(test)]
mod tests {
    use super::*;

    fn told(rules: &str) -> Vec<String> {
        let value = |name: &str| match name {
            "Yes" => Some("true".to_owned()),
            "One" => Some("1".to_owned()),
            "None" | "Other" => Some(String::new()),
            _ => None,
        };
        let broken = broken_rules(&format!("Rules:\n{rules}"), value).unwrap();
        let told = broken.into_iter();
        told.map(|broken| format!("{}: {} {:?}", broken.rule, broken.says, broken.empty))
            .collect()
    }

    fn holds(assertion: &str) -> bool {
        told(&format!("  R: {{Assertions: [{{Assert: {assertion}}}]}}")).is_empty()
    }

    #[test]
    fn an_assertion_holds_or_does_not() {
        #[rustfmt::skip]
        let cases = [
            ("!Equals [!Ref Yes, 'true']",                     true),
            ("!Equals [!Ref Yes, 'false']",                    false),
            ("!Not [!Equals [!Ref None, '']]",                 false),
            ("{'Fn::Equals': [{Ref: One}, 1]}",                true),
            ("{'Fn::Contains': [['1', '2'], !Ref One]}",       true),
            ("{'Fn::Contains': [['2', '3'], !Ref One]}",       false),
            ("!And [!Equals [a, a], !Equals [b, b]]",          true),
            ("!And [!Equals [a, a], !Equals [a, b]]",          false),
            ("!Or [!Equals [a, b], !Equals [b, b]]",           true),
            ("!Or [!Equals [a, b], !Equals [b, c]]",           false),
            ("{'Fn::Or': [!Equals [a, b], {'Fn::Not': [!Equals [b, b]]}]}", false),
        ];
        for (assertion, expected) in cases {
            assert_eq!(holds(assertion), expected, "{assertion}");
        }
    }

    /// Only what is surely broken is said; CloudFormation judges the rest.
    #[test]
    fn what_is_not_known_is_left_to_cloudformation() {
        #[rustfmt::skip]
        let cases = [
            ("!Equals [!Ref Unknown, a]",                               true),
            ("{'Fn::EachMemberIn': [[a], [b]]}",                        true),
            ("!And [!Equals [!Ref Unknown, a], !Equals [a, a]]",        true),
            ("!And [!Equals [!Ref Unknown, a], !Equals [a, b]]",        false),
            ("!Or [!Equals [!Ref Unknown, a], !Equals [a, b]]",         true),
            ("!Not [!Equals [!Ref Unknown, a]]",                        true),
            ("{'Fn::Contains': [{'Fn::RefAll': 'AWS::EC2::VPC::Id'}, b]}", true),
        ];
        for (assertion, expected) in cases {
            assert_eq!(holds(assertion), expected, "{assertion}");
        }
    }

    #[test]
    fn a_broken_rule_names_what_is_empty() {
        let rules = "  Off:
    RuleCondition: !Equals [!Ref Yes, 'false']
    Assertions: [{Assert: !Equals [a, b], AssertDescription: never}]
  Maybe:
    RuleCondition: !Equals [!Ref Unknown, 'false']
    Assertions: [{Assert: !Equals [a, b], AssertDescription: never}]
  On:
    RuleCondition: !Equals [!Ref Yes, 'true']
    Assertions:
      - Assert: !And [!Not [!Equals [!Ref None, '']], !Not [!Equals [!Ref Other, '']], !Equals [!Ref None, !Ref One]]
        AssertDescription: With Yes=true, both are needed.
      - Assert: !Equals [!Ref One, '1']
        AssertDescription: never
      - Assert: !Equals [!Ref One, '2']
";
        let expected = [
            "On: With Yes=true, both are needed. [\"None\", \"Other\"]",
            "On: it has no description []",
        ];
        assert_eq!(told(rules), expected);
        assert!(broken_rules("Resources: {}", |_| None).unwrap().is_empty());
    }
}
