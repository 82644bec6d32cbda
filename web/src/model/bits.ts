/** Numbers as bits, the lowest bit first, and the adaptive code that most of them are in. Twin of the run store's. */

/** The bytes are not what a writer of this format makes. Loading the run again is all that can be done. */
export class DamagedDataError extends Error {
  override name = "DamagedDataError";
}

/** So many zeros say that a number is told by its length instead. */
const ESCAPE = 16;
/** At so many numbers the past counts half. */
const FORGET_AT = 32;
/** No number weighs more than this in the mean. */
const MAX_WEIGHT = 2 ** 40;

const POWERS = Float64Array.from({ length: 128 }, (_, exponent) => 2 ** exponent);

/** Only sums of numbers below this are kept as small integers. */
const SMALL = 2 ** 22;

/**
 * What is known of the size of one kind of number: a Golomb–Rice code whose parameter follows the mean.
 *
 * Reading these is most of what opening a large run costs, so sums are small integers as long as the numbers are small:
 * a field that may outgrow 31 bits would be an object of its own, for every number that is read.
 */
export class Context {
  private count = 1;
  private sum: number;
  /** The sum once it may have outgrown `sum`. */
  private large: Float64Array | null = null;

  constructor(sum: number) {
    this.sum = sum;
  }

  /** The smallest k with 2^k at or above three quarters of the mean. */
  get parameter(): number {
    const four = 4 * this.count;
    if (this.large === null) {
      const three = 3 * this.sum;
      if (three <= four) return 0;
      const bits = Math.clz32(four) - Math.clz32(three);
      return four << bits < three ? bits + 1 : bits;
    }
    const three = 3 * (this.large[0] as number);
    let bits = 0;
    while (four * (POWERS[bits] as number) < three) bits += 1;
    return bits;
  }

  /** Takes a number into the mean. */
  learn(value: number): void {
    this.count += 1;
    const isFull = this.count === FORGET_AT;
    if (isFull) this.count = FORGET_AT / 2;
    if (this.large === null && value < SMALL) {
      const sum = this.sum + value;
      this.sum = isFull ? sum >> 1 : sum;
      return;
    }
    this.large ??= Float64Array.of(this.sum);
    const sum = (this.large[0] as number) + Math.min(value, MAX_WEIGHT);
    this.large[0] = isFull ? Math.floor(sum / 2) : sum;
  }
}

/** A cursor over bits. Reading behind the end gives zeros; {@link checkEnd} finds that. */
export class BitReader {
  private readonly view: DataView;
  private readonly lengthBits: number;
  private at = 0;

  constructor(bytes: Uint8Array) {
    // Room behind the end, so that four bytes can always be read.
    const roomy = new Uint8Array(bytes.length + 8);
    roomy.set(bytes);
    this.view = new DataView(roomy.buffer);
    this.lengthBits = bytes.length * 8;
  }

  /** The next 25 bits; those above are not to be used. Behind the room there are none. */
  private peek(): number {
    const place = this.at >>> 3;
    return place + 4 > this.view.byteLength ? 0 : this.view.getInt32(place, true) >> (this.at & 7);
  }

  /** A number of `bits` bits, at most 53. */
  take(bits: number): number {
    if (bits <= 24) {
      const value = this.peek() & ((1 << bits) - 1);
      this.at += bits;
      return value;
    }
    const low = this.take(24);
    return low + this.take(bits - 24) * 2 ** 24;
  }

  /** A number of unknown size; beyond 2^53 it is the nearest that can be told. */
  number(): number {
    let left = this.take(7);
    let value = 0;
    let scale = 1;
    while (left > 0) {
      const bits = Math.min(left, 24);
      value += this.take(bits) * scale;
      scale *= 2 ** bits;
      left -= bits;
    }
    return value;
  }

  /** How many items of at least one bit each follow. */
  countOfItems(): number {
    const count = this.number();
    if (count > this.lengthBits - this.at) throw new DamagedDataError("a count is beyond what is there");
    return count;
  }

  /** The next number of a kind. */
  rice(context: Context): number {
    const bits = context.parameter;
    const ahead = this.peek();
    const quotient = ahead === 0 ? 32 : 31 - Math.clz32(ahead & -ahead);
    let value: number;
    if (quotient + bits < 25 && quotient < ESCAPE) {
      value = (quotient << bits) | ((ahead >> (quotient + 1)) & ((1 << bits) - 1));
      this.at += quotient + 1 + bits;
    } else if (quotient < ESCAPE) {
      this.at += quotient + 1;
      value = quotient * (POWERS[bits] as number) + this.take(bits);
    } else if (quotient === ESCAPE) {
      this.at += ESCAPE + 1;
      value = this.number();
    } else {
      throw new DamagedDataError("a number does not begin, or the data ends early");
    }
    if (this.at > this.lengthBits) throw new DamagedDataError("the data ends early");
    context.learn(value);
    return value;
  }

  /** The next number of a kind, with a sign. */
  zigzag(context: Context): number {
    return unfolded(this.rice(context));
  }

  /** A number of unknown size, with a sign. */
  zigzagNumber(): number {
    return unfolded(this.number());
  }

  /** That nothing is left but what fills up the last byte. */
  checkEnd(): void {
    const left = this.lengthBits - this.at;
    if (left < 0 || left >= 8 || this.take(left) !== 0) throw new DamagedDataError("there is more than was announced");
  }
}

function unfolded(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
}
