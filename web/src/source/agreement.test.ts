/** A recorded run on the page and in the exports: the same figures to the last digit. Both files are Rust's. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "fflate";
import { describe, expect, it } from "vitest";
import { type EndpointFigures, endpointFigures, type Figures, selectionFigures } from "../model/figures";
import { bytesOfBase64 } from "../model/pyramid";
import type { Range } from "../model/range";
import { NOTHING } from "../model/selection";
import { secondsOf } from "../model/span";
import { timeline } from "../model/timeline";
import type { EmbeddedRun } from "../model/wire";
import { EmbeddedSource } from "./embedded";

interface Row {
  method: string;
  name: string;
  requests: number;
  failures: number;
  length_s: number;
  requests_per_s: number;
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
  max_ms: number;
}

interface Exported {
  range: { length_s: number };
  total: Row;
  endpoints: Row[];
  intervals: Row[];
}

const GOLDEN = join(import.meta.dirname, "../../../crates/report/tests/golden");
const read = <T>(name: string) => JSON.parse(readFileSync(join(GOLDEN, name), "utf8")) as T;

/** The golden file has its strips as they are, a report has them deflated. */
function loaded() {
  const data = read<EmbeddedRun>("report.json");
  const deflated = (container: string) => Buffer.from(deflateSync(bytesOfBase64(container))).toString("base64");
  const strips = data.strips.map((part) => ({ ...part, container: deflated(part.container) }));
  return new EmbeddedSource({ ...data, strips }).load();
}

const exported = read<Exported>("run.json");

function shown({ requests, failures, rate, p50Ms, p95Ms, p99Ms, maxMs }: Figures) {
  return [requests, failures, rate, p50Ms, p95Ms, p99Ms, maxMs];
}

function told(row: Row) {
  return [row.requests, row.failures, row.requests_per_s, row.p50_ms, row.p95_ms, row.p99_ms, row.max_ms];
}

describe("the figures of the page", () => {
  it("are those of the exports, lengths and rates too", async () => {
    const run = await loaded();
    const range = run.range as Range;
    expect(secondsOf(run.nsIn(range))).toBe(exported.range.length_s);
    expect(shown(selectionFigures(run, NOTHING, range))).toEqual(told(exported.total));
    const rows = new Map([...endpointFigures(run, range)].map((row: EndpointFigures) => [row.endpoint.key, row]));
    expect(rows.size).toBe(exported.endpoints.length);
    for (const row of exported.endpoints)
      expect(shown(rows.get(`${row.method} ${row.name}`) as Figures)).toEqual(told(row));
  });

  it("are those of each second, but that an edge of which the run has little is not drawn", async () => {
    const run = await loaded();
    const lines = timeline(run, NOTHING, run.range as Range, 1);
    const rates = exported.intervals.map((row) => row.requests_per_s);
    expect(lines.rate.slice(0, -1)).toEqual(rates.slice(0, -1));
    expect([lines.rate.at(-1), lines.users.at(-1), lines.failureRate.at(-1)]).toEqual([null, null, null]);
    expect(lines.quantilesMs[2]?.at(-1)).toBe(exported.intervals.at(-1)?.p95_ms);
  });
});
