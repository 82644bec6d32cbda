/** Which range is told where one is asked for: as the store rounds it, and in the slots of a report. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Archive } from "../../dev/archive";
import { embedded } from "../../dev/report";
import { shop } from "../../dev/scenario";
import { EmbeddedSource } from "../source/embedded";
import { endpointFigures, selectionFigures } from "./figures";
import type { Range } from "./range";
import { Run, SEALED_ALL } from "./run";
import { trustOf } from "./seconds";
import { NOTHING } from "./selection";
import { timeline } from "./timeline";
import type { EmbeddedRun, SecondsColumns } from "./wire";

type Pair = [fromS: number, toS: number] | null;
interface Case {
  known: [number, number];
  compacted_until_s: number | null;
  asked: Pair;
  snapped: Pair;
}

const GOLDEN = join(import.meta.dirname, "../../../crates/store/tests/golden/snapped.json");
const START_S = 1_760_000_043;

function archive(): Archive {
  const played = new Archive(shop({ runId: "x", seconds: 0, seed: 6, trouble: "failing", from: 40 }), START_S);
  for (let t = 0; t < 200; t += 1) played.addSecond(true);
  played.end();
  return played;
}

const pair = (range: Range | null): Pair => range && [range.fromS, range.toS];
const rangeOf = (asked: Pair): Range | null => asked && { fromS: asked[0], toS: asked[1] };

describe("a range of a run", () => {
  const { head } = archive();
  const cases = JSON.parse(readFileSync(GOLDEN, "utf8")) as Case[];

  it.each(cases)("is rounded as the store rounds it: $asked of $known", (one) => {
    const run = new Run({
      head: { ...head, first_s: one.known[0], last_s: one.known[1] - 1, compacted_until_s: one.compacted_until_s },
      sealedUntilS: SEALED_ALL,
      seconds: { second: [] },
      errors: [],
      events: [],
      workerSeconds: null,
      windows: [],
      slots: { total: [60, 1], series: [60, 1], worker: [60, 1] },
    });
    expect(pair(run.snapped(rangeOf(one.asked)))).toEqual(one.snapped);
  });
});

describe("a report of a long run", () => {
  /** Columns in slots of `slotS` seconds, as the report merges them. */
  function slotted(columns: SecondsColumns, slotS: number): SecondsColumns {
    const merged = { second: [], users: [], requests: [], failures: [], reasons: [] } as {
      [name in "second" | "users" | "requests" | "failures" | "reasons"]: number[];
    };
    let slot = Number.NaN;
    columns.second.forEach((second, place) => {
      if (Math.floor(second / slotS) !== slot) {
        slot = Math.floor(second / slotS);
        for (const column of Object.values(merged)) column.push(0);
        merged.second[merged.second.length - 1] = second;
      }
      const last = merged.second.length - 1;
      merged.users[last] = Math.max(merged.users[last] as number, columns.users?.[place] ?? 0);
      merged.requests[last] = (merged.requests[last] as number) + (columns.requests?.[place] ?? 0);
      merged.failures[last] = (merged.failures[last] as number) + (columns.failures?.[place] ?? 0);
      merged.reasons[last] = (merged.reasons[last] as number) | (columns.reasons?.[place] ?? 0);
    });
    return merged;
  }

  async function loaded(change: Partial<EmbeddedRun>): Promise<Run> {
    return new EmbeddedSource({ ...embedded(archive(), 1), ...change }).load();
  }

  it("tells failures of a range as its series do, though seconds are kept in longer slots", async () => {
    const run = await loaded({
      seconds: slotted(archive().columns, 10),
      left_out: { seconds_slot_s: 10, worker_seconds_slot_s: 1 },
    });
    const range = run.snapped({ fromS: START_S + 63, toS: START_S + 91 }) as Range;
    expect(range).toEqual({ fromS: START_S + 57, toS: START_S + 97 });
    const rows = [...endpointFigures(run, range)];
    const failures = rows.reduce((sum, row) => sum + row.failures, 0);
    expect(failures).toBeGreaterThan(0);
    expect(selectionFigures(run, NOTHING, range).failures).toBe(failures);
    expect(selectionFigures(run, NOTHING, run.range as Range).failures).toBe(
      archive().columns.failures.reduce((sum, count) => sum + count, 0),
    );
  });

  it("counts seconds, not slots, and draws users without gaps but at its edge", async () => {
    const run = await loaded({
      seconds: slotted(archive().columns, 10),
      left_out: { seconds_slot_s: 10, worker_seconds_slot_s: 1 },
    });
    const whole = run.snapped(null) as Range;
    expect(trustOf(run.seconds, whole).seconds).toBe(200);
    const stepS = run.finestStepS(whole, "all");
    expect(stepS).toBe(10);
    const { users } = timeline(run, NOTHING, whole, stepS);
    expect(users.slice(0, -1)).not.toContain(null);
    // The run has only three seconds of the last ten.
    expect(users.at(-1)).toBeNull();
  });

  it("says of which range workers are told where their slots are longer", async () => {
    const run = await loaded({ left_out: { seconds_slot_s: 1, worker_seconds_slot_s: 60 } });
    const asked = { fromS: START_S + 60, toS: START_S + 61 };
    const minute = { fromS: START_S + 57, toS: START_S + 117 };
    expect(run.workers.told(asked)).toEqual(minute);
    expect(run.snapped(asked)).toEqual(asked);
    expect(run.snapped(asked, "worker")).toEqual(minute);
  });

  it("opens without any seconds where there was no room for them", async () => {
    const run = await loaded({ seconds: null, left_out: { seconds_slot_s: 0 } });
    expect(run.range).toEqual({ fromS: START_S, toS: START_S + 200 });
  });
});
