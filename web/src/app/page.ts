/** The page: keeps address, run and views in step. */

import { type Address, readAddress, writeAddress } from "../model/address";
import { caveats, shiftsOf } from "../model/comparison";
import { doubtIn, evidenceIn, recentRange, suspectSpans } from "../model/evidence";
import { type EndpointFigures, endpointFigures, type Figures, selectionFigures } from "../model/figures";
import { clock, formatMs, formatRate, plain } from "../model/format";
import type { Happening } from "../model/happening";
import { equal, type Range, snapOutward } from "../model/range";
import type { Run } from "../model/run";
import { reasonsInWords, stagesOf, trustOf } from "../model/seconds";
import { clicked, NOTHING } from "../model/selection";
import { failureKinds, type Timeline, timeline } from "../model/timeline";
import { verdictOf } from "../model/verdict";
import type { WorkerSummary } from "../model/workers";
import type { RunSource } from "../source/source";
import type { Backdrop, TimeChart } from "../view/chart";
import { h } from "../view/dom";
import { DEFAULT_SORT } from "../view/endpoints";
import type { Connection } from "../view/header";
import { readPalette } from "../view/theme";
import { comparisonInWords } from "./comparing";
import { Slowness } from "./slowness";
import { missingOf, missingOfOther, type Scope, scopeOf } from "./state";
import { Trends } from "./trends";
import { Views } from "./views";

/** What only the application can do. */
export interface PageHandlers {
  onRuns(): void;
  onCompare(): void;
  onCompareLast(): void;
  onCompareEnd(): void;
  onTheme(): void;
  onHelp(): void;
  onNote(cursorS: number | null): void;
}

const CONFIDENCE_PARTS = 48;
/** How far around an event a click shows, in seconds. */
const AROUND_S = 30;
const NOW_S = 10;

/** A run with where it comes from. */
export interface Opened {
  run: Run;
  source: RunSource;
}

/** See the head of this file. */
export class Page {
  readonly views: Views;
  address: Address;
  opened: Opened | null = null;
  other: Opened | null = null;
  isConnected = true;
  hasLast = false;
  canList = false;
  private palette = readPalette();
  private cursorS: number | null = null;
  private isBusy = false;
  private isStale = false;
  private shownTimeline: Timeline | null = null;
  private scope: Scope | null = null;
  private shownFigures: { endpoints: EndpointFigures[]; total: Figures; workers: WorkerSummary[] } | null = null;
  private readonly slowness = new Slowness();
  private readonly trends = new Trends();

  constructor(root: HTMLElement, handlers: PageHandlers) {
    this.address = readAddress(location.hash);
    const onEndpoint = (key: string, adds: boolean) => this.select("endpoint", key, adds);
    this.views = new Views(
      root,
      this.palette,
      {
        header: {
          ...handlers,
          onAbout: ({ about }) => {
            if (about !== null) this.go({ selection: { kind: about.kind, keys: [about.key] } });
          },
        },
        toolbar: {
          onRange: (range) => this.go({ range }),
          onSelection: (kind, key) => this.select(kind, key, true),
          onAlignment: (alignment) => this.go({ alignment }),
          onCompareEnd: () => handlers.onCompareEnd(),
        },
        charts: {
          onRange: (range) => this.go({ range }),
          onCursor: (unixS, from) => this.setCursor(unixS, from),
        },
        endpoints: {
          onPick: onEndpoint,
          onSort: (sort) => this.go({ sort: sort === DEFAULT_SORT ? null : sort }, false),
          onVisible: (rows) => void this.drawTrends(rows),
          trendOf: (key) => this.trends.of(key),
        },
        onRange: (range) => this.go({ range }),
        onEndpoint,
        onWorker: (sourceId, adds) => this.select("worker", sourceId, adds),
        onLatencyView: (latencyView) => this.go({ latencyView }),
        onLogScale: (isLogScale) => this.go({ isLogScale }),
        onSearch: (search) => this.go({ search }),
        onHappening: (happening) => this.showMoment(happening),
        onNote: () => handlers.onNote(this.cursorS),
      },
      this.address.sort,
    );
    this.views.search.value = this.address.search;
  }

  /** Changes what is shown, and the address with it. */
  go(change: Partial<Address>, draws = true): void {
    this.address = { ...this.address, ...change };
    const whole = this.opened?.run.range;
    // The whole run needs no range: it would stand still while the run goes on.
    if (whole && this.address.range !== null && equal(this.address.range, whole)) this.address.range = null;
    history.replaceState(null, "", `${location.pathname}${location.search}${writeAddress(this.address)}`);
    if (draws) void this.refresh();
  }

