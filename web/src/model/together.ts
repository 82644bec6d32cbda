/** One event that several processes tell of, a moment after each other, as one. */

import type { Happening } from "./happening";

/** Processes tell of the same moment within this many seconds. */
const SPREAD_S = 5;

/** What each event says: all of them are put together anew whenever there is another. */
const sayings = new WeakMap<Happening, string>();

/** Equal for events that say the same. */
function sayingOf(happening: Happening): string {
  let saying = sayings.get(happening);
  if (saying === undefined) {
    const { name, label, attributes } = happening;
    const inOrderOfNames = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
    saying = JSON.stringify([name, label, inOrderOfNames]);
    sayings.set(happening, saying);
  }
  return saying;
}

/**
 * Events in order of time, alike ones together: those of the same name that say the same (a master and two workers each
 * tell that the test started). They are where the first of them is. Notes are each somebody's own.
 */
export function together(happenings: readonly Happening[]): Happening[] {
  const found: Happening[] = [];
  const latest = new Map<string, Happening>();
  for (const happening of happenings.toSorted((a, b) => a.timeS - b.timeS)) {
    const { timeS, isAnnotation } = happening;
    const key = sayingOf(happening);
    const first = latest.get(key);
    if (!isAnnotation && first !== undefined && timeS - first.timeS <= SPREAD_S) {
      first.timesS.push(timeS);
      continue;
    }
    const one = { ...happening, timesS: [timeS] };
    latest.set(key, one);
    found.push(one);
  }
  return found;
}
