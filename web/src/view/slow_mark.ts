/** Where an endpoint was slow, on a chart: a line down at its begin, a bar along its span, and which it is. */

import type uPlot from "uplot";
import { h } from "./dom";
import type { Palette } from "./theme";

/** The endpoint that the page names as slow. */
export interface SlowMark {
  /** Its name, after the quantile that rose. */
  name: string;
  /** Than what: "slow", or "slower than" something. */
  than: string;
  fromS: number;
  /** Null if it goes on to the end of the chart. */
  toS: number | null;
  /** That quantile over time, in milliseconds, at some of the chart's times; null if it is drawn anyway, or not known. */
  line: readonly (number | null)[] | null;
  /** The same of the other run. */
  otherLine: readonly (number | null)[] | null;
}

/** Room that a chart has above for what the mark says, in CSS pixels: lines are not written over. */
export const SLOW_HEAD_PX = 22;
/** Above the marks of events. */
const BASELINE_PX = 8;

/** What the thick line is, for a legend. */
export function slowEntry(name: string): HTMLElement {
  return h(
    "span",
    { class: "legend-entry" },
    h("span", { class: "swatch swatch-slow" }),
    name.replaceAll(" ", "\u00a0"),
  );
}

/** Draws it upon a chart; `when` is how the chart tells the begin. */
export function drawSlow(plot: uPlot, { name, than, fromS, toS }: SlowMark, when: string, palette: Palette): void {
  const { ctx, bbox } = plot;
  const pixel = devicePixelRatio;
  const end = bbox.left + bbox.width;
  const from = Math.round(Math.max(plot.valToPos(fromS, "x", true), bbox.left));
  const to = toS === null ? end : Math.min(plot.valToPos(toS, "x", true), end);
  if (to <= from) return;
  ctx.save();
  ctx.fillStyle = palette.ink;
  ctx.fillRect(from, bbox.top, pixel, bbox.height);
  ctx.fillRect(from, bbox.top, to - from, 2 * pixel);
  ctx.font = `600 ${11 * pixel}px ${palette.font.replace(/^\S+ /, "")}`;
  ctx.textBaseline = "alphabetic";
  // Along the slow span; where that is too short, before it; where there is no room for all, the name alone.
  const [after, before] = [end - from, from - bbox.left];
  const fits = (text: string, room: number) => ctx.measureText(text).width <= room;
  const texts = [`↗ ${name} ${than} from ${when}`, `↗ ${name}`, "↗"];
  const text = texts.find((each) => fits(each, Math.max(after, before)));
  if (text !== undefined) {
    const isAfter = fits(text, after);
    ctx.textAlign = isAfter ? "left" : "right";
    ctx.fillText(text, isAfter ? from : from + pixel, bbox.top - BASELINE_PX * pixel);
  }
  ctx.restore();
}
