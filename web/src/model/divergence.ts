/**
 * Finds when an endpoint began to be slower than in another run.
 *
 * Both runs are cut into slots at the same distances from where they are laid upon each other; of each slot, a quantile
 * against the other run's. The span is the one in which the endpoint was slower the most, all in all: a slot amid it may
 * well not be. A rule of thumb that points at a moment, held against how much the slots scatter anyway.
 */

import { SeriesStats } from "./histogram";
import { lengthS, type Range } from "./range";
import type { Endpoint, Run } from "./run";
import { costOf, type Slowdown } from "./slowdown";

/** An endpoint that was slower than in another run, for some time or all along. */
export interface Divergence {
  endpoint: Endpoint;
  /** Which quantile, 0 to 1: the highest one that its requests can tell. */
  q: number;
  beforeMs: number;
  afterMs: number;
  /** In this run's seconds. */
  span: Range;
  /** The slots in which the quantile was told, in seconds. */
  slotS: number;
  /** Whether it was so from the first slots on in which both runs have enough requests. */
  isFromStart: boolean;
  /** Whether it was so up to the last ones. */
  isToEnd: boolean;
}

/** Two runs, laid upon each other. */
export interface Overlay {
  run: Run;
  other: Run;
  /** Of this run: what is looked at. */
  range: Range;
  /** The second of this run that is told as zero: slots begin there. */
  zeroS: number;
  /** What is to be added to a second of this run for that of the other. */
  otherOriginS: number;
}

/** Less than this many times as slow is not told. */
const TIMES = 1.2;
/** Nor is a difference of less than this. */
const AT_LEAST_MS = 5;
/** Times this short differ by chance: it is added to both sides of a slot's ratio. */
const DAMPING_MS = 2;
const MIN_SLOTS = 3;
const MIN_KNOWN_SLOTS = 6;
const MIN_REQUESTS = 30;
/** How far above the scatter of slots a span must be, in standard deviations of its sum. */
const CERTAINTY = 4;
/** Slots scatter at least so much, however even they look (of the logarithm). */
const MIN_SCATTER = 0.08;
const SLOTS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
const MAX_SLOTS = 120;
/** A quantile, and the requests in a slot that can tell it. */
const QUANTILES: [q: number, requests: number][] = [
  [0.95, 40],
  [0.5, 8],
];

/** When `endpoint` of this run began to be slower than in the other; null if it was not, or too little is known. */
export function divergenceOf(overlay: Overlay, endpoint: Endpoint, requests: number): Divergence | null {
  const before = overlay.other.endpoints.get(endpoint.key);
  if (before === undefined) return null;
  for (const [q, needed] of QUANTILES) {
    const slotS = slotFor(overlay, requests, needed);
    if (slotS !== null) return divergenceIn(slotsOf(overlay, endpoint, before, slotS, needed), endpoint, q, slotS);
  }
  return null;
}

/** The shortest slot with so many requests of `requests` in the whole range; null if there would be too few slots. */
function slotFor({ run, other, range, otherOriginS }: Overlay, requests: number, needed: number): number | null {
  const length = lengthS(range);
  const [mine, others] = [run.finestS(range, "endpoint"), other.finestS(movedTo(range, otherOriginS), "endpoint")];
  return (
    SLOTS_S.find(
      (slotS) =>
        slotS % mine === 0 &&
        slotS % others === 0 &&
        otherOriginS % others === 0 &&
        length / slotS <= MAX_SLOTS &&
        length / slotS >= MIN_KNOWN_SLOTS &&
        (requests / length) * slotS >= needed,
    ) ?? null
  );
}

interface Slot {
  fromS: number;
  before: SeriesStats;
  after: SeriesStats;
}

function slotsOf(
  { run, other, range, zeroS, otherOriginS }: Overlay,
  mine: Endpoint,
  others: Endpoint,
  slotS: number,
  needed: number,
) {
  const slots: Slot[] = [];
  const first = zeroS + Math.ceil((range.fromS - zeroS) / slotS) * slotS;
  for (let fromS = first; fromS + slotS <= range.toS; fromS += slotS) {
    const span = { fromS, toS: fromS + slotS };
    // Slots begin at any second of either run: only single seconds make them up in both.
    const slot = { fromS, before: new SeriesStats(), after: new SeriesStats() };
    const [addAfter, addBefore] = [run.bySeries.adder(span, 1), other.bySeries.adder(movedTo(span, otherOriginS), 1)];
    for (const id of mine.series) addAfter(id, slot.after);
    for (const id of others.series) addBefore(id, slot.before);
    // What too few requests tell is left out: as users are spawned, slots scatter more than later.
    if (Math.min(slot.after.latency.count, slot.before.latency.count) >= needed) slots.push(slot);
  }
  return slots;
}

