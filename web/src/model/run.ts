/** One run, as far as it is here: identity, seconds, events, workers, errors, and what was gained when. */

import { Gains } from "./gains";
import { type Happening, happeningOf, steadyFromS } from "./happening";
import { SeriesStats } from "./histogram";
import { type Missing, missingFromRow, missingWorkers } from "./missing";
import { type Kind, Pyramid, windowGains } from "./pyramid";
import { commonSlotS, equal, intersect, nested, type Range, snapOutward } from "./range";
import { Seconds } from "./seconds";
import { spread } from "./slotted";
import { nsWithin, type RunSpan, spanOf } from "./span";
import { together } from "./together";
import type {
  ErrorRow,
  EventRow,
  MissingRow,
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
  /** Strips, columns and errors tell what was before this second, windows what is from it on; see {@link SEALED_ALL}. */
  sealedUntilS: number;
  seconds: SecondsColumns;
  /** Of the seconds before `sealedUntilS`. */
  errors: ErrorRow[];
  events: EventRow[];
  workerSeconds: WorkerSecondsColumns | null;
  /** When workers were missing, where `workerSeconds` may not show when that began. */
  missing?: MissingRow[] | null;
  /** Windows that are in no strip yet: also late ones, of seconds before `sealedUntilS`. */
  windows: WindowMessage[];
  /** Slot lengths on hand by kind. */
  slots: Record<Kind, number[]>;
  /** How many seconds a row of the columns stands for; 1 but in reports of long runs. */
  secondsSlotS?: number;
  workerSecondsSlotS?: number;
}

/** What is selected: see `Selection`. */
type Selected = "all" | "endpoint" | "worker";

const MINUTE_S = 60;

/** Strips tell everything, as in a report file. */
export const SEALED_ALL = Number.POSITIVE_INFINITY;
/** There is no strip yet: windows tell everything, as in the first minute of a run. */
export const SEALED_NOTHING = Number.NEGATIVE_INFINITY;

/** The subject of strips of all requests. */
export const TOTAL = 0;

/** See the head of this file. */
export class Run {
  readonly head: RunHead;
  readonly series = new Map<number, Series>();
  readonly endpoints = new Map<string, Endpoint>();
  readonly seconds = new Seconds();
  readonly workers: Workers;
  readonly errors = new Map<number, ErrorRow[]>();
  /** In order of time; what several processes tell of is one. */
  happenings: readonly Happening[] = [];
  private told: Happening[] = [];
  readonly total: Pyramid;
  readonly bySeries: Pyramid;
  readonly byWorker: Pyramid;
  /** Strips tell what was before this second. */
  readonly sealedUntilS: number;
  private readonly secondsSlotS: number;
  private readonly toldMissing: readonly Missing[] | null;
  /** When it was on; null before the first window. */
  span: RunSpan | null = null;
  /** Goes up whenever the run has more than before. */
  revision = 0;
  private lastSeq: number;
  /** Events of windows: a list that was asked for before they were written lacks them. */
  private readonly eventsOfWindows: EventRow[] = [];
  private readonly knownEvents = new Set<string>();

  constructor(parts: RunParts) {
    this.head = parts.head;
    this.sealedUntilS = parts.sealedUntilS;
    this.lastSeq = parts.head.seq ?? Number.NEGATIVE_INFINITY;
    const pyramid = (kind: Kind) =>
      new Pyramid(kind, nested(parts.slots[kind]), this.sealedUntilS, this.compactedUntilS);
    [this.total, this.bySeries, this.byWorker] = [pyramid("total"), pyramid("series"), pyramid("worker")];
    this.secondsSlotS = Math.max(1, parts.secondsSlotS ?? 1);
    this.toldMissing = parts.missing?.map(missingFromRow) ?? null;
    this.workers = new Workers(Math.max(1, parts.workerSecondsSlotS ?? 1));
    parts.head.series.forEach((row) => {
      this.addSeries(row);
    });
    for (const [id, sourceId] of parts.head.workers) this.workers.names.set(id, sourceId);
    const endS = parts.head.last_s === null ? Number.POSITIVE_INFINITY : parts.head.last_s + 1;
    this.seconds.addColumns(spread(parts.seconds, this.secondsSlotS, endS), this.sealedUntilS);
    if (parts.workerSeconds !== null) this.workers.addColumns(parts.workerSeconds, this.sealedUntilS);
    for (const error of parts.errors) {
      this.errors.set(error.series, [...(this.errors.get(error.series) ?? []), { ...error }]);
    }
    this.setEvents(parts.events);
    for (const message of parts.windows) {
      // Whatever its second: a window of the journal is in no strip.
      this.addNames(message);
      if (message.second < this.sealedUntilS) this.addLate(message);
      else this.add(message);
      this.lastSeq = Math.max(this.lastSeq, message.seq);
    }
    this.tellRange();
  }

  /** The pyramid of one kind. */
  pyramid(kind: Kind): Pyramid {
    return kind === "total" ? this.total : kind === "series" ? this.bySeries : this.byWorker;
  }

