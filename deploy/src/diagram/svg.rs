//! The picture as one SVG element without anything from outside.

use super::curves::{Curve, curves, labels};
use super::layout::{self, LINE, Layout, MARGIN, Place, WIDTH, layout};
use super::{Arrow, Layer, Part, Picture};
use maud::{Markup, html};

/// A quiet colour for each band: its ground, and the line around its boxes.
const COLORS: [(&str, &str); 8] = [
    ("#eef3f8", "#7b94ad"),
    ("#eef6ee", "#6f9a74"),
    ("#fdf3e7", "#c08a45"),
    ("#f3eff8", "#8b76ad"),
    ("#fbeff0", "#b5727a"),
    ("#eef6f6", "#5f9696"),
    ("#f7f5ea", "#9a9050"),
    ("#f2f2f2", "#888888"),
];

/// The SVG's text. Equal pictures give equal text.
#[must_use]
pub fn svg(picture: &Picture) -> String {
    let layout = layout(picture);
    let curves = curves(&picture.arrows, &layout.boxes);
    let titles = picture
        .layers
        .iter()
        .zip(&layout.bands)
        .map(|(layer, band)| title(layer, *band));
    let taken = layout.boxes.values().copied().chain(titles).collect();
    let labels = labels(&picture.arrows, &curves, taken);
    let frame = format!("0 0 {WIDTH} {}", layout.height);
    let drawn = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(frame) role="img" aria-label="Architecture"
            font-family="system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif" font-size="12" {
            defs {
                (arrow_head("head", "#3d4752"))
                (arrow_head("faint-head", "#a3abb5"))
            }
            rect width=(WIDTH) height=(layout.height) fill="#ffffff" {}
            @for (place, color) in layout.bands.iter().zip(COLORS.iter().cycle()) { (ground(*place, color.0)) }
            @for (arrow, curve) in picture.arrows.iter().zip(&curves) { (line(arrow, curve)) }
            @for (at, layer) in picture.layers.iter().enumerate() {
                (words(layer, layout.bands[at], COLORS[at % COLORS.len()]))
                @for part in &layer.parts { (shape(part, &layout, COLORS[at % COLORS.len()].1)) }
            }
            @for (arrow, place) in picture.arrows.iter().zip(&labels) { (label(arrow, *place)) }
        }
    };
    drawn.into_string() + "\n"
}

fn arrow_head(id: &str, color: &str) -> Markup {
    html! {
        marker id=(id) viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto" {
            path d="M0 0.5 L8 4 L0 7.5 Z" fill=(color) {}
        }
    }
}

/// The room of a band's name and subject.
fn title(layer: &Layer, band: Place) -> Place {
    let letters = layer.name.chars().count() + layer.about.chars().count();
    Place {
        x: band.x + MARGIN,
        y: band.y + 10,
        width: 40 + 6 * i32::try_from(letters).unwrap_or_default(),
        height: 18,
    }
}

fn ground(place: Place, color: &str) -> Markup {
    html! {
        rect x=(place.x) y=(place.y) width=(place.width) height=(place.height) rx="10" fill=(color) {}
    }
}

/// The name of a band and what is only counted, in front of the arrows.
fn words(layer: &Layer, place: Place, (ground, edge): (&str, &str)) -> Markup {
    let foot = format!("and {}", layer.beside.join(", "));
    html! {
        g stroke=(ground) stroke-width="5" stroke-linejoin="round" paint-order="stroke" {
            text x=(place.x + MARGIN) y=(place.y + 24) {
                tspan font-size="15" font-weight="600" fill=(edge) { (layer.name) }
                tspan dx="10" fill="#66707b" { (layer.about) }
            }
            @if !layer.beside.is_empty() {
                text x=(place.x + MARGIN) y=(place.bottom() - 10) font-size="11" fill="#8a939d" { (foot) }
            }
        }
    }
}

fn shape(part: &Part, layout: &Layout, edge: &str) -> Markup {
    let place = layout.boxes[&part.names[0]];
    let (middle, top) = (place.middle().0, place.y + 20);
    html! {
        rect x=(place.x) y=(place.y) width=(place.width) height=(place.height) rx="6"
            fill="#ffffff" stroke=(edge) stroke-width="1.4" {}
        @for (line, y) in layout::lines(part).iter().zip((top..).step_by(LINE.unsigned_abs() as usize)) {
            @if y == top {
                text x=(middle) y=(y) text-anchor="middle" font-weight="600" fill="#1f2933" { (line) }
            } @else {
                text x=(middle) y=(y) text-anchor="middle" font-size="11" fill="#66707b" { (line) }
            }
        }
    }
}

fn line(arrow: &Arrow, [begin, one, two, end]: &Curve) -> Markup {
    let path = format!(
        "M{} {} C{} {} {} {} {} {}",
        begin.0, begin.1, one.0, one.1, two.0, two.1, end.0, end.1
    );
    html! {
        @if arrow.is_faint {
            path d=(path) fill="none" stroke="#a3abb5" stroke-dasharray="4 4" marker-end="url(#faint-head)" {}
        } @else {
            path d=(path) fill="none" stroke="#3d4752" stroke-width="1.5" marker-end="url(#head)" {}
        }
    }
}

fn label(arrow: &Arrow, (x, y): (i32, i32)) -> Markup {
    let color = if arrow.is_faint { "#8a939d" } else { "#3d4752" };
    html! {
        text x=(x) y=(y + 4) text-anchor="middle" font-size="11" fill=(color)
            stroke="#ffffff" stroke-width="5" stroke-linejoin="round" paint-order="stroke" { (arrow.label) }
    }
}
