/** A synthetic run as the server has it: seconds, strips, windows. What the real store does, in a few lines. */

import { SeriesStats } from "../src/model/histogram";
import type { Kind } from "../src/model/pyramid";
import { SLOTS } from "../src/model/strip";
import type { ErrorRow, EventRow, RunHead, RunRow, SecondsColumns, SeriesRow, WindowMessage } from "../src/model/wire";
import { packContainer, packStrip, packWindow } from "./encode";
import { mix, uniforms } from "./random";
import { record, type Scenario, type SeriesPlan, samplesOf } from "./scenario";

type BySubject = Map<number, SeriesStats>;

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/** See the head of this file. */
export class Archive {
  readonly firstS: number;
  state = "running";
  seq = 0;
  notes: EventRow[] = [];
  readonly columns: Required<SecondsColumns> = {
    second: [],
    users: [],
    requests: [],
    failures: [],
    response_bytes: [],
    hub_lag_ms: [],
    reasons: [],
    cpu_percent: [],
  };
  readonly workerRows: (WindowMessage["workers"][number] & { second: number })[] = [];
  readonly events: EventRow[] = [];
  /** Of the whole run. */
  readonly errors = new Map<number, ErrorRow>();
  private readonly errorCounts: { series: number; second: number; count: number }[] = [];
  readonly windows: WindowMessage[] = [];
  private readonly packed: Record<Kind, Map<number, Map<number, Map<number, Uint8Array>>>> = {
    total: new Map(),
    series: new Map(),
    worker: new Map(),
  };
  /** Seconds that are not in strips yet, by kind. */
  private readonly open: Record<Kind, Map<number, BySubject>> = {
    total: new Map(),
    series: new Map(),
    worker: new Map(),
  };
  /** Of windows that came after their second was sealed, until the next minute is. */
  private late: { kind: Kind; second: number; gained: BySubject }[] = [];
  /** Strips that were asked for before. */
  private readonly made = new Map<string, Map<number, Map<number, Uint8Array>>>();
  sealedUntilS: number;

  constructor(
    readonly scenario: Scenario,
    startS: number,
  ) {
    this.firstS = startS;
    this.sealedUntilS = Math.floor(startS / 60) * 60;
    this.tell(startS, "locust.tl.event.test.start", {});
  }

  /** The second behind the last. */
  get nextS(): number {
    return this.firstS + this.columns.second.length;
  }

  get seriesRows(): SeriesRow[] {
    return this.scenario.series.map(({ method, name, status, errorType }, id) => [id, method, name, status, errorType]);
  }

  get workerNames(): [number, string][] {
    return Array.from({ length: this.scenario.workers }, (_, id) => [id, `worker-${id}`]);
  }

  event(second: number, name: string, attributes: EventRow["attributes"]): EventRow {
    const row = { time_unix_ns: second * 1e9 + 4e8, name, kind: "event", attributes };
    this.events.push(row);
    return row;
  }

  /** An event that each process tells of, a moment after the one before. */
  private tell(second: number, name: string, attributes: EventRow["attributes"]): void {
    for (let process = 0; process < (this.scenario.processes ?? 1); process += 1)
      this.event(second, name, attributes).time_unix_ns += process * 110e6;
  }

