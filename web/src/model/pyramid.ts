/**
 * What every subject of one kind gained, at several slot lengths, and the merge of any range from it.
 *
 * Strips come from the store, windows as they happen; a minute of windows that is over is packed. Nothing here fetches:
 * {@link Pyramid.missing} says what is lacking.
 */

import { Gains } from "./gains";
import { SeriesStats } from "./histogram";
import { decompose, type Piece, type Range, snapOutward } from "./range";
import { readContainer, readWindowGains, SLOTS, Strip } from "./strip";

/** What strips and windows are about. */
export type Kind = "total" | "series" | "worker";

/** Strips that a range needs and that are not here yet. */
export interface Missing extends Range {
  kind: Kind;
  slotS: number;
  /** Whose; null for all. */
  subjects: number[] | null;
}

/** For how long single seconds of windows are kept; older ones are fetched from the store when they are asked for. */
const KEEP_WINDOWS_S = 900;
/** And less long if they hold more than this. */
const MAX_WINDOW_BYTES = 24_000_000;
const MINUTE_S = 60;

/** Strips of one slot length. */
class Level {
  readonly strips = new Map<number, Map<number, Strip>>();
  /** Blocks (by their first second) that are here for all subjects. */
  readonly complete = new Set<number>();
  /** Blocks that are here for one subject. */
  readonly partial = new Map<number, Set<number>>();

  constructor(readonly slotS: number) {}

  get blockS(): number {
    return this.slotS * SLOTS;
  }

  blocks(range: Range): number[] {
    const blocks = [];
    const first = Math.floor(range.fromS / this.blockS) * this.blockS;
    for (let start = first; start < range.toS; start += this.blockS) blocks.push(start);
    return blocks;
  }

  isHere(subject: number, block: number): boolean {
    return this.complete.has(block) || (this.partial.get(subject)?.has(block) ?? false);
  }

  addTo(subject: number, range: Range, stats: SeriesStats): void {
    const mine = this.strips.get(subject);
    if (mine === undefined) return;
    for (const block of this.blocks(range)) {
      const from = Math.max(0, (range.fromS - block) / this.slotS);
      const to = Math.min(SLOTS, (range.toS - block) / this.slotS);
      mine.get(block)?.addTo(stats, from, to);
    }
  }
}

/** See the head of this file. */
export class Pyramid {
  private readonly levels: Level[];
  private readonly windows = new Map<number, Gains[]>();
  /** Of windows of sealed seconds that no strip has yet. */
  private readonly late = new Map<number, Gains[]>();
  private readonly openMinutes = new Map<number, Map<number, SeriesStats>>();
  private readonly packedMinutes = new Map<number, Gains>();
  /** Bytes of the single seconds of windows. */
  private windowBytes = 0;
  /** From where to where there is anything: what begins or ends outside of it may as well do so at a long slot. */
  known: Range | null = null;
  /** From this second on, single seconds are those of windows. */
  private windowsFromS = Number.POSITIVE_INFINITY;
  private latestS = Number.NEGATIVE_INFINITY;

  /**
   * @param slots slot lengths on hand, longest first, each a multiple of the next
   * @param sealedUntilS strips tell what was before this second, windows what is from it on
   * @param compactedUntilS before this second there are no slots shorter than a minute
   */
  constructor(
    readonly kind: Kind,
    readonly slots: readonly number[],
    readonly sealedUntilS: number,
    private readonly compactedUntilS = Number.NEGATIVE_INFINITY,
  ) {
    this.levels = slots.map((slotS) => new Level(slotS));
    this.windowsFromS = sealedUntilS;
  }

  /** The shortest slot in seconds. */
  get finestS(): number {
    return this.slots[this.slots.length - 1] ?? 1;
  }

  /** Takes an answer of the store: all strips of `missing`. */
  addContainer(missing: Missing, container: Uint8Array): void {
    const level = this.level(missing.slotS);
    for (const { subject, startS, encoded } of readContainer(container)) {
      let mine = level.strips.get(subject);
      if (mine === undefined) {
        mine = new Map();
        level.strips.set(subject, mine);
      }
      if (!mine.has(startS)) mine.set(startS, new Strip(encoded));
    }
    for (const block of level.blocks(missing)) {
      if (missing.subjects === null) level.complete.add(block);
      for (const subject of missing.subjects ?? []) {
        const blocks = level.partial.get(subject) ?? new Set();
        level.partial.set(subject, blocks.add(block));
      }
    }
  }

