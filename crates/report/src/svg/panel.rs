//! One chart of the picture: its frame, its grid and its curves.

use super::axis;
use crate::markup::escape;
use std::fmt::Write as _;

/// The width of the picture, in its own units.
pub(super) const WIDTH: f64 = 960.0;
/// The height of one panel.
pub(super) const HEIGHT: f64 = 204.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = WIDTH - 64.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = HEIGHT - 28.0;
/// Between the right end of the title row and each entry of the legend.
const LEGEND_STEP: f64 = 72.0;

/// A curve: one value for each point in time, `None` where there is none.
#[derive(Debug)]
pub(super) struct Curve {
    /// What it shows, in the legend.
    pub(super) label: &'static str,
    /// The class that gives it its colour.
    pub(super) class: &'static str,
    /// Against which side's scale it is drawn.
    pub(super) side: Side,
    /// The values.
    pub(super) values: Vec<Option<f64>>,
}

/// The two scales of a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The scale with the grid.
    Left,
    /// The other one.
    Right,
}

/// What all panels have in common.
#[derive(Debug)]
pub(super) struct Time {
    /// How many seconds are shown, at least 1.
    pub(super) length_s: i64,
    /// The middle of each point, in seconds after the first that is shown.
    pub(super) middles_s: Vec<f64>,
    /// Stretches of suspect time: begin and end in seconds after the first that is shown.
    pub(super) suspect: Vec<(f64, f64)>,
    /// Moments worth a mark: seconds after the first that is shown, and what happened.
    pub(super) marks: Vec<(f64, String)>,
}

impl Time {
    fn x(&self, second: f64) -> f64 {
        LEFT + (second / self.length_s as f64).clamp(0.0, 1.0) * (RIGHT - LEFT)
    }
}

/// Appends a panel whose top is at `top`. `unit` puts a value of a scale into words.
pub(super) fn append(
    svg: &mut String,
    top: f64,
    title: &str,
    time: &Time,
    curves: &[Curve],
    unit: impl Fn(Side, f64) -> String,
) {
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(svg, r#"<g transform="translate(0 {top})">"#);
    let _ = writeln!(svg, r#"<text class="title" x="{LEFT}" y="20">{}</text>"#, escape(title));
    for (begin, end) in &time.suspect {
        let (x, width) = (time.x(*begin), time.x(*end) - time.x(*begin));
        let height = BOTTOM - TOP;
        let _ = writeln!(svg, r#"<rect class="suspect" x="{x:.1}" y="{TOP}" width="{width:.1}" height="{height}"/>"#);
    }
    for second in axis::seconds(time.length_s) {
        let (x, y) = (time.x(second as f64), BOTTOM + 16.0);
        let _ = writeln!(svg, r#"<text class="x" x="{x:.1}" y="{y}">{}</text>"#, axis::elapsed(second));
    }
    for side in [Side::Left, Side::Right] {
        let mine: Vec<&Curve> = curves.iter().filter(|curve| curve.side == side).collect();
        if mine.is_empty() {
            continue;
        }
        let max = mine.iter().flat_map(|curve| curve.values.iter().flatten()).copied().fold(0.0, f64::max);
        let ticks = axis::values(max);
        let top_value = ticks[ticks.len() - 1];
        let y = |value: f64| BOTTOM - (value / top_value).clamp(0.0, 1.0) * (BOTTOM - TOP);
        for tick in ticks {
            scale(svg, side, y(tick), &unit(side, tick));
        }
        mine.iter().for_each(|curve| draw(svg, time, curve, y));
    }
    for (second, text) in &time.marks {
        let x = time.x(*second);
        let _ = writeln!(
            svg,
            r#"<line class="mark" x1="{x:.1}" x2="{x:.1}" y1="{TOP}" y2="{BOTTOM}"><title>{}</title></line>"#,
            escape(text)
        );
    }
    for (position, curve) in curves.iter().rev().enumerate() {
        let x = RIGHT - position as f64 * LEGEND_STEP;
        let _ = writeln!(svg, r#"<text class="legend {}" x="{x:.1}" y="20">{}</text>"#, curve.class, curve.label);
    }
    svg.push_str("</g>\n");
}

/// A line of the grid, on the left side, and its label.
fn scale(svg: &mut String, side: Side, y: f64, label: &str) {
    let label = escape(label);
    let _ = match side {
        Side::Left => {
            let x = LEFT - 8.0;
            let _ = writeln!(svg, r#"<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1}" y2="{y:.1}"/>"#);
            writeln!(svg, r#"<text class="left" x="{x}" y="{:.1}">{label}</text>"#, y + 4.0)
        }
        Side::Right => {
            let x = RIGHT + 8.0;
            writeln!(svg, r#"<text class="right" x="{x}" y="{:.1}">{label}</text>"#, y + 4.0)
        }
    };
}

/// The curve, broken where there are no values; a value that stands alone is a dot.
fn draw(svg: &mut String, time: &Time, curve: &Curve, y: impl Fn(f64) -> f64) {
    let mut path = String::new();
    let mut is_down = false;
    let values = curve.values.iter().zip(&time.middles_s);
    let ends = curve.values.iter().skip(1).map(Option::is_none).chain(std::iter::once(true));
    for ((value, middle_s), is_last) in values.zip(ends) {
        let Some(value) = value else {
            is_down = false;
            continue;
        };
        let (x, y) = (time.x(*middle_s), y(*value));
        let _ = match (is_down, is_last) {
            // A path of no length gets its round end only.
            (false, true) => write!(path, "M{x:.1} {y:.1}h0"),
            (false, false) => write!(path, "M{x:.1} {y:.1}"),
            (true, _) => write!(path, "L{x:.1} {y:.1}"),
        };
        is_down = true;
    }
    if !path.is_empty() {
        let _ = writeln!(svg, r#"<path class="{}" d="{path}"/>"#, curve.class);
    }
}
