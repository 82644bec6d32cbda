/** Events and annotations of a run: when they were, and what to call them. */

import type { EventRow, Json, JsonObject } from "./wire";

/** An event or an annotation. */
export interface Happening {
  /** Unix seconds, with fractions. */
  timeS: number;
  /** The times at which several processes told of it, the first one included. */
  timesS: number[];
  /** As it was recorded. */
  name: string;
  isAnnotation: boolean;
  /** A few words for people. */
  label: string;
  attributes: JsonObject;
}

const PREFIX = /^locust\.tl\.(event\.)?/;
const LABELS: Record<string, string> = {
  "test.start": "Test started",
  "test.stop": "Test stopped",
  "spawn.complete": "All users spawned",
  "cpu.warning": "Locust warns of high CPU",
  "stats.reset": "Locust's statistics were reset",
  "worker.ready": "joined",
  "worker.missing": "is missing",
  "worker.back": "is back",
  "worker.gone": "left",
};

function text(value: Json | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** An event as it is shown. */
export function happeningOf(row: EventRow): Happening {
  const attributes = row.attributes ?? {};
  const isAnnotation = row.kind === "annotation" || row.name === "annotation";
  const short = row.name.replace(PREFIX, "");
  const known = LABELS[short];
  const worker = text(attributes.worker) || text(attributes.source_id);
  const users = text(attributes.user_count);
  let label = known ?? short;
  if (isAnnotation) label = text(attributes.text) || text(attributes.message) || row.name;
  else if (short.startsWith("worker.")) label = `${worker || "A worker"} ${known ?? short.slice(7)}`;
  else if (short === "spawn.complete" && users !== "") label = `All ${users} users spawned`;
  const timeS = row.time_unix_ns / 1e9;
  return { timeS, timesS: [timeS], name: row.name, isAnnotation, label, attributes };
}

/** Whether it is the end of a ramp-up. */
export function isSpawningComplete(happening: Happening): boolean {
  return /spawn(ing)?[._]complete$/.test(happening.name);
}

/** The first whole second after the ramp-up, or null if the end of spawning is not known. */
export function steadyFromS(happenings: readonly Happening[]): number | null {
  const first = happenings.find(isSpawningComplete);
  return first === undefined ? null : Math.ceil(first.timeS);
}
