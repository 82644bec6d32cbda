import { describe, expect, it } from "vitest";
import {
  dateAndClock,
  formatBytes,
  formatCount,
  formatDuration,
  formatMs,
  formatPercent,
  formatRate,
  formatShift,
  plain,
  shiftInBrief,
  sinceStart,
} from "./format";

const SPACE = "\u00a0";

describe("times", () => {
  it.each([
    [0, "0 ms"],
    [0.0123, "12.3 µs"],
    [0.9996, "1.00 ms"],
    [3.1, "3.10 ms"],
    [38.24, "38.2 ms"],
    [410.4, "410 ms"],
    [999.4, "999 ms"],
    [999.6, "1.00 s"],
    [1940, "1.94 s"],
    [75_300, "75.3 s"],
    [4_200_000, "70.0 min"],
  ])("%d ms is %s", (value, text) => {
    expect(plain(formatMs(value))).toBe(text.replace(" ", SPACE));
  });

  it("is a dash where there is nothing", () => {
    expect(plain(formatMs(null))).toBe("–");
  });
});

describe("shares", () => {
  it.each([
    [0, "0 %"],
    [0.00001, "<0.01 %"],
    [0.0031, "0.31 %"],
    [0.072, "7.20 %"],
    [0.5, "50.0 %"],
    [0.99999, ">99.9 %"],
    [1, "100 %"],
  ])("%d is %s", (share, text) => {
    expect(plain(formatPercent(share))).toBe(text.replace(" ", SPACE));
  });
});

describe("other numbers", () => {
  it("has thin spaces between thousands", () => {
    expect(formatCount(1213004)).toBe("1\u202f213\u202f004");
    expect(formatCount(999)).toBe("999");
    expect(plain(formatRate(4812.4))).toBe("4\u202f812/s");
  });

  it("has three digits for rates and bytes", () => {
    expect(plain(formatRate(38.24))).toBe("38.2/s");
    expect(plain(formatRate(0.004))).toBe("<0.01/s");
    expect(plain(formatBytes(812))).toBe(`812${SPACE}B`);
    expect(plain(formatBytes(18_240))).toBe(`18.2${SPACE}kB`);
    expect(plain(formatBytes(5.2e9))).toBe(`5.20${SPACE}GB`);
  });

  it("keeps a date and its time on one line", () => {
    expect(dateAndClock(1_760_000_000)).toMatch(/^\d{4}-\d\d-\d\d\u00a0\d\d:\d\d$/);
  });

  it("tells lengths and distances in time", () => {
    expect(formatDuration(252)).toBe(`4${SPACE}min${SPACE}12${SPACE}s`);
    expect(formatDuration(3600)).toBe(`1${SPACE}h`);
    expect(sinceStart(125)).toBe("+02:05");
    expect(sinceStart(-10)).toBe("−00:10");
  });

  it("tells shifts in percent, and large ones as times", () => {
    expect(plain(formatShift(1.124))).toBe(`+12.4${SPACE}%`);
    expect(plain(formatShift(0.9))).toBe(`−10.0${SPACE}%`);
    expect(plain(formatShift(1))).toBe(`±0.0${SPACE}%`);
    expect(plain(formatShift(1.99))).toBe(`+99.0${SPACE}%`);
    expect(plain(formatShift(2))).toBe(`2.0${SPACE}×`);
    expect(plain(formatShift(4.12))).toBe(`4.1${SPACE}×`);
  });

  it.each([
    [1.124, `+12${SPACE}%`],
    [0.9, `−10${SPACE}%`],
    [1.004, `±0${SPACE}%`],
    [1.994, `+99${SPACE}%`],
    [1.996, "2×"],
    [4.12, "4.1×"],
    [9.97, "10×"],
    [12.4, "12×"],
  ])("in brief: a ratio of %f is %s", (ratio, text) => {
    expect(shiftInBrief(ratio)).toBe(text);
  });
});
