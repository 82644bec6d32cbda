import { describe, expect, it } from "vitest";
import type { Divergence } from "../model/divergence";
import type { EndpointFigures, Figures } from "../model/figures";
import { comparisonInWords, slowest, whenInWords } from "./comparing";

function row(key: string, p95Ms: number, requests = 1000): EndpointFigures {
  return { endpoint: { key }, requests, p50Ms: p95Ms / 2, p95Ms, p99Ms: p95Ms * 2 } as EndpointFigures;
}

const figures = (p95Ms: number) => ({ p95Ms }) as Figures;
const after = { total: figures(15), endpoints: [row("GET /", 10), row("POST /cart", 25), row("GET /rare", 900, 9)] };
const before = { figures: figures(10), endpoints: [row("GET /", 9), row("POST /cart", 20), row("GET /rare", 1)] };
const cart = { endpoint: { key: "POST /cart" }, q: 0.95, beforeMs: 11.4, afterMs: 29.5 };
const late = { span: { fromS: 1012, toS: 1020 }, isFromStart: false, isToEnd: true };
const seen = (text: string) => text.replaceAll("\u00a0", " ");

describe("a comparison", () => {
  it("names the endpoint whose p95 rose the most, if enough is known of it", () => {
    const { verdict, about } = comparisonInWords(after, before, null, 1000);
    expect(seen(verdict)).toBe("p95 of all +50 %; most: POST /cart +25 %");
    expect(about).toBe("POST /cart");
    expect(slowest(after.endpoints, before.endpoints).map(({ row }) => row.endpoint.key)).toEqual([
      "POST /cart",
      "GET /",
    ]);
  });

  it("says since when, once that is known", () => {
    const { verdict, about } = comparisonInWords(after, before, [{ ...cart, ...late } as Divergence], 1000);
    expect(seen(verdict)).toBe("p95 of all +50 %; most: POST /cart 2.6× from +00:12 on (11.4 ms → 29.5 ms)");
    expect(about).toBe("POST /cart");
  });

  it("names the quantile if it is not p95", () => {
    const { verdict } = comparisonInWords(after, before, [{ ...cart, ...late, q: 0.5 } as Divergence], 1000);
    expect(seen(verdict)).toContain("most: POST /cart p50 2.6× from +00:12 on (11.4 ms");
  });

  it("tells no moment of what was so from the start", () => {
    const { verdict } = comparisonInWords(after, before, [{ ...cart, ...late, isFromStart: true } as Divergence], 1000);
    expect(seen(verdict)).toContain("2.6× all along (11.4 ms → 29.5 ms)");
  });

  it.each([
    [false, true, "from +00:12 on"],
    [false, false, "from +00:12 to +00:20"],
    [true, false, "until +00:20"],
    [true, true, "all along"],
  ])("tells a start (at the beginning: %s) and an end (at the end: %s)", (isFromStart, isToEnd, words) => {
    expect(whenInWords({ span: late.span, isFromStart, isToEnd }, 1000)).toBe(words);
  });
});
