//! Where each box of the picture stands: a band for each layer, and within it the
//! parts in columns, in the direction of the arrows between them. Units are those
//! of the SVG, about a pixel each.

use super::kinds::spaced;
use super::{Arrow, Layer, Part, Picture};
use std::collections::BTreeMap;

/// The width of the whole picture.
pub(super) const WIDTH: i32 = 1180;
/// The space between the picture's edge and a band, and within a band.
pub(super) const MARGIN: i32 = 16;
/// The room for a band's name above its parts.
const HEAD: i32 = 40;
/// The room for arrows between two bands.
const BETWEEN_BANDS: i32 = 58;
const BETWEEN_COLUMNS: i32 = 92;
const BETWEEN_CHAINS: i32 = 40;
pub(super) const BETWEEN_ROWS: i32 = 30;
/// The height of a line of text in a box, and the room around all of them.
pub(super) const LINE: i32 = 15;
const PADDING: i32 = 17;

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Place {
    pub(super) fn middle(&self) -> (i32, i32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }

    pub(super) fn right(&self) -> i32 {
        self.x + self.width
    }

    pub(super) fn bottom(&self) -> i32 {
        self.y + self.height
    }

    pub(super) fn meets(&self, other: &Place) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }
}

/// The places of everything.
#[derive(Debug)]
pub(super) struct Layout {
    /// One for each layer.
    pub(super) bands: Vec<Place>,
    /// The boxes by the name of their first resource.
    pub(super) boxes: BTreeMap<String, Place>,
    /// The height of the whole picture.
    pub(super) height: i32,
}

pub(super) fn layout(picture: &Picture) -> Layout {
    let mut layout = Layout {
        bands: Vec::new(),
        boxes: BTreeMap::new(),
        height: MARGIN,
    };
    for layer in &picture.layers {
        let y = layout.height;
        let chains = chains(layer, &picture.arrows);
        let bottom = stand(&chains, y + HEAD, &mut layout.boxes);
        let foot = if layer.beside.is_empty() { 0 } else { LINE + 4 };
        layout.bands.push(Place {
            x: MARGIN,
            y,
            width: WIDTH - 2 * MARGIN,
            height: bottom - y + foot + MARGIN,
        });
        layout.height = bottom + foot + MARGIN + BETWEEN_BANDS;
    }
    layout.height -= BETWEEN_BANDS - MARGIN;
    layout
}

/// The lines of a box: its name and its kind, or its kind and all names.
pub(super) fn lines(part: &Part) -> Vec<String> {
    match &part.names[..] {
        [only] => vec![spaced(only), part.kind.clone()],
        several => {
            let title = format!("{} \u{d7} {}", several.len(), part.kind);
            std::iter::once(title)
                .chain(several.iter().map(|name| spaced(name)))
                .collect()
        }
    }
}

/// A letter of the names is about seven wide.
fn size(part: &Part) -> (i32, i32) {
    let lines = lines(part);
    let longest = lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0);
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX / 100);
    (
        (count(longest) * 7 + 26).max(120),
        count(lines.len()) * LINE + PADDING,
    )
}

/// Parts of one layer that arrows hold together, in columns along the arrows; a
/// part without such arrows is a chain for itself.
struct Chain<'a> {
    columns: Vec<Vec<&'a Part>>,
}

impl Chain<'_> {
    fn width(&self) -> i32 {
        let columns: i32 = self.columns.iter().map(|parts| width(parts)).sum();
        let between = i32::try_from(self.columns.len()).unwrap_or(1) - 1;
        columns + between * BETWEEN_COLUMNS
    }
}

fn width(parts: &[&Part]) -> i32 {
    parts.iter().map(|part| size(part).0).max().unwrap_or(0)
}

/// The chains of a layer, in the order of their first parts.
fn chains<'a>(layer: &'a Layer, arrows: &[Arrow]) -> Vec<Chain<'a>> {
    let at = |name: &str| layer.parts.iter().position(|part| part.names[0] == name);
    let inner = arrows.iter().filter(|arrow| !arrow.is_faint);
    let inner: Vec<(usize, usize)> = inner
        .filter_map(|arrow| Some((at(&arrow.from)?, at(&arrow.to)?)))
        .collect();
    let mut chain: Vec<usize> = (0..layer.parts.len()).collect();
    let mut column = vec![0; layer.parts.len()];
    // As often as there are parts: then a chain is whole, and a circle is left.
    for _ in &layer.parts {
        for &(from, to) in &inner {
            let first = chain[from].min(chain[to]);
            (chain[from], chain[to]) = (first, first);
            column[to] = column[to].max(column[from] + 1).min(layer.parts.len() - 1);
        }
    }
    let mut chains: BTreeMap<usize, BTreeMap<usize, Vec<&Part>>> = BTreeMap::new();
    for (at, part) in layer.parts.iter().enumerate() {
        let columns = chains.entry(chain[at]).or_default();
        columns.entry(column[at]).or_default().push(part);
    }
    let chains = chains.into_values();
    chains
        .map(|columns| Chain {
            columns: columns.into_values().collect(),
        })
        .collect()
}

/// Puts chains side by side in rows that are as wide as the picture, each row in
/// the middle; gives where the last one ends.
fn stand(chains: &[Chain<'_>], top: i32, boxes: &mut BTreeMap<String, Place>) -> i32 {
    const ROOM: i32 = WIDTH - 4 * MARGIN;
    let mut rows: Vec<(i32, Vec<&Chain<'_>>)> = Vec::new();
    for chain in chains {
        let width = chain.width();
        match rows.last_mut() {
            Some((used, row)) if *used + BETWEEN_CHAINS + width <= ROOM => {
                *used += BETWEEN_CHAINS + width;
                row.push(chain);
            }
            _ => rows.push((width, vec![chain])),
        }
    }
    let mut y = top;
    for (used, row) in rows {
        let mut x = 2 * MARGIN + (ROOM - used).max(0) / 2;
        let mut bottom = y;
        for chain in row {
            bottom = bottom.max(stand_chain(chain, x, y, boxes));
            x += chain.width() + BETWEEN_CHAINS;
        }
        y = bottom + BETWEEN_ROWS;
    }
    y - BETWEEN_ROWS
}

/// Puts the parts of a chain into their columns; gives where the tallest one ends.
fn stand_chain(chain: &Chain<'_>, left: i32, top: i32, boxes: &mut BTreeMap<String, Place>) -> i32 {
    let (mut x, mut bottom) = (left, top);
    for parts in &chain.columns {
        let (width, mut y) = (width(parts), top);
        for part in parts {
            let height = size(part).1;
            boxes.insert(
                part.names[0].clone(),
                Place {
                    x,
                    y,
                    width,
                    height,
                },
            );
            bottom = bottom.max(y + height);
            y += height + BETWEEN_ROWS;
        }
        x += width + BETWEEN_COLUMNS;
    }
    bottom
}
