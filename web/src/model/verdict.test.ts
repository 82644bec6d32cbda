import { describe, expect, it } from "vitest";
import type { EndpointFigures, Figures } from "./figures";
import { clock } from "./format";
import type { Slowdown } from "./slowdown";
import { type Evidence, verdictOf } from "./verdict";
import type { WorkerSummary } from "./workers";

const FIGURES: Figures = {
  requests: 1000,
  failures: 0,
  rate: 10,
  failureShare: 0,
  p50Ms: 30,
  p90Ms: 60,
  p95Ms: 90,
  p99Ms: 120,
  p999Ms: 200,
  maxMs: 300,
  bytesEach: 100,
};

const ENDPOINT = { key: "GET /pay", method: "GET", name: "/pay", series: [1] };

const SLOW: Slowdown = {
  endpoint: ENDPOINT,
  q: 0.99,
  usualMs: 100,
  slowMs: 400,
  span: { fromS: 5000, toS: 5100 },
  slotS: 5,
  exactS: 5,
  isOngoing: true,
};

function evidence(change: Partial<Evidence> = {}): Evidence {
  return {
    isLive: false,
    total: FIGURES,
    recent: FIGURES,
    endpoints: [],
    trust: { seconds: 100, suspectSeconds: 0 },
    recentTrust: { seconds: 30, suspectSeconds: 0 },
    missing: [],
    endS: 5100,
    missingSeconds: 0,
    workers: [],
    reasons: 0,
    hubLagMaxMs: null,
    firstSuspectS: null,
    suspectSinceS: null,
    isRampUpOnly: false,
    slowdowns: [],
    slowTrust: null,
    ...change,
  };
}

function failing(share: number): Partial<Evidence> {
  const total = { ...FIGURES, failures: share * 1000, failureShare: share };
  const series = { id: 9, endpoint: ENDPOINT, status: 503, errorType: "HTTPError", failureKind: "503" };
  const row: EndpointFigures = {
    ...total,
    endpoint: { ...ENDPOINT, key: "POST /cart" },
    failing: [{ series, requests: 72 }],
  };
  return { total, recent: total, endpoints: [row] };
}

/** One worker was so for so many of 100 seconds, and is at the end. */
function saturated(suspectSeconds: number): Partial<Evidence> {
  const worker = {
    sourceId: "worker-2",
    rate: null,
    seconds: 100,
    suspectSeconds,
    missingSeconds: 0,
    reasons: 1,
    hubLagMaxMs: 180,
    firstSuspectS: 5000,
    suspectSinceS: 6000,
  };
  return { trust: { seconds: 100, suspectSeconds }, workers: [worker as WorkerSummary], reasons: 1 };
}

/** So many of a slowdown's 40 seconds were suspect, and so many of the 60 others. */
function slowTrust(own: number, usual: number): Evidence["slowTrust"] {
  return { own: { seconds: 40, suspectSeconds: own }, usual: { seconds: 60, suspectSeconds: usual } };
}

/** A worker that was lost at this second of 100 (from 5000 on), or missing for a while. */
function lost(fromS: number, toS = 5100): Partial<Evidence> {
  const isForGood = toS === 5100;
  const missing = [{ sourceId: "worker-1", fromS, toS, isForGood, isTakenOver: false, users: 10, requestsAtMost: 88 }];
  const worker = { sourceId: "worker-1", seconds: 100, suspectSeconds: toS - fromS, missingSeconds: toS - fromS };
  return { missing, missingSeconds: toS - fromS, workers: [{ ...worker, reasons: 16 } as WorkerSummary] };
}

