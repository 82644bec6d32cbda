/** What the charts are focused on: everything, some endpoints, or some workers. One selection for the whole page. */

import type { Kind } from "./pyramid";
import { type Run, TOTAL } from "./run";

/** `all`, or keys of endpoints, or names of workers. */
export interface Selection {
  kind: "all" | "endpoint" | "worker";
  keys: readonly string[];
}

export const NOTHING: Selection = { kind: "all", keys: [] };

/**
 * The selection after a click on one thing. A click on what alone is selected lets go of it; with `adds` (shift), it is
 * added to or taken out of a selection of the same kind.
 */
export function clicked(before: Selection, kind: "endpoint" | "worker", key: string, adds: boolean): Selection {
  const isSelected = before.kind === kind && before.keys.includes(key);
  if (adds && before.kind === kind) {
    const keys = isSelected ? before.keys.filter((other) => other !== key) : [...before.keys, key];
    return keys.length > 0 ? { kind, keys } : NOTHING;
  }
  return isSelected && before.keys.length === 1 ? NOTHING : { kind, keys: [key] };
}

/** Where the figures of a selection are. */
export interface Subjects {
  kind: Kind;
  ids: number[];
}

/** The subjects of a selection; what is not (or not yet) in the run is left out. */
export function subjectsOf(run: Run, selection: Selection): Subjects {
  if (selection.kind === "endpoint") {
    return { kind: "series", ids: selection.keys.flatMap((key) => run.endpoints.get(key)?.series ?? []) };
  }
  if (selection.kind === "worker") {
    const ids = [...run.workers.names].filter(([, name]) => selection.keys.includes(name)).map(([id]) => id);
    return { kind: "worker", ids };
  }
  return { kind: "total", ids: [TOTAL] };
}
