import { describe, expect, it } from "vitest";
import { doubtIn, evidenceIn } from "./evidence";
import type { Run } from "./run";
import { reasonsInWords, Seconds, stagesOf, trustOf } from "./seconds";

function seconds(users: (number | null)[], reasons: number[] = []): Seconds {
  const columns = new Seconds();
  columns.addColumns(
    {
      second: users.map((_, t) => 1000 + t),
      users,
      requests: users.map(() => 10),
      failures: users.map(() => 1),
      reasons: users.map((_, t) => reasons[t] ?? 0),
      hub_lag_ms: users.map((_, t) => (reasons[t] ? 180 : 1)),
    },
    Number.POSITIVE_INFINITY,
  );
  return columns;
}

const repeat = <T>(value: T, times: number) => new Array<T>(times).fill(value);

describe("stages", () => {
  it("are spans of at least ten seconds with the same users", () => {
    const ramp = [10, 20, 30];
    const found = stagesOf(seconds([...ramp, ...repeat(100, 20), 150, ...repeat(200, 12), ...repeat(300, 9)]));
    expect(found).toEqual([
      { users: 100, fromS: 1003, toS: 1023 },
      { users: 200, fromS: 1024, toS: 1036 },
    ]);
  });

  it("are not ended by a single second that differs or is unknown", () => {
    const found = stagesOf(seconds([...repeat(100, 8), 99, ...repeat(100, 4), null, ...repeat(100, 3)]));
    expect(found).toEqual([{ users: 100, fromS: 1000, toS: 1017 }]);
  });
});

describe("trust", () => {
  it("counts suspect seconds within the range only", () => {
    const known = seconds(repeat(1, 10), [1, 0, 0, 2, 0, 0, 0, 0, 0, 1]);
    expect(trustOf(known, { fromS: 1001, toS: 1009 })).toEqual({ seconds: 8, suspectSeconds: 1 });
  });

  it("names reasons by their bits", () => {
    expect(reasonsInWords(0b1001)).toBe("hub lag, throttled");
  });

  it("tells since when the end is suspect, through short pauses", () => {
    const run = {
      seconds: seconds(repeat(1, 30), [1, ...repeat(0, 14), 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1]),
    } as Run;
    expect(doubtIn(run, { fromS: 1000, toS: 1030 }).sinceS).toBe(1015);
    expect(doubtIn(run, { fromS: 1000, toS: 1012 }).sinceS).toBeNull();
  });
});

describe("what is suspect in a range", () => {
  // Suspect in the seconds 1002 and 1003, and 1012.
  const columns = seconds(repeat(1, 30), [0, 0, 1, 1, ...repeat(0, 8), 1]);
  const rampUpOnly = (steadyFromS: number | null, range = { fromS: 1000, toS: 1030 }) =>
    evidenceIn({ seconds: columns, steadyFromS } as Run, range, { isLive: false, missing: [] } as never).isRampUpOnly;

  it("counts for or against a slowdown, whatever the reason; what goes on does so to the end of what was looked at", () => {
    const MISSING = 16;
    const run = { seconds: seconds(repeat(1, 30), [1, 1, 1, 0, 0, 1, ...repeat(0, 6), MISSING, 0, 0, 1]) } as Run;
    const slow = { span: { fromS: 1010, toS: 1014 }, isOngoing: false };
    const trusted = (change: object, looked = { fromS: 1003, toS: 1020 }) =>
      evidenceIn(run, { fromS: 1000, toS: 1030 }, {
        isLive: false,
        missing: [],
        slowdowns: [{ ...slow, ...change }],
        looked,
      } as never).slowTrust;
    const own = { seconds: 4, suspectSeconds: 1 };
    expect(trusted({})).toEqual({ own, usual: { seconds: 13, suspectSeconds: 2 } });
    const ongoing = { own: { seconds: 10, suspectSeconds: 2 }, usual: { seconds: 7, suspectSeconds: 1 } };
    expect(trusted({ isOngoing: true })).toEqual(ongoing);
    // Of what lies outside, nothing is counted.
    expect(trusted({ span: { fromS: 1001, toS: 1005 } })?.own).toEqual({ seconds: 2, suspectSeconds: 0 });
    expect(trusted({}, { fromS: 1020, toS: 1030 })?.own.seconds).toBe(0);
  });

  it("has a first and a last second", () => {
    const doubt = doubtIn({ seconds: columns } as Run, { fromS: 1003, toS: 1030 });
    expect([doubt.firstS, doubt.lastS]).toEqual([1003, 1012]);
    const trusted = doubtIn({ seconds: columns } as Run, { fromS: 1004, toS: 1010 });
    expect([trusted.firstS, trusted.lastS]).toEqual([null, null]);
  });

  it("is in the ramp-up only if its last second is, and the range goes on", () => {
    expect(rampUpOnly(1013)).toBe(true);
    expect(rampUpOnly(1012)).toBe(false);
    expect(rampUpOnly(null)).toBe(false);
    expect(rampUpOnly(1013, { fromS: 1000, toS: 1013 })).toBe(false);
    expect(rampUpOnly(1013, { fromS: 1013, toS: 1030 })).toBe(false);
  });
});

describe("windows of one second", () => {
  it("add up", () => {
    const known = new Seconds();
    const message = { second: 50, users: 7, hub_lag_ms: 3, reasons: 1, cpu_percent: null };
    known.addWindow(message as never, 10, 1);
    known.addWindow({ ...message, users: null, hub_lag_ms: 9, reasons: 2 } as never, 5, 2);
    expect(known.at(50)).toEqual({ users: 7, requests: 15, failures: 3, hubLagMs: 9, cpuPercent: null, reasons: 3 });
  });
});
