/** What synthetic runs do: endpoints, load, and what goes wrong when. All of it follows from the seed. */

import { bucketOfMs, floorNs } from "../src/model/bucket";
import type { SeriesStats } from "../src/model/histogram";
import { mix, normal, uniforms } from "./random";

/** One outcome of an endpoint. */
export interface SeriesPlan {
  method: string;
  name: string;
  status: number | null;
  errorType: string | null;
  message?: string;
  /** Requests a second at the second `t` of the run. */
  rate(t: number): number;
  /** Median response time in milliseconds. */
  medianMs(t: number): number;
  /** Width of the distribution (of the logarithm). */
  spread(t: number): number;
  bytes: number;
  /** Series of a large run with the same pattern do the same, so that it is made in seconds. */
  pattern?: number;
}

/** One synthetic run. */
export interface Scenario {
  runId: string;
  testplan: string;
  seed: number;
  /** Seconds that are there from the beginning. */
  seconds: number;
  workers: number;
  /** So many processes tell that the test started, spawned and stopped; one if not given. */
  processes?: number;
  /** Users at the second `t`. */
  users(t: number): number;
  /** The second in which all users were spawned first. */
  spawnedAt: number | null;
  series: SeriesPlan[];
  /** Bits of reasons and the hub lag of one worker at the second `t`. */
  trouble?(worker: number, t: number): { reasons: number; hubLagMs: number; cpuPercent: number } | null;
}

/** Adds a time as the recorder does. */
export function record(stats: SeriesStats, elapsedNs: number, bytes: number): void {
  stats.requests += 1;
  stats.responseBytes.add(bytes);
  const latency = stats.latency;
  latency.addFigures(1, elapsedNs === 0 ? 1 : 0, elapsedNs, elapsedNs);
  if (elapsedNs === 0) return;
  const index = bucketOfMs(elapsedNs / 1e6);
  latency.cover(index, index);
  latency.counts[index - latency.offset] = (latency.counts[index - latency.offset] as number) + 1;
  latency.aboveFloorsNs.add(elapsedNs - floorNs(index));
}

/** The response times of one series in one second, in nanoseconds. */
export function samplesOf(scenario: Scenario, series: number, t: number): number[] {
  const plan = scenario.series[series] as SeriesPlan;
  const uniform = uniforms(mix(scenario.seed, series, t));
  const expected = plan.rate(t);
  const count = Math.max(0, Math.round(expected + Math.sqrt(expected) * 0.6 * normal(uniform)));
  const [median, spread] = [plan.medianMs(t), plan.spread(t)];
  const samples = new Array<number>(count);
  for (let place = 0; place < count; place += 1) {
    samples[place] = Math.max(1000, Math.round(median * 1e6 * Math.exp(spread * normal(uniform))));
  }
  return samples;
}

/** Users that rise to each of `levels` in turn, `length` seconds each, after a ramp of `ramp` seconds. */
export function stages(levels: number[], length: number, ramp: number): (t: number) => number {
  return (t) => {
    const place = Math.min(levels.length - 1, Math.floor(t / length));
    const [before, level] = [levels[place - 1] ?? 0, levels[place] as number];
    const inStage = t - place * length;
    return inStage < ramp ? Math.round(before + ((level - before) * inStage) / ramp) : level;
  };
}

interface ShopOptions {
  runId: string;
  seconds: number;
  seed: number;
  testplan?: string;
  /** What goes wrong. */
  trouble?: "none" | "slow" | "failing" | "saturated";
  /** From which second on. */
  from?: number;
  /** How many times as slow everything is. */
  factor?: number;
  workers?: number;
}

