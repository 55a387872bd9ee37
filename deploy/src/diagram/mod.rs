//! The architecture picture, drawn from the template: a section is a layer, a
//! resource is a part, and what its properties name gives the arrows. A resource
//! of a type that is not known here is drawn like any other.

mod arrows;
mod curves;
mod kinds;
mod layout;
mod mermaid;
mod references;
mod svg;

pub use mermaid::mermaid;
pub use svg::svg;

use crate::template::Node;
use references::Reference;
use std::collections::BTreeMap;

/// What is drawn.
#[derive(Debug, PartialEq, Eq)]
pub struct Picture {
    /// The template's sections, in its order.
    pub layers: Vec<Layer>,
    /// Who gives what to whom.
    pub arrows: Vec<Arrow>,
}

/// A section of the template.
#[derive(Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its name, such as `Storage`.
    pub name: String,
    /// What it is about.
    pub about: String,
    /// Its parts, in the template's order.
    pub parts: Vec<Part>,
    /// What only holds parts together, and is counted but not drawn: `3 × IAM Role`.
    pub beside: Vec<String>,
}

/// One box: a resource, or several of one type that no arrow tells apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// The logical IDs; the first one names the box.
    pub names: Vec<String>,
    /// What it is, such as `S3 bucket`.
    pub kind: String,
}

/// An arrow between two boxes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// The logical ID where it begins.
    pub from: String,
    /// The logical ID where it ends.
    pub to: String,
    /// What goes along it; may be empty.
    pub label: String,
    /// Whether it only asks or depends.
    pub is_faint: bool,
}

/// A resource of the template.
struct Resource<'a> {
    id: &'a str,
    kind: &'a str,
    layer: usize,
    node: &'a Node,
    references: Vec<Reference>,
}

/// Reads the picture from the template's text.
///
/// # Errors
///
/// If the text is not YAML, or has no resources.
pub fn picture(template: &str) -> anyhow::Result<Picture> {
    let tree = Node::parse(template)?;
    let mut layers = sections(template);
    let listed = tree.get("Resources").into_iter().flat_map(Node::entries);
    let resources: Vec<Resource<'_>> = listed
        .map(|(id, node)| resource(id, node, &layers))
        .collect();
    anyhow::ensure!(
        !resources.is_empty(),
        "the template has no Resources to draw"
    );
    let arrows = arrows::between(&resources);
    for (at, section) in layers.iter_mut().enumerate() {
        let own = || resources.iter().filter(|resource| resource.layer == at);
        section.layer.parts = parts(own(), &arrows);
        section.layer.beside = beside(own());
    }
    let layers = layers.into_iter().map(|section| section.layer);
    let layers = layers.filter(|layer| !layer.parts.is_empty() || !layer.beside.is_empty());
    Ok(Picture {
        layers: layers.collect(),
        arrows,
    })
}

/// A layer, and the place in the text where it begins.
struct Section {
    begins: usize,
    layer: Layer,
}

/// The banners `  # ==== Name: what it is about ====`; before the first one is a
/// layer without a name.
fn sections(template: &str) -> Vec<Section> {
    let layer = |begins, name: &str, about: &str| Section {
        begins,
        layer: Layer {
            name: name.to_owned(),
            about: about.to_owned(),
            parts: Vec::new(),
            beside: Vec::new(),
        },
    };
    let mut sections = vec![layer(0, "Other", "")];
    let mut begins = 0;
    for line in template.split_inclusive('\n') {
        if let Some(banner) = line.trim().strip_prefix("# ====") {
            let banner = banner.trim_end_matches('=').trim();
            let (name, about) = banner.split_once(':').unwrap_or((banner, ""));
            let about = about.split(';').next().unwrap_or_default();
            sections.push(layer(begins, name.trim(), about.trim()));
        }
        begins += line.len();
    }
    sections
}

fn resource<'a>(id: &'a str, node: &'a Node, sections: &[Section]) -> Resource<'a> {
    let begun = |section: &Section| section.begins <= node.bytes.start;
    Resource {
        id,
        kind: node
            .get("Type")
            .and_then(Node::text)
            .unwrap_or("unknown type"),
        layer: sections.iter().rposition(begun).unwrap_or(0),
        node,
        references: node
            .get("Properties")
            .map(references::of)
            .unwrap_or_default(),
    }
}

/// The boxes of a layer: those that no arrow touches share one with their like.
fn parts<'a>(resources: impl Iterator<Item = &'a Resource<'a>>, arrows: &[Arrow]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut alike: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in resources.filter(|resource| kinds::is_drawn(resource.kind)) {
        let is_touched = arrows
            .iter()
            .any(|arrow| arrow.from == resource.id || arrow.to == resource.id);
        match alike.get(resource.kind) {
            Some(&at) if !is_touched => parts[at].names.push(resource.id.to_owned()),
            _ => {
                if !is_touched {
                    alike.insert(resource.kind, parts.len());
                }
                parts.push(Part {
                    names: vec![resource.id.to_owned()],
                    kind: kinds::words(resource.kind),
                });
            }
        }
    }
    parts
}

/// What is not drawn, counted by type.
fn beside<'a>(resources: impl Iterator<Item = &'a Resource<'a>>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for resource in resources.filter(|resource| !kinds::is_drawn(resource.kind)) {
        *counts.entry(kinds::words(resource.kind)).or_default() += 1;
    }
    let counted = counts.into_iter();
    counted
        .map(|(kind, count)| format!("{count} \u{d7} {kind}"))
        .collect()
}

#[cfg(test)]
mod tests;
