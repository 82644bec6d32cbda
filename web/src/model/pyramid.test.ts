/** Merges of any range, against adding second by second. */

import { describe, expect, it } from "vitest";
import { packContainer, packStrip, packWindow } from "../../dev/encode";
import { mix, uniforms } from "../../dev/random";
import { record } from "../../dev/scenario";
import { SeriesStats } from "./histogram";
import { Pyramid } from "./pyramid";
import { readWindowGains, SLOTS } from "./strip";

const START_S = 1_700_000_000 - (1_700_000_000 % 3600) + 1234;
const LENGTH_S = 8000;
const SUBJECTS = [0, 3, 4];

/** What each subject gained in each second: some gain nothing, some much, some with zeros and requests without a time. */
function gained(subject: number, second: number): SeriesStats | null {
  const uniform = uniforms(mix(subject, second));
  if (uniform() < 0.3) return null;
  const stats = new SeriesStats();
  const count = 1 + Math.floor(uniform() * 12);
  for (let place = 0; place < count; place += 1)
    record(stats, uniform() < 0.05 ? 0 : Math.round(1e6 * Math.exp(uniform() * 7)), 100);
  if (uniform() < 0.1) stats.requests += 1;
  return stats;
}

const all = new Map(
  SUBJECTS.map((subject) => [subject, Array.from({ length: LENGTH_S }, (_, t) => gained(subject, START_S + t))]),
);

function bruteForce(subject: number, fromS: number, toS: number): SeriesStats {
  const stats = new SeriesStats();
  for (let second = fromS; second < toS; second += 1) {
    const part = all.get(subject)?.[second - START_S];
    if (part) stats.merge(part);
  }
  return stats;
}

function figures(stats: SeriesStats) {
  const { latency, requests } = stats;
  const quantiles = [0, 0.5, 0.9, 0.95, 0.99, 0.999, 1].map((q) => latency.quantileMs(q));
  return { requests, bytes: stats.responseBytes.value, sum: latency.sumNs(), count: latency.count, quantiles };
}

const made = new Map<string, Uint8Array>();

/** All strips of a slot length, of what was gained before `untilS`. */
function container(slotS: number, untilS: number): Uint8Array {
  const key = `${slotS} ${untilS}`;
  const bytes = made.get(key) ?? makeContainer(slotS, untilS);
  made.set(key, bytes);
  return bytes;
}

function makeContainer(slotS: number, untilS: number): Uint8Array {
  const strips = [];
  const blockS = slotS * SLOTS;
  for (const subject of SUBJECTS) {
    for (let block = Math.floor(START_S / blockS) * blockS; block < untilS; block += blockS) {
      const slots: [number, SeriesStats][] = [];
      for (let slot = 0; slot < SLOTS; slot += 1) {
        const from = block + slot * slotS;
        const stats = bruteForce(subject, Math.max(from, START_S), Math.min(from + slotS, untilS));
        if (stats.requests > 0) slots.push([slot, stats]);
      }
      if (slots.length > 0) strips.push({ subject, startS: block, strip: packStrip(slots) });
    }
  }
  return packContainer(strips);
}

function load(pyramid: Pyramid, fromS: number, toS: number, untilS: number): void {
  for (const missing of pyramid.missing({ fromS, toS }, null)) {
    pyramid.addContainer({ ...missing, subjects: null }, container(missing.slotS, untilS));
  }
}

function window(second: number) {
  const entries = SUBJECTS.flatMap((subject): [number, SeriesStats][] => {
    const stats = all.get(subject)?.[second - START_S];
    return stats ? [[subject, stats]] : [];
  });
  return readWindowGains(packWindow(entries));
}

const uniform = uniforms(42);
const RANGES = Array.from({ length: 40 }, () => {
  const fromS = START_S + Math.floor(uniform() * (LENGTH_S - 1));
  return { fromS, toS: fromS + 1 + Math.floor(uniform() ** 2 * (START_S + LENGTH_S - fromS)) };
});

function merged(pyramid: Pyramid, subject: number, fromS: number, toS: number): SeriesStats {
  const stats = new SeriesStats();
  pyramid.adder({ fromS, toS })(subject, stats);
  return stats;
}

