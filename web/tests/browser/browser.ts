/** Real Chromium for tests: Debian's, or the one that CHROMIUM names. */

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Starts it; a missing one is an error, never a skipped test. */
export async function launch(): Promise<Browser> {
  if (!existsSync(EXECUTABLE))
    throw new Error(`no Chromium at ${EXECUTABLE}: install Debian's chromium, or set CHROMIUM`);
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
    ],
  });
}

/** A page that remembers what went wrong in it, and whom it asked. */
export interface Watched {
  page: Page;
  /** Errors, what the content security policy refused, and whatever else stands on the console. */
  troubles: string[];
  hosts: Set<string>;
}

/** Opens an address and waits until figures are drawn. */
export async function open(
  browser: Browser,
  url: string,
  options: { width?: number; waits?: boolean } = {},
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: 1000 },
    timezoneId: "UTC",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const watched: Watched = { page, troubles: [], hosts: new Set() };
  page.on("pageerror", (error) => watched.troubles.push(error.message));
  page.on("console", (message) => {
    if (!message.text().includes("net::ERR_")) watched.troubles.push(message.text());
  });
  page.on("request", (request) => watched.hosts.add(new URL(request.url()).host));
  await page.goto(url);
  if (options.waits ?? true) await drawn(page);
  return watched;
}

/** Waits until the tiles have figures, and everything shows what was asked for. */
export async function drawn(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector("[data-tile=p95][data-raw]") !== null &&
      document.querySelector("main")?.ariaBusy === "false",
  );
}

/** The exact value of a tile. */
export async function tile(page: Page, name: string): Promise<number> {
  return Number(await page.getAttribute(`[data-tile="${name}"]`, "data-raw"));
}

/** The exact values of a row of endpoints, by class of the cell. */
export async function row(page: Page, key: string): Promise<Record<string, number>> {
  return page.$eval(`.endpoints [data-key="${key}"]`, (element) => {
    const values: Record<string, number> = {};
    for (const cell of element.querySelectorAll<HTMLElement>(".cell-number")) {
      const name = [...cell.classList].find((part) => part !== "cell-number" && part.startsWith("cell-")) ?? "";
      values[name.slice(5)] = Number(cell.querySelector<HTMLElement>("[data-raw]")?.dataset.raw);
    }
    return values;
  });
}

/** Keys of the rows of endpoints from the top. */
export function keys(page: Page): Promise<string[]> {
  return page.$$eval(".endpoints .grid-body .grid-row", (rows) =>
    rows.map((element) => (element as HTMLElement).dataset.key ?? ""),
  );
}

/** What axe calls serious or critical. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
    };
    const { violations: found } = await axe.run();
    return found
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 3)
            .map(({ html }) => html.slice(0, 160))
            .join(" | ")}`,
      );
  });
}
