import { describe, expect, it } from "vitest";
import { wholeOfPart } from "./part";
import type { Run } from "./run";
import type { Moment, RunSpan } from "./span";
import type { SpanRow } from "./wire";

const WHOLE: RunSpan = { started: [1000, 900_000_000], ended: [1020, 700_000_000] };

/** A report of a run, with the span of its range. */
function report(span: SpanRow | undefined, whole: SpanRow | undefined = WHOLE): Run {
  const at = ([second]: Moment) => second;
  const range = { fromS: at(span?.started ?? WHOLE.started), toS: at(span?.ended ?? WHOLE.ended) + 1 };
  return { range, head: { span, whole_span: whole }, happenings: [] } as unknown as Run;
}

describe("a report", () => {
  it("of the whole run is no part, whatever happened in it", () => {
    expect(wholeOfPart(report(WHOLE))).toBeNull();
    expect(wholeOfPart(report({ ...WHOLE, started: [1000, 900_000_000] }))).toBeNull();
  });

  it("of a range tells of which run", () => {
    const whole = { fromS: 1000, toS: 1021 };
    expect(wholeOfPart(report({ started: [1005, 0], ended: [1010, 0] }))).toEqual(whole);
    expect(wholeOfPart(report({ ...WHOLE, ended: [1010, 0] }))).toEqual(whole);
    expect(wholeOfPart(report({ ...WHOLE, started: [1001, 0] }))).toEqual(whole);
    expect(wholeOfPart(report({ ...WHOLE, ended: [1020, 0] }))).toEqual(whole);
  });

  it("of a run that ended with a second tells no second more", () => {
    const whole: SpanRow = { ...WHOLE, ended: [1020, 0] };
    expect(wholeOfPart(report({ ...whole, started: [1005, 0] }, whole))).toEqual({ fromS: 1000, toS: 1020 });
  });

  it("that does not say is of all of it", () => {
    expect(wholeOfPart(report(undefined, undefined))).toBeNull();
  });
});
