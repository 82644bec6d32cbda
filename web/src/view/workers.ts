/** The table of workers: state, load, and how far each can be trusted. */

import {
  clock,
  formatBytes,
  formatCount,
  formatMs,
  formatPercent,
  formatRate,
  NOTHING_SHOWN,
  plain,
} from "../model/format";
import type { Range } from "../model/range";
import { reasonsInWords } from "../model/seconds";
import type { WorkerSummary } from "../model/workers";
import { exactMs, h, number, setText } from "./dom";
import { Grid } from "./grid";
import { showTrust, trustStrip } from "./trust";

/** A worker of this run, or of the one that is laid over it. */
interface WorkerLine extends WorkerSummary {
  /** What the other run is called; null for this one. */
  ofRun: string | null;
}

/** What the table shows. */
export interface WorkersData {
  rows: readonly WorkerSummary[];
  /** Workers of the other run, and what it is called. */
  other: { name: string; rows: readonly WorkerSummary[] } | null;
  selected: ReadonlySet<string>;
  isLocal: boolean;
  /** The range of the figures if it is wider than the shown one. */
  told: Range | null;
}

/** See the head of this file. */
export class WorkersTable {
  readonly grid: Grid<WorkerLine>;
  /** Says which range the figures are of, where that is not the one that was asked for. */
  readonly note = h("span", { class: "muted" });

  constructor(onPick: (sourceId: string, adds: boolean) => void) {
    this.grid = new Grid<WorkerLine>({
      label: "Workers",
      class: "workers",
      keyOf: (row) => `${row.ofRun === null ? "" : "other "}${row.sourceId}`,
      // The other run's workers are there to be compared with.
      onPick: (row, adds) => row.ofRun === null && onPick(row.sourceId, adds),
      sort: null,
      visibleRows: 8,
      columns: [
        {
          key: "worker",
          label: "worker",
          class: "cell-worker",
          value: (row) => row.sourceId,
          cell: (row) => worker(row),
        },
        {
          key: "users",
          label: "users",
          class: "cell-number cell-users",
          isDescending: true,
          value: (row) => row.users,
          cell: (row) =>
            number({ ...NOTHING_SHOWN, whole: row.users === null ? "–" : formatCount(row.users) }, row.users),
        },
        {
          key: "rate",
          label: "rate",
          class: "cell-number cell-rate",
          isDescending: true,
          value: (row) => row.rate,
          cell: (row) => number(formatRate(row.rate), row.rate, `${row.rate} requests a second`),
        },
        {
          key: "cpu",
          label: "CPU",
          title: "Of one core: mean, and highest on hover",
          class: "cell-number cell-cpu",
          isDescending: true,
          value: (row) => row.cpuMeanPercent,
          cell: (row) => {
            const share = row.cpuMeanPercent === null ? null : row.cpuMeanPercent / 100;
            return number(formatPercent(share), row.cpuMeanPercent, `highest ${row.cpuMaxPercent?.toFixed(1)} %`);
          },
        },
        {
          key: "memory",
          label: "memory",
          class: "cell-number cell-memory",
          isDescending: true,
          value: (row) => row.memoryBytes,
          cell: (row) => number(formatBytes(row.memoryBytes), row.memoryBytes),
        },
        {
          key: "lag",
          label: "hub lag",
          title: "How late Locust's own loop was at most",
          class: "cell-number cell-lag",
          isDescending: true,
          value: (row) => row.hubLagMaxMs,
          cell: (row) => number(formatMs(row.hubLagMaxMs), row.hubLagMaxMs, exactMs(row.hubLagMaxMs)),
        },
        {
          key: "clock",
          label: "clock",
          title: "What its clock is off by",
          class: "cell-number cell-clock",
          value: (row) => row.clockOffsetMs,
          cell: (row) => offset(row),
        },
        {
          key: "trust",
          label: "trusted",
          title: "Seconds without a reason for doubt",
          class: "cell-trust",
          value: (row) => (row.seconds > 0 ? -row.suspectSeconds / row.seconds : null),
          isDescending: false,
          cell: (row) => trust(row),
        },
      ],
    });
  }

  /** Draws. */
  show({ rows, other, selected, isLocal, told }: WorkersData): void {
    setText(this.note, told === null ? "" : `${clock(told.fromS)} – ${clock(told.toS)}`);
    const empty = isLocal ? "This run has no workers: one process did everything" : "No worker has joined yet";
    const lines: WorkerLine[] = rows.map((row) => ({ ...row, ofRun: null }));
    for (const row of other?.rows ?? []) lines.push({ ...row, ofRun: other?.name ?? "" });
    // Of each name, this run's first: they are in the order in which they come.
    lines.sort((a, b) => a.sourceId.localeCompare(b.sourceId, "en", { numeric: true }));
    this.grid.show(lines, selected, empty);
  }
}

const STATE_MARKS: Record<string, string> = { running: "●", ready: "○", missing: "✕", back: "●", gone: "✕" };

function worker(row: WorkerLine): Node {
  if (row.ofRun !== null)
    return h("span", { class: "cut muted", title: `${row.sourceId} of ${row.ofRun}` }, `was ${row.sourceId}`);
  const mark = h("span", { class: `worker-state is-${row.state}`, title: row.state }, STATE_MARKS[row.state] ?? "·");
  const state = row.state === "running" || row.state === "" ? null : h("span", { class: "muted" }, ` ${row.state}`);
  return h("span", { class: "cut" }, mark, ` ${row.sourceId}`, state);
}

function offset({ clockOffsetMs, clockErrorMs }: WorkerSummary): Node {
  if (clockOffsetMs === null) return number(NOTHING_SHOWN, null);
  const shown = formatMs(Math.abs(clockOffsetMs));
  const sign = clockOffsetMs < 0 ? "−" : "+";
  const error = clockErrorMs === null ? "" : `, give or take ${plain(formatMs(clockErrorMs))}`;
  return number({ ...shown, whole: `${sign}${shown.whole}` }, clockOffsetMs, `${clockOffsetMs} ms${error}`);
}

function trust(row: WorkerSummary): Node {
  if (row.seconds === 0) return h("span", { class: "muted" }, "–");
  const share = 1 - row.suspectSeconds / row.seconds;
  const strip = trustStrip();
  showTrust(strip, row.trustParts);
  const why =
    row.suspectSeconds > 0 ? `${row.suspectSeconds} of ${row.seconds} s suspect: ${reasonsInWords(row.reasons)}` : "";
  const percent = number(formatPercent(share), share, why || `all of ${row.seconds} s trusted`);
  if (row.suspectSeconds > 0) percent.classList.add("suspect");
  return h("span", { class: "trust" }, percent, strip);
}
