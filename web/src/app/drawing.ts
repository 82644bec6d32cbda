/** Draws a run: header and toolbar at once, charts as soon as they can be told, tables after that. */

import type { Address } from "../model/address";
import { caveats, type Shift } from "../model/comparison";
import type { Divergence } from "../model/divergence";
import { evidenceIn, LAST_S, recentRange } from "../model/evidence";
import type { EndpointFigures, Figures } from "../model/figures";
import { wholeOfPart } from "../model/part";
import type { Missing } from "../model/pyramid";
import { equal, type Range } from "../model/range";
import type { Run } from "../model/run";
import { NOTHING, type Selection } from "../model/selection";
import type { Slowdown } from "../model/slowdown";
import { secondsOf } from "../model/span";
import type { Timeline } from "../model/timeline";
import { verdictOf } from "../model/verdict";
import type { WorkerSummary } from "../model/workers";
import type { RunSource } from "../source/source";
import type { OtherRun } from "../view/chart";
import { h } from "../view/dom";
import type { Connection } from "../view/header";
import { comparisonInWords } from "./comparing";
import { Derived } from "./derived";
import { type Marked, Moments } from "./moments";
import { Shown } from "./shown";
import { missingForSlow, slowInWords, slowMarkOf } from "./slow_line";
import type { Scope } from "./state";
import type { Views } from "./views";

/** A run with where it comes from. */
export interface Opened {
  run: Run;
  source: RunSource;
}

/** What is drawn. */
export interface Picture {
  opened: Opened;
  other: Opened | null;
  address: Address;
  scope: Scope;
  connection: Connection;
}

/** Endpoints of the shown range, and of the other run's. */
export interface Tables {
  endpoints: readonly EndpointFigures[];
  before: readonly EndpointFigures[] | null;
}

/** See the head of this file. */
export class Drawing {
  readonly derived = new Derived();
  private readonly shown = new Shown();
  private selected: { selection: Selection | null; keys: ReadonlySet<string> } = { selection: null, keys: new Set() };
  private tables: Tables | null = null;
  /** What the charts show. */
  private charted: Picture | null = null;
  private readonly moments = new WeakMap<Run, Moments>();

  constructor(private readonly views: Views) {}

  /** Everything is drawn again the next time: the colours are others. */
  forget(): void {
    this.shown.forget();
  }

  header(opened: Opened, connection: Connection, canList: boolean, hasLast: boolean): void {
    const { run, source } = opened;
    const { revision } = run;
    const reportAddress = source.addressOf("report");
    const partOf = wholeOfReport(opened);
    this.shown.draw(this.views.header, { run, revision, connection, canList, reportAddress, hasLast, partOf });
  }

  /** What is being waited for. */
  waiting(run: Run): void {
    const text = run.isRunning ? "Waiting for the first request" : "This run has no requests";
    this.views.header.showVerdict({ level: "waiting", text, beside: [], also: [], about: null, span: null });
    const more = run.isRunning
      ? "The test has started. Rate, latency and failures appear here second by second, as soon as the first user's request ends."
      : "It ended before a request did.";
    this.views.setWaiting(h("h2", {}, text), h("p", {}, more));
  }

  /** Where the shown range is; `isLacking` while something is being fetched for it. */
  place(picture: Picture, isLacking: boolean): void {
    const { opened, scope } = picture;
    const { run } = opened;
    this.toolbar(picture, isLacking);
    this.comparison(picture, isLacking ? null : this.tables);
    this.shown.draw(this.views.overview, {
      seconds: run.seconds,
      span: run.span,
      whole: scope.whole,
      shown: scope.shown,
      stages: this.derived.stages(run),
      steadyFromS: run.steadyFromS,
    });
  }

  /** Charts and tiles: what everything together and what is selected did. Answers what the cursor moves on. */
  charts(picture: Picture): Timeline {
    const { opened, address, scope, connection } = picture;
    const { views, derived, shown } = this;
    const { run } = opened;
    const { range } = scope;
    const { selection, latencyView, isLogScale } = address;
    const { timeline, context, other, figures, backdrop } = this.lines(picture);
    views.latencyView.set(latencyView);
    views.logScale.checked = isLogScale || latencyView === "heatmap";
    views.logScale.disabled = latencyView === "heatmap";
    this.charted = picture;
    this.latency(picture);
    shown.draw(views.load, { timeline, context, other, rate: figures.rate }, backdrop);
    const isNow = isLive(connection) && scope.shown === null;
    shown.draw(views.tiles, {
      figures,
      now: isNow ? derived.figures(run, selection, recentRange(range, LAST_S)) : null,
      before: other?.figures ?? null,
      trust: derived.trust(run, range),
      reasons: derived.doubt(run, range).reasons,
      trustParts: derived.trustParts(run, range),
    });
    const workers = selection.kind === "worker" ? this.keysOf(selection) : NO_KEYS;
    const toldOf = run.workers.told(range);
    const told = scope.shown === null || equal(toldOf, range) ? null : toldOf;
    shown.draw(views.workers, {
      rows: derived.workers(run, range),
      other: this.otherWorkers(picture),
      selected: workers,
      isLocal: run.head.role !== "master",
      told,
    });
    shown.draw(views.events, derived.happenings(run), scope.whole.fromS, !run.isRunning);
    views.note.hidden = opened.source.annotate === undefined;
    return timeline;
  }

