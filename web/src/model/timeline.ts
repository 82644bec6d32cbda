/** Columns for the charts: latencies, rates, users and failures of a selection over a range, in equal steps. */

import { SeriesStats } from "./histogram";
import type { Missing } from "./pyramid";
import { type Range, snapOutward } from "./range";
import type { Run } from "./run";
import { type Selection, type Subjects, subjectsOf } from "./selection";
import { fills, rateOf } from "./span";

/** The quantiles that are drawn; the last is the maximum. */
export const QUANTILES = [0.5, 0.9, 0.95, 0.99, 0.999, 1] as const;
export const QUANTILE_NAMES = ["p50", "p90", "p95", "p99", "p99.9", "max"] as const;

/** Buckets that a row of the heatmap puts together: eight rows for each doubling. */
export const HEAT_BUCKETS = 8;

/** How the response times of one step are spread. */
export interface Heat {
  /** Row of the first count; a row holds {@link HEAT_BUCKETS} buckets. */
  firstRow: number;
  counts: Float64Array;
}

/**
 * All columns have one entry for each step; null where nothing was recorded. Rates and users are null too where the run
 * has less than half of a step: they would be drawn as a rise or a fall that never happened.
 */
export interface Timeline {
  stepS: number;
  /** Start of each step in Unix seconds. */
  startS: number[];
  /** By {@link QUANTILES}, in milliseconds. */
  quantilesMs: (number | null)[][];
  /** Requests a second. */
  rate: (number | null)[];
  users: (number | null)[];
  /** Failures a second. */
  failureRate: (number | null)[];
  heat: (Heat | null)[];
}

/** A range in whole steps, counted from `originS`. */
export function steps(range: Range, stepS: number, originS = 0): Range {
  const { fromS, toS } = snapOutward({ fromS: range.fromS - originS, toS: range.toS - originS }, stepS);
  return { fromS: fromS + originS, toS: toS + originS };
}

/** The longest slots that steps can be made of: those that divide them and start with them. */
function usable(slots: readonly number[], stepS: number, originS = 0): number {
  return slots.find((slotS) => stepS % slotS === 0 && originS % slotS === 0) ?? 1;
}

/** What must be fetched before {@link timeline} tells everything. */
export function missingForTimeline(
  run: Run,
  selection: Selection,
  range: Range,
  stepS: number,
  originS = 0,
): Missing[] {
  const { kind, ids } = subjectsOf(run, selection);
  const pyramid = run.pyramid(kind);
  return pyramid.missing(steps(range, stepS, originS), ids, usable(pyramid.slots, stepS, originS));
}

function heatOf(stats: SeriesStats): Heat | null {
  const used = stats.latency.used();
  if (used === null) return null;
  const firstRow = Math.floor(used[0] / HEAT_BUCKETS);
  const counts = new Float64Array(Math.floor(used[1] / HEAT_BUCKETS) - firstRow + 1);
  for (let index = used[0]; index <= used[1]; index += 1) {
    const row = Math.floor(index / HEAT_BUCKETS) - firstRow;
    counts[row] = (counts[row] as number) + stats.latency.countOf(index);
  }
  return { firstRow, counts };
}

/** Failures of a selection, by second: of everything from the seconds, of workers from theirs. */
function failuresIn(run: Run, selection: Selection, subjects: Subjects, span: Range): number {
  let failures = 0;
  if (selection.kind === "worker") {
    for (const id of subjects.ids)
      for (let second = span.fromS; second < span.toS; second += 1)
        failures += run.workers.at(id, second)?.failures ?? 0;
  } else {
    for (const [, row] of run.seconds.within(span)) failures += row.failures;
  }
  return failures;
}

/**
 * See the head of this file. `stepS` must be a multiple of the shortest slot; steps are counted from `originS`; `heat`
 * is left empty unless it is asked for.
 */
export function timeline(
  run: Run,
  selection: Selection,
  range: Range,
  stepS: number,
  originS = 0,
  hasHeat = false,
): Timeline {
  const subjects = subjectsOf(run, selection);
  const pyramid = run.pyramid(subjects.kind);
  const slotS = usable(pyramid.slots, stepS, originS);
  const columns: Timeline = {
    stepS,
    startS: [],
    quantilesMs: QUANTILES.map(() => []),
    rate: [],
    users: [],
    failureRate: [],
    heat: [],
  };
  const { fromS, toS } = steps(range, stepS, originS);
  const stats = new SeriesStats();
  for (let startS = fromS; startS < toS; startS += stepS) {
    const span = { fromS: startS, toS: startS + stepS };
    stats.clear();
    const add = pyramid.adder(span, slotS);
    let failures = 0;
    for (const id of subjects.ids) {
      const before = stats.requests;
      add(id, stats);
      if (subjects.kind === "series" && run.series.get(id)?.failureKind != null) failures += stats.requests - before;
    }
    if (subjects.kind !== "series") failures = failuresIn(run, selection, subjects, span);
    const isDrawn = run.span !== null && fills(run.span, span);
    const ns = isDrawn ? run.nsIn(span) : 0;
    columns.startS.push(startS);
    QUANTILES.forEach((q, place) => {
      columns.quantilesMs[place]?.push(stats.latency.quantileMs(q));
    });
    columns.rate.push(rateOf(stats.requests, ns));
    columns.failureRate.push(rateOf(failures, ns));
    columns.users.push(isDrawn ? usersIn(run, selection, subjects, span) : null);
    if (hasHeat) columns.heat.push(heatOf(stats));
  }
  return columns;
}

