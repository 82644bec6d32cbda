/**
 * How long a run was on, and in a range of its seconds: what every rate is over. The rule is that of
 * `crates/core/src/span.rs`; both are held to `crates/core/tests/golden/lengths.json`.
 */

import type { Range } from "./range";
import type { SpanRow } from "./wire";

/** A moment: its Unix second, and the nanoseconds after its begin. Together they are too long for a number. */
export type Moment = readonly [second: number, ns: number];

/** When a run was on. */
export interface RunSpan {
  started: Moment;
  ended: Moment;
}

const NS_PER_S = 1e9;

/** The span of a run with these `recorded` seconds: where its start or its end is not known, it is theirs. */
export function spanOf(row: SpanRow | null | undefined, recorded: Range): RunSpan {
  return { started: row?.started ?? [recorded.fromS, 0], ended: row?.ended ?? [recorded.toS, 0] };
}

function later(a: Moment, b: Moment): Moment {
  return nsBetween(a, b) > 0 ? b : a;
}

function earlier(a: Moment, b: Moment): Moment {
  return nsBetween(a, b) > 0 ? a : b;
}

/** From one moment to another, in nanoseconds; 0 if the other comes first. */
export function nsBetween(from: Moment, to: Moment): number {
  return Math.max(0, (to[0] - from[0]) * NS_PER_S + (to[1] - from[1]));
}

/**
 * How long the run was on in some of its `recorded` seconds, in nanoseconds. Where they begin with the first or end with
 * the last of these, they reach as far as the run does.
 */
export function nsWithin({ started, ended }: RunSpan, seconds: Range, recorded: Range): number {
  if (seconds.fromS >= seconds.toS) return 0;
  const from = seconds.fromS <= recorded.fromS ? started : later([seconds.fromS, 0], started);
  const to = seconds.toS >= recorded.toS ? ended : earlier([seconds.toS, 0], ended);
  return nsBetween(from, to);
}

/** How long the run was on in a slot, in nanoseconds. */
export function nsWithinSlot({ started, ended }: RunSpan, slot: Range): number {
  return nsBetween(later([slot.fromS, 0], started), earlier([slot.toS, 0], ended));
}

/** Whether a rate of a slot says anything of the run: with less than half of the slot it would look like a rise or a fall. */
export function fills(span: RunSpan, slot: Range): boolean {
  const had = nsWithinSlot(span, slot);
  return had > 0 && had >= (slot.toS - slot.fromS) * NS_PER_S - had;
}

/** In seconds. */
export function secondsOf(ns: number): number {
  return ns / NS_PER_S;
}

/** How often a second something happened; null over no time at all. */
export function rateOf(count: number, ns: number): number | null {
  return ns > 0 ? count / secondsOf(ns) : null;
}
