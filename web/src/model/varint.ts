/** Reads the variable-length integers (LEB128, zigzag for signed ones) that strips and windows consist of. */

/** The bytes are not what a writer of this format makes. Loading the run again is all that can be done. */
export class DamagedDataError extends Error {
  override name = "DamagedDataError";
}

/** Zigzag as a signed number. */
function unfold(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
}

/** A cursor over bytes. Every method throws {@link DamagedDataError} behind the end. */
export class ByteReader {
  /** Where the next byte is. */
  at: number;

  constructor(
    readonly bytes: Uint8Array,
    at = 0,
  ) {
    this.at = at;
  }

  /** Whether everything has been read. */
  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  /** One byte. */
  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new DamagedDataError("the data ends early");
    this.at += 1;
    return byte;
  }

  /** An unsigned integer up to 2^53 - 1; larger ones count as damage (no run has so many requests). */
  varint(): number {
    const bytes = this.bytes;
    let byte = bytes[this.at++] as number;
    if (byte < 128) return byte;
    let value = byte & 127;
    let scale = 128;
    // An undefined byte, behind the end, fails the comparison and ends at the limit of the scale.
    for (;;) {
      byte = bytes[this.at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
      if (scale > 2 ** 56) throw new DamagedDataError("a number is too large, or the data ends early");
    }
    if (value > Number.MAX_SAFE_INTEGER) throw new DamagedDataError("a number is too large");
    return value;
  }

  /** A signed integer within ±2^52. */
  zigzag(): number {
    return unfold(this.varint());
  }

  /** An unsigned integer up to 128 bits: a number where it fits, or else a bigint. */
  bigVarint(): number | bigint {
    const start = this.at;
    const bytes = this.bytes;
    let end = start;
    while ((bytes[end] ?? 0) >= 128) end += 1;
    // Seven bytes hold 49 bits, which are always a safe number.
    if (end - start < 7) return this.varint();
    if (end >= bytes.length || end - start > 18)
      throw new DamagedDataError("a sum is too large, or the data ends early");
    let value = 0n;
    for (let at = end; at >= start; at -= 1) value = (value << 7n) | BigInt((bytes[at] as number) & 127);
    this.at = end + 1;
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }

  /** A signed integer up to 128 bits: a number where it fits, or else a bigint. */
  bigZigzag(): number | bigint {
    const value = this.bigVarint();
    if (typeof value === "number") return unfold(value);
    return value & 1n ? -((value + 1n) >> 1n) : value >> 1n;
  }

  /** The next `length` bytes, not copied. */
  slice(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new DamagedDataError("the data ends early");
    const part = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }
}

/** Collects the same integers as bytes. */
export class ByteWriter {
  private bytes = new Uint8Array(256);
  private length = 0;

  /** Appends one byte. */
  byte(value: number): void {
    if (this.length === this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes[this.length++] = value;
  }

  /** Appends an unsigned integer. */
  varint(value: number | bigint): void {
    if (typeof value === "bigint") {
      let rest = value;
      while (rest >= 128n) {
        this.byte(Number(rest & 127n) | 128);
        rest >>= 7n;
      }
      this.byte(Number(rest));
      return;
    }
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** Appends a signed integer. */
  zigzag(value: number | bigint): void {
    if (typeof value === "number" && Math.abs(value) < 2 ** 51) {
      this.varint(value < 0 ? -value * 2 - 1 : value * 2);
      return;
    }
    const big = BigInt(value);
    this.varint(big < 0n ? -big * 2n - 1n : big * 2n);
  }

  /** Appends bytes as they are. */
  append(bytes: Uint8Array): void {
    for (const byte of bytes) this.byte(byte);
  }

  /** A copy of what was written so far. */
  take(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}
