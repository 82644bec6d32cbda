/** The line on another run that is laid over this one: which, at what moment, what changed, and what to mind. */

import type { Alignment } from "../model/comparison";
import { unbroken } from "../model/unbroken";
import { fill, h } from "./dom";

/** What the line says. */
export interface ComparisonData {
  name: string;
  alignment: Alignment;
  /** Empty while it is being worked out. */
  verdict: string;
  /** The endpoint that the verdict names; a click focuses it. */
  about: string | null;
  caveats: readonly string[];
}

/** What the line asks for. */
export interface ComparisonHandlers {
  onAlignment(alignment: Alignment): void;
  onCompareEnd(): void;
  onEndpoint(key: string): void;
}

/** See the head of this file. */
export class Comparison {
  readonly element = h("section", { class: "comparison", "aria-label": "Comparison", hidden: true });
  private shown = "";

  constructor(private readonly handlers: ComparisonHandlers) {}

  /** Draws; null: there is no other run. */
  show(data: ComparisonData | null): void {
    const text = JSON.stringify(data);
    if (text === this.shown) return;
    this.shown = text;
    this.element.hidden = data === null;
    if (data === null) {
      fill(this.element);
      return;
    }
    const { name, alignment, about, caveats } = data;
    const end = h(
      "button",
      { type: "button", class: "chip is-other", title: "End the comparison" },
      `against ${name} ✕`,
    );
    end.addEventListener("click", () => this.handlers.onCompareEnd());
    const align = h(
      "button",
      { type: "button", class: "button small", title: "What both runs are laid upon each other at" },
      alignment === "start" ? "since start" : "since all users spawned",
    );
    align.addEventListener("click", () => this.handlers.onAlignment(alignment === "start" ? "spawned" : "start"));
    const title = about === null ? undefined : `Focus ${about}`;
    const verdict = h("button", { type: "button", class: "other-verdict", title }, unbroken(data.verdict));
    verdict.disabled = about === null;
    verdict.addEventListener("click", () => about !== null && this.handlers.onEndpoint(about));
    const mind = caveats.length > 0 && h("span", { class: "caveats" }, `Mind: ${caveats.map(unbroken).join("; ")}`);
    fill(this.element, end, align, verdict, mind);
  }
}
