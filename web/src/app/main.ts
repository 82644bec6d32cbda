/** Opens the run that the address names, or the current one, or the one in this file. */

import "uplot/dist/uPlot.min.css";
import "../view/style/index.css";
import { readAddress } from "../model/address";
import { lastGood } from "../model/history";
import type { RunRow } from "../model/wire";
import { EmbeddedSource, embeddedData } from "../source/embedded";
import { LiveSource } from "../source/live";
import { Server } from "../source/server";
import { StoredSource } from "../source/stored";
import { openHelp, openNote } from "../view/dialog";
import { copyRawNumbers, h } from "../view/dom";
import { openRuns } from "../view/runs";
import { listenToKeys } from "./keyboard";
import { Page } from "./page";
import { applyTheme, onSystemTheme, toggleTheme } from "./theme";

/** How often to look whether there is a run by now, in milliseconds. */
const LOOK_AGAIN_MS = 2000;

applyTheme();
const root = document.getElementById("app");
if (root !== null) start(root);

function start(element: HTMLElement): void {
  const data = embeddedData(document);
  const server = data === null ? new Server(location.search) : null;
  let unfollow: (() => void) | null = null;
  let last: RunRow | null = null;

  const theme = () => {
    toggleTheme();
    page.repaint();
  };
  const page = new Page(element, {
    onRuns: () => openList(false),
    onCompare: () => openList(true),
    onCompareLast: () => {
      if (last !== null) void compareWith(last.run_id);
    },
    onCompareEnd: () => {
      page.other = null;
      page.go({ compareWith: null });
    },
    onTheme: theme,
    onHelp: openHelp,
    onNote: () => addNote(),
  });
  copyRawNumbers(document);
  onSystemTheme(() => page.repaint());
  listenToKeys({
    onSearch: () => page.views.search.focus(),
    onMove: (seconds) => page.moveCursor(seconds),
    onEvent: (direction) => page.moveToEvent(direction),
    onEscape: () => page.escape(),
    onCompare: () => openList(true),
    onNote: () => addNote(),
    onRuns: () => openList(false),
    onTheme: theme,
    onHelp: openHelp,
  });
  // A run that ended has no stream: its notes are read again when the reader comes back to the page.
  window.addEventListener("focus", () => {
    const { opened } = page;
    if (opened?.source.kind !== "stored") return;
    void guarded(async () => {
      if (await opened.source.readEvents?.(opened.run)) await page.refresh();
    });
  });
  window.addEventListener("hashchange", () => {
    const before = page.address;
    page.address = readAddress(location.hash);
    if (before.runId !== page.address.runId || before.compareWith !== page.address.compareWith) void open();
    else void page.refresh();
  });

  function openList(isComparison: boolean): void {
    if (server === null || page.opened === null) return;
    const { head } = page.opened.run;
    openRuns({
      title: isComparison ? "Compare with" : "Runs",
      currentRunId: head.run_id,
      search: isComparison ? head.testplan : "",
      find: async (search) => {
        const { runs } = await server.runs({ search, limit: 500 });
        return isComparison ? runs.filter((row) => row.run_id !== head.run_id) : runs;
      },
      onPick: (row) => {
        if (isComparison) void compareWith(row.run_id);
        else {
          page.go({ runId: row.run_id, range: null, compareWith: null }, false);
          void open();
        }
      },
    });
  }

  function addNote(): void {
    const { opened } = page;
    const annotate = opened?.source.annotate?.bind(opened.source);
    if (opened === null || annotate === undefined) return;
    const { timeS, inWords } = page.noteTime();
    openNote(inWords, async (text) => {
      await annotate(opened.run, text, timeS);
      void page.refresh();
    });
  }

  async function compareWith(runId: string): Promise<void> {
    if (server === null) return;
    await guarded(async () => {
      const source = new StoredSource(server, runId);
      const other = { source, run: await source.load() };
      page.other = other;
      const hasBoth = other.run.steadyFromS !== null && (page.opened?.run.steadyFromS ?? null) !== null;
      const isNew = page.address.compareWith !== runId;
      page.go({ compareWith: runId, ...(isNew ? { alignment: hasBoth ? "spawned" : "start" } : {}) });
    });
  }

  async function open(): Promise<void> {
    unfollow?.();
    unfollow = null;
    page.other = null;
    if (data !== null) {
      const source = new EmbeddedSource(data);
      page.opened = { source, run: await source.load() };
      await page.refresh();
      return;
    }
    if (server === null) return;
    const { runs, current } = await server.runs({ limit: 200 });
    page.canList = true;
    const runId = page.address.runId ?? current ?? runs[0]?.run_id ?? null;
    if (runId === null) {
      waitForRun();
      return;
    }
    const isLive = runId === current;
    const source = isLive ? new LiveSource(server, runId) : new StoredSource(server, runId);
    const run = await source.load();
    page.opened = { source, run };
    page.isConnected = true;
    last = lastGood(runs, run.head.run_id, run.head.testplan, run.head.started_unix_ns ?? 0);
    page.hasLast = last !== null;
    if (source instanceof LiveSource) follow(source);
    else lookForRun(page.opened);
    await page.refresh();
    if (page.address.compareWith !== null) await compareWith(page.address.compareWith);
  }

  /** A page without a run in its address shows what is on as soon as something is, though it was opened before. */
  function lookForRun(shown: typeof page.opened): void {
    const look = async () => {
      if (server === null || page.opened !== shown || page.address.runId !== null) return;
      // A server that is gone says nothing against the run that is shown.
      const current = await server.runs({ limit: 1 }).then(
        (answer) => answer.current,
        () => null,
      );
      if (current === null) lookForRun(shown);
      else if (page.opened === shown && page.address.runId === null) void guarded(open);
    };
    if (page.address.runId === null) setTimeout(() => void look(), LOOK_AGAIN_MS);
  }

  function follow(source: LiveSource): void {
    unfollow = source.follow({
      onWindow: () => void page.refresh(),
      onRun: (run) => {
        page.opened = { source, run };
        void page.refresh();
      },
      onOtherRun: (_, state) => {
        // A page without a run in its address shows what is on.
        if (state === "running" && page.address.runId === null) void guarded(open);
      },
      onConnection: (isConnected) => {
        page.isConnected = isConnected;
        void page.refresh();
      },
      onNotice: (text) => page.views.setNotice(text),
    });
  }

  function waitForRun(): void {
    page.views.header.showVerdict({
      level: "waiting",
      text: "No run yet",
      beside: [],
      also: [],
      about: null,
      span: null,
    });
    page.views.setWaiting(
      h("h2", {}, "No run yet"),
      h("p", {}, "Start a Locust test: its figures appear here by themselves, and stay in the store when it ends."),
      h("pre", {}, "locust-telemetry run -f locustfile.py --headless -u 100 -r 10 -t 5m"),
    );
    setTimeout(() => void guarded(open), LOOK_AGAIN_MS);
  }

  async function guarded(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (reason) {
      page.views.setError(reason instanceof Error ? reason.message : String(reason));
    }
  }

  void guarded(open);
}
