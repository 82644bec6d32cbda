/** What all charts share: axes, cursor, brush, marks of events, shading of suspect seconds. */

import uPlot from "uplot";
import type { Figures } from "../model/figures";
import { clock, sinceStart } from "../model/format";
import { type Happening, markOf } from "../model/happening";
import type { Range } from "../model/range";
import type { Timeline } from "../model/timeline";
import { unbroken } from "../model/unbroken";
import { fill, h } from "./dom";
import { type Palette, withAlpha } from "./theme";

/** What happens on any chart happens on all. */
export interface ChartGroup {
  /** The reader chose a range by dragging; null for all. */
  onRange(range: Range | null): void;
  /** The cursor stands at this Unix second on all charts, or nowhere. */
  onCursor(unixS: number | null, from: TimeChart | null): void;
}

/** What is drawn behind and on every chart. */
export interface Backdrop {
  range: Range;
  happenings: readonly Happening[];
  /** Suspect spans with the reason. */
  suspect: readonly (Range & { reason: string })[];
  /** Spans in which a worker was missing, and what to say of each. */
  missing: readonly (Range & { text: string })[];
  /** Where zero stands if times are told since a moment; null for the clock. */
  zeroS: number | null;
}

/** A mark nearer to the cursor than this is told, in pixels. */
const NEAR_PX = 5;
const AXIS_WIDTH = 58;
/** Between the lines of a hatched span. */
const HATCH_PX = 8;
/** How long new points take to slide in. */
const SLIDE_MS = 240;
/** More than this at once does not slide: it is another range. */
const SLIDE_AT_MOST_S = 5;
const REDUCED_MOTION = "(prefers-reduced-motion: reduce)";

/** A chart over time. */
export class TimeChart {
  readonly element: HTMLElement;
  protected plot: uPlot | null = null;
  protected backdrop: Backdrop | null = null;
  /** Room above what is drawn, in CSS pixels. */
  protected readonly headPx: number = 8;
  private readonly flag = h("div", { class: "flag", hidden: true });
  private readonly canvasBox = h("div", { class: "plot" });
  private isHovered = false;
  private sliding = 0;
  private width = 0;

  constructor(
    label: string,
    private readonly height: number,
    private readonly group: ChartGroup,
    protected palette: Palette,
  ) {
    this.element = h("div", { class: "chart", role: "img", "aria-label": label }, this.canvasBox, this.flag);
    new ResizeObserver(() => this.resize()).observe(this.canvasBox);
  }

  /** Shows other colours. */
  setPalette(palette: Palette): void {
    this.palette = palette;
  }

  /** Puts the cursor at a Unix second, or takes it away; where the pointer is, only if the keyboard says so. */
  setCursor(unixS: number | null, isByKey = false): void {
    const plot = this.plot;
    if (plot === null || (this.isHovered && !isByKey)) return;
    if (unixS === null) plot.setCursor({ left: -10, top: -10 }, false);
    else plot.setCursor({ left: plot.valToPos(unixS, "x"), top: 0 }, false);
    this.onMoved(plot, unixS);
  }

