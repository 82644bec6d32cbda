/** Keys that work anywhere on the page, except while somebody types. */

/** What keys do. */
export interface KeyHandlers {
  onSearch(): void;
  onMove(seconds: number): void;
  onEvent(direction: 1 | -1): void;
  onEscape(): void;
  onCompare(): void;
  onNote(): void;
  onRuns(): void;
  onTheme(): void;
  onHelp(): void;
}

/** Listens. */
export function listenToKeys(handlers: KeyHandlers): void {
  const actions: Record<string, (event: KeyboardEvent) => void> = {
    "/": () => handlers.onSearch(),
    ArrowLeft: (event) => handlers.onMove(event.shiftKey ? -10 : -1),
    ArrowRight: (event) => handlers.onMove(event.shiftKey ? 10 : 1),
    "[": () => handlers.onEvent(-1),
    "]": () => handlers.onEvent(1),
    Escape: () => handlers.onEscape(),
    c: () => handlers.onCompare(),
    n: () => handlers.onNote(),
    r: () => handlers.onRuns(),
    t: () => handlers.onTheme(),
    "?": () => handlers.onHelp(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const target = event.target;
    const isTyping = target instanceof HTMLElement && target.matches("input, textarea, select");
    if (isTyping) {
      if (event.key === "Escape") target.blur();
      return;
    }
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action(event);
  });
}
