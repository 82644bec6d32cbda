/** The endpoint that got slow against another run is found, with the moment; chance is not. */

import { describe, expect, it } from "vitest";
import { archiveOf, runOf } from "../../dev/played";
import { brief, type Scenario, shop } from "../../dev/scenario";
import { byCost, divergenceOf, type Overlay } from "./divergence";
import type { Range } from "./range";
import type { Run } from "./run";

const START_S = 1_760_000_007;

function played(scenario: Scenario, seconds: number, startS = START_S): Run {
  return runOf(archiveOf(scenario, startS, seconds));
}

/** The shop at a load at which its endpoints have from 8 to 240 requests a second. */
const scenario = (options: Partial<Parameters<typeof shop>[0]>): Scenario => {
  const made = shop({ runId: "x", seconds: 60, seed: 1, ...options });
  return { ...made, series: made.series.map((plan) => ({ ...plan, rate: (t) => plan.rate(t) * 9 })) };
};

function overlay(run: Run, other: Run, range: Range | null = run.range): Overlay {
  const [fromS, otherFromS] = [run.range?.fromS ?? 0, other.range?.fromS ?? 0];
  return { run, other, range: range as Range, zeroS: fromS, otherOriginS: otherFromS - fromS };
}

function found(laid: Overlay, requests = 4000) {
  const all = [...laid.run.endpoints.values()].map((endpoint) => divergenceOf(laid, endpoint, requests));
  return all.filter((divergence) => divergence !== null).sort(byCost);
}

const before = played(scenario({ seed: 2 }), 60, START_S - 1000);

describe("an endpoint that got slow", () => {
  it.each([16, 24, 40])("from second %d on is found, and none besides, with the moment", (from) => {
    const run = played(scenario({ seed: 3, trouble: "slow", from }), 60);
    const [divergence, ...others] = found(overlay(run, before));
    expect(others).toEqual([]);
    expect(divergence?.endpoint.key).toBe("GET /pay");
    // It rises over twelve seconds.
    expect((divergence?.span.fromS ?? 0) - START_S).toBeGreaterThanOrEqual(from - 1);
    expect((divergence?.span.fromS ?? 0) - START_S).toBeLessThanOrEqual(from + 4);
    expect(divergence).toMatchObject({ isFromStart: false, isToEnd: true });
    expect((divergence?.afterMs ?? 0) / (divergence?.beforeMs ?? 1)).toBeGreaterThan(2);
  });

  it.each([30, 31, 32, 33, 34, 35, 36, 37])("all at once is found to the slot, in twenty seconds (seed %d)", (seed) => {
    const calm = played(brief({ runId: "y", seed: 21 }), 20, START_S - 500);
    const run = played(brief({ runId: "x", seed, slowFrom: 12 }), 20);
    const [divergence] = found(overlay(run, calm), 600);
    expect(divergence?.endpoint.key).toBe("POST /cart");
    expect(Math.abs((divergence?.span.fromS ?? 0) - START_S - 12)).toBeLessThanOrEqual(2);
  });

  it("and quick again has an end", () => {
    const made = scenario({ seed: 3, trouble: "slow", from: 20 });
    const calm = scenario({ seed: 3 });
    const series = made.series.map((plan, place) => ({
      ...plan,
      medianMs: (t: number) => (t < 40 ? plan : (calm.series[place] ?? plan)).medianMs(t),
      spread: (t: number) => (t < 40 ? plan : (calm.series[place] ?? plan)).spread(t),
    }));
    const [divergence] = found(overlay(played({ ...made, series }, 60), before));
    expect(divergence?.isToEnd).toBe(false);
    expect(Math.abs((divergence?.span.toS ?? 0) - START_S - 40)).toBeLessThanOrEqual(2);
  });

  it("from the start is said to be so all along", () => {
    const run = played(scenario({ seed: 3, factor: 2 }), 60);
    const divergences = found(overlay(run, before));
    expect(divergences.length).toBeGreaterThan(5);
    for (const { isFromStart, isToEnd } of divergences) expect([isFromStart, isToEnd]).toEqual([true, true]);
  });

  it("is looked for in the range that is shown", () => {
    const run = played(scenario({ seed: 3, trouble: "slow", from: 40 }), 60);
    expect(found(overlay(run, before, { fromS: START_S, toS: START_S + 39 }), 2500)).toEqual([]);
  });

  it("is told by its median where requests are few, and not at all where they are fewer", () => {
    const run = played(scenario({ seed: 3, trouble: "slow", from: 24 }), 60);
    const laid = overlay(run, before);
    const pay = run.endpoints.get("GET /pay");
    if (pay === undefined) throw new Error("no endpoint");
    expect(divergenceOf(laid, pay, 4000)?.q).toBe(0.95);
    expect(divergenceOf(laid, pay, 200)?.q).toBe(0.5);
    expect(divergenceOf(laid, pay, 20)).toBeNull();
  });
});

describe("two runs that do the same", () => {
  it.each([11, 12, 13, 14, 15, 16])("differ by chance only (seed %d)", (seed) => {
    expect(found(overlay(played(scenario({ seed }), 60), before))).toEqual([]);
  });
});
