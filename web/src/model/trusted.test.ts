import { describe, expect, it } from "vitest";
import { TrustStrip } from "./trusted";

function strip(length: number, most: number, suspect: readonly number[] = [], slotS = 1) {
  const found = new TrustStrip({ fromS: 1000, toS: 1000 + length }, most, slotS);
  for (let t = 0; t < length; t += slotS) found.add(1000 + t, suspect.includes(t) ? 1 : 0, slotS);
  return found.parts;
}

describe("a strip of trust", () => {
  it("of a short range has a part for each second, and no other", () => {
    const parts = strip(22, 60, [1, 21]);
    expect(parts.map(({ fromS, toS }) => toS - fromS)).toEqual(new Array(22).fill(1));
    expect(parts.every(({ seconds }) => seconds === 1)).toBe(true);
    expect(parts.flatMap(({ suspectSeconds }, place) => (suspectSeconds > 0 ? [place] : []))).toEqual([1, 21]);
  });

  it.each([61, 97, 119, 3601])("of %d s has parts that touch, each with all of its seconds", (length) => {
    const parts = strip(length, 60, [length - 1]);
    expect(parts.length).toBe(60);
    expect(parts[0]?.fromS).toBe(1000);
    expect(parts.at(-1)?.toS).toBe(1000 + length);
    for (const [place, part] of parts.entries()) {
      expect(part.seconds).toBe(part.toS - part.fromS);
      expect(part.fromS).toBe(parts[place - 1]?.toS ?? 1000);
    }
    expect(parts.map(({ suspectSeconds }) => suspectSeconds)).toEqual([...new Array(59).fill(0), 1]);
  });

  it("where only longer slots are told, has none that is shorter", () => {
    const parts = strip(600, 60, [120], 60);
    expect(parts.length).toBe(10);
    expect(parts[2]).toMatchObject({ fromS: 1120, toS: 1180, seconds: 60, suspectSeconds: 60, reasons: 1 });
  });

  it("of nothing is empty", () => {
    expect(strip(0, 60)).toEqual([]);
  });
});
