/** The page and the native core agree to the last digit: files that Rust wrote, read here. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packStrip, packWindow } from "../../dev/encode";
import { lowerBoundMs, representativeMs } from "./bucket";
import { SeriesStats } from "./histogram";
import { bytesOfBase64 } from "./pyramid";
import { readWindowGains, Strip } from "./strip";

const GOLDEN = join(import.meta.dirname, "../../../crates/store/tests/golden");

interface Meaning {
  requests: number;
  response_bytes: number;
  untimed: number;
  zeros: number;
  count: number;
  sum_ns: string;
  min_ns: number | null;
  max_ns: number | null;
  mean_ms: number | null;
  p50_ms: number | null;
  p90_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  p999_ms: number | null;
  max_ms: number | null;
  buckets: string;
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(GOLDEN, name), "utf8")) as T;
}

function meaningOf(stats: SeriesStats): Meaning {
  const { latency } = stats;
  const buckets: [number, number][] = [];
  latency.counts.forEach((count, place) => {
    if (count > 0) buckets.push([place + latency.offset, count]);
  });
  const isEmpty = latency.count === 0;
  return {
    requests: stats.requests,
    response_bytes: stats.responseBytes.nearest,
    untimed: stats.requests - latency.count,
    zeros: latency.zeroCount,
    count: latency.count,
    sum_ns: latency.sumNs().toString(),
    min_ns: isEmpty ? null : latency.minNs,
    max_ns: isEmpty ? null : latency.maxNs,
    mean_ms: latency.meanMs(),
    p50_ms: latency.quantileMs(0.5),
    p90_ms: latency.quantileMs(0.9),
    p95_ms: latency.quantileMs(0.95),
    p99_ms: latency.quantileMs(0.99),
    p999_ms: latency.quantileMs(0.999),
    max_ms: latency.maxMs(),
    buckets: JSON.stringify(buckets),
  };
}

describe("bounds", () => {
  it("are the native core's, bit for bit", () => {
    const golden = read<{
      octave_ms: number[];
      index_lower_bound_ms_representative_ms: [index: number, lowerBoundMs: number, representativeMs: number][];
    }>("bounds.json");
    golden.octave_ms.forEach((bound, index) => {
      expect(lowerBoundMs(index)).toBe(bound);
    });
    for (const [index, bound, representative] of golden.index_lower_bound_ms_representative_ms) {
      expect(lowerBoundMs(index)).toBe(bound);
      expect(representativeMs(index)).toBe(representative);
    }
  });
});

describe("gains", () => {
  const cases = read<{ name: string; window_gains: string; subject: number; gain: Meaning }[]>("gains.json");
  it.each(cases)("reads «$name»", ({ window_gains: encoded, subject, gain }) => {
    const stats = new SeriesStats();
    readWindowGains(bytesOfBase64(encoded)).addTo(subject, stats);
    const { response_bytes: bytes, ...others } = meaningOf(stats);
    const { response_bytes: wantedBytes, ...wanted } = gain;
    expect(others).toEqual(wanted);
    // Beyond 2^53 bytes a number is only near.
    expect(Math.abs(bytes - wantedBytes)).toBeLessThanOrEqual(wantedBytes > 2 ** 53 ? wantedBytes / 2 ** 50 : 0);
  });

  it.each(cases.filter(({ gain }) => gain.response_bytes <= 2 ** 48 && gain.count < 2 ** 50))(
    "the development server writes «$name» as Rust does",
    ({ window_gains: encoded, subject }) => {
      const stats = new SeriesStats();
      readWindowGains(bytesOfBase64(encoded)).addTo(subject, stats);
      expect(Buffer.from(packWindow([[subject, stats]])).toString("base64")).toBe(encoded);
    },
  );
});

describe("window gains", () => {
  const cases =
    read<{ name: string; window_gains: string; subjects: { subject: number; gain: Meaning }[]; merged: Meaning }[]>(
      "window_gains.json",
    );
  it.each(cases)("reads «$name»", ({ window_gains: encoded, subjects, merged }) => {
    const gains = readWindowGains(bytesOfBase64(encoded));
    expect([...gains.keys]).toEqual(subjects.map(({ subject }) => subject));
    const all = new SeriesStats();
    subjects.forEach(({ gain }, place) => {
      const stats = new SeriesStats();
      gains.addPlace(place, stats);
      expect(meaningOf(stats)).toEqual(gain);
      gains.addPlace(place, all);
    });
    expect(meaningOf(all)).toEqual(merged);
  });
});

describe("strips", () => {
  const cases =
    read<{ name: string; strip: string; slots: { slot: number; gain: Meaning }[]; merged: Meaning }[]>("strips.json");
  it.each(cases)("reads «$name»", ({ strip: encoded, slots, merged }) => {
    const strip = new Strip(bytesOfBase64(encoded));
    for (const { slot, gain } of slots) {
      const stats = new SeriesStats();
      strip.addTo(stats, slot, slot + 1);
      expect(meaningOf(stats)).toEqual(gain);
    }
    const all = new SeriesStats();
    strip.addTo(all, 0, 60);
    expect(meaningOf(all)).toEqual(merged);
  });

  // The development server counts bytes up to 2^53 only.
  const small = cases.filter(({ slots }) => slots.every(({ gain }) => gain.response_bytes <= 2 ** 48));
  it.each(small)("the development server writes «$name» as Rust does", ({ strip: encoded, slots }) => {
    const strip = new Strip(bytesOfBase64(encoded));
    const entries = slots.map(({ slot }): [number, SeriesStats] => {
      const stats = new SeriesStats();
      strip.addTo(stats, slot, slot + 1);
      return [slot, stats];
    });
    expect(Buffer.from(packStrip(entries)).toString("base64")).toBe(encoded);
  });
});