  /** Latency again: what is known of the endpoint that got slow comes later than the rest. Only if it is still shown. */
  latency(picture: Picture): void {
    if (this.charted !== picture) return;
    const { opened, address, scope } = picture;
    const { selection, latencyView, isLogScale } = address;
    const { backdrop, ...lines } = this.lines(picture);
    const marked = this.marked(picture);
    const runs = { run: opened.run, other: picture.other?.run ?? null };
    const lined = selection.kind === "all" ? lines.timeline : null;
    const slow = marked && slowMarkOf(runs, this.derived, marked, scope, lined);
    this.shown.draw(this.views.latency, { ...lines, slow, view: latencyView, isLogScale }, backdrop);
    const slowest = this.marked(picture, NOTHING);
    this.views.endpoints.markSlow(slowest && { key: slowest.key, inWords: slowInWords(slowest) });
  }

  /** What the charts of latency and load draw. */
  private lines(picture: Picture) {
    const { opened, address, scope } = picture;
    const { run } = opened;
    const timeline = this.timeline(picture);
    const context =
      address.selection.kind === "all" ? null : this.derived.timeline(run, NOTHING, scope.range, scope.stepS);
    const other = this.otherRun(picture, timeline);
    const figures = this.derived.figures(run, address.selection, scope.range);
    return { timeline, context, other, figures, backdrop: this.derived.backdrop(run, scope) };
  }

  /** Endpoints, errors, and what needs all of them; also since when endpoints are slower than in the other run. */
  endpoints(picture: Picture, tables: Tables, divergences: readonly Divergence[] | null): void {
    this.tables = tables;
    this.momentsOf(picture).setDivergences(divergences, comparedIn(picture));
    this.drawTables(picture, tables);
    this.latency(picture);
  }

  private drawTables(picture: Picture, tables: Tables): void {
    const { opened, other, address, scope } = picture;
    const { views, derived, shown } = this;
    const { run } = opened;
    const { selection } = address;
    const { endpoints, before } = tables;
    const timeline = this.timeline(picture);
    const failures = derived.failures(run, selection, scope);
    shown.draw(views.failures, failures, this.otherRun(picture, timeline), derived.backdrop(run, scope));
    const selected = selection.kind === "endpoint" ? this.keysOf(selection) : NO_KEYS;
    const shifts: ReadonlyMap<string, Shift> | null =
      before === null ? null : derived.shifts(run, scope.range, endpoints, before);
    shown.draw(views.endpoints, {
      rows: endpoints,
      shifts,
      slowerSince: this.momentsOf(picture).slowerSince(comparedIn(picture), scope.zeroS),
      selected,
      search: address.search,
      empty: scope.shown === null ? "No requests yet" : "No requests in this range",
    });
    shown.draw(views.errors, {
      lines: derived.errorLines(run, scope, endpoints, other && before && { run: other.run, endpoints: before }),
      focused: selected,
      otherName: other === null ? null : nameOf(other.run),
      empty: scope.shown === null ? "No failures" : "No failures in this range",
    });
    this.toolbar(picture, false);
    this.comparison(picture, tables);
  }

  /** Since when endpoints are slower than in the other run: what was found after the tables were drawn. */
  divergences(picture: Picture, found: readonly Divergence[] | null): void {
    if (this.tables !== null) this.endpoints(picture, this.tables, found);
  }

  /** The verdict on the shown range, as far as it is known. `looked`: where slowdowns were looked for. */
  verdict(picture: Picture, slowdowns: readonly Slowdown[] | null, looked: Range): void {
    const { tables, derived } = this;
    const { opened, scope, connection } = picture;
    const { run } = opened;
    if (tables === null) return;
    const input = {
      isLive: isLive(connection) && scope.shown === null,
      total: derived.figures(run, NOTHING, scope.range),
      endpoints: tables.endpoints,
      workers: derived.workers(run, scope.range),
      missing: derived.missing(run),
      slowdowns,
      looked,
    };
    this.shown.draw(this.verdictView, run, scope.range, input);
    if (this.momentsOf(picture).setSlowdowns(slowdowns, looked, scope.shown)) this.drawTables(picture, tables);
  }

  /** What the selection did, by step. */
  private timeline({ opened, address, scope }: Picture): Timeline {
    const { selection, latencyView } = address;
    return this.derived.timeline(opened.run, selection, scope.range, scope.stepS, 0, latencyView === "heatmap");
  }

