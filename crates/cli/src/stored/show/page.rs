//! A run as a page of text: header, table, charts and notes, at most 80 columns wide.

use crate::chart::{self, Chart};
use crate::console::Terminals;
use crate::note::{DOT, LABEL_COLUMNS, difference, more, note, notes, titled};
use crate::render::{endpoint_label, method_columns};
use crate::table::{INDENT, Table};
use crate::text::{PAGE_COLUMNS, columns, flow, left, right, shorten, words_of};
use crate::zone::Zone;
use clap::builder::styling::{AnsiColor, Style};
use locust_telemetry_report::{ErrorFigures, EventFigures, Figures, Point, Tally, words};

/// How many endpoints the table shows.
const MAX_ENDPOINTS: usize = 20;
const MAX_ERRORS: usize = 8;
const MAX_KIND_COLUMNS: usize = 24;
const MAX_ENDPOINT_COLUMNS: usize = 24;
const MAX_WORKERS: usize = 16;
const MAX_EVENTS: usize = 10;
const MAX_TESTPLAN_COLUMNS: usize = 40;
const MAX_RUN_ID_COLUMNS: usize = 36;
const CHART_LINES: usize = 3;
/// How many columns the curves have.
pub(super) const PLOT_COLUMNS: usize = PAGE_COLUMNS - chart::MARGIN_COLUMNS;

const FIGURES: [&str; 7] = ["requests", "rate", "fail", "p50", "p95", "p99", "max"];

const WORKER_FIGURES: [&str; 5] = ["state", "requests", "peak cpu", "hub lag", "suspect"];

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RATE: Style = AnsiColor::Cyan.on_default();
const LATENCY: Style = AnsiColor::Blue.on_default();
const FAILURE: Style = AnsiColor::Red.on_default();
const SUSPECT: Style = AnsiColor::Yellow.on_default();

/// The page; `points` are the stretches of time of the charts, at most [`PLOT_COLUMNS`] or so.
pub(super) fn page(figures: &Figures, points: &[Point], terminals: Terminals, zone: &Zone) -> String {
    let mut page = Page { text: String::new(), terminals, zone };
    page.header(figures);
    page.table(figures);
    page.charts(figures, points);
    page.notes(figures);
    page.text
}

struct Page<'a> {
    text: String,
    terminals: Terminals,
    zone: &'a Zone,
}

impl Page<'_> {
    /// Appends lines in one style; spaces at their ends are left out.
    fn lines(&mut self, style: Style, lines: Vec<String>) {
        for line in lines {
            let line = self.terminals.paint(style, line.trim_end());
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }

    fn header(&mut self, figures: &Figures) {
        let run = &figures.run;
        let mut items = vec![
            shorten(&run.testplan, MAX_TESTPLAN_COLUMNS).into_owned(),
            format!("run {}", shorten(&run.run_id, MAX_RUN_ID_COLUMNS)),
        ];
        items.extend(figures.headline());
        self.lines(BOLD, flow("", &items, DOT));
        self.lines(DIM, flow("", &figures.when(|unix_s| self.zone.readable(unix_s)), DOT));
        for warning in figures.warnings(|unix_s| self.zone.time_of_day(unix_s.saturating_mul(1_000))) {
            self.lines(SUSPECT, flow("", &words_of(&warning), " "));
        }
        self.gap();
    }

    fn table(&mut self, figures: &Figures) {
        if figures.endpoints.is_empty() {
            self.lines(Style::new(), vec!["  no requests".to_owned()]);
            return self.gap();
        }
        let shown = &figures.endpoints[..figures.endpoints.len().min(MAX_ENDPOINTS)];
        let method_columns = method_columns(shown.iter().map(|row| row.method.as_str()));
        let mut table = Table::new(INDENT, "endpoint", FIGURES);
        let row = |tally: &Tally| tally.in_words(figures.length);
        for endpoint in shown {
            table.push(endpoint_label(&endpoint.method, &endpoint.name, method_columns), row(&endpoint.tally));
        }
        table.push("total".to_owned(), row(&figures.total));
        let mut lines = table.lines();
        let total = lines.pop();
        let body = lines.split_off(1);
        self.lines(DIM, lines);
        self.lines(Style::new(), body);
        let hidden = figures.endpoints.len() - shown.len();
        if hidden > 0 {
            self.lines(DIM, vec![format!("  … and {} more", words::count(hidden as u64))]);
        }
        self.lines(BOLD, total.into_iter().collect());
        self.gap();
    }

    fn charts(&mut self, figures: &Figures, points: &[Point]) {
        if points.is_empty() {
            return;
        }
        let each = |of: fn(&Point) -> Option<f64>| points.iter().map(of).collect::<Vec<_>>();
        self.chart("rate", RATE, CHART_LINES, &each(Point::drawn_requests_per_s), words::per_second);
        let p95 = each(|point| point.tally.latency.p95_ms);
        self.chart("p95", LATENCY, CHART_LINES, &p95, |ms| words::latency(Some(ms)));
        if figures.total.failures > 0 {
            self.chart("failures", FAILURE, CHART_LINES - 1, &each(Point::drawn_failures_per_s), words::per_second);
        }
        if points.iter().any(|point| point.suspect_seconds > 0) {
            let marks: Vec<_> = points.iter().map(|point| if point.suspect_seconds > 0 { '!' } else { ' ' }).collect();
            let line = chart::mark_line("suspect", &marks, PLOT_COLUMNS);
            self.lines(SUSPECT, vec![line]);
        }
        let after = |second: i64| words::duration(figures.run.after_start(second));
        let (start, end) = if figures.is_whole {
            ("start".to_owned(), words::duration(figures.length))
        } else {
            (after(figures.from_s), after(figures.to_s))
        };
        self.lines(DIM, vec![chart::time_line(&start, &end, PLOT_COLUMNS)]);
        self.gap();
    }

    fn chart(&mut self, title: &str, style: Style, lines: usize, values: &[Option<f64>], unit: impl Fn(f64) -> String) {
        for line in (Chart { title, values, lines, columns: PLOT_COLUMNS }).lines(unit) {
            let plot = self.terminals.paint(style, line.plot.trim_end());
            self.text.push_str(format!("{}{plot}", line.margin).trim_end());
            self.text.push('\n');
        }
    }

    fn notes(&mut self, figures: &Figures) {
        if figures.errors.is_empty() {
            let none = if figures.total.requests > 0 { vec!["none".to_owned()] } else { Vec::new() };
            self.lines(Style::new(), note("errors", &none, DOT));
        } else {
            self.lines(FAILURE, notes("errors", errors(&figures.errors)));
        }
        let trust = if figures.confidence.suspect_seconds > 0 { SUSPECT } else { Style::new() };
        self.lines(trust, note("confidence", &figures.verdict(), DOT));
        self.lines(Style::new(), workers(figures));
        self.lines(Style::new(), note("recorded", &figures.books(), DOT));
        if figures.is_whole {
            self.lines(Style::new(), difference(&figures.run.causes, self.zone));
        }
        self.lines(Style::new(), notes("events", events(figures, self.zone)));
        self.lines(Style::new(), note("labels", &figures.labels(), DOT));
        self.lines(Style::new(), note("notes", &words_of(&figures.run.notes), " "));
    }
}

