/** Says in one line whether a run is fine. Pure: figures in, words out. */

import {
  doubtInWords,
  mostSaturated,
  type SlowTrust,
  saturatedInWords,
  slowTrustInWords,
  standsInSpite,
  trustInWords,
} from "./doubt";
import type { EndpointFigures, Figures } from "./figures";
import { clock, formatCount, formatMs, formatPercent, plain, timesInBrief } from "./format";
import { type Missing, missingInWords } from "./missing";
import type { Range } from "./range";
import { reasonsInWords, type Trust } from "./seconds";
import type { Slowdown } from "./slowdown";
import type { WorkerSummary } from "./workers";

/** `waiting` before the first request; the others from best to worst. */
export type Level = "waiting" | "healthy" | "degrading" | "failing" | "untrusted";

/** One thing that was found. */
export interface Finding {
  level: Level;
  text: string;
  /** The endpoint or worker that it is about, and since when: a click focuses it. */
  about: { kind: "endpoint" | "worker"; key: string } | null;
  span: Range | null;
}

/** The verdict: the one line is its own text. */
export interface Verdict extends Finding {
  /** What was found besides, of the same weight: doubt about the load generator hides no endpoint that got slow. */
  beside: Finding[];
  /** What else is to be known: sentences of lesser weight. */
  also: string[];
}

/** What the verdict is made from. */
export interface Evidence {
  isLive: boolean;
  total: Figures;
  /** Of the last half minute of a live run; the same as `total` otherwise. */
  recent: Figures;
  endpoints: readonly EndpointFigures[];
  /** By saturation, as all that is said of suspect seconds here. */
  trust: Trust;
  recentTrust: Trust;
  /** When workers were missing in the range, the earliest first. */
  missing: readonly Missing[];
  /** The end of the range. */
  endS: number;
  /** Seconds in which any worker was. */
  missingSeconds: number;
  workers: readonly WorkerSummary[];
  /** Bits of the reasons of all suspect seconds. */
  reasons: number;
  /** The longest hub lag among them. */
  hubLagMaxMs: number | null;
  /** The first suspect second. */
  firstSuspectS: number | null;
  /** Since when seconds are suspect, if they are at the end of the range. */
  suspectSinceS: number | null;
  /** Whether all suspect seconds are in the ramp-up, and the range has more than that. */
  isRampUpOnly: boolean;
  /** Null while nobody has looked. */
  slowdowns: readonly Slowdown[] | null;
  /** How far the first slowdown is trusted. */
  slowTrust: SlowTrust | null;
}

/** From this share of failures on, a run fails. */
export const FAILING_SHARE = 0.01;
/** From this share of suspect seconds on, a run is not to be trusted. */
export const SUSPECT_SHARE = 0.1;

const QUANTILE_NAMES: [number, string][] = [
  [0.99, "p99"],
  [0.95, "p95"],
  [0.5, "p50"],
];

/** A quantile's name. */
export function quantileName(q: number): string {
  return QUANTILE_NAMES.find(([value]) => value === q)?.[1] ?? `p${q * 100}`;
}

function slowdownInWords(slowdown: Slowdown): string {
  const { q, endpoint, usualMs, slowMs, span, isOngoing } = slowdown;
  const when = isOngoing ? `since ${clock(span.fromS)}` : `from ${clock(span.fromS)} to ${clock(span.toS)}`;
  const values = `${plain(formatMs(usualMs))} → ${plain(formatMs(slowMs))}`;
  const times = timesInBrief(slowMs / Math.max(usualMs, 0.001));
  return `${quantileName(q)} of ${endpoint.key} rose ${times} ${when} (${values})`;
}

function failureInWords(figures: Figures, endpoints: readonly EndpointFigures[]): string {
  let most: { kind: string; key: string; requests: number } | null = null;
  for (const { endpoint, failing } of endpoints)
    for (const { series, requests } of failing)
      if (most === null || requests > most.requests)
        most = { kind: series.failureKind ?? "", key: endpoint.key, requests };
  const share = `${plain(formatPercent(figures.failureShare ?? 0))} errors`;
  return most === null ? share : `${share}, mostly ${most.kind} from ${most.key}`;
}

/** So many times that workers were missing are told one by one. */
const MISSING_TOLD = 3;

/** Whether its users still made no load at the end. Nobody is missed once the run is stopped, which may take a while. */
function isToTheEnd({ isForGood, isTakenOver, toS }: Missing, endS: number): boolean {
  return isForGood && (!isTakenOver || toS >= endS - 1);
}

/** What is to be known of missing workers: those first whose users nobody had, then those that never came back. */
function missingSentences({ missing, endS }: Evidence): { text: string; sourceId: string | null }[] {
  const weight = (each: Missing) => Number(each.isForGood) + Number(isToTheEnd(each, endS));
  const inOrder = missing.toSorted((a, b) => weight(b) - weight(a));
  const told = inOrder.slice(0, MISSING_TOLD);
  const more = inOrder.length - told.length;
  const sentences = told.map((each) => ({
    text: missingInWords(each, clock),
    sourceId: each.sourceId as string | null,
  }));
  if (more > 0)
    sentences.push({ text: `workers were missing ${more} more time${more > 1 ? "s" : ""}`, sourceId: null });
  return sentences;
}