/** Users at the end of a span. */
function usersIn(run: Run, selection: Selection, subjects: Subjects, span: Range): number | null {
  let users: number | null = null;
  if (selection.kind === "worker") {
    for (const id of subjects.ids) {
      for (let second = span.toS - 1; second >= span.fromS; second -= 1) {
        const row = run.workers.at(id, second);
        if (row?.users == null) continue;
        users = (users ?? 0) + row.users;
        break;
      }
    }
    return users;
  }
  for (const [, row] of run.seconds.within(span)) users = row.users ?? users;
  return users;
}

/** Failures a second of each kind (status or error type), most frequent first. */
export interface FailureKinds {
  stepS: number;
  startS: number[];
  kinds: { kind: string; count: number; rate: number[] }[];
}

/** More kinds than this are put together as the last one. */
const MAX_KINDS = 6;
/** With more seconds of failing series than this, failures are drawn by the minute. */
const MANY_SECONDS = 12_000;

/** The failing series of a selection. */
export function failingSeries(run: Run, selection: Selection): number[] {
  const ids = selection.kind === "endpoint" ? subjectsOf(run, selection).ids : [...run.series.keys()];
  return ids.filter((id) => run.series.get(id)?.failureKind != null);
}

/** The step in which failures by kind are told. */
export function failureStep(run: Run, selection: Selection, range: Range, stepS: number): number {
  const isMany = failingSeries(run, selection).length * (range.toS - range.fromS) > MANY_SECONDS;
  return isMany
    ? Math.max(60, Math.ceil(stepS / 60) * 60)
    : Math.ceil(stepS / run.finestStepS(range, "endpoint")) * run.finestStepS(range, "endpoint");
}

/** What must be fetched before {@link failureKinds} tells everything. */
export function missingForFailures(run: Run, selection: Selection, range: Range, stepS: number): Missing[] {
  const ids = failingSeries(run, selection);
  if (ids.length === 0) return [];
  return run.bySeries.missing(steps(range, stepS), ids, usable(run.bySeries.slots, stepS));
}

/** Failures of a selection by kind; what workers failed with is not kept, so for workers it is that of all. */
export function failureKinds(run: Run, selection: Selection, range: Range, stepS: number): FailureKinds {
  const { fromS, toS } = steps(range, stepS);
  const slotS = usable(run.bySeries.slots, stepS);
  const byKind = new Map<string, { kind: string; count: number; rate: number[] }>();
  const startS: number[] = [];
  const ids = failingSeries(run, selection);
  const stats = new SeriesStats();
  for (let start = fromS; start < toS; start += stepS) {
    const span = { fromS: start, toS: start + stepS };
    const add = run.bySeries.adder(span, slotS);
    const ns = run.span !== null && fills(run.span, span) ? run.nsIn(span) : 0;
    for (const id of ids) {
      stats.clear();
      add(id, stats);
      if (stats.requests === 0) continue;
      const name = run.series.get(id)?.failureKind ?? "";
      let kind = byKind.get(name);
      if (kind === undefined) {
        kind = { kind: name, count: 0, rate: [] };
        byKind.set(name, kind);
      }
      kind.count += stats.requests;
      kind.rate[startS.length] = (kind.rate[startS.length] ?? 0) + (rateOf(stats.requests, ns) ?? 0);
    }
    startS.push(start);
  }
  const sorted = [...byKind.values()].sort((a, b) => b.count - a.count);
  const kept = sorted.slice(0, sorted.length > MAX_KINDS ? MAX_KINDS - 1 : MAX_KINDS);
  const rest = sorted.slice(kept.length);
  if (rest.length > 0) {
    const other = { kind: `${rest.length} other kinds`, count: 0, rate: [] as number[] };
    for (const kind of rest) {
      other.count += kind.count;
      kind.rate.forEach((rate, place) => {
        other.rate[place] = (other.rate[place] ?? 0) + rate;
      });
    }
    kept.push(other);
  }
  for (const kind of kept) kind.rate = startS.map((_, place) => kind.rate[place] ?? 0);
  return { stepS, startS, kinds: kept };
}