const ENDPOINTS: [method: string, name: string, share: number, medianMs: number, spread: number, bytes: number][] = [
  ["GET", "/", 0.9, 21, 0.35, 18_240],
  ["GET", "/search", 0.8, 64, 0.5, 9_310],
  ["GET", "/products", 1.1, 34, 0.4, 12_050],
  ["GET", "/products/[id]", 2.2, 26, 0.45, 5_120],
  ["GET", "/products/[id]/reviews", 0.7, 31, 0.5, 3_870],
  ["POST", "/login", 0.2, 92, 0.3, 640],
  ["GET", "/cart", 0.6, 17, 0.3, 1_460],
  ["POST", "/cart", 0.5, 38, 0.4, 420],
  ["DELETE", "/cart/[item]", 0.1, 24, 0.4, 96],
  ["POST", "/checkout", 0.18, 120, 0.45, 812],
  ["GET", "/pay", 0.45, 38, 0.55, 812],
  ["GET", "/orders/[id]", 0.15, 44, 0.4, 2_210],
  ["WSSend", "notifications", 0.3, 3.1, 0.6, 60],
];

/** A small shop under a staged load. */
export function shop(options: ShopOptions): Scenario {
  const { seconds, seed, trouble = "none", from = Math.floor(seconds * 0.55), factor = 1, workers = 8 } = options;
  const users = stages([100, 200, 400], Math.max(60, Math.floor(Math.min(seconds, 900) / 3)), 12);
  const load = (t: number) => users(t) / 9;
  const isOn = (t: number) => t >= from;
  const rises = (t: number) => (isOn(t) ? 1 + 3.2 * Math.min(1, (t - from) / 12) : 1);
  const series: SeriesPlan[] = [];
  for (const [method, name, share, medianMs, spread, bytes] of ENDPOINTS) {
    const isPay = name === "/pay";
    const isCart = method === "POST" && name === "/cart";
    const slows = (t: number) => (trouble === "slow" && isPay ? rises(t) : 1);
    const lag = (t: number) => (trouble === "saturated" && isOn(t) ? 14 : 0);
    const failShare = (t: number) => (isCart && trouble === "failing" && isOn(t) ? 0.62 : 0);
    series.push({
      method,
      name,
      status: method === "WSSend" ? null : method === "POST" && name === "/cart" ? 201 : 200,
      errorType: null,
      rate: (t) => load(t) * share * (1 - failShare(t)),
      medianMs: (t) => medianMs * factor * slows(t) * (1 + load(t) / 260) + lag(t),
      spread: (t) => spread * (slows(t) > 1 ? 1.25 : 1),
      bytes,
    });
    if (isCart) {
      series.push({
        method,
        name,
        status: 503,
        errorType: "HTTPError",
        message: "503 Server Error: Service Unavailable for url: /cart",
        rate: (t) => load(t) * share * failShare(t) + 0.01,
        medianMs: () => 2004,
        spread: () => 0.02,
        bytes: 212,
      });
    }
    if (name === "/search") {
      series.push({
        method,
        name,
        status: null,
        errorType: "ConnectionResetError",
        message: "ConnectionResetError(104, 'Connection reset by peer')",
        rate: (t) => load(t) * (trouble === "failing" && isOn(t) ? 0.03 : 0.0015),
        medianMs: () => 8,
        spread: () => 0.8,
        bytes: 0,
      });
    }
    if (name === "/orders/[id]") {
      series.push({
        method,
        name,
        status: 404,
        errorType: "HTTPError",
        message: "404 Client Error: Not Found for url: /orders/[id]",
        rate: (t) => load(t) * 0.002,
        medianMs: () => 12,
        spread: () => 0.4,
        bytes: 48,
      });
    }
  }
  return {
    runId: options.runId,
    testplan: options.testplan ?? "checkout-load",
    seed,
    seconds,
    workers,
    users,
    spawnedAt: 12,
    series,
    trouble: (worker, t) => {
      if (trouble === "saturated" && isOn(t) && worker === 2)
        return { reasons: 1 | (t % 3 === 0 ? 2 : 0), hubLagMs: 150 + (t % 7) * 6, cpuPercent: 97 };
      if (worker === 4 && t % 97 === 50) return { reasons: 1, hubLagMs: 14, cpuPercent: 52 };
      return null;
    },
  };
}

