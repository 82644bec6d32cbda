/** Sparklines of endpoints: fetched and worked out only for rows that are in view. */

import { type EndpointFigures, trendOf } from "../model/figures";
import { lengthS, type Range } from "../model/range";
import type { Run } from "../model/run";
import type { RunSource } from "../source/source";

const POINTS = 52;

/** See the head of this file. */
export class Trends {
  private readonly points = new Map<string, (number | null)[]>();
  private key = "";
  private range: Range | null = null;
  private run: Run | null = null;
  private isBusy = false;

  /** Forgets what was for another range. A live run's trend is worked out again every few seconds only. */
  setScope(run: Run, range: Range): void {
    const grainS = Math.max(1, Math.floor(lengthS(range) / POINTS));
    const key = `${run.head.run_id} ${range.fromS} ${Math.floor(range.toS / grainS)}`;
    this.run = run;
    this.range = range;
    if (key === this.key) return;
    this.key = key;
    this.points.clear();
  }

  /** The points of an endpoint, if they are known. */
  of(key: string): readonly (number | null)[] | undefined {
    return this.points.get(key);
  }

  /** Works out what these rows lack; true if something came that was not here. */
  async want(source: RunSource, rows: readonly EndpointFigures[]): Promise<boolean> {
    const { run, range, key } = this;
    if (run === null || range === null || this.isBusy) return false;
    const lacking = rows.filter((row) => !this.points.has(row.endpoint.key));
    if (lacking.length === 0) return false;
    const finestS = run.bySeries.finestS;
    const wanted = Math.max(1, lengthS(range) / POINTS);
    const stepS = wanted >= 45 ? Math.ceil(wanted / 60) * 60 : Math.ceil(wanted / finestS) * finestS;
    const within =
      stepS >= 60 ? { fromS: Math.ceil(range.fromS / 60) * 60, toS: Math.floor(range.toS / 60) * 60 } : range;
    this.isBusy = true;
    try {
      const series = lacking.flatMap((row) => row.endpoint.series);
      await source.fill(run, run.bySeries.missing(within, series, stepS >= 60 ? stepS : 1));
    } finally {
      this.isBusy = false;
    }
    if (key !== this.key) return true;
    for (const { endpoint } of lacking) this.points.set(endpoint.key, trendOf(run, endpoint, within, stepS));
    return true;
  }
}
