/** A report opened from disk, hostile names, narrow screens, and what axe says. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embedded, reportOf } from "../../dev/report";
import { shop } from "../../dev/scenario";
import type { DevServer } from "../../dev/server";
import { ended, world } from "../../dev/worlds";
import { drawn, launch, open, row, tile, violations } from "./browser";

const DIST = join(import.meta.dirname, "../../dist");

let browser: Browser;
let folder: string;

beforeAll(async () => {
  browser = await launch();
  folder = mkdtempSync(join(tmpdir(), "report-"));
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("a report opened from disk", () => {
  const archive = ended(shop({ runId: "7f3a91c2d5e8", seconds: 300, seed: 9, trouble: "slow" }), 1_760_000_010);

  it("is interactive, asks nobody, and has the same figures", async () => {
    const path = join(folder, "report.html");
    writeFileSync(path, reportOf(DIST, embedded(archive, 1)));
    const { page, troubles, hosts } = await open(browser, pathToFileURL(path).href);
    const all = archive.merged("total", [0], archive.firstS, archive.nextS);
    expect(await tile(page, "p99")).toBe(all.latency.quantileMs(0.99));
    const fromS = archive.firstS + 95;
    await page.evaluate(
      (range) => {
        location.hash = range;
      },
      `#from=${fromS}&to=${fromS + 71}`,
    );
    await page.waitForFunction(() =>
      document.querySelector(".range")?.textContent?.includes("1\u00a0min\u00a011\u00a0s"),
    );
    const part = archive.merged("total", [0], fromS, fromS + 71);
    expect(await tile(page, "p95")).toBe(part.latency.quantileMs(0.95));
    await page.click('.endpoints [data-key="GET /pay"]');
    await page.waitForSelector(".chip >> text=GET /pay");
    expect(await page.isVisible("text=Compare…")).toBe(false);
    expect(await page.isVisible("text=+ note")).toBe(false);
    expect(troubles).toEqual([]);
    expect([...hosts]).toEqual([""]);
    await page.context().close();
  });

  it("of a range says so beside the title, and has the times of errors in that range", async () => {
    const failing = ended(shop({ runId: "7f3a91c2d5e8", seconds: 300, seed: 9, trouble: "failing" }), 1_760_000_010);
    const [fromS, toS] = [failing.firstS + 200, failing.firstS + 230];
    const path = join(folder, "part.html");
    writeFileSync(path, reportOf(DIST, embedded(failing, 1, { fromS, toS })));
    const { page, troubles } = await open(browser, pathToFileURL(path).href);
    const clock = (second: number) => new Date(second * 1000).toISOString().slice(11, 19);
    expect(await page.textContent(".run-part")).toBe(
      `only ${clock(fromS)} – ${clock(toS)}: 30 s of 5 min`
        .replaceAll(" ", "\u00a0")
        .replace("only\u00a0", "only ")
        .replace(":\u00a03", ": 3"),
    );
    expect(await page.getAttribute(".run-part", "title")).toContain(clock(failing.firstS));
    expect(await page.textContent(".range")).toContain("Whole report");
    const times = await page.$$eval(".errors .grid-body .cell-time [data-raw]", (cells) =>
      cells.map((cell) => Number((cell as HTMLElement).dataset.raw)),
    );
    expect(times.length).toBeGreaterThan(3);
    for (const second of times) expect(second >= fromS && second < toS).toBe(true);
    expect(troubles).toEqual([]);
    await page.goto(pathToFileURL(join(folder, "report.html")).href);
    await drawn(page);
    expect(await page.isVisible(".run-part")).toBe(false);
    await page.context().close();
  });

  it("snaps to the slots that it has, and says so", async () => {
    const path = join(folder, "coarse.html");
    writeFileSync(path, reportOf(DIST, embedded(archive, 60)));
    const fromS = archive.firstS + 95;
    const { page, troubles } = await open(browser, `${pathToFileURL(path).href}#from=${fromS}&to=${fromS + 71}`);
    const [snappedFrom, snappedTo] = [Math.floor(fromS / 60) * 60, Math.ceil((fromS + 71) / 60) * 60];
    const part = archive.merged("total", [0], snappedFrom, snappedTo);
    expect(await tile(page, "p95")).toBe(part.latency.quantileMs(0.95));
    const pay = archive.scenario.series.findIndex(({ name }) => name === "/pay");
    expect((await row(page, "GET /pay")).requests).toBe(
      archive.merged("series", [pay], snappedFrom, snappedTo).requests,
    );
    expect(await page.textContent(".range")).toContain("in steps of 1\u00a0min");
    await page.click('.endpoints [data-key="GET /pay"]');
    await drawn(page);
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});

describe("a run that lost a worker", () => {
  let server: DevServer;
  afterAll(() => server?.close());

  it("says so first, on charts and on the list, live and in a report", async () => {
    server = world("lost");
    const url = await server.listen();
    const archive = server.archives[0];
    if (archive === undefined) throw new Error("no run");
    const report = join(folder, "lost.html");
    writeFileSync(report, reportOf(DIST, embedded(archive, 1)));
    const lostS = archive.firstS + (archive.scenario.lost?.from ?? 0);
    const time = new Date(lostS * 1000).toISOString().slice(11, 19);
    for (const address of [url, pathToFileURL(report).href]) {
      const { page, troubles } = await open(browser, address);
      const verdict = new RegExp(
        `^Don’t trust this: worker-2 was lost at ${time}; its \\d+\\susers stopped making load, up to \\d+\\srequests may not`,
      );
      await page.waitForFunction(() => document.querySelector(".verdict-text")?.textContent?.includes("was lost"));
      expect(await page.textContent(".verdict-text")).toMatch(verdict);
      const listed = page.locator(".event", { hasText: "worker-2 was lost" });
      expect(await listed.locator("time").textContent()).toBe(time);
      // Long after the moment itself, the charts still say it.
      const chart = page.locator(".chart .u-over").first();
      await chart.scrollIntoViewIfNeeded();
      const box = await chart.boundingBox();
      if (box === null) throw new Error("no chart");
      await page.mouse.move(box.x + box.width * 0.97, box.y + box.height / 2);
      await page.waitForSelector(`.flag:not([hidden]) >> text=worker-2 was lost at ${time}`);
      expect(await page.textContent('.workers [data-key="worker-2"]')).toContain("missing");
      const isCut = (cell: Element) => cell.scrollWidth > cell.clientWidth;
      expect(await page.$eval('.workers [data-key="worker-2"] .cut', isCut)).toBe(false);
      expect(troubles).toEqual([]);
      await page.context().close();
    }
  });
});

describe("hostile names", () => {
  let server: DevServer;
  afterAll(() => server?.close());

  it("are text, live and in a report", async () => {
    server = world("hostile");
    const url = await server.listen();
    const report = join(folder, "hostile.html");
    const archive = server.archives[0];
    if (archive === undefined) throw new Error("no run");
    writeFileSync(report, reportOf(DIST, embedded(archive, 1)));
    for (const address of [url, pathToFileURL(report).href]) {
      const { page, troubles } = await open(browser, address);
      const texts = await page.$$eval(".endpoints .cell-name .cut", (cells) =>
        cells.map((cell) => cell.getAttribute("title")),
      );
      for (const { name } of archive.scenario.series) expect(texts).toContain(name);
      for (let place = 0; place < 3; place += 1)
        await page.locator(".endpoints .grid-body .grid-row").nth(place).click();
      await drawn(page);
      expect(await page.$("#app img, #app script, #app svg:not(.spark), #app i")).toBeNull();
      expect(await page.title()).not.toBe("owned");
      expect(troubles).toEqual([]);
      await page.context().close();
    }
  });
});

describe("every size and theme", () => {
  let server: DevServer;
  let url: string;
  beforeAll(async () => {
    server = world("ended");
    url = await server.listen();
  });
  afterAll(() => server?.close());

  it("fits 360 pixels without scrolling sideways, with name, rate, failures and p95", async () => {
    const { page } = await open(browser, url, { width: 360 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    for (const name of ["name", "rate", "fail", "p95"])
      expect(await page.isVisible(`.endpoints [role=columnheader].cell-${name}`)).toBe(true);
    expect(await page.isVisible(".endpoints [role=columnheader].cell-p999")).toBe(false);
    const width = await page.$eval(".endpoints .cell-name .cut", (cell) => cell.clientWidth);
    expect(width).toBeGreaterThan(90);
    await page.context().close();
  });

  it.each(["light", "dark"] as const)("satisfies axe when %s", async (scheme) => {
    const { page } = await open(browser, url);
    await page.emulateMedia({ colorScheme: scheme });
    await page.click('.endpoints [data-key="GET /pay"]');
    await drawn(page);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("r");
    await page.waitForSelector("dialog .grid-body .grid-row");
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });
});
