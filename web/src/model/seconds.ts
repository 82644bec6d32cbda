/** What is known of each second of a run besides its requests' latencies: users, failures, trust. */

import type { Range } from "./range";
import type { SecondsColumns, WindowMessage } from "./wire";

/** Why a second is suspect; a reason's place is its bit. */
export const REASONS = ["hub lag", "CPU full", "waited for a core", "throttled", "worker missing"] as const;

/** The bit of a second that lacks a worker: what was measured is right, but the load is not what was asked for. */
export const WORKER_MISSING = 1 << 4;
/** The bits of a load generator that measured itself. */
export const SATURATED = WORKER_MISSING - 1;

/** The reasons of these bits, in words. */
export function reasonsInWords(bits: number): string {
  return REASONS.filter((_, bit) => bits & (1 << bit)).join(", ");
}

/** One second. */
export interface Second {
  users: number | null;
  requests: number;
  failures: number;
  hubLagMs: number | null;
  cpuPercent: number | null;
  /** Bits of {@link REASONS}. */
  reasons: number;
}

/** All seconds of a run, densely from the first on. */
export class Seconds {
  private readonly rows: (Second | undefined)[] = [];
  /** The first second; NaN as long as there is none. */
  firstS = Number.NaN;

  /** Takes what the store knows of the seconds before `untilS`. */
  addColumns(columns: SecondsColumns, untilS: number): void {
    for (let place = 0; place < columns.second.length; place += 1) {
      const second = columns.second[place] as number;
      if (second >= untilS) continue;
      this.put(second, {
        users: columns.users?.[place] ?? null,
        requests: columns.requests?.[place] ?? 0,
        failures: columns.failures?.[place] ?? 0,
        hubLagMs: columns.hub_lag_ms?.[place] ?? null,
        cpuPercent: columns.cpu_percent?.[place] ?? null,
        reasons: columns.reasons?.[place] ?? 0,
      });
    }
  }

  /** Adds what a window tells; its counts of requests are taken from its gains. */
  addWindow(message: WindowMessage, requests: number, failures: number): void {
    const here = this.at(message.second);
    this.put(message.second, {
      users: message.users ?? here?.users ?? null,
      requests: (here?.requests ?? 0) + requests,
      failures: (here?.failures ?? 0) + failures,
      hubLagMs: greater(here?.hubLagMs ?? null, message.hub_lag_ms),
      cpuPercent: greater(here?.cpuPercent ?? null, message.cpu_percent),
      reasons: (here?.reasons ?? 0) | message.reasons,
    });
  }

  /** What is known of this second. */
  at(second: number): Second | undefined {
    return this.rows[second - this.firstS];
  }

  /** From the first second to behind the last, or null if there is none. */
  get range(): Range | null {
    if (this.rows.length === 0) return null;
    return { fromS: this.firstS, toS: this.firstS + this.rows.length };
  }

  /** The seconds of a range that are known, ascending. */
  *within(range: Range): Generator<[second: number, row: Second]> {
    const from = Math.max(range.fromS, this.firstS);
    const to = Math.min(range.toS, this.firstS + this.rows.length);
    for (let second = from; second < to; second += 1) {
      const row = this.rows[second - this.firstS];
      if (row !== undefined) yield [second, row];
    }
  }

  private put(second: number, row: Second): void {
    if (this.rows.length === 0) this.firstS = second;
    if (second < this.firstS) {
      this.rows.unshift(...new Array<undefined>(this.firstS - second));
      this.firstS = second;
    }
    while (this.rows.length < second - this.firstS) this.rows.push(undefined);
    this.rows[second - this.firstS] = row;
  }
}

function greater(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.max(a, b);
}

/** Seconds of a range by trust. */
export interface Trust {
  seconds: number;
  suspectSeconds: number;
}

/** How many seconds of a range are known, and how many of them are suspect; for all reasons, or only for some. */
export function trustOf(seconds: Seconds, range: Range, reasons = SATURATED | WORKER_MISSING): Trust {
  const trust = { seconds: 0, suspectSeconds: 0 };
  for (const [, row] of seconds.within(range)) {
    trust.seconds += 1;
    if (row.reasons & reasons) trust.suspectSeconds += 1;
  }
  return trust;
}

/** A span of seconds with the same number of users. */
export interface Stage extends Range {
  users: number;
}

/** Shorter spans are steps of a ramp, not stages. */
const STAGE_AT_LEAST_S = 10;

/**
 * The load stages: spans of at least ten seconds with the same number of users. A second that is not known, or a single
 * one that differs (a count taken amid a change), does not end a stage.
 */
export function stagesOf(seconds: Seconds): Stage[] {
  const range = seconds.range;
  if (range === null) return [];
  const spans: Stage[] = [];
  for (const [second, row] of seconds.within(range)) {
    if (row.users === null) continue;
    const last = spans[spans.length - 1];
    if (last !== undefined && last.users === row.users) {
      last.toS = second + 1;
      continue;
    }
    const before = spans[spans.length - 2];
    if (last !== undefined && before !== undefined && last.toS - last.fromS === 1 && before.users === row.users) {
      spans.pop();
      before.toS = second + 1;
      continue;
    }
    spans.push({ users: row.users, fromS: second, toS: second + 1 });
  }
  return spans.filter((stage) => stage.users > 0 && stage.toS - stage.fromS >= STAGE_AT_LEAST_S);
}
