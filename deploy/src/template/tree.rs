//! A template's YAML as a tree whose scalars know their place in the text. The
//! only file that knows the YAML parser.

use anyhow::{Context, bail};
use granit_parser::{Event, Parser, StrInput};
use std::ops::Range;

/// A node of the tree.
#[derive(Debug)]
pub struct Node {
    /// What is there.
    pub content: Content,
    /// The tag without its mark, such as `Ref` for `!Ref`.
    pub tag: Option<String>,
    /// The bytes that it is written in; of a map or list, where it begins.
    pub bytes: Range<usize>,
}

/// What is in a node.
#[derive(Debug)]
pub enum Content {
    /// A text.
    Scalar(String),
    /// Names and nodes, in order.
    Map(Vec<(String, Node)>),
    /// Nodes, in order.
    List(Vec<Node>),
}

type Events<'a> = Parser<'a, StrInput<'a>>;

impl Node {
    /// Reads a YAML text of one document.
    ///
    /// # Errors
    ///
    /// If the text is not YAML.
    pub fn parse(text: &str) -> anyhow::Result<Node> {
        let mut events = Parser::new_from_str(text);
        loop {
            match next(&mut events)? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (event, bytes) => return node(event, bytes, &mut events),
            }
        }
    }

    /// The node below a name.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entries()
            .find(|(key, _)| key == name)
            .map(|(_, node)| node)
    }

    /// The names and nodes below.
    pub fn entries(&self) -> impl Iterator<Item = &(String, Node)> {
        match &self.content {
            Content::Map(entries) => entries.iter(),
            _ => [].iter(),
        }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list.
    pub fn elements(&self) -> &[Node] {
        match &self.content {
            Content::List(nodes) => nodes,
            _ => &[],
        }
    }
}

fn next<'a>(events: &mut Events<'a>) -> anyhow::Result<(Event<'a>, Range<usize>)> {
    loop {
        let item = events.next_event().context("the template ends too early")?;
        let (event, span) = item.context("the template is not valid YAML")?;
        if !matches!(event, Event::Comment(..)) {
            let bytes = span
                .byte_range()
                .context("the YAML parser tells no places")?;
            return Ok((event, bytes));
        }
    }
}

fn node(event: Event<'_>, bytes: Range<usize>, events: &mut Events<'_>) -> anyhow::Result<Node> {
    let tag = event.tag().map(|tag| tag.suffix().to_owned());
    let content = match &event {
        Event::Scalar(text, ..) => Content::Scalar(text.to_string()),
        Event::MappingStart(..) => map(events)?,
        Event::SequenceStart(..) => list(events)?,
        Event::Alias(..) => Content::List(Vec::new()),
        other => bail!("the template has something unexpected: {other:?}"),
    };
    Ok(Node {
        content,
        tag,
        bytes,
    })
}

fn map(events: &mut Events<'_>) -> anyhow::Result<Content> {
    let mut entries = Vec::new();
    loop {
        let (event, bytes) = next(events)?;
        if matches!(event, Event::MappingEnd) {
            return Ok(Content::Map(entries));
        }
        let Content::Scalar(name) = node(event, bytes, events)?.content else {
            bail!("the template has a name that is no text");
        };
        let (event, bytes) = next(events)?;
        entries.push((name, node(event, bytes, events)?));
    }
}

fn list(events: &mut Events<'_>) -> anyhow::Result<Content> {
    let mut nodes = Vec::new();
    loop {
        let (event, bytes) = next(events)?;
        if matches!(event, Event::SequenceEnd) {
            return Ok(Content::List(nodes));
        }
        nodes.push(node(event, bytes, events)?);
    }
}
