/** Sparklines of endpoints: fetched and worked out only for rows that are in view. */

import { type EndpointFigures, trendOf } from "../model/figures";
import { lengthS, type Range } from "../model/range";
import type { Run } from "../model/run";
import type { RunSource } from "../source/source";
import { idle, inPortions } from "./portions";

const POINTS = 52;
/** From so many minutes on, minutes are points enough. */
const MINUTES = 20;

/** See the head of this file. */
export class Trends {
  private readonly points = new Map<string, (number | null)[]>();
  private key = "";
  private range: Range | null = null;
  private run: Run | null = null;
  private wanted: readonly EndpointFigures[] = [];
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

  /** Works out what these rows lack, those in view last first; calls back whenever something came that was not here. */
  async want(source: RunSource, rows: readonly EndpointFigures[], onCame: () => void): Promise<void> {
    this.wanted = rows;
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      for (;;) {
        // What the reader asked for comes first.
        await idle();
        const { run, range } = this;
        const lacking = this.wanted.filter((row) => !this.points.has(row.endpoint.key));
        if (run === null || range === null || lacking.length === 0) return;
        await this.workOut(source, run, range, lacking);
        onCame();
      }
    } finally {
      this.isBusy = false;
    }
  }

  private async workOut(source: RunSource, run: Run, range: Range, rows: readonly EndpointFigures[]): Promise<void> {
    const { key, points } = this;
    const finestS = run.finestStepS(range, "endpoint");
    const wanted = Math.max(1, lengthS(range) / POINTS);
    const isByMinute = lengthS(range) >= MINUTES * 60;
    const stepS = isByMinute ? Math.ceil(wanted / 60) * 60 : Math.ceil(wanted / finestS) * finestS;
    const within = isByMinute
      ? { fromS: Math.ceil(range.fromS / 60) * 60, toS: Math.floor(range.toS / 60) * 60 }
      : range;
    const series = rows.flatMap((row) => row.endpoint.series);
    await source.fill(run, run.bySeries.missing(within, series, isByMinute ? stepS : 1));
    const isWanted = () => key === this.key;
    if (!isWanted()) return;
    const found = function* () {
      for (const { endpoint } of rows) yield [endpoint.key, trendOf(run, endpoint, within, stepS)] as const;
    };
    for (const [name, trend] of (await inPortions(found(), idle, isWanted)) ?? []) points.set(name, trend);
  }
}
