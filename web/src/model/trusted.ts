/** A range cut into parts by trust, for strips: a short range second by second, a long one in so many parts. */

import { lengthS, type Range } from "./range";

/** A part of a strip. */
export interface TrustPart extends Range {
  /** Seconds of it that are known. */
  seconds: number;
  suspectSeconds: number;
  /** Bits of all reasons. */
  reasons: number;
}

/** Collects seconds into parts. */
export class TrustStrip {
  readonly parts: TrustPart[];

  /**
   * @param most parts there may be; a range of fewer slots has one for each
   * @param slotS how many seconds are told at once
   */
  constructor(
    private readonly range: Range,
    most: number,
    slotS = 1,
  ) {
    const length = lengthS(range);
    const count = Math.min(most, Math.ceil(length / slotS));
    const at = (part: number) => range.fromS + Math.floor(Math.round((part * length) / slotS / count) * slotS);
    this.parts = Array.from({ length: count }, (_, part) => ({
      fromS: at(part),
      toS: Math.min(at(part + 1), range.toS),
      seconds: 0,
      suspectSeconds: 0,
      reasons: 0,
    }));
  }

  /** Takes what is known of a second, or of the `seconds` from it on. */
  add(second: number, reasons: number, seconds = 1): void {
    const { parts, range } = this;
    let place = Math.floor(((second - range.fromS) / lengthS(range)) * parts.length);
    // Parts are whole seconds, so a second near an edge may be in the one beside.
    while (place > 0 && second < (parts[place]?.fromS ?? Number.POSITIVE_INFINITY)) place -= 1;
    while (place < parts.length - 1 && second >= (parts[place]?.toS ?? 0)) place += 1;
    const part = parts[place];
    if (part === undefined) return;
    part.seconds += seconds;
    if (reasons === 0) return;
    part.suspectSeconds += seconds;
    part.reasons |= reasons;
  }
}
