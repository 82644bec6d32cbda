//! A moment of a run as the lines of a terminal, whatever its size.

use super::snapshot::{NOW_S, RECENT_S, Snapshot, curve_columns};
use crate::chart::{self, Chart};
use crate::console::Terminals;
use crate::note::DOT;
use crate::render::{endpoint_label, method_columns};
use crate::table::{INDENT, Table};
use crate::text::{flow_within, left, shorten, words_of};
use clap::builder::styling::{AnsiColor, Style};
use locust_telemetry_core::Length;
use locust_telemetry_report::{Point, Tally, words};
use std::cmp::Reverse;

/// How many lines of Locust's output are shown at most.
pub(super) const MAX_OUTPUT_LINES: usize = 5;
/// One line of that for so many of the terminal.
const LINES_FOR_OUTPUT: usize = 6;

const CHART_LINES: usize = 3;
const MAX_ERRORS: usize = 3;
const MAX_WORKERS: usize = 8;
const MAX_TESTPLAN_COLUMNS: usize = 30;
const RUN_ID_COLUMNS: usize = 8;

const FIGURES: [&str; 5] = ["rate", "fail", "p50", "p95", "p99"];
const WORKER_FIGURES: [&str; 4] = ["state", "rate", "peak cpu", "hub lag"];

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RATE: Style = AnsiColor::Cyan.on_default();
const LATENCY: Style = AnsiColor::Blue.on_default();
const FAILURE: Style = AnsiColor::Red.on_default();
const SUSPECT: Style = AnsiColor::Yellow.on_default();

/// What is drawn, and how much room there is.
#[derive(Debug)]
pub(super) struct Screen<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// Why the snapshot is not the newest, if it is not.
    pub(super) trouble: Option<&'a str>,
    /// The newest lines that Locust wrote.
    pub(super) output: &'a [String],
    pub(super) columns: usize,
    pub(super) lines: usize,
}

/// Text that stands in one line, the curve of a chart in a style of its own.
struct Line {
    style: Style,
    text: String,
    curve: Option<(Style, String)>,
}

