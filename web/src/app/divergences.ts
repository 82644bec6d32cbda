/** Looks, when the browser has time, since when which endpoint is slower than in the other run. */

import { byCost, type Divergence, divergenceOf, movedTo, type Overlay } from "../model/divergence";
import type { EndpointFigures } from "../model/figures";
import { lengthS } from "../model/range";
import type { RunSource } from "../source/source";
import { slowest } from "./comparing";
import { idle, inPortions } from "./portions";

/** So many endpoints are looked at: those whose p95 rose the most. */
const MOST = 12;
/** More seconds of endpoints than this are not looked at one by one. */
const MAX_ENDPOINT_SECONDS = 60_000;
/** A live run is looked at this often, in milliseconds. */
const EVERY_MS = 3000;

/** Both runs, and what is known of the endpoints of both. */
export interface Compared extends Overlay {
  source: RunSource;
  otherSource: RunSource;
  endpoints: readonly EndpointFigures[];
  before: readonly EndpointFigures[];
}

/** See the head of this file. */
export class Divergences {
  private key = "";
  private asked = 0;
  private lookedAt = Number.NEGATIVE_INFINITY;
  /** What was found last; null while it is not known. */
  found: readonly Divergence[] | null = null;

  /** Looks again if something else is compared, or a live run has gone on for long enough; then calls back. */
  async look(compared: Compared, isChosen: boolean, onFound: () => void): Promise<void> {
    const { run, other, range, zeroS, otherOriginS } = compared;
    const isOpenEnded = run.isRunning && !isChosen;
    const key = [run.head.run_id, other.head.run_id, zeroS, otherOriginS, range.fromS, isOpenEnded || range.toS].join();
    const now = performance.now();
    if (key === this.key && (!isOpenEnded || now - this.lookedAt < EVERY_MS)) return;
    if (key !== this.key) this.found = null;
    this.key = key;
    this.lookedAt = now;
    this.asked += 1;
    const mine = this.asked;
    const isWanted = () => mine === this.asked;
    try {
      const found = await lookNow(compared, isWanted);
      if (found === null || !isWanted()) return;
      this.found = found;
      onFound();
    } catch (reason) {
      // It is looked for again the next time.
      if (isWanted()) this.key = "";
      throw reason;
    }
  }

  /** Nothing is compared any more. */
  forget(): void {
    this.key = "";
    this.found = null;
    this.asked += 1;
  }
}

/** Null as soon as nobody wants it any more. */
async function lookNow(compared: Compared, isWanted: () => boolean): Promise<readonly Divergence[] | null> {
  const { run, other, range, otherOriginS, source, otherSource } = compared;
  // What the reader asked for comes first.
  await idle();
  if (!isWanted()) return null;
  const most = Math.min(MOST, Math.floor(MAX_ENDPOINT_SECONDS / Math.max(1, lengthS(range))));
  const candidates = slowest(compared.endpoints, compared.before).slice(0, most);
  const series = (side: "row" | "before") => candidates.flatMap((one) => one[side].endpoint.series);
  await Promise.all([
    source.fill(run, run.bySeries.missing(range, series("row"), 1)),
    otherSource.fill(other, other.bySeries.missing(movedTo(range, otherOriginS), series("before"), 1)),
  ]);
  const found = function* () {
    for (const { row, before } of candidates)
      yield divergenceOf(compared, row.endpoint, Math.min(row.requests, before.requests));
  };
  const looked = await inPortions(found(), idle, isWanted);
  return looked?.filter((divergence) => divergence !== null).sort(byCost) ?? null;
}
