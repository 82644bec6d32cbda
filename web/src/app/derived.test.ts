/** Figures are worked out once, until the run has more. */

import { describe, expect, it } from "vitest";
import type { Archive } from "../../dev/archive";
import { archiveOf, runOf } from "../../dev/played";
import { shop } from "../../dev/scenario";
import type { Range } from "../model/range";
import type { Run } from "../model/run";
import { NOTHING } from "../model/selection";
import type { WindowMessage } from "../model/wire";
import { Derived } from "./derived";

const START_S = 1_760_000_040;

function playing(seconds: number): { archive: Archive; run: Run; range: Range } {
  const archive = archiveOf(shop({ runId: "x", seconds: 0, seed: 6 }), START_S, seconds);
  const run = runOf(archive);
  return { archive, run, range: { fromS: START_S, toS: START_S + seconds } };
}

describe("figures", () => {
  it("are the same object for the same range and selection, and others for another one", () => {
    const [{ run, range }, derived] = [playing(10), new Derived()];
    const figures = derived.figures(run, NOTHING, range);
    expect(derived.figures(run, { ...NOTHING }, { ...range })).toBe(figures);
    expect(derived.figures(run, NOTHING, { ...range, toS: range.toS - 1 }).requests).toBeLessThan(figures.requests);
  });

  it("are worked out again as soon as the run has more", () => {
    const [{ archive, run, range }, derived] = [playing(10), new Derived()];
    const longer = { ...range, toS: range.toS + 1 };
    const before = derived.figures(run, NOTHING, longer).requests;
    run.apply(archive.addSecond(true) as WindowMessage);
    expect(derived.figures(run, NOTHING, longer).requests).toBeGreaterThan(before);
  });

  it("of endpoints are known once they were worked out", async () => {
    const [{ run, range }, derived] = [playing(10), new Derived()];
    const other = { ...range, fromS: range.fromS + 1 };
    expect(derived.endpoints(run, range)).toBeNull();
    const rows = await derived.findEndpoints(run, range, () => true);
    expect(rows?.length).toBeGreaterThan(3);
    expect(derived.endpoints(run, range)).toBe(rows);
    expect(derived.endpoints(run, other)).toBeNull();
  });

  it("are kept of so many ranges only", () => {
    const [{ run, range }, derived] = [playing(10), new Derived()];
    const first = derived.figures(run, NOTHING, range);
    for (let at = 0; at < 100; at += 1) derived.figures(run, NOTHING, { ...range, fromS: range.fromS - at - 1 });
    expect(derived.figures(run, NOTHING, range)).not.toBe(first);
  });
});
