/** The cases that every output is tested with, too. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { missingInWords, missingWorkers } from "./missing";
import { Workers } from "./workers";

type Row = [second: number, users: number, requests: number, presence: "told" | "missing" | "unexpected"];
interface Case {
  case: string;
  seconds: Row[];
  /** Of all workers, by second; none where nothing is said. */
  users?: Record<string, number>;
  told: string[];
}

const GOLDEN = join(import.meta.dirname, "../../../crates/report/tests/golden/missing.json");
const CASES: Case[] = JSON.parse(readFileSync(GOLDEN, "utf8"));

function workers(rows: Row[], slotS = 1, users: Record<string, number> = {}): Workers {
  const made = new Workers(slotS);
  made.names.set(3, "worker-1");
  const columns = {
    second: rows.map(([second]) => second),
    worker: rows.map(() => 3),
    state: rows.map(([, , , presence]) => (presence === "unexpected" ? "missing" : "running")),
    users: rows.map(([, users]) => users),
    requests: rows.map(([, , requests]) => requests),
    reasons: rows.map(([, , , presence]) => (presence === "missing" ? 16 : 0)),
  };
  made.addColumns(columns as never, Number.POSITIVE_INFINITY);
  // What the others have of them.
  const others = Object.entries(users).map(([second, all]) => [Number(second), all - made.usersAt(Number(second))]);
  const column = { second: others.map(([second]) => second), worker: others.map(() => 4) };
  made.addColumns({ ...column, users: others.map(([, left]) => left) } as never, Number.POSITIVE_INFINITY);
  return made;
}

describe("a missing worker", () => {
  it.each(CASES)("is told as in every output: $case", ({ seconds, users, told }) => {
    const missing = missingWorkers(workers(seconds, 1, users));
    const words = missing.map((each) => missingInWords(each, (second) => `#${second}`));
    expect(words.map((text) => text.replaceAll("\u202f", " "))).toEqual(told);
  });

  it("is missing for whole slots in a report of a long run, and as fast as before", () => {
    const rows: Row[] = [
      [100, 4, 60, "told"],
      [110, 0, 0, "missing"],
      [120, 0, 0, "missing"],
    ];
    expect(missingWorkers(workers(rows, 10))).toMatchObject([{ fromS: 110, toS: 130, requestsAtMost: 12 }]);
  });
});
