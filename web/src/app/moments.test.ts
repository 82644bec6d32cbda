import { describe, expect, it } from "vitest";
import type { Divergence } from "../model/divergence";
import { NOTHING } from "../model/selection";
import type { Slowdown } from "../model/slowdown";
import { Moments } from "./moments";

const endpoint = { key: "POST /cart", method: "POST", name: "/cart", series: [1] };
const slowdown: Slowdown = {
  endpoint,
  q: 0.5,
  usualMs: 10,
  slowMs: 30,
  span: { fromS: 1008, toS: 1020 },
  slotS: 2,
  isOngoing: true,
};

function divergence(fromS: number, change: Partial<Divergence> = {}): Divergence {
  const span = { fromS, toS: 1021 };
  return { endpoint, q: 0.95, beforeMs: 11, afterMs: 29, span, isFromStart: false, isToEnd: true, ...change };
}

function moments(found: Divergence[] | null, slowdowns: Slowdown[] | null): Moments {
  const all = new Moments();
  all.setSlowdowns(slowdowns);
  all.setDivergences(found);
  return all;
}

describe("moments", () => {
  it.each([
    [1009, 1008],
    [1010, 1008],
    [1011, 1011],
    [1006, 1008],
    [1005, 1005],
  ])("found at %i within a slot of the run's own are told as one: %i", (fromS, told) => {
    const { divergences } = moments([divergence(fromS)], [slowdown]);
    expect(divergences?.map(({ span }) => span)).toEqual([{ fromS: told, toS: 1021 }]);
  });

  it("of another endpoint, and what was so from the start, stay as they were found", () => {
    const other = { ...slowdown, endpoint: { ...endpoint, key: "GET /" } };
    expect(moments([divergence(1009)], [other]).divergences?.[0]?.span.fromS).toBe(1009);
    const fromStart = divergence(1009, { isFromStart: true });
    expect(moments([fromStart], [slowdown]).divergences?.[0]?.span.fromS).toBe(1009);
  });

  it("say whether slowdowns that were found later change them", () => {
    const all = moments([divergence(1009)], null);
    expect(all.slowerSince(1000)?.get("POST /cart")?.inWords).toBe("from +00:09 on");
    const found = [slowdown];
    expect(all.setSlowdowns(found)).toBe(true);
    expect(all.setSlowdowns(found)).toBe(false);
    expect(all.slowerSince(1000)?.get("POST /cart")).toEqual({ fromS: 1008, inWords: "from +00:08 on" });
    expect(all.slowerSince(1000)).toBe(all.slowerSince(1000));
    expect(moments(null, null).setSlowdowns(found)).toBe(false);
    expect(moments(null, found).slowerSince(1000)).toBeNull();
  });

  it("mark what the page names first, where it is drawn", () => {
    const both = moments([divergence(1012)], [slowdown]);
    expect(both.marked(NOTHING)).toEqual({ key: "POST /cart", fromS: 1008, toS: null });
    const over = moments(null, [{ ...slowdown, isOngoing: false }]);
    expect(over.marked(NOTHING)).toEqual({ key: "POST /cart", fromS: 1008, toS: 1020 });
    expect(both.marked({ kind: "endpoint", keys: ["POST /cart", "GET /"] })).toEqual(both.marked(NOTHING));
    expect(both.marked({ kind: "endpoint", keys: ["GET /"] })).toBeNull();
    expect(both.marked({ kind: "worker", keys: ["POST /cart"] })).toBeNull();
    expect(moments([divergence(1012)], []).marked(NOTHING)?.fromS).toBe(1012);
    expect(moments([divergence(1012, { isFromStart: true })], []).marked(NOTHING)).toBeNull();
    expect(moments(null, null).marked(NOTHING)).toBeNull();
  });
});
