/** How far the figures are to be trusted, in words. */

import { clock, formatCount, formatMs, plain } from "./format";
import { reasonsInWords, SATURATED, type Trust } from "./seconds";
import type { Evidence } from "./verdict";
import type { WorkerSummary } from "./workers";

/** A slowdown stands in spite of a doubt about the run if no more of its own seconds are suspect, */
const SLOW_SUSPECT_SHARE = 0.25;
/** and no more of the others, which it is measured by. */
const USUAL_SUSPECT_SHARE = 0.5;

/** Who in the load generator could not keep up the most, and why. */
export interface Saturated {
  /** Null if the run is of one process. */
  worker: WorkerSummary | null;
  why: string;
  /** How many workers could not. */
  count: number;
}

/** How far a slowdown is to be trusted. */
export interface SlowTrust {
  /** Its own seconds, */
  own: Trust;
  /** and those that it is measured by. */
  usual: Trust;
}

/** Of one worker, or of the run as a whole. */
interface Suspect {
  seconds: number;
  suspectSeconds: number;
  firstSuspectS: number | null;
  suspectSinceS: number | null;
}

function saturatedSeconds(worker: WorkerSummary | null): number {
  return worker === null ? 0 : worker.suspectSeconds - worker.missingSeconds;
}

/** The worker that was saturated for the most seconds. */
export function mostSaturated({ workers, reasons, hubLagMaxMs }: Evidence): Saturated {
  const worker = workers.reduce<WorkerSummary | null>(
    (found, each) => (saturatedSeconds(each) > saturatedSeconds(found) ? each : found),
    null,
  );
  const own = (worker?.reasons ?? reasons) & SATURATED;
  const lagMs = worker === null ? hubLagMaxMs : worker.hubLagMaxMs;
  const why = own & 1 && lagMs !== null ? `hub lag ${plain(formatMs(lagMs))}` : reasonsInWords(own);
  const count = workers.filter((each) => saturatedSeconds(each) > 0).length;
  return { worker, why, count };
}

/** When it was suspect: "since" is said only of what goes on. */
function timeInWords({ seconds, suspectSeconds, firstSuspectS, suspectSinceS }: Suspect, isLive: boolean): string {
  if (isLive && suspectSinceS !== null) return `since ${clock(suspectSinceS)}`;
  const length = `for ${formatCount(suspectSeconds)} of ${formatCount(seconds)} s`;
  return firstSuspectS === null ? length : `${length}, ${suspectSeconds > 1 ? "first " : ""}at ${clock(firstSuspectS)}`;
}

/** Who was saturated, why and when. */
export function doubtInWords(evidence: Evidence, { worker, why, count }: Saturated): string {
  const { trust, isLive, isRampUpOnly } = evidence;
  const suspect = worker === null ? trust : { seconds: worker.seconds, suspectSeconds: saturatedSeconds(worker) };
  const when = timeInWords({ ...(worker ?? evidence), ...suspect }, isLive && !isRampUpOnly);
  return whoInWords({ worker, why, count }, when);
}

/** Who was saturated, and why, where it is told elsewhere when. */
export function saturatedInWords(saturated: Saturated): string {
  return whoInWords(saturated, "at times");
}

function whoInWords({ worker, why, count }: Saturated, when: string): string {
  const more = count > 1 ? `, and ${count - 1} more worker${count > 2 ? "s" : ""}` : "";
  return `${worker?.sourceId ?? "the load generator"} saturated (${why}) ${when}${more}`;
}

/** Whether the doubt about the run touches its slowdown, after what that is. No length is told of what goes on. */
export function slowTrustInWords({ own: { seconds, suspectSeconds } }: SlowTrust, isLive: boolean): string {
  if (suspectSeconds === 0) return ", all of it trusted";
  if (isLive) return `, ${formatCount(suspectSeconds)} s of it suspect`;
  return `, ${formatCount(seconds - suspectSeconds)} of these ${formatCount(seconds)} s trusted`;
}

/** Whether a slowdown stands in spite of suspect seconds: most of its own are not, nor of those it is measured by. */
export function standsInSpite({ own, usual }: SlowTrust): boolean {
  const isSuspectUpTo = (trust: Trust, share: number) => trust.suspectSeconds <= share * trust.seconds;
  return own.seconds > 0 && isSuspectUpTo(own, SLOW_SUSPECT_SHARE) && isSuspectUpTo(usual, USUAL_SUSPECT_SHARE);
}

/** Why a slowdown that stands may be trusted. No length is told of what goes on. */
export function trustInWords({ own }: SlowTrust, { trust, missingSeconds, isLive }: Evidence): string {
  const { seconds, suspectSeconds } = own;
  if (trust.suspectSeconds + missingSeconds === 0) return "Trust this: no second is suspect";
  if (suspectSeconds === 0) return "Trust this: none of its seconds is suspect";
  const are = suspectSeconds === 1 ? "is" : "are";
  const few = formatCount(suspectSeconds);
  return `Trust this: only ${isLive ? `${few} s of it` : `${few} of its ${formatCount(seconds)} s`} ${are} suspect`;
}