  /** Takes what all subjects gained in one second; several for one second add up. */
  addWindow(second: number, gains: Gains): void {
    const minute = Math.floor(second / MINUTE_S) * MINUTE_S;
    if (second >= this.windowsFromS) {
      const here = this.windows.get(second);
      if (here === undefined) this.windows.set(second, [gains]);
      else here.push(gains);
      this.windowBytes += gains.sizeBytes;
    } else {
      // The store has changed the strips of this minute.
      this.forgetSeconds(minute);
    }
    const open = this.openMinute(minute);
    for (let place = 0; place < gains.keys.length; place += 1) {
      const subject = gains.keys[place] as number;
      let stats = open.get(subject);
      if (stats === undefined) {
        stats = new SeriesStats();
        open.set(subject, stats);
      }
      gains.addPlace(place, stats);
    }
    this.latestS = Math.max(this.latestS, second);
    this.tidy(this.latestS);
  }

  /** Takes a window of a sealed second that strips do not have yet: it is added to what they tell. */
  addLate(second: number, gains: Gains): void {
    if (gains.keys.length === 0) return;
    this.late.set(second, [...(this.late.get(second) ?? []), gains]);
  }

  /** Whether there are windows that strips did not have. */
  get hasLate(): boolean {
    return this.late.size > 0;
  }

  /** The strips on hand that hold seconds of late windows: others than the store's as soon as it has sealed those. */
  outdatedByLate(): Missing[] {
    return this.levels.flatMap((level) => {
      const blocks = new Set([...this.late.keys()].map((second) => Math.floor(second / level.blockS) * level.blockS));
      return [...blocks].flatMap((block): Missing[] => {
        const span = { kind: this.kind, slotS: level.slotS, fromS: block, toS: block + level.blockS };
        if (level.complete.has(block)) return [{ ...span, subjects: null }];
        const subjects = [...level.partial].filter(([, here]) => here.has(block)).map(([subject]) => subject);
        return subjects.length === 0 ? [] : [{ ...span, subjects }];
      });
    });
  }

  /** The store has sealed the late windows: they, and strips from before, are forgotten. */
  forgetLate(): void {
    for (const level of this.levels) {
      for (const second of this.late.keys()) forget(level, Math.floor(second / level.blockS) * level.blockS);
    }
    this.late.clear();
  }

  /** What is lacking for the merge of `range` (null subjects: of all) with slots no longer than `coarsestS`. */
  missing(range: Range, subjects: number[] | null, coarsestS = Number.POSITIVE_INFINITY): Missing[] {
    const found: Missing[] = [];
    for (const piece of this.pieces(range, coarsestS)) {
      if (piece.fromWindows) continue;
      const level = this.level(piece.slotS);
      for (const block of level.blocks(piece)) {
        if (level.complete.has(block)) continue;
        const lacking = subjects === null ? null : subjects.filter((subject) => !level.isHere(subject, block));
        if (lacking?.length === 0) continue;
        const span = { fromS: block, toS: block + level.blockS };
        const last = found[found.length - 1];
        if (last !== undefined && last.slotS === piece.slotS && last.toS === block && same(last.subjects, lacking)) {
          last.toS = span.toS;
        } else {
          found.push({ kind: this.kind, slotS: piece.slotS, subjects: lacking, ...span });
        }
      }
    }
    return found;
  }

  /** A function that adds what a subject gained in `range`: for many subjects, the range is cut up only once. */
  adder(range: Range, coarsestS = Number.POSITIVE_INFINITY): (subject: number, stats: SeriesStats) => void {
    const pieces = this.pieces(range, coarsestS);
    return (subject, stats) => {
      for (const piece of pieces) this.addPiece(subject, piece, stats);
    };
  }

  /** Bytes held, roughly. */
  get sizeBytes(): number {
    let size = 0;
    for (const level of this.levels)
      for (const strips of level.strips.values()) for (const strip of strips.values()) size += strip.sizeBytes;
    size += this.windowBytes;
    for (const packed of this.packedMinutes.values()) size += packed.sizeBytes;
    return size;
  }

  /** The pieces of a range, cut where strips end and windows begin. */
  private pieces(asked: Range, coarsestS: number): (Piece & { fromWindows: boolean })[] {
    const slots = this.slots.filter((slotS) => slotS <= coarsestS);
    const usable = slots.length > 0 ? slots : this.slots.slice(-1);
    const range = this.widened(asked, usable[0] ?? 1);
    // Where no window is, nothing is behind the strips: a long slot may end there as well.
    const stripsUntilS = this.latestS === Number.NEGATIVE_INFINITY ? Number.POSITIVE_INFINITY : this.sealedUntilS;
    const sealed = { fromS: range.fromS, toS: Math.min(range.toS, stripsUntilS) };
    const since = { fromS: Math.max(range.fromS, stripsUntilS), toS: range.toS };
    const { compactedUntilS } = this;
    const compacted = { fromS: sealed.fromS, toS: Math.min(sealed.toS, compactedUntilS) };
    const kept = { fromS: Math.max(sealed.fromS, compactedUntilS), toS: sealed.toS };
    // Steps that are shorter show the minute that they are in.
    const minutes = this.slots.filter((slotS) => slotS >= MINUTE_S && (slotS === MINUTE_S || usable.includes(slotS)));
    const sealedPieces =
      compacted.toS <= compacted.fromS
        ? decompose(sealed, usable)
        : [...decompose(compacted, minutes), ...decompose(kept, usable)];
    const pieces = sealedPieces.map((piece) => ({ ...piece, fromWindows: false }));
    const ofWindows = decompose(since, coarsestS >= MINUTE_S ? [MINUTE_S, 1] : [1]);
    for (const piece of ofWindows) {
      // Seconds that are kept no longer come from the store again.
      if (piece.slotS === 1 && piece.fromS < this.windowsFromS) {
        const toS = Math.min(piece.toS, this.windowsFromS);
        pieces.push({ slotS: 1, fromS: piece.fromS, toS, fromWindows: false });
        if (toS < piece.toS) pieces.push({ slotS: 1, fromS: toS, toS: piece.toS, fromWindows: true });
      } else {
        pieces.push({ ...piece, fromWindows: true });
      }
    }
    return pieces;
  }

