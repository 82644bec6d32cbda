/** An ended run in real Chromium: figures, ranges, focus, comparison, keys. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Archive } from "../../dev/archive";
import { samplesOf } from "../../dev/scenario";
import type { DevServer } from "../../dev/server";
import { world } from "../../dev/worlds";
import { drawn, keys, launch, open, row, tile, type Watched } from "./browser";

// At a full minute and a bit, so that ranges begin and end amid minutes.
const NOW_S = 1_760_000_029;

let server: DevServer;
let url: string;
let browser: Browser;
let watched: Watched;
let page: Page;
let archive: Archive;

beforeAll(async () => {
  server = world("ended", NOW_S);
  archive = server.archives[0] as Archive;
  url = await server.listen();
  browser = await launch();
  watched = await open(browser, url);
  page = watched.page;
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Times of everything in a range, sorted, in milliseconds. */
function exact(fromS: number, toS: number, series = archive.scenario.series.map((_, id) => id)): number[] {
  const all: number[] = [];
  for (let second = fromS; second < toS; second += 1)
    for (const id of series)
      for (const sample of samplesOf(archive.scenario, id, second - archive.firstS)) all.push(sample / 1e6);
  return all.sort((a, b) => a - b);
}

function nearestRank(sorted: number[], q: number): number {
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] as number;
}

async function reset(): Promise<void> {
  await page.evaluate(() => {
    location.hash = "";
  });
  await page.waitForFunction(() => document.querySelector(".chip") === null);
  await drawn(page);
}

/** Drags over a chart, from one share of its width to another. */
async function drag(selector: string, from: number, to: number): Promise<void> {
  await page.locator(selector).scrollIntoViewIfNeeded();
  const box = await page.locator(selector).boundingBox();
  if (box === null) throw new Error(`${selector} is not visible`);
  await page.mouse.move(box.x + box.width * from, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, box.y + box.height / 2, { steps: 6 });
  await page.mouse.up();
  await page.waitForFunction(() => location.hash.includes("from="));
  await drawn(page);
}

function range(): Promise<[fromS: number, toS: number]> {
  return page.evaluate(() => {
    const fields = new URLSearchParams(location.hash.slice(1));
    return [Number(fields.get("from")), Number(fields.get("to"))];
  });
}

