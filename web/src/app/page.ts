/** The page: keeps address, run and views in step. */

import { type Address, readAddress, writeAddress } from "../model/address";
import type { EndpointFigures } from "../model/figures";
import { clock, formatMs, formatRate, plain } from "../model/format";
import type { Happening } from "../model/happening";
import { equal, type Range } from "../model/range";
import type { Run } from "../model/run";
import { clicked, NOTHING } from "../model/selection";
import type { Timeline } from "../model/timeline";
import type { TimeChart } from "../view/chart";
import { DEFAULT_SORT } from "../view/endpoints";
import type { Connection } from "../view/header";
import { readPalette } from "../view/theme";
import { Divergences } from "./divergences";
import { Drawing, type Opened, otherRangeOf, type Picture, type Tables } from "./drawing";
import { painted } from "./portions";
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

/** How far around an event a click shows, in seconds. */
const AROUND_S = 30;

/** See the head of this file. */
export class Page {
  readonly views: Views;
  address: Address;
  opened: Opened | null = null;
  other: Opened | null = null;
  isConnected = true;
  hasLast = false;
  canList = false;
  private cursorS: number | null = null;
  private isBusy = false;
  private isStale = false;
  /** Whether the line of the endpoint that got slow is being fetched. */
  private isLineAsked = false;
  private shownTimeline: Timeline | null = null;
  private scope: Scope | null = null;
  /** What was drawn last, tables and all. */
  private drawn: Picture | null = null;
  private readonly drawing: Drawing;
  private readonly slowness = new Slowness();
  private readonly divergences = new Divergences();
  private readonly trends = new Trends();

  constructor(root: HTMLElement, handlers: PageHandlers) {
    this.address = readAddress(location.hash);
    const onEndpoint = (key: string, adds: boolean) => this.select("endpoint", key, adds);
    this.views = new Views(
      root,
      readPalette(),
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
        },
        comparison: {
          onAlignment: (alignment) => this.go({ alignment }),
          onCompareEnd: () => handlers.onCompareEnd(),
          onEndpoint: (key) => this.go({ selection: { kind: "endpoint", keys: [key] } }),
        },
        charts: {
          onRange: (range) => this.go({ range }),
          onCursor: (unixS, from) => this.setCursor(unixS, from),
        },
        endpoints: {
          onPick: onEndpoint,
          onSort: (sort) => this.go({ sort: sort === DEFAULT_SORT ? null : sort }, false),
          onVisible: (rows) => this.drawTrends(rows),
          trendOf: (key) => this.trends.of(key),
        },
        onRange: (range) => this.go({ range }),
        onEndpoint,
        onEverything: () => this.go({ selection: NOTHING }),
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
    this.drawing = new Drawing(this.views);
  }

