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
  exactS: 2,
  isOngoing: true,
};

function divergence(fromS: number, change: Partial<Divergence> = {}): Divergence {
  const span = { fromS, toS: 1021 };
  return { endpoint, q: 0.95, beforeMs: 11, afterMs: 29, span, slotS: 1, isFromStart: false, isToEnd: true, ...change };
}

const LOOKED = { fromS: 1000, toS: 1021 };
/** What is compared, where it does not matter. */
const HERE = "against one run";

function moments(found: Divergence[] | null, slowdowns: Slowdown[] | null): Moments {
  const all = new Moments();
  all.setSlowdowns(slowdowns, LOOKED, null);
  all.setDivergences(found, HERE);
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
    const divergences = moments([divergence(fromS)], [slowdown]).divergences(HERE);
    expect(divergences?.map(({ span }) => span)).toEqual([{ fromS: told, toS: 1021 }]);
  });

  it("are one though they are known to the second, and as far apart as the longer slots", () => {
    const exact = { ...slowdown, exactS: 1 };
    const from = (one: Divergence) => moments([one], [exact]).divergences(HERE)?.[0]?.span.fromS;
    expect(from(divergence(1010))).toBe(1008);
    expect(from(divergence(1011))).toBe(1011);
    expect(from(divergence(1012, { slotS: 5 }))).toBe(1008);
  });

  it("of another endpoint, from the start, or known better than the run's own stay as they were found", () => {
    const stays = (one: Divergence, own: Slowdown) =>
      expect(moments([one], [own]).divergences(HERE)?.[0]?.span).toEqual(one.span);
    stays(divergence(1009), { ...slowdown, endpoint: { ...endpoint, key: "GET /" } });
    stays(divergence(1009, { isFromStart: true }), slowdown);
    stays(divergence(1009), { ...slowdown, exactS: 60 });
    stays(divergence(1000, { span: { fromS: 1000, toS: 1005 } }), { ...slowdown, exactS: 10 });
  });

  it("say whether slowdowns that were found later change them", () => {
    const all = moments([divergence(1009)], null);
    expect(all.slowerSince(HERE, 1000)?.get("POST /cart")?.inWords).toBe("from +00:09 on");
    expect(all.setSlowdowns([slowdown], LOOKED, null)).toBe(true);
    expect(all.setSlowdowns([{ ...slowdown }], LOOKED, null)).toBe(false);
    expect(all.slowerSince(HERE, 1000)?.get("POST /cart")).toEqual({ fromS: 1008, inWords: "from +00:08 on" });
    expect(all.slowerSince(HERE, 1000)).toBe(all.slowerSince(HERE, 1000));
    expect(all.slowerSince(HERE, 998)?.get("POST /cart")?.inWords).toBe("from +00:10 on");
    expect(moments(null, null).setSlowdowns([slowdown], LOOKED, null)).toBe(false);
    expect(moments(null, [slowdown]).slowerSince(HERE, 1000)).toBeNull();
  });

  it("against another run, or of another range, are not told", () => {
    const all = moments([divergence(1012)], []);
    expect(all.divergences("against another")).toBeNull();
    expect(all.slowerSince("against another", 1000)).toBeNull();
    expect(all.marked("against another", NOTHING, null)).toBeNull();
  });

  it("mark what the page names first, where it is drawn", () => {
    const both = moments([divergence(1012)], [slowdown]);
    const marked = { key: "POST /cart", q: 0.5, slotS: 2, fromS: 1008, toS: null, isAgainstOther: false };
    expect(both.marked(HERE, NOTHING, null)).toEqual(marked);
    expect(both.marked(HERE, { kind: "endpoint", keys: ["POST /cart", "GET /"] }, null)).toEqual(marked);
    expect(both.marked(HERE, { kind: "endpoint", keys: ["GET /"] }, null)).toBeNull();
    expect(both.marked(HERE, { kind: "worker", keys: ["POST /cart"] }, null)).toBeNull();
    const over = moments(null, [{ ...slowdown, isOngoing: false }]);
    expect(over.marked(HERE, NOTHING, null)).toEqual({ ...marked, toS: 1020 });
    // Where it went on to the end of what was looked at, it may not do so in what is shown now.
    const chosen = { fromS: 1003, toS: 1030 };
    expect(both.marked(HERE, NOTHING, chosen)?.toS).toBe(1021);
    both.setSlowdowns([slowdown], LOOKED, chosen);
    expect(both.marked(HERE, NOTHING, { ...chosen })?.toS).toBeNull();
  });

  it("mark what is slower than in the other run, once nothing got slow in this one", () => {
    const slower = { key: "POST /cart", q: 0.95, slotS: 1, fromS: 1012, toS: null, isAgainstOther: true };
    expect(moments([divergence(1012)], []).marked(HERE, NOTHING, null)).toEqual(slower);
    expect(moments([divergence(1012, { isToEnd: false })], []).marked(HERE, NOTHING, null)?.toS).toBe(1021);
    expect(moments([divergence(1012)], null).marked(HERE, NOTHING, null)).toBeNull();
    // Only the first one is named, and of what was so all along there is no moment.
    const other = divergence(1012, { endpoint: { ...endpoint, key: "GET /" } });
    expect(moments([divergence(1000, { isFromStart: true }), other], []).marked(HERE, NOTHING, null)).toBeNull();
    expect(moments(null, []).marked(HERE, NOTHING, null)).toBeNull();
  });
});