  /** Fetches what is lacking and draws. While it fetches, further calls only remember that there is more to draw. */
  async refresh(): Promise<void> {
    if (this.isBusy) {
      this.isStale = true;
      return;
    }
    this.isBusy = true;
    try {
      do {
        this.isStale = false;
        await this.fetchAndDraw();
      } while (this.isStale);
    } catch (reason) {
      this.views.setError(reason instanceof Error ? reason.message : String(reason));
    } finally {
      this.isBusy = false;
    }
  }

  /** Draws everything in the colours of now. */
  repaint(): void {
    this.palette = readPalette();
    this.views.setPalette(this.palette);
    void this.refresh();
  }

  /** Moves the cursor by seconds, from where it is or from the end. */
  moveCursor(seconds: number): void {
    const range = this.scope?.range;
    if (range === undefined) return;
    const from = this.cursorS === null ? range.toS - 0.5 - Math.max(0, seconds) : this.cursorS;
    const to = Math.min(Math.max(Math.floor(from) + 0.5 + seconds, range.fromS + 0.5), range.toS - 0.5);
    this.setCursor(to, null);
    const step = this.shownTimeline;
    const place = step === null ? -1 : step.startS.findLastIndex((start) => start <= to);
    if (step === null || place < 0) return;
    const [rate, p95] = [step.rate[place] ?? null, step.quantilesMs[2]?.[place] ?? null];
    this.views.cursor.textContent = `${clock(to)}: ${plain(formatRate(rate))}, p95 ${plain(formatMs(p95))}`;
  }

  /** Moves the cursor to the next event or the one before. */
  moveToEvent(direction: 1 | -1): void {
    const { opened, scope } = this;
    if (opened === null || scope === null) return;
    const { happenings } = opened.run;
    const at = this.cursorS ?? (direction === 1 ? scope.range.fromS - 1 : scope.range.toS + 1);
    const found =
      direction === 1
        ? happenings.find(({ timeS }) => timeS > at + 0.001)
        : happenings.findLast(({ timeS }) => timeS < at - 0.001);
    if (found === undefined) return;
    if (found.timeS < scope.range.fromS || found.timeS >= scope.range.toS) this.showMoment(found);
    this.setCursor(found.timeS, null);
    this.views.cursor.textContent = `${clock(found.timeS)}: ${found.label}`;
  }

  /** Steps back: first to the whole run, then to nothing selected. */
  escape(): void {
    if (this.cursorS !== null) this.setCursor(null, null);
    if (this.address.range !== null) this.go({ range: null });
    else if (this.address.selection.kind !== "all") this.go({ selection: NOTHING });
  }

  private select(kind: "endpoint" | "worker", key: string, adds: boolean): void {
    this.go({ selection: clicked(this.address.selection, kind, key, adds) });
  }

  private showMoment({ timeS }: Happening): void {
    const fromS = Math.floor(timeS) - AROUND_S;
    this.go({ range: { fromS, toS: fromS + 2 * AROUND_S } });
    this.setCursor(timeS, null);
  }

  private setCursor(unixS: number | null, from: TimeChart | null): void {
    this.cursorS = unixS;
    for (const chart of this.views.charts) if (chart !== from) chart.setCursor(unixS, from === null);
  }

  private get connection(): Connection {
    const { opened } = this;
    if (opened === null) return "lost";
    if (opened.source.kind === "embedded") return "report";
    if (opened.source.kind === "live" && opened.run.isRunning) return this.isConnected ? "live" : "lost";
    return opened.run.head.state === "cut off" ? "cut off" : "ended";
  }

  private async fetchAndDraw(): Promise<void> {
    const { opened } = this;
    if (opened === null) return;
    const { run, source } = opened;
    const other = this.other;
    this.views.header.show(
      run,
      this.connection,
      this.canList,
      source.addressOf("report"),
      this.hasLast && other === null,
    );
    const scope = scopeOf(run, other?.run ?? null, this.address);
    this.scope = scope;
    if (scope === null) {
      this.showWaiting(run);
      return;
    }
    const missing = missingOf(run, this.address, scope);
    const missingOther = other === null ? [] : missingOfOther(other.run, this.address, scope);
    if (missing.length + missingOther.length > 0) {
      this.showToolbar(run, scope, null, true);
      await Promise.all([source.fill(run, missing), other?.source.fill(other.run, missingOther)]);
      if (this.opened !== opened || this.other !== other || this.isStale) {
        this.isStale = true;
        return;
      }
    }
    this.views.setWaiting();
    this.views.setError(null);
    this.draw(run, scope);
    void this.slowness
      .look(run, source, this.verdictRange(run, scope), () => this.drawVerdict())
      .catch(() => undefined);
  }

