/** Whole runs: loaded, followed, summarised, compared. */

import { describe, expect, it } from "vitest";
import type { Archive } from "../../dev/archive";
import { workerColumns } from "../../dev/report";
import { shop } from "../../dev/scenario";
import { ended } from "../../dev/worlds";
import { shifted, shiftsOf } from "./comparison";
import { endpointFigures, selectionFigures } from "./figures";
import type { Range } from "./range";
import { Run, SEALED_NOTHING } from "./run";
import { NOTHING } from "./selection";
import { slowdownsOf } from "./slowdown";
import { failureKinds, timeline } from "./timeline";
import type { WindowMessage } from "./wire";

const START_S = 1_760_000_017;
const SLOTS = [3600, 60, 1];

function load(archive: Archive, windows: WindowMessage[] = []): Run {
  const sealedUntilS = archive.head.sealed_until_s ?? SEALED_NOTHING;
  const run = new Run({
    head: archive.head,
    sealedUntilS,
    seconds: archive.columns,
    errors: archive.errorsOf(0, sealedUntilS),
    events: archive.events,
    workerSeconds: workerColumns(archive, 0, Number.MAX_SAFE_INTEGER) ?? null,
    windows,
    slots: { total: SLOTS, series: SLOTS, worker: SLOTS },
  });
  const range = run.range as Range;
  for (const kind of ["total", "series", "worker"] as const) {
    for (const slotS of SLOTS) {
      const container = archive.container(kind, slotS, null, 0, Number.MAX_SAFE_INTEGER);
      run.pyramid(kind).addContainer({ kind, slotS, subjects: null, ...range }, container);
    }
  }
  return run;
}

const slow = ended(shop({ runId: "slow", seconds: 200, seed: 3, trouble: "slow", from: 120 }), START_S);
const failing = ended(shop({ runId: "failing", seconds: 150, seed: 4, trouble: "failing", from: 80 }), START_S + 5000);

describe("a stored run", () => {
  const run = load(slow);

  it("has the same figures whole, by endpoint and by worker", () => {
    const range = run.range as Range;
    const total = selectionFigures(run, NOTHING, range);
    const byEndpoint = [...endpointFigures(run, range)].reduce((sum, row) => sum + row.requests, 0);
    const workers = { kind: "worker" as const, keys: [...run.workers.names.values()] };
    expect(total.requests).toBe(slow.columns.requests.reduce((sum, count) => sum + count, 0));
    expect(byEndpoint).toBe(total.requests);
    expect(selectionFigures(run, workers, range)).toEqual(total);
  });

  it("has figures of a selection in a range that are the merge of its seconds", () => {
    const range = { fromS: START_S + 31, toS: START_S + 147 };
    const ids = run.endpoints.get("GET /pay")?.series ?? [];
    const wanted = slow.merged("series", ids, range.fromS, range.toS);
    const found = selectionFigures(run, { kind: "endpoint", keys: ["GET /pay"] }, range);
    expect(found.requests).toBe(wanted.requests);
    expect(found.p99Ms).toBe(wanted.latency.quantileMs(0.99));
    expect(found.rate).toBe(wanted.requests / 116);
  });

  it("has a timeline whose steps are merges, with the failures of the selection", () => {
    const range = { fromS: START_S + 3, toS: START_S + 63 };
    const lines = timeline(run, NOTHING, range, 10, 0, true);
    expect(lines.startS[0]).toBe(Math.floor(range.fromS / 10) * 10);
    const place = 3;
    const start = lines.startS[place] as number;
    const wanted = slow.merged("total", [0], start, start + 10);
    expect(lines.quantilesMs[2]?.[place]).toBe(wanted.latency.quantileMs(0.95));
    expect(lines.rate[place]).toBe(wanted.requests / 10);
    expect(lines.heat[place]?.counts.reduce((sum, count) => sum + count, 0)).toBe(wanted.latency.count);
  });

  it("finds the endpoint that got slow, and when", () => {
    const range = run.range as Range;
    const found = [...slowdownsOf(run, run.endpoints.values(), range, 5)];
    const slowdowns = found.filter((slowdown) => slowdown !== null);
    expect(slowdowns.map(({ endpoint }) => endpoint.key)).toEqual(["GET /pay"]);
    expect(slowdowns[0]?.isOngoing).toBe(true);
    expect(Math.abs((slowdowns[0]?.span.fromS ?? 0) - (START_S + 120))).toBeLessThanOrEqual(10);
  });

  it("knows when the ramp-up ended", () => {
    expect(run.steadyFromS).toBe(START_S + 13);
  });
});

