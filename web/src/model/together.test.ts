import { describe, expect, it, vi } from "vitest";
import { happeningOf } from "./happening";
import { together } from "./together";

const event = (timeS: number, name: string, attributes = {}, kind = "event") =>
  happeningOf({ time_unix_ns: timeS * 1e9, name, kind, attributes });

describe("alike events", () => {
  it("of a master and its workers are one, with the times of all", () => {
    const start = "locust.tl.event.test.start";
    const found = together([event(100, start), event(100.3, start), event(100.2, start), event(101, "other")]);
    expect(found.map(({ timeS, timesS, label }) => [timeS, timesS.length, label])).toEqual([
      [100, 3, "Test started"],
      [101, 1, "other"],
    ]);
    expect(found[0]?.timesS).toEqual([100, 100.2, 100.3]);
  });

  it("that say something else, or come later, are others", () => {
    const spawned = "locust.tl.event.spawn.complete";
    const found = together([
      event(100, spawned, { user_count: "60" }),
      event(101, spawned, { user_count: "90" }),
      event(130, spawned, { user_count: "90" }),
      event(100, "locust.tl.event.worker.gone", { worker: "worker-0" }),
      event(100, "locust.tl.event.worker.gone", { worker: "worker-1" }),
    ]);
    expect(found.length).toBe(5);
  });

  it("are never notes", () => {
    const note = () => event(100, "annotation", { text: "deployed" }, "annotation");
    expect(together([note(), note()]).length).toBe(2);
  });

  it("are looked at once, however often there are others", () => {
    const events = Array.from({ length: 50 }, (_, place) => event(100 + place, "other", { place: `${place}` }));
    together(events);
    const stringify = vi.spyOn(JSON, "stringify");
    const found = together([...events, event(200, "new")]);
    const times = stringify.mock.calls.length;
    stringify.mockRestore();
    expect([found.length, times]).toEqual([51, 1]);
  });
});
