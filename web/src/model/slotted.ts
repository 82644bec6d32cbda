/** Columns by second that a report has in longer slots, as columns by second again. */

import type { SecondsColumns } from "./wire";

/**
 * Each slot of `slotS` seconds, told under its first second, as its seconds up to `endS`. What was counted is spread
 * evenly, to the last request: sums of whole slots are what they were, and ranges are whole slots. The rest (users,
 * reasons, the highest lag) is that of the slot in each of them.
 */
export function spread(columns: SecondsColumns, slotS: number, endS: number): SecondsColumns {
  if (slotS <= 1) return columns;
  const second: number[] = [];
  const places: number[] = [];
  const parts: [part: number, of: number][] = [];
  columns.second.forEach((fromS, place) => {
    const toS = Math.min((Math.floor(fromS / slotS) + 1) * slotS, Math.max(endS, fromS + 1));
    for (let at = fromS; at < toS; at += 1) {
      second.push(at);
      places.push(place);
      parts.push([at - fromS, toS - fromS]);
    }
  });
  const same = <T>(column: T[] | undefined) => column && places.map((place) => column[place] as T);
  const shared = (column: number[] | undefined) =>
    column &&
    places.map((place, at) => {
      const [part, of] = parts[at] as [number, number];
      const count = column[place] as number;
      return Math.floor((count * (part + 1)) / of) - Math.floor((count * part) / of);
    });
  return {
    second,
    users: same(columns.users),
    requests: shared(columns.requests),
    failures: shared(columns.failures),
    response_bytes: shared(columns.response_bytes),
    hub_lag_ms: same(columns.hub_lag_ms),
    reasons: same(columns.reasons),
    cpu_percent: same(columns.cpu_percent),
  };
}
