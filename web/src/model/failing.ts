/** In which ways the endpoints of a range failed: how often, from when to when, and how often in another run. */

import type { EndpointFigures } from "./figures";
import { SeriesStats } from "./histogram";
import type { Range } from "./range";
import type { Run, Series } from "./run";
import { steps } from "./timeline";
import type { ErrorRow } from "./wire";

/** One way in which an endpoint failed: a status with a class of exceptions. */
export interface ErrorLine {
  /** The same in every run. */
  key: string;
  kind: string;
  endpointKey: string;
  /** In the range. */
  count: number;
  /** In the same range of the other run; null without one. */
  before: number | null;
  /** The first and the last time in the range. */
  first: Moment | null;
  last: Moment | null;
  /** Of this run, the most frequent first. A report may lack some. */
  messages: readonly ErrorRow[];
}

/** A second, or as much time as is told at once. */
export type Moment = Range;

/** What the other run did in the same range. */
export interface OtherErrors {
  run: Run;
  endpoints: readonly EndpointFigures[];
}

/** The lines of a range; `stepS` is what failures are told in where seconds would be too many. */
export function errorLines(
  run: Run,
  range: Range,
  endpoints: readonly EndpointFigures[],
  stepS: number,
  other: OtherErrors | null,
): ErrorLine[] {
  const counts = other === null ? null : countsOf(other.endpoints);
  const seek = seeker(run, range, stepS);
  const lines: ErrorLine[] = [];
  for (const { endpoint, failing } of endpoints) {
    for (const { series, requests } of failing) {
      const key = keyOf(series);
      const messages = byCount(run.errors.get(series.id));
      const before = counts === null ? null : (counts.get(key)?.requests ?? 0);
      counts?.delete(key);
      const kind = series.failureKind ?? "";
      lines.push({
        key,
        kind,
        endpointKey: endpoint.key,
        count: requests,
        before,
        ...seek(series.id, messages),
        messages,
      });
    }
  }
  // What is over is worth knowing too.
  for (const [key, { series, requests }] of counts ?? []) {
    const messages = byCount(other?.run.errors.get(series.id));
    const kind = series.failureKind ?? "";
    const none = { count: 0, first: null, last: null };
    lines.push({ key, kind, endpointKey: series.endpoint.key, before: requests, ...none, messages });
  }
  return lines;
}

function keyOf({ endpoint, status, errorType }: Series): string {
  return JSON.stringify([endpoint.key, status, errorType]);
}

function byCount(rows: readonly ErrorRow[] | undefined): readonly ErrorRow[] {
  return (rows ?? []).toSorted((a, b) => b.count - a.count);
}

function countsOf(endpoints: readonly EndpointFigures[]): Map<string, { series: Series; requests: number }> {
  return new Map(endpoints.flatMap(({ failing }) => failing.map((one) => [keyOf(one.series), one] as const)));
}

/**
 * A function that says when a series was first and last there. The rows of errors tell it of the whole run, to the
 * second: where those times are in the range, they are the range's too. Where not, steps of the range are looked at.
 */
function seeker(run: Run, range: Range, stepS: number) {
  let cut: { span: Range; add: (subject: number, stats: SeriesStats) => void }[] | null = null;
  const stats = new SeriesStats();
  const pieces = () => {
    if (cut !== null) return cut;
    cut = [];
    const whole = steps(range, stepS);
    for (let fromS = whole.fromS; fromS < whole.toS; fromS += stepS) {
      const span = { fromS: Math.max(fromS, range.fromS), toS: Math.min(fromS + stepS, range.toS) };
      cut.push({ span, add: run.bySeries.adder(span) });
    }
    return cut;
  };
  const has = (id: number) => (piece: { add: (subject: number, stats: SeriesStats) => void }) => {
    stats.clear();
    piece.add(id, stats);
    return stats.requests > 0;
  };
  return (id: number, messages: readonly ErrorRow[]): { first: Moment | null; last: Moment | null } => {
    const firstS = Math.min(...messages.map((row) => row.first_s));
    const lastS = Math.max(...messages.map((row) => row.last_s));
    const isIn = (second: number) => second >= range.fromS && second < range.toS;
    const exact = (second: number) => ({ fromS: second, toS: second + 1 });
    return {
      first: isIn(firstS) ? exact(firstS) : (pieces().find(has(id))?.span ?? null),
      last: isIn(lastS) ? exact(lastS) : (pieces().findLast(has(id))?.span ?? null),
    };
  };
}
