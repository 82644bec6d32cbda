/**
 * Finds the endpoint that got slow, and when.
 *
 * A rule of thumb for pointing the reader at the right row, not evidence: a quantile in slots of time against what is
 * usual for the endpoint (the lower quartile of its slots), and the longest span in which it is at least twice that.
 */

import { SeriesStats } from "./histogram";
import { lengthS, type Range } from "./range";
import type { Endpoint, Run } from "./run";

/** An endpoint that was slow for some time. */
export interface Slowdown {
  endpoint: Endpoint;
  /** Which quantile rose, 0 to 1: the highest one that its requests can tell. */
  q: number;
  usualMs: number;
  slowMs: number;
  span: Range;
  /** The slots in which the quantile was told, in seconds. */
  slotS: number;
  /** How exactly the span is known, in seconds. */
  exactS: number;
  /** Whether it still was at the end of what was looked at. */
  isOngoing: boolean;
}

/** At least this many times as slow as usual. */
const TIMES = 2;
/** And by at least this much. */
const AT_LEAST_MS = 10;
/** In one span, so many slots must be slow, and so many seconds. */
const MIN_SLOTS = 2;
const MIN_SPAN_S = 6;
const MIN_REQUESTS = 30;
/** Slots without which there is no usual. */
const MIN_KNOWN_SLOTS = 6;
/** Of the seconds around a moment, this share may be slow before it or not slow after it. */
const MOST_ASTRAY = 0.1;

/** The quantile that so many requests in a slot can tell. */
function quantileFor(requestsInSlot: number): number | null {
  if (requestsInSlot >= 200) return 0.99;
  if (requestsInSlot >= 40) return 0.95;
  return requestsInSlot >= 8 ? 0.5 : null;
}

/** Looks for the slowdown of each of many endpoints in `range`, cut in slots of `slotS` seconds; null if there is none. */
export function* slowdownsOf(
  run: Run,
  endpoints: Iterable<Endpoint>,
  range: Range,
  slotS: number,
): Generator<Slowdown | null> {
  const slotsOf = cutUp(run, range, slotS);
  for (const endpoint of endpoints) yield slowdownIn(run, slotsOf(endpoint), endpoint, slotS);
}

interface Slot {
  fromS: number;
  stats: SeriesStats;
}

/** What endpoints did in the whole slots of a range: cut up once for all of them. */
function cutUp(run: Run, range: Range, slotS: number): (endpoint: Endpoint) => Slot[] {
  const starts: number[] = [];
  for (let start = Math.ceil(range.fromS / slotS) * slotS; start + slotS <= range.toS; start += slotS)
    starts.push(start);
  const cut = starts.map((fromS) => ({ fromS, add: run.bySeries.adder({ fromS, toS: fromS + slotS }) }));
  return ({ series }) =>
    cut.map(({ fromS, add }) => {
      const stats = new SeriesStats();
      for (const id of series) add(id, stats);
      return { fromS, stats };
    });
}

function slowdownIn(run: Run, slots: readonly Slot[], endpoint: Endpoint, slotS: number): Slowdown | null {
  const known = slots.filter(({ stats }) => stats.latency.count > 0);
  if (known.length < MIN_KNOWN_SLOTS) return null;
  const counts = known.map(({ stats }) => stats.latency.count).sort((a, b) => a - b);
  const q = quantileFor(counts[Math.floor(counts.length / 2)] ?? 0);
  if (q === null) return null;
  const values = slots.map(({ stats }) => stats.latency.quantileMs(q));
  const usualMs = usualOf(values);
  const isSlow = (value: number | null | undefined) => isSlowFor(usualMs, value);

  let best: [first: number, last: number] | null = null;
  for (let first = 0; first < values.length; first += 1) {
    if (!isSlow(values[first])) continue;
    let last = first;
    // One slot that is not slow does not end a slow span.
    while (isSlow(values[last + 1]) || isSlow(values[last + 2])) last += isSlow(values[last + 1]) ? 1 : 2;
    if (best === null || last - first > best[1] - best[0]) best = [first, last];
    first = last;
  }
  const slotsInSpan = best === null ? 0 : best[1] - best[0] + 1;
  if (best === null || slotsInSpan < MIN_SLOTS || slotsInSpan * slotS < MIN_SPAN_S) return null;
  const slow = new SeriesStats();
  for (const { stats } of slots.slice(best[0], best[1] + 1)) slow.merge(stats);
  const slowMs = slow.latency.quantileMs(q);
  if (slow.requests < MIN_REQUESTS || slowMs === null || !isSlow(slowMs)) return null;
  const [firstS, lastS] = [slots[best[0]]?.fromS ?? 0, slots[best[1]]?.fromS ?? 0];
  const around = { fromS: Math.max(slots[0]?.fromS ?? 0, firstS - slotS), toS: firstS + slotS };
  const secondS = firstSlowSecond(run, slots, endpoint, around, q);
  const span = { fromS: secondS ?? firstS, toS: lastS + slotS };
  const exactS = secondS === null ? slotS : 1;
  return { endpoint, q, usualMs, slowMs, span, slotS, exactS, isOngoing: best[1] >= values.length - 2 };
}

