/** The line of the endpoint that got slow, on the chart of all endpoints. */

import type { Missing } from "../model/pyramid";
import type { Run } from "../model/run";
import type { Selection } from "../model/selection";
import { missingForTimeline, QUANTILES } from "../model/timeline";
import { quantileName } from "../model/verdict";
import type { SlowMark } from "../view/slow_mark";
import type { Derived } from "./derived";
import type { Marked } from "./moments";
import type { Scope } from "./state";

/** What must be fetched for the line. */
export function missingForSlow(run: Run, marked: Marked, { range, stepS }: Scope): Missing[] {
  return missingForTimeline(run, alone(marked), range, stepS);
}

/** The mark; with its line if the chart shows all endpoints and everything for it is there. */
export function slowMarkOf(run: Run, derived: Derived, marked: Marked, scope: Scope, isOfAll: boolean): SlowMark {
  const { key, q, fromS, toS, isAgainstOther } = marked;
  const { range, stepS } = scope;
  const isKnown =
    isOfAll && stepS % run.finestStepS(range, "endpoint") === 0 && missingForSlow(run, marked, scope).length === 0;
  const place = (QUANTILES as readonly number[]).indexOf(q);
  const line = isKnown ? (derived.timeline(run, alone(marked), range, stepS).quantilesMs[place] ?? null) : null;
  const than = isAgainstOther ? "slower than the other run" : "slow";
  return { name: `${quantileName(q)} of ${key}`, than, fromS, toS, line };
}

/** The selection of what is marked, and nothing else. */
function alone({ key }: Marked): Selection {
  return { kind: "endpoint", keys: [key] };
}