describe("the verdict", () => {
  it("waits before the first request", () => {
    const nothing = { ...FIGURES, requests: 0, failureShare: null };
    expect(verdictOf(evidence({ isLive: true, total: nothing })).text).toBe("Waiting for the first request");
    expect(verdictOf(evidence({ total: nothing })).text).toBe("No requests in this range");
  });

  it("is healthy when nothing speaks against it", () => {
    expect(verdictOf(evidence()).level).toBe("healthy");
  });

  it("does not say that no endpoint got slower before anybody has looked", () => {
    expect(verdictOf(evidence()).text).toContain("no endpoint got slower");
    expect(verdictOf(evidence({ slowdowns: null })).text).toContain("looking for endpoints that got slower");
  });

  it("names kind and endpoint of most failures", () => {
    const verdict = verdictOf(evidence(failing(0.072)));
    expect(verdict.level).toBe("failing");
    expect(verdict.text).toBe("Failing: 7.20\u00a0% errors, mostly 503 from POST /cart");
  });

  it("does not call a few failures failing", () => {
    expect(verdictOf(evidence(failing(0.009))).level).toBe("healthy");
  });

  it("names the endpoint that got slow, how much, and since when", () => {
    const verdict = verdictOf(evidence({ slowdowns: [SLOW], isLive: true }));
    expect(verdict.level).toBe("degrading");
    expect(verdict.text).toBe(`Degrading: p99 of GET /pay rose 4× since ${clock(5000)} (100\u00a0ms → 400\u00a0ms)`);
    expect(verdict.about).toEqual({ kind: "endpoint", key: "GET /pay" });
  });

  it("says of a slowdown that does not stand how far it is trusted", () => {
    const told = (suspectSeconds: number) => {
      const { beside } = verdictOf(
        evidence({ ...saturated(60), slowdowns: [SLOW], slowTrust: slowTrust(suspectSeconds, 60) }),
      );
      return beside.find(({ text }) => text.startsWith("Degraded"));
    };
    expect(told(0)?.text).toMatch(/→ 400\u00a0ms\), all of it trusted$/);
    expect(told(20)?.text).toMatch(/→ 400\u00a0ms\), 20 of these 40 s trusted$/);
    expect(told(0)?.about).toEqual({ kind: "endpoint", key: "GET /pay" });
  });

  it("says so of one that was slow while few other seconds were suspect, too", () => {
    const few = { ...saturated(40), trust: { seconds: 3600, suspectSeconds: 40 }, slowdowns: [SLOW] };
    const verdict = verdictOf(evidence({ ...few, slowTrust: slowTrust(40, 0) }));
    expect(verdict.text).toMatch(/^Degraded: .*, 0 of these 40 s trusted$/);
    expect(verdict.beside).toEqual([]);
    const live = { isLive: true, slowTrust: slowTrust(40, 0) };
    expect(verdictOf(evidence({ ...few, ...live })).text).toMatch(/, 40 s of it suspect$/);
  });

  it("leads with a slowdown that stands in spite of some doubt, and says why", () => {
    const verdictWith = (own: number, usual: number, change: Partial<Evidence> = {}) =>
      verdictOf(
        evidence({ ...saturated(own + usual), slowdowns: [SLOW], slowTrust: slowTrust(own, usual), ...change }),
      );
    const verdict = verdictWith(10, 10);
    expect(verdict.level).toBe("degrading");
    expect(verdict.text).toBe(`Degraded: p99 of GET /pay rose 4× since ${clock(5000)} (100\u00a0ms → 400\u00a0ms)`);
    const trusted = { level: "healthy", text: "Trust this: only 10 of its 40 s are suspect" };
    expect(verdict.beside).toMatchObject([trusted]);
    expect(verdict.also).toEqual(["worker-2 saturated (hub lag 180\u00a0ms) at times"]);
    expect(verdictWith(1, 10).beside[0]?.text).toBe("Trust this: only 1 of its 40 s is suspect");
    expect(verdictWith(0, 10).beside[0]?.text).toBe("Trust this: none of its seconds is suspect");
    expect(verdictWith(0, 0).beside[0]?.text).toBe("Trust this: no second is suspect");
    expect(verdictWith(10, 10, { isLive: true }).beside[0]?.text).toBe("Trust this: only 10 s of it are suspect");
    // Of what was not looked at, such as the ramp-up, the same is not said.
    const start = { ...saturated(5), isRampUpOnly: true };
    expect(verdictWith(0, 0, start).beside[0]?.text).toBe("Trust this: none of its seconds is suspect");
    expect(verdictWith(0, 0, lost(5010, 5012)).beside[0]?.text).toBe("Trust this: none of its seconds is suspect");
    // Its own seconds, and those that it is measured by.
    expect(verdictWith(11, 10).level).toBe("untrusted");
    expect(verdictWith(10, 30).level).toBe("degrading");
    expect(verdictWith(10, 31).level).toBe("untrusted");
    const nothing = { own: { seconds: 0, suspectSeconds: 0 }, usual: { seconds: 60, suspectSeconds: 0 } };
    expect(verdictWith(0, 20, { slowTrust: nothing }).level).toBe("untrusted");
    // What is measured now is in doubt, or is not all there.
    const recentTrust = { seconds: 30, suspectSeconds: 9 };
    expect(verdictWith(10, 10, { isLive: true }).level).toBe("degrading");
    expect(verdictWith(10, 10, { isLive: true, recentTrust }).level).toBe("untrusted");
    const workers = [...(saturated(20).workers ?? []), ...(lost(5010).workers ?? [])];
    expect(verdictWith(10, 10, { ...lost(5010), workers }).level).toBe("untrusted");
    // A doubt that a slowdown withstands may still be one about failures.
    const failed = verdictWith(10, 10, failing(0.2));
    const inWords = `worker-2 saturated (hub lag 180\u00a0ms) for 20 of 100 s, first at ${clock(5000)}`;
    expect(failed.text).toBe(`Don’t trust this: ${inWords}`);
    expect(failed.beside.map(({ level }) => level)).toEqual(["failing", "degrading"]);
    const trustedFailure = verdictWith(1, 1, failing(0.2));
    expect(trustedFailure.beside.map(({ level }) => level)).toEqual(["degrading", "healthy"]);
  });

  it("tells a live run's past slowdown beside, not as the verdict", () => {
    const verdict = verdictOf(evidence({ slowdowns: [{ ...SLOW, isOngoing: false }], isLive: true }));
    expect(verdict.level).toBe("healthy");
    expect(verdict.also[0]).toContain(`from ${clock(5000)} to ${clock(5100)}`);
  });

  it("puts a saturated generator before everything it measured", () => {
    const verdict = verdictOf(evidence({ ...failing(0.2), ...saturated(40), slowdowns: [SLOW] }));
    expect(verdict.level).toBe("untrusted");
    expect(verdict.about).toEqual({ kind: "worker", key: "worker-2" });
    expect(verdict.beside.map(({ text }) => text.split(":")[0])).toEqual(["Failing", "Degraded"]);
    expect(verdict.also).toEqual([]);
  });

  it("says since when a generator is saturated only while that goes on", () => {
    const verdict = verdictOf(evidence({ ...saturated(40), isLive: true }));
    expect(verdict.text).toBe(`Don’t trust this: worker-2 saturated (hub lag 180\u00a0ms) since ${clock(6000)}`);
  });

  it("says for how long and when first of a generator that was saturated until the end", () => {
    expect(verdictOf(evidence(saturated(40))).text).toBe(
      `Don’t trust this: worker-2 saturated (hub lag 180\u00a0ms) for 40 of 100 s, first at ${clock(5000)}`,
    );
    expect(verdictOf(evidence({ ...saturated(1), trust: { seconds: 5, suspectSeconds: 1 } })).text).toMatch(
      new RegExp(`for 1 of 100 s, at ${clock(5000)}$`),
    );
  });

  it("says so too of a live generator that has recovered", () => {
    const recovered = { ...saturated(40), isLive: true };
    for (const worker of recovered.workers ?? []) worker.suspectSinceS = null;
    expect(verdictOf(evidence(recovered)).text).toContain(`for 40 of 100 s, first at ${clock(5000)}`);
  });

  it("names the worker with the most suspect seconds, not the one that was so last", () => {
    const [worst] = saturated(40).workers ?? [];
    const last = { ...worst, sourceId: "worker-1", suspectSeconds: 2, firstSuspectS: 6098, suspectSinceS: 6098 };
    const { text } = verdictOf(
      evidence({ ...saturated(40), workers: [last as WorkerSummary, worst as WorkerSummary] }),
    );
    expect(text).toMatch(/: worker-2 saturated .* for 40 of 100 s, .*, and 1 more worker$/);
  });

  it("speaks second of a generator that was saturated during the ramp-up only", () => {
    const start = { ...saturated(40), isRampUpOnly: true };
    const inWords = `worker-2 saturated (hub lag 180\u00a0ms) for 40 of 100 s, first at ${clock(5000)}, during ramp-up only`;
    const healthy = verdictOf(evidence({ ...start, isLive: true }));
    expect(healthy.level).toBe("healthy");
    expect(healthy.also).toEqual([`Don’t trust the start: ${inWords}`]);
    const failed = verdictOf(evidence({ ...start, ...failing(0.2), slowdowns: [SLOW] }));
    expect(failed.level).toBe("failing");
    expect(failed.beside.map(({ text }) => text.split(":")[0])).toEqual(["Degraded"]);
    expect(failed.also.map((text) => text.split(":")[0])).toEqual(["Don’t trust the start"]);
  });

  it("tells few suspect seconds beside, and whether they were in the ramp-up", () => {
    const few = { trust: { seconds: 100, suspectSeconds: 3 }, reasons: 1 };
    expect(verdictOf(evidence(few)).also).toEqual(["3 of 100 s suspect (hub lag)"]);
    expect(verdictOf(evidence({ ...few, isRampUpOnly: true })).also).toEqual([
      "3 of 100 s suspect (hub lag), during ramp-up only",
    ]);
  });

  it("speaks of the generator itself where there are no workers", () => {
    const doubt = { trust: { seconds: 100, suspectSeconds: 50 }, reasons: 2, hubLagMaxMs: 4, firstSuspectS: 5000 };
    expect(verdictOf(evidence(doubt)).text).toBe(
      `Don’t trust this: the load generator saturated (CPU full) for 50 of 100 s, first at ${clock(5000)}`,
    );
  });

  it("names a lost worker, when, and what that means, before all else", () => {
    const inWords = `worker-1 was lost at ${clock(5050)}; its 10 users stopped making load, up to 88 requests may not be recorded`;
    const verdict = verdictOf(evidence({ ...failing(0.2), ...lost(5050), slowdowns: [SLOW] }));
    expect([verdict.level, verdict.text]).toEqual(["untrusted", `Don’t trust this: ${inWords}`]);
    expect(verdict.about).toEqual({ kind: "worker", key: "worker-1" });
    expect(verdict.beside.map(({ text }) => text.split(":")[0])).toEqual(["Failing", "Degraded"]);
    expect(verdict.also).toEqual([]);
  });

  it("speaks of the end only where a worker was lost right before it, but at once while the run is on", () => {
    expect(verdictOf(evidence(lost(5097))).text).toContain("Don’t trust the end: worker-1 was lost at");
    expect(verdictOf(evidence({ ...lost(5097), isLive: true })).text).toContain("Don’t trust this: worker-1");
  });

  it("tells one that was lost long before the end beside, once others had its users", () => {
    const early = (toS: number) => {
      const { missing = [], ...rest } = lost(5002, toS);
      return { ...rest, missing: missing.map((each) => ({ ...each, isForGood: true, isTakenOver: true })) };
    };
    for (const isLive of [false, true]) {
      const verdict = verdictOf(evidence({ ...early(5007), isLive }));
      expect(verdict.level).toBe("healthy");
      expect(verdict.also).toEqual([
        `worker-1 was lost at ${clock(5002)}; its 10 users stopped making load until others had them at ${clock(5007)}, up to 88 requests may not be recorded`,
      ]);
    }
    expect(verdictOf(evidence(early(5030))).text).toContain("Don’t trust this: worker-1");
    const later = { ...lost(5095).missing?.[0], sourceId: "worker-2" };
    const both = { ...early(5007), missing: [...early(5007).missing, later] } as Partial<Evidence>;
    const verdict = verdictOf(evidence(both));
    expect(verdict.text).toContain("Don’t trust the end: worker-2 was lost");
    expect(verdict.also).toHaveLength(1);
  });

  it("speaks of the end too where the run was stopped some seconds before", () => {
    expect(verdictOf(evidence({ ...lost(5094), endS: 5103 })).text).toContain("Don’t trust the end: worker-1");
  });

  it("tells a worker that was missing for a moment beside", () => {
    const verdict = verdictOf(evidence(lost(5050, 5053)));
    expect(verdict.level).toBe("healthy");
    expect(verdict.also).toEqual([
      `worker-1 was missing from ${clock(5050)} to ${clock(5053)}; what its 10 users did then may not be recorded`,
    ]);
    expect(verdictOf(evidence(lost(5050, 5080))).level).toBe("untrusted");
  });

  it("does not take a missing worker for a saturated one", () => {
    const [worst] = saturated(40).workers ?? [];
    const both = { ...saturated(40), ...lost(5010), workers: [...(lost(5010).workers ?? []), worst as WorkerSummary] };
    const verdict = verdictOf(evidence(both));
    expect(verdict.text).toContain("worker-1 was lost");
    const saturation = `worker-2 saturated (hub lag 180\u00a0ms) for 40 of 100 s, first at ${clock(5000)}`;
    expect(verdict.beside.map(({ text }) => text)).toEqual([saturation]);
    const atTheEnd = verdictOf(evidence({ ...both, ...lost(5097), workers: both.workers }));
    expect(atTheEnd.text).toContain("Don’t trust the end: worker-1");
    expect(atTheEnd.beside.map(({ text }) => text)).toEqual([`Don’t trust this: ${saturation}`]);
  });
});
