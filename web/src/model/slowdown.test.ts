/** Which endpoint got slow, in runs of any length. */

import { describe, expect, it } from "vitest";
import { archiveOf, runOf } from "../../dev/played";
import { shop } from "../../dev/scenario";
import { slowdownSlotS, slowdownsOf } from "./slowdown";

const START_S = 1_760_000_040;

/**
 * Of a run of so many seconds in which one endpoint is four times as slow in those that `isSlow` names, with `often` times
 * the requests of the shop's.
 */
function found(seconds: number, seed: number, isSlow: (t: number) => boolean, often = 8) {
  const scenario = shop({ runId: "x", seconds: 0, seed });
  const series = scenario.series.map((plan) => {
    if (plan.name !== "/pay") return plan;
    const medianMs = (t: number) => plan.medianMs(t) * (isSlow(t) ? 4 : 1);
    return { ...plan, medianMs, rate: (t: number) => plan.rate(t) * often };
  });
  const run = runOf(archiveOf({ ...scenario, series }, START_S, seconds), "ended");
  const range = { fromS: START_S, toS: START_S + seconds };
  const slowdowns = [...slowdownsOf(run, run.endpoints.values(), range, slowdownSlotS(seconds, 1))];
  return slowdowns.filter((slowdown) => slowdown !== null);
}

describe("a slow endpoint", () => {
  it("is found in a run of twenty seconds, and when it got slow", () => {
    const [slowdown, ...others] = found(20, 6, (t) => t >= 8);
    expect(slowdown?.endpoint.key).toBe("GET /pay");
    expect(slowdown?.span).toEqual({ fromS: START_S + 8, toS: START_S + 20 });
    expect(slowdown?.isOngoing).toBe(true);
    expect(others).toEqual([]);
  });

  it("is found to the second, wherever in a slot it begins", () => {
    for (const seconds of [20, 21, 100, 300]) {
      const slotS = slowdownSlotS(seconds, 1);
      const middle = Math.floor(seconds / 2);
      for (let fromS = middle; fromS < middle + slotS; fromS += 1) {
        const [slowdown] = found(seconds, 6, (t) => t >= fromS);
        expect(slowdown?.span.fromS, `${seconds} s, from ${fromS}`).toBe(START_S + fromS);
        expect(slowdown?.exactS).toBe(1);
      }
    }
  });

  it("is told by slots where single seconds have too few requests, or do not agree", () => {
    const [rare] = found(100, 6, (t) => t >= 52, 1);
    expect(rare).toMatchObject({ slotS: 5, exactS: 5, span: { fromS: START_S + 50 } });
    const [ragged] = found(100, 6, (t) => t >= 55 || (t >= 45 && t % 2 === 0));
    expect(ragged).toMatchObject({ slotS: 5, exactS: 5 });
  });

  it("that is slow from the first requests on did not get slow at some second", () => {
    const [slowdown] = found(20, 6, (t) => t < 10);
    expect(slowdown?.exactS).toBe(2);
  });

  it("is not one that was slow for a moment only", () => {
    expect(found(20, 6, (t) => t >= 8 && t < 12)).toEqual([]);
    expect(found(20, 6, (t) => t >= 8 && t < 14)).toHaveLength(1);
  });

  it("is not found where none is, however short the run", () => {
    for (const seconds of [14, 20, 40, 60, 120])
      for (let seed = 1; seed <= 3; seed += 1)
        expect(
          found(seconds, seed, () => false),
          `${seconds} s, ${seed}`,
        ).toEqual([]);
  });
});
