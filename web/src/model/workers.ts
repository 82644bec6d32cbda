/** The workers of a run, second by second. */

import { type Range, snapOutward } from "./range";
import { SATURATED, WORKER_MISSING } from "./seconds";
import { rateOf } from "./span";
import { type TrustPart, TrustStrip } from "./trusted";
import type { WorkerSecond, WorkerSecondsColumns } from "./wire";

/** One worker over a range. */
export interface WorkerSummary {
  id: number;
  sourceId: string;
  /** As it was last seen. */
  state: string;
  users: number | null;
  requests: number;
  failures: number;
  /** Requests a second over the whole range, so that those of all workers add up; null where the run was not on. */
  rate: number | null;
  /** Seconds that are known of it. */
  seconds: number;
  suspectSeconds: number;
  /** Those of them in which it was missing. */
  missingSeconds: number;
  /** Bits of all reasons. */
  reasons: number;
  cpuMeanPercent: number | null;
  cpuMaxPercent: number | null;
  memoryBytes: number | null;
  hubLagMaxMs: number | null;
  clockOffsetMs: number | null;
  clockErrorMs: number | null;
  /** The first second in which it was saturated. */
  firstSuspectS: number | null;
  /** Since when it has been saturated without a longer pause, if it is at the end of the range. */
  suspectSinceS: number | null;
  /** The range by trust, for a strip. */
  trustParts: readonly TrustPart[];
}

/** A pause of trust this short does not end a suspect phase. */
const PAUSE_S = 5;
/** Parts of a strip at most. */
const PARTS = 24;

/** Rows by worker, in order of time. */
export class Workers {
  /** Names by id. */
  readonly names = new Map<number, string>();
  private readonly rows = new Map<number, Map<number, WorkerSecond>>();
  /** Those that were missing in any second. */
  private readonly missed = new Set<number>();

  /** @param slotS how many seconds a row stands for, under the first of them; 1 but in reports of long runs */
  constructor(readonly slotS = 1) {}

  /** Takes what the store has. */
  addColumns(columns: WorkerSecondsColumns, untilS: number): void {
    for (let place = 0; place < columns.second.length; place += 1) {
      const second = columns.second[place] as number;
      if (second >= untilS) continue;
      this.put(second, {
        id: columns.worker[place] as number,
        state: columns.state?.[place] ?? "",
        users: columns.users?.[place] ?? null,
        requests: columns.requests?.[place] ?? 0,
        failures: columns.failures?.[place] ?? 0,
        cpu_percent: columns.cpu_percent?.[place] ?? null,
        memory_bytes: columns.memory_bytes?.[place] ?? null,
        hub_lag_ms: columns.hub_lag_ms?.[place] ?? null,
        reasons: columns.reasons?.[place] ?? 0,
        clock_offset_ms: columns.clock_offset_ms?.[place] ?? null,
        clock_error_ms: columns.clock_error_ms?.[place] ?? null,
      });
    }
  }

  /** Takes what a window tells of one worker; several of one second add up. */
  addSecond(second: number, row: WorkerSecond): void {
    const here = this.rows.get(row.id)?.get(second);
    if (here === undefined) {
      this.put(second, row);
      return;
    }
    here.requests += row.requests;
    here.failures += row.failures;
    here.reasons |= row.reasons;
    if (row.reasons & WORKER_MISSING) this.missed.add(row.id);
  }

  /** The workers that were missing in any second. */
  missing(): number[] {
    return [...this.missed];
  }

  /** One worker's rows in their order. */
  rowsOf(worker: number): [second: number, row: WorkerSecond][] {
    return [...(this.rows.get(worker) ?? [])].sort(([a], [b]) => a - b);
  }

  /** One worker's row of one second. */
  at(worker: number, second: number): WorkerSecond | undefined {
    return this.rows.get(worker)?.get(second);
  }

  /** How many users all have in this second. */
  usersAt(second: number): number {
    let users = 0;
    for (const rows of this.rows.values()) users += rows.get(second)?.users ?? 0;
    return users;
  }

