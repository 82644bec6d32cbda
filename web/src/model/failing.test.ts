import { describe, expect, it } from "vitest";
import { archiveOf, runOf } from "../../dev/played";
import { type Scenario, shop } from "../../dev/scenario";
import { errorLines, type OtherErrors } from "./failing";
import { endpointFigures } from "./figures";
import type { Range } from "./range";
import type { Run } from "./run";

const START_S = 1_760_000_007;

/** POST /cart fails in these seconds, nothing else ever does. */
function failingIn(
  seconds: readonly number[],
  length = 60,
  status = 503,
): { run: Run; countIn: (from: number, to: number) => number } {
  const made = shop({ runId: "x", seconds: 0, seed: 4 });
  const series = made.series.filter(({ errorType }) => errorType === null).map((plan) => ({ ...plan, rate: () => 2 }));
  const message = `${status} Server Error`;
  const failing = {
    ...(series[0] as (typeof series)[0]),
    ...{ method: "POST", name: "/cart", status, errorType: "HTTPError", message },
    rate: (t: number) => (seconds.includes(t) ? 9 : 0),
  };
  const scenario: Scenario = { ...made, series: [...series, failing] };
  const archive = archiveOf(scenario, START_S, length);
  const countIn = (from: number, to: number) =>
    archive.windows.slice(from, to).reduce((sum, { errors }) => sum + (errors[0]?.[2] ?? 0), 0);
  const run = runOf(archive);
  return { run, countIn };
}

function lines(run: Run, from: number, to: number, stepS = 1, other: OtherErrors | null = null) {
  const range: Range = { fromS: START_S + from, toS: START_S + to };
  return errorLines(run, range, [...endpointFigures(run, range)], stepS, other);
}

const since = (moment: Range | null | undefined) => moment && [moment.fromS - START_S, moment.toS - START_S];

describe("errors of a range", () => {
  const { run, countIn } = failingIn([5, 20, 21, 40]);

  it("of the whole run are from the first to the last", () => {
    const [line, ...others] = lines(run, 0, 60);
    expect(others).toEqual([]);
    expect(line).toMatchObject({ kind: "503", endpointKey: "POST /cart", count: countIn(0, 60), before: null });
    expect([since(line?.first), since(line?.last)]).toEqual([
      [5, 6],
      [40, 41],
    ]);
  });

  it("are from the first to the last of the range, not of the run", () => {
    const [line] = lines(run, 10, 30);
    expect(line?.count).toBe(countIn(10, 30));
    expect([since(line?.first), since(line?.last)]).toEqual([
      [20, 21],
      [21, 22],
    ]);
  });

  it("are told in steps where seconds would be too many, never beyond the range", () => {
    const [line] = lines(run, 10, 30, 15);
    const [first, last] = [line?.first, line?.last];
    expect(first && first.fromS >= START_S + 10 && first.fromS <= START_S + 20).toBe(true);
    expect(last && last.toS <= START_S + 30 && last.toS > START_S + 21).toBe(true);
  });

  it("stand beside those of another run, with what is over", () => {
    const other = failingIn([1, 2, 3], 60);
    const gone = failingIn([7, 8], 60, 500);
    const range = { fromS: START_S, toS: START_S + 60 };
    const of = (one: Run): OtherErrors => ({ run: one, endpoints: [...endpointFigures(one, range)] });
    expect(lines(run, 0, 60, 1, of(other.run)).map(({ kind, count, before }) => [kind, count, before])).toEqual([
      ["503", countIn(0, 60), other.countIn(0, 60)],
    ]);
    const both = lines(run, 0, 60, 1, of(gone.run));
    expect(both.map(({ kind, count, before }) => [kind, count, before])).toEqual([
      ["503", countIn(0, 60), 0],
      ["500", 0, gone.countIn(0, 60)],
    ]);
    expect(both[1]).toMatchObject({ first: null, last: null });
    expect(both[1]?.messages[0]?.message).toBe("500 Server Error");
  });
});
