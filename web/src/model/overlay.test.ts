import { describe, expect, it } from "vitest";
import { inLongerSteps, laidUpon } from "./overlay";
import type { Timeline } from "./timeline";

function lines(startS: number[], rate: (number | null)[], stepS = 1): Timeline {
  return { stepS, startS, quantilesMs: [rate], rate, users: rate, failureRate: rate, heat: [] };
}

describe("lines of another run", () => {
  it("stand at the same distance from where both are laid upon each other", () => {
    // The other run is 900 s earlier, and its lines begin a step after this run's.
    const laid = laidUpon(lines([101, 102, 103], [1, 2, 3]), -900, [1000, 1001, 1002, 1003, 1004]);
    expect(laid.startS).toEqual([1000, 1001, 1002, 1003, 1004]);
    for (const column of [laid.rate, laid.users, laid.failureRate, laid.quantilesMs[0]])
      expect(column).toEqual([null, 1, 2, 3, null]);
  });

  it("are cut where this run's end", () => {
    expect(laidUpon(lines([98, 99, 100], [1, 2, 3]), -900, [1000, 1001]).rate).toEqual([3, null]);
  });
});

describe("a rate in longer steps", () => {
  it("is the mean of what is known", () => {
    const shorter = lines([120, 135, 150, 165, 180], [4, 0, null, 2, null], 15);
    expect(inLongerSteps(shorter, shorter.rate, [120, 180], 60)).toEqual([2, null]);
  });

  it("is the same in the same steps", () => {
    const same = lines([10, 11], [1, null]);
    expect(inLongerSteps(same, same.rate, [10, 11], 1)).toEqual([1, null]);
  });
});
