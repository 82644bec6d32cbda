/** Runs as sources load and follow them, whatever is written between two answers of the server. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Archive } from "../../dev/archive";
import { embedded, workerColumns } from "../../dev/report";
import { shop } from "../../dev/scenario";
import { endpointFigures, selectionFigures } from "../model/figures";
import type { Missing } from "../model/pyramid";
import type { Range } from "../model/range";
import type { Run } from "../model/run";
import { NOTHING } from "../model/selection";
import type { MissingRow, WindowMessage } from "../model/wire";
import { EmbeddedSource } from "./embedded";
import { LiveSource } from "./live";
import { Server } from "./server";
import type { RunSource } from "./source";
import { StoredSource } from "./stored";

const START_S = 1_760_000_040;
const ALL_S = Number.MAX_SAFE_INTEGER;

type Call = "head" | "seconds" | "errors" | "events" | "workerSeconds" | "missing" | "windows" | "strips";

const LOSS: MissingRow = {
  worker: "worker-1",
  from_s: START_S + 5,
  to_s: START_S + 9,
  is_for_good: true,
  is_taken_over: true,
  users: 20,
  requests_at_most: 88,
};

/** Answers from an archive, and lets a test act before each answer. */
class FakeServer extends Server {
  readonly calls: Call[] = [];
  onCall: (call: Call) => void = () => undefined;

  constructor(readonly archive: Archive) {
    super();
  }

  override head = async () => this.reply("head", () => this.archive.head);
  override seconds = async () => this.reply("seconds", () => this.archive.columns);
  override errors = async (_: string, untilS = ALL_S) =>
    this.reply("errors", () => this.archive.errorsOf(Number.NEGATIVE_INFINITY, untilS));
  override events = async () => this.reply("events", () => this.archive.events);
  override workerSeconds = async () =>
    this.reply("workerSeconds", () => workerColumns(this.archive, 0, ALL_S) as never);
  override missing = async () => this.reply("missing", () => [LOSS]);
  override windows = async () => this.reply("windows", () => this.archive.windows);
  override strips = async (_: string, { kind, slot_s: slotS, from, to }: Record<string, string>) =>
    this.reply("strips", () =>
      this.archive.container(kind as Missing["kind"], Number(slotS), null, Number(from), Number(to)),
    );

  private async reply<T>(call: Call, of: () => T): Promise<T> {
    this.calls.push(call);
    this.onCall(call);
    return structuredClone(of());
  }
}

class FakeStream extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  static last: FakeStream | null = null;
  static opensAtOnce = true;
  readyState = FakeStream.CONNECTING;

  constructor() {
    super();
    FakeStream.last = this;
    if (FakeStream.opensAtOnce) queueMicrotask(() => this.open());
  }

  open(): void {
    this.readyState = FakeStream.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  /** The connection is lost; the browser tries again unless it was refused. */
  fail(isRefused: boolean): void {
    this.readyState = isRefused ? FakeStream.CLOSED : FakeStream.CONNECTING;
    this.dispatchEvent(new Event("error"));
  }

  close(): void {
    this.readyState = FakeStream.CLOSED;
  }

  /** Nothing arrives where nobody listens. */
  send(message: WindowMessage): void {
    if (this.readyState !== FakeStream.OPEN) return;
    this.dispatchEvent(new MessageEvent("window", { data: JSON.stringify(message) }));
  }
}

beforeEach(() => {
  FakeStream.opensAtOnce = true;
  vi.stubGlobal("EventSource", FakeStream);
});
afterEach(() => vi.unstubAllGlobals());

function playing(seconds: number): Archive {
  const archive = new Archive(shop({ runId: "x", seconds: 0, seed: 6, trouble: "failing", from: 5 }), START_S);
  for (let t = 0; t < seconds; t += 1) archive.addSecond(true);
  return archive;
}

/** One more window, written and sent. */
function tick(archive: Archive): void {
  send(archive.addSecond(true) as WindowMessage);
}

function send(message: WindowMessage): void {
  FakeStream.last?.send(message);
}

/** Does something at the first call of a kind. */
function once(server: FakeServer, at: Call, action: () => void): void {
  server.onCall = (call) => {
    if (call !== at) return;
    server.onCall = () => undefined;
    action();
  };
}

