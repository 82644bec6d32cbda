/** Two short runs of three processes, one laid over the other: which endpoint got slow, and since when. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Archive } from "../../dev/archive";
import type { DevServer } from "../../dev/server";
import { world } from "../../dev/worlds";
import { drawn, launch, open, violations, type Watched } from "./browser";

const NOW_S = 1_760_000_029;

let server: DevServer;
let browser: Browser;
let watched: Watched;
let page: Page;
let overlay: string;
let before: Archive;

beforeAll(async () => {
  server = world("brief", NOW_S);
  const url = await server.listen();
  before = server.archives[1] as Archive;
  overlay = `${url}#compare=${before.scenario.runId}`;
  browser = await launch();
  watched = await open(browser, overlay);
  page = watched.page;
  await compared(page);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Waits until it is told since when which endpoint is slower. */
async function compared(on: Page): Promise<void> {
  await on.waitForFunction(() => / from .* on /.test(document.querySelector(".other-verdict")?.textContent ?? ""));
}

/** Texts that are on the screen in which a line may end between a number and its unit, or a method and its path. */
function torn(on: Page): Promise<string[]> {
  return on.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (parent === null || !parent.checkVisibility() || getComputedStyle(parent).whiteSpace === "nowrap") continue;
      const text = node.textContent ?? "";
      const isTorn = /\d[ \u2009](µs|ms|s|min|h|%|×|\d)(?![\p{L}\p{N}])|\d{4}-\d\d-\d\d \d|(GET|POST|DELETE) \//u;
      if (isTorn.test(text)) found.push(text);
    }
    return found;
  });
}

/** Elements whose text does not fit into them. */
function cut(on: Page, selector: string): Promise<(string | null)[]> {
  return on.$$eval(selector, (elements) =>
    elements.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent),
  );
}

describe("a run over another", () => {
  it("says which endpoint got slow, and since when", async () => {
    expect(await page.textContent(".other-verdict")).toMatch(
      /most: POST\u00a0\/cart 2\.\d× from \+00:1[123] on \(\d+(\.\d)?\u00a0ms →\u00a0\d+(\.\d)?\u00a0ms\)/,
    );
    expect(await page.textContent(".panel-latency .legend")).toMatch(/p(50|95)\u00a0of\u00a0POST\u00a0\/cart/);
    const since = '.endpoints [data-key="POST /cart"] .cell-since';
    expect(await page.textContent(since)).toMatch(/^from \+00:1[123] on$/);
    expect(await page.textContent('.endpoints [data-key="GET /search"] .cell-since')).toBe("");
  });

  it("draws shifts as bars of one scale, which stay in their place", async () => {
    const bars = await page.$$eval(".cell-shift [data-raw]", (numbers) =>
      numbers.map((number) => {
        const bar = number.parentElement?.querySelector(".shift-bar");
        const width = bar?.firstElementChild?.getBoundingClientRect().width ?? 0;
        return { ratio: Number((number as HTMLElement).dataset.raw), share: width / (bar?.clientWidth ?? 1) };
      }),
    );
    const largest = Math.max(...bars.map(({ ratio }) => Math.abs(Math.log(ratio))));
    expect(bars.length).toBeGreaterThan(20);
    for (const { ratio, share } of bars) expect(share).toBeCloseTo(Math.abs(Math.log(ratio)) / largest / 2, 1);
  });

  it("names the dashed lines of every chart, and tells what they were", async () => {
    for (const name of ["latency", "load", "failures"])
      expect(await page.textContent(`.panel-${name} .legend-other`)).toContain("run\u00a039370c9a");
    const failures = before.columns.failures.reduce((sum, count) => sum + count, 0);
    expect(await page.textContent(".panel-failures .legend-other .legend-value")).toBe(String(failures));
    expect(await page.textContent(".panel-latency .legend")).toMatch(/p95.*was\u00a0\d/);
  });

  it("has the errors and workers of both", async () => {
    const rows = await page.$$eval(".errors .grid-body .grid-row", (elements) =>
      elements.map((row) =>
        [".cell-endpoint", ".cell-count:not(.cell-before)", ".cell-before"].map(
          (cell) => row.querySelector(cell)?.textContent?.trim() ?? "",
        ),
      ),
    );
    const counted = (archive: Archive | undefined, endpoint: string) =>
      [...(archive?.errors.values() ?? [])]
        .filter(({ series }) => {
          const plan = archive?.scenario.series[series];
          return `${plan?.method} ${plan?.name}` === endpoint;
        })
        .reduce((sum, { count }) => sum + count, 0);
    expect(rows.map(([endpoint]) => endpoint).sort()).toEqual(["GET /orders/[id]", "GET /search", "POST /cart"]);
    for (const [endpoint = "", count, was] of rows)
      expect([count, was]).toEqual([
        String(counted(server.archives[0], endpoint)),
        String(counted(server.archives[1], endpoint)),
      ]);
    const workers = await page.$$eval(".workers .grid-body .cell-worker", (cells) =>
      cells.map((cell) => cell.textContent?.trim()),
    );
    expect(workers).toEqual(["● worker-0", "was worker-0", "● worker-1", "was worker-1"]);
  });

  it("focuses the endpoint that it names, errors and all, and leads back to all", async () => {
    await page.click(".other-verdict");
    await page.waitForSelector(".chip >> text=POST /cart");
    await drawn(page);
    const endpoints = () =>
      page.$$eval(".errors .cell-endpoint .cut", (cells) => cells.map((cell) => cell.textContent));
    expect(await endpoints()).toEqual(["POST /cart"]);
    await page.click("text=Errors of all endpoints");
    await page.waitForFunction(() => document.querySelector(".chips .chip") === null);
    await drawn(page);
    expect((await endpoints()).length).toBe(3);
  });

  it("tells alike events of three processes once, and when each told them", async () => {
    expect(await page.$$eval(".event-label", (labels) => labels.map((label) => label.textContent))).toEqual([
      "Test started",
      "All 60\u00a0users spawned",
      "Test stopped",
    ]);
    expect(await page.textContent(".event-processes summary")).toBe("3\u00a0processes");
    await page.click(".event-processes summary");
    const times = await page.$$eval(".event-processes[open] li", (rows) => rows.map((row) => row.textContent));
    expect(times.length).toBe(3);
    expect(times[2]).toMatch(/\.620 \+220\u00a0ms$/);
  });

  it("has a bar of confidence for each second, all as wide, and says of each what it was", async () => {
    const [bars, width] = await page.$eval(
      ".tile-confidence .trust-bars",
      (strip) =>
        [
          [...strip.children].map((bar) => ({
            width: bar.getBoundingClientRect().width,
            title: bar.getAttribute("title"),
          })),
          strip.getBoundingClientRect().width,
        ] as const,
    );
    expect(bars.length).toBe(20);
    for (const bar of bars) expect(Math.abs(bar.width - (bars[0]?.width ?? 0))).toBeLessThan(0.1);
    expect(bars.reduce((sum, bar) => sum + bar.width + 1, -1)).toBeCloseTo(width, 0);
    expect(bars[2]?.title).toMatch(/^\d\d:\d\d:\d\d: trusted$/);
    expect(bars[3]?.title).toMatch(/^\d\d:\d\d:\d\d: suspect \(hub lag\)$/);
  });

  it("has room for the last label of the axis of time", async () => {
    const room = await page.$eval(".panel-latency .chart", (chart) => {
      const over = chart.querySelector(".u-over")?.getBoundingClientRect();
      const context = document.createElement("canvas").getContext("2d");
      if (context === null || over === undefined) return -1;
      context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
      return chart.getBoundingClientRect().right - over.right - context.measureText("00:00:00").width / 2;
    });
    expect(room).toBeGreaterThan(0);
  });

  it.each(["light", "dark"] as const)("satisfies axe when %s", async (scheme) => {
    const { page: other } = await open(browser, overlay);
    await compared(other);
    await other.emulateMedia({ colorScheme: scheme });
    await other.click(".event-processes summary");
    await other.click(".other-verdict");
    await drawn(other);
    expect(await violations(other)).toEqual([]);
    await other.context().close();
  });

  it("draws no grid line through what stands in an empty chart", async () => {
    const { page: other } = await open(browser, `${overlay}&endpoint=GET+%2F`);
    const text = other.locator(".empty-over span");
    expect(await text.textContent()).toBe("No failures in this range");
    const colors = await text.evaluate((span) => [
      getComputedStyle(span).backgroundColor,
      getComputedStyle(span.closest(".panel") as Element).backgroundColor,
    ]);
    expect(colors[0]).toBe(colors[1]);
    await other.context().close();
  });

  it("tears no number from its unit", async () => {
    expect(await torn(page)).toEqual([]);
  });
});

