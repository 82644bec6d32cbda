/** A run in the store of the server. */

import type { Kind, Missing } from "../model/pyramid";
import { Run, type RunParts } from "../model/run";
import type { RunHead, WindowMessage, WorkerSecondsColumns } from "../model/wire";
import type { Server } from "./server";
import type { RunSource } from "./source";

const SLOTS_S = [3600, 60, 1];
/** With more subjects than this, all are asked for. */
const MANY_SUBJECTS = 120;
/** With more rows of workers than this, only the last ones are loaded. */
const MAX_WORKER_ROWS = 200_000;

/** See the head of this file. */
export class StoredSource implements RunSource {
  readonly kind: RunSource["kind"] = "stored";

  constructor(
    protected readonly server: Server,
    readonly runId: string,
  ) {}

  async load(): Promise<Run> {
    return new Run(await this.parts());
  }

  async fill(run: Run, missing: readonly Missing[]): Promise<void> {
    await Promise.all(
      withoutRepeats(missing.map(simplified)).map(async (asked) => {
        const fields: Record<string, string> = {
          kind: asked.kind,
          slot_s: String(asked.slotS),
          from: String(asked.fromS),
          to: String(asked.toS),
        };
        if (asked.subjects !== null) fields.subject = asked.subjects.join(",");
        run.pyramid(asked.kind).addContainer(asked, await this.server.strips(this.runId, fields));
      }),
    );
  }

  async annotate(run: Run, text: string, timeS: number | null): Promise<void> {
    await this.server.annotate(this.runId, text, timeS === null ? null : BigInt(Math.round(timeS * 1000)) * 1_000_000n);
    run.setEvents(await this.server.events(this.runId));
  }

  addressOf(what: "report" | "csv" | "json" | "parquet" | "markdown" | "svg"): string {
    if (what === "report") return this.server.url(this.server.pathOf(this.runId, "report"));
    return this.server.url(this.server.pathOf(this.runId, "export"), { format: what });
  }

  /**
   * Everything but strips. Windows are asked for before the head: what is sealed in between is then in both, and the
   * head's `sealed_until_s` says what to take from where. The other order could lose a minute.
   */
  protected async parts(): Promise<RunParts> {
    const { server, runId } = this;
    const windows: WindowMessage[] = await server.windows(runId, 0);
    const head = await server.head(runId);
    const [seconds, errors, events, workerSeconds] = await Promise.all([
      server.seconds(runId),
      server.errors(runId),
      server.events(runId),
      this.workerSeconds(head),
    ]);
    // A run that was compacted in part is told by the minute as a whole: one range, one grain.
    const isCompacted = (head.compacted_until_s ?? 0) > (head.first_s ?? Number.POSITIVE_INFINITY);
    const finestS = Math.max(head.finest_slot_s ?? 1, isCompacted ? 60 : 1);
    const series = SLOTS_S.filter((slotS) => slotS >= finestS);
    const slots: Record<Kind, number[]> = { total: series, series, worker: series };
    return { head, seconds, errors, events, workerSeconds, windows, slots };
  }

  private async workerSeconds(head: RunHead): Promise<WorkerSecondsColumns | null> {
    if (head.workers.length === 0) return null;
    const fields: Record<string, string> = {};
    const { first_s: firstS, last_s: lastS } = head;
    if (firstS !== null && lastS !== null && (lastS - firstS) * head.workers.length > MAX_WORKER_ROWS) {
      fields.from = String(lastS - Math.floor(MAX_WORKER_ROWS / head.workers.length));
    }
    return this.server.workerSeconds(this.runId, fields);
  }
}

/** The same, asked for as all subjects where that is simpler. */
function simplified(lacking: Missing): Missing {
  const isAll = lacking.subjects === null || lacking.kind === "total" || lacking.subjects.length > MANY_SUBJECTS;
  return isAll ? { ...lacking, subjects: null } : lacking;
}

/** Leaves out what another one holds as well: several views often lack the same. */
function withoutRepeats(missing: Missing[]): Missing[] {
  return missing.filter((one, place) =>
    missing.every((other, otherPlace) => {
      if (otherPlace === place || !holds(other, one)) return true;
      return holds(one, other) && place < otherPlace;
    }),
  );
}

function holds(outer: Missing, inner: Missing): boolean {
  if (outer.kind !== inner.kind || outer.slotS !== inner.slotS) return false;
  if (outer.fromS > inner.fromS || outer.toS < inner.toS) return false;
  if (outer.subjects === null) return true;
  return inner.subjects?.every((subject) => outer.subjects?.includes(subject)) ?? false;
}
