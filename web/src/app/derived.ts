/** What the views show of a run, worked out once: the same input gives the same object, until the run has more. */

import { shiftsOf } from "../model/comparison";
import { doubtIn, suspectSpans, trustParts } from "../model/evidence";
import { type ErrorLine, errorLines, type OtherErrors } from "../model/failing";
import { type EndpointFigures, endpointFigures, type Figures, selectionFigures } from "../model/figures";
import { clock, formatMs, plain } from "../model/format";
import { type Happening, lossOf } from "../model/happening";
import { lossInBrief } from "../model/missing";
import { laidUpon } from "../model/overlay";
import type { Range } from "../model/range";
import type { Run } from "../model/run";
import { reasonsInWords, SATURATED, stagesOf, trustOf } from "../model/seconds";
import type { Selection } from "../model/selection";
import { type FailureKinds, failureKinds, type Timeline, timeline } from "../model/timeline";
import type { Backdrop } from "../view/chart";
import { inPortions, pause } from "./portions";
import type { Scope } from "./state";

/** So many results are kept of a run: those of the ranges and selections that a reader goes back and forth between. */
const KEPT = 64;
/** Parts of the strip of confidence at most: more would be thinner than a pixel is on a phone. */
const TRUST_PARTS = 120;

interface Kept {
  revision: number;
  /** By what was asked for; what was used last stands last. */
  results: Map<string, unknown>;
}

/** See the head of this file. */
export class Derived {
  private readonly kept = new WeakMap<Run, Kept>();

  timeline(run: Run, selection: Selection, range: Range, stepS: number, originS = 0, hasHeat = false): Timeline {
    return this.once(run, ["timeline", selection, range, stepS, originS, hasHeat], () =>
      timeline(run, selection, range, stepS, originS, hasHeat),
    );
  }

  /** One quantile by longer steps, on a chart's own times: a value in the middle of each step. */
  line(run: Run, selection: Selection, range: Range, stepS: number, originS: number, place: number, shown: Timeline) {
    return this.once(run, ["line", selection, range, stepS, originS, place, shown.startS[0], shown.stepS], () => {
      const { startS, quantilesMs } = timeline(run, selection, range, stepS, originS);
      const middle = Math.floor((stepS / shown.stepS - 1) / 2) * shown.stepS;
      const values = new Map(startS.map((start, at) => [start - originS + middle, quantilesMs[place]?.[at] ?? null]));
      return shown.startS.map((start) => values.get(start) ?? null);
    });
  }

  figures(run: Run, selection: Selection, range: Range): Figures {
    return this.once(run, ["figures", selection, range], () => selectionFigures(run, selection, range));
  }

  failures(run: Run, selection: Selection, { range, failureStepS }: Scope): FailureKinds {
    return this.once(run, ["failures", selection, range, failureStepS], () =>
      failureKinds(run, selection, range, failureStepS),
    );
  }

  workers(run: Run, range: Range) {
    return this.once(run, ["workers", range], () => {
      const told = run.workers.told(range);
      return run.workers.summarise(told, run.nsIn(told));
    });
  }

  trust(run: Run, range: Range) {
    return this.once(run, ["trust", range], () => trustOf(run.seconds, range));
  }

  doubt(run: Run, range: Range) {
    return this.once(run, ["doubt", range], () => doubtIn(run, range));
  }

  trustParts(run: Run, range: Range) {
    return this.once(run, ["trust parts", range], () => trustParts(run, range, TRUST_PARTS));
  }

  stages(run: Run) {
    return this.once(run, ["stages"], () => stagesOf(run.seconds));
  }

  /** When workers were missing. */
  missing(run: Run) {
    return this.once(run, ["missing"], () => run.missingWorkers());
  }

  /** What happened, the loss of workers too. */
  happenings(run: Run): readonly Happening[] {
    return this.once(run, ["happenings"], () =>
      [...run.happenings, ...this.missing(run).map(lossOf)].sort((a, b) => a.timeS - b.timeS),
    );
  }

  backdrop(run: Run, { range, zeroS }: Scope): Backdrop {
    return this.once(run, ["backdrop", range, zeroS], () => {
      const suspect = suspectSpans(run, range, (second) => doubtInWords(run, second));
      const missing = this.missing(run).map((each) => ({
        fromS: each.fromS,
        toS: each.toS,
        text: each.isForGood ? lossInBrief(each, clock) : `${each.sourceId} is missing`,
      }));
      return { range, happenings: this.happenings(run), suspect, missing, zeroS };
    });
  }

