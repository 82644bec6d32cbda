/** Numbers and times for people: three significant digits, thin-space thousands, units beside them; no line ends inside. */

/** A number in the parts that a column aligns: up to the decimal point, behind it, and the unit. */
export interface Shown {
  whole: string;
  /** With its point; empty without decimals. */
  fraction: string;
  unit: string;
}

const THIN_SPACE = "\u202f";
const NO_BREAK = "\u00a0";
/** What stands where there is nothing to tell. */
export const NOTHING_SHOWN: Shown = { whole: "–", fraction: "", unit: "" };

/** The parts as one text. */
export function plain({ whole, fraction, unit }: Shown): string {
  return `${whole}${fraction}${unit === "" || unit.startsWith("/") ? unit : `${NO_BREAK}${unit}`}`;
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
}

/** A whole number with thin-space thousands. */
export function formatCount(value: number | bigint): string {
  return grouped(value.toString());
}

/** A number with three significant digits and no more than `decimals` of them behind the point. */
function digits3(value: number, decimals = 2): [whole: string, fraction: string] {
  const size = Math.abs(value);
  const behind = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  const [whole = "0", fraction] = value.toFixed(Math.min(behind, decimals)).split(".");
  return [grouped(whole), fraction === undefined ? "" : `.${fraction}`];
}

const TIME_UNITS: [fromMs: number, perMs: number, unit: string][] = [
  [600_000, 60_000, "min"],
  [999.5, 1000, "s"],
  [0.9995, 1, "ms"],
  [0, 0.001, "µs"],
];

/** A time given in milliseconds, such as `38.2 ms` or `1.94 s`. */
export function formatMs(valueMs: number | null): Shown {
  if (valueMs === null) return NOTHING_SHOWN;
  if (valueMs === 0) return { whole: "0", fraction: "", unit: "ms" };
  const [, perMs, unit] = TIME_UNITS.find(([fromMs]) => valueMs >= fromMs) ?? [0, 1, "ms"];
  const [whole, fraction] = digits3(valueMs / perMs);
  return { whole, fraction, unit };
}

/** Something a second. */
export function formatRate(value: number | null): Shown {
  if (value === null) return NOTHING_SHOWN;
  if (value === 0) return { whole: "0", fraction: "", unit: "/s" };
  if (value < 0.01) return { whole: "<0", fraction: ".01", unit: "/s" };
  const [whole, fraction] = digits3(value);
  return { whole, fraction, unit: "/s" };
}

/** A share of 0 to 1 in percent. A share above zero never reads as zero, one below one never as all. */
export function formatPercent(share: number | null): Shown {
  if (share === null) return NOTHING_SHOWN;
  const percent = share * 100;
  if (percent > 0 && percent < 0.01) return { whole: "<0", fraction: ".01", unit: "%" };
  if (percent < 100 && percent >= 99.95) return { whole: ">99", fraction: ".9", unit: "%" };
  if (percent === 0 || percent === 100) return { whole: String(percent), fraction: "", unit: "%" };
  const [whole, fraction] = digits3(percent);
  return { whole, fraction, unit: "%" };
}

const BYTE_UNITS: [from: number, unit: string][] = [
  [999.5e9, "TB"],
  [999.5e6, "GB"],
  [999.5e3, "MB"],
  [999.5, "kB"],
];

/** Bytes, in powers of a thousand. */
export function formatBytes(bytes: number | null): Shown {
  if (bytes === null) return NOTHING_SHOWN;
  const place = BYTE_UNITS.findIndex(([from]) => bytes >= from);
  if (place === -1) return { whole: String(Math.round(bytes)), fraction: "", unit: "B" };
  const [, unit] = BYTE_UNITS[place] as [number, string];
  const [whole, fraction] = digits3(bytes / 1000 ** (BYTE_UNITS.length - place));
  return { whole, fraction, unit };
}

/** A length of time in seconds, such as `4 min 12 s` or `812 ms`. The command says the same (`words.rs`, `duration`). */
export function formatDuration(seconds: number): string {
  // Whole milliseconds are taken, as the command does, for half a second to be rounded as it is there.
  const ms = Math.max(0, Math.floor(Math.round(seconds * 1e9) / 1e6));
  if (ms > 0 && ms < 1000) return `${ms}\u00a0ms`;
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const parts = hours > 0 ? [`${hours} h`, minutes > 0 ? `${minutes} min` : ""] : minutes > 0 ? [`${minutes} min`] : [];
  if (hours === 0 && (rest > 0 || minutes === 0)) parts.push(`${rest} s`);
  return parts.filter(Boolean).join(" ").replaceAll(" ", NO_BREAK);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** The reader's wall clock at a Unix time, such as `12:03:10`. */
export function clock(unixS: number): string {
  const date = new Date(unixS * 1000);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The reader's calendar and clock at a Unix time, such as `2026-03-09 12:03`. */
export function dateAndClock(unixS: number): string {
  const date = new Date(unixS * 1000);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}${NO_BREAK}${clock(unixS).slice(0, 5)}`;
}

/** A change in as few characters as possible, such as `+12 %` or `4.1×`. */
export function shiftInBrief(ratio: number): string {
  const percent = Math.round((ratio - 1) * 100);
  if (percent >= (TIMES_FROM - 1) * 100) return timesInBrief(ratio);
  return `${percent > 0 ? "+" : percent < 0 ? "−" : "±"}${Math.abs(percent)}\u00a0%`;
}

/** A factor, such as `4×`, `4.1×` or `12×`. */
export function timesInBrief(ratio: number): string {
  const tenths = ratio.toFixed(1);
  return `${Number(tenths) < 10 ? tenths.replace(/\.0$/, "") : Math.round(ratio)}×`;
}

/** Seconds since something, such as `+02:05` or `−00:10`. */
export function sinceStart(seconds: number): string {
  const size = Math.abs(Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(size / 3600), Math.floor((size % 3600) / 60), size % 60];
  const text = hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
  return `${seconds < 0 ? "−" : "+"}${text}`;
}

/** A change is told as a factor from this one on, below it in percent. */
export const TIMES_FROM = 2;

/** A change from `before` to `after`, such as `+12 %` or `4.1×`; null where there is nothing to compare. */
export function formatShift(ratio: number | null): Shown {
  if (ratio === null) return NOTHING_SHOWN;
  if (ratio >= TIMES_FROM) {
    const [whole, fraction] = digits3(ratio, 1);
    return { whole, fraction, unit: "×" };
  }
  const percent = (ratio - 1) * 100;
  const [whole, fraction] = digits3(Math.abs(percent), 1);
  const isNone = Number(whole + fraction) === 0;
  return { whole: `${isNone ? "±" : percent > 0 ? "+" : "−"}${whole}`, fraction, unit: "%" };
}