  /** Plays one more second. Without `keepsWindow` the message is not made (nobody will ask for it). */
  addSecond(keepsWindow: boolean): WindowMessage | null {
    const { scenario } = this;
    const second = this.nextS;
    const t = second - this.firstS;
    const series: BySubject = new Map();
    const total = new SeriesStats();
    const workers: BySubject = new Map();
    const failuresOf = new Array<number>(scenario.workers).fill(0);
    let failures = 0;
    const errors: WindowMessage["errors"] = [];
    scenario.series.forEach((plan, id) => {
      const samples = samplesOf(scenario, id, t);
      if (samples.length === 0) return;
      const stats = new SeriesStats();
      samples.forEach((sample, place) => {
        record(stats, sample, plan.bytes);
        const worker = (place + id + t) % scenario.workers;
        const mine = workers.get(worker) ?? new SeriesStats();
        workers.set(worker, mine);
        record(mine, sample, plan.bytes);
        if (plan.errorType !== null) failuresOf[worker] = (failuresOf[worker] ?? 0) + 1;
      });
      series.set(id, stats);
      total.merge(stats);
      if (plan.errorType !== null) {
        failures += samples.length;
        errors.push([id, plan.message ?? plan.errorType, samples.length]);
        this.addError(id, plan, samples.length, second);
      }
    });
    const rows = this.workerSeconds(second, t, workers, failuresOf);
    const reasons = rows.reduce((bits, row) => bits | row.reasons, 0);
    const hubLagMs = Math.max(...rows.map((row) => row.hub_lag_ms ?? 0));
    this.addColumns(second, scenario.users(t), total, failures, hubLagMs, reasons);
    const before = this.events.length;
    if (t === scenario.spawnedAt)
      this.tell(second, "locust.tl.event.spawn.complete", { user_count: scenario.users(t) });
    const events = this.events.slice(before);
    this.open.series.set(second, series);
    this.open.total.set(second, new Map([[0, total]]));
    this.open.worker.set(second, workers);
    this.seq += 1;
    if (!keepsWindow) return null;
    const message: WindowMessage = {
      run_id: scenario.runId,
      seq: this.seq,
      second,
      users: scenario.users(t),
      hub_lag_ms: hubLagMs,
      reasons,
      cpu_percent: 12,
      memory_bytes: 88e6,
      series: t === 0 ? this.seriesRows : [],
      new_workers: t === 0 ? this.workerNames : [],
      workers: rows,
      events: t === 0 ? this.events.slice() : events,
      errors,
      gains: base64(packWindow(series)),
      worker_gains: base64(packWindow([...workers].sort(([a], [b]) => a - b))),
    };
    this.windows.push(message);
    return message;
  }

  /** Moves whole minutes before `untilS` into strips. */
  seal(untilS: number): void {
    const minuteS = Math.floor(untilS / 60) * 60;
    if (minuteS <= this.sealedUntilS) return;
    this.sealedUntilS = minuteS;
    for (const { kind, second, gained } of this.late) {
      const here = this.open[kind].get(second) ?? new Map();
      this.open[kind].set(second, new Map([...here, ...[...gained].map(both(here))]));
    }
    this.late = [];
    const kept = this.windows.filter(({ second }) => second >= minuteS);
    this.windows.splice(0, this.windows.length, ...kept);
  }

  /** A window that brings once more what a sealed second gained: it is in the journal until the next minute is sealed. */
  addLate(second: number): WindowMessage {
    const [series, workers] = [this.open.series.get(second) ?? new Map(), this.open.worker.get(second) ?? new Map()];
    for (const kind of ["total", "series", "worker"] as const) {
      this.late.push({ kind, second, gained: this.open[kind].get(second) ?? new Map() });
    }
    const place = second - this.firstS;
    const errors: WindowMessage["errors"] = [];
    let failures = 0;
    for (const [id, stats] of series) {
      const plan = this.scenario.series[id];
      if (plan === undefined || plan.errorType === null) continue;
      failures += stats.requests;
      errors.push([id, plan.message ?? plan.errorType, stats.requests]);
      this.addError(id, plan, stats.requests, second);
    }
    const requests = this.open.total.get(second)?.get(0)?.requests ?? 0;
    this.columns.requests[place] = (this.columns.requests[place] ?? 0) + requests;
    this.columns.failures[place] = (this.columns.failures[place] ?? 0) + failures;
    this.seq += 1;
    const message: WindowMessage = {
      run_id: this.scenario.runId,
      seq: this.seq,
      second,
      users: null,
      hub_lag_ms: null,
      reasons: 0,
      cpu_percent: null,
      memory_bytes: null,
      series: [],
      new_workers: [],
      workers: [],
      events: [],
      errors,
      gains: base64(packWindow(series)),
      worker_gains: base64(packWindow([...workers].sort(([a], [b]) => a - b))),
    };
    this.windows.push(message);
    return message;
  }

