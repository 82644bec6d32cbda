/** The runs before this one. */

import { nsBetween, secondsOf, spanOf } from "./span";
import { FAILING_SHARE, SUSPECT_SHARE } from "./verdict";
import type { RunRow } from "./wire";

/** How long a run went on, in seconds; null if it has no second. */
export function endedLengthS(row: RunRow): number | null {
  if (row.first_s === null || row.last_s === null) return null;
  const { started, ended } = spanOf(row.span, { fromS: row.first_s, toS: row.last_s + 1 });
  return secondsOf(nsBetween(started, ended));
}

/** Whether a run is worth comparing with: it came to its end, did not fail, and can be trusted. */
export function isGood(row: RunRow): boolean {
  const lengthS = endedLengthS(row);
  if (row.state !== "ended" || lengthS === null || !row.requests) return false;
  return (row.failures ?? 0) / row.requests < FAILING_SHARE && (row.suspect_seconds ?? 0) / lengthS < SUSPECT_SHARE;
}

/** The last good run of the same test plan before this one; null if there is none. */
export function lastGood(
  rows: readonly RunRow[],
  runId: string,
  testplan: string,
  startedUnixNs: number,
): RunRow | null {
  const before = rows.filter(
    (row) =>
      row.run_id !== runId && row.testplan === testplan && (row.started_unix_ns ?? 0) < startedUnixNs && isGood(row),
  );
  before.sort((a, b) => (b.started_unix_ns ?? 0) - (a.started_unix_ns ?? 0));
  return before[0] ?? null;
}
