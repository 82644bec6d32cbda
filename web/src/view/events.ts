/** The list of events and annotations. */

import { clock, formatDuration, formatMs, plain } from "../model/format";
import type { Happening } from "../model/happening";
import { unbroken } from "../model/unbroken";
import { fill, h } from "./dom";

/** See the head of this file. */
export class EventsList {
  readonly element = h("ol", { class: "events", tabindex: 0, "aria-label": "Events" });
  private shown = "";

  constructor(private readonly onPick: (happening: Happening) => void) {}

  /** Draws; `fromS` is where the run starts. */
  show(happenings: readonly Happening[], fromS: number, isOver: boolean): void {
    const shown = JSON.stringify([fromS, isOver, happenings.map(({ timesS, label }) => [timesS, label])]);
    if (shown === this.shown) return;
    this.shown = shown;
    if (happenings.length === 0) {
      const empty = isOver
        ? "No event and no note."
        : "Nothing has happened yet. Start, spawning, warnings and notes appear here.";
      fill(this.element, h("li", { class: "empty" }, empty));
      return;
    }
    fill(
      this.element,
      ...happenings.map((happening) => {
        const { timeS, timesS, label, isAnnotation, name } = happening;
        const button = h(
          "button",
          { type: "button", class: "event", title: `${name}: show this moment` },
          h("time", { class: "event-time", datetime: new Date(timeS * 1000).toISOString() }, clock(timeS)),
          h("span", { class: "event-since" }, timeS >= fromS ? `+${formatDuration(Math.floor(timeS) - fromS)}` : ""),
          h(
            "span",
            { class: isAnnotation ? "event-mark is-annotation" : "event-mark", "aria-hidden": "true" },
            isAnnotation ? "✎" : "◆",
          ),
          h("span", { class: "event-label" }, unbroken(label)),
        );
        button.addEventListener("click", () => this.onPick(happening));
        return h("li", { class: "event-row" }, button, timesS.length > 1 && processes(happening));
      }),
    );
  }
}

/** How many processes told of it; opened, when each did. */
function processes({ timesS }: Happening): HTMLElement {
  const [first = 0] = timesS;
  const spreadMs = ((timesS[timesS.length - 1] ?? first) - first) * 1000;
  const times = timesS.map((timeS) => {
    const exact = `${clock(timeS)}${(timeS - Math.floor(timeS)).toFixed(3).slice(1)}`;
    const since = timeS === first ? "the first" : `+${plain(formatMs((timeS - first) * 1000))}`;
    return h("li", {}, h("time", { datetime: new Date(timeS * 1000).toISOString() }, exact), ` ${since}`);
  });
  const within = `told within ${plain(formatMs(spreadMs))}:`;
  return h(
    "details",
    { class: "event-processes" },
    h("summary", {}, `${timesS.length}\u00a0processes`),
    h("div", {}, within, h("ol", {}, ...times)),
  );
}
