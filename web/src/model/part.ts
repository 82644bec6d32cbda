/** Whether a report is of a range of a longer run: its data is that of a whole run otherwise. */

import type { Range } from "./range";
import type { Run } from "./run";

/**
 * The whole run that a report is a range of, or null if it is of all of it. The head tells when the run started and ended;
 * a report of all of it has the events of both, however far its first and last second are from them.
 */
export function wholeOfPart(run: Run): Range | null {
  const { range, head, happenings } = run;
  if (range === null || head.started_unix_ns === null) return null;
  const has = (end: string) => happenings.some(({ name }) => name.endsWith(`test.${end}`));
  const fromS = Math.floor(head.started_unix_ns / 1e9);
  const isLate = range.fromS > fromS && !has("start");
  const endedS = head.ended_unix_ns === null ? null : Math.floor(head.ended_unix_ns / 1e9);
  const isEarly = endedS !== null && range.toS < endedS && !has("stop");
  if (!isLate && !isEarly) return null;
  return { fromS: isLate ? fromS : range.fromS, toS: Math.max(range.toS, endedS ?? range.toS) };
}
