/** A small line without axes. */

import { h } from "./dom";
import type { Palette } from "./theme";

const WIDTH = 104;
const HEIGHT = 20;

/** Draws points on a canvas of its own; nulls are gaps. */
export function sparkline(): HTMLCanvasElement {
  return h("canvas", { class: "spark", width: WIDTH, height: HEIGHT, "aria-hidden": "true" });
}

/** Draws `points` on a sparkline, from zero to the highest. */
export function drawSparkline(
  canvas: HTMLCanvasElement,
  points: readonly (number | null)[],
  palette: Palette,
  color = palette.quantiles[3] ?? palette.ink,
): void {
  const ratio = devicePixelRatio;
  canvas.width = WIDTH * ratio;
  canvas.height = HEIGHT * ratio;
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.scale(ratio, ratio);
  const most = points.reduce<number>((high, point) => Math.max(high, point ?? 0), 0);
  if (most === 0 || points.length === 0) return;
  const x = (place: number) => 1 + (place / Math.max(1, points.length - 1)) * (WIDTH - 4);
  const y = (value: number) => HEIGHT - 2 - (value / most) * (HEIGHT - 4);
  context.strokeStyle = color;
  context.lineWidth = 1.25;
  context.lineJoin = "round";
  context.beginPath();
  let isOn = false;
  points.forEach((point, place) => {
    if (point === null) {
      isOn = false;
      return;
    }
    if (isOn) context.lineTo(x(place), y(point));
    else context.moveTo(x(place), y(point));
    isOn = true;
  });
  context.stroke();
  const last = points[points.length - 1];
  if (last === null || last === undefined) return;
  context.fillStyle = color;
  context.beginPath();
  context.arc(x(points.length - 1), y(last), 1.75, 0, 2 * Math.PI);
  context.fill();
}
