/** A run that goes on: the store's data, and every second as it comes. */

import { Run } from "../model/run";
import type { WindowMessage } from "../model/wire";
import type { Follower } from "./source";
import { StoredSource } from "./stored";

/** How long to wait before a connection that the browser gave up is made again, in milliseconds. */
const AGAIN_AFTER_MS = 2000;
/** How often a run is loaded in a row: a late window that the store could not write asks for it each time. */
const MAX_LOADS = 3;

/** See the head of this file. */
export class LiveSource extends StoredSource {
  override readonly kind = "live";
  private run: Run | null = null;
  private stream: EventSource | null = null;
  private follower: Follower | null = null;
  /** Windows that came while the run was being loaded. */
  private early: WindowMessage[] | null = null;
  /** Something was told while the run was being loaded that what was loaded may not have. */
  private isOutdated = false;
  private again: ReturnType<typeof setTimeout> | null = null;

  /** Loads the run; from before that on, windows are taken, so that no second is lost in between. */
  override async load(): Promise<Run> {
    this.early = [];
    await this.connect();
    return this.loadAgain();
  }

  follow(follower: Follower): () => void {
    this.follower = follower;
    if (this.stream?.readyState === EventSource.OPEN) follower.onConnection(true);
    return () => {
      this.follower = null;
      if (this.again !== null) clearTimeout(this.again);
      this.stream?.close();
      this.stream = null;
    };
  }

  private async loadAgain(): Promise<Run> {
    this.early ??= [];
    for (let loads = 1; ; loads += 1) {
      this.isOutdated = false;
      const run = new Run(await this.parts());
      for (const message of this.early) {
        if (run.apply(message) === "reload") this.isOutdated = true;
      }
      if (this.isOutdated && loads < MAX_LOADS) continue;
      this.early = null;
      this.run = run;
      return run;
    }
  }

  private async reload(): Promise<void> {
    if (this.early !== null) {
      this.isOutdated = true;
      return;
    }
    try {
      const run = await this.loadAgain();
      this.follower?.onRun(run);
    } catch {
      this.early = null;
      this.later();
    }
  }

  /** Resolves when the stream is open, or has failed once: the run can be looked at all the same. */
  private connect(): Promise<void> {
    const stream = new EventSource(this.server.url("live"));
    this.stream = stream;
    const settled = new Promise<void>((resolve) => {
      stream.addEventListener("open", () => resolve(), { once: true });
      stream.addEventListener("error", () => resolve(), { once: true });
    });
    let isAwaited = true;
    let hasPlace = false;
    stream.addEventListener("open", () => {
      this.follower?.onConnection(true);
      // Without the id of a window the server cannot tell what was missed, and whoever waited has read the run by now.
      if (!isAwaited && !hasPlace) void this.reload();
      isAwaited = false;
    });
    stream.addEventListener("window", () => {
      hasPlace = true;
    });
    stream.addEventListener("error", () => {
      isAwaited = false;
    });
    stream.addEventListener("error", () => {
      this.follower?.onConnection(false);
      // The browser reconnects by itself, with the id of the last event, unless the server answered with an error.
      if (stream.readyState === EventSource.CLOSED) this.later();
    });
    stream.addEventListener("window", (event) => this.onWindow(JSON.parse(event.data) as WindowMessage));
    stream.addEventListener("run", (event) => this.onRun(JSON.parse(event.data)));
    stream.addEventListener("annotation", () => void this.onAnnotation());
    stream.addEventListener("notice", (event) => this.follower?.onNotice(noticeText(event.data)));
    stream.addEventListener("reload", () => void this.reload());
    return settled;
  }

  private later(): void {
    if (this.again !== null || this.follower === null) return;
    this.again = setTimeout(() => {
      this.again = null;
      void this.connectAgain();
    }, AGAIN_AFTER_MS);
  }

  /** The run is read once windows are taken again: what comes between would be in neither. */
  private async connectAgain(): Promise<void> {
    this.stream?.close();
    await this.connect();
    // A stream that failed says so by itself, and one that opens later has the run read then.
    if (this.stream?.readyState === EventSource.OPEN) await this.reload();
  }

  private onWindow(message: WindowMessage): void {
    if (message.run_id !== this.runId) return;
    if (this.early !== null) {
      this.early.push(message);
      return;
    }
    if (this.run === null) return;
    const applied = this.run.apply(message);
    if (applied === "applied") this.follower?.onWindow();
    if (applied === "reload") void this.reload();
  }

  private onRun({ run_id: runId, state }: { run_id: string; state: string }): void {
    if (runId !== this.runId) this.follower?.onOtherRun(runId, state);
    else if (this.early !== null || (this.run !== null && state !== this.run.head.state)) void this.reload();
  }

  private async onAnnotation(): Promise<void> {
    const { run } = this;
    // A run that is being loaded may have asked for its events before.
    if (run === null || this.early !== null) this.isOutdated = true;
    else if (await this.readEvents(run).catch(() => false)) this.follower?.onWindow();
  }
}

function noticeText(data: string): string {
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value === "string") return value;
    const text = (value as { text?: unknown } | null)?.text;
    return typeof text === "string" ? text : data;
  } catch {
    return data;
  }
}