  private momentsOf({ opened }: Picture): Moments {
    const moments = this.moments.get(opened.run) ?? new Moments();
    this.moments.set(opened.run, moments);
    return moments;
  }

  /** What the chart of latency lacks of the endpoint that got slow. */
  missingForSlow(picture: Picture): Missing[] {
    const marked = this.marked(picture);
    return marked === null ? [] : missingForSlow(picture.opened.run, marked, picture.scope);
  }

  /** The endpoint that got slow, if it is among a selection. */
  private marked(picture: Picture, selection = picture.address.selection): Marked | null {
    return this.momentsOf(picture).marked(comparedIn(picture), selection, picture.scope.shown);
  }

  private readonly verdictView = {
    show: (run: Run, range: Range, known: Parameters<typeof evidenceIn>[2]) =>
      this.views.header.showVerdict(verdictOf(evidenceIn(run, range, known))),
  };

  private toolbar({ opened, address, scope }: Picture, isBusy: boolean): void {
    const { run } = opened;
    this.views.toolbar.show({
      shown: scope.shown,
      whole: scope.whole,
      steadyFromS: run.steadyFromS,
      lengthS: secondsOf(run.nsIn(scope.range)),
      snapS: run.finestS(scope.range, address.selection.kind),
      selection: address.selection,
      wholeName: wholeOfReport(opened) === null ? "Whole run" : "Whole report",
      isBusy,
    });
  }

  /** `tables` are of the shown range, or null while it is not known. */
  private comparison(picture: Picture, tables: Tables | null): void {
    const { opened, other, address, scope } = picture;
    if (other === null) {
      this.views.comparison.show(null);
      return;
    }
    const line = { name: nameOf(other.run), alignment: address.alignment };
    if (tables?.before == null || scope.otherRange === null || scope.zeroS === null) {
      this.views.comparison.show({ ...line, verdict: "", about: null, caveats: [] });
      return;
    }
    const { run } = opened;
    const total = this.derived.figures(run, NOTHING, scope.range);
    const before = this.derived.figures(other.run, NOTHING, otherRangeOf(other.run, scope.otherRange));
    this.views.comparison.show({
      ...line,
      ...comparisonInWords(
        { total, endpoints: tables.endpoints },
        { figures: before, endpoints: tables.before },
        this.momentsOf(picture).divergences(comparedIn(picture)),
        scope.zeroS,
      ),
      caveats: caveats(run, other.run, [total.rate, before.rate]),
    });
  }

  /** The other run's lines and figures of what is shown. */
  private otherRun(picture: Picture, shown: Timeline): OtherRun | null {
    const { other, address, scope } = picture;
    if (other === null) return null;
    const lines = this.derived.otherTimeline(other.run, selectionInOther(address), scope, shown);
    const figures = this.otherFigures(picture);
    return lines === null || figures === null ? null : { name: nameOf(other.run), figures, lines };
  }

  /** Its workers, in the range that is told of them. */
  private otherWorkers({ other, scope }: Picture): { name: string; rows: readonly WorkerSummary[] } | null {
    if (other === null || scope.otherRange === null) return null;
    const told = other.run.workers.told(otherRangeOf(other.run, scope.otherRange));
    return { name: nameOf(other.run), rows: this.derived.workers(other.run, told) };
  }

  /** Of the same range of the other run. */
  private otherFigures({ other, address, scope }: Picture): Figures | null {
    if (other === null || scope.otherRange === null) return null;
    return this.derived.figures(other.run, selectionInOther(address), otherRangeOf(other.run, scope.otherRange));
  }

  /** The keys of a selection: the same object for the same selection. */
  private keysOf(selection: Selection): ReadonlySet<string> {
    if (this.selected.selection !== selection) this.selected = { selection, keys: new Set(selection.keys) };
    return this.selected.keys;
  }
}

const NO_KEYS: ReadonlySet<string> = new Set();

function isLive(connection: Connection): boolean {
  return connection === "live" || connection === "lost";
}

/** All that a comparison depends on. */
function comparedIn({ other, scope: { zeroS, otherOriginS, shown } }: Picture): string {
  return other === null ? "" : JSON.stringify([other.run.head.run_id, zeroS, otherOriginS, shown]);
}

/** What another run is called. */
function nameOf(run: Run): string {
  return `run ${run.head.run_id.slice(0, 8)}`;
}

/** The whole run, where a report is of a range of it. */
function wholeOfReport({ run, source }: Opened): Range | null {
  return source.kind === "embedded" ? wholeOfPart(run) : null;
}

/** What is selected in the other run: it has workers of its own. */
function selectionInOther({ selection }: Address): Selection {
  return selection.kind === "endpoint" ? selection : NOTHING;
}

/** What the other run can tell of its range. */
export function otherRangeOf(other: Run, range: Range): Range {
  return other.snapped(range) ?? range;
}
