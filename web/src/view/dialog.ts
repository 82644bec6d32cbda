/** Dialogs: the browser's own, which keep focus inside and close with Esc. */

import { h } from "./dom";

/** An empty dialog with a title; it is in the document as long as it is open. */
export function openDialog(title: string, className: string): { dialog: HTMLDialogElement; body: HTMLElement } {
  const body = h("div", { class: "dialog-body" });
  const close = h("button", { type: "button", class: "button small", "aria-label": "Close" }, "✕");
  const dialog = h(
    "dialog",
    { class: `dialog ${className}`, "aria-label": title },
    h("div", { class: "dialog-head" }, h("h2", {}, title), close),
    body,
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  // A click beside it closes it.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, body };
}

const KEYS: [keys: string, what: string][] = [
  ["/", "Search endpoints"],
  ["← →", "Move the cursor by a second (with Shift by ten)"],
  ["[ ]", "Previous and next event"],
  ["Esc", "Whole run; once more: nothing selected"],
  ["c", "Compare with another run"],
  ["n", "Add a note"],
  ["r", "All runs"],
  ["t", "Light or dark"],
  ["?", "This help"],
];

const GESTURES: [gesture: string, what: string][] = [
  ["Drag on a chart", "Zoom: all figures are merged anew from histograms of that range"],
  ["Double click", "Whole run"],
  ["Click a row", "Focus every chart on it; with Shift add it"],
  ["Click a load stage", "Only the seconds with that many users"],
  ["Hover a number", "Its exact value; copying gives the raw number"],
];

/** Shows what can be done. */
export function openHelp(): void {
  const { body } = openDialog("Keys and gestures", "help");
  for (const [rows, isKeys] of [
    [KEYS, true],
    [GESTURES, false],
  ] as const) {
    const list = h("dl", { class: "keys" });
    for (const [name, what] of rows) {
      const keys = isKeys ? name.split(" ").map((key) => h("kbd", {}, key)) : [name];
      list.append(h("dt", {}, ...keys), h("dd", {}, what));
    }
    body.append(list);
  }
}

/** Asks for a note. `about` says in words when it will stand. */
export function openNote(about: string, onNote: (text: string) => Promise<void>): void {
  const { dialog, body } = openDialog("Add a note", "note");
  const input = h("textarea", { class: "note-text", rows: 3, maxlength: 500, required: true, "aria-label": "Note" });
  const error = h("p", { class: "error-text", role: "alert" });
  const add = h("button", { type: "submit", class: "button primary" }, "Add note");
  const form = h("form", { class: "note-form" }, h("p", { class: "muted" }, about), input, error, add);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text === "") return;
    add.disabled = true;
    onNote(text).then(
      () => dialog.close(),
      (reason: unknown) => {
        add.disabled = false;
        error.textContent = reason instanceof Error ? reason.message : String(reason);
      },
    );
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  body.append(form);
  input.focus();
}