describe("a stored run", () => {
  const untilS = START_S + LENGTH_S;
  const pyramid = new Pyramid("series", [3600, 60, 1], Number.POSITIVE_INFINITY);
  load(pyramid, START_S, untilS, untilS);

  it.each(RANGES)("merges $fromS to $toS as adding each second does", ({ fromS, toS }) => {
    load(pyramid, fromS, toS, untilS);
    expect(pyramid.missing({ fromS, toS }, null)).toEqual([]);
    for (const subject of SUBJECTS)
      expect(figures(merged(pyramid, subject, fromS, toS))).toEqual(figures(bruteForce(subject, fromS, toS)));
  });

  it("needs the longest slots only for the whole run, though it was sealed amid one", () => {
    const fresh = new Pyramid("series", [3600, 60, 1], untilS);
    fresh.known = { fromS: START_S, toS: untilS };
    expect(fresh.missing(fresh.known, null).map(({ slotS }) => slotS)).toEqual([3600]);
    load(fresh, START_S, untilS, untilS);
    expect(figures(merged(fresh, 0, START_S, untilS))).toEqual(figures(bruteForce(0, START_S, untilS)));
  });

  it("asks only for the subjects that are lacking", () => {
    const fresh = new Pyramid("series", [60, 1], Number.POSITIVE_INFINITY);
    const range = { fromS: START_S, toS: START_S + 5 };
    const [missing] = fresh.missing(range, [3, 4]);
    expect(missing?.subjects).toEqual([3, 4]);
    fresh.addContainer({ ...(missing as NonNullable<typeof missing>), subjects: [3] }, new Uint8Array(0));
    expect(fresh.missing(range, [3, 4])[0]?.subjects).toEqual([4]);
  });
});

describe("a run that was compacted in part", () => {
  const untilS = START_S + LENGTH_S;
  const compactedS = Math.ceil((START_S + 3000) / 60) * 60;
  const pyramid = new Pyramid("series", [3600, 60, 1], Number.POSITIVE_INFINITY, compactedS);

  it.each(RANGES)("needs no seconds of before, and merges $fromS to $toS by the minute there", ({ fromS, toS }) => {
    const minutes = { fromS: Math.floor(fromS / 60) * 60, toS: Math.ceil(toS / 60) * 60 };
    const range = { fromS: fromS < compactedS ? minutes.fromS : fromS, toS: toS < compactedS ? minutes.toS : toS };
    const seconds = pyramid.missing(range, null).filter(({ slotS }) => slotS === 1);
    for (const missing of seconds) expect(missing.fromS).toBeGreaterThanOrEqual(compactedS);
    load(pyramid, range.fromS, range.toS, untilS);
    for (const subject of SUBJECTS)
      expect(figures(merged(pyramid, subject, range.fromS, range.toS))).toEqual(
        figures(bruteForce(subject, range.fromS, range.toS)),
      );
  });
});

describe("a run that goes on", () => {
  // Loaded amid the run; the rest comes as windows. Not at a minute's beginning, as an upgrade of the store could do.
  const sealedS = START_S + 3000;
  const pyramid = new Pyramid("series", [3600, 60, 1], sealedS);
  for (let second = sealedS; second < START_S + LENGTH_S; second += 1) pyramid.addWindow(second, window(second));

  it.each(RANGES)("merges $fromS to $toS as adding each second does", ({ fromS, toS }) => {
    // Seconds of windows that are kept no longer come from the store, which has sealed them by then.
    for (const missing of pyramid.missing({ fromS, toS }, null)) {
      const untilS = missing.slotS === 1 ? START_S + LENGTH_S : sealedS;
      pyramid.addContainer({ ...missing, subjects: null }, container(missing.slotS, untilS));
    }
    for (const subject of SUBJECTS)
      expect(figures(merged(pyramid, subject, fromS, toS))).toEqual(figures(bruteForce(subject, fromS, toS)));
  });

  it("adds several windows of one second up, late ones too", () => {
    const late = new Pyramid("series", [60, 1], 0);
    late.addWindow(100, window(START_S));
    late.addWindow(400, window(START_S + 1));
    late.addWindow(100, window(START_S));
    const twice = bruteForce(0, START_S, START_S + 1).requests * 2;
    expect(merged(late, 0, 100, 101).requests).toBe(twice);
    expect(merged(late, 0, 60, 120).requests).toBe(twice);
  });
});