/** Said once: what else speaks against the figures stands beside it. */
const DONT_TRUST_THIS = "Don’t trust this: ";

/** The verdict on what the evidence shows. */
export function verdictOf(evidence: Evidence): Verdict {
  const { total, recent, endpoints, trust, recentTrust, slowdowns, isLive } = evidence;
  const verdict: Verdict = { level: "healthy", text: "", beside: [], also: [], about: null, span: null };
  if (total.requests === 0) {
    return {
      ...verdict,
      level: "waiting",
      text: isLive ? "Waiting for the first request" : "No requests in this range",
    };
  }
  const suspectNow = isLive && recentTrust.seconds > 0 && recentTrust.suspectSeconds / recentTrust.seconds >= 0.3;
  const suspectShare = trust.seconds > 0 ? trust.suspectSeconds / trust.seconds : 0;
  const isUntrusted = suspectNow || suspectShare >= SUSPECT_SHARE;
  const failing = isLive ? recent : total;
  const isFailing = (failing.failureShare ?? 0) >= FAILING_SHARE;
  const [first, ...others] = slowdowns ?? [];
  const isSlow = first !== undefined && (first.isOngoing || !isLive);
  const isUntrustedFirst = isUntrusted && !evidence.isRampUpOnly;
  const [lost, ...alsoLost] = missingSentences(evidence);
  const isMostlyWhole = trust.seconds > 0 && evidence.missingSeconds / trust.seconds < SUSPECT_SHARE;
  const isLossFirst =
    lost !== undefined && (!isMostlyWhole || evidence.missing.some((each) => isToTheEnd(each, evidence.endS)));
  // Who was lost shortly before the end says nothing against what was before.
  const lossLead = isMostlyWhole && !isLive ? "Don’t trust the end: " : DONT_TRUST_THIS;
  const { slowTrust } = evidence;
  const isStanding = isSlow && !suspectNow && !isLossFirst && slowTrust !== null && standsInSpite(slowTrust);
  // The reader asks what got slow: the doubt comes first only where it takes that answer away, or touches another.
  const isDoubtFirst = isUntrustedFirst && (!isStanding || isFailing);
  const isDoubted = isDoubtFirst || (!isStanding && (slowTrust?.own.suspectSeconds ?? 0) > 0);
  const saturated = mostSaturated(evidence);
  const aboutSaturated = saturated.worker && ({ kind: "worker", key: saturated.worker.sourceId } as const);
  const findings: Finding[] = [];
  if (isLossFirst) {
    const about = lost.sourceId === null ? null : ({ kind: "worker", key: lost.sourceId } as const);
    findings.push({ level: "untrusted", text: lossLead + lost.text, about, span: null });
  } else if (lost !== undefined) alsoLost.unshift(lost);
  if (isDoubtFirst) {
    const lead = isLossFirst && lossLead === DONT_TRUST_THIS ? "" : DONT_TRUST_THIS;
    const text = lead + doubtInWords(evidence, saturated);
    findings.push({ level: "untrusted", text, about: aboutSaturated, span: null });
  }
  if (isFailing) {
    const text = `Failing: ${failureInWords(failing, endpoints)}`;
    findings.push({ level: "failing", text, about: null, span: null });
  }
  if (isSlow) {
    const word = isLive && first.isOngoing ? "Degrading" : "Degraded";
    const about = { kind: "endpoint", key: first.endpoint.key } as const;
    const text = `${word}: ${slowdownInWords(first)}${slowTrust !== null && isDoubted ? slowTrustInWords(slowTrust, isLive) : ""}`;
    findings.push({ level: "degrading", text, about, span: first.span });
  }
  if (isStanding && !isDoubtFirst)
    findings.push({ level: "healthy", text: trustInWords(slowTrust, evidence), about: null, span: null });
  const [main, ...rest] = findings;
  if (main === undefined) {
    const requests = `${formatCount(total.requests)} requests`;
    const failures = total.failures === 0 ? "none failed" : `${plain(formatPercent(total.failureShare ?? 0))} failed`;
    const slower = slowdowns === null ? "looking for endpoints that got slower" : "no endpoint got slower";
    Object.assign(verdict, { text: `Healthy: ${requests}, ${failures}, ${slower}` });
  } else {
    Object.assign(verdict, main);
  }
  if (isUntrustedFirst && !isDoubtFirst) verdict.also.push(saturatedInWords(saturated));
  // What came before the load stood says nothing against the rest.
  if (isUntrusted && !isUntrustedFirst)
    verdict.also.push(`Don’t trust the start: ${doubtInWords(evidence, saturated)}, during ramp-up only`);
  verdict.beside = rest;
  verdict.also.push(...alsoLost.map(({ text }) => text));
  if (others.length > 0 && isSlow) {
    verdict.also.push(`${others.length} more endpoint${others.length > 1 ? "s" : ""} got slower`);
  }
  if (first !== undefined && !isSlow) verdict.also.push(`Earlier: ${slowdownInWords(first)}`);
  if (!isUntrusted && trust.suspectSeconds > 0) {
    const when = evidence.isRampUpOnly ? ", during ramp-up only" : "";
    const suspect = `${trust.suspectSeconds} of ${trust.seconds} s suspect (${reasonsInWords(evidence.reasons)})`;
    verdict.also.push(`${suspect}${when}`);
  }
  return verdict;
}
