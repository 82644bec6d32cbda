/** Rate and users over time: one line, and steps on an axis of their own. */

import uPlot from "uplot";
import { formatCount, formatRate, plain } from "../model/format";
import type { Timeline } from "../model/timeline";
import { type Backdrop, type ChartGroup, contextEntry, type OtherRun, otherEntry, TimeChart } from "./chart";
import { fill, h, setText } from "./dom";
import { type Palette, withAlpha } from "./theme";

/** What the chart shows. */
export interface LoadData {
  timeline: Timeline;
  context: Timeline | null;
  /** The other run, on this run's time. */
  other: OtherRun | null;
  /** Over the whole range. */
  rate: number;
}

/** See the head of this file. */
export class LoadChart extends TimeChart {
  readonly legend: HTMLElement;
  private readonly rateValue = h("span", { class: "legend-value" });
  private readonly usersValue = h("span", { class: "legend-value" });
  private readonly otherValue = h("span", { class: "legend-value" });
  private readonly extra = h("span", { class: "legend-extra" });
  private shown: LoadData | null = null;
  private layout = "";

  constructor(height: number, group: ChartGroup, palette: Palette) {
    super("Requests a second and users over time", height, group, palette);
    this.legend = h(
      "div",
      { class: "legend" },
      h("span", { class: "legend-entry" }, h("span", { class: "swatch swatch-rate" }), "rate", this.rateValue),
      h("span", { class: "legend-entry" }, h("span", { class: "swatch swatch-users" }), "users", this.usersValue),
      this.extra,
    );
  }

  /** Draws. */
  show(data: LoadData, backdrop: Backdrop): void {
    this.shown = data;
    const before = this.backdrop?.range ?? null;
    this.backdrop = backdrop;
    const { timeline, context, other } = data;
    const columns = [timeline.rate, timeline.users];
    if (context !== null) columns.push(context.rate);
    if (other !== null) columns.push(other.lines.rate);
    const table = [timeline.startS.map((start) => start + timeline.stepS / 2), ...columns] as uPlot.AlignedData;
    const layout = [context !== null, other?.name, backdrop.zeroS, this.palette.ink].join();
    if (layout !== this.layout || this.plot === null) {
      this.layout = layout;
      fill(
        this.extra,
        context !== null && contextEntry("rate of all"),
        other !== null && otherEntry(other.name, this.otherValue),
      );
      this.build(this.options(data), table);
    } else {
      this.update(table, before);
    }
    this.onPlace(this.plot?.cursor.idx ?? null);
  }

  protected override onPlace(place: number | null): void {
    if (this.shown === null) return;
    const { timeline, rate, other } = this.shown;
    const last = timeline.users.findLast((users) => users !== null) ?? null;
    const users = place === null ? last : (timeline.users[place] ?? null);
    setText(this.rateValue, plain(formatRate(place === null ? rate : (timeline.rate[place] ?? null))));
    const before = place === null ? other?.figures.rate : other?.lines.rate[place];
    setText(this.otherValue, plain(formatRate(before ?? null)));
    setText(this.usersValue, users === null ? "–" : formatCount(users));
  }

  private options({ context, other }: LoadData): Partial<uPlot.Options> {
    const { palette } = this;
    // Dashes are the other run's.
    const faint = { stroke: withAlpha(palette.muted, 0.6), width: 1, points: { show: false } };
    const series: uPlot.Series[] = [
      {},
      { label: "rate", stroke: palette.ink, width: 1.5, fill: withAlpha(palette.ink, 0.06), points: { show: false } },
      {
        label: "users",
        scale: "users",
        stroke: palette.muted,
        width: 1.2,
        points: { show: false },
        paths: uPlot.paths.stepped?.({ align: 1 }),
      },
    ];
    if (context !== null) series.push({ label: "rate of all", ...faint });
    if (other !== null) series.push({ ...faint, label: "rate before", stroke: palette.ink, dash: [5, 4], width: 1.4 });
    const range = (_: uPlot, __: number, max: number): [number, number] => [0, max > 0 ? max * 1.1 : 1];
    return {
      series,
      scales: { y: { range }, users: { range } },
      axes: [
        this.timeAxis(),
        this.valueAxis({ values: (_, splits) => splits.map((value) => plain(formatRate(value))) }),
        this.valueAxis({
          scale: "users",
          side: 1,
          size: 40,
          grid: { show: false },
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000],
          values: (_, splits) => splits.map((value) => formatCount(value)),
        }),
      ],
    };
  }
}
