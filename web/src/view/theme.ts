/** Colours of the style sheet's tokens, resolved for drawing on a canvas. */

/** What canvases draw with. */
export interface Palette {
  ink: string;
  muted: string;
  line: string;
  panel: string;
  accent: string;
  accentSoft: string;
  red: string;
  amber: string;
  amberSoft: string;
  /** p50 to max. */
  quantiles: string[];
  /** Kinds of failures. */
  failures: string[];
  font: string;
}

const names = {
  ink: "--ink",
  muted: "--muted",
  line: "--line",
  panel: "--panel",
  accent: "--accent",
  accentSoft: "--accent-soft",
  red: "--red",
  amber: "--amber",
  amberSoft: "--amber-soft",
} as const;

/** Reads the tokens as they are now. */
export function readPalette(): Palette {
  const probe = document.createElement("span");
  document.body.append(probe);
  const resolve = (token: string) => {
    probe.style.setProperty("color", `var(${token})`);
    return getComputedStyle(probe).color;
  };
  const palette = {
    ...(Object.fromEntries(Object.entries(names).map(([key, token]) => [key, resolve(token)])) as Record<
      keyof typeof names,
      string
    >),
    quantiles: [1, 2, 3, 4, 5, 6].map((place) => resolve(`--quantile-${place}`)),
    failures: [1, 2, 3, 4, 5, 6].map((place) => resolve(`--failure-${place}`)),
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
  };
  probe.remove();
  return palette;
}

/** `color` (as `rgb(…)`) with another opacity. */
export function withAlpha(color: string, alpha: number): string {
  const parts = color.match(/[\d.]+/g) ?? ["0", "0", "0"];
  return `rgba(${parts[0]}, ${parts[1]}, ${parts[2]}, ${alpha})`;
}