  private showWaiting(run: Run): void {
    const text = run.isRunning ? "Waiting for the first request" : "This run has no requests";
    this.views.header.showVerdict({ level: "waiting", text, also: [], about: null, span: null });
    this.views.setWaiting(
      h("h2", {}, text),
      h(
        "p",
        {},
        run.isRunning
          ? "The test has started. Rate, latency and failures appear here second by second, as soon as the first user's request ends."
          : "It ended before a request did.",
      ),
    );
  }

  private draw(run: Run, scope: Scope): void {
    const { range, stepS } = scope;
    const { selection, latencyView, isLogScale } = this.address;
    const isLive = this.connection === "live" || this.connection === "lost";
    const shown = timeline(run, selection, range, stepS, 0, latencyView === "heatmap");
    this.shownTimeline = shown;
    const context = selection.kind === "all" ? null : timeline(run, NOTHING, range, stepS);
    const other = this.otherTimeline(scope, shown);
    const total = selectionFigures(run, NOTHING, range);
    const figures = selection.kind === "all" ? total : selectionFigures(run, selection, range);
    const endpoints = endpointFigures(run, range);
    const workers = run.workers.summarise(range);
    this.shownFigures = { endpoints, total, workers };
    const backdrop = this.backdrop(run, scope);
    const { views } = this;
    views.latencyView.set(latencyView);
    views.logScale.checked = isLogScale || latencyView === "heatmap";
    views.logScale.disabled = latencyView === "heatmap";
    views.latency.show({ timeline: shown, context, other, figures, view: latencyView, isLogScale }, backdrop);
    views.load.show({ timeline: shown, context, other, rate: figures.rate }, backdrop);
    views.failures.show(failureKinds(run, selection, range, scope.failureStepS), backdrop);
    const before = this.otherFigures(scope);
    const doubt = doubtIn(run, range, CONFIDENCE_PARTS);
    views.tiles.show({
      figures,
      now: isLive && scope.shown === null ? selectionFigures(run, selection, recentRange(range, NOW_S)) : null,
      before: before?.figures ?? null,
      trust: trustOf(run.seconds, range),
      reasons: doubt.reasons,
      suspectShares: doubt.shares,
    });
    views.overview.show({
      seconds: run.seconds,
      whole: scope.whole,
      shown: scope.shown,
      stages: stagesOf(run.seconds),
      steadyFromS: run.steadyFromS,
    });
    this.trends.setScope(run, range);
    const keys = new Set(selection.keys);
    const selectedEndpoints = selection.kind === "endpoint" ? keys : new Set<string>();
    views.endpoints.show({
      rows: endpoints,
      shifts: before === null ? null : shiftsOf(endpoints, before.endpoints),
      selected: selectedEndpoints,
      search: this.address.search,
      empty: scope.shown === null ? "No requests yet" : "No requests in this range",
    });
    views.errors.show(run, endpoints, selectedEndpoints, scope.shown === null);
    views.workers.show(workers, selection.kind === "worker" ? keys : new Set(), run.head.role !== "master");
    views.events.show(run.happenings, scope.whole.fromS);
    const inOther = before === null ? null : { endpoints: before.endpoints, figures: before.total };
    this.showToolbar(run, scope, inOther, false);
    views.note.hidden = this.opened?.source.annotate === undefined;
    this.setCursor(this.cursorS, null);
    this.drawVerdict();
  }

  /** The verdict leaves the ramp-up out, unless the reader chose a range. */
  private verdictRange(run: Run, { range, shown }: Scope): Range {
    const { steadyFromS } = run;
    if (shown !== null || steadyFromS === null || steadyFromS >= range.toS - 1) return range;
    return { fromS: Math.ceil(Math.max(range.fromS, steadyFromS) / run.finestS) * run.finestS, toS: range.toS };
  }

