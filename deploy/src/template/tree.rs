//! A template's YAML as a tree whose scalars know their place in the text. The
//! only file that knows the YAML parser.

use anyhow::{Context, bail};
use granit_parser::{Event, Parser, StrInput};
use std::ops::Range;

/// A node of the tree. Tags such as `!Ref` are not kept: nothing here needs them.
#[derive(Debug)]
pub(super) enum Node {
    /// A text, and the bytes that it is written in.
    Scalar(String, Option<Range<usize>>),
    /// Names and nodes, in order.
    Map(Vec<(String, Node)>),
    /// Nodes, in order.
    List,
}

type Events<'a> = Parser<'a, StrInput<'a>>;

impl Node {
    /// Reads a YAML text of one document.
    ///
    /// # Errors
    ///
    /// If the text is not YAML.
    pub(super) fn parse(text: &str) -> anyhow::Result<Node> {
        let mut events = Parser::new_from_str(text);
        loop {
            match next(&mut events)? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (event, bytes) => return node(event, bytes, &mut events),
            }
        }
    }

    /// The node below a name.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.entries()
            .find(|(key, _)| key == name)
            .map(|(_, node)| node)
    }

    /// The names and nodes below.
    pub(super) fn entries(&self) -> impl Iterator<Item = &(String, Node)> {
        match self {
            Node::Map(entries) => entries.iter(),
            _ => [].iter(),
        }
    }
}

fn next<'a>(events: &mut Events<'a>) -> anyhow::Result<(Event<'a>, Option<Range<usize>>)> {
    loop {
        let item = events.next_event().context("the template ends too early")?;
        let (event, span) = item.context("the template is not valid YAML")?;
        if !matches!(event, Event::Comment(..)) {
            return Ok((event, span.byte_range()));
        }
    }
}

fn node(
    event: Event<'_>,
    bytes: Option<Range<usize>>,
    events: &mut Events<'_>,
) -> anyhow::Result<Node> {
    if let Some((text, _)) = event.scalar() {
        return Ok(Node::Scalar(text.to_owned(), bytes));
    }
    match event {
        Event::MappingStart(..) => map(events),
        Event::SequenceStart(..) => list(events),
        Event::Alias(..) => Ok(Node::List),
        other => bail!("the template has something unexpected: {other:?}"),
    }
}

fn map(events: &mut Events<'_>) -> anyhow::Result<Node> {
    let mut entries = Vec::new();
    loop {
        let (event, bytes) = next(events)?;
        if matches!(event, Event::MappingEnd) {
            return Ok(Node::Map(entries));
        }
        let Node::Scalar(name, _) = node(event, bytes, events)? else {
            bail!("the template has a name that is no text");
        };
        let (event, bytes) = next(events)?;
        entries.push((name, node(event, bytes, events)?));
    }
}

/// A list's nodes are read and dropped: nothing of interest lies in one.
fn list(events: &mut Events<'_>) -> anyhow::Result<Node> {
    loop {
        let (event, bytes) = next(events)?;
        if matches!(event, Event::SequenceEnd) {
            return Ok(Node::List);
        }
        node(event, bytes, events)?;
    }
}
