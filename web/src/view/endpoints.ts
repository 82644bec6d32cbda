/** The table of endpoints: figures of the shown range, a trend, and shifts against another run. */

import type { Shift } from "../model/comparison";
import type { EndpointFigures } from "../model/figures";
import {
  formatBytes,
  formatCount,
  formatMs,
  formatPercent,
  formatRate,
  formatShift,
  NOTHING_SHOWN,
} from "../model/format";
import { exactMs, h, number, numberIn } from "./dom";
import { type Column, Grid } from "./grid";
import { drawSparkline, sparkline } from "./sparkline";

/** Since when an endpoint is slower than in the other run. */
export interface Since {
  /** Unix second. */
  fromS: number;
  inWords: string;
}

/** The endpoint that the page names as slow. */
export interface SlowEndpoint {
  key: string;
  /** Since when, by what. */
  inWords: string;
}

/** What the table shows. */
export interface EndpointsData {
  rows: readonly EndpointFigures[];
  /** By key, if there is another run. */
  shifts: ReadonlyMap<string, Shift> | null;
  /** By key: since when an endpoint is slower than in the other run, in words; null while that is not known. */
  slowerSince: ReadonlyMap<string, Since> | null;
  selected: ReadonlySet<string>;
  search: string;
  empty: string;
}

/** What the table asks for. */
export interface EndpointsHandlers {
  onPick(key: string, adds: boolean): void;
  onSort(sort: string | null): void;
  /** These came into view: their trends are wanted. */
  onVisible(rows: readonly EndpointFigures[]): void;
  /** The trend of an endpoint, if it is known by now. */
  trendOf(key: string): readonly (number | null)[] | undefined;
}

type Milliseconds = "p50Ms" | "p95Ms" | "p99Ms" | "p999Ms" | "maxMs";

/** Sorted by this at first: what costs most time comes first. */
export const DEFAULT_SORT = "requests";

/** Shifts of a few percent do not fill a bar. */
const MIN_SCALE = 0.1;

/** See the head of this file. */
export class EndpointsTable {
  readonly grid: Grid<EndpointFigures>;
  private shifts: ReadonlyMap<string, Shift> | null = null;
  private slowerSince: EndpointsData["slowerSince"] = null;
  private largestShift = 1;
  private slow: SlowEndpoint | null = null;

  constructor(
    private readonly handlers: EndpointsHandlers,
    sort: string | null,
  ) {
    this.grid = new Grid<EndpointFigures>({
      label: "Endpoints",
      class: "endpoints",
      columns: this.columns(),
      keyOf: (row) => row.endpoint.key,
      onPick: (row, adds) => handlers.onPick(row.endpoint.key, adds),
      onSort: (chosen) => handlers.onSort(chosen),
      onVisible: (rows) => handlers.onVisible(rows),
      sort: sort ?? DEFAULT_SORT,
      visibleRows: 14,
    });
  }

  /** Draws trends that have come since. */
  showTrends(): void {
    this.grid.refresh("trend");
  }

  /** Marks the endpoint that the page names as slow. */
  markSlow(slow: SlowEndpoint | null): void {
    if (slow?.key === this.slow?.key && slow?.inWords === this.slow?.inWords) return;
    this.slow = slow;
    this.grid.refresh("name");
  }

  /** Draws. */
  show({ rows, shifts, slowerSince, selected, search, empty }: EndpointsData): void {
    if (shifts !== this.shifts || slowerSince !== this.slowerSince) this.grid.outdate();
    const isOther = (shifts === null) !== (this.shifts === null);
    this.shifts = shifts;
    this.slowerSince = slowerSince;
    // Before anything is drawn: all bars have one scale.
    this.largestShift = largestOf(shifts);
    if (isOther) {
      this.grid.setColumns(this.columns());
      this.grid.element.classList.toggle("has-shifts", shifts !== null);
      if (shifts !== null) this.grid.setSort("shift-p95");
      else this.grid.setSort(DEFAULT_SORT);
    }
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter((row) => words.every((word) => row.endpoint.key.toLowerCase().includes(word)));
    this.grid.show(found, selected, words.length > 0 && rows.length > 0 ? `No endpoint is called “${search}”` : empty);
  }

