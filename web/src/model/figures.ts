/** Figures of a range: of everything, of each endpoint, of each failing series. All merged from histograms. */

import { SeriesStats } from "./histogram";
import type { Missing } from "./pyramid";
import type { Range } from "./range";
import type { Endpoint, Run, Series } from "./run";
import { type Selection, subjectsOf } from "./selection";
import { rateOf } from "./span";

/** What a subject did in a range, as it is shown. Milliseconds are null without a usable time. */
export interface Figures {
  requests: number;
  failures: number;
  /** Requests a second; null where the run was not on. */
  rate: number | null;
  /** Failures among requests, 0 to 1; null without a request. */
  failureShare: number | null;
  p50Ms: number | null;
  p90Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  p999Ms: number | null;
  maxMs: number | null;
  /** Bytes of a response, on average. */
  bytesEach: number | null;
}

/** Figures of what `stats` counted while the run was on for so many nanoseconds. */
export function figuresOf(stats: SeriesStats, failures: number, ns: number): Figures {
  const { latency, requests } = stats;
  return {
    requests,
    failures,
    rate: rateOf(requests, ns),
    failureShare: requests > 0 ? failures / requests : null,
    p50Ms: latency.quantileMs(0.5),
    p90Ms: latency.quantileMs(0.9),
    p95Ms: latency.quantileMs(0.95),
    p99Ms: latency.quantileMs(0.99),
    p999Ms: latency.quantileMs(0.999),
    maxMs: latency.maxMs(),
    bytesEach: requests > 0 ? stats.responseBytes.nearest / requests : null,
  };
}

/** One endpoint in a range. */
export interface EndpointFigures extends Figures {
  endpoint: Endpoint;
  /** Requests by failing series. */
  failing: { series: Series; requests: number }[];
}

/** What must be fetched before the figures of a selection tell everything. */
export function missingForFigures(run: Run, selection: Selection, range: Range): Missing[] {
  const { kind, ids } = subjectsOf(run, selection);
  return run.pyramid(kind).missing(range, ids);
}

/** What must be fetched before {@link endpointFigures} tells everything. */
export function missingForEndpoints(run: Run, range: Range): Missing[] {
  return run.bySeries.missing(range, null);
}

/** All endpoints that had requests in the range, one after the other: they are many. */
export function* endpointFigures(run: Run, range: Range): Generator<EndpointFigures> {
  const add = run.bySeries.adder(range);
  const ns = run.nsIn(range);
  const stats = new SeriesStats();
  for (const endpoint of run.endpoints.values()) {
    stats.clear();
    const failing: EndpointFigures["failing"] = [];
    let failures = 0;
    for (const id of endpoint.series) {
      const before = stats.requests;
      add(id, stats);
      const requests = stats.requests - before;
      const series = run.series.get(id);
      if (requests === 0 || series?.failureKind == null) continue;
      failures += requests;
      failing.push({ series, requests });
    }
    if (stats.requests > 0) yield { endpoint, failing, ...figuresOf(stats, failures, ns) };
  }
}

/** Figures of a selection over a range. */
export function selectionFigures(run: Run, selection: Selection, range: Range): Figures {
  const { kind, ids } = subjectsOf(run, selection);
  const add = run.pyramid(kind).adder(range);
  const stats = new SeriesStats();
  let failures = 0;
  for (const id of ids) {
    const before = stats.requests;
    add(id, stats);
    if (kind === "series" && run.series.get(id)?.failureKind != null) failures += stats.requests - before;
    if (kind === "worker")
      for (let second = range.fromS; second < range.toS; second += 1)
        failures += run.workers.at(id, second)?.failures ?? 0;
  }
  if (kind === "total") for (const [, row] of run.seconds.within(range)) failures += row.failures;
  return figuresOf(stats, failures, run.nsIn(range));
}

/** p95 of an endpoint in equal steps over a range, for its sparkline; null where it had no request. */
export function trendOf(run: Run, endpoint: Endpoint, range: Range, stepS: number): (number | null)[] {
  const points = [];
  const stats = new SeriesStats();
  for (let fromS = range.fromS; fromS < range.toS; fromS += stepS) {
    const add = run.bySeries.adder({ fromS, toS: Math.min(range.toS, fromS + stepS) });
    stats.clear();
    for (const id of endpoint.series) add(id, stats);
    points.push(stats.latency.quantileMs(0.95));
  }
  return points;
}
