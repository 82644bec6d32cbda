/** The list of events and annotations. */

import { clock, formatDuration } from "../model/format";
import { type Happening, markOf } from "../model/happening";
import { fill, h } from "./dom";

/** See the head of this file. */
export class EventsList {
  readonly element = h("ol", { class: "events", tabindex: 0, "aria-label": "Events" });
  private shown = "";

  constructor(private readonly onPick: (happening: Happening) => void) {}

  /** Draws; `fromS` is where the run starts. */
  show(happenings: readonly Happening[], fromS: number): void {
    const shown = JSON.stringify([fromS, happenings.map(({ timeS, label }) => [timeS, label])]);
    if (shown === this.shown) return;
    this.shown = shown;
    if (happenings.length === 0) {
      fill(
        this.element,
        h("li", { class: "empty" }, "Nothing has happened yet. Start, spawning, warnings and notes appear here."),
      );
      return;
    }
    fill(
      this.element,
      ...happenings.map((happening) => {
        const { timeS, label, isAnnotation, isLoss, name } = happening;
        const button = h(
          "button",
          { type: "button", class: "event", title: `${name}: show this moment` },
          h("time", { class: "event-time", datetime: new Date(timeS * 1000).toISOString() }, clock(timeS)),
          h("span", { class: "event-since" }, timeS >= fromS ? `+${formatDuration(timeS - fromS)}` : ""),
          h(
            "span",
            {
              class: `event-mark${isAnnotation ? " is-annotation" : ""}${isLoss ? " suspect" : ""}`,
              "aria-hidden": "true",
            },
            markOf(happening),
          ),
          h("span", { class: "event-label" }, label),
        );
        button.addEventListener("click", () => this.onPick(happening));
        return h("li", {}, button);
      }),
    );
  }
}