  private columns(): Column<EndpointFigures>[] {
    const ms = (key: Milliseconds, label: string, name: string): Column<EndpointFigures> => ({
      key: label,
      label,
      class: `cell-number cell-${name}`,
      isDescending: true,
      value: (row) => row[key],
      cell: (row, before) => numberIn(before, formatMs(row[key]), row[key], exactMs(row[key])),
    });
    const shift = (key: "p50" | "p95" | "p99"): Column<EndpointFigures> => ({
      key: `shift-${key}`,
      label: `Δ ${key}`,
      title: `${key} against the other run`,
      class: "cell-shift",
      isDescending: true,
      value: (row) => this.shifts?.get(row.endpoint.key)?.[key] ?? null,
      cell: (row) => this.shiftCell(row, key),
    });
    const columns: Column<EndpointFigures>[] = [
      {
        key: "method",
        label: "method",
        class: "cell-method",
        value: (row) => row.endpoint.method,
        cell: (row) => row.endpoint.method,
      },
      {
        key: "name",
        label: "name",
        class: "cell-name",
        value: (row) => row.endpoint.name,
        cell: (row) => this.nameCell(row),
      },
      {
        key: "requests",
        label: "requests",
        class: "cell-number cell-requests",
        isDescending: true,
        value: (row) => row.requests,
        cell: (row, before) => numberIn(before, { ...NOTHING_SHOWN, whole: formatCount(row.requests) }, row.requests),
      },
      {
        key: "rate",
        label: "rate",
        class: "cell-number cell-rate",
        isDescending: true,
        value: (row) => row.rate,
        cell: (row, before) => numberIn(before, formatRate(row.rate), row.rate, `${row.rate} requests a second`),
      },
      {
        key: "fail",
        label: "fail %",
        class: "cell-number cell-fail",
        isDescending: true,
        value: (row) => row.failureShare,
        cell: (row, before) => {
          const text = `${formatCount(row.failures)} of ${formatCount(row.requests)} requests failed`;
          const cell = numberIn(before, formatPercent(row.failureShare), row.failureShare, text);
          cell.classList.toggle("is-failure", row.failures > 0);
          cell.classList.toggle("is-none", row.failures === 0);
          return cell;
        },
      },
      ms("p50Ms", "p50", "p50"),
      ms("p95Ms", "p95", "p95"),
      ms("p99Ms", "p99", "p99"),
    ];
    const since: Column<EndpointFigures> = {
      key: "since",
      label: "slower",
      title: "Since when it is slower than in the other run, from where both are laid upon each other",
      class: "cell-since",
      value: (row) => this.slowerSince?.get(row.endpoint.key)?.fromS ?? null,
      cell: (row) => {
        const text = this.slowerSince?.get(row.endpoint.key)?.inWords ?? "";
        return h("span", { class: "cut", title: text }, text);
      },
    };
    if (this.shifts !== null) return [...columns, shift("p50"), shift("p95"), shift("p99"), since];
    return [
      ...columns,
      ms("p999Ms", "p99.9", "p999"),
      ms("maxMs", "max", "max"),
      {
        key: "bytes",
        label: "bytes",
        title: "Bytes of a response, on average",
        class: "cell-number cell-bytes",
        isDescending: true,
        value: (row) => row.bytesEach,
        cell: (row, before) =>
          numberIn(before, formatBytes(row.bytesEach), row.bytesEach, `${row.bytesEach} B on average`),
      },
      {
        key: "trend",
        label: "p95 trend",
        title: "p95 over the shown range",
        class: "cell-trend",
        cell: (row, before) => {
          const line = before instanceof SVGSVGElement ? before : sparkline();
          drawSparkline(line, this.handlers.trendOf(row.endpoint.key) ?? []);
          return line;
        },
      },
    ];
  }

  private nameCell({ endpoint }: EndpointFigures): Node {
    const slow = this.slow?.key === endpoint.key ? this.slow.inWords : null;
    const cell = h(
      "span",
      { class: "cut", title: slow === null ? endpoint.name : `${endpoint.name}\n${slow}` },
      h("span", { class: "narrow-method" }, `${endpoint.method} `),
      endpoint.name,
    );
    cell.classList.toggle("is-slow", slow !== null);
    return cell;
  }

  /** The shift in words, and as a bar around zero. */
  private shiftCell(row: EndpointFigures, key: "p50" | "p95" | "p99"): Node {
    const shift = this.shifts?.get(row.endpoint.key);
    const ratio = shift?.[key] ?? null;
    if (shift?.before == null) return h("span", { class: "muted" }, key === "p50" ? "new" : "–");
    const beforeMs = shift.before[`${key}Ms`];
    const cell = number(
      formatShift(ratio),
      ratio,
      `${exactMs(beforeMs) ?? "nothing"} → ${exactMs(row[`${key}Ms`]) ?? "nothing"}`,
    );
    const bar = h("span", { class: "shift-bar", "aria-hidden": "true" }, h("span", { class: "shift-fill" }));
    if (ratio !== null && ratio > 0) {
      const size = Math.abs(Math.log(ratio)) / this.largestShift;
      bar.style.setProperty("--size", `${(size * 50).toFixed(1)}%`);
      bar.classList.add(ratio > 1 ? "is-slower" : "is-faster");
    }
    return h("span", { class: "shift" }, cell, bar);
  }
}

/** The largest of all shifts, as the logarithm of a ratio: what fills half of a bar. */
function largestOf(shifts: ReadonlyMap<string, Shift> | null): number {
  let largest = MIN_SCALE;
  for (const { p50, p95, p99 } of shifts?.values() ?? [])
    for (const ratio of [p50, p95, p99])
      if (ratio !== null && ratio > 0) largest = Math.max(largest, Math.abs(Math.log(ratio)));
  return largest;
}
