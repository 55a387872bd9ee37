//! How the arrows of the picture run between the boxes, and where their labels
//! stand.

use super::Arrow;
use super::layout::{BETWEEN_ROWS, Place};
use std::collections::BTreeMap;

/// The curve from one box to another, a cubic Bezier: where it begins, the two
/// points that bend it, where it ends.
pub(super) type Curve = [(i32, i32); 4];

/// The curve of each arrow, in the order of the arrows. Where several meet at one
/// side of a box, they are kept apart.
pub(super) fn curves(arrows: &[Arrow], boxes: &BTreeMap<String, Place>) -> Vec<Curve> {
    let sides: Vec<(Side, Side)> = arrows
        .iter()
        .map(|arrow| sides(boxes[&arrow.from], boxes[&arrow.to]))
        .collect();
    let curve = |(at, arrow): (usize, &Arrow)| {
        let (side, other) = sides[at];
        let begin = port(arrows, &sides, boxes, &arrow.from, side, at);
        let end = port(arrows, &sides, boxes, &arrow.to, other, at);
        let bend = ((end.0 - begin.0).abs() / 2, (end.1 - begin.1).abs() / 2);
        [
            begin,
            side.outwards(begin, bend),
            other.outwards(end, bend),
            end,
        ]
    };
    arrows.iter().enumerate().map(curve).collect()
}

/// A side of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Top,
    Bottom,
    Left,
    Right,
}

impl Side {
    fn outwards(self, (x, y): (i32, i32), (dx, dy): (i32, i32)) -> (i32, i32) {
        match self {
            Side::Top => (x, y - dy),
            Side::Bottom => (x, y + dy),
            Side::Left => (x - dx, y),
            Side::Right => (x + dx, y),
        }
    }
}

/// Sideways within a band, up and down between bands.
fn sides(from: Place, to: Place) -> (Side, Side) {
    let overlap = from.y < to.bottom() + BETWEEN_ROWS && to.y < from.bottom() + BETWEEN_ROWS;
    if overlap && from.right() < to.x {
        (Side::Right, Side::Left)
    } else if overlap && to.right() < from.x {
        (Side::Left, Side::Right)
    } else if from.y < to.y {
        (Side::Bottom, Side::Top)
    } else {
        (Side::Top, Side::Bottom)
    }
}

/// Where an arrow meets a side of a box: its turn among all that meet there.
fn port(
    arrows: &[Arrow],
    sides: &[(Side, Side)],
    boxes: &BTreeMap<String, Place>,
    name: &str,
    side: Side,
    at: usize,
) -> (i32, i32) {
    let mut meeting: Vec<((i32, i32), usize)> = Vec::new();
    for (other, (arrow, (from, to))) in arrows.iter().zip(sides).enumerate() {
        if arrow.from == name && *from == side {
            meeting.push((boxes[&arrow.to].middle(), other));
        } else if arrow.to == name && *to == side {
            meeting.push((boxes[&arrow.from].middle(), other));
        }
    }
    let is_flat = matches!(side, Side::Top | Side::Bottom);
    meeting.sort_by_key(|((x, y), other)| (if is_flat { *x } else { *y }, *other));
    let turn = meeting
        .iter()
        .position(|(_, other)| *other == at)
        .unwrap_or(0);
    let count = |n: usize| i32::try_from(n).unwrap_or(1);
    let place = boxes[name];
    let along = |length: i32| length * (count(turn) + 1) / (count(meeting.len()) + 1);
    match side {
        Side::Top => (place.x + along(place.width), place.y),
        Side::Bottom => (place.x + along(place.width), place.bottom()),
        Side::Left => (place.x, place.y + along(place.height)),
        Side::Right => (place.right(), place.y + along(place.height)),
    }
}

/// Where the label of each arrow stands: on its curve, where neither another label
/// is nor anything that was there before, if there is such a place.
pub(super) fn labels(arrows: &[Arrow], curves: &[Curve], mut taken: Vec<Place>) -> Vec<(i32, i32)> {
    let mut places = Vec::new();
    for (arrow, curve) in arrows.iter().zip(curves) {
        let width = i32::try_from(arrow.label.chars().count()).unwrap_or(0) * 6 + 4;
        let around = |(x, y): (i32, i32)| Place {
            x: x - width / 2,
            y: y - 8,
            width,
            height: 16,
        };
        let free = |point: &(i32, i32)| !taken.iter().any(|one| one.meets(&around(*point)));
        let points = || {
            [4, 3, 5, 2, 6, 1, 7]
                .into_iter()
                .map(|eighth| point(curve, eighth))
        };
        let best = points().find(free).unwrap_or_else(|| point(curve, 4));
        taken.push(around(best));
        places.push(best);
    }
    places
}

/// The point after some eighths of a curve (Bernstein's form of a cubic Bezier).
fn point(curve: &Curve, eighths: i32) -> (i32, i32) {
    let (t, rest) = (eighths, 8 - eighths);
    let weights = [
        rest * rest * rest,
        3 * rest * rest * t,
        3 * rest * t * t,
        t * t * t,
    ];
    let sum = |part: fn(&(i32, i32)) -> i32| {
        let weighted = curve
            .iter()
            .zip(weights)
            .map(|(point, weight)| part(point) * weight);
        weighted.sum::<i32>() / 512
    };
    (sum(|point| point.0), sum(|point| point.1))
}
