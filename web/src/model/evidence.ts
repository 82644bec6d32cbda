/** Gathers from a run what the verdict is made from. */

import type { SlowTrust } from "./doubt";
import { type EndpointFigures, type Figures, selectionFigures } from "./figures";
import type { Missing } from "./missing";
import type { Range } from "./range";
import type { Run } from "./run";
import { SATURATED, trustOf, WORKER_MISSING } from "./seconds";
import { NOTHING } from "./selection";
import type { Slowdown } from "./slowdown";
import { type TrustPart, TrustStrip } from "./trusted";
import type { Evidence } from "./verdict";
import type { WorkerSummary } from "./workers";

/** What "now" means for the verdict on a live run. */
const RECENT_S = 30;
/** And for the figures beside those of the whole run. */
export const LAST_S = 10;
/** A pause of trust this short does not end a suspect phase. */
const PAUSE_S = 5;

/** Suspect seconds of a range: why, how bad, when. */
export interface Doubt {
  reasons: number;
  hubLagMaxMs: number | null;
  /** The first and the last of them; null if there is none. */
  firstS: number | null;
  lastS: number | null;
  /** The start of the suspect phase at the end of the range; null if its end is trusted. */
  sinceS: number | null;
}

/** The suspect seconds of a range; for all reasons, or only for some. */
export function doubtIn(run: Run, range: Range, only = SATURATED | WORKER_MISSING): Doubt {
  const doubt: Doubt = { reasons: 0, hubLagMaxMs: null, firstS: null, lastS: null, sinceS: null };
  let lastS = Number.NEGATIVE_INFINITY;
  for (const [second, row] of run.seconds.within(range)) {
    lastS = second;
    if ((row.reasons & only) === 0) continue;
    doubt.reasons |= row.reasons & only;
    if (row.hubLagMs !== null) doubt.hubLagMaxMs = Math.max(doubt.hubLagMaxMs ?? 0, row.hubLagMs);
    if (doubt.lastS === null || second - doubt.lastS - 1 > PAUSE_S) doubt.sinceS = second;
    doubt.firstS ??= second;
    doubt.lastS = second;
  }
  if (doubt.lastS !== null && lastS - doubt.lastS > PAUSE_S) doubt.sinceS = null;
  return doubt;
}

/** The seconds of a range by trust, in at most `most` parts. */
export function trustParts(run: Run, range: Range, most: number): readonly TrustPart[] {
  const strip = new TrustStrip(range, most);
  for (const [second, row] of run.seconds.within(range)) strip.add(second, row.reasons);
  return strip.parts;
}

/** The end of a live run's range: what "now" is. */
export function recentRange(range: Range, lengthS = RECENT_S): Range {
  return { fromS: Math.max(range.fromS, range.toS - lengthS), toS: range.toS };
}

/** What has been worked out for other parts of the page already. */
export interface Known {
  isLive: boolean;
  total: Figures;
  endpoints: readonly EndpointFigures[];
  workers: readonly WorkerSummary[];
  /** Of the whole run. */
  missing: readonly Missing[];
  slowdowns: readonly Slowdown[] | null;
  /** Where slowdowns were looked for: without the ramp-up, unless the reader chose a range. */
  looked: Range;
}

/** The evidence in a range. */
export function evidenceIn(run: Run, range: Range, known: Known): Evidence {
  const slow = known.slowdowns?.[0];
  const recent = known.isLive ? recentRange(range) : range;
  const doubt = doubtIn(run, range, SATURATED);
  return {
    ...known,
    missing: known.missing.filter(({ fromS, toS }) => fromS < range.toS && toS > range.fromS),
    endS: range.toS,
    missingSeconds: trustOf(run.seconds, range, WORKER_MISSING).suspectSeconds,
    recent: known.isLive ? selectionFigures(run, NOTHING, recent) : known.total,
    trust: trustOf(run.seconds, range, SATURATED),
    recentTrust: trustOf(run.seconds, recent, SATURATED),
    slowTrust: slow === undefined ? null : slowTrustOf(run, slow, known.looked),
    reasons: doubt.reasons,
    hubLagMaxMs: doubt.hubLagMaxMs,
    firstSuspectS: doubt.firstS,
    suspectSinceS: doubt.sinceS,
    isRampUpOnly: isRampUpOnly(run, range, doubt),
  };
}

/** Until when something was slow: what goes on is looked at less often than it goes on. */
export function slowUntil({ span, isOngoing }: Slowdown, looked: Range): number {
  return isOngoing ? Math.max(span.toS, looked.toS) : span.toS;
}

/** How far a slowdown's seconds are trusted, and those that it is measured by; for whatever reason they are not. */
function slowTrustOf(run: Run, slow: Slowdown, looked: Range): SlowTrust {
  const fromS = Math.max(slow.span.fromS, looked.fromS);
  const toS = Math.max(fromS, Math.min(slowUntil(slow, looked), looked.toS));
  const [own, all] = [trustOf(run.seconds, { fromS, toS }), trustOf(run.seconds, looked)];
  const usual = { seconds: all.seconds - own.seconds, suspectSeconds: all.suspectSeconds - own.suspectSeconds };
  return { own, usual };
}

/** Whether all that is suspect is in the ramp-up, and the range has more than that. */
function isRampUpOnly({ steadyFromS }: Run, range: Range, { lastS }: Doubt): boolean {
  return lastS !== null && steadyFromS !== null && lastS < steadyFromS && steadyFromS < range.toS;
}

/**
 * Spans of a range in which the generator was saturated, with their reasons, for shading: seconds that touch are one
 * span. Where a worker is missing is drawn apart.
 */
export function suspectSpans(
  run: Run,
  range: Range,
  inWords: (second: number) => string,
): (Range & { reason: string })[] {
  const spans: (Range & { reason: string })[] = [];
  for (const [second, row] of run.seconds.within(range)) {
    if ((row.reasons & SATURATED) === 0) continue;
    const last = spans[spans.length - 1];
    const reason = inWords(second);
    if (last !== undefined && last.toS === second && last.reason === reason) last.toS = second + 1;
    else spans.push({ fromS: second, toS: second + 1, reason });
  }
  return spans;
}
