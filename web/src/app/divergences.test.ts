/** Since when an endpoint is slower is never said of another range, and of a live run not at every second. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import { archiveOf, runOf } from "../../dev/played";
import { brief, type Scenario } from "../../dev/scenario";
import { endpointFigures } from "../model/figures";
import type { Range } from "../model/range";
import type { Run } from "../model/run";
import type { RunSource } from "../source/source";
import { type Compared, Divergences } from "./divergences";

const START_S = 1_760_000_040;

function played(scenario: Scenario, startS: number, state: "running" | "ended"): Run {
  return runOf(archiveOf(scenario, startS, 20), state);
}

const slow = brief({ runId: "x", seed: 22, slowFrom: 12 });
const other = played(brief({ runId: "y", seed: 21 }), START_S - 500, "ended");
const WHOLE: Range = { fromS: START_S, toS: START_S + 20 };
const BEFORE: Range = { fromS: START_S, toS: START_S + 12 };

let divergences: Divergences;
let fill: ReturnType<typeof vi.fn<RunSource["fill"]>>;
let source: RunSource;

beforeEach(() => {
  divergences = new Divergences();
  fill = vi.fn<RunSource["fill"]>(async () => undefined);
  source = { kind: "stored", fill, load: async () => other, addressOf: () => null };
});

function compared(run: Run, range: Range): Compared {
  const moved = { fromS: range.fromS - 500, toS: range.toS - 500 };
  const [endpoints, before] = [[...endpointFigures(run, range)], [...endpointFigures(other, moved)]];
  return { run, other, range, zeroS: START_S, otherOriginS: -500, source, otherSource: source, endpoints, before };
}

const named = () => divergences.found?.map(({ endpoint }) => endpoint.key) ?? null;

describe("what is slower than in another run", () => {
  it("is found once, of each range for itself", async () => {
    const run = played(slow, START_S, "ended");
    const onFound = vi.fn();
    await divergences.look(compared(run, WHOLE), false, onFound);
    expect(named()?.[0]).toBe("POST /cart");
    await divergences.look(compared(run, WHOLE), false, onFound);
    expect(onFound).toHaveBeenCalledTimes(1);
    const look = divergences.look(compared(run, BEFORE), true, onFound);
    expect(named()).toBeNull();
    await look;
    expect(named()).not.toContain("POST /cart");
  });

  it("stands while a live run goes on, and is looked for again after a while", async () => {
    const run = played(slow, START_S, "running");
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    await divergences.look(compared(run, { ...WHOLE, toS: WHOLE.toS - 1 }), false, () => undefined);
    const asked = fill.mock.calls.length;
    const look = divergences.look(compared(run, WHOLE), false, () => undefined);
    expect(named()?.[0]).toBe("POST /cart");
    await look;
    expect(fill.mock.calls.length).toBe(asked);
    now.mockReturnValue(60_000);
    await divergences.look(compared(run, WHOLE), false, () => undefined);
    expect(fill.mock.calls.length).toBeGreaterThan(asked);
    now.mockRestore();
  });

  it("is looked for again after a look has failed, and not told once nothing is compared", async () => {
    const run = played(slow, START_S, "ended");
    fill.mockRejectedValueOnce(new Error("gone"));
    await expect(divergences.look(compared(run, WHOLE), false, () => undefined)).rejects.toThrow("gone");
    const onFound = vi.fn();
    const look = divergences.look(compared(run, WHOLE), false, onFound);
    divergences.forget();
    await look;
    expect(onFound).not.toHaveBeenCalled();
    await divergences.look(compared(run, WHOLE), false, onFound);
    expect(onFound).toHaveBeenCalledTimes(1);
  });
});
