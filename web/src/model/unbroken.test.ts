import { describe, expect, it } from "vitest";
import { unbroken } from "./unbroken";

/** With a visible sign for each space that does not break. */
const seen = (sentence: string) => unbroken(sentence).replaceAll("\u00a0", "_");

describe("a sentence", () => {
  it.each([
    ["suspect for 4 of 22 s, first at 22:18:33", "suspect for 4_of_22_s, first at 22:18:33"],
    ["rate differs by +90 %; 120 users, were 60", "rate differs by +90_%; 120_users, were 60"],
    ["p95 of POST /cart +159 % from +00:12 on", "p95 of POST_/cart +159_% from +00:12 on"],
    ["12 ms → 29 ms", "12_ms →_29_ms"],
    ["2026-11-22 22:18:32 – 22:18:54", "2026-11-22_22:18:32 – 22:18:54"],
    ["4 s of this run are suspect", "4_s of this run are suspect"],
    ["2 workers · 1 worker", "2_workers · 1_worker"],
  ])("%s keeps together what reads as one", (sentence, expected) => {
    expect(seen(sentence)).toBe(expected);
  });

  it("breaks where words are only words", () => {
    expect(seen("the 3 sheep saw 12 mice of 7 hens")).toBe("the 3 sheep saw 12 mice of 7 hens");
    expect(seen("GET SET go /cart")).toBe("GET SET go /cart");
  });
});
