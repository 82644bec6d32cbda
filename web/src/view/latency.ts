/** Latency over time: lines of quantiles, or the whole distribution as a heatmap. */

import type uPlot from "uplot";
import { lowerBoundMs } from "../model/bucket";
import type { Figures } from "../model/figures";
import { clock, formatMs, plain } from "../model/format";
import { HEAT_BUCKETS, QUANTILE_NAMES, type Timeline } from "../model/timeline";
import { type Backdrop, type ChartGroup, contextEntry, type OtherRun, otherEntry, TimeChart } from "./chart";
import { fill, h, setText } from "./dom";
import { drawSlow, SLOW_HEAD_PX, type SlowMark, slowEntry } from "./slow_mark";
import { type Palette, withAlpha } from "./theme";

/** What the chart shows. */
export interface LatencyData {
  timeline: Timeline;
  /** Of everything, drawn faintly behind a selection. */
  context: Timeline | null;
  /** The other run, on this run's time. */
  other: OtherRun | null;
  figures: Figures;
  /** The endpoint that got slow. */
  slow: SlowMark | null;
  view: "percentiles" | "heatmap";
  isLogScale: boolean;
}

const HEAT_COLORS = 24;
/** Which quantiles of the other run are drawn: more would be a thicket. */
const OTHER_QUANTILES = [0, 2, 3];
/** Which quantile stands for everything behind a selection. */
const CONTEXT_QUANTILE = 2;

/** The figures of a whole range that the legend shows, in the order of the quantiles. */
function whole({ p50Ms, p90Ms, p95Ms, p99Ms, p999Ms, maxMs }: Figures): (number | null)[] {
  return [p50Ms, p90Ms, p95Ms, p99Ms, p999Ms, maxMs];
}

/** See the head of this file. */
export class LatencyChart extends TimeChart {
  readonly legend = h("div", { class: "legend" });
  private readonly hidden = new Set<number>();
  private readonly values = QUANTILE_NAMES.map(() => h("span", { class: "legend-value" }));
  /** What each was in the other run. */
  private readonly before = QUANTILE_NAMES.map(() => h("span", { class: "legend-before" }));
  private readonly extra = h("span", { class: "legend-extra" });
  protected override readonly headPx = SLOW_HEAD_PX;
  private shown: LatencyData | null = null;
  private layout = "";
  private readonly heat = h("canvas");

  constructor(height: number, group: ChartGroup, palette: Palette) {
    super("Latency over time", height, group, palette);
    QUANTILE_NAMES.forEach((name, place) => {
      const button = h(
        "button",
        { type: "button", class: "legend-entry", "aria-pressed": "true", title: `Show or hide ${name}` },
        h("span", { class: `swatch quantile-${place + 1}` }),
        name,
        this.values[place],
        this.before[place],
      );
      button.addEventListener("click", () => {
        const isHidden = !this.hidden.delete(place) && Boolean(this.hidden.add(place));
        button.setAttribute("aria-pressed", String(!isHidden));
        this.layout = "";
        if (this.shown !== null && this.backdrop !== null) this.show(this.shown, this.backdrop);
      });
      this.legend.append(button);
    });
    this.legend.append(this.extra);
  }

  /** Draws. */
  show(data: LatencyData, backdrop: Backdrop): void {
    this.shown = data;
    const before = this.backdrop?.range ?? null;
    this.backdrop = backdrop;
    const layout = [
      data.view,
      data.isLogScale,
      data.context !== null,
      data.other?.name,
      data.slow?.line && data.slow.name,
      Boolean(data.slow?.otherLine),
      backdrop.zeroS,
      this.palette.ink,
    ].join();
    const table = this.table(data);
    if (layout !== this.layout || this.plot === null) {
      this.layout = layout;
      this.showExtra(data);
      this.build(this.options(data), table);
    } else {
      this.update(table, before);
    }
    this.onPlace(this.plot?.cursor.idx ?? null);
  }

