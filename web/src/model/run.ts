/** One run, as far as it is here: identity, seconds, events, workers, errors, and what was gained when. */

import { Gains } from "./gains";
import { type Happening, happeningOf, steadyFromS } from "./happening";
import { SeriesStats } from "./histogram";
import { type Kind, Pyramid, windowGains } from "./pyramid";
import { nested, type Range } from "./range";
import { Seconds } from "./seconds";
import type {
  ErrorRow,
  EventRow,
  RunHead,
  SecondsColumns,
  SeriesRow,
  WindowMessage,
  WorkerSecondsColumns,
} from "./wire";
import { Workers } from "./workers";

/** A method and a name, over all outcomes. */
export interface Endpoint {
  /** `METHOD name`: what selections and addresses hold on to. */
  key: string;
  method: string;
  name: string;
  /** All its series. */
  series: number[];
}

/** What a series is called, and where it belongs. */
export interface Series {
  id: number;
  endpoint: Endpoint;
  status: number | null;
  errorType: string | null;
  /** Status or error type of a failure; null for a success. */
  failureKind: string | null;
}

/** What became of a window message. */
export type Applied = "applied" | "repeated" | "reload";

/** What a source knows of a run before any strip. */
export interface RunParts {
  head: RunHead;
  seconds: SecondsColumns;
  errors: ErrorRow[];
  events: EventRow[];
  workerSeconds: WorkerSecondsColumns | null;
  /** Windows that are in no strip yet. */
  windows: WindowMessage[];
  /** Slot lengths on hand by kind. */
  slots: Record<Kind, number[]>;
}

/** The subject of strips of all requests. */
export const TOTAL = 0;

/** See the head of this file. */
export class Run {
  readonly head: RunHead;
  readonly series = new Map<number, Series>();
  readonly endpoints = new Map<string, Endpoint>();
  readonly seconds = new Seconds();
  readonly workers = new Workers();
  readonly errors = new Map<number, ErrorRow[]>();
  happenings: Happening[] = [];
  readonly total: Pyramid;
  readonly bySeries: Pyramid;
  readonly byWorker: Pyramid;
  private lastSeq = Number.NEGATIVE_INFINITY;
  private readonly sealedUntilS: number;

  constructor(parts: RunParts) {
    this.head = parts.head;
    this.sealedUntilS = parts.head.sealed_until_s ?? Number.POSITIVE_INFINITY;
    this.total = new Pyramid("total", nested(parts.slots.total), this.sealedUntilS);
    this.bySeries = new Pyramid("series", nested(parts.slots.series), this.sealedUntilS);
    this.byWorker = new Pyramid("worker", nested(parts.slots.worker), this.sealedUntilS);
    parts.head.series.forEach((row) => {
      this.addSeries(row);
    });
    for (const [id, sourceId] of parts.head.workers) this.workers.names.set(id, sourceId);
    this.seconds.addColumns(parts.seconds, this.sealedUntilS);
    if (parts.workerSeconds !== null) this.workers.addColumns(parts.workerSeconds, this.sealedUntilS);
    for (const error of parts.errors) this.errors.set(error.series, [...(this.errors.get(error.series) ?? []), error]);
    this.setEvents(parts.events);
    for (const message of parts.windows) {
      // Events and errors of the store are there already.
      if (message.second >= this.sealedUntilS) this.apply({ ...message, events: [], errors: [] });
      this.lastSeq = Math.max(this.lastSeq, message.seq);
    }
    this.tellRange();
  }

  /** The pyramid of one kind. */
  pyramid(kind: Kind): Pyramid {
    return kind === "total" ? this.total : kind === "series" ? this.bySeries : this.byWorker;
  }

  /** Whether windows still come. */
  get isRunning(): boolean {
    return this.head.state === "running";
  }

  /** From the first second to behind the last; null before the first window. */
  get range(): Range | null {
    const known = this.seconds.range;
    const { first_s: firstS, last_s: lastS } = this.head;
    if (firstS === null || lastS === null) return known;
    return {
      fromS: Math.min(firstS, known?.fromS ?? firstS),
      toS: Math.max(lastS + 1, known?.toS ?? 0),
    };
  }

  /** The shortest range that all figures can be told for, in seconds. */
  get finestS(): number {
    return Math.max(this.bySeries.finestS, this.head.finest_slot_s ?? 1);
  }

  /** The first second after the ramp-up, if that is known. */
  get steadyFromS(): number | null {
    return steadyFromS(this.happenings);
  }

  /** Replaces all events. */
  setEvents(rows: readonly EventRow[]): void {
    this.happenings = rows.map(happeningOf).sort((a, b) => a.timeS - b.timeS);
  }

  /** Adds what one window tells. `reload`: the store has changed what is here, so the run must be loaded again. */
  apply(message: WindowMessage): Applied {
    if (message.seq <= this.lastSeq) return "repeated";
    if (message.second < this.sealedUntilS && this.sealedUntilS !== Number.POSITIVE_INFINITY) return "reload";
    this.lastSeq = message.seq;
    message.series.forEach((row) => {
      this.addSeries(row);
    });
    for (const [id, sourceId] of message.new_workers) this.workers.names.set(id, sourceId);
    const gains = windowGains(message.gains);
    this.bySeries.addWindow(message.second, gains);
    const all = new SeriesStats();
    let failures = 0;
    gains.keys.forEach((subject, place) => {
      const before = all.requests;
      gains.addPlace(place, all);
      if (this.series.get(subject)?.failureKind != null) failures += all.requests - before;
    });
    if (gains.keys.length > 0) {
      this.total.addWindow(message.second, Gains.pack([[TOTAL, all]]));
    }
    this.byWorker.addWindow(message.second, windowGains(message.worker_gains));
    this.seconds.addWindow(message, all.requests, failures);
    for (const worker of message.workers) this.workers.addSecond(message.second, worker);
    if (message.events.length > 0) {
      this.happenings = [...this.happenings, ...message.events.map(happeningOf)].sort((a, b) => a.timeS - b.timeS);
    }
    for (const [series, text, count] of message.errors) this.addError(series, text, count, message.second);
    this.tellRange();
    return "applied";
  }

  private tellRange(): void {
    for (const pyramid of [this.total, this.bySeries, this.byWorker]) pyramid.known = this.range;
  }

  private addSeries([id, method, name, status, errorType]: SeriesRow): void {
    if (this.series.has(id)) return;
    const key = `${method} ${name}`;
    let endpoint = this.endpoints.get(key);
    if (endpoint === undefined) {
      endpoint = { key, method, name, series: [] };
      this.endpoints.set(key, endpoint);
    }
    endpoint.series.push(id);
    const failureKind = errorType === null ? null : status !== null && status >= 400 ? String(status) : errorType;
    this.series.set(id, { id, endpoint, status, errorType, failureKind });
  }

  private addError(series: number, message: string, count: number, second: number): void {
    const rows = this.errors.get(series) ?? [];
    this.errors.set(series, rows);
    const row = rows.find((candidate) => candidate.message === message);
    if (row === undefined) {
      rows.push({ series, message, count, first_s: second, last_s: second, sample: message });
      return;
    }
    row.count += count;
    row.last_s = Math.max(row.last_s, second);
  }
}