/** All of the run, as the page fills it in, against what the archive played. */
async function expectAll(source: RunSource, run: Run, archive: Archive): Promise<void> {
  const range = run.range as Range;
  expect(range).toEqual({ fromS: START_S, toS: archive.nextS });
  await filled(source, run, range);
  const wanted = archive.merged("total", [0], range.fromS, range.toS);
  const found = selectionFigures(run, NOTHING, range);
  expect(found.requests).toBe(wanted.requests);
  expect(found.p99Ms).toBe(wanted.latency.quantileMs(0.99));
  expect([...endpointFigures(run, range)].reduce((sum, row) => sum + row.requests, 0)).toBe(wanted.requests);
  const names = [...run.workers.names.values()];
  expect(selectionFigures(run, { kind: "worker", keys: names }, range).requests).toBe(wanted.requests);
  const seconds = [...run.seconds.within(range)];
  expect(seconds.reduce((sum, [, row]) => sum + row.requests, 0)).toBe(wanted.requests);
  const counts = [...run.errors.values()].flat().reduce((sum, row) => sum + row.count, 0);
  expect(counts).toBe([...archive.errors.values()].reduce((sum, row) => sum + row.count, 0));
  expect(run.happenings.map(({ name }) => name)).toEqual(archive.events.map(({ name }) => name));
}

async function filled(source: RunSource, run: Run, range: Range): Promise<void> {
  const missing = [run.total, run.bySeries, run.byWorker].flatMap((pyramid) => pyramid.missing(range, null));
  if (missing.length > 0) await source.fill(run, missing);
}

describe("a run of which nothing is sealed yet", () => {
  it("is told by the windows of the journal and the stream", async () => {
    const archive = playing(20);
    expect(archive.head.sealed_until_s).toBeNull();
    const source = new LiveSource(new FakeServer(archive), "x");
    const run = await source.load();
    tick(archive);
    await expectAll(source, run, archive);
  });

  it("is so when it was cut off, too", async () => {
    const archive = playing(20);
    archive.state = "cut off";
    const source = new StoredSource(new FakeServer(archive), "x");
    await expectAll(source, await source.load(), archive);
  });

  it("is all in strips in a report", async () => {
    const archive = playing(20);
    archive.end();
    const data = embedded(archive, 1);
    const source = new EmbeddedSource({ ...data, head: { ...data.head, sealed_until_s: null } });
    await expectAll(source, await source.load(), archive);
  });
});

describe("a window that is written while the run is being loaded", () => {
  const moments: Call[] = ["head", "windows", "seconds", "errors", "events", "workerSeconds"];

  it.each(moments)("is counted once if that is before the answer of %s", async (at) => {
    // The next second has errors, and the end of spawning.
    const archive = playing(100);
    archive.seal(START_S + 60);
    archive.scenario.spawnedAt = 100;
    const server = new FakeServer(archive);
    once(server, at, () => tick(archive));
    const source = new LiveSource(server, "x");
    const run = await source.load();
    tick(archive);
    await expectAll(source, run, archive);
  });

  it.each(moments)("is counted once if a minute is sealed before the answer of %s", async (at) => {
    const archive = playing(130);
    archive.seal(START_S + 60);
    const server = new FakeServer(archive);
    once(server, at, () => {
      tick(archive);
      archive.seal(START_S + 120);
    });
    const source = new LiveSource(server, "x");
    const run = await source.load();
    tick(archive);
    await expectAll(source, run, archive);
  });

  it("keeps its event when the list of events was asked for before", async () => {
    const archive = playing(10);
    const server = new FakeServer(archive);
    const source = new LiveSource(server, "x");
    const run = await source.load();
    const before = structuredClone(archive.events);
    archive.scenario.spawnedAt = 10;
    tick(archive);
    run.setEvents(before);
    await expectAll(source, run, archive);
  });
});