  protected override onPlace(place: number | null): void {
    const data = this.shown;
    if (data === null) return;
    const { other } = data;
    const at = (figures: Figures, { quantilesMs }: Timeline, q: number) =>
      plain(formatMs((place === null ? whole(figures)[q] : quantilesMs[q]?.[place]) ?? null));
    this.values.forEach((element, q) => {
      setText(element, at(data.figures, data.timeline, q));
    });
    this.before.forEach((element, q) => {
      const hasLine = other !== null && OTHER_QUANTILES.includes(q);
      setText(element, hasLine ? `was\u00a0${at(other.figures, other.lines, q)}` : "");
    });
  }

  private drawSlow(plot: uPlot): void {
    const slow = this.shown?.slow ?? null;
    if (slow === null) return;
    const since = this.timeInWords(slow.fromS);
    // By the clock as in the verdict, too, where the axis tells another time.
    const when = this.backdrop?.zeroS == null ? since : `${since} (${clock(slow.fromS)})`;
    drawSlow(plot, slow, when, this.palette);
  }

  /** Names the lines that are not this selection's. */
  private showExtra({ slow, context, other, view }: LatencyData): void {
    fill(
      this.extra,
      slow?.line && slowEntry(slow.name),
      context !== null && view === "percentiles" && contextEntry("p95 of all"),
      other !== null && otherEntry(other.name),
    );
  }

  private table({ timeline, context, other, slow, isLogScale, view }: LatencyData): uPlot.AlignedData {
    const isLog = isLogScale || view === "heatmap";
    // A logarithmic axis has no zero.
    const drawn = (column: readonly (number | null)[] | undefined) =>
      (column ?? []).map((value) => (isLog && value !== null && value <= 0 ? null : value));
    const columns = timeline.quantilesMs.map(drawn);
    if (context !== null) columns.push(drawn(context.quantilesMs[CONTEXT_QUANTILE]));
    if (other !== null) for (const q of OTHER_QUANTILES) columns.push(drawn(other.lines.quantilesMs[q]));
    if (slow?.line) columns.push(drawn(slow.line));
    if (slow?.otherLine) columns.push(drawn(slow.otherLine));
    return [timeline.startS.map((start) => start + timeline.stepS / 2), ...columns] as uPlot.AlignedData;
  }

  private options({ view, isLogScale, context, other, slow }: LatencyData): Partial<uPlot.Options> {
    const { palette } = this;
    const isHeat = view === "heatmap";
    const series: uPlot.Series[] = [{}];
    QUANTILE_NAMES.forEach((name, place) => {
      const isDrawn = !this.hidden.has(place) && (!isHeat || place === 0 || place === 3);
      series.push({
        label: name,
        show: isDrawn,
        stroke: isHeat ? palette.ink : palette.quantiles[place],
        width: isHeat ? 1 : place === 5 ? 1 : 1.6,
        dash: place === 5 ? [1, 3] : undefined,
        points: { show: place === 5 ? false : undefined, size: 4 },
        spanGaps: false,
      } as uPlot.Series);
    });
    const faint = { stroke: withAlpha(palette.muted, 0.6), width: 1, points: { show: false } };
    if (context !== null) series.push({ label: "p95 of all", ...faint });
    if (other !== null)
      for (const q of OTHER_QUANTILES)
        series.push({
          label: `${QUANTILE_NAMES[q]} before`,
          // In the colour of the same quantile of this run, and hidden with it.
          show: !this.hidden.has(q),
          stroke: isHeat ? palette.ink : palette.quantiles[q],
          width: 1.4,
          dash: [5, 4],
          points: { show: false },
        });
    // Its steps may be longer than the chart's: values are joined across what lies between.
    const thick = { stroke: palette.ink, width: 2.5, spanGaps: true, points: { show: false } };
    if (slow?.line) series.push({ label: slow.name, ...thick });
    if (slow?.otherLine) series.push({ label: `${slow.name} before`, ...thick, dash: [6, 4] });
    const isLog = isLogScale || isHeat;
    return {
      series,
      scales: {
        y: isLog
          ? { distr: 3, log: 10, range: (_, min, max) => logRange(min, max, isHeat ? this.heatRange() : null) }
          : { range: (_, __, max) => [0, max > 0 ? max * 1.06 : 1] },
      },
      axes: [
        this.timeAxis(),
        this.valueAxis({
          values: (_, splits) => splits.map((value) => (value == null ? "" : plain(formatMs(value)))),
          ...(isLog ? { splits: (_, __, min, max) => decades(min, max), filter: (_, splits) => splits } : {}),
        }),
      ],
      hooks: {
        drawAxes: isHeat ? [(plot) => this.drawHeat(plot)] : [],
        draw: [(plot) => this.drawSlow(plot)],
      },
    };
  }