describe("a stored run", () => {
  it("says at once which endpoint got slow, and when", async () => {
    await page.waitForFunction(() => document.querySelector(".verdict-text")?.textContent?.startsWith("Degraded"));
    expect(await page.textContent(".verdict-text")).toMatch(/of GET\u00a0\/pay rose [\d.]+× since \d\d:\d\d:\d\d/);
    expect(await page.textContent(".beside")).toContain("Trust this: ");
    // Its line is on the chart of all endpoints, once it has been fetched.
    await page.waitForFunction(() =>
      document.querySelector(".panel-latency .legend")?.textContent?.includes("of\u00a0GET\u00a0/pay"),
    );
    // And its row has a mark, for the eye and on hover.
    const marked = await page.$$eval(".endpoints .is-slow", (cells) => cells.map((cell) => cell.getAttribute("title")));
    expect(marked).toEqual([expect.stringMatching(/^\/pay\np(50|95) slow from \d\d:\d\d:\d\d$/)]);
  });

  it("says so though something else is drawn, and the table sorted, while it looks", async () => {
    const context = await browser.newContext();
    const other = await context.newPage();
    // A search as soon as the tables are there, then a sort: the slow endpoint is looked for from then on.
    await other.addInitScript(() => {
      const observer = new MutationObserver(() => {
        const search = document.querySelector<HTMLInputElement>(".panel-endpoints .search");
        const sorter = document.querySelector<HTMLElement>(".endpoints .sorter");
        if (search === null || sorter === null || document.querySelector("main")?.ariaBusy !== "false") return;
        observer.disconnect();
        search.value = "p";
        search.dispatchEvent(new Event("input"));
        for (let frame = 0; frame < 20; frame += 1) setTimeout(() => sorter.click(), frame * 20);
      });
      observer.observe(document, { subtree: true, attributes: true, attributeFilter: ["aria-busy"] });
    });
    await other.goto(url);
    await other.waitForFunction(() => document.querySelector(".verdict-text")?.textContent?.startsWith("Degraded"));
    expect(await other.inputValue(".panel-endpoints .search")).toBe("p");
    await context.close();
  });

  it("has the figures of everything, merged", async () => {
    const all = archive.merged("total", [0], archive.firstS, archive.nextS);
    expect(await tile(page, "p99")).toBe(all.latency.quantileMs(0.99));
    expect(await tile(page, "max")).toBe(all.latency.maxMs());
    expect((await row(page, "GET /pay")).requests).toBe(
      archive.merged(
        "series",
        [10, 11, 12, 13, 14].filter((id) => archive.scenario.series[id]?.name === "/pay"),
        0,
        1e12,
      ).requests,
    );
  });

  it("computes percentiles anew for a range dragged on a chart, from histograms", async () => {
    await drag(".panel-latency .u-over", 0.43, 0.81);
    const [fromS, toS] = await range();
    expect(toS - fromS).toBeGreaterThan(60);
    const merged = archive.merged("total", [0], fromS, toS);
    const times = exact(fromS, toS);
    expect(merged.latency.count).toBe(times.length);
    for (const [name, q] of [
      ["p50", 0.5],
      ["p95", 0.95],
      ["p99", 0.99],
    ] as const) {
      const shown = await tile(page, name);
      expect(shown).toBe(merged.latency.quantileMs(q));
      expect(Math.abs(shown / nearestRank(times, q) - 1)).toBeLessThan(0.0055);
    }
    const pay = archive.scenario.series.findIndex(({ name }) => name === "/pay");
    const values = await row(page, "GET /pay");
    expect(values.requests).toBe(exact(fromS, toS, [pay]).length);
    expect(Math.abs((values.p95 ?? 0) / nearestRank(exact(fromS, toS, [pay]), 0.95) - 1)).toBeLessThan(0.0055);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !location.hash.includes("from="));
    await drawn(page);
  });

  it("brushes on the strip of the whole run too, and a double click goes back", async () => {
    await drag(".overview-strip", 0.2, 0.4);
    expect(await page.isVisible(".overview-window")).toBe(true);
    await page.dblclick(".panel-load .u-over");
    await page.waitForFunction(() => !location.hash.includes("from="));
  });

  it("leaves the ramp-up out, and shows a load stage, by one click each", async () => {
    await page.click("text=Without ramp-up");
    await page.waitForFunction(() => location.hash.includes("from="));
    expect((await range())[0]).toBe(archive.firstS + 13);
    await page.click(".stage >> text=200 users");
    await page.waitForFunction(
      () => document.querySelector('.stage[aria-pressed="true"]')?.textContent === "200 users",
    );
    const [fromS, toS] = await range();
    expect(archive.scenario.users(fromS - archive.firstS)).toBe(200);
    expect(archive.scenario.users(toS - 1 - archive.firstS)).toBe(200);
    await reset();
  });

  it("sorts by any column, both ways", async () => {
    await page.click(".endpoints .sorter >> text=p95");
    expect((await keys(page))[0]).toBe("GET /pay");
    await page.click(".endpoints .sorter >> text=p95");
    expect((await keys(page))[0]).toBe("WSSend notifications");
    expect(await page.getAttribute(".endpoints .cell-p95[role=columnheader]", "aria-sort")).toBe("ascending");
    await page.click(".endpoints .sorter >> text=requests");
    await reset();
  });

  it("searches with the slash key", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("products rev");
    await page.waitForFunction(() => document.querySelectorAll(".endpoints .grid-body .grid-row").length === 1);
    expect(await keys(page)).toEqual(["GET /products/[id]/reviews"]);
    await page.fill(".panel-endpoints .search", "");
    await page.keyboard.press("Escape");
  });

  it("focuses everything on a clicked endpoint; shift adds; a click lets go", async () => {
    await page.click('.endpoints [data-key="GET /pay"]');
    await page.waitForSelector(".chip >> text=GET /pay");
    await drawn(page);
    const pay = archive.scenario.series.findIndex(({ name }) => name === "/pay");
    const alone = archive.merged("series", [pay], 0, 1e12);
    await page.waitForFunction(
      (p95) => document.querySelector<HTMLElement>("[data-tile=p95]")?.dataset.raw === String(p95),
      alone.latency.quantileMs(0.95),
    );
    await page.click('.endpoints [data-key="POST /login"]', { modifiers: ["Shift"] });
    const login = archive.scenario.series.findIndex(({ name }) => name === "/login");
    const both = archive.merged("series", [pay, login], 0, 1e12);
    await page.waitForFunction(
      (p95) => document.querySelector<HTMLElement>("[data-tile=p95]")?.dataset.raw === String(p95),
      both.latency.quantileMs(0.95),
    );
    expect(await page.$$eval(".is-selected", (rows) => rows.length)).toBe(2);
    await page.click('.endpoints [data-key="POST /login"]');
    await page.click('.endpoints [data-key="POST /login"]');
    await page.waitForFunction(() => document.querySelector(".chip") === null);
  });

  it("focuses on a worker", async () => {
    await page.click(".workers [data-key=worker-3]");
    await page.waitForSelector(".chip >> text=worker-3");
    const merged = archive.merged("worker", [3], 0, 1e12);
    await page.waitForFunction(
      (p99) => document.querySelector<HTMLElement>("[data-tile=p99]")?.dataset.raw === String(p99),
      merged.latency.quantileMs(0.99),
    );
    await reset();
  });

  it("shares its cursor between all charts, and keys move it by a second", async () => {
    const over = await page.locator(".panel-latency .u-over").boundingBox();
    if (over === null) throw new Error("no chart");
    await page.mouse.move(over.x + over.width / 2, over.y + 40);
    const flags = () => page.$$eval(".flag:not([hidden]) b", (found) => found.map((element) => element.textContent));
    await page.waitForFunction(() => document.querySelectorAll(".flag:not([hidden])").length === 3);
    expect(new Set(await flags()).size).toBe(1);
    const before = (await flags())[0];
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction((text) => document.querySelector(".flag b")?.textContent !== text, before);
    const seconds = (text?: string | null) => (text ?? "").split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
    expect(seconds((await flags())[0]) - seconds(before)).toBe(1);
    await page.mouse.move(10, 10);
  });

  it("steps through events with brackets, and tells what they are", async () => {
    await page.keyboard.press("]");
    expect(await page.textContent(".flag:not([hidden])")).toContain("Test started");
    await page.keyboard.press("]");
    expect(await page.textContent(".flag:not([hidden])")).toContain("All 100\u00a0users spawned");
    await page.keyboard.press("[");
    expect(await page.textContent(".flag:not([hidden])")).toContain("Test started");
    await page.keyboard.press("Escape");
  });

  it("changes colours with t and explains keys with a question mark", async () => {
    const before = await page.evaluate(() => getComputedStyle(document.body).color);
    await page.keyboard.press("t");
    expect(await page.evaluate(() => getComputedStyle(document.body).color)).not.toBe(before);
    await page.keyboard.press("t");
    await page.keyboard.press("?");
    expect(await page.isVisible("dialog.help")).toBe(true);
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
  });

  it("shows a note that was written elsewhere when the reader comes back to it", async () => {
    server.note(archive, "rolled back", (archive.firstS + 100) * 1e9);
    await page.evaluate(() => window.dispatchEvent(new Event("focus")));
    await page.waitForSelector(".event-label >> text=rolled back");
  });

  it("draws the heatmap", async () => {
    const pixels = () =>
      page.$eval(".panel-latency canvas", (canvas) => (canvas as HTMLCanvasElement).toDataURL().length);
    const lines = await pixels();
    await page.click("text=heatmap");
    await page.waitForFunction(() => location.hash.includes("heatmap"));
    await drawn(page);
    expect(await pixels()).not.toBe(lines);
    await reset();
  });

  it("lays the last good run over this one, with shifts by endpoint", async () => {
    await page.click("text=Compare with the last run");
    await page.waitForSelector(".chip.is-other");
    await page.waitForFunction(() => document.querySelector(".endpoints .cell-shift [data-raw]") !== null);
    expect((await keys(page))[0]).toBe("GET /pay");
    const other = server.archives[1] as Archive;
    const pay = archive.scenario.series.findIndex(({ name }) => name === "/pay");
    const [a, b] = [archive, other].map((run) => run.merged("series", [pay], run.firstS, run.firstS + 300));
    const shift = await page.$eval('[data-key="GET /pay"] .cell-shift:nth-last-child(3) [data-raw]', (cell) =>
      Number((cell as HTMLElement).dataset.raw),
    );
    expect(shift).toBe((a?.latency.quantileMs(0.95) ?? 0) / (b?.latency.quantileMs(0.95) ?? 1));
    expect(await page.textContent(".other-verdict")).toContain("most: GET\u00a0/pay");
    await page.click(".chip.is-other");
    await page.waitForFunction(() => document.querySelector(".cell-shift") === null);
  });

  it("lists runs, searches them, and opens one", async () => {
    await page.keyboard.press("r");
    await page.waitForSelector("dialog .runs .grid-body .grid-row");
    expect(await page.isVisible(".trend")).toBe(true);
    // Of 42 runs as many rows as the box shows, and some to spare.
    expect(await page.$$eval("dialog .grid-body .grid-row", (rows) => rows.length)).toBeGreaterThan(19);
    await page.fill("dialog .search", "5d20");
    await page.waitForFunction(() => document.querySelectorAll("dialog .grid-body .grid-row").length === 1);
    await page.click("dialog .grid-body .grid-row");
    await page.waitForFunction(() => document.querySelector(".run-id")?.textContent === "run 5d20b1e0");
    await page.goto(url);
    await drawn(page);
  });

  it("gives the raw number when one is copied", async () => {
    const copied = await page.evaluate(() => {
      const cell = document.querySelector<HTMLElement>("[data-tile=p95]");
      if (cell === null) return null;
      getSelection()?.selectAllChildren(cell);
      const event = new ClipboardEvent("copy", { clipboardData: new DataTransfer(), bubbles: true, cancelable: true });
      document.dispatchEvent(event);
      getSelection()?.removeAllRanges();
      return [event.clipboardData?.getData("text/plain"), cell.dataset.raw];
    });
    expect(copied?.[0]).toBe(copied?.[1]);
  });

  it("opens an address as it was left", async () => {
    const fromS = archive.firstS + 100;
    const other = await open(browser, `${url}#from=${fromS}&to=${fromS + 50}&endpoint=GET+%2Fpay&view=heatmap`);
    expect(await other.page.textContent(".chip")).toContain("GET /pay");
    expect(await other.page.textContent(".range")).toContain("50\u00a0s");
    await other.page.context().close();
  });

  it("is not said to be loading any more when what was asked for could not be had", async () => {
    const { page: other } = await open(browser, url);
    await other.route("**/strips?*", (route) => route.fulfill({ status: 503, json: { error: "the store is away" } }));
    // Seconds of a worker: nothing else has asked for them.
    await other.evaluate((fromS) => {
      location.hash = `from=${fromS}&to=${fromS + 50}&worker=worker-3`;
    }, archive.firstS + 100);
    await other.waitForSelector("[role=alert] >> text=the store is away");
    await drawn(other);
    expect(await other.isVisible(".busy")).toBe(false);
    await other.context().close();
  });

  it("ran without an error, without anything that the policy refuses, and asked no other host", () => {
    expect(watched.troubles).toEqual([]);
    expect([...watched.hosts]).toEqual([new URL(url).host]);
  });
});
