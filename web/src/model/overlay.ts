/** Columns of one run laid upon the steps of another. */

import type { Timeline } from "./timeline";

/**
 * `lines` of the other run at the steps that start at `startS`; `otherOriginS` is what the other run's seconds are ahead.
 * Both have steps of the same length from the same zero, so they stand at the same places.
 */
export function laidUpon(lines: Timeline, otherOriginS: number, startS: readonly number[]): Timeline {
  const shift = Math.round(((lines.startS[0] ?? 0) - otherOriginS - (startS[0] ?? 0)) / lines.stepS);
  const moved = <T>(column: readonly (T | null)[]) => startS.map((_, place) => column[place - shift] ?? null);
  return {
    ...lines,
    startS: [...startS],
    quantilesMs: lines.quantilesMs.map(moved),
    rate: moved(lines.rate),
    users: moved(lines.users),
    failureRate: moved(lines.failureRate),
  };
}

/** A rate in steps as the rate in longer ones, each from a start of `toStartS` on: the mean of what is known. */
export function inLongerSteps(
  { startS, stepS }: Pick<Timeline, "startS" | "stepS">,
  rates: readonly (number | null)[],
  toStartS: readonly number[],
  toStepS: number,
): (number | null)[] {
  if (stepS === toStepS && startS[0] === toStartS[0]) return toStartS.map((_, place) => rates[place] ?? null);
  const sums = toStartS.map(() => ({ sum: 0, count: 0 }));
  rates.forEach((rate, place) => {
    const step = sums[Math.floor(((startS[place] ?? 0) - (toStartS[0] ?? 0)) / toStepS)];
    if (rate === null || step === undefined) return;
    step.sum += rate;
    step.count += 1;
  });
  return sums.map(({ sum, count }) => (count === 0 ? null : sum / count));
}
