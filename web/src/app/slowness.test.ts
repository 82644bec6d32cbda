/** What is said about one range is never said about another, and a look that takes long comes to its end. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import { archiveOf, runOf } from "../../dev/played";
import { shop } from "../../dev/scenario";
import type { Range } from "../model/range";
import type { Run } from "../model/run";
import type { RunSource } from "../source/source";
import { Slowness } from "./slowness";

const START_S = 1_760_000_040;
/** From here on one endpoint is slow. */
const SLOW_AFTER_S = 120;
const archive = archiveOf(shop({ runId: "x", seconds: 0, seed: 6, trouble: "slow", from: SLOW_AFTER_S }), START_S, 200);

const WHOLE: Range = { fromS: START_S, toS: START_S + 200 };
const BEFORE: Range = { fromS: START_S, toS: START_S + 100 };

let slowness: Slowness;
let fill: ReturnType<typeof vi.fn<RunSource["fill"]>>;
let source: RunSource;

beforeEach(() => {
  slowness = new Slowness();
  fill = vi.fn<RunSource["fill"]>(async () => undefined);
  source = { kind: "live", fill, load: async () => runOf(archive, "ended"), addressOf: () => null };
});

const named = () => slowness.found?.map(({ endpoint }) => endpoint.key) ?? null;
const look = (run: Run, range: Range, isChosen: boolean) =>
  slowness.look(run, source, range, isChosen, () => undefined);

describe("slow endpoints of a live source", () => {
  it("are those of the chosen range after the run has ended, not of another with the same start", async () => {
    const run = runOf(archive, "ended");
    await look(run, WHOLE, false);
    expect(named()).toEqual(["GET /pay"]);
    await look(run, BEFORE, true);
    expect(named()).toEqual([]);
    await look(run, WHOLE, false);
    expect(named()).toEqual(["GET /pay"]);
  });

  it("are those of the chosen range while the run is on", async () => {
    const run = runOf(archive, "running");
    await look(run, WHOLE, false);
    await look(run, BEFORE, true);
    expect(named()).toEqual([]);
  });

  it("stand while the run goes on, as one subject", async () => {
    const run = runOf(archive, "running");
    await look(run, { ...WHOLE, toS: WHOLE.toS - 10 }, false);
    const asked = fill.mock.calls.length;
    await look(run, WHOLE, false);
    expect(named()).toEqual(["GET /pay"]);
    expect(fill.mock.calls.length).toBe(asked);
  });

  it("are found though the look takes longer than the pause between looks", async () => {
    const run = runOf(archive, "running");
    let arrive: () => void = () => undefined;
    const strips = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    fill.mockReturnValueOnce(strips);
    const now = vi.spyOn(performance, "now");
    now.mockReturnValue(0);
    const first = look(run, WHOLE, false);
    await vi.waitFor(() => expect(fill).toHaveBeenCalledTimes(1));
    now.mockReturnValue(60_000);
    await look(run, WHOLE, false);
    expect(fill).toHaveBeenCalledTimes(1);
    arrive();
    await first;
    now.mockRestore();
    expect(named()).toEqual(["GET /pay"]);
  });

  it("are looked for again after a look has failed", async () => {
    const run = runOf(archive, "running");
    fill.mockRejectedValueOnce(new Error("gone"));
    const now = vi.spyOn(performance, "now");
    now.mockReturnValue(0);
    await expect(look(run, WHOLE, false)).rejects.toThrow("gone");
    now.mockReturnValue(60_000);
    await look(run, WHOLE, false);
    now.mockRestore();
    expect(named()).toEqual(["GET /pay"]);
  });
});
