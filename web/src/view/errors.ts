/** The table of errors: one row for each way in which an endpoint fails, and its messages. */

import type { ErrorLine, Moment } from "../model/failing";
import { clock, formatCount, NOTHING_SHOWN } from "../model/format";
import { unbroken } from "../model/unbroken";
import { fill, h, number } from "./dom";
import { type Column, Grid } from "./grid";

/** What the table shows. */
export interface ErrorsData {
  lines: readonly ErrorLine[];
  /** Endpoints that the page is focused on; of the others nothing is shown. Empty: of all. */
  focused: ReadonlySet<string>;
  /** What the other run is called, if there is one. */
  otherName: string | null;
  /** What stands there without any line. */
  empty: string;
}

/** See the head of this file. */
export class ErrorsTable {
  readonly grid: Grid<ErrorLine>;
  /** Says whose errors these are, and leads back to all. */
  readonly focus = h("span", { class: "focus", hidden: true });
  private otherName: string | null = null;
  private shownFocus = "";

  constructor(
    onPick: (endpointKey: string, adds: boolean) => void,
    private readonly onAll: () => void,
  ) {
    this.grid = new Grid<ErrorLine>({
      label: "Errors",
      class: "errors",
      keyOf: (row) => row.key,
      selectedBy: (row) => row.endpointKey,
      onPick: (row, adds) => onPick(row.endpointKey, adds),
      sort: "count",
      visibleRows: 8,
      columns: this.columns(),
    });
  }

  /** Draws. */
  show({ lines, focused, otherName, empty }: ErrorsData): void {
    if (otherName !== this.otherName) {
      this.otherName = otherName;
      this.grid.setColumns(this.columns());
      this.grid.element.classList.toggle("has-other", otherName !== null);
    }
    const shown = focused.size === 0 ? lines : lines.filter((line) => focused.has(line.endpointKey));
    this.showFocus(focused, lines.length - shown.length);
    const names = [...focused].map(unbroken).join(", ");
    this.grid.show(shown, focused, focused.size === 0 ? empty : `${empty} of ${names}`);
  }

  private showFocus(focused: ReadonlySet<string>, hidden: number): void {
    const text = JSON.stringify([[...focused], hidden]);
    if (text === this.shownFocus) return;
    this.shownFocus = text;
    this.focus.hidden = focused.size === 0;
    const all = h("button", { type: "button", class: "button small" }, "Errors of all endpoints");
    if (hidden > 0) all.append(` (${formatCount(hidden)}\u00a0more)`);
    all.addEventListener("click", () => this.onAll());
    fill(this.focus, h("span", { class: "cut muted" }, `of ${[...focused].join(", ")}`), all);
  }

  private columns(): Column<ErrorLine>[] {
    const before: Column<ErrorLine> = {
      key: "before",
      label: "was",
      title: `In the same range of ${this.otherName}`,
      class: "cell-number cell-count cell-before",
      isDescending: true,
      value: (row) => row.before,
      cell: (row) =>
        number({ ...NOTHING_SHOWN, whole: row.before === null ? "–" : formatCount(row.before) }, row.before),
    };
    return [
      { key: "kind", label: "kind", class: "cell-kind", value: (row) => row.kind, cell: (row) => text(row.kind) },
      {
        key: "endpoint",
        label: "endpoint",
        class: "cell-endpoint",
        value: (row) => row.endpointKey,
        cell: (row) => text(row.endpointKey),
      },
      {
        key: "count",
        label: "count",
        class: "cell-number cell-count",
        isDescending: true,
        value: (row) => row.count,
        cell: (row) => number({ ...NOTHING_SHOWN, whole: formatCount(row.count) }, row.count),
      },
      ...(this.otherName === null ? [] : [before]),
      {
        key: "first",
        label: "first",
        title: "In the shown range",
        class: "cell-time",
        value: (row) => row.first?.fromS ?? null,
        cell: (row) => time(row.first),
      },
      {
        key: "last",
        label: "last",
        title: "In the shown range",
        class: "cell-time",
        value: (row) => row.last?.fromS ?? null,
        cell: (row) => time(row.last),
      },
      { key: "sample", label: "message", class: "cell-sample", cell: (row) => sample(row) },
    ];
  }
}

function text(value: string): Node {
  return h("span", { class: "cut", title: value }, value);
}

function time(moment: Moment | null): Node | string {
  if (moment === null) return "–";
  const { fromS, toS } = moment;
  const iso = (second: number) => new Date(second * 1000).toISOString();
  const title = toS - fromS === 1 ? iso(fromS) : `between ${iso(fromS)} and ${iso(toS)}`;
  return h("span", { "data-raw": String(fromS), title }, clock(fromS));
}

function sample({ messages }: ErrorLine): Node {
  const [most, ...others] = messages;
  if (most === undefined) return h("span", { class: "muted" }, "no message");
  const all = messages.slice(0, 20).map((row) => `${formatCount(row.count)} × ${row.message}`);
  const more = others.length > 0 ? ` (+${others.length} more)` : "";
  return h("span", { class: "cut", title: all.join("\n") }, `${most.message || most.sample || "–"}${more}`);
}