  /** Errors of a range. */
  errorsOf(fromS: number, toS: number): ErrorRow[] {
    const counts = new Map<number, number>();
    for (const { series, second, count } of this.errorCounts) {
      if (second >= fromS && second < toS) counts.set(series, (counts.get(series) ?? 0) + count);
    }
    return [...this.errors.values()].flatMap((row) => {
      const count = counts.get(row.series);
      return count === undefined ? [] : [{ ...row, count }];
    });
  }

  /** All strips of one kind and slot length, as the store sends them. */
  container(kind: Kind, slotS: number, subjects: Set<number> | null, fromS: number, toS: number): Uint8Array {
    const found = [];
    const all = this.packed[kind].size > 0 ? this.packedStrips(kind, slotS) : this.stripsNow(kind, slotS);
    for (const [subject, blocks] of all) {
      if (subjects !== null && !subjects.has(subject)) continue;
      for (const [startS, strip] of blocks)
        if (startS + slotS * SLOTS > fromS && startS < toS) found.push({ subject, startS, strip });
    }
    return packContainer(found);
  }

  /** Packs everything series by series, so that a large run needs little memory. */
  static packedRun(scenario: Scenario, startS: number): Archive {
    const archive = new Archive(scenario, startS);
    const totals = Array.from({ length: scenario.seconds }, () => new SeriesStats());
    const failures = new Array<number>(scenario.seconds).fill(0);
    const made = new Map<number, BySubject>();
    const packedAs = new Map<number, number>();
    scenario.series.forEach((plan, id) => {
      const pattern = plan.pattern ?? id + 1000;
      const seconds = made.get(pattern) ?? secondsOf(scenario, id, startS);
      for (const [second, stats] of seconds) {
        const t = second - startS;
        totals[t]?.merge(stats);
        if (plan.errorType === null) continue;
        failures[t] = (failures[t] ?? 0) + stats.requests;
        archive.addError(id, plan, stats.requests, second);
      }
      if (!made.has(pattern)) archive.pack("series", id, seconds);
      else archive.copy("series", id, packedAs.get(pattern) ?? id);
      made.set(pattern, seconds);
      if (!packedAs.has(pattern)) packedAs.set(pattern, id);
    });
    archive.pack("total", 0, new Map(totals.map((stats, t) => [startS + t, stats])));
    for (let worker = 0; worker < scenario.workers; worker += 1) archive.pack("worker", worker, new Map());
    totals.forEach((stats, t) => {
      const rows = archive.workerSeconds(startS + t, t, new Map(), []);
      archive.addColumns(
        startS + t,
        scenario.users(t),
        stats,
        failures[t] ?? 0,
        Math.max(...rows.map((row) => row.hub_lag_ms ?? 0)),
        rows.reduce((bits, row) => bits | row.reasons, 0),
      );
    });
    if (scenario.spawnedAt !== null) {
      archive.event(startS + scenario.spawnedAt, "locust.tl.event.spawn.complete", { user_count: 1200 });
    }
    archive.end();
    return archive;
  }

  /** Ends the run. */
  end(): void {
    this.tell(this.nextS - 1, "locust.tl.event.test.stop", {});
    this.state = "ended";
    this.seal(Math.ceil(this.nextS / 60) * 60);
  }

