/** Whether a report is of a range of a longer run: its data is that of a whole run otherwise. */

import type { Range } from "./range";
import type { Run } from "./run";
import { type Moment, spanOf } from "./span";

/** The whole run that a report is a range of, or null if it is of all of it: then its span is that of the run. */
export function wholeOfPart({ range, head }: Run): Range | null {
  if (range === null || !head.span || !head.whole_span) return null;
  const part = spanOf(head.span, range);
  const whole = spanOf(head.whole_span, range);
  if (equal(part.started, whole.started) && equal(part.ended, whole.ended)) return null;
  // To behind the last second of it.
  return { fromS: whole.started[0], toS: whole.ended[0] + (whole.ended[1] > 0 ? 1 : 0) };
}

function equal([second, ns]: Moment, [otherSecond, otherNs]: Moment): boolean {
  return second === otherSecond && ns === otherNs;
}