  /** Workers that are suspect in this second, with why. */
  suspectAt(second: number): { sourceId: string; row: WorkerSecond }[] {
    const found = [];
    for (const [id, rows] of this.rows) {
      const row = rows.get(second);
      if (row !== undefined && row.reasons !== 0) found.push({ sourceId: this.nameOf(id), row });
    }
    return found;
  }

  /** Its name. */
  nameOf(id: number): string {
    return this.names.get(id) ?? `worker ${id}`;
  }

  /** The range that {@link summarise} tells of where this one is asked for: whole slots. */
  told(range: Range): Range {
    return this.slotS === 1 ? range : snapOutward(range, this.slotS);
  }

  /** All workers over a range that was {@link told}, in which the run was on for `ns`, in order of their names. */
  summarise(range: Range, ns: number): WorkerSummary[] {
    const ids = new Set([...this.names.keys(), ...this.rows.keys()]);
    const summaries = [...ids].map((id) => this.summary(id, range, ns));
    return summaries.sort((a, b) => a.sourceId.localeCompare(b.sourceId, "en", { numeric: true }));
  }

  private summary(id: number, range: Range, ns: number): WorkerSummary {
    const strip = new TrustStrip(range, PARTS, this.slotS);
    const summary: WorkerSummary = {
      id,
      sourceId: this.nameOf(id),
      state: "",
      users: null,
      requests: 0,
      failures: 0,
      rate: null,
      seconds: 0,
      suspectSeconds: 0,
      missingSeconds: 0,
      reasons: 0,
      cpuMeanPercent: null,
      cpuMaxPercent: null,
      memoryBytes: null,
      hubLagMaxMs: null,
      clockOffsetMs: null,
      clockErrorMs: null,
      firstSuspectS: null,
      suspectSinceS: null,
      trustParts: strip.parts,
    };
    let cpuSum = 0;
    let cpuCount = 0;
    let lastSuspectS = Number.NEGATIVE_INFINITY;
    const rows = this.rows.get(id);
    for (let second = range.fromS; second < range.toS; second += 1) {
      const row = rows?.get(second);
      if (row === undefined) continue;
      const seconds = this.slotS - (second % this.slotS);
      summary.seconds += seconds;
      strip.add(second, row.reasons, seconds);
      // One that was lost right before the end was never missed by Locust.
      summary.state = row.reasons & WORKER_MISSING ? "missing" : row.state;
      summary.users = row.users ?? summary.users;
      summary.requests += row.requests;
      summary.failures += row.failures;
      summary.reasons |= row.reasons;
      summary.memoryBytes = row.memory_bytes ?? summary.memoryBytes;
      summary.clockOffsetMs = row.clock_offset_ms ?? summary.clockOffsetMs;
      summary.clockErrorMs = row.clock_error_ms ?? summary.clockErrorMs;
      if (row.hub_lag_ms !== null) summary.hubLagMaxMs = Math.max(summary.hubLagMaxMs ?? 0, row.hub_lag_ms);
      if (row.cpu_percent !== null) {
        cpuSum += row.cpu_percent;
        cpuCount += 1;
        summary.cpuMaxPercent = Math.max(summary.cpuMaxPercent ?? 0, row.cpu_percent);
      }
      if (row.reasons === 0) continue;
      summary.suspectSeconds += seconds;
      if (row.reasons & WORKER_MISSING) summary.missingSeconds += seconds;
      if ((row.reasons & SATURATED) === 0) continue;
      summary.firstSuspectS ??= second;
      if (second - lastSuspectS - this.slotS > PAUSE_S) summary.suspectSinceS = second;
      lastSuspectS = second;
    }
    summary.rate = rateOf(summary.requests, ns);
    // Against the end of the range, not its own last second: a worker that has left is not suspect any more.
    if (range.toS - this.slotS - lastSuspectS > PAUSE_S) summary.suspectSinceS = null;
    if (cpuCount > 0) summary.cpuMeanPercent = cpuSum / cpuCount;
    return summary;
  }

  private put(second: number, row: WorkerSecond): void {
    let rows = this.rows.get(row.id);
    if (rows === undefined) {
      rows = new Map();
      this.rows.set(row.id, rows);
    }
    rows.set(second, row);
    if (row.reasons & WORKER_MISSING) this.missed.add(row.id);
  }
}
