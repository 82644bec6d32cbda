/** The list of runs: search, figures, and the trend of each test plan. */

import {
  dateAndClock,
  formatCount,
  formatDuration,
  formatMs,
  formatPercent,
  formatRate,
  NOTHING_SHOWN,
} from "../model/format";
import { endedLengthS } from "../model/history";
import type { RunRow } from "../model/wire";
import { openDialog } from "./dialog";
import { exactMs, fill, h, number } from "./dom";
import { Grid } from "./grid";
import { drawSparkline, sparkline } from "./sparkline";

/** What the dialog needs. */
export interface RunsOptions {
  title: string;
  /** The run that is shown: marked, and not offered for a comparison. */
  currentRunId: string;
  search: string;
  find(search: string): Promise<RunRow[]>;
  onPick(row: RunRow): void;
}

function ms(value: (row: RunRow) => number | null, label: string) {
  return {
    key: label,
    label,
    class: "cell-number cell-ms",
    isDescending: true,
    value,
    cell: (row: RunRow) => number(formatMs(value(row)), value(row), exactMs(value(row))),
  };
}

/** Opens the list. */
export function openRuns(options: RunsOptions): void {
  const { dialog, body } = openDialog(options.title, "runs-dialog");
  const search = h("input", {
    type: "search",
    class: "search",
    placeholder: "Search test plan, run or note",
    "aria-label": "Search runs",
    value: options.search,
  });
  const trends = h("div", { class: "trends" });
  const error = h("p", { class: "error-text", role: "alert" });
  const grid = new Grid<RunRow>({
    label: "Runs",
    class: "runs",
    keyOf: (row) => row.run_id,
    onPick: (row) => {
      dialog.close();
      options.onPick(row);
    },
    sort: "started",
    visibleRows: 14,
    columns: [
      {
        key: "started",
        label: "started",
        class: "cell-started",
        isDescending: true,
        value: (row) => row.started_unix_ns,
        cell: (row) => (row.started_unix_ns === null ? "–" : started(row.started_unix_ns / 1e9)),
      },
      {
        key: "plan",
        label: "test plan",
        class: "cell-plan",
        value: (row) => row.testplan,
        cell: (row) => plan(row, options.currentRunId),
      },
      { key: "state", label: "state", class: "cell-state", value: (row) => row.state, cell: (row) => row.state },
      {
        key: "length",
        label: "length",
        class: "cell-length",
        isDescending: true,
        value: endedLengthS,
        cell: (row) => length(row),
      },
      {
        key: "users",
        label: "users",
        class: "cell-number cell-users",
        isDescending: true,
        value: (row) => row.users_max,
        cell: (row) =>
          number({ ...NOTHING_SHOWN, whole: row.users_max === null ? "–" : formatCount(row.users_max) }, row.users_max),
      },
      {
        key: "rate",
        label: "rate",
        class: "cell-number cell-rate",
        isDescending: true,
        value: (row) => rate(row),
        cell: (row) => number(formatRate(rate(row)), rate(row)),
      },
      {
        key: "fail",
        label: "fail %",
        class: "cell-number cell-fail",
        isDescending: true,
        value: (row) => failureShare(row),
        cell: (row) => {
          const cell = number(formatPercent(failureShare(row)), failureShare(row));
          if ((row.failures ?? 0) > 0) cell.classList.add("is-failure");
          return cell;
        },
      },
      ms((row) => row.p50_ms, "p50"),
      ms((row) => row.p95_ms, "p95"),
      ms((row) => row.p99_ms, "p99"),
      {
        key: "suspect",
        label: "suspect",
        class: "cell-suspect",
        isDescending: true,
        value: (row) => row.suspect_seconds,
        cell: (row) =>
          row.suspect_seconds
            ? h("span", { class: "suspect" }, `${row.suspect_seconds} s`)
            : h("span", { class: "muted" }, "–"),
      },
    ],
  });
  let asked = 0;
  const load = async () => {
    asked += 1;
    const mine = asked;
    try {
      const rows = await options.find(search.value.trim());
      if (mine !== asked) return;
      error.textContent = "";
      grid.show(
        rows,
        new Set([options.currentRunId]),
        search.value.trim() === "" ? "No run is stored yet" : "No run is called so",
      );
      fill(trends, ...trendsOf(rows));
    } catch (reason) {
      error.textContent = reason instanceof Error ? reason.message : String(reason);
    }
  };
  search.addEventListener("input", () => void load());
  body.append(search, trends, grid.element, error);
  search.focus();
  void load();
}

function started(unixS: number): Node {
  const text = dateAndClock(unixS);
  // A narrow screen has no room for the year.
  return h("span", { title: text }, h("span", { class: "year" }, text.slice(0, 5)), text.slice(5));
}

function plan(row: RunRow, currentRunId: string): Node {
  const mark = row.run_id === currentRunId ? h("span", { class: "label" }, "shown") : null;
  const note = row.notes ? h("span", { class: "muted run-note" }, ` ${row.notes}`) : null;
  return h(
    "span",
    { class: "cut", title: `${row.testplan} · run ${row.run_id}${row.notes ? ` · ${row.notes}` : ""}` },
    h("span", { class: "run-plan" }, row.testplan),
    " ",
    h("span", { class: "muted" }, row.run_id.slice(0, 8)),
    mark && " ",
    mark,
    note,
  );
}

function length(row: RunRow): string {
  const seconds = endedLengthS(row);
  return seconds === null ? "–" : formatDuration(seconds);
}

function rate(row: RunRow): number | null {
  const seconds = endedLengthS(row);
  return seconds === null || seconds === 0 || row.requests === null ? null : row.requests / seconds;
}

function failureShare(row: RunRow): number | null {
  return row.requests === null || row.requests === 0 ? null : (row.failures ?? 0) / row.requests;
}

/** p95 of the runs of each test plan, oldest first. */
function trendsOf(rows: readonly RunRow[]): HTMLElement[] {
  const byPlan = new Map<string, RunRow[]>();
  for (const row of rows) byPlan.set(row.testplan, [...(byPlan.get(row.testplan) ?? []), row]);
  return [...byPlan]
    .filter(([, mine]) => mine.length > 1)
    .slice(0, 6)
    .map(([name, mine]) => {
      const ordered = mine.toSorted((a, b) => (a.started_unix_ns ?? 0) - (b.started_unix_ns ?? 0)).slice(-40);
      const line = sparkline();
      drawSparkline(
        line,
        ordered.map((row) => row.p95_ms),
      );
      const last = ordered[ordered.length - 1]?.p95_ms ?? null;
      return h(
        "figure",
        { class: "trend" },
        h(
          "figcaption",
          {},
          h("span", { class: "cut", title: name }, name),
          h("span", { class: "muted" }, `p95 of ${ordered.length} runs`.replaceAll(" ", "\u00a0")),
        ),
        line,
        number(formatMs(last), last, exactMs(last)),
      );
    });
}
