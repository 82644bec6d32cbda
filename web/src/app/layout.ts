/** Puts the parts of the page in their places. */

import { h } from "../view/dom";

/** A part with a head. */
export function panel(title: string, name: string, head: (Node | false)[], ...body: Node[]): HTMLElement {
  return h(
    "section",
    { class: `panel panel-${name}`, "aria-label": title },
    h("div", { class: "panel-head" }, h("h2", {}, title), ...head),
    ...body,
  );
}

/** Buttons of which one is pressed. */
export function choice<T extends string>(
  label: string,
  values: readonly T[],
  onChoice: (value: T) => void,
): { element: HTMLElement; set(value: T): void } {
  const buttons = values.map((value) => {
    const button = h("button", { type: "button", class: "choice-button", "aria-pressed": "false" }, value);
    button.addEventListener("click", () => onChoice(value));
    return button;
  });
  const element = h("span", { class: "choice", role: "group", "aria-label": label }, ...buttons);
  const set = (value: T) => {
    buttons.forEach((button, place) => {
      button.setAttribute("aria-pressed", String(values[place] === value));
    });
  };
  return { element, set };
}
