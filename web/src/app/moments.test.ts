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

const LOOKED = { fromS: 1000, toS: 1021 };
/** What is compared, where it does not matter. */
const HERE = "against one run";

function moments(found: Divergence[] | null, slowdowns: Slowdown[] | null): Moments {
  const all = new Moments();
  all.setSlowdowns(slowdowns, LOOKED);
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

  it("of another endpoint, from the start, or known better than the run's own stay as they were found", () => {
    const stays = (one: Divergence, own: Slowdown) =>
      expect(moments([one], [own]).divergences(HERE)?.[0]?.span).toEqual(one.span);
    stays(divergence(1009), { ...slowdown, endpoint: { ...endpoint, key: "GET /" } });
    stays(divergence(1009, { isFromStart: true }), slowdown);
    stays(divergence(1009), { ...slowdown, slotS: 60 });
    stays(divergence(1000, { span: { fromS: 1000, toS: 1005 } }), { ...slowdown, slotS: 10 });
  });

  it("say whether slowdowns that were found later change them", () => {
    const all = moments([divergence(1009)], null);
    expect(all.slowerSince(HERE, 1000)?.get("POST /cart")?.inWords).toBe("from +00:09 on");
    expect(all.setSlowdowns([slowdown], LOOKED)).toBe(true);
    expect(all.setSlowdowns([{ ...slowdown }], LOOKED)).toBe(false);
    expect(all.slowerSince(HERE, 1000)?.get("POST /cart")).toEqual({ fromS: 1008, inWords: "from +00:08 on" });
    expect(all.slowerSince(HERE, 1000)).toBe(all.slowerSince(HERE, 1000));
    expect(all.slowerSince(HERE, 998)?.get("POST /cart")?.inWords).toBe("from +00:10 on");
    expect(moments(null, null).setSlowdowns([slowdown], LOOKED)).toBe(false);
    expect(moments(null, [slowdown]).slowerSince(HERE, 1000)).toBeNull();
  });

  it("against another run, or of another range, are not told", () => {
    const all = moments([divergence(1012)], []);
    expect(all.divergences("against another")).toBeNull();
    expect(all.slowerSince("against another", 1000)).toBeNull();
    expect(all.marked("against another", NOTHING)).toBeNull();
  });

  it("mark what the page names first, where it is drawn", () => {
    const both = moments([divergence(1012)], [slowdown]);
    const marked = { key: "POST /cart", q: 0.5, fromS: 1008, toS: 1021, isAgainstOther: false };
    expect(both.marked(HERE, NOTHING)).toEqual(marked);
    expect(both.marked(HERE, { kind: "endpoint", keys: ["POST /cart", "GET /"] })).toEqual(marked);
    expect(both.marked(HERE, { kind: "endpoint", keys: ["GET /"] })).toBeNull();
    expect(both.marked(HERE, { kind: "worker", keys: ["POST /cart"] })).toBeNull();
    const over = moments(null, [{ ...slowdown, isOngoing: false }]);
    expect(over.marked(HERE, NOTHING)).toEqual({ ...marked, toS: 1020 });
  });

  it("mark what is slower than in the other run, once nothing got slow in this one", () => {
    const slower = { key: "POST /cart", q: 0.95, fromS: 1012, toS: null, isAgainstOther: true };
    expect(moments([divergence(1012)], []).marked(HERE, NOTHING)).toEqual(slower);
    expect(moments([divergence(1012, { isToEnd: false })], []).marked(HERE, NOTHING)?.toS).toBe(1021);
    expect(moments([divergence(1012)], null).marked(HERE, NOTHING)).toBeNull();
    // Only the first one is named, and of what was so all along there is no moment.
    const other = divergence(1012, { endpoint: { ...endpoint, key: "GET /" } });
    expect(moments([divergence(1000, { isFromStart: true }), other], []).marked(HERE, NOTHING)).toBeNull();
    expect(moments(null, []).marked(HERE, NOTHING)).toBeNull();
  });
});