  get head(): RunHead {
    const hasSeconds = this.columns.second.length > 0;
    return {
      run_id: this.scenario.runId,
      testplan: this.scenario.testplan,
      state: this.state,
      started_unix_ns: this.firstS * 1e9,
      ended_unix_ns: this.state === "ended" ? this.nextS * 1e9 : null,
      first_s: hasSeconds ? this.firstS : null,
      last_s: hasSeconds ? this.nextS - 1 : null,
      role: "master",
      users_max: hasSeconds ? Math.max(...this.columns.users.map((users) => users ?? 0)) : 0,
      labels: { env: "staging" },
      notes: null,
      facts: { locustfile: "locustfile.py", host: "https://shop.test", locust: "2.47.1", git_commit: "4f1c2aa" },
      metadata: {},
      summary: {},
      lost: null,
      series: hasSeconds ? this.seriesRows : [],
      workers: this.workerNames,
      seq: this.seq,
      finest_slot_s: 1,
      // As the store has it: nothing before the first minute is sealed.
      sealed_until_s: this.sealedUntilS > Math.floor(this.firstS / 60) * 60 ? this.sealedUntilS : null,
    };
  }

  get row(): RunRow {
    const all = this.total();
    const { head, columns } = this;
    return {
      run_id: head.run_id,
      testplan: head.testplan,
      state: head.state,
      started_unix_ns: head.started_unix_ns,
      ended_unix_ns: head.ended_unix_ns,
      first_s: head.first_s,
      last_s: head.last_s,
      users_max: head.users_max ?? null,
      requests: all.requests,
      failures: columns.failures.reduce((sum, failures) => sum + failures, 0),
      p50_ms: all.latency.quantileMs(0.5),
      p95_ms: all.latency.quantileMs(0.95),
      p99_ms: all.latency.quantileMs(0.99),
      max_ms: all.latency.maxMs(),
      suspect_seconds: columns.reasons.filter((reasons) => reasons !== 0).length,
      notes: null,
      labels: head.labels ?? null,
    };
  }

  /** What a series gained in a range, merged one by one: what the page's figures must equal. */
  merged(kind: Kind, subjects: number[], fromS: number, toS: number): SeriesStats {
    const stats = new SeriesStats();
    for (const [second, bySubject] of this.open[kind]) {
      if (second < fromS || second >= toS) continue;
      for (const subject of subjects) {
        const gained = bySubject.get(subject);
        if (gained !== undefined) stats.merge(gained);
      }
    }
    for (const { kind: lateKind, second, gained } of this.late) {
      if (lateKind !== kind || second < fromS || second >= toS) continue;
      for (const subject of subjects) {
        const stat = gained.get(subject);
        if (stat !== undefined) stats.merge(stat);
      }
    }
    return stats;
  }

  private total(): SeriesStats {
    return this.merged("total", [0], this.firstS, this.nextS);
  }

  private addColumns(
    second: number,
    users: number,
    total: SeriesStats,
    failures: number,
    hubLagMs: number,
    reasons: number,
  ): void {
    this.columns.second.push(second);
    this.columns.users.push(users);
    this.columns.requests.push(total.requests);
    this.columns.failures.push(failures);
    this.columns.response_bytes.push(total.responseBytes.nearest);
    this.columns.hub_lag_ms.push(hubLagMs);
    this.columns.reasons.push(reasons);
    this.columns.cpu_percent.push(12);
  }

  private addError(series: number, plan: SeriesPlan, count: number, second: number): void {
    const message = plan.message ?? plan.errorType ?? "";
    this.errorCounts.push({ series, second, count });
    const row = this.errors.get(series);
    if (row === undefined) {
      const sample = `${plan.method} ${plan.name}: ${message}`;
      this.errors.set(series, { series, message, count, first_s: second, last_s: second, sample });
      return;
    }
    row.count += count;
    row.first_s = Math.min(row.first_s, second);
    row.last_s = Math.max(row.last_s, second);
  }

  private workerSeconds(second: number, t: number, stats: BySubject, failures: number[]): WindowMessage["workers"] {
    const { scenario } = this;
    const uniform = uniforms(mix(scenario.seed, 991, t));
    const rows = Array.from({ length: scenario.workers }, (_, id) => {
      const trouble = scenario.trouble?.(id, t) ?? null;
      return {
        id,
        state: "running",
        users: Math.round(scenario.users(t) / scenario.workers),
        requests: stats.get(id)?.requests ?? 0,
        failures: failures[id] ?? 0,
        cpu_percent: trouble?.cpuPercent ?? 24 + scenario.users(t) / 20 + uniform() * 6,
        memory_bytes: 92e6 + id * 1e6 + t * 1000,
        hub_lag_ms: trouble?.hubLagMs ?? 0.4 + uniform() * 2,
        reasons: trouble?.reasons ?? 0,
        clock_offset_ms: (id - 3) * 1.7,
        clock_error_ms: 0.3,
      };
    });
    for (const row of rows) this.workerRows.push({ second, ...row });
    return rows;
  }

