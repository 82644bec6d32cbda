/** A synthetic run as the page has it when it came window by window, and nothing is sealed: for tests of what reads runs. */

import { Run, SEALED_NOTHING } from "../src/model/run";
import { Archive } from "./archive";
import type { Scenario } from "./scenario";

/** The archive of the first seconds of a scenario. */
export function archiveOf(scenario: Scenario, startS: number, seconds: number): Archive {
  const archive = new Archive({ ...scenario, seconds: 0 }, startS);
  for (let t = 0; t < seconds; t += 1) archive.addSecond(true);
  return archive;
}

/** The run in an archive, in the archive's own state or another. */
export function runOf(archive: Archive, state = archive.head.state): Run {
  return new Run({
    head: { ...archive.head, seq: 0, state },
    sealedUntilS: SEALED_NOTHING,
    seconds: { second: [] },
    errors: [],
    events: [],
    workerSeconds: null,
    windows: archive.windows,
    slots: { total: [60, 1], series: [60, 1], worker: [60, 1] },
  });
}
