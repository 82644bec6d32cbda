/** The mergeable latency histogram, and what else a series counts. */

import { FIRST_INDEX, floorNs, LAST_INDEX, representativeMs } from "./bucket";

const NS_PER_MS = 1_000_000;
/** Above this, a running sum moves to a bigint: the next addition could be inexact. */
const SPILL_AT = 2 ** 52;

/** An exact sum of integers: a number as long as it is small, and a bigint for the rest. */
export class ExactSum {
  private small = 0;
  private large = 0n;

  /** Adds an integer. */
  add(value: number | bigint): void {
    if (typeof value === "bigint") {
      this.large += value;
      return;
    }
    this.small += value;
    if (this.small > SPILL_AT || this.small < -SPILL_AT) {
      this.large += BigInt(this.small);
      this.small = 0;
    }
  }

  /** Adds another sum. */
  merge(other: ExactSum): void {
    this.add(other.small);
    if (other.large !== 0n) this.large += other.large;
  }

  /** Back to zero. */
  clear(): void {
    this.small = 0;
    this.large = 0n;
  }

  /** The sum. */
  get value(): bigint {
    return this.large + BigInt(this.small);
  }

  /** The sum as the nearest number. */
  get nearest(): number {
    return this.large === 0n ? this.small : Number(this.value);
  }
}

/**
 * Latencies over some span of time. Merging is exact, whatever the order.
 *
 * The sum of times is kept as its distance to the sum of the buckets' floors, as it is encoded: that is small,
 * so the hot loop needs no bigint.
 */
export class Histogram {
  /** How many times were recorded. */
  count = 0;
  /** How many of them were zero; they are in no bucket. */
  zeroCount = 0;
  /** The shortest time in nanoseconds (0 where there is none). */
  minNs = 0;
  /** The longest time in nanoseconds (0 where there is none). */
  maxNs = 0;
  /** Exact sum in nanoseconds, less `floorNs` of each time's bucket. */
  readonly aboveFloorsNs = new ExactSum();
  /** Index of the bucket that `counts[0]` counts. */
  offset = 0;
  /** Contiguous; both ends may hold zeros. */
  counts: Float64Array = new Float64Array(0);

  /** Makes room for the buckets `first..=last`. */
  cover(first: number, last: number): void {
    const length = this.counts.length;
    if (length > 0 && first >= this.offset && last < this.offset + length) return;
    // Some room to spare, so that widening bucket by bucket does not copy each time.
    const from = Math.max(FIRST_INDEX, Math.min(first, length > 0 ? this.offset : first) - 24);
    const to = Math.min(LAST_INDEX, Math.max(last, length > 0 ? this.offset + length - 1 : last) + 24);
    const wider = new Float64Array(to - from + 1);
    if (length > 0) wider.set(this.counts, this.offset - from);
    this.counts = wider;
    this.offset = from;
  }

  /** Counts times without their buckets: what {@link cover} and `counts` cannot say. */
  addFigures(count: number, zeroCount: number, minNs: number, maxNs: number): void {
    if (count === 0) return;
    if (this.count === 0) {
      this.minNs = minNs;
      this.maxNs = maxNs;
    } else {
      if (minNs < this.minNs) this.minNs = minNs;
      if (maxNs > this.maxNs) this.maxNs = maxNs;
    }
    this.count += count;
    this.zeroCount += zeroCount;
  }

  /** Forgets the times and keeps the room, so that the next span allocates nothing. */
  clear(): void {
    this.count = 0;
    this.zeroCount = 0;
    this.minNs = 0;
    this.maxNs = 0;
    this.aboveFloorsNs.clear();
    this.counts.fill(0);
  }

  /** Adds everything that `other` holds. */
  merge(other: Histogram): void {
    if (other.count === 0) return;
    this.addFigures(other.count, other.zeroCount, other.minNs, other.maxNs);
    this.aboveFloorsNs.merge(other.aboveFloorsNs);
    const used = other.used();
    if (used === null) return;
    const [first, last] = used;
    this.cover(first, last);
    const shift = other.offset - this.offset;
    for (let place = first - other.offset; place <= last - other.offset; place += 1) {
      this.counts[place + shift] = (this.counts[place + shift] as number) + (other.counts[place] as number);
    }
  }

  /** The lowest and the highest bucket in use, or null if there is none. */
  used(): [first: number, last: number] | null {
    const counts = this.counts;
    let first = 0;
    while (first < counts.length && counts[first] === 0) first += 1;
    if (first === counts.length) return null;
    let last = counts.length - 1;
    while (counts[last] === 0) last -= 1;
    return [first + this.offset, last + this.offset];
  }

  /** The count of one bucket. */
  countOf(index: number): number {
    return this.counts[index - this.offset] ?? 0;
  }

  /** The exact sum of all times in nanoseconds. */
  sumNs(): bigint {
    const sum = new ExactSum();
    sum.merge(this.aboveFloorsNs);
    for (let place = 0; place < this.counts.length; place += 1) {
      const count = this.counts[place] as number;
      if (count === 0) continue;
      const floor = floorNs(place + this.offset);
      const product = count * floor;
      sum.add(product <= SPILL_AT ? product : BigInt(count) * BigInt(floor));
    }
    return sum.value;
  }

  /** The arithmetic mean in milliseconds, or null if nothing was recorded. */
  meanMs(): number | null {
    return this.count > 0 ? Number(this.sumNs()) / this.count / NS_PER_MS : null;
  }

  /** The longest time in milliseconds, or null if nothing was recorded. */
  maxMs(): number | null {
    return this.count > 0 ? this.maxNs / NS_PER_MS : null;
  }

  /**
   * The `q`-quantile in milliseconds (`q` from 0 to 1) by nearest rank, or null if nothing was recorded: the same
   * steps as `Histogram::quantile_ms` of the native core.
   */
  quantileMs(q: number): number | null {
    if (this.count === 0) return null;
    const minMs = this.minNs / NS_PER_MS;
    const maxMs = this.maxNs / NS_PER_MS;
    const wanted = Math.ceil(Math.min(Math.max(q, 0), 1) * this.count);
    const rank = Math.min(Math.max(wanted, 1), this.count);
    if (rank === 1) return minMs;
    if (rank === this.count) return maxMs;
    let seen = this.zeroCount;
    if (rank <= seen) return 0;
    for (let place = 0; place < this.counts.length; place += 1) {
      seen += this.counts[place] as number;
      if (rank <= seen) {
        return Math.min(Math.max(representativeMs(place + this.offset), minMs), maxMs);
      }
    }
    return maxMs;
  }
}

/** What one subject (a series, a worker, all requests) counted over some span of time. */
export class SeriesStats {
  /** Requests, with and without a usable response time. */
  requests = 0;
  /** Bytes of the responses. */
  readonly responseBytes = new ExactSum();
  /** Response times of those requests that had a usable one. */
  readonly latency = new Histogram();

  /** Forgets everything but keeps the room. */
  clear(): void {
    this.requests = 0;
    this.responseBytes.clear();
    this.latency.clear();
  }

  /** Adds everything that `other` counted. */
  merge(other: SeriesStats): void {
    this.requests += other.requests;
    this.responseBytes.merge(other.responseBytes);
    this.latency.merge(other.latency);
  }
}
