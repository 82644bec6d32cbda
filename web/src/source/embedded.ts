/** The run that a report file carries within itself. */

import { inflateSync } from "fflate";
import { bytesOfBase64, type Kind } from "../model/pyramid";
import { Run, SEALED_ALL } from "../model/run";
import type { EmbeddedRun } from "../model/wire";
import type { RunSource } from "./source";

const KINDS: readonly Kind[] = ["total", "series", "worker"];

/** See the head of this file. */
export class EmbeddedSource implements RunSource {
  readonly kind = "embedded";

  constructor(private readonly data: EmbeddedRun) {}

  async load(): Promise<Run> {
    const { head, seconds, errors, events, worker_seconds: workerSeconds, strips, left_out: leftOut } = this.data;
    const slots = Object.fromEntries(
      KINDS.map((kind) => [kind, strips.filter((part) => part.kind === kind).map((part) => part.slot_s)]),
    ) as Record<Kind, number[]>;
    const run = new Run({
      head,
      sealedUntilS: SEALED_ALL,
      seconds: seconds ?? { second: [] },
      errors,
      events,
      workerSeconds: workerSeconds ?? null,
      missing: this.data.missing ?? null,
      windows: [],
      slots,
      secondsSlotS: leftOut?.seconds_slot_s ?? 1,
      workerSecondsSlotS: leftOut?.worker_seconds_slot_s ?? 1,
    });
    const range = run.range;
    for (const { kind, slot_s: slotS, container } of strips) {
      const pyramid = KINDS.find((known) => known === kind);
      if (pyramid === undefined || range === null || !run.pyramid(pyramid).slots.includes(slotS)) continue;
      const bytes = inflateSync(bytesOfBase64(container));
      run.pyramid(pyramid).addContainer({ kind: pyramid, slotS, subjects: null, ...range }, bytes);
    }
    return run;
  }

  async fill(): Promise<void> {
    // Everything is here from the beginning.
  }

  addressOf(): null {
    return null;
  }
}

/** The data that the document carries, or null if it is not a report. */
export function embeddedData(document: Document): EmbeddedRun | null {
  const element = document.getElementById("run-data");
  const text = element?.textContent?.trim() ?? "";
  return text === "" ? null : (JSON.parse(text) as EmbeddedRun);
}