  /** The range, without edges where nothing is behind them. */
  private widened(range: Range, slotS: number): Range {
    const { known } = this;
    if (known === null || range.toS <= range.fromS) return range;
    const { fromS, toS } = snapOutward(range, slotS);
    return { fromS: range.fromS <= known.fromS ? fromS : range.fromS, toS: range.toS >= known.toS ? toS : range.toS };
  }

  private addPiece(subject: number, piece: Piece & { fromWindows: boolean }, stats: SeriesStats): void {
    if (!piece.fromWindows) {
      this.level(piece.slotS).addTo(subject, piece, stats);
      for (const [second, parts] of this.late) {
        if (second < piece.fromS || second >= piece.toS) continue;
        for (const gains of parts) gains.addTo(subject, stats);
      }
      return;
    }
    for (let at = piece.fromS; at < piece.toS; at += piece.slotS) {
      if (piece.slotS === 1) {
        for (const gains of this.windows.get(at) ?? []) gains.addTo(subject, stats);
        continue;
      }
      const open = this.openMinutes.get(at)?.get(subject);
      if (open !== undefined) stats.merge(open);
      this.packedMinutes.get(at)?.addTo(subject, stats);
    }
  }

  private level(slotS: number): Level {
    const level = this.levels.find((candidate) => candidate.slotS === slotS);
    if (level === undefined) throw new RangeError(`no slots of ${slotS} s`);
    return level;
  }

  /** The minute's sums, unpacked again if a late window comes. */
  private openMinute(minute: number): Map<number, SeriesStats> {
    let open = this.openMinutes.get(minute);
    if (open !== undefined) return open;
    open = new Map();
    const packed = this.packedMinutes.get(minute);
    packed?.keys.forEach((subject, place) => {
      const stats = new SeriesStats();
      packed.addPlace(place, stats);
      open?.set(subject, stats);
    });
    this.packedMinutes.delete(minute);
    this.openMinutes.set(minute, open);
    return open;
  }

  /** Packs minutes that are over and lets go of old seconds. */
  private tidy(nowS: number): void {
    for (const [minute, open] of this.openMinutes) {
      if (minute > nowS - 3 * MINUTE_S) continue;
      this.packedMinutes.set(minute, Gains.pack([...open].sort(([a], [b]) => a - b)));
      this.openMinutes.delete(minute);
    }
    // As many whole minutes as fit, the last two at least.
    const keptS = this.windowBytes > MAX_WINDOW_BYTES ? 2 * MINUTE_S : KEEP_WINDOWS_S;
    const keepFromS = Math.floor((nowS - keptS) / MINUTE_S) * MINUTE_S;
    if (this.windowsFromS >= keepFromS) return;
    this.windowsFromS = keepFromS;
    for (const [second, parts] of this.windows) {
      if (second >= keepFromS) continue;
      this.windows.delete(second);
      for (const part of parts) this.windowBytes -= part.sizeBytes;
    }
  }

  private forgetSeconds(minute: number): void {
    const level = this.levels.find((candidate) => candidate.slotS === 1);
    if (level !== undefined) forget(level, minute);
  }
}

/** Lets go of the strips of one block. */
function forget(level: Level, block: number): void {
  level.complete.delete(block);
  for (const blocks of level.partial.values()) blocks.delete(block);
  for (const strips of level.strips.values()) strips.delete(block);
}

function same(a: number[] | null, b: number[] | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((subject, place) => subject === b[place]);
}

/** The gains that a window message carries, from base64. */
export function windowGains(base64: string): Gains {
  return readWindowGains(bytesOfBase64(base64));
}

/** Bytes of base64. */
export function bytesOfBase64(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place += 1) bytes[place] = text.charCodeAt(place);
  return bytes;
}
