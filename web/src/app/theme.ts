/** Light or dark: as the system says, until the reader chooses. */

const KEY = "locust-telemetry-theme";

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // A report opened from disk may have no storage; then the choice lasts as long as the page.
    return null;
  }
}

/** Applies the reader's earlier choice. */
export function applyTheme(): void {
  const theme = stored();
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}

/** Changes between light and dark, and remembers it. */
export function toggleTheme(): void {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const theme = (document.documentElement.dataset.theme ?? system) === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // See above.
  }
}

/** Calls back whenever the system's colours change. */
export function onSystemTheme(callback: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback);
}