/** A range of this run at the same distance from zero in the other. */
export function movedTo({ fromS, toS }: Range, otherOriginS: number): Range {
  return { fromS: fromS + otherOriginS, toS: toS + otherOriginS };
}

function divergenceIn(slots: readonly Slot[], endpoint: Endpoint, q: number, slotS: number): Divergence | null {
  if (slots.length < MIN_KNOWN_SLOTS) return null;
  const log = (stats: SeriesStats) => Math.log((stats.latency.quantileMs(q) ?? 0) + DAMPING_MS);
  const rises = slots.map(({ before, after }) => log(after) - log(before));
  const rough = greatestSpan(rises, Math.log(TIMES));
  // A slot belongs to the span that is nearer to it: halfway between no difference and that of the span.
  const halfway = meanOf(rises.slice(rough[0], rough[1] + 1)) / 2;
  const [first, last] = greatestSpan(rises, Math.max(Math.log(TIMES), halfway));
  const count = last - first + 1;
  if (count < MIN_SLOTS) return null;
  const total = count * meanOf(rises.slice(first, last + 1));
  if (total < CERTAINTY * scatterOf(rises) * Math.sqrt(count)) return null;
  const [before, after] = [new SeriesStats(), new SeriesStats()];
  for (const slot of slots.slice(first, last + 1)) {
    before.merge(slot.before);
    after.merge(slot.after);
  }
  const [beforeMs, afterMs] = [before.latency.quantileMs(q), after.latency.quantileMs(q)];
  if (beforeMs === null || afterMs === null || Math.min(before.requests, after.requests) < MIN_REQUESTS) return null;
  if (afterMs < beforeMs * TIMES || afterMs - beforeMs < AT_LEAST_MS) return null;
  const [fromS, lastS] = [slots[first]?.fromS ?? 0, slots[last]?.fromS ?? 0];
  return {
    endpoint,
    q,
    beforeMs,
    afterMs,
    span: { fromS, toS: lastS + slotS },
    slotS,
    // One slot at either end may look even by chance.
    isFromStart: first <= 1,
    isToEnd: last >= slots.length - 2,
  };
}

/** The span with the greatest sum of what is above `threshold` (Kadane's algorithm). */
function greatestSpan(values: readonly number[], threshold: number): [first: number, last: number] {
  let best: [first: number, last: number, sum: number] = [0, -1, 0];
  let [first, sum] = [0, 0];
  values.forEach((value, place) => {
    if (sum <= 0) [first, sum] = [place, 0];
    sum += value - threshold;
    if (sum > best[2]) best = [first, place, sum];
  });
  return [best[0], best[1]];
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** How much one slot differs from the next by chance: a standard deviation, from the median step, which no jump moves. */
function scatterOf(rises: readonly number[]): number {
  const steps = rises.slice(1).map((rise, place) => Math.abs(rise - (rises[place] ?? 0)));
  const middle = steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  // The median of |N(0, 2σ²)| is 0.954 σ.
  return Math.max(MIN_SCATTER, middle / 0.954);
}

/** A moment that is known less exactly than this, in seconds, takes the place of no other. */
const MAX_EXACT_S = 10;
/** Moments so near to each other are one, however exactly each is known: the two rules weigh seconds differently. */
const SAME_S = 2;

/**
 * Divergences that begin when this run alone tells that an endpoint got slow: both rules are of slots, and a moment that
 * both find is told as one.
 */
export function withMomentsOf(found: readonly Divergence[], slowdowns: readonly Slowdown[]): readonly Divergence[] {
  return found.map((one) => {
    const own = slowdowns.find(({ endpoint }) => endpoint.key === one.endpoint.key);
    if (own === undefined || own.exactS > MAX_EXACT_S || one.isFromStart) return one;
    const { fromS } = own.span;
    const apartS = Math.abs(fromS - one.span.fromS);
    const isSame = apartS <= Math.max(SAME_S, own.exactS, one.slotS) && fromS < one.span.toS;
    return isSame ? { ...one, span: { ...one.span, fromS } } : one;
  });
}

/** Which of two is to be told first: what costs more. */
export function byCost(a: Divergence, b: Divergence): number {
  return costOf(b.beforeMs, b.afterMs, b.span) - costOf(a.beforeMs, a.afterMs, a.span);
}
