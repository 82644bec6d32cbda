/** Spans of whole Unix seconds, start included and end not. */

/** From `fromS` to before `toS`, both in Unix seconds. */
export interface Range {
  fromS: number;
  toS: number;
}

/** How many seconds it has. */
export function lengthS(range: Range): number {
  return Math.max(0, range.toS - range.fromS);
}

/** What both have; empty (`toS <= fromS`) if nothing. */
export function intersect(a: Range, b: Range): Range {
  return { fromS: Math.max(a.fromS, b.fromS), toS: Math.min(a.toS, b.toS) };
}

/** Whether two ranges are the same. */
export function equal(a: Range | null, b: Range | null): boolean {
  return a === b || (a !== null && b !== null && a.fromS === b.fromS && a.toS === b.toS);
}

/** The smallest range of whole slots that holds `range`: what can be told where data is kept in slots only. */
export function snapOutward(range: Range, slotS: number): Range {
  return { fromS: Math.floor(range.fromS / slotS) * slotS, toS: Math.ceil(range.toS / slotS) * slotS };
}

/** The shortest slots that are whole slots of both. */
export function commonSlotS(a: number, b: number): number {
  let [divisor, rest] = [a, b];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return (a / divisor) * b;
}

/** A part of a range that one level of slots answers. */
export interface Piece extends Range {
  /** Length of the slots in seconds. */
  slotS: number;
}

/**
 * Cuts a range into as few slots as possible: the longest slots inside, shorter ones at the edges.
 *
 * `slots` are the lengths on hand, longest first, each a multiple of the next. What the shortest cannot tell is
 * rounded outward; snap first where that matters.
 */
export function decompose(range: Range, slots: readonly number[]): Piece[] {
  const [slotS, ...finer] = slots;
  if (slotS === undefined || range.toS <= range.fromS) return [];
  if (finer.length === 0) return [{ slotS, ...snapOutward(range, slotS) }];
  const innerFrom = Math.ceil(range.fromS / slotS) * slotS;
  const innerTo = Math.floor(range.toS / slotS) * slotS;
  if (innerFrom >= innerTo) return decompose(range, finer);
  return [
    ...decompose({ fromS: range.fromS, toS: innerFrom }, finer),
    { slotS, fromS: innerFrom, toS: innerTo },
    ...decompose({ fromS: innerTo, toS: range.toS }, finer),
  ];
}

/** Those of `slots` that can be nested: longest first, each a multiple of the next. */
export function nested(slots: Iterable<number>): number[] {
  const ascending = [...new Set(slots)].sort((a, b) => a - b);
  const chain: number[] = [];
  for (const slotS of ascending) {
    const last = chain[chain.length - 1];
    if (last === undefined || slotS % last === 0) chain.push(slotS);
  }
  return chain.reverse();
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400];

/** The shortest step of a clock that cuts `lengthS` seconds into at most `points`, and is a multiple of `finestS`. */
export function stepFor(lengthS: number, points: number, finestS = 1): number {
  const step = STEPS_S.find((stepS) => stepS % finestS === 0 && lengthS / stepS <= points);
  return step ?? Math.ceil(lengthS / points / finestS) * finestS;
}
