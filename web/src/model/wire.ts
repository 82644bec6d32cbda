/** The JSON that the server answers with and that a report carries; the same nouns as in the run store. */

/** A series: id, method, name, status or null without a response, class of the exception or null for a success. */
export type SeriesRow = [id: number, method: string, name: string, status: number | null, errorType: string | null];

/** What can stand in labels, facts, metadata and attributes. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** When a run was on, each moment as its second and the nanoseconds after that; without an end while it has none. */
export interface SpanRow {
  started: readonly [second: number, ns: number];
  ended: readonly [second: number, ns: number] | null;
}

/** One run as the list of runs has it. */
export interface RunRow {
  run_id: string;
  testplan: string;
  /** `running`, `ended` or `cut off`. */
  state: string;
  started_unix_ns: number | null;
  ended_unix_ns: number | null;
  span?: SpanRow | null;
  first_s: number | null;
  last_s: number | null;
  users_max: number | null;
  requests: number | null;
  failures: number | null;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  max_ms: number | null;
  suspect_seconds: number | null;
  notes?: string | null;
  labels?: JsonObject | null;
}

/** What is to be known of a run before its figures. */
export interface RunHead {
  run_id: string;
  testplan: string;
  state: string;
  started_unix_ns: number | null;
  ended_unix_ns: number | null;
  span?: SpanRow | null;
  /** In a report: that of the whole run, where `span` is that of its range. */
  whole_span?: SpanRow | null;
  first_s: number | null;
  /** The last second with a window, included. */
  last_s: number | null;
  role?: string | null;
  users_max?: number | null;
  labels?: JsonObject | null;
  notes?: string | null;
  facts?: JsonObject | null;
  metadata?: JsonObject | null;
  summary?: JsonObject | null;
  lost?: Json;
  series: SeriesRow[];
  workers: [id: number, sourceId: string][];
  /** Position in the journal of windows. */
  seq?: number | null;
  /** The shortest slot that series are kept in, in seconds. */
  finest_slot_s?: number | null;
  /** What was before this second is kept by the minute only; null or 0 if nothing is. */
  compacted_until_s?: number | null;
  /** Strips tell what was before this second; null while there are none. Of no meaning in a report: its strips tell all. */
  sealed_until_s?: number | null;
}

/** Columns by second; all of one length. A column that was not measured may be missing or hold nulls. */
export interface SecondsColumns {
  second: number[];
  users?: (number | null)[];
  requests?: number[];
  failures?: number[];
  response_bytes?: number[];
  hub_lag_ms?: (number | null)[];
  reasons?: number[];
  cpu_percent?: (number | null)[];
}

/** Columns by second and worker; all of one length. */
export interface WorkerSecondsColumns {
  second: number[];
  /** Ids of workers. */
  worker: number[];
  state: string[];
  users: (number | null)[];
  requests: number[];
  failures: number[];
  cpu_percent: (number | null)[];
  memory_bytes: (number | null)[];
  hub_lag_ms: (number | null)[];
  reasons: number[];
  clock_offset_ms: (number | null)[];
  clock_error_ms: (number | null)[];
}

/** An error of one series with one message, over the whole run. */
export interface ErrorRow {
  series: number;
  message: string;
  count: number;
  first_s: number;
  last_s: number;
  sample?: string | null;
}

/** Something that happened, or a note of somebody. */
export interface EventRow {
  time_unix_ns: number;
  name: string;
  /** `event` or `annotation`. */
  kind?: string;
  attributes?: JsonObject | null;
}

/** One worker in one second. */
export interface WorkerSecond {
  id: number;
  state: string;
  users: number | null;
  requests: number;
  failures: number;
  cpu_percent: number | null;
  memory_bytes: number | null;
  hub_lag_ms: number | null;
  reasons: number;
  clock_offset_ms: number | null;
  clock_error_ms: number | null;
}

/** What one second brought, as it is sent to live pages. Several of one second add up. */
export interface WindowMessage {
  run_id: string;
  seq: number;
  second: number;
  users: number | null;
  hub_lag_ms: number | null;
  reasons: number;
  cpu_percent: number | null;
  memory_bytes: number | null;
  series: SeriesRow[];
  new_workers: [id: number, sourceId: string][];
  workers: WorkerSecond[];
  events: EventRow[];
  errors: [series: number, message: string, count: number][];
  /** Gains of series, base64. */
  gains: string;
  /** Gains of workers, base64. */
  worker_gains: string;
}

/** When a worker was missing: see `Missing`. */
export interface MissingRow {
  worker: string;
  from_s: number;
  to_s: number;
  is_for_good: boolean;
  is_taken_over: boolean;
  users: number | null;
  requests_at_most: number;
}

/** All that a report file carries. */
export interface EmbeddedRun {
  head: RunHead;
  /** Null where there was no room for any. */
  seconds: SecondsColumns | null;
  errors: ErrorRow[];
  events: EventRow[];
  workers?: Json;
  worker_seconds?: WorkerSecondsColumns | null;
  /** As the whole run tells of the range; null where there was no room. */
  missing?: MissingRow[] | null;
  /** What there was no room for. */
  left_out?: {
    /** How many seconds a row of `seconds` stands for: sums and highest values of the slot, under its first second. */
    seconds_slot_s?: number;
    worker_seconds_slot_s?: number;
  };
  strips: { kind: string; slot_s: number; container: string }[];
}
