//! The main charts as one SVG picture: rate and users, response times, failures.
//!
//! It stands alone (no script, no font, no other file) and follows the reader's light or dark scheme.

mod axis;
mod panel;

use crate::figures::Figures;
use crate::markup::escape;
use crate::timeline::Point;
use crate::words;
use panel::{Curve, Side, Time};
use std::fmt::Write as _;

/// The title row above the panels.
const HEADER: f64 = 44.0;
/// How many marks of events the picture has at most; more would hide the curves.
const MAX_MARKS: usize = 60;

const STYLE: &str = "\
svg{font:12px system-ui,sans-serif;color-scheme:light dark}\
.back{fill:#fff}text{fill:#57606a}.name{font-size:16px;font-weight:600;fill:#1f2328}.title{font-weight:600;fill:#1f2328}\
.left,.legend{text-anchor:end}.x{text-anchor:middle}\
.grid{stroke:#d0d7de;stroke-width:1}.mark{stroke:#6e7781;stroke-width:1;stroke-dasharray:2 3}\
.suspect{fill:#bf8700;opacity:.14}\
path{fill:none;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}\
path.rate{stroke:#1f2328}path.users{stroke:#8c959f;stroke-dasharray:4 3}\
path.p50{stroke:#9ecae9}path.p95{stroke:#4292c6}path.p99{stroke:#08519c}path.max{stroke:#62217a;stroke-width:1}\
path.failures{stroke:#cf222e}\
text.rate{fill:#1f2328}text.users{fill:#6e7781}text.p50{fill:#5b96bd}text.p95{fill:#2f7ab0}text.p99{fill:#08519c}\
text.max{fill:#62217a}text.failures{fill:#cf222e}\
@media(prefers-color-scheme:dark){.back{fill:#0d1117}text{fill:#9198a1}.name,.title,text.rate{fill:#f0f6fc}\
.grid{stroke:#30363d}path.rate{stroke:#f0f6fc}path.p50{stroke:#c6dbef}text.p50{fill:#c6dbef}\
path.p95{stroke:#6baed6}text.p95{fill:#6baed6}path.p99{stroke:#3f8fd2}text.p99{fill:#58a6ff}path.max{stroke:#bc8cff}\
text.max{fill:#bc8cff}path.failures{stroke:#ff7b72}text.failures{fill:#ff7b72}}";

/// The picture of a run or of a part of it; `points` are its stretches of time, in order.
pub(crate) fn encode(figures: &Figures, points: &[Point]) -> String {
    let height = HEADER + 3.0 * panel::HEIGHT;
    let (width, run) = (panel::WIDTH, &figures.run);
    let title = format!("{} · run {}", run.testplan, run.run_id);
    let mut svg = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">"#
    );
    let _ = writeln!(
        svg,
        "<title>{}</title>\n<desc>{}</desc>\n<style>{STYLE}</style>",
        escape(&title),
        escape(&description(figures))
    );
    let _ = writeln!(svg, r#"<rect class="back" width="{width}" height="{height}"/>"#);
    let _ = writeln!(svg, r#"<text class="name" x="16" y="28">{}</text>"#, escape(&title));

    let time = time(figures, points);
    let each = |of: fn(&Point) -> Option<f64>| points.iter().map(of).collect::<Vec<_>>();
    let rate_and_users = [
        Curve { label: "users", class: "users", side: Side::Right, values: each(Point::drawn_users) },
        Curve { label: "requests", class: "rate", side: Side::Left, values: each(Point::drawn_requests_per_s) },
    ];
    panel::append(&mut svg, HEADER, "Rate and users", &time, &rate_and_users, |side, value| match side {
        Side::Left => format!("{}/s", axis_number(value)),
        Side::Right => axis_number(value),
    });
    let quantile = |label, of| Curve { label, class: label, side: Side::Left, values: each(of) };
    let latency = [
        quantile("max", |point: &Point| point.tally.latency.max_ms),
        quantile("p99", |point| point.tally.latency.p99_ms),
        quantile("p95", |point| point.tally.latency.p95_ms),
        quantile("p50", |point| point.tally.latency.p50_ms),
    ];
    panel::append(&mut svg, HEADER + panel::HEIGHT, "Response times", &time, &latency, |_, value| {
        words::latency(Some(value))
    });
    let failures =
        [Curve { label: "failures", class: "failures", side: Side::Left, values: each(Point::drawn_failures_per_s) }];
    panel::append(&mut svg, HEADER + 2.0 * panel::HEIGHT, "Failures", &time, &failures, |_, value| {
        format!("{}/s", axis_number(value))
    });
    svg.push_str("</svg>\n");
    svg
}

/// What the picture shows, for those who do not see it.
fn description(figures: &Figures) -> String {
    let Figures { total, .. } = figures;
    format!(
        "{} in {}, {} failed; p50 {}, p95 {}, p99 {}, max {}.",
        words::counted(total.requests, "request"),
        words::duration(figures.length),
        words::share(total.failures, total.requests),
        words::latency(total.latency.p50_ms),
        words::latency(total.latency.p95_ms),
        words::latency(total.latency.p99_ms),
        words::latency(total.latency.max_ms),
    )
}

fn time(figures: &Figures, points: &[Point]) -> Time {
    let from_s = figures.from_s;
    let after = |second: i64| second.saturating_sub(from_s) as f64;
    let span = |point: &Point| (after(point.start_s), after(point.start_s) + point.seconds as f64);
    let suspect = points.iter().filter(|point| point.suspect_seconds > 0).map(span).collect();
    let marks = figures.events.iter().take(MAX_MARKS);
    let ns_after = |time_unix_ns: i64| (time_unix_ns as f64 / 1e9) - from_s as f64;
    Time {
        length_s: figures.to_s.saturating_sub(figures.from_s).max(1),
        middles_s: points.iter().map(|point| span(point).0 + point.seconds as f64 / 2.0).collect(),
        suspect,
        marks: marks.map(|event| (ns_after(event.time_unix_ns), event.text())).collect(),
    }
}

/// A round number as it stands beside an axis: `2.5`, `400`, `12 000`.
fn axis_number(value: f64) -> String {
    if value >= 1_000.0 { words::count(value.round() as u64) } else { format!("{}", (value * 1e6).round() / 1e6) }
}