describe("failures", () => {
  it("are told by kind, and add up to those of the seconds", () => {
    const run = load(failing);
    const range = run.range as Range;
    const { kinds } = failureKinds(run, NOTHING, range, 1);
    expect(kinds[0]?.kind).toBe("503");
    const all = kinds.reduce((sum, { count }) => sum + count, 0);
    expect(all).toBe(failing.columns.failures.reduce((sum, count) => sum + count, 0));
    expect(kinds[0]?.rate.reduce((sum, rate) => sum + rate, 0)).toBeCloseTo(kinds[0]?.count ?? 0, 6);
  });
});

describe("a run that is followed", () => {
  it("has, second by second, what the store has in the end", () => {
    const archive = ended(shop({ runId: "x", seconds: 0, seed: 6 }), START_S);
    archive.state = "running";
    archive.sealedUntilS = Math.floor(START_S / 60) * 60;
    const run = load(archive);
    const messages = Array.from({ length: 90 }, () => archive.addSecond(true) as WindowMessage);
    for (const message of messages) expect(run.apply(message)).toBe("applied");
    expect(run.apply(messages[5] as WindowMessage)).toBe("repeated");
    const range = run.range as Range;
    expect(range).toEqual({ fromS: START_S, toS: START_S + 90 });
    const wanted = archive.merged("total", [0], range.fromS, range.toS);
    const found = selectionFigures(run, NOTHING, range);
    expect(found.requests).toBe(wanted.requests);
    expect(found.p99Ms).toBe(wanted.latency.quantileMs(0.99));
    expect(found.failures).toBe(archive.columns.failures.reduce((sum, count) => sum + count, 0));
    const errors = [...run.errors.values()].flat().reduce((sum, row) => sum + row.count, 0);
    expect(errors).toBe(found.failures);
  });

  it("asks to be loaded again when a window changes what the store had", () => {
    const archive = ended(shop({ runId: "x", seconds: 0, seed: 6 }), START_S);
    archive.state = "running";
    const early = archive.addSecond(true) as WindowMessage;
    archive.sealedUntilS = START_S + 60;
    const run = load(archive);
    expect(run.apply({ ...early, seq: 99 })).toBe("reload");
  });
});

describe("a comparison", () => {
  it("lays runs upon each other at the end of spawning, and tells shifts by endpoint", () => {
    const [after, before] = [load(slow), load(failing)];
    const range = { fromS: START_S + 130, toS: START_S + 150 };
    expect(shifted(range, after, before, "spawned")).toEqual({ fromS: START_S + 5130, toS: START_S + 5150 });
    const rows = [...endpointFigures(after, range)];
    const others = [...endpointFigures(before, shifted(range, after, before, "start"))];
    const shift = shiftsOf(rows, others).get("GET /pay");
    const pay = rows.find((row) => row.endpoint.key === "GET /pay");
    expect(shift?.p95).toBe((pay?.p95Ms ?? 0) / (shift?.before?.p95Ms ?? 1));
    expect(shift?.p95).toBeGreaterThan(3);
  });
});

describe("a run with very many events", () => {
  it("takes a list of them", () => {
    const run = load(slow);
    const events = Array.from({ length: 130_000 }, (_, place) => ({
      time_unix_ns: (START_S + place / 1000) * 1e9,
      name: `event ${place}`,
    }));
    expect(run.setEvents(events)).toBe(true);
    expect(run.happenings.length).toBe(130_000);
  }, 30_000);
});
