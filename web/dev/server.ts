/** Serves the built page and the API of the real server from synthetic runs. For development and tests only. */

import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Kind } from "../src/model/pyramid";
import type { EventRow, RunRow, WindowMessage } from "../src/model/wire";
import type { Archive } from "./archive";
import { embedded, reportOf, workerColumns } from "./report";

const DIST = join(import.meta.dirname, "..", "dist");
const TYPES: Record<string, string> = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css" };
/** What the real server sends, so that the page is tested under it. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A server that can be told what happens next. */
export class DevServer {
  private readonly streams = new Set<ServerResponse>();
  private readonly http: Server;
  private ticking: ReturnType<typeof setInterval> | null = null;
  /** Requests of the API, in order. */
  readonly calls: string[] = [];

  /** The first archive is the current run if it is running; `history` are rows without data. */
  constructor(
    readonly archives: Archive[],
    readonly history: RunRow[] = [],
    private readonly hasPolicy = true,
  ) {
    this.http = createServer((request, response) => {
      this.handle(request, response).catch((error: unknown) => fail(response, 500, String(error)));
    });
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.http.listen(port, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    if (this.ticking !== null) clearInterval(this.ticking);
    this.disconnect();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  get current(): Archive | null {
    return this.archives.find((archive) => archive.state === "running") ?? null;
  }

  /** Plays one second of the current run and sends it. */
  tick(): WindowMessage | null {
    const message = this.current?.addSecond(true) ?? null;
    if (message !== null) this.send("window", message, `${message.run_id}:${message.seq}`);
    if (this.current !== null) this.current.seal(this.current.nextS - 75);
    return message;
  }

  /** Plays on by itself. */
  run(): void {
    this.ticking = setInterval(() => this.tick(), 1000);
  }

  /** Ends the current run. */
  endRun(): void {
    const archive = this.current;
    if (archive === null) return;
    archive.end();
    this.send("run", { run_id: archive.scenario.runId, state: "ended" });
  }

  /** Cuts all live connections. */
  disconnect(): void {
    for (const stream of this.streams) stream.destroy();
    this.streams.clear();
  }

  send(event: string, data: unknown, id?: string): void {
    const text = `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const stream of this.streams) stream.write(text);
  }

  /** Adds a note to a run, whoever has written it. */
  note(archive: Archive, text: string, timeUnixNs: number): EventRow {
    const note = { time_unix_ns: timeUnixNs, name: "annotation", kind: "annotation", attributes: { text } };
    archive.notes.push(note);
    this.send("annotation", { run_id: archive.scenario.runId });
    return note;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (this.hasPolicy) response.setHeader("content-security-policy", CONTENT_SECURITY_POLICY);
    response.setHeader("cache-control", "no-store");
    const [, first, ...rest] = url.pathname.split("/").map(decodeURIComponent);
    if (first !== "api") {
      const name = first === "" ? "index.html" : (first ?? "");
      const type = TYPES[name.split(".").pop() ?? ""];
      if (!["index.html", "app.js", "app.css"].includes(name) || type === undefined)
        return fail(response, 404, "no such page");
      response.setHeader("content-type", type).end(readFileSync(join(DIST, name)));
      return;
    }
    this.calls.push(`${request.method} ${url.pathname}${url.search}`);
    if (rest[0] === "live") return this.live(request, response);
    if (rest[0] !== "runs") return fail(response, 404, "no such resource");
    if (rest[1] === undefined) return json(response, this.runs(url));
    const archive = this.archives.find((candidate) => candidate.scenario.runId === rest[1]);
    if (archive === undefined) return fail(response, 404, `there is no run ${rest[1]}`);
    await this.ofRun(archive, rest[2] ?? "", url, request, response);
  }

  private runs(url: URL) {
    const [testplan, search] = [url.searchParams.get("testplan"), url.searchParams.get("search")?.toLowerCase()];
    const limit = Number(url.searchParams.get("limit") ?? 500);
    const runs = [...this.archives.map((archive) => archive.row), ...this.history]
      .filter((row) => testplan === null || row.testplan === testplan)
      .filter((row) => !search || `${row.run_id} ${row.testplan}`.toLowerCase().includes(search))
      .sort((a, b) => (b.started_unix_ns ?? 0) - (a.started_unix_ns ?? 0));
    return { runs: runs.slice(0, limit), current: this.current?.scenario.runId ?? null };
  }

  private async ofRun(archive: Archive, what: string, url: URL, request: IncomingMessage, response: ServerResponse) {
    const number = (name: string, otherwise: number) => Number(url.searchParams.get(name) ?? otherwise);
    const [fromS, toS] = [number("from", 0), number("to", Number.MAX_SAFE_INTEGER)];
    switch (what) {
      case "":
        return json(response, archive.head);
      case "seconds":
        return json(response, archive.columns);
      case "errors":
        return json(response, { errors: archive.errorsOf(fromS, toS) });
      case "events":
        return json(response, { events: [...archive.events, ...archive.notes] });
      case "worker_seconds":
        return json(response, workerColumns(archive, fromS, toS));
      case "windows":
        return json(response, { windows: archive.windows.filter((message) => message.seq > number("after", 0)) });
      case "strips": {
        const subject = url.searchParams.get("subject");
        const subjects = subject === null ? null : new Set(subject.split(",").map(Number));
        const kind = url.searchParams.get("kind") as Kind;
        response.setHeader("content-type", "application/octet-stream");
        return void response.end(archive.container(kind, number("slot_s", 1), subjects, fromS, toS));
      }
      case "annotations": {
        let body = "";
        for await (const part of request) body += part;
        const { text, time_unix_ns: time } = JSON.parse(body) as { text: string; time_unix_ns?: number };
        return json(response, this.note(archive, text, time ?? Date.now() * 1e6));
      }
      case "report":
        response.setHeader("content-disposition", "attachment; filename=report.html");
        return void response.end(reportOf(DIST, embedded(archive, 1)));
      default:
        return fail(response, 404, "no such resource");
    }
  }

  private live(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": hello\n\n");
    const [runId, seq] = (request.headers["last-event-id"]?.toString() ?? "").split(":");
    const archive = this.archives.find((candidate) => candidate.scenario.runId === runId);
    for (const message of archive?.windows ?? []) {
      if (message.seq > Number(seq))
        response.write(`id: ${runId}:${message.seq}\nevent: window\ndata: ${JSON.stringify(message)}\n\n`);
    }
    this.streams.add(response);
    response.on("close", () => this.streams.delete(response));
  }
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json").end(JSON.stringify(value));
}

function fail(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  json(response, { error: text });
}
