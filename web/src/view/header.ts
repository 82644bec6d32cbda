/** The top of the page: which run this is, and whether it is fine. */

import { clock, dateAndClock, formatCount, formatDuration } from "../model/format";
import type { Range } from "../model/range";
import type { Run } from "../model/run";
import { nsBetween, secondsOf, spanOf } from "../model/span";
import { unbroken } from "../model/unbroken";
import type { Finding, Verdict } from "../model/verdict";
import { fill, h, setText } from "./dom";

/** How the page gets its data now. */
export type Connection = "live" | "lost" | "ended" | "cut off" | "report";

/** What is shown of a run besides the verdict. */
export interface HeaderData {
  run: Run;
  /** Of the run: it grows. */
  revision: number;
  connection: Connection;
  canList: boolean;
  reportAddress: string | null;
  /** The whole run, where this is a report of a range of it. */
  partOf: Range | null;
  hasLast: boolean;
}

/** What the buttons do. */
export interface HeaderHandlers {
  onRuns(): void;
  onCompare(): void;
  onCompareLast(): void;
  onTheme(): void;
  onHelp(): void;
  onAbout(finding: Finding): void;
}

const STATES: Record<Connection, [mark: string, text: string]> = {
  live: ["●", "live"],
  lost: ["◌", "connection lost, trying again"],
  ended: ["■", "ended"],
  "cut off": ["▲", "cut off"],
  report: ["■", "report"],
};

const LEVEL_MARKS = { waiting: "…", healthy: "✓", degrading: "↗", failing: "✕", untrusted: "⚠" } as const;

/** See the head of this file. */
export class Header {
  readonly element: HTMLElement;
  private readonly mark = h("span", { class: "status-mark", "aria-hidden": "true" });
  private readonly state = h("span", { class: "status-text" });
  private readonly plan = h("h1", { class: "plan" });
  private readonly part = h("span", { class: "run-part", hidden: true });
  private readonly id = h("span", { class: "run-id" });
  private readonly span = h("span", { class: "run-span" });
  private readonly size = h("span", { class: "run-size" });
  private readonly labels = h("span", { class: "run-labels" });
  private readonly verdictLine = h("button", { type: "button", class: "verdict-text" });
  private readonly verdictMark = h("span", { class: "verdict-mark", "aria-hidden": "true" });
  private readonly beside = h("ul", { class: "beside" });
  private readonly also = h("ul", { class: "also" });
  private readonly verdict: HTMLElement;
  private readonly compare = h("button", { type: "button", class: "button" }, "Compare…");
  private readonly compareLast = h(
    "button",
    { type: "button", class: "button", hidden: true },
    "Compare with the last run",
  );
  private readonly report = h("a", { class: "button", download: true, hidden: true }, "Report");
  private readonly runs = h("button", { type: "button", class: "button" }, "Runs");
  private shown: Verdict | null = null;
  private shownBeside = "";

  constructor(private readonly handlers: HeaderHandlers) {
    const theme = h(
      "button",
      { type: "button", class: "button", title: "Light or dark (t)", "aria-label": "Light or dark" },
      "◐",
    );
    const help = h("button", { type: "button", class: "button", title: "Keys (?)", "aria-label": "Help" }, "?");
    theme.addEventListener("click", () => handlers.onTheme());
    help.addEventListener("click", () => handlers.onHelp());
    this.runs.addEventListener("click", () => handlers.onRuns());
    this.compare.addEventListener("click", () => handlers.onCompare());
    this.compareLast.addEventListener("click", () => handlers.onCompareLast());
    this.verdictLine.addEventListener("click", () => {
      if (this.shown !== null) handlers.onAbout(this.shown);
    });
    this.verdict = h(
      "div",
      { class: "verdict", role: "status" },
      h("p", { class: "verdict-line" }, this.verdictMark, this.verdictLine),
      this.beside,
      this.also,
    );
    this.element = h(
      "header",
      { class: "header" },
      h(
        "div",
        { class: "identity" },
        h("span", { class: "status" }, this.mark, this.state),
        this.plan,
        this.part,
        this.id,
        this.span,
        this.size,
        this.labels,
        h("span", { class: "actions" }, this.runs, this.compareLast, this.compare, this.report, theme, help),
      ),
      this.verdict,
    );
  }