/** What is usual: the lower quartile of slots, so that most of a run may be slow. */
function usualOf(values: readonly (number | null)[]): number {
  const ascending = values.filter((value) => value !== null).sort((a, b) => a - b);
  return ascending[Math.floor(ascending.length / 4)] ?? 0;
}

function isSlowFor(usualMs: number, value: number | null | undefined): boolean {
  return value != null && value >= usualMs * TIMES && value - usualMs >= AT_LEAST_MS;
}

/**
 * The second in `around`, the slot in which a slow span begins and the one before, from which on it is slow: the one with
 * the most slow seconds behind it and the fewest before it, by a quantile up to `atMost` that single seconds can tell.
 * Null if they are not at hand, or do not tell.
 */
function firstSlowSecond(
  run: Run,
  slots: readonly Slot[],
  endpoint: Endpoint,
  around: Range,
  atMost: number,
): number | null {
  if (run.finestS(around, "endpoint") > 1 || run.bySeries.missing(around, endpoint.series, 1).length > 0) return null;
  const latencies = cutUp(run, around, 1)(endpoint).map(({ stats }) => stats.latency);
  // Beside the seconds around it, half of what a slot needs tells whether a second is slow.
  const told = quantileFor(2 * Math.min(...latencies.map(({ count }) => count)));
  if (told === null) return null;
  const q = Math.min(told, atMost);
  const usualMs = usualOf(slots.map(({ stats }) => stats.latency.quantileMs(q)));
  const seconds = latencies.map((latency) => isSlowFor(usualMs, latency.quantileMs(q)));
  // How many seconds are on the right side, if it begins before the first of them.
  let right = seconds.filter(Boolean).length;
  let [place, most] = [0, right];
  seconds.forEach((isSlowThen, at) => {
    right += isSlowThen ? -1 : 1;
    if (right > most) [place, most] = [at + 1, right];
  });
  // Slow in none of them, or all along: there is no such second. Nor where too many are on the wrong side.
  const isToldWell = seconds.length - most <= seconds.length * MOST_ASTRAY;
  return place > 0 && place < seconds.length && isToldWell ? around.fromS + place : null;
}

/** The slot length for finding slowdowns in a range of this length. */
export function slowdownSlotS(lengthS: number, finestS: number): number {
  const wanted = lengthS > 1200 ? 60 : lengthS > 240 ? 10 : lengthS > 60 ? 5 : 2;
  return Math.max(wanted, Math.ceil(wanted / finestS) * finestS);
}

/** Which of two slowdowns is to be told first: what goes on, then what is worse. */
export function byWeight(a: Slowdown, b: Slowdown): number {
  if (a.isOngoing !== b.isOngoing) return a.isOngoing ? -1 : 1;
  return costOf(b.usualMs, b.slowMs, b.span) - costOf(a.usualMs, a.slowMs, a.span);
}

/** How much it costs that something takes longer for some time: by ratio, by difference and by length. */
export function costOf(usualMs: number, slowMs: number, span: Range): number {
  return Math.log(slowMs / Math.max(usualMs, 0.1)) * Math.log(slowMs - usualMs + 1) * Math.log(lengthS(span) + 1);
}
