//! Everything about a run, or about a part of it, as one JSON object.

use crate::figures::{EventFigures, Figures, WorkerFigures};
use crate::missing::Missing;
use crate::table::{Cell, Table};
use crate::tables;
use crate::time;
use crate::timeline::Point;
use serde_json::{Map, Value, json};

/// The version of the object: it grows when a field changes its meaning or goes away.
const FORMAT: u32 = 2;

/// The object, pretty-printed. Fields are named as the columns of CSV and Parquet.
pub(crate) fn encode(figures: &Figures, points: &[Point]) -> String {
    let run = &figures.run;
    let total = Table::new(tables::tally_columns(&[(figures.total, figures.length)]));
    let object = json!({
        "format": FORMAT,
        "run": {
            "run_id": run.run_id,
            "testplan": run.testplan,
            "state": run.state,
            "started": time::rfc3339_ms(run.started_unix_ns),
            "ended": run.ended_unix_ns.map(time::rfc3339_ms),
            "users_max": run.users_max,
            "locust_requests": run.locust_requests,
            "lost": lost(figures),
            "labels": run.labels,
            "notes": figures.notes().into_iter().map(note).collect::<Vec<_>>(),
        },
        "range": {
            "from": time::rfc3339(figures.from_s),
            "to": time::rfc3339(figures.to_s),
            "length_s": figures.length.seconds(),
            "is_whole_run": figures.is_whole,
        },
        "confidence": {
            "seconds": figures.confidence.seconds,
            "suspect_seconds": figures.confidence.suspect_seconds,
            "reasons": figures.confidence.reasons.iter().map(|(reason, seconds)| (reason.name().to_owned(), Value::from(*seconds))).collect::<Map<_, _>>(),
        },
        "total": row(&total, 0),
        "endpoints": rows(&tables::endpoints(&figures.endpoints, figures.length)),
        "errors": rows(&tables::errors(&figures.errors)),
        "workers": figures.workers.iter().map(worker).collect::<Vec<_>>(),
        "missing": figures.missing.iter().map(missing).collect::<Vec<_>>(),
        "events": figures.events.iter().map(event).collect::<Vec<_>>(),
        "intervals": rows(&tables::intervals(points)),
    });
    // Nothing in it can fail to be written.
    format!("{object:#}\n")
}

fn rows(table: &Table) -> Vec<Value> {
    (0..table.rows()).map(|number| row(table, number)).collect()
}

fn row(table: &Table, number: usize) -> Value {
    let value = |cell: Cell<'_>| match cell {
        Cell::Missing => Value::Null,
        Cell::Count(count) => count.into(),
        Cell::Number(number) => number.into(),
        Cell::Text(text) => text.into(),
        Cell::Time(second) => time::rfc3339(second).into(),
    };
    let fields = table.columns().iter().map(|column| (column.name.to_owned(), value(column.cells.cell(number))));
    Value::Object(fields.collect())
}

fn worker(worker: &WorkerFigures) -> Value {
    json!({
        "source_id": worker.source_id,
        "state": worker.state,
        "requests": worker.requests,
        "failures": worker.failures,
        "cpu_percent_max": worker.cpu_percent_max,
        "hub_lag_ms_max": worker.hub_lag_ms_max,
        "suspect_seconds": worker.suspect_seconds,
    })
}

/// What is not recorded, in words; nothing if all is there.
fn lost(figures: &Figures) -> Option<String> {
    let missing = figures.missing.iter().map(|missing| missing.in_words(time::rfc3339));
    let all: Vec<_> = figures.run.lost.iter().cloned().chain(missing).collect();
    (!all.is_empty()).then(|| all.join(". "))
}

fn missing(missing: &Missing) -> Value {
    json!({
        "worker": missing.worker,
        "from": time::rfc3339(missing.from_s),
        "to": time::rfc3339(missing.to_s),
        "is_for_good": missing.is_for_good,
        "is_taken_over": missing.is_taken_over,
        "users": missing.users,
        "requests_at_most": missing.requests_at_most,
    })
}

fn note((time_unix_ns, text): (Option<i64>, &str)) -> Value {
    json!({ "time": time_unix_ns.map(time::rfc3339_ms), "text": text })
}

fn event(event: &EventFigures) -> Value {
    json!({
        "time": time::rfc3339_ms(event.time_unix_ns),
        "kind": if event.is_annotation { "annotation" } else { "event" },
        "name": event.name,
        "attributes": event.attributes,
    })
}
