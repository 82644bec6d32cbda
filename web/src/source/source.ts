/** Where a run comes from. The page knows no other difference between live, stored and embedded runs. */

import type { Missing } from "../model/pyramid";
import type { Run } from "../model/run";

/** What a followed run tells. */
export interface Follower {
  /** The run has more than before. */
  onWindow(): void;
  /** The run was loaded again, or is another object from now on. */
  onRun(run: Run): void;
  /** A run began or ended that is not (or no longer) the one that is followed. */
  onOtherRun(runId: string, state: string): void;
  /** Whether seconds arrive, or the connection is lost and being made again. */
  onConnection(isConnected: boolean): void;
  /** A line from the server that the reader must see. */
  onNotice(text: string): void;
}

/** One run. */
export interface RunSource {
  readonly kind: "live" | "stored" | "embedded";
  /** Loads everything but strips. */
  load(): Promise<Run>;
  /** Fetches strips into the run. */
  fill(run: Run, missing: readonly Missing[]): Promise<void>;
  /** Begins to follow a run that goes on; the answer ends it. Only live sources can. */
  follow?(follower: Follower): () => void;
  /** Adds a note; `timeS` is when it is about, or null for now. Embedded sources cannot. */
  annotate?(run: Run, text: string, timeS: number | null): Promise<void>;
  /** Reads events and notes again; true if there are more. Embedded sources have all. */
  readEvents?(run: Run): Promise<boolean>;
  /** Where the run can be had as a file; null in a report, which is one. */
  addressOf(what: "report" | "csv" | "json" | "parquet" | "markdown" | "svg"): string | null;
}