impl Screen<'_> {
    /// The lines from top to bottom, not more than there is room for; where room is short, what matters less gives way.
    pub(super) fn frame(&self, terminals: Terminals) -> Vec<String> {
        let mut room = self.lines;
        let mut take = |lines: Vec<Line>, at_most: usize| -> Vec<Line> {
            let taken: Vec<Line> = lines.into_iter().take(at_most.min(room)).collect();
            room -= taken.len();
            taken
        };
        // In the order in which they matter.
        let head = take(self.head(), usize::MAX);
        let totals = take(self.totals(), usize::MAX);
        let output = take(self.output(), usize::MAX);
        let charts = self.charts();
        let rest = self.lines.saturating_sub(head.len() + totals.len() + output.len());
        // All of them, or none.
        let charts = take(charts, if rest >= 2 * CHART_LINES + 2 { usize::MAX } else { 0 });
        let rest = rest - charts.len();
        let errors = take(self.errors(), rest / 3);
        let workers = take(self.workers(), rest / 3);
        let endpoints = take(self.endpoints(), usize::MAX);
        let above = [head, totals, charts, endpoints, errors, workers].into_iter().flatten();
        let blank = (0..if output.is_empty() { 0 } else { room }).map(|_| line(PLAIN, String::new()));
        above.chain(blank).chain(output).map(|line| self.paint(terminals, &line)).collect()
    }

    fn paint(&self, terminals: Terminals, line: &Line) -> String {
        let text = shorten(&line.text, self.columns);
        match &line.curve {
            None => terminals.paint(line.style, text.trim_end()),
            Some((style, curve)) => format!("{text}{}", terminals.paint(*style, curve.trim_end())),
        }
    }

    fn head(&self) -> Vec<Line> {
        let run = &self.snapshot.row;
        let title = [
            shorten(&run.testplan, MAX_TESTPLAN_COLUMNS).into_owned(),
            format!("run {}", shorten(&run.run_id, RUN_ID_COLUMNS)),
            run.state.name().to_owned(),
            self.snapshot.elapsed(),
            words::counted(self.snapshot.users, "user"),
        ];
        let mut items = title.to_vec();
        if !self.snapshot.recent.workers.is_empty() {
            items.push(words::counted(self.snapshot.recent.workers.len() as u64, "worker"));
        }
        let mut lines: Vec<Line> = self.flow(BOLD, "", &items);
        let style = if self.snapshot.recent.confidence.suspect_seconds > 0 { SUSPECT } else { PLAIN };
        let verdict: Vec<String> = self.snapshot.verdict().split(DOT).map(str::to_owned).collect();
        lines.extend(self.flow(style, "Confidence in the last minute: ", &verdict));
        for missing in self.snapshot.missing() {
            let lines_of_it = flow_within(self.columns, "", &words_of(&missing), " ");
            lines.extend(lines_of_it.into_iter().map(|text| line(SUSPECT, text)));
        }
        let lost = run.lost.is_some().then(|| "Not everything could be recorded".to_owned());
        let warnings = lost.into_iter().chain(self.trouble.map(|trouble| format!("Not up to date: {trouble}")));
        lines.extend(warnings.map(|warning| line(SUSPECT, warning)));
        lines.push(line(PLAIN, String::new()));
        lines
    }

    fn flow(&self, style: Style, lead: &str, items: &[String]) -> Vec<Line> {
        flow_within(self.columns, lead, items, DOT).into_iter().map(|text| line(style, text)).collect()
    }

    fn totals(&self) -> Vec<Line> {
        let snapshot = self.snapshot;
        let run = &snapshot.row;
        let requests = words::counted(run.requests, "request");
        let mut table = Table::new(INDENT, &requests, FIGURES);
        table.push(format!("last {NOW_S} s"), five(&snapshot.now, snapshot.now_length));
        table.push(format!("last {RECENT_S} s"), five(&snapshot.recent.total, snapshot.recent.length));
        let whole = [
            words::rate(run.requests, snapshot.length),
            words::share(run.failures, run.requests),
            words::latency(run.p50_ms),
            words::latency(run.p95_ms),
            words::latency(run.p99_ms),
        ];
        table.push("whole run".to_owned(), whole);
        let mut lines = self.table(&table);
        lines.push(line(PLAIN, String::new()));
        lines
    }

    /// A table, its titles dimmed.
    fn table<const N: usize>(&self, table: &Table<N>) -> Vec<Line> {
        let style = |place: usize| if place == 0 { DIM } else { PLAIN };
        let lines = table.lines_within(self.columns);
        lines.into_iter().enumerate().map(|(place, text)| line(style(place), text)).collect()
    }

    fn charts(&self) -> Vec<Line> {
        let points = &self.snapshot.points;
        let columns = curve_columns(self.columns);
        let rates: Vec<_> = points.iter().map(Point::drawn_requests_per_s).collect();
        let p95: Vec<_> = points.iter().map(|point| point.tally.latency.p95_ms).collect();
        let mut lines = curve("rate", RATE, &rates, columns, words::per_second);
        lines.extend(curve("p95", LATENCY, &p95, columns, |ms| words::latency(Some(ms))));
        let shown = points.iter().fold(0, |sum: u64, point| sum.saturating_add(point.length.ns()));
        let start = format!("{} ago", words::duration(Length::from_ns(shown)));
        lines.push(line(DIM, chart::time_line(&start, "now", columns)));
        lines.push(line(PLAIN, String::new()));
        lines
    }

    /// Those that fail the most, then the slowest.
    fn endpoints(&self) -> Vec<Line> {
        let mut endpoints: Vec<_> = self.snapshot.recent.endpoints.iter().collect();
        let slowness = |tally: &Tally| tally.latency.p95_ms.map_or(0, |ms| (ms * 1e6) as u64);
        endpoints.sort_by_key(|endpoint| Reverse((endpoint.tally.failures, slowness(&endpoint.tally))));
        let method_columns = method_columns(endpoints.iter().map(|endpoint| endpoint.method.as_str()));
        let mut table = Table::new(INDENT, "failing and slowest", FIGURES);
        for endpoint in endpoints.iter().take(self.lines) {
            let label = endpoint_label(&endpoint.method, &endpoint.name, method_columns);
            table.push(label, five(&endpoint.tally, self.snapshot.recent.length));
        }
        self.table(&table)
    }

    fn errors(&self) -> Vec<Line> {
        let errors = self.snapshot.recent.errors.iter().take(MAX_ERRORS).map(|error| {
            let endpoint = endpoint_label(&error.method, &error.name, 0);
            let what = format!("{} x {}  {endpoint}  {}", words::count(error.count), error.kind(), error.message);
            line(FAILURE, format!("  {}", left(&what, self.columns.saturating_sub(INDENT))))
        });
        errors.collect()
    }

    fn workers(&self) -> Vec<Line> {
        let recent = &self.snapshot.recent;
        if recent.workers.is_empty() {
            return Vec::new();
        }
        let mut workers: Vec<_> = recent.workers.iter().collect();
        // Whoever is in trouble first.
        workers.sort_by_key(|worker| Reverse(worker.suspect_seconds));
        let mut table = Table::new(INDENT, "worker", WORKER_FIGURES);
        for worker in workers.into_iter().take(MAX_WORKERS) {
            let [state, _, cpu, lag, _] = worker.in_words();
            let rate = words::rate(worker.requests, recent.length);
            table.push(worker.source_id.clone(), [state, rate, cpu, lag]);
        }
        self.table(&table)
    }

    fn output(&self) -> Vec<Line> {
        let shown = self.output.len().min((self.lines / LINES_FOR_OUTPUT).clamp(1, MAX_OUTPUT_LINES));
        let newest = &self.output[self.output.len() - shown..];
        newest.iter().map(|text| line(DIM, left(text, self.columns))).collect()
    }
}

fn line(style: Style, text: String) -> Line {
    Line { style, text, curve: None }
}

fn curve(title: &str, style: Style, values: &[Option<f64>], columns: usize, unit: impl Fn(f64) -> String) -> Vec<Line> {
    let lines = Chart { title, values, lines: CHART_LINES, columns }.lines(unit);
    lines.into_iter().map(|line| Line { style: PLAIN, text: line.margin, curve: Some((style, line.plot)) }).collect()
}

/// Rate, share of failures, p50, p95 and p99 in words.
fn five(tally: &Tally, length: Length) -> [String; 5] {
    let [_, rate, failed, p50, p95, p99, _] = tally.in_words(length);
    [rate, failed, p50, p95, p99]
}

#[cfg(test)]
#[path = "screen_tests.rs"]
mod tests;