describe("a run over another, 360 pixels wide", () => {
  let narrow: Page;
  beforeAll(async () => {
    narrow = (await open(browser, overlay, { width: 360 })).page;
    await compared(narrow);
  });
  afterAll(() => narrow?.context().close());

  it("keeps one line in view, and cuts no tile and no shift", async () => {
    expect(await narrow.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await narrow.click(".other-verdict");
    await narrow.waitForSelector(".toolbar .chip");
    expect(await narrow.$eval(".toolbar", (toolbar) => toolbar.getBoundingClientRect().height)).toBeLessThan(48);
    const below = await narrow.$eval(".comparison", (line) => getComputedStyle(line).position);
    expect(below).toBe("static");
    expect(await cut(narrow, ".tile-note")).toEqual([]);
    expect(await cut(narrow, ".endpoints .cell-shift")).toEqual([]);
    expect(await narrow.textContent('.endpoints [data-key="POST /cart"] .cell-shift:nth-last-child(3)')).toContain("×");
  });

  it("tears no number from its unit", async () => {
    expect(await torn(narrow)).toEqual([]);
  });

  it("lists runs with test plan, id and users", async () => {
    await narrow.keyboard.press("r");
    await narrow.waitForSelector("dialog .runs .grid-body .grid-row");
    const row = narrow.locator("dialog .runs .grid-body .grid-row").first();
    for (const text of ["demo-shop", "affbd2a4", "60"])
      expect(await row.getByText(text, { exact: true }).isVisible()).toBe(true);
    expect(await cut(narrow, "dialog .grid-body .cell-started, dialog .grid-body .cell-users")).toEqual([]);
    // Rows are two lines high, and the list knows: the last of them can be scrolled to.
    await narrow.$eval("dialog .grid-scroll", (box) => box.scrollTo(0, box.scrollHeight));
    const oldest = server.history.at(-1)?.run_id.slice(0, 8) ?? "";
    await narrow.waitForSelector(`dialog .grid-body >> text=${oldest}`);
    await narrow.keyboard.press("Escape");
  });
});

it("ran without an error or anything that the policy refuses", () => {
  expect(watched.troubles).toEqual([]);
});
