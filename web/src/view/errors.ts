/** The table of errors: one row for each way in which an endpoint fails, and its messages. */

import type { EndpointFigures } from "../model/figures";
import { clock, formatCount, NOTHING_SHOWN } from "../model/format";
import type { Run } from "../model/run";
import type { ErrorRow } from "../model/wire";
import { h, number } from "./dom";
import { Grid } from "./grid";

/** One failing series in the shown range. */
interface ErrorLine {
  id: number;
  kind: string;
  endpointKey: string;
  count: number;
  firstS: number | null;
  lastS: number | null;
  messages: readonly ErrorRow[];
}

/** See the head of this file. */
export class ErrorsTable {
  readonly grid: Grid<ErrorLine>;

  constructor(onPick: (endpointKey: string, adds: boolean) => void) {
    this.grid = new Grid<ErrorLine>({
      label: "Errors",
      class: "errors",
      keyOf: (row) => String(row.id),
      selectedBy: (row) => row.endpointKey,
      onPick: (row, adds) => onPick(row.endpointKey, adds),
      sort: "count",
      visibleRows: 8,
      columns: [
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
        {
          key: "first",
          label: "first",
          title: "In the whole run",
          class: "cell-time",
          value: (row) => row.firstS,
          cell: (row) => time(row.firstS),
        },
        {
          key: "last",
          label: "last",
          title: "In the whole run",
          class: "cell-time",
          value: (row) => row.lastS,
          cell: (row) => time(row.lastS),
        },
        { key: "sample", label: "message", class: "cell-sample", cell: (row) => sample(row) },
      ],
    });
  }

  /** Draws; counts are those of the range, messages those of the run. */
  show(run: Run, rows: readonly EndpointFigures[], selected: ReadonlySet<string>, isWhole: boolean): void {
    const lines: ErrorLine[] = [];
    for (const { endpoint, failing } of rows) {
      for (const { series, requests } of failing) {
        const messages = [...(run.errors.get(series.id) ?? [])].sort((a, b) => b.count - a.count);
        lines.push({
          id: series.id,
          kind: series.failureKind ?? "",
          endpointKey: endpoint.key,
          count: requests,
          firstS: messages.length > 0 ? Math.min(...messages.map((row) => row.first_s)) : null,
          lastS: messages.length > 0 ? Math.max(...messages.map((row) => row.last_s)) : null,
          messages,
        });
      }
    }
    this.grid.show(lines, selected, isWhole ? "No failures" : "No failures in this range");
  }
}

function text(value: string): Node {
  return h("span", { class: "cut", title: value }, value);
}

function time(second: number | null): Node | string {
  return second === null
    ? "–"
    : h("span", { "data-raw": String(second), title: new Date(second * 1000).toISOString() }, clock(second));
}

function sample({ messages }: ErrorLine): Node {
  const [most, ...others] = messages;
  if (most === undefined) return h("span", { class: "muted" }, "no message");
  const all = messages.slice(0, 20).map((row) => `${formatCount(row.count)} × ${row.message}`);
  const more = others.length > 0 ? ` (+${others.length} more)` : "";
  return h("span", { class: "cut", title: all.join("\n") }, `${most.message || most.sample || "–"}${more}`);
}