  /** When workers were missing, the earliest first. */
  missingWorkers(): readonly Missing[] {
    return this.toldMissing ?? missingWorkers(this.workers);
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

  /** How long it was on in a range, in nanoseconds: what rates are over. */
  nsIn(range: Range): number {
    const known = this.range;
    return known === null || this.span === null ? 0 : nsWithin(this.span, range, known);
  }

  /** The shortest slots that all figures of a selection can be told in, in a range. */
  finestS(range: Range, kind: Selected = "all"): number {
    return this.slotS([this.bySeries.finestS, this.head.finest_slot_s ?? 1], kind, range);
  }

  /** The shortest steps that lines of a selection can have in a range: those of all requests may be finer. */
  finestStepS(range: Range, kind: Selected): number {
    const pyramid = kind === "endpoint" ? this.bySeries : kind === "worker" ? this.byWorker : this.total;
    return this.slotS([pyramid.finestS], kind, range);
  }

  /**
   * The range that is really told of where this one is asked for (null: the whole run), or null if nothing of it is in
   * the run. Rounded as the store does (`crates/store/src/snap.rs`), and in a report to the slots that it has.
   */
  snapped(asked: Range | null, kind: Selected = "all"): Range | null {
    const known = this.range;
    if (known === null) return null;
    const within = intersect(asked ?? known, known);
    if (within.fromS >= within.toS) return null;
    const minutes = snapOutward(within, MINUTE_S);
    const range = {
      fromS: within.fromS < this.compactedUntilS ? minutes.fromS : within.fromS,
      toS: within.toS < this.compactedUntilS ? minutes.toS : within.toS,
    };
    if (equal(within, known)) return range;
    return snapOutward(range, this.slotS([this.bySeries.finestS, this.head.finest_slot_s ?? 1], kind, null));
  }

  private slotS(slots: number[], kind: Selected, range: Range | null): number {
    slots.push(this.secondsSlotS);
    if (kind === "worker") slots.push(this.workers.slotS);
    if (range !== null && range.fromS < this.compactedUntilS) slots.push(MINUTE_S);
    return slots.reduce(commonSlotS);
  }

  /** Before this second there are minutes only. */
  private get compactedUntilS(): number {
    return this.head.compacted_until_s ?? Number.NEGATIVE_INFINITY;
  }

  /** The first second after the ramp-up, if that is known. */
  get steadyFromS(): number | null {
    return steadyFromS(this.happenings);
  }

  /** Takes the store's list of events; true if there are others than before. */
  setEvents(rows: readonly EventRow[]): boolean {
    const keys = rows.map(keyOf);
    if (keys.every((key) => this.knownEvents.has(key))) return false;
    this.revision += 1;
    this.knownEvents.clear();
    for (const key of keys) this.knownEvents.add(key);
    this.told = rows.map(happeningOf);
    this.arrangeEvents();
    this.addEvents(this.eventsOfWindows);
    return true;
  }

  /** Whether windows of the journal are added to what strips tell of their seconds. */
  get hasLate(): boolean {
    return this.bySeries.hasLate || this.byWorker.hasLate;
  }

  /** Adds what one window tells. `reload`: the store has changed what is here, so the run must be loaded again. */
  apply(message: WindowMessage): Applied {
    if (message.seq <= this.lastSeq) return "repeated";
    if (message.second < this.sealedUntilS) return "reload";
    this.lastSeq = message.seq;
    this.revision += 1;
    this.addNames(message);
    this.add(message);
    this.tellRange();
    return "applied";
  }

  private addNames(message: WindowMessage): void {
    message.series.forEach((row) => {
      this.addSeries(row);
    });
    for (const [id, sourceId] of message.new_workers) this.workers.names.set(id, sourceId);
  }

  /** Adds a window of a second that nothing but windows tells of. */
  private add(message: WindowMessage): void {
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
    this.addEvents(message.events);
    for (const event of message.events) this.eventsOfWindows.push(event);
    for (const [series, text, count] of message.errors) this.addError(series, text, count, message.second);
  }

  /** Adds a window of the journal to what strips tell of its second. Columns, events and errors have it already. */
  private addLate(message: WindowMessage): void {
    const gains = windowGains(message.gains);
    this.bySeries.addLate(message.second, gains);
    const all = new SeriesStats();
    for (let place = 0; place < gains.keys.length; place += 1) gains.addPlace(place, all);
    if (gains.keys.length > 0) this.total.addLate(message.second, Gains.pack([[TOTAL, all]]));
    this.byWorker.addLate(message.second, windowGains(message.worker_gains));
  }

  /** Adds those that are not here yet: a window may be written before the store's list is asked for, and come after. */
  private addEvents(rows: readonly EventRow[]): void {
    const fresh = rows.map((row) => ({ key: keyOf(row), row })).filter(({ key }) => !this.knownEvents.has(key));
    if (fresh.length === 0) return;
    for (const { key, row } of fresh) {
      this.knownEvents.add(key);
      this.told.push(happeningOf(row));
    }
    this.arrangeEvents();
  }

  private arrangeEvents(): void {
    // One process has nobody to say the same: what it says twice happened twice.
    this.happenings = this.head.role === "master" ? together(this.told) : inOrder(this.told);
  }

  private tellRange(): void {
    this.span = this.range && spanOf(this.head.span, this.range);
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
    row.first_s = Math.min(row.first_s, second);
    row.last_s = Math.max(row.last_s, second);
  }
}

function inOrder(happenings: readonly Happening[]): Happening[] {
  return happenings.toSorted((a, b) => a.timeS - b.timeS);
}

/** What makes an event the same in a list and in a window. Attributes have an order of their own in each. */
function keyOf({ time_unix_ns: time, name, kind, attributes }: EventRow): string {
  const inOrderOfNames = Object.entries(attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([time, name, kind ?? "event", inOrderOfNames]);
}
