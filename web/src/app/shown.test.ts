/** Views are drawn when what they show is other, and only then. */

import { describe, expect, it } from "vitest";
import { Shown } from "./shown";

function view() {
  const drawn: unknown[][] = [];
  return { drawn, show: (...input: unknown[]) => void drawn.push(input) };
}

describe("a view", () => {
  it("is not drawn again for the same input, nor for a range with the same ends", () => {
    const [shown, one, rows] = [new Shown(), view(), [1, 2]];
    shown.draw(one, { rows, range: { fromS: 1, toS: 2 }, other: null }, "text");
    shown.draw(one, { rows, range: { fromS: 1, toS: 2 }, other: null }, "text");
    expect(one.drawn).toHaveLength(1);
  });

  it("is drawn again for other rows, another range, or a range where there was none", () => {
    const [shown, one, rows] = [new Shown(), view(), [1, 2]];
    shown.draw(one, { rows, range: null });
    shown.draw(one, { rows, range: { fromS: 1, toS: 2 } });
    shown.draw(one, { rows, range: { fromS: 1, toS: 3 } });
    shown.draw(one, { rows: [1, 2], range: { fromS: 1, toS: 3 } });
    expect(one.drawn).toHaveLength(4);
  });

  it("is drawn again for the same input when the colours have changed", () => {
    const [shown, one] = [new Shown(), view()];
    shown.draw(one, "text");
    shown.forget();
    shown.draw(one, "text");
    expect(one.drawn).toHaveLength(2);
  });
});
