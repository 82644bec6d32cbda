/** A real run on the real server, under its content security policy, in real Chromium. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawn, launch, open, tile, type Watched } from "../browser/browser";
import { Program } from "./program";

/** What `export --format json` tells of a range, as far as it is compared. */
interface Told {
  /** RFC 3339. */
  range: { from: string; to: string };
  total: Record<"requests" | "failures" | "p50_ms" | "p95_ms" | "p99_ms" | "max_ms", number>;
}

let program: Program;
let browser: Browser;

beforeAll(async () => {
  program = new Program();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await program?.close();
});

/** The page's figures are the command's. */
async function expectTold(page: Page, { total }: Told): Promise<void> {
  const title = await page.getAttribute("[data-tile=failures]", "title");
  const counts = (title ?? "").replace(/[^\d ]/g, "").match(/\d+/g);
  expect(counts?.map(Number)).toEqual([total.failures, total.requests]);
  expect(await tile(page, "p50")).toBe(total.p50_ms);
  expect(await tile(page, "p95")).toBe(total.p95_ms);
  expect(await tile(page, "p99")).toBe(total.p99_ms);
  expect(await tile(page, "max")).toBe(total.max_ms);
}

async function told(...range: string[]): Promise<Told> {
  return JSON.parse(await program.ask("export", "@1", "--format", "json", ...range)) as Told;
}

describe("the program's own server", () => {
  let watched: Watched;
  let page: Page;

  it("shows a run while it is on, and a note from the command line", async () => {
    const { url, ended } = await program.run(12);
    const live = await open(browser, url);
    expect(await live.page.textContent(".status-text")).toBe("live");
    await program.ask("annotate", "@1", "written elsewhere");
    await live.page.waitForSelector(".event-label >> text=written elsewhere", { timeout: 3000 });
    expect(live.troubles).toEqual([]);
    await live.page.context().close();
    await ended;
  });

  it("opens the run that ended, with the figures that the command tells", async () => {
    watched = await open(browser, await program.serve());
    page = watched.page;
    expect(await page.textContent(".status-text")).toBe("ended");
    await expectTold(page, await told());
  });

  it("tells a brushed range as the command does", async () => {
    const box = await page.locator(".panel-latency .u-over").boundingBox();
    if (box === null) throw new Error("the chart is not visible");
    await page.mouse.move(box.x + box.width * 0.3, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, box.y + 20, { steps: 5 });
    await page.mouse.up();
    await page.waitForFunction(() => location.hash.includes("from="));
    await drawn(page);
    const fields = new URLSearchParams(new URL(page.url()).hash.slice(1));
    const [fromS, toS] = [Number(fields.get("from")), Number(fields.get("to"))];
    const whole = await told();
    const startS = Date.parse(whole.range.from) / 1000;
    const part = await told("--range", `${fromS - startS}..${toS - startS}`);
    expect([part.range.from, part.range.to].map((time) => Date.parse(time) / 1000)).toEqual([fromS, toS]);
    expect(part.total.requests).toBeLessThan(whole.total.requests);
    await expectTold(page, part);
    await page.keyboard.press("Escape");
  });

  it("takes a note", async () => {
    await page.keyboard.press("n");
    await page.fill("dialog textarea", "seen on the page");
    await page.click("dialog >> text=Add note");
    await page.waitForSelector(".event-label >> text=seen on the page");
    expect(await program.ask("show", "@1")).toContain("seen on the page");
  });

  it("gives a report that opens from disk, with the same figures", async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("a.button >> text=Report")]);
    const path = join(program.folder, "report.html");
    await download.saveAs(path);
    const report = await open(browser, pathToFileURL(path).href);
    await expectTold(report.page, await told());
    expect(await report.page.isVisible(".event-label >> text=seen on the page")).toBe(true);
    expect(report.troubles).toEqual([]);
    await report.page.context().close();
  });

  it("left the console without a message, and asked no other host", () => {
    expect(watched.troubles).toEqual([]);
    expect([...watched.hosts]).toEqual([new URL(page.url()).host]);
  });
});
