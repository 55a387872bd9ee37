//! Reads the template, and puts the address of each function's code into it.
//!
//! The template is never written anew: its text is kept byte for byte, and only
//! the values of `CodeUri` are replaced. A YAML writer would drop comments and
//! change `no` into `false`. Each resource also gets the mark that SAM gives it
//! (`marks.rs`), so that a stack may be deployed by both in turn.

mod marks;
mod rules;
mod tree;

pub use rules::{BrokenRule, broken_rules};
pub use tree::{Content, Node};

use anyhow::{Context, bail};
use marks::marks;
use std::collections::BTreeMap;
use std::ops::Range;

/// A `CodeUri` that names a folder of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeUri {
    /// The folder, such as `functions/start-execution`.
    pub folder: String,
    bytes: Range<usize>,
}

impl CodeUri {
    /// The function's name: the last part of its folder.
    #[must_use]
    pub fn function(&self) -> &str {
        self.folder
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default()
    }
}

/// Finds every `CodeUri` that is a folder of the project.
///
/// # Errors
///
/// If the text is not YAML.
pub fn code_uris(template: &str) -> anyhow::Result<Vec<CodeUri>> {
    let tree = Node::parse(template)?;
    let resources = tree.get("Resources").into_iter().flat_map(Node::entries);
    let uris = resources.filter_map(|(_, resource)| resource.get("Properties")?.get("CodeUri"));
    Ok(uris.filter_map(folder).collect())
}

fn folder(uri: &Node) -> Option<CodeUri> {
    let folder = uri.text().filter(|text| !text.starts_with("s3://"))?;
    Some(CodeUri {
        folder: folder.to_owned(),
        bytes: uri.bytes.clone(),
    })
}

/// The template's parameters by name, each with its default if it has one.
///
/// # Errors
///
/// If the text is not YAML.
pub fn declared_parameters(template: &str) -> anyhow::Result<BTreeMap<String, Option<String>>> {
    let tree = Node::parse(template)?;
    let parameters = tree.get("Parameters").into_iter().flat_map(Node::entries);
    let with_default = |(name, parameter): &(String, Node)| {
        let default = parameter.get("Default");
        let default = default.map(|node| node.text().unwrap_or_default().to_owned());
        (name.clone(), default)
    };
    Ok(parameters.map(with_default).collect())
}

/// The template with each folder replaced by the address of its code, and each
/// resource marked as SAM marks it.
///
/// # Errors
///
/// If a folder has no address, or the result does not read back as intended.
pub fn with_code(template: &str, addresses: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let mut text = template.to_owned();
    let found = code_uris(template)?;
    let marks = marks(template)?;
    let mut edits: Vec<(Range<usize>, &str)> = Vec::new();
    for uri in &found {
        let address = addresses
            .get(&uri.folder)
            .with_context(|| format!("no code was packaged for CodeUri {}", uri.folder))?;
        edits.push((uri.bytes.clone(), address));
    }
    edits.extend(
        marks
            .iter()
            .map(|mark| (mark.place..mark.place, mark.text.as_str())),
    );
    // From the end on, so that what is still to be changed stays where it is.
    edits.sort_by_key(|(bytes, _)| std::cmp::Reverse(bytes.start));
    for (bytes, new) in edits {
        text.replace_range(bytes, new);
    }
    if !code_uris(&text)?.is_empty() {
        bail!("the template still names a folder as CodeUri after packaging");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "# caf\u{e9}\nParameters:\n  P: {Type: String, Default: no} # kept\n  Q: {Type: String}\nResources:\n  A:\n    Metadata: {BuildMethod: x}\n    Properties:\n      CodeUri: functions/a # why\n      X: !Sub '${B}'\n  B: {Properties: {CodeUri: \"functions/b\", Y: !GetAtt A.Arn}}\n  C: {Properties: {CodeUri: s3://there/c.zip}}\n  D:\n    Type: T\n    Metadata:\n      BuildMethod: x\n    Properties: {CodeUri: functions/a}\n  E:\n    # why\n    Properties: {CodeUri: functions/a}\n  F:\n    Metadata: {SamResourceId: F}\n    Properties: {CodeUri: functions/a}\n";

    #[test]
    fn only_the_addresses_and_the_marks_change() {
        let addresses = BTreeMap::from([
            ("functions/a".to_owned(), "s3://x/a.zip".to_owned()),
            ("functions/b".to_owned(), "s3://x/b.zip".to_owned()),
        ]);
        let packaged = with_code(TEMPLATE, &addresses).unwrap();
        let expected = TEMPLATE
            .replace("functions/a", "s3://x/a.zip")
            .replace("\"functions/b\"", "s3://x/b.zip")
            .replace(
                "A:\n    Metadata: {",
                "A:\n    Metadata: {SamResourceId: A, ",
            )
            .replace("B: {", "B: {Metadata: {SamResourceId: B}, ")
            .replace("C: {", "C: {Metadata: {SamResourceId: C}, ")
            .replace("Metadata:\n", "Metadata:\n      SamResourceId: D\n")
            .replace(
                "# why\n    P",
                "# why\n    Metadata: {SamResourceId: E}\n    P",
            );
        assert_eq!(packaged, expected);
    }

    #[test]
    fn functions_are_named_by_their_folder() {
        let uris = code_uris(TEMPLATE).unwrap();
        let names: Vec<_> = uris.iter().map(CodeUri::function).collect();
        assert_eq!(names, ["a", "b", "a", "a", "a"]);
    }

    #[test]
    fn parameters_without_a_default_are_told_from_others() {
        let declared = declared_parameters(TEMPLATE).unwrap();
        assert_eq!(
            declared,
            BTreeMap::from([
                ("P".to_owned(), Some("no".to_owned())),
                ("Q".to_owned(), None)
            ])
        );
    }

    #[test]
    fn a_folder_without_code_is_named() {
        let error = with_code(TEMPLATE, &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("functions/a"), "{error}");
    }

    #[test]
    fn a_broken_template_is_refused() {
        assert!(code_uris("a: [").is_err());
    }
}
