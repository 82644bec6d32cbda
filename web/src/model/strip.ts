/** Strips (one subject over 60 slots of time) and windows (all subjects in one second), as the run store sends them. */

import { BitReader, Context, DamagedDataError } from "./bits";
import { Gains } from "./gains";
import type { SeriesStats } from "./histogram";

/** Slots of one strip. */
export const SLOTS = 60;

/** One subject over 60 slots; decoded when somebody asks first. */
export class Strip {
  private encoded: Uint8Array | null;
  private decoded: Gains | null = null;

  constructor(encoded: Uint8Array) {
    // A copy lets go of the answer that it came in.
    this.encoded = encoded.slice();
  }

  /** Adds the slots `from` to before `to` (0 to 60) to `stats`. */
  addTo(stats: SeriesStats, from: number, to: number): void {
    this.gains.addRange(from, to, stats);
  }

  private get gains(): Gains {
    if (this.decoded === null) {
      this.decoded = Gains.read(new BitReader(this.encoded ?? new Uint8Array(0)), new Context(0), SLOTS);
      this.encoded = null;
      if ((this.decoded.keys[this.decoded.keys.length - 1] ?? 0) >= SLOTS)
        throw new DamagedDataError("a slot is beyond the strip");
    }
    return this.decoded;
  }

  /** Bytes held in memory. */
  get sizeBytes(): number {
    return this.encoded?.length ?? this.gains.sizeBytes;
  }
}

/** What all subjects of one kind gained in one window. */
export function readWindowGains(bytes: Uint8Array): Gains {
  return Gains.read(new BitReader(bytes), new Context(1));
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
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at];
      if (byte === undefined || scale > 2 ** 49) throw new DamagedDataError("the data ends early");
      at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const subject = varint();
    const folded = varint();
    const startS = folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2;
    const length = varint();
    if (at + length > bytes.length) throw new DamagedDataError("the data ends early");
    yield { subject, startS, encoded: bytes.subarray(at, at + length) };
    at += length;
  }
}
