/** What is shown, derived from the address and the run: ranges, steps, and what must be fetched for it. */

import type { Address } from "../model/address";
import { shifted, zeroOf } from "../model/comparison";
import { missingForEndpoints, missingForFigures } from "../model/figures";
import type { Missing } from "../model/pyramid";
import { commonSlotS, lengthS, type Range, stepFor } from "../model/range";
import type { Run } from "../model/run";
import { NOTHING } from "../model/selection";
import { failureStep, missingForFailures, missingForTimeline } from "../model/timeline";

/** At most this many points on a line: about one for each pixel and a half. */
const POINTS = 720;

/** What one drawing of the page is about. */
export interface Scope {
  /** The whole run. */
  whole: Range;
  /** What the reader chose, snapped; null for the whole run. */
  shown: Range | null;
  /** `shown`, or else the whole run. */
  range: Range;
  stepS: number;
  failureStepS: number;
  /** The same range of the other run, and where its steps start. */
  otherRange: Range | null;
  otherOriginS: number;
  /** Where zero stands on the axis of time; null for the clock. */
  zeroS: number | null;
}

/** The scope, or null before the run has its first second. */
export function scopeOf(run: Run, other: Run | null, address: Address): Scope | null {
  const whole = run.snapped(null);
  if (whole === null) return null;
  const { kind } = address.selection;
  const shown = address.range === null ? null : run.snapped(address.range, kind);
  const range = shown ?? whole;
  // Lines of everything stand behind those of a selection.
  const finestS = commonSlotS(run.finestStepS(range, "all"), run.finestStepS(range, kind));
  const stepS = stepFor(lengthS(range), POINTS, finestS);
  const alignment = address.alignment;
  return {
    whole,
    shown,
    range,
    stepS,
    failureStepS: failureStep(run, address.selection, range, stepS),
    otherRange: other === null ? null : shifted(range, run, other, alignment),
    otherOriginS: other === null ? 0 : zeroOf(other, alignment) - zeroOf(run, alignment),
    zeroS: other === null ? null : zeroOf(run, alignment),
  };
}

/** What must be fetched before each part of the page can be drawn. */
export interface Lacking {
  /** Charts and tiles. */
  charts: Missing[];
  /** Failures by kind, and the tables. */
  tables: Missing[];
}

/** What must be fetched of the run. */
export function missingOf(run: Run, address: Address, scope: Scope): Lacking {
  const { range, stepS } = scope;
  return {
    charts: [
      ...missingForTimeline(run, NOTHING, range, stepS),
      ...(address.selection.kind === "all" ? [] : missingForTimeline(run, address.selection, range, stepS)),
      ...missingForFigures(run, NOTHING, range),
      ...missingForFigures(run, address.selection, range),
    ],
    tables: [
      ...missingForFailures(run, address.selection, range, scope.failureStepS),
      ...missingForEndpoints(run, range),
    ],
  };
}

/** What must be fetched of the other run. */
export function missingOfOther(other: Run, address: Address, scope: Scope): Lacking {
  if (scope.otherRange === null) return { charts: [], tables: [] };
  const selection = address.selection.kind === "endpoint" ? address.selection : NOTHING;
  return {
    charts: [
      ...missingForTimeline(other, selection, scope.otherRange, scope.stepS, scope.otherOriginS),
      ...missingForFigures(other, selection, scope.otherRange),
      ...missingForFigures(other, NOTHING, scope.otherRange),
    ],
    tables: missingForEndpoints(other, scope.otherRange),
  };
}
