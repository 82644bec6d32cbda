/** The line of the endpoint that got slow, on the chart of all endpoints; and that of the other run. */

import { clock } from "../model/format";
import type { Missing } from "../model/pyramid";
import type { Range } from "../model/range";
import type { Run } from "../model/run";
import type { Selection } from "../model/selection";
import { missingForTimeline, QUANTILES, type Timeline } from "../model/timeline";
import { quantileName } from "../model/verdict";
import type { SlowMark } from "../view/slow_mark";
import type { Derived } from "./derived";
import type { Marked } from "./moments";
import type { Scope } from "./state";

/** What must be fetched for the line. */
export function missingForSlow(run: Run, marked: Marked, scope: Scope): Missing[] {
  return missingForTimeline(run, alone(marked), scope.range, stepOf(marked, scope));
}

/** The mark on a chart of `shown`; with its lines if the chart shows all endpoints and everything for them is there. */
export function slowMarkOf(
  { run, other }: { run: Run; other: Run | null },
  derived: Derived,
  marked: Marked,
  scope: Scope,
  shown: Timeline | null,
): SlowMark {
  const { key, q, fromS, toS } = marked;
  const than = thanOf(marked);
  const mark = { name: `${quantileName(q)} of ${key}`, than, fromS, toS, line: null, otherLine: null };
  if (shown === null) return mark;
  const of = (lined: Run, range: Range, originS: number) =>
    lineOf(lined, derived, marked, { range, originS, stepS: stepOf(marked, scope) }, shown);
  const { range, otherRange, otherOriginS } = scope;
  const otherLine = other === null || otherRange === null ? null : of(other, otherRange, otherOriginS);
  return { ...mark, line: of(run, range, 0), otherLine };
}

/** Which quantile got slow since when, where it is clear of which endpoint. */
export function slowInWords(marked: Marked): string {
  return `${quantileName(marked.q)} ${thanOf(marked)} from ${clock(marked.fromS)}`;
}

function thanOf({ isAgainstOther }: Marked): string {
  return isAgainstOther ? "slower than the other run" : "slow";
}

/** No shorter than the slots in which the quantile was found: fewer requests do not tell it. */
function stepOf({ slotS }: Marked, { stepS }: Scope): number {
  return Math.max(1, Math.ceil(slotS / stepS)) * stepS;
}

/** A value in the middle of each step, at the times of `shown`; null if not everything is known. */
function lineOf(
  run: Run,
  derived: Derived,
  marked: Marked,
  { range, originS, stepS }: { range: Range; originS: number; stepS: number },
  shown: Timeline,
): (number | null)[] | null {
  const selection = alone(marked);
  const place = (QUANTILES as readonly number[]).indexOf(marked.q);
  if (place < 0 || stepS % run.finestStepS(range, "endpoint") !== 0) return null;
  if (missingForTimeline(run, selection, range, stepS, originS).length > 0) return null;
  return derived.line(run, selection, range, stepS, originS, place, shown);
}

/** The selection of what is marked, and nothing else. */
function alone({ key }: Marked): Selection {
  return { kind: "endpoint", keys: [key] };
}
