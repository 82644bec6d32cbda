import { describe, expect, it } from "vitest";
import { Workers } from "./workers";

/** One worker from second 1000 on, with the reasons of each second. */
function worker(reasons: readonly number[]): Workers {
  const workers = new Workers();
  const second = reasons.map((_, t) => 1000 + t);
  workers.addColumns({ second, worker: second.map(() => 7), reasons } as never, Number.POSITIVE_INFINITY);
  return workers;
}

describe("a worker", () => {
  it("has a first suspect second, and a start of the phase that goes on", () => {
    const [summary] = worker([0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 1]).summarise({ fromS: 1000, toS: 1011 }, 11e9);
    expect(summary).toMatchObject({ suspectSeconds: 3, reasons: 3, firstSuspectS: 1001, suspectSinceS: 1009 });
  });

  it("that has left is not suspect any more", () => {
    const [summary] = worker([0, 1, 1]).summarise({ fromS: 1000, toS: 1060 }, 60e9);
    expect(summary).toMatchObject({ suspectSeconds: 2, firstSuspectS: 1001, suspectSinceS: null });
  });

  it("that is missing is suspect for that, but not saturated, and missing though Locust does not know yet", () => {
    const [summary] = worker([0, 1, 16, 16]).summarise({ fromS: 1000, toS: 1004 }, 4e9);
    expect(summary).toMatchObject({ suspectSeconds: 3, missingSeconds: 2, firstSuspectS: 1001, state: "missing" });
  });
});
