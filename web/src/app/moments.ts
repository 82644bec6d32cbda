/** Which endpoint got slow when, as all of the page tells it: what was found in this run, and against the other. */

import { type Divergence, withMomentsOf } from "../model/divergence";
import { slowUntil } from "../model/evidence";
import { equal, type Range } from "../model/range";
import type { Selection } from "../model/selection";
import type { Slowdown } from "../model/slowdown";
import type { Since } from "../view/endpoints";
import { whenInWords } from "./comparing";

/** An endpoint that got slow, by a quantile, from a second to another. */
export interface Marked {
  key: string;
  q: number;
  /** The slots in which the quantile was told, in seconds. */
  slotS: number;
  fromS: number;
  /** Null if it goes on to the end of what is shown. */
  toS: number | null;
  /** Slower than in the other run, rather than than before. */
  isAgainstOther: boolean;
}

/** See the head of this file. What tables show of it is the same object until something else is found. */
export class Moments {
  private slowdowns: readonly Slowdown[] | null = null;
  private looked: Range = { fromS: 0, toS: 0 };
  /** The range that the reader had chosen then. */
  private chosen: Range | null = null;
  private found: readonly Divergence[] | null = null;
  /** What was compared when `found` was. */
  private compared = "";
  private told: readonly Divergence[] | null = null;
  private since: { of: readonly Divergence[]; zeroS: number; map: ReadonlyMap<string, Since> } | null = null;

  /**
   * Takes what was found in this run, looking at `looked`, while the reader had `chosen` a range or not; answers whether
   * that changes {@link divergences}.
   */
  setSlowdowns(slowdowns: readonly Slowdown[] | null, looked: Range, chosen: Range | null): boolean {
    this.looked = looked;
    this.chosen = chosen;
    if (slowdowns === this.slowdowns) return false;
    this.slowdowns = slowdowns;
    return this.tell();
  }

  /** Takes what was found against the other run; `compared` names all that it depends on. */
  setDivergences(found: readonly Divergence[] | null, compared: string): void {
    this.compared = compared;
    if (found === this.found) return;
    this.found = found;
    this.tell();
  }

  /** Against the other run; null while it is not known or there is none. */
  divergences(compared: string): readonly Divergence[] | null {
    return compared === this.compared ? this.told : null;
  }

  /** Since when endpoints are slower than in the other run, by key. `zeroS` is where both are laid upon each other. */
  slowerSince(compared: string, zeroS: number | null): ReadonlyMap<string, Since> | null {
    const told = this.divergences(compared);
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

  /**
   * The endpoint that the page names first, if a chart of this selection and of the range that is `chosen` shows it; null
   * also while that is not known.
   */
  marked(compared: string, { kind, keys }: Selection, chosen: Range | null): Marked | null {
    const marked = this.first(compared, chosen);
    const isShown = kind === "all" || (kind === "endpoint" && marked !== null && keys.includes(marked.key));
    return isShown ? marked : null;
  }

  private first(compared: string, chosen: Range | null): Marked | null {
    if (this.slowdowns === null) return null;
    const [slow] = this.slowdowns;
    if (slow !== undefined) {
      const { endpoint, q, slotS, span, isOngoing } = slow;
      const isSame = chosen === this.chosen || (chosen !== null && this.chosen !== null && equal(chosen, this.chosen));
      const toS = isOngoing && isSame ? null : slowUntil(slow, this.looked);
      return { key: endpoint.key, q, slotS, fromS: span.fromS, toS, isAgainstOther: false };
    }
    const [slower] = this.divergences(compared) ?? [];
    if (slower === undefined || slower.isFromStart) return null;
    const { endpoint, q, slotS, span, isToEnd } = slower;
    return { key: endpoint.key, q, slotS, fromS: span.fromS, toS: isToEnd ? null : span.toS, isAgainstOther: true };
  }

  /** Whether what is told is other than before. */
  private tell(): boolean {
    const told = this.found && withMomentsOf(this.found, this.slowdowns ?? []);
    if (JSON.stringify(told) === JSON.stringify(this.told)) return false;
    this.told = told;
    return true;
  }
}
