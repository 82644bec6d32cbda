import { describe, expect, it } from "vitest";
import { archiveOf, runOf } from "../../dev/played";
import { shop } from "../../dev/scenario";
import { Run } from "../model/run";
import { NOTHING } from "../model/selection";
import { timeline } from "../model/timeline";
import { Derived } from "./derived";
import type { Marked } from "./moments";
import { missingForSlow, slowMarkOf } from "./slow_line";
import type { Scope } from "./state";

const START_S = 1_760_000_040;
const RANGE = { fromS: START_S, toS: START_S + 60 };
const MARKED: Marked = { key: "GET /", q: 0.95, slotS: 1, fromS: START_S + 9, toS: null, isAgainstOther: false };
const SCOPE = { range: RANGE, stepS: 1, otherRange: null, otherOriginS: 0 } as Scope;

function playing(seed: number, startS = START_S): Run {
  return runOf(archiveOf(shop({ runId: `run ${seed}`, seconds: 0, seed }), startS, 60));
}

function quantiles(run: Run, stepS: number, startS = START_S): (number | null)[] {
  const range = { fromS: startS, toS: startS + 60 };
  return timeline(run, { kind: "endpoint", keys: [MARKED.key] }, range, stepS, startS - START_S).quantilesMs[2] ?? [];
}

describe("the line of a slow endpoint", () => {
  const run = playing(1);
  const shown = timeline(run, NOTHING, RANGE, 1);
  const marked = (change: Partial<Marked> = {}, other: Run | null = null, scope = SCOPE) =>
    slowMarkOf({ run, other }, new Derived(), { ...MARKED, ...change }, scope, shown);

  it("is its own quantile, second by second", () => {
    const { name, than, line, otherLine } = marked();
    expect([name, than, otherLine]).toEqual(["p95 of GET /", "slow", null]);
    expect(line).toEqual(quantiles(run, 1));
    expect(line?.filter((value) => value !== null).length).toBeGreaterThan(50);
  });

  it("is of no shorter steps than tell the quantile: a value in the middle of each", () => {
    const { line } = marked({ slotS: 5 });
    const values = quantiles(run, 5);
    expect(line?.map((value, place) => [place % 5, value]).filter(([, value]) => value !== null)).toEqual(
      values.map((value) => [2, value]),
    );
    expect(values.length).toBe(12);
  });

  it("has that of the other run beside it, on this run's time", () => {
    const startS = START_S - 1000;
    const other = playing(2, startS);
    const scope = { ...SCOPE, otherRange: { fromS: startS, toS: startS + 60 }, otherOriginS: -1000 };
    const { otherLine, line } = marked({ isAgainstOther: true }, other, scope);
    expect(otherLine).toEqual(quantiles(other, 1, startS));
    expect(otherLine).not.toEqual(line);
    expect(marked({ isAgainstOther: true }).than).toBe("slower than the other run");
  });

  it("is not drawn where the chart is of a selection, or something of it is not here", () => {
    expect(slowMarkOf({ run, other: null }, new Derived(), MARKED, SCOPE, null).line).toBeNull();
    expect(missingForSlow(run, MARKED, SCOPE)).toEqual([]);
    const { head } = archiveOf(shop({ runId: "x", seconds: 0, seed: 1 }), START_S, 60);
    const nothing = { seconds: { second: [] }, errors: [], events: [], workerSeconds: null, windows: [] };
    const slots = { total: [60, 1], series: [60, 1], worker: [60, 1] };
    const empty = new Run({ head: { ...head, seq: 0 }, sealedUntilS: RANGE.toS, ...nothing, slots });
    expect(missingForSlow(empty, MARKED, SCOPE).length).toBeGreaterThan(0);
    expect(slowMarkOf({ run: empty, other: null }, new Derived(), MARKED, SCOPE, shown).line).toBeNull();
  });
});
