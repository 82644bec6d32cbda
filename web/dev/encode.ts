/** Writes strips and windows: what the run store does, for synthetic runs and tests. */

import { Context } from "../src/model/bits";
import { floorNs } from "../src/model/bucket";
import { halfNs, placeBits } from "../src/model/gains";
import type { Histogram, SeriesStats } from "../src/model/histogram";

/** Collects bits, the lowest first. */
class BitWriter {
  private bytes: number[] = [];
  private pending = 0;
  private filled = 0;

  put(value: number, bits: number): void {
    if (bits > 16) {
      this.put(value % 65536, 16);
      this.put(Math.floor(value / 65536), bits - 16);
      return;
    }
    this.pending |= value << this.filled;
    this.filled += bits;
    while (this.filled >= 8) {
      this.bytes.push(this.pending & 255);
      this.pending >>>= 8;
      this.filled -= 8;
    }
  }

  number(value: number): void {
    const length = value === 0 ? 0 : value.toString(2).length;
    this.put(length, 7);
    this.put(value, length);
  }

  rice(context: Context, value: number): void {
    const bits = context.parameter;
    const quotient = Math.floor(value / 2 ** bits);
    if (quotient < 16) {
      this.put(2 ** quotient, quotient + 1);
      this.put(value % 2 ** bits, bits);
    } else {
      this.put(2 ** 16, 17);
      this.number(value);
    }
    context.learn(value);
  }

  zigzag(context: Context, value: number): void {
    this.rice(context, value >= 0 ? 2 * value : -2 * value - 1);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.filled > 0 ? [...this.bytes, this.pending] : this.bytes);
  }
}

function usedOf(latency: Histogram): [index: number, count: number][] {
  const used: [number, number][] = [];
  latency.counts.forEach((count, place) => {
    if (count > 0) used.push([place + latency.offset, count]);
  });
  return used;
}

/** One stream of gains. */
class GainWriter {
  readonly bits = new BitWriter();
  private readonly contexts = {
    times: new Context(8),
    untimed: new Context(1),
    zeros: new Context(1),
    bytes: new Context(256),
    first: new Context(256),
    gap: new Context(16),
    buckets: new Context(32),
    step: new Context(0),
    count: new Context(2),
    rest: new Context(2 ** 20),
  };
  private firstBefore = 0;
  private seenBytes = 0;
  private seenRequests = 0;

  put({ requests, responseBytes, latency }: SeriesStats): void {
    const { bits, contexts } = this;
    const times = latency.count - latency.zeroCount;
    const untimed = requests - latency.count;
    bits.rice(contexts.times, times);
    const isOdd = untimed > 0 || latency.zeroCount > 0;
    bits.put(isOdd ? 1 : 0, 1);
    if (isOdd) {
      bits.rice(contexts.untimed, untimed);
      bits.rice(contexts.zeros, latency.zeroCount);
    }
    const each = this.seenRequests > 0 ? Math.floor(this.seenBytes / this.seenRequests) : 0;
    const expected = each * requests <= 2 ** 48 ? each * requests : 0;
    bits.zigzag(contexts.bytes, responseBytes.nearest - expected);
    this.seenBytes += responseBytes.nearest;
    this.seenRequests += requests;
    const used = usedOf(latency);
    const [first, last] = [used[0], used[used.length - 1]];
    if (first === undefined || last === undefined) return;
    this.putBuckets(used, times);
    const hasMin = times > 1 && latency.zeroCount === 0;
    let restNs = latency.aboveFloorsNs.nearest;
    if (hasMin) {
      bits.put(latency.minNs - floorNs(first[0]) + 4, placeBits(first[0]));
      restNs -= latency.minNs - floorNs(first[0]) - halfNs(first[0]);
    }
    bits.put(latency.maxNs - floorNs(last[0]) + 4, placeBits(last[0]));
    restNs -= latency.maxNs - floorNs(last[0]) - halfNs(last[0]);
    for (const [index, count] of used) restNs -= count * halfNs(index);
    if (times - 1 - (hasMin ? 1 : 0) > 0) bits.zigzag(contexts.rest, restNs);
  }

  private putBuckets(used: [index: number, count: number][], times: number): void {
    const { bits, contexts } = this;
    const isDense = times >= 2 * used.length;
    bits.put(isDense ? 1 : 0, 1);
    const first = used[0]?.[0] ?? 0;
    bits.zigzag(contexts.first, first - this.firstBefore);
    this.firstBefore = first;
    if (isDense) bits.rice(contexts.buckets, used.length - 1);
    let previous = first;
    used.forEach(([index, count], place) => {
      if (isDense) {
        if (place > 0) bits.rice(contexts.step, index - previous - 1);
        bits.rice(contexts.count, count - 1);
      } else {
        if (place > 0) bits.rice(contexts.gap, index - previous);
        for (let more = 1; more < count; more += 1) bits.rice(contexts.gap, 0);
      }
      previous = index;
    });
  }
}

function pack(entries: Iterable<[key: number, stats: SeriesStats]>, distances: Context): Uint8Array {
  const writer = new GainWriter();
  const all = [...entries];
  writer.bits.number(all.length);
  let previous = -1;
  for (const [key, stats] of all) {
    writer.bits.rice(distances, key - previous - 1);
    writer.put(stats);
    previous = key;
  }
  return writer.bits.finish();
}

/** A strip of slots (0 to 59, ascending). */
export function packStrip(slots: Iterable<[slot: number, stats: SeriesStats]>): Uint8Array {
  return pack(slots, new Context(0));
}

/** The gains of a window by subject, ascending. */
export function packWindow(gains: Iterable<[subject: number, stats: SeriesStats]>): Uint8Array {
  return pack(gains, new Context(1));
}

function varint(value: number): number[] {
  const bytes = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

/** A container of strips. */
export function packContainer(strips: Iterable<{ subject: number; startS: number; strip: Uint8Array }>): Buffer {
  const parts: Uint8Array[] = [];
  for (const { subject, startS, strip } of strips)
    parts.push(Uint8Array.from([...varint(subject), ...varint(startS * 2), ...varint(strip.length)]), strip);
  return Buffer.concat(parts);
}
