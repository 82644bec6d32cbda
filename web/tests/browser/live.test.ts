/** A run that goes on, in real Chromium: seconds as they come, lost connections, notes, the end. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Archive } from "../../dev/archive";
import type { DevServer } from "../../dev/server";
import { world } from "../../dev/worlds";
import { drawn, launch, open, tile, type Watched } from "./browser";

let server: DevServer;
let browser: Browser;
let watched: Watched;
let page: Page;
let archive: Archive;

beforeAll(async () => {
  server = world("healthy");
  archive = server.archives[0] as Archive;
  const url = await server.listen();
  browser = await launch();
  watched = await open(browser, url);
  page = watched.page;
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Waits until the page has everything that the server played. */
async function caughtUp(): Promise<void> {
  const all = archive.merged("total", [0], archive.firstS, archive.nextS);
  const title = all.requests.toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
  await page.waitForFunction(
    (text) => document.querySelector<HTMLElement>("[data-tile=rate]")?.title === text,
    `${title} requests`,
  );
  await page.waitForFunction(
    (p99) => document.querySelector<HTMLElement>("[data-tile=p99]")?.dataset.raw === String(p99),
    all.latency.quantileMs(0.99),
  );
}

describe("a live run", () => {
  it("is healthy and says so", async () => {
    expect(await page.textContent(".status-text")).toBe("live");
    await page.waitForFunction(() => document.querySelector(".verdict-text")?.textContent?.startsWith("Healthy"));
  });

  it("takes each second as it comes", async () => {
    await caughtUp();
    for (let second = 0; second < 5; second += 1) server.tick();
    await caughtUp();
  });

  it("says that the connection is lost, and loses no second", async () => {
    server.disconnect();
    await page.waitForFunction(() => document.querySelector(".status-text")?.textContent?.includes("lost"));
    for (let second = 0; second < 4; second += 1) server.tick();
    await page.waitForFunction(() => document.querySelector(".status-text")?.textContent === "live", undefined, {
      timeout: 15_000,
    });
    await caughtUp();
  });

  it("keeps a chosen range while the run goes on", async () => {
    await page.click(".stage >> text=100 users");
    await page.waitForFunction(() => location.hash.includes("from="));
    await drawn(page);
    const before = await tile(page, "p95");
    server.tick();
    server.tick();
    await page.waitForTimeout(300);
    expect(await tile(page, "p95")).toBe(before);
    await page.keyboard.press("Escape");
    await caughtUp();
  });

  it("takes a note, and shows it on the list and the charts", async () => {
    await page.keyboard.press("n");
    await page.fill("dialog textarea", "<b>new pool</b> & index");
    await page.click("dialog >> text=Add note");
    await page.waitForSelector("dialog", { state: "detached" });
    await page.waitForSelector(".event-label >> text=<b>new pool</b> & index");
    expect(await page.$(".event-label b")).toBeNull();
    expect(server.calls.some((call) => call.startsWith("POST"))).toBe(true);
  });

  it("shows a note that somebody else has written", async () => {
    server.note(archive, "from the command line", (archive.nextS - 5) * 1e9);
    await page.waitForSelector(".event-label >> text=from the command line");
  });

  it("shows a notice of the server", async () => {
    server.send("notice", "The store's disk is full: 12 s are not kept");
    await page.waitForSelector(".notice >> text=The store's disk is full");
  });

  it("loads the run again when the server says that something is lost", async () => {
    const calls = server.calls.length;
    archive.addSecond(true);
    server.send("reload", {});
    await caughtUp();
    expect(server.calls.slice(calls).some((call) => call.includes("/windows"))).toBe(true);
  });

  it("becomes an ended run when it ends", async () => {
    server.endRun();
    await page.waitForFunction(() => document.querySelector(".status-text")?.textContent === "ended");
    await caughtUp();
  });

  it("ran without an error or anything that the policy refuses", () => {
    expect(watched.troubles).toEqual([]);
  });
});

describe("before the first request", () => {
  it("says what is being waited for, and begins by itself", async () => {
    const empty = world("empty");
    const address = await empty.listen();
    const { page: other } = await open(browser, address, { waits: false });
    await other.waitForSelector(".waiting >> text=Waiting for the first request");
    empty.tick();
    empty.tick();
    await drawn(other);
    expect(await other.isVisible(".waiting")).toBe(false);
    await other.context().close();
    await empty.close();
  });
});
