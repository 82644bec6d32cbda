/** Two runs side by side: by time since the same moment, and endpoint by endpoint. */

import type { EndpointFigures } from "./figures";
import { shiftInBrief } from "./format";
import type { Range } from "./range";
import type { Run } from "./run";
import { trustOf } from "./seconds";

/** The moment that both runs are laid upon each other at: the first second, or the end of spawning. */
export type Alignment = "start" | "spawned";

/** The second of a run that stands at zero; the first one where the end of spawning is not known. */
export function zeroOf(run: Run, alignment: Alignment): number {
  const fromS = run.range?.fromS ?? 0;
  return alignment === "spawned" ? (run.steadyFromS ?? fromS) : fromS;
}

/** A range of one run as the range of another at the same distance to zero. */
export function shifted(range: Range, from: Run, to: Run, alignment: Alignment): Range {
  const shiftS = zeroOf(to, alignment) - zeroOf(from, alignment);
  return { fromS: range.fromS + shiftS, toS: range.toS + shiftS };
}

/** How an endpoint's figures relate to those of the other run: 1 is the same, 2 twice as much; null if unknown. */
export interface Shift {
  before: EndpointFigures | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

function ratio(after: number | null, before: number | null): number | null {
  return after === null || before === null || before === 0 ? null : after / before;
}

/** The shifts of `after`'s endpoints against `before`, by key. */
export function shiftsOf(after: readonly EndpointFigures[], before: readonly EndpointFigures[]): Map<string, Shift> {
  const others = new Map(before.map((row) => [row.endpoint.key, row]));
  return new Map(
    after.map((row) => {
      const other = others.get(row.endpoint.key) ?? null;
      const shift = {
        before: other,
        p50: ratio(row.p50Ms, other?.p50Ms ?? null),
        p95: ratio(row.p95Ms, other?.p95Ms ?? null),
        p99: ratio(row.p99Ms, other?.p99Ms ?? null),
      };
      return [row.endpoint.key, shift];
    }),
  );
}

/** What makes two runs hard to compare, in words; empty if nothing. Suspect seconds of `after` are in its verdict. */
export function caveats(after: Run, before: Run, rates: [after: number | null, before: number | null]): string[] {
  const found: string[] = [];
  const [rateAfter, rateBefore] = rates;
  if (rateAfter !== null && rateBefore !== null && rateBefore > 0 && Math.abs(rateAfter / rateBefore - 1) > 0.1)
    found.push(`rate ${shiftInBrief(rateAfter / rateBefore)}`);
  const users = [after.head.users_max ?? null, before.head.users_max ?? null];
  if (users[0] !== users[1] && users[0] !== null && users[1] !== null)
    found.push(`${users[0]} users, were ${users[1]}`);
  const workers = [after.workers.names.size, before.workers.names.size];
  if (workers[0] !== workers[1]) found.push(`${workers[0]} workers, were ${workers[1]}`);
  const trust = before.range === null ? null : trustOf(before.seconds, before.range);
  if (trust !== null && trust.suspectSeconds > 0) found.push(`${trust.suspectSeconds} s of the other run suspect`);
  if (after.head.testplan !== before.head.testplan) found.push("another test plan");
  return found;
}
