import { describe, expect, it } from "vitest";
import { happeningOf } from "./happening";
import { wholeOfPart } from "./part";
import type { Run } from "./run";

/** A run from second 1000 to 1020, of which a report has a range with these events. */
function report(fromS: number, toS: number, events: readonly string[], endedS: number | null = 1020.7): Run {
  return {
    range: { fromS, toS },
    head: { started_unix_ns: 1000.9e9, ended_unix_ns: endedS === null ? null : endedS * 1e9 },
    happenings: events.map((name) => happeningOf({ time_unix_ns: 1000.9e9, name: `locust.tl.event.test.${name}` })),
  } as unknown as Run;
}

describe("a report", () => {
  it("of the whole run is no part, wherever its first and last second are", () => {
    expect(wholeOfPart(report(1000, 1021, ["start", "stop"]))).toBeNull();
    expect(wholeOfPart(report(1002, 1018, ["start", "stop"]))).toBeNull();
    expect(wholeOfPart(report(1000, 1015, ["start"], null))).toBeNull();
  });

  it("of a range tells of which run", () => {
    expect(wholeOfPart(report(1005, 1010, []))).toEqual({ fromS: 1000, toS: 1020 });
    expect(wholeOfPart(report(1000, 1010, ["start"]))).toEqual({ fromS: 1000, toS: 1020 });
    expect(wholeOfPart(report(1005, 1021, ["stop"]))).toEqual({ fromS: 1000, toS: 1021 });
  });
});
