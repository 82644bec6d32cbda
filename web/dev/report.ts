/** Makes a report file of a built page and a run: what the native core does, for tests of the page. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import type { Range } from "../src/model/range";
import { spanOf } from "../src/model/span";
import type { EmbeddedRun, SpanRow } from "../src/model/wire";
import type { Archive } from "./archive";

/**
 * The data that a report carries, of a range of the run if one is given. Series are kept in slots of `seriesSlotS`
 * seconds and longer ones.
 */
export function embedded(archive: Archive, seriesSlotS: number, range: Range | null = null): EmbeddedRun {
  const { fromS, toS } = range ?? { fromS: 0, toS: Number.MAX_SAFE_INTEGER };
  const isIn = (second: number) => second >= fromS && second < toS;
  const columns = Object.fromEntries(
    Object.entries(archive.columns).map(([name, column]) => [
      name,
      column.filter((_, place) => isIn(archive.columns.second[place] ?? 0)),
    ]),
  ) as typeof archive.columns;
  const events = [...archive.events, ...archive.notes].filter(({ time_unix_ns: time }) => isIn(Math.floor(time / 1e9)));
  const strips: EmbeddedRun["strips"] = [];
  for (const kind of ["total", "series", "worker"] as const) {
    for (const slotS of [1, 60, 3600]) {
      if (kind === "series" && slotS < seriesSlotS) continue;
      const container = deflateRawSync(archive.container(kind, slotS, null, fromS, toS));
      strips.push({ kind, slot_s: slotS, container: container.toString("base64") });
    }
  }
  const whole = spanOf(archive.head.span, { fromS: archive.head.first_s ?? 0, toS: (archive.head.last_s ?? -1) + 1 });
  const span: SpanRow = {
    started: fromS > whole.started[0] ? [fromS, 0] : whole.started,
    ended: toS <= whole.ended[0] ? [toS, 0] : whole.ended,
  };
  return {
    head: {
      ...archive.head,
      span,
      whole_span: whole,
      finest_slot_s: seriesSlotS,
      first_s: columns.second[0] ?? null,
      last_s: columns.second[columns.second.length - 1] ?? null,
    },
    seconds: columns,
    // Their times are of the whole run.
    errors: archive.errorsOf(fromS, toS),
    events,
    worker_seconds: workerColumns(archive, fromS, toS),
    strips,
  };
}

/** The rows of workers as columns. */
export function workerColumns(archive: Archive, fromS: number, toS: number): EmbeddedRun["worker_seconds"] {
  const rows = archive.workerRows.filter((row) => row.second >= fromS && row.second < toS);
  return {
    second: rows.map((row) => row.second),
    worker: rows.map((row) => row.id),
    state: rows.map((row) => row.state),
    users: rows.map((row) => row.users),
    requests: rows.map((row) => row.requests),
    failures: rows.map((row) => row.failures),
    cpu_percent: rows.map((row) => row.cpu_percent),
    memory_bytes: rows.map((row) => row.memory_bytes),
    hub_lag_ms: rows.map((row) => row.hub_lag_ms),
    reasons: rows.map((row) => row.reasons),
    clock_offset_ms: rows.map((row) => row.clock_offset_ms),
    clock_error_ms: rows.map((row) => row.clock_error_ms),
  };
}

/** The whole file. */
export function reportOf(dist: string, data: EmbeddedRun): string {
  const read = (name: string) => readFileSync(join(dist, name), "utf8");
  // A `<` inside of the data could end the script element.
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return read("index.html")
    .replace('<link rel="stylesheet" href="app.css">', () => `<style>${read("app.css")}</style>`)
    .replace("<!-- run-data -->", () => `<script type="application/json" id="run-data">${json}</script>`)
    .replace('<script src="app.js"></script>', () => `<script>${read("app.js")}</script>`);
}