/** A shop under an even load for twenty seconds, recorded by three processes; POST /cart is slow from `slowFrom` on. */
export function brief(options: { runId: string; seed: number; slowFrom?: number }): Scenario {
  const { slowFrom = Number.POSITIVE_INFINITY } = options;
  const calm = shop({ ...options, seconds: 20, testplan: "demo-shop", workers: 2 });
  const isLater = slowFrom < Number.POSITIVE_INFINITY;
  const series = calm.series.map((plan): SeriesPlan => {
    const isCart = plan.method === "POST" && plan.name === "/cart";
    const failing = isCart ? (t: number) => (t >= 4 && t < 14 ? 9 : 0) : (t: number) => (isLater ? 0 : t % 2) * 4;
    const steady = plan.rate(40) * 6;
    const times = (t: number) => (isCart && t >= slowFrom ? 2.6 : 1) * (isLater && plan.name === "/" ? 1.4 : 1);
    return {
      ...plan,
      rate: plan.errorType === null ? (t) => (t < 2 ? steady / 2 : steady) : failing,
      medianMs: (t) => (plan.errorType === null ? plan.medianMs(40) * times(t) : 15),
    };
  });
  const trouble: Scenario["trouble"] = (worker, t) =>
    worker === 1 && (t === 3 || t === 4) ? { reasons: 1, hubLagMs: 40, cpuPercent: 60 } : null;
  return { ...calm, series, trouble, users: (t) => Math.min(60, 30 * (t + 1)), spawnedAt: 1, processes: 3 };
}

/** Many endpoints for an hour: what the page must stay quick with. */
export function large(runId: string, endpoints: number, seconds: number): Scenario {
  const series: SeriesPlan[] = [];
  for (let place = 0; place < endpoints; place += 1) {
    const isSlow = place === 137;
    const name = `/api/v1/resource-${String(place).padStart(3, "0")}/[id]`;
    const method = place % 7 === 0 ? "POST" : "GET";
    const common = { method, name, bytes: 900 + place };
    series.push({
      ...common,
      status: 200,
      errorType: null,
      rate: () => 10,
      medianMs: (t) => (12 + (place % 20) * 3) * (isSlow && t > 2200 ? 4 : 1),
      spread: () => 0.4,
      pattern: isSlow ? -1 : place % 20,
    });
    if (place % 10 === 0) {
      series.push({
        ...common,
        status: 500,
        errorType: "HTTPError",
        message: `500 Server Error: Internal Server Error for url: ${name}`,
        rate: (t) => (t % 600 < 60 ? 0.4 : 0.02),
        medianMs: () => 30,
        spread: () => 0.5,
        pattern: 100,
      });
    }
  }
  const users = stages([400, 800, 1200], 1200, 60);
  return { runId, testplan: "catalogue-soak", seed: 77, seconds, workers: 8, users, spawnedAt: 60, series };
}

/** Names that a page must show as text and nothing else. */
export function hostile(runId: string): Scenario {
  const names = [
    "<img src=x onerror=\"document.title='owned'\">",
    "</script><script>document.title='owned'</script>",
    "\"><svg/onload=document.title='owned'>",
    "javascript:document.title='owned'",
    "\u202egnp.exe \u0007 %s {{7*7}}",
    "/very/long/".repeat(60),
  ];
  const scenario = shop({ runId, seconds: 60, seed: 5, testplan: "<b onmouseover=document.title='owned'>plan</b>" });
  scenario.series = names.flatMap((name, place) => {
    const common = {
      method: place === 0 ? "<i>GET</i>" : "GET",
      name,
      medianMs: () => 20,
      spread: () => 0.4,
      bytes: 9,
    };
    const failing = { ...common, status: null, errorType: "<script>alert(1)</script>", message: name, rate: () => 1 };
    return [{ ...common, status: 200, errorType: null, rate: () => 5 }, failing];
  });
  return scenario;
}
