/** The line that stays in view: which range, which selection. */

import { clock, formatDuration } from "../model/format";
import type { Range } from "../model/range";
import type { Selection } from "../model/selection";
import { fill, h, setText } from "./dom";

/** What the line shows. */
export interface ToolbarData {
  shown: Range | null;
  whole: Range | null;
  steadyFromS: number | null;
  /** How long the run was on in what is shown. */
  lengthS: number;
  /** Slots that ranges snap to, where that is not one second. */
  snapS: number;
  selection: Selection;
  /** What `whole` is called: a report may be of a range of its run. */
  wholeName: string;
  isBusy: boolean;
}

/** What the line asks for. */
export interface ToolbarHandlers {
  onRange(range: Range | null): void;
  onSelection(kind: "endpoint" | "worker", key: string): void;
}

/** See the head of this file. */
export class Toolbar {
  readonly element: HTMLElement;
  private readonly range = h("span", { class: "range", "aria-live": "polite" });
  private readonly whole = h("button", { type: "button", class: "button small" });
  private readonly steady = h(
    "button",
    { type: "button", class: "button small", "aria-pressed": "false" },
    "Without ramp-up",
  );
  private readonly chips = h("span", { class: "chips" });
  private readonly busy = h("span", { class: "busy", hidden: true }, "loading…");
  private data: ToolbarData | null = null;
  private shownChips = "";

  constructor(private readonly handlers: ToolbarHandlers) {
    this.whole.addEventListener("click", () => handlers.onRange(null));
    this.steady.addEventListener("click", () => {
      const { whole, steadyFromS, shown } = this.data ?? {};
      if (whole == null || steadyFromS == null) return;
      handlers.onRange(shown?.fromS === steadyFromS ? null : { fromS: steadyFromS, toS: whole.toS });
    });
    this.element = h(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "Range and selection" },
      this.range,
      this.whole,
      this.steady,
      this.chips,
      this.busy,
    );
  }

  /** Draws. */
  show(data: ToolbarData): void {
    this.data = data;
    const { shown, whole, steadyFromS, lengthS, snapS, selection, wholeName } = data;
    const range = shown ?? whole;
    const snapped = snapS > 1 ? `, in steps of ${formatDuration(snapS)}` : "";
    if (range === null) setText(this.range, "");
    else if (shown === null) setText(this.range, `${wholeName}, ${formatDuration(lengthS)}${snapped}`);
    else setText(this.range, `${clock(shown.fromS)} – ${clock(shown.toS)}, ${formatDuration(lengthS)}${snapped}`);
    this.range.classList.toggle("is-chosen", shown !== null);
    this.whole.hidden = shown === null;
    setText(this.whole, wholeName);
    this.steady.hidden =
      steadyFromS === null || whole === null || steadyFromS <= whole.fromS || steadyFromS >= whole.toS;
    this.steady.setAttribute(
      "aria-pressed",
      String(shown !== null && shown.fromS === steadyFromS && shown.toS === whole?.toS),
    );
    this.busy.hidden = !data.isBusy;
    this.showChips(selection);
  }

  /** Nothing is being fetched any more, be it that it came or that it could not be had. */
  endBusy(): void {
    this.busy.hidden = true;
  }

  private showChips(selection: Selection): void {
    const text = JSON.stringify(selection);
    if (text === this.shownChips) return;
    this.shownChips = text;
    const { kind } = selection;
    if (kind === "all") {
      fill(this.chips, h("span", { class: "of-all" }, "all endpoints"));
      return;
    }
    fill(
      this.chips,
      ...selection.keys.map((key) => {
        const chip = h(
          "button",
          { type: "button", class: "chip", title: `${key}: click to show everything again` },
          h("span", { class: "cut" }, key),
          " ✕",
        );
        chip.addEventListener("click", () => this.handlers.onSelection(kind, key));
        return chip;
      }),
    );
  }
}
