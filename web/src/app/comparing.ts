/** The comparison in one line. */

import { shiftsOf } from "../model/comparison";
import type { EndpointFigures, Figures } from "../model/figures";
import { formatShift, plain } from "../model/format";

/** Endpoints with fewer requests than this in either run are not named: their p95 says little. */
const MIN_REQUESTS = 50;

/** What changed most, in words; it does not say whether that is chance. */
export function comparisonInWords(
  after: { total: Figures; endpoints: readonly EndpointFigures[] },
  before: { figures: Figures; endpoints: readonly EndpointFigures[] },
): string {
  const all = shift(after.total.p95Ms, before.figures.p95Ms);
  let worst: { key: string; ratio: number } | null = null;
  for (const [key, { p95, before: row }] of shiftsOf(after.endpoints, before.endpoints)) {
    const requests = after.endpoints.find(({ endpoint }) => endpoint.key === key)?.requests ?? 0;
    if (p95 === null || Math.min(requests, row?.requests ?? 0) < MIN_REQUESTS) continue;
    if (worst === null || p95 > worst.ratio) worst = { key, ratio: p95 };
  }
  const most = worst === null ? "" : `; most: ${worst.key} ${plain(formatShift(worst.ratio))}`;
  return `p95 ${plain(formatShift(all))}${most}`;
}

function shift(after: number | null, before: number | null): number | null {
  return after === null || before === null || before === 0 ? null : after / before;
}
