/** A gain: what one subject gained in one slot of time, as bytes. The layout is that of the run store. */

import { FIRST_INDEX, floorNs, LAST_INDEX } from "./bucket";
import type { Histogram, SeriesStats } from "./histogram";
import { type ByteReader, ByteWriter, DamagedDataError } from "./varint";

/** Adds the gain at the reader's place to `stats`, bucket by bucket, with nothing in between. */
export function addGain(reader: ByteReader, stats: SeriesStats): void {
  const head = reader.varint();
  const buckets = Math.floor(head / 2);
  let untimed = 0;
  let zeroCount = 0;
  if (head % 2 === 1) {
    untimed = reader.varint();
    zeroCount = reader.varint();
  }
  stats.responseBytes.add(reader.bigVarint());
  const latency = stats.latency;
  if (buckets === 0) {
    latency.addFigures(zeroCount, zeroCount, 0, 0);
    stats.requests += untimed + zeroCount;
    return;
  }
  let index = 0;
  let first = 0;
  let timed = 0;
  for (let place = 0; place < buckets; place += 1) {
    const step = reader.varint();
    const distance = Math.floor(step / 2);
    if (place === 0) {
      index = distance % 2 === 1 ? -(distance + 1) / 2 : distance / 2;
      first = index;
    } else {
      index += distance + 1;
    }
    if (index < FIRST_INDEX || index > LAST_INDEX) throw new DamagedDataError("a bucket holds no recordable time");
    const count = step % 2 === 1 ? reader.varint() + 2 : 1;
    timed += count;
    latency.cover(index, index);
    const slot = index - latency.offset;
    latency.counts[slot] = (latency.counts[slot] as number) + count;
  }
  const count = timed + zeroCount;
  let minNs = 0;
  if (zeroCount === 0 && count > 1) minNs = floorNs(first) + reader.zigzag();
  const aboveFloor = reader.zigzag();
  const maxNs = floorNs(index) + aboveFloor;
  if (zeroCount === 0 && count === 1) minNs = maxNs;
  latency.aboveFloorsNs.add(count > 1 ? reader.bigZigzag() : aboveFloor);
  latency.addFigures(count, zeroCount, minNs, maxNs);
  stats.requests += untimed + count;
}

/** Moves the reader behind the gain at its place. */
export function skipGain(reader: ByteReader): void {
  const head = reader.varint();
  const buckets = Math.floor(head / 2);
  let zeroCount = 0;
  if (head % 2 === 1) {
    reader.varint();
    zeroCount = reader.varint();
  }
  reader.bigVarint();
  if (buckets === 0) return;
  let isOne = buckets === 1 && zeroCount === 0;
  for (let place = 0; place < buckets; place += 1) {
    if (reader.varint() % 2 === 1) {
      reader.varint();
      isOne = false;
    }
  }
  if (zeroCount === 0 && !isOne) reader.bigVarint();
  reader.bigVarint();
  if (!isOne) reader.bigVarint();
}

/** The buckets in use, ascending, as index and count. */
function bucketsOf(latency: Histogram): [index: number, count: number][] {
  const buckets: [number, number][] = [];
  for (let place = 0; place < latency.counts.length; place += 1) {
    const count = latency.counts[place] as number;
    if (count > 0) buckets.push([place + latency.offset, count]);
  }
  return buckets;
}

/** Appends `stats` as a gain. The live page packs minutes that are over so, to keep hours of them in little memory. */
export function writeGain(writer: ByteWriter, stats: SeriesStats): void {
  const latency = stats.latency;
  const buckets = bucketsOf(latency);
  const untimed = stats.requests - latency.count;
  const isOdd = untimed > 0 || latency.zeroCount > 0;
  writer.varint(buckets.length * 2 + (isOdd ? 1 : 0));
  if (isOdd) {
    writer.varint(untimed);
    writer.varint(latency.zeroCount);
  }
  writer.varint(stats.responseBytes.value);
  const [first, last] = [buckets[0], buckets[buckets.length - 1]];
  if (first === undefined || last === undefined) return;
  let previous: number | null = null;
  for (const [index, count] of buckets) {
    const distance: number = previous === null ? (index < 0 ? -index * 2 - 1 : index * 2) : index - previous - 1;
    writer.varint(distance * 2 + (count > 1 ? 1 : 0));
    if (count > 1) writer.varint(count - 2);
    previous = index;
  }
  if (latency.zeroCount === 0 && latency.count > 1) writer.zigzag(latency.minNs - floorNs(first[0]));
  writer.zigzag(latency.maxNs - floorNs(last[0]));
  if (latency.count > 1) writer.zigzag(latency.aboveFloorsNs.value);
}

/** `stats` as a gain of its own. */
export function packGain(stats: SeriesStats): Uint8Array {
  const writer = new ByteWriter();
  writeGain(writer, stats);
  return writer.take();
}
