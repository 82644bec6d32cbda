/** All views of the page and where they stand. */

import type { Happening } from "../model/happening";
import type { Range } from "../model/range";
import type { ChartGroup } from "../view/chart";
import { Comparison, type ComparisonHandlers } from "../view/comparison";
import { h, setText } from "../view/dom";
import { type EndpointsHandlers, EndpointsTable } from "../view/endpoints";
import { ErrorsTable } from "../view/errors";
import { EventsList } from "../view/events";
import { FailuresChart } from "../view/failures";
import { Header, type HeaderHandlers } from "../view/header";
import { LatencyChart } from "../view/latency";
import { LoadChart } from "../view/load";
import { Overview } from "../view/overview";
import type { Palette } from "../view/theme";
import { Tiles } from "../view/tiles";
import { Toolbar, type ToolbarHandlers } from "../view/toolbar";
import { WorkersTable } from "../view/workers";
import { choice, panel } from "./layout";

/** What the views report. */
export interface ViewHandlers {
  header: HeaderHandlers;
  toolbar: ToolbarHandlers;
  comparison: ComparisonHandlers;
  charts: ChartGroup;
  endpoints: EndpointsHandlers;
  onRange(range: Range | null): void;
  onEndpoint(key: string, adds: boolean): void;
  /** Nothing is to be focused any more. */
  onEverything(): void;
  onWorker(sourceId: string, adds: boolean): void;
  onLatencyView(view: "percentiles" | "heatmap"): void;
  onLogScale(isLog: boolean): void;
  onSearch(text: string): void;
  onHappening(happening: Happening): void;
  onNote(): void;
}

const LATENCY_HEIGHT = 264;
const SMALL_HEIGHT = 170;

/** See the head of this file. */
export class Views {
  readonly header: Header;
  readonly toolbar: Toolbar;
  readonly comparison: Comparison;
  readonly tiles = new Tiles();
  readonly overview: Overview;
  readonly latency: LatencyChart;
  readonly load: LoadChart;
  readonly failures: FailuresChart;
  readonly endpoints: EndpointsTable;
  readonly errors: ErrorsTable;
  readonly workers: WorkersTable;
  readonly events: EventsList;
  readonly search: HTMLInputElement;
  private readonly notice = h("p", { class: "notice", role: "status", hidden: true });
  private readonly error = h("p", { class: "notice error-text", role: "alert", hidden: true });
  /** Stands in place of everything before the first request. */
  readonly waiting = h("section", { class: "waiting", hidden: true });
  /** What the cursor stands at, for readers who hear the page. */
  readonly cursor = h("p", { class: "only-heard", "aria-live": "polite" });
  readonly latencyView: { set(value: "percentiles" | "heatmap"): void };
  readonly logScale: HTMLInputElement;
  readonly note = h("button", { type: "button", class: "button small", title: "Add a note (n)" }, "+ note");
  private readonly main: HTMLElement;

  constructor(root: HTMLElement, palette: Palette, handlers: ViewHandlers, sort: string | null) {
    this.header = new Header(handlers.header);
    this.toolbar = new Toolbar(handlers.toolbar);
    this.comparison = new Comparison(handlers.comparison);
    this.overview = new Overview(palette, handlers.onRange);
    this.latency = new LatencyChart(LATENCY_HEIGHT, handlers.charts, palette);
    this.load = new LoadChart(SMALL_HEIGHT, handlers.charts, palette);
    this.failures = new FailuresChart(SMALL_HEIGHT, handlers.charts, palette);
    this.endpoints = new EndpointsTable(handlers.endpoints, sort);
    this.errors = new ErrorsTable(handlers.onEndpoint, handlers.onEverything);
    this.workers = new WorkersTable(handlers.onWorker);
    this.events = new EventsList(handlers.onHappening);
    const view = choice("Latency as", ["percentiles", "heatmap"] as const, handlers.onLatencyView);
    this.latencyView = view;
    this.logScale = h("input", { type: "checkbox", id: "log-scale" });
    this.logScale.addEventListener("change", () => handlers.onLogScale(this.logScale.checked));
    const log = h("label", { class: "check", for: "log-scale" }, this.logScale, "log scale");
    this.search = h("input", {
      type: "search",
      class: "search",
      placeholder: "Search (/)",
      "aria-label": "Search endpoints",
    });
    this.search.addEventListener("input", () => handlers.onSearch(this.search.value));
    this.note.addEventListener("click", () => handlers.onNote());
    this.main = h(
      "main",
      { class: "main" },
      this.tiles.element,
      this.overview.element,
      panel("Latency", "latency", [view.element, log, this.latency.legend], this.latency.element),
      panel("Rate and users", "load", [this.load.legend], this.load.element),
      panel("Failures by kind", "failures", [this.failures.legend], this.failures.element),
      panel("Endpoints", "endpoints", [this.search], this.endpoints.grid.element),
      panel("Errors", "errors", [this.errors.focus], this.errors.grid.element),
      panel("Workers", "workers", [this.workers.note], this.workers.grid.element),
      panel("Events and notes", "events", [this.note], this.events.element),
    );
    root.replaceChildren(
      this.header.element,
      this.error,
      this.notice,
      this.comparison.element,
      this.toolbar.element,
      this.waiting,
      this.main,
      this.cursor,
    );
  }

  /** All charts. */
  get charts() {
    return [this.latency, this.load, this.failures];
  }

  setPalette(palette: Palette): void {
    for (const view of [...this.charts, this.overview]) view.setPalette(palette);
  }

  /** Shows the figures, or what is being waited for. */
  setWaiting(...content: Node[]): void {
    const isWaiting = content.length > 0;
    this.waiting.replaceChildren(...content);
    this.waiting.hidden = !isWaiting;
    this.main.hidden = isWaiting;
    this.toolbar.element.hidden = isWaiting;
  }

  /** Says whether tables still show what was asked for before. */
  setBusy(isBusy: boolean): void {
    this.main.ariaBusy = String(isBusy);
    if (!isBusy) this.toolbar.endBusy();
  }

  /** Shows what went wrong just now, or nothing. */
  setError(text: string | null): void {
    this.error.hidden = text === null;
    setText(this.error, text ?? "");
  }

  /** Shows a line of the server; it stays. */
  setNotice(text: string): void {
    this.notice.hidden = false;
    setText(this.notice, text);
  }
}
