/** The figures that are looked at first, large. */

import { LAST_S } from "../model/evidence";
import type { Figures } from "../model/figures";
import { formatCount, formatMs, formatPercent, formatRate, plain, type Shown, shiftInBrief } from "../model/format";
import { reasonsInWords, type Trust } from "../model/seconds";
import type { TrustPart } from "../model/trusted";
import { unbroken } from "../model/unbroken";
import { exactMs, fill, h, showNumber } from "./dom";
import { showTrust, trustStrip } from "./trust";

/** What the tiles show. */
export interface TilesData {
  figures: Figures;
  /** Of the last {@link LAST_S} seconds, while a run is on. */
  now: Figures | null;
  /** Of the other run. */
  before: Figures | null;
  trust: Trust;
  reasons: number;
  /** The range by trust. */
  trustParts: readonly TrustPart[];
}

interface Tile {
  element: HTMLElement;
  value: HTMLElement;
  note: HTMLElement;
}

function tile(label: string, name: string): Tile {
  const value = h("span", { class: "tile-value num", "data-tile": name });
  const note = h("span", { class: "tile-note" });
  return {
    element: h("div", { class: `tile tile-${name}` }, h("span", { class: "tile-label" }, label), value, note),
    value,
    note,
  };
}

/** See the head of this file. */
export class Tiles {
  readonly element: HTMLElement;
  private readonly rate = tile("rate", "rate");
  private readonly failures = tile("failures", "failures");
  private readonly p50 = tile("p50", "p50");
  private readonly p95 = tile("p95", "p95");
  private readonly p99 = tile("p99", "p99");
  private readonly max = tile("max", "max");
  private readonly confidence = tile("confidence", "confidence");
  private readonly bars = trustStrip();

  constructor() {
    this.confidence.element.insertBefore(this.bars, this.confidence.note);
    const { rate, failures, p50, p95, p99, max, confidence } = this;
    this.element = h("section", { class: "tiles", "aria-label": "Figures of the shown range" });
    for (const { element } of [rate, failures, p50, p95, p99, max, confidence]) this.element.append(element);
  }

  /** Draws. */
  show({ figures, now, before, trust, reasons, trustParts }: TilesData): void {
    const ms = (target: Tile, name: "p50Ms" | "p95Ms" | "p99Ms" | "maxMs") => {
      showNumber(target.value, formatMs(figures[name]), figures[name], exactMs(figures[name]));
      this.note(target, now && formatMs(now[name]), before && [formatMs(before[name]), figures[name], before[name]]);
    };
    showNumber(this.rate.value, formatRate(figures.rate), figures.rate, `${formatCount(figures.requests)} requests`);
    this.note(
      this.rate,
      now && formatRate(now.rate),
      before && [formatRate(before.rate), figures.rate, before.rate],
      `${formatCount(figures.requests)} in all`,
    );
    const failed = `${formatCount(figures.failures)} of ${formatCount(figures.requests)} requests failed`;
    showNumber(this.failures.value, formatPercent(figures.failureShare), figures.failureShare, failed);
    this.failures.value.classList.toggle("is-failure", figures.failures > 0);
    this.note(
      this.failures,
      now && formatPercent(now.failureShare),
      before && [formatPercent(before.failureShare), null, null],
      `${formatCount(figures.failures)} failed`,
    );
    ms(this.p50, "p50Ms");
    ms(this.p95, "p95Ms");
    ms(this.p99, "p99Ms");
    ms(this.max, "maxMs");
    const share = trust.seconds > 0 ? 1 - trust.suspectSeconds / trust.seconds : null;
    const isSuspect = trust.suspectSeconds > 0;
    const why = isSuspect
      ? unbroken(`${trust.suspectSeconds} of ${trust.seconds} s suspect: ${reasonsInWords(reasons)}`)
      : "";
    showNumber(this.confidence.value, formatPercent(share), share, why || "no second is suspect");
    this.confidence.value.classList.toggle("suspect", isSuspect);
    this.confidence.note.textContent = share === null ? "" : isSuspect ? why : "trusted";
    this.confidence.note.title = why;
    showTrust(this.bars, trustParts);
  }

  /** Below the figure: how it was in the other run, or is now, or what it is made of. */
  private note(
    target: Tile,
    now: Shown | null,
    before: [Shown, number | null, number | null] | null,
    otherwise = "",
  ): void {
    let told = [now === null ? otherwise : `last ${LAST_S} s ${plain(now)}`];
    if (before !== null) {
      const [shown, value, other] = before;
      told = [`was ${plain(shown)}`, ...(value !== null && other ? [shiftInBrief(value / other)] : [])];
    }
    // Each stays whole where there is not room for both on one line.
    if (target.note.textContent !== told.join(""))
      fill(target.note, ...told.map((part) => part !== "" && h("span", {}, part)));
  }
}
