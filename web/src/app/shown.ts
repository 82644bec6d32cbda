/** Draws a view only if what it shows is other than the last time. */

/** Something that draws what it is given. */
interface View<A extends unknown[]> {
  show(...input: A): void;
}

/** See the head of this file. */
export class Shown {
  private readonly input = new Map<object, readonly unknown[]>();

  /**
   * Shows `input` in the view. Plain objects are compared by what they hold, and those in them too (a range is the same
   * if it has the same ends); everything else by identity: what changes within must come as another object, or together
   * with something that tells.
   */
  draw<A extends unknown[]>(view: View<A>, ...input: A): void {
    const parts = input.flatMap(partsOf).flatMap(partsOf);
    const before = this.input.get(view);
    if (before?.length === parts.length && parts.every((part, place) => Object.is(part, before[place]))) return;
    this.input.set(view, parts);
    view.show(...input);
  }

  /** Everything is drawn again: colours have changed. */
  forget(): void {
    this.input.clear();
  }
}

function partsOf(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return [value];
  return Object.values(value);
}
