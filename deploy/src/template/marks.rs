//! The metadata `SamResourceId`, which `sam deploy` gives to every resource. It
//! does nothing, but CloudFormation takes its coming and going for a change of the
//! resource (seen with SAM CLI 1.170.0).

use super::tree::Node;

/// A text to be put into the template.
#[derive(Debug)]
pub(super) struct Mark {
    pub text: String,
    /// In front of this byte.
    pub place: usize,
}

const SAM_RESOURCE_ID: &str = "SamResourceId";

/// The marks of all resources that have none.
///
/// # Errors
///
/// If the text is not YAML.
pub(super) fn marks(template: &str) -> anyhow::Result<Vec<Mark>> {
    let tree = Node::parse(template)?;
    let resources = tree.get("Resources").into_iter().flat_map(Node::entries);
    let marks = resources.filter_map(|(name, resource)| mark(template, name, resource));
    Ok(marks.collect())
}

/// It goes to the front of the metadata, or to the front of a resource without.
fn mark(template: &str, name: &str, resource: &Node) -> Option<Mark> {
    let (map, entry) = match resource.get("Metadata") {
        Some(metadata) if metadata.get(SAM_RESOURCE_ID).is_some() => return None,
        Some(metadata) => (metadata, format!("{SAM_RESOURCE_ID}: {name}")),
        None => (resource, format!("Metadata: {{{SAM_RESOURCE_ID}: {name}}}")),
    };
    let start = map.bytes.start;
    if template[start..].starts_with('{') {
        return Some(Mark {
            text: format!("{entry}, "),
            place: start + 1,
        });
    }
    let line = template[..start].rfind('\n').map_or(0, |end| end + 1);
    Some(Mark {
        text: format!("{entry}\n{}", " ".repeat(start - line)),
        place: start,
    })
}