describe("a late window", () => {
  function sealed(): Archive {
    const archive = playing(130);
    archive.seal(START_S + 60);
    return archive;
  }

  it("is added to what strips tell while it waits in the journal", async () => {
    const archive = sealed();
    archive.addLate(START_S + 20);
    const source = new StoredSource(new FakeServer(archive), "x");
    const run = await source.load();
    await expectAll(source, run, archive);
    const range = { fromS: START_S + 20, toS: START_S + 21 };
    await filled(source, run, range);
    const wanted = archive.merged("total", [0], range.fromS, range.toS);
    expect(selectionFigures(run, NOTHING, range).requests).toBe(wanted.requests);
  });

  it("is not added to strips that were asked for after it was sealed", async () => {
    const archive = sealed();
    archive.addLate(START_S + 20);
    const source = new StoredSource(new FakeServer(archive), "x");
    const run = await source.load();
    const around = { fromS: START_S + 10, toS: START_S + 40 };
    await filled(source, run, around);
    archive.seal(START_S + 120);
    await expectAll(source, run, archive);
    expect(run.hasLate).toBe(false);
    const wanted = archive.merged("total", [0], around.fromS, around.toS);
    expect(selectionFigures(run, NOTHING, around).requests).toBe(wanted.requests);
  });

  it.each(["seconds", "errors", "events"] as const)("that comes before the answer of %s is there", async (at) => {
    const archive = sealed();
    const server = new FakeServer(archive);
    once(server, at, () => send(archive.addLate(START_S + 20)));
    const source = new LiveSource(server, "x");
    await expectAll(source, await source.load(), archive);
  });

  it("does not make the page load without end if the store could not write it", async () => {
    const archive = sealed();
    const server = new FakeServer(archive);
    const lost = structuredClone(archive.windows[0] as WindowMessage);
    once(server, "seconds", () => send({ ...lost, seq: 1000, second: START_S + 20 }));
    await new LiveSource(server, "x").load();
    expect(server.calls.filter((call) => call === "seconds")).toHaveLength(3);
  });
});

describe("a lost connection", () => {
  const stream = () => FakeStream.last as FakeStream;
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  /** A run that is followed; `latest` is what the page shows. */
  async function followed(archive: Archive) {
    const source = new LiveSource(new FakeServer(archive), "x");
    const shown = { source, latest: await source.load(), loads: 1 };
    const nothing = () => undefined;
    const onRun = (run: Run) => {
      shown.latest = run;
      shown.loads += 1;
    };
    source.follow({ onWindow: nothing, onRun, onOtherRun: nothing, onConnection: nothing, onNotice: nothing });
    return shown;
  }

  afterEach(() => void vi.useRealTimers());

  it("that was refused costs no second, however long the next one takes to open", async () => {
    const archive = playing(20);
    const shown = await followed(archive);
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    FakeStream.opensAtOnce = false;
    stream().fail(true);
    tick(archive);
    await vi.advanceTimersByTimeAsync(2000);
    await settle();
    tick(archive);
    stream().open();
    tick(archive);
    await settle();
    tick(archive);
    expect(shown.loads).toBe(2);
    await expectAll(shown.source, shown.latest, archive);
  });

  it("from the beginning on costs no second that comes before it opens", async () => {
    const archive = playing(20);
    FakeStream.opensAtOnce = false;
    const loading = followed(archive);
    stream().fail(false);
    const shown = await loading;
    tick(archive);
    stream().open();
    await settle();
    tick(archive);
    await expectAll(shown.source, shown.latest, archive);
  });

  it("before the first window came costs no second, though the server cannot know what was missed", async () => {
    const archive = playing(20);
    const shown = await followed(archive);
    stream().fail(false);
    tick(archive);
    stream().open();
    await settle();
    tick(archive);
    await expectAll(shown.source, shown.latest, archive);
  });

  it("after a window is made good by the server alone", async () => {
    const archive = playing(20);
    const shown = await followed(archive);
    tick(archive);
    stream().fail(false);
    const missed = archive.addSecond(true) as WindowMessage;
    stream().open();
    send(missed);
    await settle();
    expect(shown.loads).toBe(1);
    await expectAll(shown.source, shown.latest, archive);
  });
});

describe("when workers were missing", () => {
  const told = [{ sourceId: "worker-1", fromS: START_S + 5, toS: START_S + 9, isTakenOver: true, users: 20 }];

  it("is what the server made out from the whole run where not all rows of workers are loaded", async () => {
    const archive = playing(10);
    const server = new FakeServer(archive);
    const whole = await new StoredSource(server, "a").load();
    expect([whole.missingWorkers(), server.calls.includes("missing")]).toEqual([[], false]);
    const { head } = archive;
    server.head = async () => ({ ...structuredClone(head), first_s: (head.last_s ?? 0) - 1_000_000 });
    expect((await new StoredSource(server, "a").load()).missingWorkers()).toMatchObject(told);
  });

  it("is what a report says of it", async () => {
    const data = embedded(playing(10), 1);
    expect((await new EmbeddedSource(data).load()).missingWorkers()).toEqual([]);
    expect((await new EmbeddedSource({ ...data, missing: [LOSS] }).load()).missingWorkers()).toMatchObject(told);
  });
});
