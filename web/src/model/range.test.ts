import { describe, expect, it } from "vitest";
import { decompose, nested, snapOutward, stepFor } from "./range";

describe("decompose", () => {
  it("uses long slots inside and short ones at the edges", () => {
    expect(decompose({ fromS: 59, toS: 7261 }, [3600, 60, 1])).toEqual([
      { slotS: 1, fromS: 59, toS: 60 },
      { slotS: 60, fromS: 60, toS: 3600 },
      { slotS: 3600, fromS: 3600, toS: 7200 },
      { slotS: 60, fromS: 7200, toS: 7260 },
      { slotS: 1, fromS: 7260, toS: 7261 },
    ]);
  });

  it("rounds outward where the shortest slot cannot tell", () => {
    expect(decompose({ fromS: 65, toS: 110 }, [60, 10])).toEqual([{ slotS: 10, fromS: 60, toS: 110 }]);
  });

  it("has nothing for an empty range", () => {
    expect(decompose({ fromS: 5, toS: 5 }, [60, 1])).toEqual([]);
  });
});

describe("slots and steps", () => {
  it("keeps only slots that nest", () => {
    expect(nested([60, 7, 1, 3600, 60])).toEqual([7, 1]);
    expect(nested([3600, 5, 60])).toEqual([3600, 60, 5]);
  });

  it("snaps outward", () => {
    expect(snapOutward({ fromS: 61, toS: 119 }, 30)).toEqual({ fromS: 60, toS: 120 });
  });

  it("takes the shortest step of a clock that fits and that the slots allow", () => {
    expect(stepFor(3600, 720)).toBe(5);
    expect(stepFor(250, 720)).toBe(1);
    expect(stepFor(250, 720, 30)).toBe(30);
  });
});