  /** Changes what is shown, and the address with it. What changes without a drawing leaves what is drawn as it is. */
  go(change: Partial<Address>, draws = true): void {
    if (draws) this.address = { ...this.address, ...change };
    else Object.assign(this.address, change);
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
      this.views.setBusy(false);
    }
  }

  /** Draws everything in the colours of now. */
  repaint(): void {
    this.views.setPalette(readPalette());
    this.drawing.forget();
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
    const happenings = this.drawing.derived.happenings(opened.run);
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
    const { opened, other, address, connection, drawing } = this;
    if (opened === null) return;
    const { run, source } = opened;
    drawing.header(opened, connection, this.canList, this.hasLast && other === null);
    const scope = scopeOf(run, other?.run ?? null, address);
    this.scope = scope;
    if (scope === null) {
      drawing.waiting(run);
      return;
    }
    const picture: Picture = { opened, other, address, scope, connection };
    const isWanted = () => this.opened === opened && this.other === other && this.address === address;
    const missing = missingOf(run, address, scope);
    const missingOther = other === null ? null : missingOfOther(other.run, address, scope);
    const isLacking = [missing, missingOther].some((lists) => lists && lists.charts.length + lists.tables.length > 0);
    this.views.setBusy(true);
    drawing.place(picture, isLacking);
    // Everything is asked for at once; charts do not wait for what only tables need.
    const filled = (part: "charts" | "tables") =>
      Promise.all([source.fill(run, missing[part]), other?.source.fill(other.run, missingOther?.[part] ?? [])]);
    const [forCharts, forTables] = [filled("charts"), filled("tables")];
    forTables.catch(() => undefined);
    await forCharts;
    if (isWanted()) {
      this.views.setWaiting();
      this.views.setError(null);
      this.shownTimeline = drawing.charts(picture);
      this.setCursor(this.cursorS, null);
      await forTables;
    }
    const tables = isWanted() ? await this.tablesOf(picture, isWanted) : null;
    if (tables === null) {
      this.isStale = true;
      return;
    }
    this.trends.setScope(run, scope.range);
    this.lookForDivergences(picture, tables);
    drawing.endpoints(picture, tables, this.divergences.found);
    // Of another range the earlier verdict stands until this one is known.
    const hasVerdict = this.drawn?.opened.run === run;
    this.drawn = picture;
    void this.slowness
      .look(run, source, this.verdictRange(run, scope), scope.shown !== null, () => this.drawVerdict())
      .catch(() => this.drawVerdict());
    if (this.slowness.found !== null || !hasVerdict) this.drawVerdict();
  }

  /** What the tables show; null if something else is wanted by then. */
  private async tablesOf(picture: Picture, isWanted: () => boolean): Promise<Tables | null> {
    const { opened, other, scope } = picture;
    const { derived } = this.drawing;
    const otherRange = other === null || scope.otherRange === null ? null : otherRangeOf(other.run, scope.otherRange);
    const isKnown =
      derived.endpoints(opened.run, scope.range) !== null &&
      (other === null || otherRange === null || derived.endpoints(other.run, otherRange) !== null);
    const isSameRange = this.drawn !== null && equal(this.drawn.scope.range, scope.range);
    // Charts of another range come first; tables take long enough to be seen after them.
    if (!isKnown || !isSameRange) await painted();
    const endpoints = await derived.findEndpoints(opened.run, scope.range, isWanted);
    const before =
      other === null || otherRange === null ? null : await derived.findEndpoints(other.run, otherRange, isWanted);
    if (endpoints === null || !isWanted() || (otherRange !== null && before === null)) return null;
    return { endpoints, before };
  }

  /** Since when endpoints are slower than in the other run is told when there is time for it. */
  private lookForDivergences({ opened, other, scope }: Picture, tables: Tables): void {
    const { endpoints, before } = tables;
    if (other === null || before === null || scope.zeroS === null) {
      this.divergences.forget();
      return;
    }
    const { zeroS, otherOriginS, range, shown } = scope;
    const runs = { run: opened.run, other: other.run, source: opened.source, otherSource: other.source };
    const compared = { ...runs, range, zeroS, otherOriginS, endpoints, before };
    const onFound = () => {
      const { drawn } = this;
      if (drawn !== null && drawn.other === other) this.drawing.divergences(drawn, this.divergences.found);
    };
    void this.divergences.look(compared, shown !== null, onFound).catch(() => undefined);
  }

  private drawVerdict(): void {
    const { drawn, drawing } = this;
    // What was looked at may not be shown any more: then it is drawn with what is.
    if (drawn === null || drawn.opened !== this.opened || drawn.address !== this.address) return;
    const { run, source } = drawn.opened;
    drawing.verdict(drawn, this.slowness.found, this.verdictRange(run, drawn.scope));
    // What is drawn already comes first.
    void painted().then(() => drawing.latency(drawn));
    const missing = drawing.missingForSlow(drawn);
    if (missing.length === 0 || this.isLineAsked) return;
    this.isLineAsked = true;
    const show = () => {
      drawing.latency(drawn);
      this.setCursor(this.cursorS, null);
    };
    void source
      .fill(run, missing)
      .then(show, () => undefined)
      .finally(() => {
        this.isLineAsked = false;
      });
  }

  /** The verdict leaves the ramp-up out, unless the reader chose a range. */
  private verdictRange(run: Run, { range, shown }: Scope): Range {
    const { steadyFromS } = run;
    if (shown !== null || steadyFromS === null || steadyFromS >= range.toS - 1) return range;
    const finestS = run.finestS(range);
    return { fromS: Math.ceil(Math.max(range.fromS, steadyFromS) / finestS) * finestS, toS: range.toS };
  }

  private drawTrends(rows: readonly EndpointFigures[]): void {
    const { opened } = this;
    if (opened === null) return;
    const draw = () => this.views.endpoints.showTrends();
    void this.trends.want(opened.source, rows, draw).catch(() => undefined);
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
