//! The picture as a Mermaid flowchart (source: Mermaid documentation,
//! "Flowcharts - Basic Syntax").

use super::kinds::spaced;
use super::{Arrow, Layer, Part, Picture};
use std::fmt::Write;

/// The flowchart's text. Equal pictures give equal text.
#[must_use]
pub fn mermaid(picture: &Picture) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (at, layer) in picture.layers.iter().enumerate() {
        subgraph(&mut text, at, layer);
    }
    for arrow in &picture.arrows {
        line(&mut text, "  ", &between(arrow));
    }
    text
}

fn subgraph(text: &mut String, at: usize, layer: &Layer) {
    line(
        text,
        "  ",
        &format!("subgraph layer{at}[\"{}\"]", safe(&layer.name)),
    );
    for part in &layer.parts {
        line(
            text,
            "    ",
            &format!("{}[\"{}\"]", id(&part.names[0]), label(part)),
        );
    }
    line(text, "  ", "end");
}

fn line(text: &mut String, indent: &str, content: &str) {
    // Writing to a String cannot fail.
    let _: std::fmt::Result = writeln!(text, "{indent}{content}");
}

fn label(part: &Part) -> String {
    let kind = safe(&part.kind);
    match &part.names[..] {
        [only] => format!("<b>{}</b><br/>{kind}", safe(&spaced(only))),
        several => {
            let names: Vec<String> = several.iter().map(|name| safe(&spaced(name))).collect();
            format!(
                "<b>{} &times; {kind}</b><br/>{}",
                several.len(),
                names.join("<br/>")
            )
        }
    }
}

fn between(arrow: &Arrow) -> String {
    let (from, to, label) = (id(&arrow.from), id(&arrow.to), safe(&arrow.label));
    let line = if arrow.is_faint { "-.->" } else { "-->" };
    if label.is_empty() {
        return format!("{from} {line} {to}");
    }
    format!("{from} {line}|{label}| {to}")
}

/// `end` alone would close a subgraph.
fn id(name: &str) -> String {
    let plain = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>();
    format!("{plain}_")
}

/// Within quotes Mermaid reads HTML entities.
fn safe(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('"', "&quot;");
    text.replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('|', "&#124;")
}