/// Each error in a row: how often, of which kind, where, and what it said as far as there is room.
fn errors(errors: &[ErrorFigures]) -> Vec<Vec<String>> {
    let shown = &errors[..errors.len().min(MAX_ERRORS)];
    let parts = |error: &ErrorFigures| {
        let endpoint = endpoint_label(&error.method, &error.name, 0);
        let kind = shorten(&error.kind(), MAX_KIND_COLUMNS).into_owned();
        (words::count(error.count), kind, shorten(&endpoint, MAX_ENDPOINT_COLUMNS).into_owned())
    };
    let rows: Vec<_> = shown.iter().map(parts).collect();
    let widest = |of: fn(&(String, String, String)) -> &str| rows.iter().map(|row| columns(of(row))).max().unwrap_or(0);
    let (number, kind, endpoint) = (widest(|row| &row.0), widest(|row| &row.1), widest(|row| &row.2));
    let room = PAGE_COLUMNS.saturating_sub(LABEL_COLUMNS + number + kind + endpoint + 6);
    let row = |(row, error): (&(String, String, String), &ErrorFigures)| {
        let message = shorten(&error.message, room);
        let text = format!("{}  {}  {}  {message}", right(&row.0, number), left(&row.1, kind), left(&row.2, endpoint));
        vec![text.trim_end().to_owned()]
    };
    let mut entries: Vec<_> = rows.iter().zip(shown).map(row).collect();
    if errors.len() > shown.len() {
        entries.push(more(errors.len() - shown.len()));
    }
    entries
}

fn workers(figures: &Figures) -> Vec<String> {
    let shown = &figures.workers[..figures.workers.len().min(MAX_WORKERS)];
    if shown.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(LABEL_COLUMNS, &words::count(figures.workers.len() as u64), WORKER_FIGURES);
    shown.iter().for_each(|worker| table.push(worker.source_id.clone(), worker.in_words()));
    let mut lines = titled("workers", &table);
    if figures.workers.len() > shown.len() {
        lines.extend(note("", &more(figures.workers.len() - shown.len()), DOT));
    }
    lines
}

fn events(figures: &Figures, zone: &Zone) -> Vec<Vec<String>> {
    let entry = |event: &EventFigures| {
        let unix_ms = event.time_unix_ns.div_euclid(1_000_000);
        vec![zone.time_of_day(unix_ms), event.text()]
    };
    let mut entries: Vec<_> = figures.events.iter().take(MAX_EVENTS).map(entry).collect();
    if figures.events.len() > MAX_EVENTS {
        entries.push(more(figures.events.len() - MAX_EVENTS));
    }
    entries
}
