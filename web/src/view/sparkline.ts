/** A small line without axes. */

const NAMESPACE = "http://www.w3.org/2000/svg";
const WIDTH = 104;
const HEIGHT = 20;

/**
 * An element for points. A drawing of lines, not a canvas: a table of canvases is as many layers to put together at each
 * change of the page, and this one has its colours from the style sheet.
 */
export function sparkline(): SVGSVGElement {
  const element = svg("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
  element.append(svg("path", { class: "spark-line" }), svg("circle", { class: "spark-end", r: "0" }));
  return element;
}

/** Draws `points`, from zero to the highest; nulls are gaps. */
export function drawSparkline(element: SVGSVGElement, points: readonly (number | null)[]): void {
  const most = points.reduce<number>((high, point) => Math.max(high, point ?? 0), 0);
  const [line, end] = element.children;
  const x = (place: number) => (1 + (place / Math.max(1, points.length - 1)) * (WIDTH - 4)).toFixed(1);
  const y = (value: number) => (HEIGHT - 2 - (value / (most || 1)) * (HEIGHT - 4)).toFixed(1);
  let path = "";
  points.forEach((point, place) => {
    if (point === null || most === 0) return;
    const isOn = place > 0 && points[place - 1] !== null;
    path += `${isOn ? "L" : "M"}${x(place)} ${y(point)}`;
  });
  line?.setAttribute("d", path);
  const last = points[points.length - 1] ?? null;
  end?.setAttribute("r", last === null || most === 0 ? "0" : "1.75");
  end?.setAttribute("cx", x(points.length - 1));
  end?.setAttribute("cy", y(last ?? 0));
}

function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, string>,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