  /** Builds the chart anew: its series or scales are others. */
  protected build(options: Partial<uPlot.Options>, data: uPlot.AlignedData): void {
    this.plot?.destroy();
    this.width = this.canvasBox.clientWidth || 600;
    const shared: uPlot.Options = {
      width: this.width,
      height: this.height,
      // The last label of the axis of time reaches beyond it by half, unless an axis stands there already.
      padding: [this.headPx, options.axes?.some(({ side }) => side === 1) ? 4 : this.halfLabelWidth(), 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 5 },
        drag: { x: true, y: false, setScale: false, dist: 4 },
        bind: {
          dblclick: () => () => {
            this.group.onRange(null);
            return null;
          },
        },
      },
      scales: { x: { time: false, range: () => this.xRange() } },
      axes: [],
      series: [],
      hooks: {
        drawClear: [(plot) => this.drawSuspect(plot), (plot) => this.drawMissing(plot)],
        draw: [(plot) => this.drawMarks(plot)],
        setSelect: [(plot) => this.onSelect(plot)],
        setCursor: [(plot) => this.onHover(plot)],
      },
    };
    const hooks = { ...shared.hooks };
    for (const [name, more] of Object.entries(options.hooks ?? {})) {
      const key = name as "draw";
      hooks[key] = [...(hooks[key] ?? []), ...(more as [])];
    }
    const merged = { ...shared, ...options, hooks, scales: { ...shared.scales, ...options.scales } };
    this.plot = new uPlot(merged, data, this.canvasBox);
    const over = this.plot.over;
    over.addEventListener("mouseenter", () => {
      this.isHovered = true;
    });
    over.addEventListener("mouseleave", () => {
      this.isHovered = false;
      this.group.onCursor(null, this);
      this.onMoved(null, null);
    });
  }

  /** Shows other columns; what came since the last time slides in. */
  protected update(data: uPlot.AlignedData, before: Range | null): void {
    const plot = this.plot;
    const range = this.backdrop?.range;
    if (plot === null || range === undefined) return;
    plot.setData(data);
    cancelAnimationFrame(this.sliding);
    const grownS = before === null || before.fromS !== range.fromS ? 0 : range.toS - before.toS;
    if (before === null || grownS <= 0 || grownS > SLIDE_AT_MOST_S || matchMedia(REDUCED_MOTION).matches) return;
    const startedAt = performance.now();
    const step = (now: number) => {
      const share = Math.min(1, (now - startedAt) / SLIDE_MS);
      plot.setScale("x", { min: range.fromS, max: before.toS + grownS * (1 - (1 - share) ** 2) });
      if (share < 1 && this.plot === plot) this.sliding = requestAnimationFrame(step);
    };
    step(startedAt);
  }

  /** The axis of time. */
  protected timeAxis(): uPlot.Axis {
    return {
      ...this.axisStyle(),
      space: 70,
      size: 26,
      incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400],
      splits: (_, __, min, max, increment) => {
        const origin = this.backdrop?.zeroS ?? -new Date(min * 1000).getTimezoneOffset() * -60;
        const splits = [];
        for (let at = Math.ceil((min - origin) / increment) * increment + origin; at <= max; at += increment)
          splits.push(at);
        return splits;
      },
      values: (_, splits) => {
        const zeroS = this.backdrop?.zeroS ?? null;
        const isWhole = splits.every((at) => Math.round(at) % 60 === 0);
        return splits.map((at) => {
          if (zeroS !== null) return sinceStart(at - zeroS);
          return isWhole ? clock(at).slice(0, 5) : clock(at);
        });
      },
    };
  }

  /** A moment, as the axis of time tells it. */
  protected timeInWords(unixS: number): string {
    const zeroS = this.backdrop?.zeroS ?? null;
    return zeroS === null ? clock(unixS) : sinceStart(unixS - zeroS);
  }

  /** An axis of values. */
  protected valueAxis(options: Partial<uPlot.Axis> = {}): uPlot.Axis {
    return { ...this.axisStyle(), size: AXIS_WIDTH, gap: 6, space: 34, ...options };
  }

  /** Hook for legends: the cursor is at a place of the columns, or nowhere. */
  protected onPlace(_place: number | null): void {}

  private axisStyle(): uPlot.Axis {
    const { muted, line, font } = this.palette;
    return {
      stroke: muted,
      font,
      grid: { stroke: line, width: 1 },
      ticks: { show: false },
      border: { show: false },
    };
  }

  /** Of the longest label of the axis of time, in pixels. */
  private halfLabelWidth(): number {
    const context = document.createElement("canvas").getContext("2d");
    if (context === null) return 32;
    context.font = this.palette.font;
    return Math.ceil(context.measureText("00:00:00").width / 2) + 2;
  }

  private xRange(): [number, number] {
    const range = this.backdrop?.range;
    return range === undefined ? [0, 1] : [range.fromS, Math.max(range.toS, range.fromS + 1)];
  }

  private resize(): void {
    const width = this.canvasBox.clientWidth;
    if (this.plot === null || width === 0 || width === this.width) return;
    this.width = width;
    this.plot.setSize({ width, height: this.height });
  }

  private onSelect(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const fromS = Math.floor(plot.posToVal(left, "x"));
    const toS = Math.ceil(plot.posToVal(left + width, "x"));
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (toS > fromS) this.group.onRange({ fromS, toS });
  }

  private onHover(plot: uPlot): void {
    const left = plot.cursor.left ?? -1;
    if (!this.isHovered || left < 0) return;
    const unixS = plot.posToVal(left, "x");
    this.group.onCursor(unixS, this);
    this.onMoved(plot, unixS);
  }

  private onMoved(plot: uPlot | null, unixS: number | null): void {
    this.onPlace(plot === null || unixS === null ? null : (plot.cursor.idx ?? null));
    if (plot === null || unixS === null || this.backdrop === null) {
      this.flag.hidden = true;
      return;
    }
    const { happenings, suspect, missing } = this.backdrop;
    const left = plot.valToPos(unixS, "x");
    const near = happenings.filter(({ timeS }) => Math.abs(plot.valToPos(timeS, "x") - left) <= NEAR_PX);
    const second = Math.floor(unixS);
    const isThen = (span: Range) => second >= span.fromS && second < span.toS;
    const doubt = suspect.find(isThen);
    const gone = missing.filter(isThen);
    fill(
      this.flag,
      h("b", {}, this.timeInWords(unixS)),
      ...near
        .filter(({ isLoss }) => !isLoss || gone.length === 0)
        .slice(0, 4)
        .map((happening) => h("span", {}, `${markOf(happening)} ${unbroken(happening.label)}`)),
      ...gone.slice(0, 3).map(({ text }) => h("span", { class: "suspect" }, `✕ ${unbroken(text)}`)),
      doubt && h("span", { class: "suspect" }, `⚠ ${doubt.reason}`),
    );
    this.flag.hidden = false;
    const box = plot.over.offsetLeft + left;
    const isRight = left > plot.over.clientWidth / 2;
    this.flag.classList.toggle("flag-left", isRight);
    this.flag.style.setProperty("--at", `${Math.round(isRight ? this.canvasBox.clientWidth - box + 6 : box + 6)}px`);
  }

  private drawSuspect(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    for (const span of this.backdrop?.suspect ?? []) {
      const from = Math.max(plot.valToPos(span.fromS, "x", true), bbox.left);
      const to = Math.min(plot.valToPos(span.toS, "x", true), bbox.left + bbox.width);
      if (to <= from) continue;
      const width = Math.max(to - from, devicePixelRatio);
      ctx.fillStyle = this.palette.amberSoft;
      ctx.fillRect(from, bbox.top, width, bbox.height);
      ctx.fillStyle = this.palette.amber;
      ctx.fillRect(from, bbox.top + bbox.height - 3 * devicePixelRatio, width, 3 * devicePixelRatio);
    }
    ctx.restore();
  }

  /** Hatched, so that it is told from suspect seconds without colour. */
  private drawMissing(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const pixel = devicePixelRatio;
    ctx.save();
    for (const span of this.backdrop?.missing ?? []) {
      const from = Math.max(plot.valToPos(span.fromS, "x", true), bbox.left);
      const to = Math.min(plot.valToPos(span.toS, "x", true), bbox.left + bbox.width);
      if (to <= from) continue;
      ctx.save();
      ctx.beginPath();
      ctx.rect(from, bbox.top, Math.max(to - from, pixel), bbox.height);
      ctx.fillStyle = this.palette.amberSoft;
      ctx.fill();
      ctx.clip();
      ctx.strokeStyle = withAlpha(this.palette.amber, 0.4);
      ctx.lineWidth = pixel;
      ctx.beginPath();
      const step = HATCH_PX * pixel;
      // From a fixed origin, so that the lines stand still while the span grows.
      for (let at = Math.floor((from - bbox.height) / step) * step; at < to; at += step) {
        ctx.moveTo(at, bbox.top + bbox.height);
        ctx.lineTo(at + bbox.height, bbox.top);
      }
      ctx.stroke();
      ctx.restore();
    }
    ctx.restore();
  }

  private drawMarks(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const pixel = devicePixelRatio;
    ctx.save();
    for (const { timeS, isAnnotation, isLoss = false } of this.backdrop?.happenings ?? []) {
      const at = Math.round(plot.valToPos(timeS, "x", true));
      if (at < bbox.left || at > bbox.left + bbox.width) continue;
      const color = isAnnotation ? this.palette.accent : isLoss ? this.palette.amber : this.palette.muted;
      ctx.strokeStyle = withAlpha(color, isLoss ? 1 : 0.75);
      ctx.lineWidth = isLoss ? 2 * pixel : pixel;
      ctx.setLineDash(isAnnotation || isLoss ? [] : [2 * pixel, 3 * pixel]);
      ctx.beginPath();
      ctx.moveTo(at + pixel / 2, bbox.top);
      ctx.lineTo(at + pixel / 2, bbox.top + bbox.height);
      ctx.stroke();
      ctx.fillStyle = color;
      const size = 3.5 * pixel;
      if (isLoss) {
        ctx.beginPath();
        ctx.moveTo(at - size, bbox.top - size);
        ctx.lineTo(at + size, bbox.top + size);
        ctx.moveTo(at - size, bbox.top + size);
        ctx.lineTo(at + size, bbox.top - size);
        ctx.stroke();
        continue;
      }
      ctx.beginPath();
      if (isAnnotation) {
        ctx.rect(at, bbox.top, size * 1.8, size * 1.3);
      } else {
        ctx.moveTo(at, bbox.top - size);
        ctx.lineTo(at + size, bbox.top);
        ctx.lineTo(at, bbox.top + size);
        ctx.lineTo(at - size, bbox.top);
      }
      ctx.fill();
    }
    ctx.restore();
  }
}

/** The other run, where one is laid over this one: its lines are dashed. */
export interface OtherRun {
  name: string;
  /** Of the whole range. */
  figures: Figures;
  lines: Timeline;
}

/** What the dashed lines are, for a legend. */
export function otherEntry(name: string, ...more: HTMLElement[]): HTMLElement {
  return h(
    "span",
    { class: "legend-entry legend-other", title: `Dashed lines are those of ${name}` },
    h("span", { class: "swatch swatch-other" }),
    name.replaceAll(" ", "\u00a0"),
    ...more,
  );
}

/** What stands faintly behind a selection, for a legend. */
export function contextEntry(name: string): HTMLElement {
  return h("span", { class: "legend-entry" }, h("span", { class: "swatch swatch-context" }), name);
}
