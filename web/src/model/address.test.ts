import { describe, expect, it } from "vitest";
import { type Address, PLAIN_ADDRESS, readAddress, writeAddress } from "./address";
import { lastGood } from "./history";
import { clicked, NOTHING } from "./selection";
import type { RunRow } from "./wire";

describe("the address", () => {
  it("comes back as it was written, whatever is in it", () => {
    const address: Address = {
      runId: "7f3a",
      range: { fromS: 100, toS: 160 },
      selection: { kind: "endpoint", keys: ["GET /a&b=c#d?", "POST <img onerror=1>"] },
      compareWith: "5d20",
      alignment: "spawned",
      latencyView: "heatmap",
      isLogScale: true,
      sort: "-p95",
      search: "käse & brot",
    };
    expect(readAddress(writeAddress(address))).toEqual(address);
    expect(writeAddress(PLAIN_ADDRESS)).toBe("");
  });

  it("leaves out what makes no sense", () => {
    expect(readAddress("#from=9&to=3&align=moon&view=x")).toEqual(PLAIN_ADDRESS);
    expect(readAddress("#from=1.5&to=3").range).toBeNull();
  });
});

describe("clicks", () => {
  it("focus, add, and let go", () => {
    const one = clicked(NOTHING, "endpoint", "a", false);
    const two = clicked(one, "endpoint", "b", true);
    expect(two.keys).toEqual(["a", "b"]);
    expect(clicked(two, "endpoint", "a", true).keys).toEqual(["b"]);
    expect(clicked(two, "endpoint", "c", false).keys).toEqual(["c"]);
    expect(clicked(one, "endpoint", "a", false)).toEqual(NOTHING);
    expect(clicked(two, "worker", "w", true)).toEqual({ kind: "worker", keys: ["w"] });
  });
});

describe("the last good run", () => {
  const row = (run_id: string, started: number, change: Partial<RunRow> = {}) =>
    ({
      run_id,
      testplan: "plan",
      state: "ended",
      started_unix_ns: started,
      first_s: 0,
      last_s: 99,
      requests: 1000,
      failures: 0,
      suspect_seconds: 0,
      ...change,
    }) as RunRow;

  it("is the newest before this one that ended, did not fail and can be trusted", () => {
    const rows = [
      row("later", 90),
      row("this", 50),
      row("cut", 45, { state: "cut off" }),
      row("failed", 40, { failures: 100 }),
      row("suspect", 35, { suspect_seconds: 50 }),
      row("other", 32, { testplan: "another" }),
      row("good", 30),
      row("older", 20),
    ];
    expect(lastGood(rows, "this", "plan", 50)?.run_id).toBe("good");
    expect(lastGood(rows, "this", "nothing", 50)).toBeNull();
  });
});
