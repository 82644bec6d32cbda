/** Long work rests, and ends when nobody wants it. */

import { expect, it } from "vitest";
import { inPortions } from "./portions";

/** Items of which each takes a while. */
function* slow(items: number): Generator<number> {
  for (let item = 0; item < items; item += 1) {
    for (const until = performance.now() + 8; performance.now() < until; );
    yield item;
  }
}

it("rests between portions, and gives everything in order", async () => {
  let rests = 0;
  const rest = async () => {
    rests += 1;
  };
  expect(await inPortions(slow(8), rest, () => true)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(rests).toBeGreaterThan(1);
});

it("ends at the next rest when nobody wants it any more", async () => {
  let made = 0;
  const counted = function* () {
    for (const item of slow(50)) {
      made += 1;
      yield item;
    }
  };
  const rest = () => Promise.resolve();
  expect(await inPortions(counted(), rest, () => false)).toBeNull();
  expect(made).toBeLessThan(10);
});