  /** From the lowest to the highest time of the heatmap, in milliseconds. */
  private heatRange(): [number, number] | null {
    const rows = heatRows(this.shown?.timeline);
    return rows === null ? null : [lowerBoundMs(rows.from * HEAT_BUCKETS), lowerBoundMs(rows.to * HEAT_BUCKETS)];
  }

  private drawHeat(plot: uPlot): void {
    const timeline = this.shown?.timeline;
    if (timeline === undefined) return;
    const { ctx, bbox } = plot;
    let most = 1;
    for (const heat of timeline.heat) for (const count of heat?.counts ?? []) most = Math.max(most, count);
    const rows = heatRows(timeline);
    const first = timeline.startS[0];
    if (rows === null || first === undefined) return;
    // One pixel for each step and row, then stretched: both axes are even, the one of time and the logarithmic one.
    const [width, height] = [timeline.heat.length, rows.to - rows.from];
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const ramp = heatRamp(this.palette);
    timeline.heat.forEach((heat, place) => {
      heat?.counts.forEach((count, step) => {
        if (count === 0) return;
        const shade = Math.min(HEAT_COLORS - 1, Math.floor((Math.log(count + 1) / Math.log(most + 1)) * HEAT_COLORS));
        pixels[(rows.to - 1 - heat.firstRow - step) * width + place] = ramp[shade] as number;
      });
    });
    const { heat } = this;
    heat.width = width;
    heat.height = height;
    heat.getContext("2d")?.putImageData(image, 0, 0);
    const left = plot.valToPos(first, "x", true);
    const right = plot.valToPos(first + width * timeline.stepS, "x", true);
    const bottom = plot.valToPos(lowerBoundMs(rows.from * HEAT_BUCKETS), "y", true);
    const top = plot.valToPos(lowerBoundMs(rows.to * HEAT_BUCKETS), "y", true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(heat, left, top, right - left, bottom - top);
    ctx.restore();
  }
}

/** From the lowest row of the heatmap to above its highest; null if there is none. */
function heatRows(timeline: Timeline | undefined): { from: number; to: number } | null {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const heat of timeline?.heat ?? []) {
    if (heat === null) continue;
    from = Math.min(from, heat.firstRow);
    to = Math.max(to, heat.firstRow + heat.counts.length);
  }
  return from > to ? null : { from, to };
}

/** Shades from faint to full, as pixels. */
function heatRamp(palette: Palette): Uint32Array {
  const color = palette.quantiles[3] ?? palette.ink;
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number);
  const bytes = new Uint8ClampedArray(HEAT_COLORS * 4);
  for (let shade = 0; shade < HEAT_COLORS; shade += 1)
    bytes.set([red, green, blue, 255 * (0.08 + 0.84 * (shade / (HEAT_COLORS - 1)))], shade * 4);
  return new Uint32Array(bytes.buffer);
}

function logRange(min: number | null, max: number | null, wider: [number, number] | null): [number, number] {
  const low = wider?.[0] ?? Math.max(min ?? 1, 0.001);
  const high = wider?.[1] ?? Math.max(max ?? 10, low);
  // At least one decade, so that there are labels.
  return high / low < 10 ? [low / 1.5, low * 15] : [low * 0.9, high * 1.1];
}

function decades(min: number, max: number): number[] {
  const wide = Math.log10(max / min) > 3;
  const steps = wide ? [1] : [1, 2, 5];
  const splits: number[] = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power += 1)
    for (const step of steps) splits.push(step * 10 ** power);
  return splits.filter((value) => value >= min && value <= max);
}
