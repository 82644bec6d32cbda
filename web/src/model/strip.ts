/** Strips: one subject over 60 slots of time, as the run store keeps and sends them. They stay encoded in memory. */

import { inflateSync } from "fflate";
import { addGain, skipGain, writeGain } from "./gain";
import type { SeriesStats } from "./histogram";
import { ByteReader, ByteWriter, DamagedDataError } from "./varint";

/** Slots of one strip. */
export const SLOTS = 60;
const DEFLATED = 1;

/** One subject over 60 slots; decoded only where somebody asks. */
export class Strip {
  private readonly body: Uint8Array;
  /** Where the gain of each slot starts in the body; 0 where a slot has none (the body starts with a count). */
  private readonly starts: Uint32Array;

  constructor(encoded: Uint8Array) {
    const flags = encoded[0];
    if (flags === undefined || flags > DEFLATED) throw new DamagedDataError("a strip is of an unknown kind");
    const rest = encoded.subarray(1);
    // A copy of raw bytes lets go of the answer that they came in.
    this.body = flags === DEFLATED ? inflateSync(rest) : rest.slice();
    this.starts = new Uint32Array(SLOTS);
    const reader = new ByteReader(this.body);
    let slot = -1;
    for (let left = reader.varint(); left > 0; left -= 1) {
      slot += reader.varint() + 1;
      if (slot >= SLOTS) throw new DamagedDataError("a strip has more than 60 slots");
      this.starts[slot] = reader.at;
      skipGain(reader);
    }
    if (reader.at > this.body.length) throw new DamagedDataError("a strip ends early");
  }

  /** Whether the subject gained something in this slot. */
  has(slot: number): boolean {
    return this.starts[slot] !== 0;
  }

  /** Adds the slots `from..to` (0 to 60) to `stats`. */
  addTo(stats: SeriesStats, from: number, to: number): void {
    for (let slot = from; slot < to; slot += 1) {
      const start = this.starts[slot] as number;
      if (start !== 0) addGain(new ByteReader(this.body, start), stats);
    }
  }

  /** Bytes held in memory. */
  get sizeBytes(): number {
    return this.body.length + this.starts.byteLength;
  }
}

/** A strip with whose it is and where it starts. */
export interface PlacedStrip {
  /** Whose: a series, a worker, or 0 for all requests. */
  subject: number;
  /** Unix second of its first slot. */
  startS: number;
  /** The strip as it came. */
  encoded: Uint8Array;
}

/** Takes an answer with many strips apart. */
export function* readContainer(bytes: Uint8Array): Generator<PlacedStrip> {
  const reader = new ByteReader(bytes);
  while (!reader.isAtEnd) {
    const subject = reader.varint();
    const startS = reader.zigzag();
    yield { subject, startS, encoded: reader.slice(reader.varint()) };
  }
}

/** Puts slots (slot and what was gained in it, ascending) together as a strip, not deflated. */
export function packStrip(slots: Iterable<[slot: number, stats: SeriesStats]>): Uint8Array {
  const writer = new ByteWriter();
  const all = [...slots];
  writer.byte(0);
  writer.varint(all.length);
  let previous = -1;
  for (const [slot, stats] of all) {
    writer.varint(slot - previous - 1);
    writeGain(writer, stats);
    previous = slot;
  }
  return writer.take();
}

/** The gains of one second, of all subjects: kept encoded, found by subject. */
export class WindowGains {
  /** Who gained something, ascending. */
  readonly subjects: Uint32Array;
  private readonly starts: Uint32Array;

  constructor(private readonly bytes: Uint8Array) {
    const reader = new ByteReader(bytes);
    const count = bytes.length === 0 ? 0 : reader.varint();
    if (count > bytes.length) throw new DamagedDataError("a window claims more than it holds");
    this.subjects = new Uint32Array(count);
    this.starts = new Uint32Array(count);
    let subject = 0;
    for (let place = 0; place < count; place += 1) {
      subject += reader.varint();
      this.subjects[place] = subject;
      this.starts[place] = reader.at;
      skipGain(reader);
    }
    if (reader.at > bytes.length) throw new DamagedDataError("a window ends early");
  }

  /** Adds what the subject at this place of {@link subjects} gained. */
  addPlace(place: number, stats: SeriesStats): void {
    addGain(new ByteReader(this.bytes, this.starts[place] as number), stats);
  }

  /** Adds what `subject` gained, if it did. */
  addTo(subject: number, stats: SeriesStats): void {
    let low = 0;
    let high = this.subjects.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.subjects[middle] as number;
      if (found === subject) {
        this.addPlace(middle, stats);
        return;
      }
      if (found < subject) low = middle + 1;
      else high = middle - 1;
    }
  }

  /** Bytes held in memory. */
  get sizeBytes(): number {
    return this.bytes.length + this.subjects.byteLength * 2;
  }
}

/** The gains of a window as bytes: a list of subject (ascending) and what it gained. */
export function packWindow(gains: Iterable<[subject: number, stats: SeriesStats]>): Uint8Array {
  const writer = new ByteWriter();
  const all = [...gains];
  writer.varint(all.length);
  let previous = 0;
  for (const [subject, stats] of all) {
    writer.varint(subject - previous);
    writeGain(writer, stats);
    previous = subject;
  }
  return writer.take();
}
