/**
 * What several subjects gained, or one subject in several slots: decoded once, kept in a few flat arrays.
 *
 * An hour of five hundred endpoints by the minute is thirty thousand gains; as objects they would be ten times as large.
 */

import { type BitReader, Context, DamagedDataError } from "./bits";
import { FIRST_INDEX, floorNs, LAST_INDEX } from "./bucket";
import type { SeriesStats } from "./histogram";

/** Beyond this, bytes are told as they are. */
const MAX_EXPECTED_BYTES = 2 ** 48;
/** Beyond this, what was seen of bytes is forgotten. */
const MAX_SEEN_BYTES = 2 ** 50;
/** How far a time may be outside of its bucket as its floor is rounded here. */
const SLACK_NS = 4;

/** All buckets that there are. */
const BUCKETS = LAST_INDEX - FIRST_INDEX + 1;

/** Figures of one gain: requests, bytes, times, zeros, shortest, longest, sum above the floors of the buckets. */
const FIGURES = 7;

/** What is read or packed at the moment, before its size is known: lists that grow, and are kept for the next use. */
class Collector {
  keys: number[] = [];
  figures: number[] = [];
  starts: number[] = [];
  /** Of the buckets, of which there are `used`. */
  indices = new Int16Array(8192);
  counts = new Float64Array(8192);
  used = 0;
  /** The highest of the counts. */
  most = 0;

  /** Forgets what was collected before. */
  begin(): this {
    this.keys = [];
    this.figures = [];
    this.starts = [0];
    this.used = 0;
    this.most = 0;
    return this;
  }

  /** Makes room for more buckets. */
  reserve(more: number): void {
    const length = this.used + more;
    if (length <= this.indices.length) return;
    const [indices, counts] = [new Int16Array(2 * length), new Float64Array(2 * length)];
    indices.set(this.indices);
    counts.set(this.counts);
    this.indices = indices;
    this.counts = counts;
  }

  /** Adds a bucket; there must be room for it. */
  push(index: number, count: number): void {
    this.indices[this.used] = index;
    this.counts[this.used] = count;
    this.used += 1;
    if (count > this.most) this.most = count;
  }
}

const COLLECTOR = new Collector();

/** See the head of this file. */
export class Gains {
  private constructor(
    /** Subjects or slots, ascending. */
    readonly keys: Uint32Array,
    private readonly figures: Float64Array,
    private readonly starts: Uint32Array,
    private readonly indices: Int16Array,
    private readonly counts: Uint32Array | Float64Array,
  ) {}

  private static of({ keys, figures, starts, indices, counts, used, most }: Collector): Gains {
    return new Gains(
      new Uint32Array(keys),
      new Float64Array(figures),
      new Uint32Array(starts),
      indices.slice(0, used),
      most < 2 ** 32 ? new Uint32Array(counts.subarray(0, used)) : counts.slice(0, used),
    );
  }

  /** Reads a list of gains: their number, and each with its distance to the key before; at `full` there are none. */
  static read(reader: BitReader, distances: Context, full = Number.POSITIVE_INFINITY): Gains {
    const collector = COLLECTOR.begin();
    const model = new Model();
    let key = -1;
    const count = reader.countOfItems();
    for (let left = count; left > 0; left -= 1) {
      key += count < full ? reader.rice(distances) + 1 : 1;
      collector.keys.push(key);
      model.take(reader, collector);
    }
    reader.checkEnd();
    return Gains.of(collector);
  }

  /** Puts merged figures back into the flat form; keys must ascend. */
  static pack(entries: Iterable<[key: number, stats: SeriesStats]>): Gains {
    const collector = COLLECTOR.begin();
    for (const [key, { requests, responseBytes, latency }] of entries) {
      collector.keys.push(key);
      const { count, zeroCount, minNs, maxNs, aboveFloorsNs } = latency;
      collector.figures.push(requests, responseBytes.nearest, count, zeroCount, minNs, maxNs, aboveFloorsNs.nearest);
      collector.reserve(latency.counts.length);
      latency.counts.forEach((of, place) => {
        if (of !== 0) collector.push(place + latency.offset, of);
      });
      collector.starts.push(collector.used);
    }
    return Gains.of(collector);
  }

  /** Adds the gain at a place of {@link keys}. */
  addPlace(place: number, stats: SeriesStats): void {
    const { figures, indices, counts } = this;
    const at = place * FIGURES;
    stats.requests += figures[at] as number;
    stats.responseBytes.add(figures[at + 1] as number);
    const { latency } = stats;
    const count = figures[at + 2] as number;
    if (count === 0) return;
    latency.addFigures(count, figures[at + 3] as number, figures[at + 4] as number, figures[at + 5] as number);
    latency.aboveFloorsNs.add(figures[at + 6] as number);
    const [from, to] = [this.starts[place] as number, this.starts[place + 1] as number];
    if (from === to) return;
    latency.cover(indices[from] as number, indices[to - 1] as number);
    const { counts: into, offset } = latency;
    for (let bucket = from; bucket < to; bucket += 1) {
      const slot = (indices[bucket] as number) - offset;
      into[slot] = (into[slot] as number) + (counts[bucket] as number);
    }
  }

  /** The first place whose key is at or above `key`. */
  placeOf(key: number): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Adds the gain of one key, if there is one. */
  addTo(key: number, stats: SeriesStats): void {
    const place = this.placeOf(key);
    if (this.keys[place] === key) this.addPlace(place, stats);
  }

  /** Adds the gains of the keys `from` to before `to`. */
  addRange(from: number, to: number, stats: SeriesStats): void {
    for (let place = this.placeOf(from); place < this.keys.length && (this.keys[place] as number) < to; place += 1)
      this.addPlace(place, stats);
  }

