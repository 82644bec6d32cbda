/** The HTTP API of the page's own server. */

import type {
  ErrorRow,
  EventRow,
  MissingRow,
  RunHead,
  RunRow,
  SecondsColumns,
  WindowMessage,
  WorkerSecondsColumns,
} from "../model/wire";

/** The server refused or could not be reached; the message says which. */
export class ServerError extends Error {
  override name = "ServerError";

  constructor(
    message: string,
    /** HTTP status; 0 without an answer. */
    readonly status: number,
  ) {
    super(message);
  }
}

/** Which runs to list. */
export interface RunQuery {
  testplan?: string;
  search?: string;
  limit?: number;
}

/** Calls the API below the page's own address. */
export class Server {
  private readonly token: string | null;

  /** `search` is that of the page's address: a token there goes with every call. */
  constructor(search = "") {
    this.token = new URLSearchParams(search).get("token");
  }

  /** The address of a path of the API. */
  url(path: string, fields: Record<string, string> = {}): string {
    const query = new URLSearchParams(fields);
    if (this.token !== null) query.set("token", this.token);
    const text = query.toString();
    return `api/${path}${text === "" ? "" : `?${text}`}`;
  }

  /** The path of a run's resource. */
  pathOf(runId: string, what = ""): string {
    return `runs/${encodeURIComponent(runId)}${what === "" ? "" : `/${what}`}`;
  }

  /** Runs, newest first, and which one is on. */
  async runs(query: RunQuery = {}): Promise<{ runs: RunRow[]; current: string | null }> {
    const fields: Record<string, string> = {};
    if (query.testplan) fields.testplan = query.testplan;
    if (query.search) fields.search = query.search;
    if (query.limit) fields.limit = String(query.limit);
    const answer = await this.json<{ runs: RunRow[]; current?: string | null }>("runs", fields);
    return { runs: answer.runs, current: answer.current ?? null };
  }

  head(runId: string): Promise<RunHead> {
    return this.json(this.pathOf(runId));
  }

  seconds(runId: string): Promise<SecondsColumns> {
    return this.json(this.pathOf(runId, "seconds"));
  }

  /** Errors of the seconds before `untilS`. */
  async errors(runId: string, untilS: number): Promise<ErrorRow[]> {
    const fields = { to: String(untilS) };
    return (await this.json<{ errors: ErrorRow[] }>(this.pathOf(runId, "errors"), fields)).errors;
  }

  async events(runId: string): Promise<EventRow[]> {
    return (await this.json<{ events: EventRow[] }>(this.pathOf(runId, "events"))).events;
  }

  workerSeconds(runId: string, fields: Record<string, string>): Promise<WorkerSecondsColumns> {
    return this.json(this.pathOf(runId, "worker_seconds"), fields);
  }

  async missing(runId: string): Promise<MissingRow[]> {
    return (await this.json<{ missing: MissingRow[] }>(this.pathOf(runId, "missing"))).missing;
  }

  async windows(runId: string, after: number): Promise<WindowMessage[]> {
    const fields = { after: String(after) };
    return (await this.json<{ windows: WindowMessage[] }>(this.pathOf(runId, "windows"), fields)).windows;
  }

  async strips(runId: string, fields: Record<string, string>): Promise<Uint8Array> {
    const answer = await this.answer(this.url(this.pathOf(runId, "strips"), fields));
    return new Uint8Array(await answer.arrayBuffer());
  }

  async annotate(runId: string, text: string, timeUnixNs: bigint | null): Promise<void> {
    // The time is written by hand: nanoseconds are beyond what a number can say exactly.
    const time = timeUnixNs === null ? "" : `,"time_unix_ns":${timeUnixNs}`;
    await this.answer(this.url(this.pathOf(runId, "annotations")), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"text":${JSON.stringify(text)}${time}}`,
    });
  }

  private async json<T>(path: string, fields: Record<string, string> = {}): Promise<T> {
    return (await this.answer(this.url(path, fields))).json() as Promise<T>;
  }

  private async answer(url: string, init?: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch {
      throw new ServerError("The server does not answer.", 0);
    }
    if (response.ok) return response;
    const body = (await response.json().catch(() => null)) as { error?: unknown } | null;
    const text = typeof body?.error === "string" ? body.error : `The server answered with status ${response.status}.`;
    throw new ServerError(text, response.status);
  }
}