  /** Figures of all endpoints, if they are known. */
  endpoints(run: Run, range: Range): readonly EndpointFigures[] | null {
    return (this.resultsOf(run).get(keyOfEndpoints(range)) as EndpointFigures[] | undefined) ?? null;
  }

  /** The same, worked out in portions if they are not; null as soon as nobody wants them any more. */
  async findEndpoints(run: Run, range: Range, isWanted: () => boolean): Promise<readonly EndpointFigures[] | null> {
    const known = this.endpoints(run, range);
    if (known !== null) return known;
    const { revision } = run;
    const rows = await inPortions(endpointFigures(run, range), pause, isWanted);
    if (rows !== null && run.revision === revision) this.keep(run, keyOfEndpoints(range), rows);
    return rows;
  }

  /** The other run's lines, laid upon this run's time. */
  otherTimeline(run: Run, selection: Selection, scope: Scope, shown: Timeline): Timeline | null {
    const { otherRange, otherOriginS, stepS } = scope;
    if (otherRange === null) return null;
    return this.once(run, ["other", selection, otherRange, otherOriginS, stepS, shown.startS[0]], () =>
      laidUpon(timeline(run, selection, otherRange, stepS, otherOriginS), otherOriginS, shown.startS),
    );
  }

  /** How the endpoints of this run in a range relate to `before`. */
  shifts(run: Run, range: Range, rows: readonly EndpointFigures[], before: readonly EndpointFigures[]) {
    return this.onceOf(run, ["shifts", range], [rows, before], () => shiftsOf(rows, before));
  }

  /** In which ways endpoints failed in a range, also in that of the other run. */
  errorLines(run: Run, { range, failureStepS }: Scope, rows: readonly EndpointFigures[], other: OtherErrors | null) {
    return this.onceOf(run, ["errors", range], [rows, failureStepS, other?.run, other?.endpoints], (): ErrorLine[] =>
      errorLines(run, range, rows, failureStepS, other),
    );
  }

  /** {@link once}, as long as it is made of the very same `parts`. */
  private onceOf<T>(run: Run, asked: readonly unknown[], parts: readonly unknown[], make: () => T): T {
    const key = JSON.stringify(asked);
    const last = this.resultsOf(run).get(key) as { parts: readonly unknown[]; result: T } | undefined;
    if (last?.parts.every((part, place) => part === parts[place])) return last.result;
    const result = make();
    this.keep(run, key, { parts, result });
    return result;
  }

  private once<T>(run: Run, asked: readonly unknown[], make: () => T): T {
    const key = JSON.stringify(asked);
    const results = this.resultsOf(run);
    const result = results.has(key) ? (results.get(key) as T) : make();
    this.keep(run, key, result);
    return result;
  }

  private keep(run: Run, key: string, result: unknown): void {
    const results = this.resultsOf(run);
    results.delete(key);
    results.set(key, result);
    for (const oldest of results.keys()) {
      if (results.size <= KEPT) return;
      results.delete(oldest);
    }
  }

  private resultsOf(run: Run): Map<string, unknown> {
    let kept = this.kept.get(run);
    if (kept === undefined || kept.revision !== run.revision) {
      kept = { revision: run.revision, results: new Map() };
      this.kept.set(run, kept);
    }
    return kept.results;
  }
}

function keyOfEndpoints(range: Range): string {
  return JSON.stringify(["endpoints", range]);
}

/** Why a second is suspect: of each worker, or of the run where it has none. */
function doubtInWords(run: Run, second: number): string {
  const workers = run.workers.suspectAt(second).filter(({ row }) => row.reasons & SATURATED);
  if (workers.length === 0) return `suspect: ${reasonsInWords((run.seconds.at(second)?.reasons ?? 0) & SATURATED)}`;
  return workers
    .slice(0, 3)
    .map(({ sourceId, row }) => {
      const isLag = (row.reasons & 1) !== 0 && row.hub_lag_ms !== null;
      return `${sourceId}: ${isLag ? `hub lag ${plain(formatMs(row.hub_lag_ms))}` : reasonsInWords(row.reasons & SATURATED)}`;
    })
    .join("; ");
}
