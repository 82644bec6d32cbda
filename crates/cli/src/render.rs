//! Writes a run down as a page of text: its header and its table. What is below them is in [`notes`].

mod notes;

use crate::run_summary::{RampUp, RunSummary};
use crate::run_tally::{Endpoint, EndpointTally};
use crate::table::{INDENT, Table};
use crate::text::{columns, flow, left, shorten};
use crate::zone::Zone;
use locust_telemetry_core::Length;
use locust_telemetry_core::series::OVERFLOW_NAME;
use locust_telemetry_report::words;

/// How many endpoints the table shows.
const MAX_ENDPOINTS: usize = 30;
/// As wide as the longest usual method, `OPTIONS`: up to there names are aligned.
const MAX_METHOD_COLUMNS: usize = 7;
const MAX_TESTPLAN_COLUMNS: usize = 40;
const MAX_RUN_ID_COLUMNS: usize = 36;

const FIGURES: [&str; 7] = ["requests", "rate", "fail", "p50", "p95", "p99", "max"];
const NS_PER_MS: f64 = 1_000_000.0;

/// The page: lines of at most 80 columns. `unread_lines` are those that could not be read, by file.
pub(crate) fn page(run: &RunSummary, unread_lines: &[(String, u64)], zone: &Zone) -> String {
    let mut lines = header(run);
    lines.push(String::new());
    lines.extend(table(run));
    lines.push(String::new());
    lines.extend(notes::lines(run, unread_lines, zone));
    let mut page = String::new();
    for line in &lines {
        page.push_str(line.trim_end());
        page.push('\n');
    }
    page
}

fn header(run: &RunSummary) -> Vec<String> {
    let mut items = vec![
        shorten(&run.testplan, MAX_TESTPLAN_COLUMNS).into_owned(),
        format!("run {}", shorten(&run.run_id, MAX_RUN_ID_COLUMNS)),
    ];
    let after_ramp_up = if matches!(run.ramp_up, RampUp::LeftOut { .. }) { " after ramp-up" } else { "" };
    if run.length > Length::NONE {
        items.push(format!("{}{after_ramp_up}", words::duration(run.length)));
    }
    let workers = run.workers.len() as u64;
    for (number, noun) in [(workers, "worker"), (run.peak_users, "user")] {
        if number > 0 {
            items.push(words::counted(number, noun));
        }
    }
    flow("", &items, " · ")
}

fn table(run: &RunSummary) -> Vec<String> {
    if run.endpoints.is_empty() {
        let where_none = match run.ramp_up {
            RampUp::LeftOut { requests: 1.., .. } => "after the ramp-up",
            _ => "in these files",
        };
        return vec![format!("  no requests {where_none}")];
    }
    let shown = &run.endpoints[..run.endpoints.len().min(MAX_ENDPOINTS)];
    let method_columns = method_columns(shown.iter().map(|(endpoint, _)| endpoint.method.as_str()));
    let mut table = Table::new(INDENT, "endpoint", FIGURES);
    for (endpoint, tally) in shown {
        table.push(label(endpoint, method_columns), figures(tally, run.length));
    }
    table.push("total".to_owned(), figures(&run.total, run.length));
    let mut lines = table.lines();
    let hidden = run.endpoints.len() - shown.len();
    if hidden > 0 {
        lines.insert(lines.len() - 1, format!("  … and {} more", words::count(hidden as u64)));
    }
    lines
}

/// Method and name, the names of a table below each other where the method is not unusually long.
fn label(endpoint: &Endpoint, method_columns: usize) -> String {
    endpoint_label(&endpoint.method, &endpoint.name, method_columns)
}

/// How wide the methods of a table are, the unusually long ones left out.
pub(crate) fn method_columns<'a>(methods: impl Iterator<Item = &'a str>) -> usize {
    methods.map(columns).filter(|width| *width <= MAX_METHOD_COLUMNS).max().unwrap_or(0)
}

/// Method and name; the method is `method_columns` wide if it is not longer.
pub(crate) fn endpoint_label(method: &str, name: &str, method_columns: usize) -> String {
    if method == OVERFLOW_NAME && name == OVERFLOW_NAME {
        OVERFLOW_NAME.to_owned()
    } else if columns(method) <= method_columns {
        format!("{} {name}", left(method, method_columns))
    } else {
        format!("{method} {name}")
    }
}

fn figures(tally: &EndpointTally, length: Length) -> [String; 7] {
    let quantile = |q| words::latency(tally.latency.quantile_ms(q));
    [
        words::count(tally.requests),
        words::rate(tally.requests, length),
        words::share(tally.failures, tally.requests),
        quantile(0.5),
        quantile(0.95),
        quantile(0.99),
        words::latency(tally.latency.max_ns().map(|ns| ns as f64 / NS_PER_MS)),
    ]
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
