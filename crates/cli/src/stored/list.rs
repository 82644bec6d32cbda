//! `locust-telemetry runs`: the recorded runs, the newest first.

use crate::arguments::RunsOptions;
use crate::console::Console;
use crate::error::StoredError;
use crate::table::{INDENT, Table};
use crate::text::{left, printable};
use crate::zone::Zone;
use clap::builder::styling::Style;
use locust_telemetry_report::{time, words};
use locust_telemetry_store::{RunFilter, RunRow, RunState};
use serde_json::{Value, json};

const RUN_ID_COLUMNS: usize = 8;
const NS_PER_S: i64 = 1_000_000_000;
const DIM: Style = Style::new().dimmed();

/// Prints the list and gives the status to end with.
pub(crate) fn print(options: &RunsOptions, console: &mut Console<'_>) -> Result<u8, StoredError> {
    let filter = RunFilter {
        testplan: options.testplan.clone(),
        search: options.search.clone(),
        limit: Some(options.limit).filter(|limit| *limit > 0),
    };
    let runs = super::open(&options.store)?.runs(&filter)?;
    if options.json {
        let rows: Vec<_> = runs.iter().map(row_of_json).collect();
        return Ok(console.print(format!("{:#}\n", Value::Array(rows)), 0));
    }
    if runs.is_empty() {
        console.complain(if options.search.is_some() || options.testplan.is_some() {
            "no such runs"
        } else {
            "the store has no runs yet; record one with: locust-telemetry run -f locustfile.py"
        });
        return Ok(1);
    }
    let zone = &console.zone;
    let started = format!("started ({})", zone.names(runs.iter().map(started_s)));
    let mut table = Table::new(INDENT, "run", [started.as_str(), "took", "requests", "fail", "p95"]);
    for run in &runs {
        // The id comes first and whole, since it is what other commands are given.
        table.push(format!("{} {}", left(&run.run_id, RUN_ID_COLUMNS), printable(&run.testplan)), figures(run, zone));
    }
    let mut lines = table.lines().into_iter();
    let mut text = lines.next().map_or_else(String::new, |titles| console.terminals.paint(DIM, &titles) + "\n");
    lines.for_each(|line| text.push_str(&(line + "\n")));
    Ok(console.print(text, 0))
}

/// The second in which a run began, since the Unix epoch.
fn started_s(run: &RunRow) -> i64 {
    run.started_unix_ns.div_euclid(NS_PER_S)
}

fn figures(run: &RunRow, zone: &Zone) -> [String; 5] {
    let took = match run.state {
        RunState::Ended => words::duration(run.length()),
        state => state.name().to_owned(),
    };
    [
        zone.minute(started_s(run)),
        took,
        words::count(run.requests),
        words::share(run.failures, run.requests),
        words::latency(run.p95_ms),
    ]
}

fn row_of_json(run: &RunRow) -> Value {
    json!({
        "run_id": run.run_id,
        "testplan": run.testplan,
        "state": run.state.name(),
        "started": time::rfc3339_ms(run.started_unix_ns),
        "ended": run.ended_unix_ns.map(time::rfc3339_ms),
        "length_s": run.length().seconds(),
        "users_max": run.users_max,
        "requests": run.requests,
        "failures": run.failures,
        "p50_ms": run.p50_ms,
        "p95_ms": run.p95_ms,
        "p99_ms": run.p99_ms,
        "max_ms": run.max_ms,
        "suspect_seconds": run.suspect_seconds,
        "labels": run.labels,
        "notes": run.notes,
    })
}
