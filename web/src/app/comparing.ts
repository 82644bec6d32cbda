/** The comparison in one line. */

import { shiftsOf } from "../model/comparison";
import type { Divergence } from "../model/divergence";
import type { EndpointFigures, Figures } from "../model/figures";
import { formatMs, plain, shiftInBrief, sinceStart } from "../model/format";
import { quantileName } from "../model/verdict";

/** Endpoints with fewer requests than this in either run are not named: their p95 says little. */
const MIN_REQUESTS = 50;

/**
 * What changed most, and since when if that is known (`divergences`, the first to be told first), in words. `zeroS` is
 * where both runs are laid upon each other.
 */
export function comparisonInWords(
  after: { total: Figures; endpoints: readonly EndpointFigures[] },
  before: { figures: Figures; endpoints: readonly EndpointFigures[] },
  divergences: readonly Divergence[] | null,
  zeroS: number,
): { verdict: string; about: string | null } {
  const ratio = shift(after.total.p95Ms, before.figures.p95Ms);
  const all = `p95 of all ${ratio === null ? "–" : shiftInBrief(ratio)}`;
  const [first] = divergences ?? [];
  if (first !== undefined)
    return { verdict: `${all}; most: ${divergenceInWords(first, zeroS)}`, about: first.endpoint.key };
  const [worst] = slowest(after.endpoints, before.endpoints);
  if (worst === undefined) return { verdict: all, about: null };
  const { key } = worst.row.endpoint;
  return { verdict: `${all}; most: ${key} ${shiftInBrief(worst.p95)}`, about: key };
}

/** Which endpoint, by how much, since when. */
function divergenceInWords({ endpoint, q, beforeMs, afterMs, ...when }: Divergence, zeroS: number): string {
  const name = q === 0.95 ? endpoint.key : `${endpoint.key} ${quantileName(q)}`;
  const values = `${plain(formatMs(beforeMs))} → ${plain(formatMs(afterMs))}`;
  return `${name} ${shiftInBrief(afterMs / Math.max(beforeMs, 0.001))} ${whenInWords(when, zeroS)} (${values})`;
}

/** When it was slower, told since where both runs are laid upon each other. */
export function whenInWords(
  { span, isFromStart, isToEnd }: Pick<Divergence, "span" | "isFromStart" | "isToEnd">,
  zeroS: number,
): string {
  const [from, to] = [sinceStart(span.fromS - zeroS), sinceStart(span.toS - zeroS)];
  if (isFromStart) return isToEnd ? "all along" : `until ${to}`;
  return isToEnd ? `from ${from} on` : `from ${from} to ${to}`;
}

/** An endpoint with how its p95 relates to that of the other run. */
export interface Shifted {
  row: EndpointFigures;
  before: EndpointFigures;
  p95: number;
}

/** The endpoints that enough is known of in both runs, those first whose p95 rose the most. */
export function slowest(after: readonly EndpointFigures[], before: readonly EndpointFigures[]): Shifted[] {
  const shifts = shiftsOf(after, before);
  return after
    .flatMap((row) => {
      const { p95 = null, before: other = null } = shifts.get(row.endpoint.key) ?? {};
      const isKnown = p95 !== null && other !== null && Math.min(row.requests, other.requests) >= MIN_REQUESTS;
      return isKnown ? [{ row, before: other, p95 }] : [];
    })
    .sort((a, b) => b.p95 - a.p95);
}

function shift(after: number | null, before: number | null): number | null {
  return after === null || before === null || before === 0 ? null : after / before;
}