  private pack(kind: Kind, subject: number, seconds: BySubject): void {
    for (const slotS of [1, 60, 3600]) {
      const levels = this.packed[kind];
      const bySubject = levels.get(slotS) ?? new Map();
      levels.set(slotS, bySubject);
      bySubject.set(subject, blocksOf(seconds, slotS));
    }
  }

  /** The same strips for another subject. */
  private copy(kind: Kind, subject: number, from: number): void {
    for (const bySubject of this.packed[kind].values()) bySubject.set(subject, bySubject.get(from) ?? new Map());
  }

  private packedStrips(kind: Kind, slotS: number): Map<number, Map<number, Uint8Array>> {
    return this.packed[kind].get(slotS) ?? new Map();
  }

  private stripsNow(kind: Kind, slotS: number): Map<number, Map<number, Uint8Array>> {
    const key = `${kind} ${slotS} ${this.sealedUntilS}`;
    const made = this.made.get(key) ?? this.makeStrips(kind, slotS);
    this.made.set(key, made);
    return made;
  }

  private makeStrips(kind: Kind, slotS: number): Map<number, Map<number, Uint8Array>> {
    const bySubject = new Map<number, BySubject>();
    for (const [second, gained] of this.open[kind]) {
      if (second >= this.sealedUntilS) continue;
      for (const [subject, stats] of gained) {
        const seconds = bySubject.get(subject) ?? new Map();
        bySubject.set(subject, seconds.set(second, stats));
      }
    }
    return new Map([...bySubject].map(([subject, seconds]) => [subject, blocksOf(seconds, slotS)]));
  }
}

/** Adds what is here of a subject to what it gained. */
function both(here: BySubject): (entry: [number, SeriesStats]) => [number, SeriesStats] {
  return ([subject, gained]) => {
    const stats = new SeriesStats();
    const before = here.get(subject);
    if (before !== undefined) stats.merge(before);
    stats.merge(gained);
    return [subject, stats];
  };
}

/** What one series gained, by second. */
function secondsOf(scenario: Scenario, id: number, startS: number): BySubject {
  const seconds: BySubject = new Map();
  for (let t = 0; t < scenario.seconds; t += 1) {
    const samples = samplesOf(scenario, id, t);
    if (samples.length === 0) continue;
    const stats = new SeriesStats();
    for (const sample of samples) record(stats, sample, scenario.series[id]?.bytes ?? 0);
    seconds.set(startS + t, stats);
  }
  return seconds;
}

/** Strips of one subject by their first second. */
function blocksOf(seconds: BySubject, slotS: number): Map<number, Uint8Array> {
  const slots = new Map<number, SeriesStats>();
  for (const [second, stats] of seconds) {
    if (slotS === 1) {
      slots.set(second, stats);
      continue;
    }
    const start = Math.floor(second / slotS) * slotS;
    const slot = slots.get(start) ?? new SeriesStats();
    slots.set(start, slot);
    slot.merge(stats);
  }
  const blockS = slotS * SLOTS;
  const blocks = new Map<number, [number, SeriesStats][]>();
  for (const [start, stats] of [...slots].sort(([a], [b]) => a - b)) {
    const block = Math.floor(start / blockS) * blockS;
    const mine = blocks.get(block) ?? [];
    blocks.set(block, mine);
    mine.push([(start - block) / slotS, stats]);
  }
  return new Map([...blocks].map(([block, mine]) => [block, packStrip(mine)]));
}