  /** Draws what identifies the run. */
  show({ run, connection, canList, reportAddress, hasLast, partOf }: HeaderData): void {
    const { head, range } = run;
    const [mark, text] = STATES[connection];
    setText(this.mark, mark);
    setText(this.state, text);
    this.element.dataset.connection = connection;
    setText(this.plan, head.testplan);
    this.plan.title = head.testplan;
    setText(this.id, `run ${head.run_id.slice(0, 8)}`);
    this.id.title = `run ${head.run_id}`;
    const startedS = run.span?.started[0] ?? (head.started_unix_ns === null ? null : head.started_unix_ns / 1e9);
    if (startedS !== null) {
      const end = connection === "live" || connection === "lost" ? "now" : clock(run.span?.ended[0] ?? startedS);
      const shownS = range === null ? 0 : secondsOf(run.nsIn(range));
      setText(
        this.span,
        `${dateAndClock(startedS)}${clock(startedS).slice(5)}\u00a0– ${end}\u00a0(${formatDuration(shownS)})`,
      );
    }
    this.part.hidden = partOf === null || range === null;
    if (partOf !== null && range !== null) {
      const times = (fromS: number, toS: number) => `${clock(fromS)} – ${clock(toS)}`.replaceAll(" ", "\u00a0");
      const whole = spanOf(head.whole_span, partOf);
      const [partS, wholeS] = [run.nsIn(range), nsBetween(whole.started, whole.ended)].map(secondsOf) as [
        number,
        number,
      ];
      const lengths = `${formatDuration(partS)} of ${formatDuration(wholeS)}`;
      setText(this.part, `only ${times(range.fromS, range.toS)}: ${lengths.replaceAll(" ", "\u00a0")}`);
      this.part.title = `This report is of a range of the run, which was on from ${times(whole.started[0], whole.ended[0])}`;
    }
    let users = head.users_max ?? 0;
    for (const [, row] of range === null ? [] : run.seconds.within({ fromS: range.toS - 1, toS: range.toS }))
      if (connection === "live") users = row.users ?? users;
    const workers = run.workers.names.size;
    const who = workers > 0 ? `${formatCount(workers)} worker${workers === 1 ? "" : "s"} · ` : "";
    setText(this.size, unbroken(`${who}${formatCount(users)} users`));
    const labels = Object.entries(head.labels ?? {}).map(([key, value]) => `${key}=${String(value)}`);
    if (this.labels.textContent !== labels.join(""))
      fill(this.labels, ...labels.map((label) => h("span", { class: "label" }, label)));
    this.runs.hidden = !canList;
    this.compare.hidden = !canList;
    this.compareLast.hidden = !canList || !hasLast;
    this.report.hidden = reportAddress === null;
    if (reportAddress !== null) this.report.href = reportAddress;
    document.title = `${head.testplan} · ${text}`;
  }

  private findingOf(finding: Finding): HTMLElement {
    const line = h("button", { type: "button", class: "verdict-text" });
    line.addEventListener("click", () => this.handlers.onAbout(finding));
    this.showFinding(line, finding);
    const mark = h("span", { class: "verdict-mark", "aria-hidden": "true" }, LEVEL_MARKS[finding.level]);
    return h("li", { class: "finding", "data-level": finding.level }, mark, line);
  }

  private showFinding(line: HTMLButtonElement, { text, about, span }: Finding): void {
    setText(line, unbroken(text));
    line.disabled = about === null && span === null;
    line.title = about === null ? "" : `Focus ${about.key}`;
  }

  /** Draws the verdict. */
  showVerdict(verdict: Verdict): void {
    this.shown = verdict;
    this.verdict.dataset.level = verdict.level;
    setText(this.verdictMark, LEVEL_MARKS[verdict.level]);
    this.showFinding(this.verdictLine, verdict);
    // As a run goes on, spans grow without another word: a click may be half done.
    const beside = JSON.stringify(verdict.beside.map(({ level, text, about }) => [level, text, about]));
    if (this.shownBeside !== beside) {
      this.shownBeside = beside;
      fill(this.beside, ...verdict.beside.map((finding) => this.findingOf(finding)));
    }
    const also = verdict.also.map(unbroken);
    if (this.also.textContent !== also.join("")) fill(this.also, ...also.map((text) => h("li", {}, text)));
  }
}
