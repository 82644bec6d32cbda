/** Failures over time, stacked by kind. */

import uPlot from "uplot";
import { formatCount, formatRate, plain } from "../model/format";
import { inLongerSteps } from "../model/overlay";
import type { FailureKinds } from "../model/timeline";
import { type Backdrop, type ChartGroup, type OtherRun, otherEntry, TimeChart } from "./chart";
import { fill, h } from "./dom";
import type { Palette } from "./theme";

/** See the head of this file. */
export class FailuresChart extends TimeChart {
  readonly legend = h("div", { class: "legend" });
  readonly empty = h("p", { class: "empty empty-over", hidden: true }, h("span", {}, "No failures in this range"));
  private shown: FailureKinds | null = null;
  private other: OtherRun | null = null;
  /** Of the other run, in the steps of this one's failures. */
  private otherRate: readonly (number | null)[] = [];
  private layout = "";

  constructor(height: number, group: ChartGroup, palette: Palette) {
    super("Failures a second by kind over time", height, group, palette);
    this.element.append(this.empty);
  }

  /** Draws. */
  show(failures: FailureKinds, other: OtherRun | null, backdrop: Backdrop): void {
    this.shown = failures;
    this.other = other;
    const before = this.backdrop?.range ?? null;
    this.backdrop = backdrop;
    const { kinds, startS, stepS } = failures;
    this.empty.hidden = kinds.length > 0;
    // Each column holds its kind and all below it; drawn from the top down, every kind shows its own part.
    const stacked: number[][] = [];
    for (const { rate } of kinds) {
      const below = stacked[stacked.length - 1];
      stacked.push(rate.map((value, place) => value + (below?.[place] ?? 0)));
    }
    // Nothing of a kind draws nothing, not a line at zero.
    const drawn = stacked.map((column, row) => column.map((value, place) => (kinds[row]?.rate[place] ? value : null)));
    const columns = kinds.length > 0 ? drawn.reverse() : [startS.map(() => null)];
    if (other !== null) {
      const rates = inLongerSteps(other.lines, other.lines.failureRate, startS, stepS);
      this.otherRate = rates;
      // Nothing draws nothing, not a line at zero.
      columns.push(rates.map((rate) => rate || null));
    }
    const table = [startS.map((start) => start + stepS / 2), ...columns] as uPlot.AlignedData;
    const layout = [kinds.length, other?.name, backdrop.zeroS, this.palette.ink].join();
    if (layout !== this.layout || this.plot === null) {
      this.layout = layout;
      this.build(this.options(Math.max(1, kinds.length)), table);
    } else {
      this.update(table, before);
    }
    this.onPlace(this.plot?.cursor.idx ?? null);
  }

  protected override onPlace(place: number | null): void {
    const kinds = this.shown?.kinds ?? [];
    fill(
      this.legend,
      ...kinds.map(({ kind, count, rate }, row) => {
        const value = place === null ? formatCount(count) : plain(formatRate(rate[place] ?? 0));
        return h(
          "span",
          { class: "legend-entry", title: kind },
          h("span", { class: `swatch failure-${row + 1}` }),
          h("span", { class: "legend-name" }, kind),
          h("span", { class: "legend-value" }, value),
        );
      }),
      this.otherEntry(place),
    );
  }

  private otherEntry(place: number | null): HTMLElement | null {
    const { other } = this;
    if (other === null) return null;
    const value = place === null ? formatCount(other.figures.failures) : plain(formatRate(this.otherRate[place] ?? 0));
    return otherEntry(other.name, h("span", { class: "legend-value" }, value));
  }

  private options(kinds: number): Partial<uPlot.Options> {
    const { palette } = this;
    const series: uPlot.Series[] = [{}];
    for (let place = kinds - 1; place >= 0; place -= 1) {
      const color = palette.failures[place % palette.failures.length];
      series.push({ stroke: color, fill: color, width: 1, points: { show: false }, paths: bars() });
    }
    // Outlines of bars: they stand where this run's do.
    if (this.other !== null)
      series.push({ stroke: palette.ink, width: 1.2, dash: [5, 4], points: { show: false }, paths: bars() });
    return {
      series,
      scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
      axes: [
        this.timeAxis(),
        this.valueAxis({ values: (_, splits) => splits.map((value) => plain(formatRate(value))) }),
      ],
    };
  }
}

function bars(): uPlot.Series.PathBuilder | undefined {
  return uPlot.paths.bars?.({ size: [1, 64, 1], align: 0 });
}
