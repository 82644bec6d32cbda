/** Which endpoint got slow when, as all of the page tells it: what was found in this run, and against the other. */

import { type Divergence, withMomentsOf } from "../model/divergence";
import type { Selection } from "../model/selection";
import type { Slowdown } from "../model/slowdown";
import type { Since } from "../view/endpoints";
import type { SlowMark } from "../view/slow_mark";
import { whenInWords } from "./comparing";

/** See the head of this file. What it answers is the same object until something else is found. */
export class Moments {
  private found: readonly Divergence[] | null = null;
  private told: readonly Divergence[] | null = null;
  private since: { of: readonly Divergence[] | null; zeroS: number; map: ReadonlyMap<string, Since> } | null = null;
  private slowdowns: readonly Slowdown[] | null = null;

  /** Against the other run; null while it is not known or there is none. */
  get divergences(): readonly Divergence[] | null {
    return this.told;
  }

  /** Takes what was found against the other run. */
  setDivergences(found: readonly Divergence[] | null): void {
    if (found === this.found) return;
    this.found = found;
    this.tell();
  }

  /** Takes what was found in this run; answers whether that changes {@link divergences}. */
  setSlowdowns(slowdowns: readonly Slowdown[] | null): boolean {
    if (slowdowns === this.slowdowns) return false;
    this.slowdowns = slowdowns;
    this.tell();
    return this.told !== null;
  }

  /** Since when endpoints are slower than in the other run, by key. `zeroS` is where both are laid upon each other. */
  slowerSince(zeroS: number | null): ReadonlyMap<string, Since> | null {
    const { told } = this;
    if (told === null || zeroS === null) return null;
    if (this.since?.of !== told || this.since.zeroS !== zeroS) {
      const entries = told.map((one): [string, Since] => [
        one.endpoint.key,
        { fromS: one.span.fromS, inWords: whenInWords(one, zeroS) },
      ]);
      this.since = { of: told, zeroS, map: new Map(entries) };
    }
    return this.since.map;
  }

  /** What to mark on a chart of this selection: the endpoint that the page names first, unless something else is drawn. */
  marked({ kind, keys }: Selection): SlowMark | null {
    const named = this.slowdowns?.[0] ?? this.told?.find(({ isFromStart }) => !isFromStart);
    const isDrawn = kind === "all" || (kind === "endpoint" && named !== undefined && keys.includes(named.endpoint.key));
    if (named === undefined || !isDrawn) return null;
    const isOngoing = "isOngoing" in named ? named.isOngoing : named.isToEnd;
    return { key: named.endpoint.key, fromS: named.span.fromS, toS: isOngoing ? null : named.span.toS };
  }

  private tell(): void {
    this.told = this.found && withMomentsOf(this.found, this.slowdowns ?? []);
  }
}
