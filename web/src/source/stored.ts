/** A run in the store of the server. */

import type { Kind, Missing } from "../model/pyramid";
import { Run, type RunParts, SEALED_NOTHING } from "../model/run";
import type { MissingRow, RunHead, WindowMessage, WorkerSecondsColumns } from "../model/wire";
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

  private filling: Promise<unknown> = Promise.resolve();

  constructor(
    protected readonly server: Server,
    readonly runId: string,
  ) {}

  async load(): Promise<Run> {
    return new Run(await this.parts());
  }

  async fill(run: Run, missing: readonly Missing[]): Promise<void> {
    if (missing.length === 0) return;
    // While there are late windows, one after the other: what one finds to be sealed, another may have asked for before.
    const before = this.filling;
    const mine = run.hasLate ? before.then(() => this.fillNow(run, missing)) : this.fillNow(run, missing);
    this.filling = Promise.allSettled([before, mine]);
    await mine;
  }

  private async fillNow(run: Run, missing: readonly Missing[]): Promise<void> {
    const hadLate = run.hasLate;
    let strips = await this.strips(missing);
    if (hadLate && sealedUntilS(await this.server.head(this.runId)) !== run.sealedUntilS) {
      // The store has sealed the windows that were late when the run was loaded: strips may have them or not, depending
      // on when they were asked for. From now on they all have them.
      const pyramids = [run.total, run.bySeries, run.byWorker];
      strips = await this.strips([...missing, ...pyramids.flatMap((pyramid) => pyramid.outdatedByLate())]);
      for (const pyramid of pyramids) pyramid.forgetLate();
    }
    for (const [asked, container] of strips) run.pyramid(asked.kind).addContainer(asked, container);
  }

  private strips(missing: readonly Missing[]): Promise<[Missing, Uint8Array][]> {
    return Promise.all(
      withoutRepeats(missing.map(simplified)).map(async (asked): Promise<[Missing, Uint8Array]> => {
        const fields: Record<string, string> = {
          kind: asked.kind,
          slot_s: String(asked.slotS),
          from: String(asked.fromS),
          to: String(asked.toS),
        };
        if (asked.subjects !== null) fields.subject = asked.subjects.join(",");
        return [asked, await this.server.strips(this.runId, fields)];
      }),
    );
  }

  async annotate(run: Run, text: string, timeS: number | null): Promise<void> {
    await this.server.annotate(this.runId, text, timeS === null ? null : BigInt(Math.round(timeS * 1000)) * 1_000_000n);
    await this.readEvents(run);
  }

  /** Reads events and notes again, which others may have added; true if there are more. */
  async readEvents(run: Run): Promise<boolean> {
    return run.setEvents(await this.server.events(this.runId));
  }

  addressOf(what: "report" | "csv" | "json" | "parquet" | "markdown" | "svg"): string {
    if (what === "report") return this.server.url(this.server.pathOf(this.runId, "report"));
    return this.server.url(this.server.pathOf(this.runId, "export"), { format: what });
  }

  /**
   * Everything but strips.
   *
   * Each answer is of another moment, and a window may be written between any two. So that it is counted once, all
   * answers are cut at `sealed_until_s`: of seconds before it, columns, errors and strips tell everything, of seconds
   * from it on only windows, each known by its number. Events have no second to be cut at: the run knows them again.
   */
  protected async parts(): Promise<RunParts> {
    const { server, runId } = this;
    const [head, windows] = await this.headAndWindows();
    const untilS = sealedUntilS(head);
    const [seconds, errors, events, workerSeconds, missing] = await Promise.all([
      server.seconds(runId),
      untilS === SEALED_NOTHING ? [] : server.errors(runId, untilS),
      server.events(runId),
      this.workerSeconds(head),
      this.missing(head),
    ]);
    const series = SLOTS_S.filter((slotS) => slotS >= (head.finest_slot_s ?? 1));
    const slots: Record<Kind, number[]> = { total: series, series, worker: series };
    return { head, sealedUntilS: untilS, seconds, errors, events, workerSeconds, missing, windows, slots };
  }

  /**
   * The head, and the journal's windows with nothing sealed between the two: each window up to the head's `seq` is then
   * either among them or in strips, never both, whatever its second. Sealing takes place once in a minute: it hardly
   * ever needs a second time.
   */
  private async headAndWindows(): Promise<[RunHead, WindowMessage[]]> {
    const { server, runId } = this;
    let before = await server.head(runId);
    for (;;) {
      const windows = await server.windows(runId, 0);
      const head = await server.head(runId);
      // What was written since the first head may be in neither.
      if (sealedUntilS(head) === sealedUntilS(before)) return [{ ...head, seq: before.seq ?? null }, windows];
      before = head;
    }
  }

  private async workerSeconds(head: RunHead): Promise<WorkerSecondsColumns | null> {
    if (head.workers.length === 0) return null;
    const fields: Record<string, string> = {};
    if (head.last_s !== null && hasManyWorkerRows(head)) {
      fields.from = String(head.last_s - Math.floor(MAX_WORKER_ROWS / head.workers.length));
    }
    return this.server.workerSeconds(this.runId, fields);
  }

  /** Where not all rows of workers are loaded, they may not show when one was lost. A run that goes on shows more and more. */
  private async missing(head: RunHead): Promise<MissingRow[] | null> {
    return this.kind === "stored" && hasManyWorkerRows(head) ? this.server.missing(this.runId) : null;
  }
}

function hasManyWorkerRows({ first_s: firstS, last_s: lastS, workers }: RunHead): boolean {
  return firstS !== null && lastS !== null && (lastS - firstS) * workers.length > MAX_WORKER_ROWS;
}

function sealedUntilS(head: RunHead): number {
  return head.sealed_until_s ?? SEALED_NOTHING;
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
