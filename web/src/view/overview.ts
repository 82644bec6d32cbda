/** The whole run on a strip: rate, failures, suspect seconds, load stages, and which part is shown. */

import { clock, formatCount, formatDuration } from "../model/format";
import type { Range } from "../model/range";
import type { Seconds, Stage } from "../model/seconds";
import { fills, nsWithinSlot, type RunSpan, secondsOf } from "../model/span";
import { fill, h } from "./dom";
import type { Palette } from "./theme";

/** What the strip shows. */
export interface OverviewData {
  seconds: Seconds;
  /** When the run was on. */
  span: RunSpan | null;
  whole: Range;
  shown: Range | null;
  stages: readonly Stage[];
  /** The first second after the ramp-up. */
  steadyFromS: number | null;
}

const HEIGHT = 34;

/** See the head of this file. */
export class Overview {
  readonly element: HTMLElement;
  private readonly canvas = h("canvas", { class: "overview-canvas", "aria-hidden": "true" });
  private readonly stages = h("div", { class: "stages", role: "group", "aria-label": "Load stages" });
  private readonly window = h("div", { class: "overview-window", hidden: true });
  private data: OverviewData | null = null;
  private dragFromS: number | null = null;

  constructor(
    private palette: Palette,
    private readonly onRange: (range: Range | null) => void,
  ) {
    const strip = h("div", {
      class: "overview-strip",
      title: "Drag to choose a range; double click for the whole run",
    });
    strip.append(this.canvas, this.window);
    this.element = h("section", { class: "overview", "aria-label": "Whole run" }, this.stages, strip);
    strip.addEventListener("pointerdown", (event) => {
      this.dragFromS = this.secondAt(event);
      strip.setPointerCapture(event.pointerId);
    });
    strip.addEventListener("pointermove", (event) => {
      if (this.dragFromS !== null) this.mark(this.span(this.secondAt(event)));
    });
    strip.addEventListener("pointerup", (event) => {
      const span = this.dragFromS === null ? null : this.span(this.secondAt(event));
      this.dragFromS = null;
      if (span !== null && span.toS - span.fromS >= 2) this.onRange(span);
      else if (this.data !== null) this.mark(this.data.shown);
    });
    strip.addEventListener("dblclick", () => this.onRange(null));
    new ResizeObserver(() => this.draw()).observe(strip);
  }

  setPalette(palette: Palette): void {
    this.palette = palette;
  }

  /** Draws. */
  show(data: OverviewData): void {
    this.data = data;
    this.showStages(data);
    this.mark(data.shown);
    this.draw();
  }

  private share(second: number): number {
    const whole = this.data?.whole;
    return whole === undefined ? 0 : (second - whole.fromS) / Math.max(1, whole.toS - whole.fromS);
  }

  private secondAt(event: PointerEvent): number {
    const box = this.canvas.getBoundingClientRect();
    const whole = this.data?.whole ?? { fromS: 0, toS: 1 };
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / Math.max(1, box.width)));
    return whole.fromS + share * (whole.toS - whole.fromS);
  }

  private span(toS: number): Range {
    const from = this.dragFromS ?? toS;
    return { fromS: Math.floor(Math.min(from, toS)), toS: Math.ceil(Math.max(from, toS)) };
  }

  private mark(shown: Range | null): void {
    this.window.hidden = shown === null;
    if (shown === null) return;
    this.window.style.setProperty("--from", `${this.share(shown.fromS) * 100}%`);
    this.window.style.setProperty("--length", `${(this.share(shown.toS) - this.share(shown.fromS)) * 100}%`);
  }

  private showStages({ stages, steadyFromS, whole, shown }: OverviewData): void {
    const spans: { label: string; brief: string; title: string; range: Range }[] = [];
    if (steadyFromS !== null && steadyFromS > whole.fromS) {
      const range = { fromS: whole.fromS, toS: steadyFromS };
      const title = `Ramp-up, ${formatDuration(steadyFromS - whole.fromS)}`;
      spans.push({ label: "ramp-up", brief: "◢", title, range });
    }
    for (const { users, fromS, toS } of stages) {
      const from = Math.max(fromS, steadyFromS ?? fromS);
      if (toS - from < 1) continue;
      const title = `${formatCount(users)} users, ${clock(from)} to ${clock(toS)} (${formatDuration(toS - from)})`;
      const count = formatCount(users);
      spans.push({ label: `${count} users`, brief: count, title, range: { fromS: from, toS } });
    }
    fill(
      this.stages,
      ...spans.map(({ label, brief, title, range }) => {
        const isShown = shown !== null && shown.fromS === range.fromS && shown.toS === range.toS;
        const pressed = String(isShown);
        const button = h("button", {
          type: "button",
          class: "stage",
          title,
          "aria-label": label,
          "aria-pressed": pressed,
        });
        button.append(h("span", { class: "stage-label" }, label));
        button.dataset.brief = brief;
        button.style.setProperty("--from", `${this.share(range.fromS) * 100}%`);
        button.style.setProperty("--length", `${(this.share(range.toS) - this.share(range.fromS)) * 100}%`);
        button.addEventListener("click", () => this.onRange(isShown ? null : range));
        return button;
      }),
    );
  }

  private draw(): void {
    const { data, canvas, palette } = this;
    const width = canvas.clientWidth;
    if (data === null || width === 0) return;
    const ratio = devicePixelRatio;
    canvas.width = Math.round(width * ratio);
    canvas.height = HEIGHT * ratio;
    const context = canvas.getContext("2d");
    if (context === null) return;
    context.scale(ratio, ratio);
    const { whole, seconds, span } = data;
    const columns = new Map<number, { requests: number; failures: number; suspect: number; count: number }>();
    const perSecond = width / Math.max(1, whole.toS - whole.fromS);
    for (const [second, row] of seconds.within(whole)) {
      const at = Math.floor((second - whole.fromS) * perSecond);
      const column = columns.get(at) ?? { requests: 0, failures: 0, suspect: 0, count: 0 };
      columns.set(at, column);
      column.requests += row.requests;
      column.failures += row.failures;
      column.suspect += row.reasons === 0 ? 0 : 1;
      const slot = { fromS: second, toS: second + 1 };
      if (span !== null && fills(span, slot)) column.count += secondsOf(nsWithinSlot(span, slot));
    }
    let most = 1;
    // A second of which the run has less than half tells no rate.
    const share = (of: number, count: number) => (count > 0 ? of / count : 0);
    for (const { requests, count } of columns.values()) most = Math.max(most, share(requests, count));
    const columnWidth = Math.max(1, Math.ceil(perSecond));
    for (const [at, { requests, failures, suspect, count }] of columns) {
      const height = (share(requests, count) / most) * (HEIGHT - 8);
      context.fillStyle = palette.line;
      context.fillRect(at, HEIGHT - 4 - height, columnWidth, height);
      const failed = (share(failures, count) / most) * (HEIGHT - 8);
      context.fillStyle = palette.red;
      if (failures > 0) context.fillRect(at, HEIGHT - 4 - Math.max(1, failed), columnWidth, Math.max(1, failed));
      context.fillStyle = palette.amber;
      if (suspect > 0) context.fillRect(at, HEIGHT - 3, Math.max(2, columnWidth), 3);
    }
  }
}
