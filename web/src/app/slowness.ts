/** Looks for slowdowns in small portions, so that the page stays quick, and remembers what was found. */

import { lengthS, type Range } from "../model/range";
import type { Run } from "../model/run";
import { byWeight, type Slowdown, slowdownSlotS, slowdownsOf } from "../model/slowdown";
import type { RunSource } from "../source/source";
import { idle, inPortions } from "./portions";

/** More seconds of series than this are not looked at one by one. */
const MAX_SERIES_SECONDS = 200_000;
/** So many ranges are remembered. */
const KEPT = 16;
/** A live run is looked at this often, in milliseconds. */
const EVERY_MS = 3000;

/** See the head of this file. */
export class Slowness {
  private asked = 0;
  private lastAt = Number.NEGATIVE_INFINITY;
  private lastKey = "";
  /** Whether a look at what {@link lastKey} names is under way: on a slow browser it may take longer than the pause. */
  private isLooking = false;

  /** What was found in ranges of runs that are over. */
  private readonly known = new Map<string, readonly Slowdown[]>();

  /** What was found last; null while it is not known. */
  found: readonly Slowdown[] | null = null;

  /**
   * Looks again if the range is another or enough time has passed; then calls back. A run that is on is one subject,
   * however long it has become, unless the reader chose a range of it (`isChosen`).
   */
  async look(run: Run, source: RunSource, asked: Range, isChosen: boolean, onFound: () => void): Promise<void> {
    const seriesSeconds = lengthS(asked) * run.series.size;
    const slotS = seriesSeconds > MAX_SERIES_SECONDS ? 60 : slowdownSlotS(lengthS(asked), run.finestS(asked));
    // Whole slots only: their edges would have to be fetched second by second.
    const range = { fromS: Math.ceil(asked.fromS / slotS) * slotS, toS: Math.floor(asked.toS / slotS) * slotS };
    const isOver = !run.isRunning;
    const isOpenEnded = source.kind === "live" && !isOver && !isChosen;
    const key = `${run.head.run_id} ${isOver} ${range.fromS} ${isOpenEnded ? "" : range.toS}`;
    const now = performance.now();
    if (key === this.lastKey && (this.isLooking || isOver || now - this.lastAt < EVERY_MS)) return;
    if (key !== this.lastKey) this.found = null;
    this.lastKey = key;
    this.lastAt = now;
    this.asked += 1;
    const mine = this.asked;
    const isWanted = () => mine === this.asked;
    this.isLooking = true;
    try {
      const found = this.known.get(key) ?? (await this.lookNow(run, source, range, slotS, isWanted));
      if (found === null || !isWanted()) return;
      this.found = found;
      if (isOver) this.known.set(key, found);
      for (const oldest of this.known.keys()) if (this.known.size > KEPT) this.known.delete(oldest);
      onFound();
    } finally {
      // Another look may have begun meanwhile.
      if (isWanted()) this.isLooking = false;
    }
  }

  /** Null as soon as nobody wants it any more. */
  private async lookNow(
    run: Run,
    source: RunSource,
    range: Range,
    slotS: number,
    isWanted: () => boolean,
  ): Promise<readonly Slowdown[] | null> {
    // What the reader asked for comes first.
    await idle();
    if (!isWanted()) return null;
    await source.fill(run, run.bySeries.missing(range, null, slotS >= 60 ? slotS : 1));
    await idle();
    const looked = await inPortions(slowdownsOf(run, run.endpoints.values(), range, slotS), idle, isWanted);
    if (looked === null) return null;
    const found = looked.filter((slowdown) => slowdown !== null).sort(byWeight);
    await this.refine(run, source, found);
    return found;
  }

  /** Where minutes were looked at, the worst one's beginning is found to ten seconds at least. */
  private async refine(run: Run, source: RunSource, found: Slowdown[]): Promise<void> {
    const first = found[0];
    if (first === undefined || first.exactS < 60 || run.finestS(first.span) > 10) return;
    const around = { fromS: first.span.fromS - 600, toS: Math.min(first.span.fromS + 600, first.span.toS + 600) };
    const whole = run.range;
    if (whole === null) return;
    const range = { fromS: Math.max(whole.fromS, around.fromS), toS: Math.min(whole.toS, around.toS) };
    await source.fill(run, run.bySeries.missing(range, first.endpoint.series, 1));
    const [finer = null] = slowdownsOf(run, [first.endpoint], range, 10);
    if (finer !== null && Math.abs(finer.span.fromS - first.span.fromS) <= 120)
      found[0] = { ...first, span: { ...first.span, fromS: finer.span.fromS }, exactS: finer.exactS };
  }
}
