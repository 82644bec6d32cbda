/** Makes elements. Text is always set as text: nothing of a run is ever read as markup. */

import type { Shown } from "../model/format";

type Child = Node | string | null | undefined | false;
/** Attributes; `class` and `on…` included, never `style`: the page's policy allows none. */
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

/** An element with attributes and children. Functions are listeners, `true` is an attribute without a value. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}

/** Replaces what an element holds. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter((child): child is Node | string => Boolean(child)));
}

/** Sets text only where it differs: unchanged nodes keep a reader's selection. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A number whose parts stand in columns of their own; `raw` is what hovering shows and copying gives. */
export function number(shown: Shown, raw: string | number | null, exact?: string): HTMLElement {
  const element = h("span", { class: "num" });
  showNumber(element, shown, raw, exact);
  return element;
}

/** {@link number}, in the element that shows one already, if there is one. */
export function numberIn(before: Node | null, shown: Shown, raw: string | number | null, exact?: string): HTMLElement {
  if (!(before instanceof HTMLElement) || !before.classList.contains("num")) return number(shown, raw, exact);
  showNumber(before, shown, raw, exact);
  return before;
}

/** Shows another number in the same element. */
export function showNumber(element: HTMLElement, shown: Shown, raw: string | number | null, exact?: string): void {
  const [whole, fraction, unit] = element.children;
  if (whole !== undefined && fraction !== undefined && unit !== undefined) {
    setText(whole, shown.whole);
    setText(fraction, shown.fraction);
    setText(unit, shown.unit);
  } else {
    fill(
      element,
      h("span", { class: "num-whole" }, shown.whole),
      h("span", { class: "num-fraction" }, shown.fraction),
      h("span", { class: "num-unit" }, shown.unit),
    );
  }
  if (raw === null) {
    element.removeAttribute("data-raw");
    element.removeAttribute("title");
    return;
  }
  element.dataset.raw = String(raw);
  element.title = exact ?? String(raw);
}

/** Milliseconds as their exact value is shown on hover. */
export function exactMs(valueMs: number | null): string | undefined {
  return valueMs === null ? undefined : `${valueMs} ms`;
}

/** Copies numbers raw: what a selection of cells gives goes into a sheet or a script. */
export function copyRawNumbers(root: Document): void {
  root.addEventListener("copy", (event) => {
    const selection = root.getSelection();
    if (selection === null || selection.isCollapsed || selection.rangeCount === 0 || event.clipboardData === null)
      return;
    const range = selection.getRangeAt(0);
    const around = range.commonAncestorContainer;
    const inside = (around instanceof Element ? around : around.parentElement)?.closest("[data-raw]");
    if (inside instanceof HTMLElement) {
      event.clipboardData.setData("text/plain", inside.dataset.raw ?? "");
      event.preventDefault();
      return;
    }
    const part = range.cloneContents();
    const numbers = part.querySelectorAll<HTMLElement>("[data-raw]");
    if (numbers.length === 0) return;
    for (const element of numbers) element.replaceWith(element.dataset.raw ?? "");
    const rows = part.querySelectorAll("[role=row]");
    const text = (row: ParentNode) => [...row.children].map((cell) => cell.textContent?.trim() ?? "").join("\t");
    event.clipboardData.setData(
      "text/plain",
      rows.length > 0 ? [...rows].map(text).join("\n") : (part.textContent ?? ""),
    );
    event.preventDefault();
  });
}