  private drawVerdict(): void {
    const { opened, scope, shownFigures } = this;
    if (opened === null || scope === null || shownFigures === null) return;
    const { run } = opened;
    const isLive = (this.connection === "live" || this.connection === "lost") && scope.shown === null;
    const slowdowns = this.slowness.found;
    this.views.header.showVerdict(verdictOf(evidenceIn(run, scope.range, { isLive, ...shownFigures, slowdowns })));
  }

  private backdrop(run: Run, { range, zeroS }: Scope): Backdrop {
    const inWords = (second: number) => {
      const workers = run.workers.suspectAt(second);
      if (workers.length === 0) return `suspect: ${reasonsInWords(run.seconds.at(second)?.reasons ?? 0)}`;
      return workers
        .slice(0, 3)
        .map(({ sourceId, row }) => {
          const isLag = (row.reasons & 1) !== 0 && row.hub_lag_ms !== null;
          return `${sourceId}: ${isLag ? `hub lag ${plain(formatMs(row.hub_lag_ms))}` : reasonsInWords(row.reasons)}`;
        })
        .join("; ");
    };
    return { range, happenings: run.happenings, suspect: suspectSpans(run, range, inWords), zeroS };
  }

  /** The other run's lines, laid upon this run's time. */
  private otherTimeline(scope: Scope, shown: Timeline): Timeline | null {
    const { other } = this;
    if (other === null || scope.otherRange === null) return null;
    const selection = this.address.selection.kind === "endpoint" ? this.address.selection : NOTHING;
    const lines = timeline(other.run, selection, scope.otherRange, scope.stepS, scope.otherOriginS);
    // Both have steps of the same length from the same zero, so they stand at the same places.
    const first = shown.startS[0] ?? 0;
    const shift = Math.round(((lines.startS[0] ?? 0) - scope.otherOriginS - first) / scope.stepS);
    const moved = <T>(column: (T | null)[]) => shown.startS.map((_, place) => column[place - shift] ?? null);
    return {
      ...lines,
      startS: shown.startS,
      quantilesMs: lines.quantilesMs.map(moved),
      rate: moved(lines.rate),
    };
  }

  private otherFigures(scope: Scope): { figures: Figures; total: Figures; endpoints: EndpointFigures[] } | null {
    const { other } = this;
    if (other === null || scope.otherRange === null) return null;
    const range = snapOutward(scope.otherRange, other.run.finestS);
    const selection = this.address.selection.kind === "endpoint" ? this.address.selection : NOTHING;
    return {
      figures: selectionFigures(other.run, selection, range),
      total: selectionFigures(other.run, NOTHING, range),
      endpoints: endpointFigures(other.run, range),
    };
  }

  private showToolbar(
    run: Run,
    scope: Scope,
    before: { endpoints: EndpointFigures[]; figures: Figures } | null,
    isBusy: boolean,
  ): void {
    const { other, address, shownFigures } = this;
    const isReady = other !== null && before !== null && shownFigures !== null;
    this.views.toolbar.show({
      shown: scope.shown,
      whole: scope.whole,
      steadyFromS: run.steadyFromS,
      snapS: run.finestS,
      selection: address.selection,
      other:
        other === null
          ? null
          : {
              name: `run ${other.run.head.run_id.slice(0, 8)}`,
              alignment: address.alignment,
              caveats: isReady ? caveats(run, other.run, [shownFigures.total.rate, before.figures.rate]) : [],
              verdict: isReady ? comparisonInWords(shownFigures, before) : "",
            },
      isBusy,
    });
  }

  private async drawTrends(rows: readonly EndpointFigures[]): Promise<void> {
    const { opened } = this;
    if (opened === null) return;
    const hasMore = await this.trends.want(opened.source, rows).catch(() => false);
    if (hasMore && this.opened === opened) this.views.endpoints.grid.draw();
  }

  /** The second that a new note is about: where the cursor stands, or now. */
  noteTime(): { timeS: number | null; inWords: string } {
    const { opened, cursorS, scope } = this;
    if (cursorS !== null)
      return { timeS: cursorS, inWords: `It will stand at ${clock(cursorS)}, where the cursor is.` };
    if (opened?.run.isRunning || scope === null) return { timeS: null, inWords: "It will stand at this moment." };
    const timeS = scope.shown === null ? scope.whole.toS : scope.shown.fromS;
    const where = scope.shown === null ? "the end of the run" : "the start of the shown range";
    return { timeS, inWords: `It will stand at ${clock(timeS)}, ${where}.` };
  }
}
