/** How long a run was on: the cases that the native core is held to as well (`crates/core/src/span.rs`). */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatDuration } from "./format";
import { fills, nsWithin, rateOf, secondsOf, spanOf } from "./span";
import type { SpanRow } from "./wire";

interface Case {
  what: string;
  span: SpanRow;
  recorded: [number, number];
  asked: [number, number];
  length_ns: number;
  requests: number;
  requests_per_s: number | null;
  fills: boolean;
  words: string;
}

const GOLDEN = join(import.meta.dirname, "../../../crates/core/tests/golden/lengths.json");
const cases = JSON.parse(readFileSync(GOLDEN, "utf8")) as Case[];
const range = ([fromS, toS]: [number, number]) => ({ fromS, toS });

describe("the length of a range", () => {
  it.each(cases)("is that of the store: $what", (one) => {
    const recorded = range(one.recorded);
    const span = spanOf(one.span, recorded);
    const ns = nsWithin(span, range(one.asked), recorded);
    expect(ns).toBe(one.length_ns);
    expect(rateOf(one.requests, ns)).toBe(one.requests_per_s);
    expect(fills(span, range(one.asked))).toBe(one.fills);
    expect(formatDuration(secondsOf(ns)).replaceAll("\u00a0", " ")).toBe(one.words);
  });
});
