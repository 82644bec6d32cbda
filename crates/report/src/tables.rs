//! The tables of exports: which columns they have.

use crate::figures::{EndpointFigures, ErrorFigures};
use crate::table::{Cells, Column, Table};
use crate::tally::Tally;
use crate::timeline::Point;
use locust_telemetry_core::Length;

/// One row for each endpoint, in the order given. `length` is that of the range.
pub(crate) fn endpoints(endpoints: &[EndpointFigures], length: Length) -> Table {
    let text = |of: fn(&EndpointFigures) -> &String| Cells::Text(endpoints.iter().map(|row| of(row).clone()).collect());
    let mut columns = vec![
        Column { name: "method", cells: text(|row| &row.method) },
        Column { name: "name", cells: text(|row| &row.name) },
    ];
    let tallies: Vec<_> = endpoints.iter().map(|row| (row.tally, length)).collect();
    columns.extend(tally_columns(&tallies));
    Table::new(columns)
}

/// One row for each stretch of time.
pub(crate) fn intervals(points: &[Point]) -> Table {
    let numbers = |of: fn(&Point) -> Option<f64>| Cells::Number(points.iter().map(of).collect());
    let mut columns = vec![
        Column { name: "time", cells: Cells::Time(points.iter().map(|point| point.start_s).collect()) },
        Column { name: "users", cells: Cells::Count(points.iter().map(|point| point.users).collect()) },
    ];
    let tallies: Vec<_> = points.iter().map(|point| (point.tally, point.length)).collect();
    columns.extend(tally_columns(&tallies));
    let reasons = |point: &Point| point.reasons.iter().map(|reason| reason.name()).collect::<Vec<_>>().join(" ");
    columns.extend([
        Column { name: "hub_lag_ms", cells: numbers(|point| point.hub_lag_ms) },
        Column { name: "cpu_percent", cells: numbers(|point| point.cpu_percent) },
        Column { name: "suspect_reasons", cells: Cells::Text(points.iter().map(reasons).collect()) },
    ]);
    Table::new(columns)
}

/// One row for each error of an endpoint.
pub(crate) fn errors(errors: &[ErrorFigures]) -> Table {
    let text = |of: fn(&ErrorFigures) -> &String| Cells::Text(errors.iter().map(|row| of(row).clone()).collect());
    let time = |of: fn(&ErrorFigures) -> i64| Cells::Time(errors.iter().map(of).collect());
    let statuses = errors.iter().map(|row| row.status.map(u64::from)).collect();
    Table::new(vec![
        Column { name: "method", cells: text(|row| &row.method) },
        Column { name: "name", cells: text(|row| &row.name) },
        Column { name: "status", cells: Cells::PerhapsCount(statuses) },
        Column { name: "error_type", cells: text(|row| &row.error_type) },
        Column { name: "message", cells: text(|row| &row.message) },
        Column { name: "count", cells: Cells::Count(errors.iter().map(|row| row.count).collect()) },
        Column { name: "first", cells: time(|row| row.first_s) },
        Column { name: "last", cells: time(|row| row.last_s) },
    ])
}

/// The columns that all requests have: some requests and how long the run was on meanwhile, for each row.
pub(crate) fn tally_columns(rows: &[(Tally, Length)]) -> Vec<Column> {
    let counts = |of: fn(&Tally) -> u64| Cells::Count(rows.iter().map(|(tally, _)| of(tally)).collect());
    let numbers = |of: fn(&Tally) -> Option<f64>| Cells::Number(rows.iter().map(|(tally, _)| of(tally)).collect());
    let rates = rows.iter().map(|(tally, length)| length.rate_of(tally.requests)).collect();
    let lengths = rows.iter().map(|(_, length)| Some(length.seconds())).collect();
    vec![
        Column { name: "requests", cells: counts(|tally| tally.requests) },
        Column { name: "failures", cells: counts(|tally| tally.failures) },
        Column { name: "length_s", cells: Cells::Number(lengths) },
        Column { name: "requests_per_s", cells: Cells::Number(rates) },
        Column { name: "response_bytes", cells: counts(|tally| tally.response_bytes) },
        Column { name: "mean_ms", cells: numbers(|tally| tally.latency.mean_ms) },
        Column { name: "min_ms", cells: numbers(|tally| tally.latency.min_ms) },
        Column { name: "p50_ms", cells: numbers(|tally| tally.latency.p50_ms) },
        Column { name: "p90_ms", cells: numbers(|tally| tally.latency.p90_ms) },
        Column { name: "p95_ms", cells: numbers(|tally| tally.latency.p95_ms) },
        Column { name: "p99_ms", cells: numbers(|tally| tally.latency.p99_ms) },
        Column { name: "p999_ms", cells: numbers(|tally| tally.latency.p999_ms) },
        Column { name: "max_ms", cells: numbers(|tally| tally.latency.max_ms) },
    ]
}
