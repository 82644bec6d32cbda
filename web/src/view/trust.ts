/** A strip of trust: a bar for each part of a range, as wide as its seconds; low and amber where something is suspect. */

import { clock, formatCount } from "../model/format";
import { reasonsInWords } from "../model/seconds";
import type { TrustPart } from "../model/trusted";
import { fill, h } from "./dom";

/** An empty strip. */
export function trustStrip(): HTMLElement {
  return h("span", { class: "trust-bars", "aria-hidden": "true" });
}

/** Draws the parts of a range. */
export function showTrust(strip: HTMLElement, parts: readonly TrustPart[]): void {
  fill(
    strip,
    ...parts.map((part) => {
      const bar = h("span", { class: "trust-bar", title: inWords(part) });
      bar.classList.toggle("is-suspect", part.suspectSeconds > 0);
      bar.classList.toggle("is-unknown", part.seconds === 0);
      bar.style.setProperty("flex-grow", String(part.toS - part.fromS));
      return bar;
    }),
  );
}

function inWords({ fromS, toS, seconds, suspectSeconds, reasons }: TrustPart): string {
  const when = toS - fromS === 1 ? clock(fromS) : `${clock(fromS)} – ${clock(toS)}`;
  if (seconds === 0) return `${when}: nothing is known`;
  if (suspectSeconds === 0) return `${when}: trusted`;
  const much = seconds === 1 ? "suspect" : `${formatCount(suspectSeconds)} of ${formatCount(seconds)} s suspect`;
  return `${when}: ${much} (${reasonsInWords(reasons)})`;
}