  /** Bytes held in memory. */
  get sizeBytes(): number {
    const { keys, figures, starts, indices, counts } = this;
    return keys.byteLength + figures.byteLength + starts.byteLength + indices.byteLength + counts.byteLength;
  }
}

/** What both ends know of a stream of gains. */
class Model {
  private readonly times = new Context(8);
  private readonly untimed = new Context(1);
  private readonly zeros = new Context(1);
  private readonly bytes = new Context(64);
  private readonly first = new Context(32);
  private readonly gap = new Context(16);
  private readonly buckets = new Context(32);
  private readonly step = new Context(0);
  private readonly count = new Context(2);
  private readonly rest = new Context(2 ** 20);
  /** The first bucket of the gain before that had one. */
  private firstBefore: number | null = null;
  private seenBytes = 0;
  private seenRequests = 0;

  /** Reads the next gain. */
  take(reader: BitReader, into: Collector): void {
    const times = reader.rice(this.times);
    let untimed = 0;
    let zeroCount = 0;
    if (reader.take(1) === 1) {
      untimed = reader.rice(this.untimed);
      zeroCount = reader.rice(this.zeros);
    }
    const requests = times + zeroCount + untimed;
    if (requests > Number.MAX_SAFE_INTEGER) throw new DamagedDataError("too many requests");
    const responseBytes = this.takeBytes(reader, requests);
    const start = into.used;
    if (times > 0) this.takeBuckets(reader, times, into);
    const [minNs, maxNs, aboveFloorsNs] = this.takeTimes(reader, times, zeroCount, into, start);
    into.figures.push(requests, responseBytes, times + zeroCount, zeroCount, minNs, maxNs, aboveFloorsNs);
    into.starts.push(into.used);
  }

  private takeBytes(reader: BitReader, requests: number): number {
    let bytes: number;
    if (this.seenRequests === 0) bytes = reader.number();
    else {
      const product = Math.floor(this.seenBytes / this.seenRequests) * requests;
      const expected = product <= MAX_EXPECTED_BYTES ? product : 0;
      bytes = expected + reader.zigzag(this.bytes);
      // The difference wraps at 64 bits.
      if (bytes < 0) bytes += 2 ** 64;
    }
    if (bytes <= MAX_EXPECTED_BYTES) {
      this.seenBytes += bytes;
      this.seenRequests += requests;
    }
    if (this.seenBytes > MAX_SEEN_BYTES) {
      this.seenBytes = 0;
      this.seenRequests = 0;
    }
    return bytes;
  }

  private takeBuckets(reader: BitReader, times: number, into: Collector): void {
    const isDense = reader.take(1) === 1;
    let index = this.firstBefore === null ? reader.zigzagNumber() : this.firstBefore + reader.zigzag(this.first);
    this.firstBefore = index;
    const most = isDense ? reader.rice(this.buckets) + 1 : Math.min(times, BUCKETS);
    if (most > BUCKETS) throw new DamagedDataError("there are more buckets than times can be in");
    into.reserve(most);
    if (isDense) {
      let left = times;
      for (let more = most; more > 0; more -= 1) {
        const count = reader.rice(this.count) + 1;
        push(into, index, count);
        left -= count;
        if (more > 1) index += reader.rice(this.step) + 1;
      }
      if (left !== 0) throw new DamagedDataError("the buckets have another number of times");
      return;
    }
    let repeats = 1;
    for (let more = times - 1; more > 0; more -= 1) {
      const gap = reader.rice(this.gap);
      if (gap === 0) {
        repeats += 1;
        continue;
      }
      push(into, index, repeats);
      index += gap;
      repeats = 1;
    }
    push(into, index, repeats);
  }

  private takeTimes(
    reader: BitReader,
    times: number,
    zeroCount: number,
    into: Collector,
    start: number,
  ): [minNs: number, maxNs: number, aboveFloorsNs: number] {
    if (times === 0) return [0, 0, 0];
    const { indices, counts, used: length } = into;
    const first = indices[start] as number;
    const last = indices[length - 1] as number;
    const hasMin = times > 1 && zeroCount === 0;
    let aboveFloorsNs = 0;
    let minNs = 0;
    if (hasMin) {
      const above = reader.take(placeBits(first)) - SLACK_NS;
      minNs = floorNs(first) + above;
      aboveFloorsNs += above;
    }
    const above = reader.take(placeBits(last)) - SLACK_NS;
    const maxNs = floorNs(last) + above;
    aboveFloorsNs += above;
    if (times === 1 && zeroCount === 0) minNs = maxNs;
    if (times - 1 - (hasMin ? 1 : 0) > 0) {
      // The others are told by their distance to the middle of their buckets.
      let halvesNs = -halfNs(last) - (hasMin ? halfNs(first) : 0);
      for (let place = start; place < length; place += 1)
        halvesNs += (counts[place] as number) * halfNs(indices[place] as number);
      aboveFloorsNs += halvesNs + reader.zigzag(this.rest);
    }
    return [minNs, maxNs, aboveFloorsNs];
  }
}

function push(into: Collector, index: number, count: number): void {
  if (index < FIRST_INDEX || index > LAST_INDEX) throw new DamagedDataError("a bucket holds no recordable time");
  into.push(index, count);
}

/** How many bits tell the place of a time within a bucket. */
export function placeBits(index: number): number {
  const spread = floorNs(index + 1) - floorNs(index) + 2 * SLACK_NS;
  let bits = Math.max(0, 32 - Math.clz32(spread));
  if (spread >= 2 ** 32) bits = 64 - Math.clz32(Math.floor(spread / 2 ** 32));
  return bits;
}

/** From the floor of a bucket to its middle. */
export function halfNs(index: number): number {
  return Math.floor((floorNs(index + 1) - floorNs(index)) / 2);
}
