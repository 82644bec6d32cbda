/**
 * `npm run bench`: how quick the page is with 500 endpoints and an hour of seconds, and what memory it takes.
 *
 * Prints figures; nothing here fails because a machine is busy.
 */

import { chromium } from "playwright-core";
import { Archive } from "../../dev/archive";
import { large } from "../../dev/scenario";
import { DevServer } from "../../dev/server";

const [endpoints, seconds] = [500, 3600];
const startedAt = performance.now();
const nowS = Math.floor(Date.now() / 1000);
// The bench runs code of its own in the page, which the policy would refuse.
const server = new DevServer(
  [Archive.packedRun(large("c0ffee001122", endpoints, seconds), nowS - seconds - 100)],
  [],
  false,
);
const url = await server.listen();
console.log(`made ${endpoints} endpoints x ${seconds} s in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--enable-precise-memory-info",
  ],
});
const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, reducedMotion: "reduce" });
const page = await context.newPage();
const cdp = await context.newCDPSession(page);
await cdp.send("Performance.enable", { timeDomain: "threadTicks" });

/** Milliseconds that the page's main thread has worked. */
async function cpuMs(): Promise<number> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0) * 1000;
}

/** Waits until the page has nothing to do any more; answers what it worked until then. */
async function settled(): Promise<number> {
  const before = await cpuMs();
  for (let last = before; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = await cpuMs();
    if (now - last < 2) return now - before;
    last = now;
  }
}

const column = (value: number) => value.toFixed(0).padStart(7);
console.log(`${"".padEnd(56)}  first     all    CPU   fetch  after`);

/**
 * From now until something of the answer is on the screen, and until all of it is: both in the page's own time, at the
 * end of the frame that shows it. `CPU` is the main thread's work until then, `fetch` for how long requests were on
 * their way meanwhile, and `after` what the page does later, when nobody waits.
 */
async function timed(name: string, action: string, begins: string, isDone: string): Promise<void> {
  await settled();
  const cpuBefore = await cpuMs();
  const told = await page.evaluate<{ first: number; all: number; fetch: number }>(`(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const shown = async (isReady) => {
      do await frame();
      while (!isReady());
      // The end of this very frame, which shows it.
      await new Promise((resolve) => setTimeout(resolve, 0));
      return performance.now() - from;
    };
    performance.clearResourceTimings();
    const from = performance.now();
    ${action};
    const [first, all] = await Promise.all([shown(() => ${begins}), shown(() => ${isDone})]);
    const calls = performance.getEntriesByType("resource").filter(({ startTime }) => startTime < from + all);
    const start = Math.min(...calls.map(({ startTime }) => startTime));
    const end = Math.max(...calls.map(({ responseEnd }) => responseEnd));
    return { first, all, fetch: calls.length === 0 ? 0 : end - start };
  })()`);
  const cpu = (await cpuMs()) - cpuBefore;
  const after = await settled();
  console.log(`${name.padEnd(54)}${[told.first, told.all, cpu, told.fetch, after].map(column).join("")}`);
}

const IDLE = "document.querySelector('main').ariaBusy === 'false'";
const SHOWN = "(document.querySelector('.range').textContent + document.querySelector('.chips').textContent)";

for (const round of ["first visit", "again"]) {
  await page.goto("about:blank");
  await page.goto(url, { waitUntil: "commit" });
  await page.waitForFunction("document.querySelector('[data-tile=p95][data-raw]') !== null");
  const first = await page.evaluate(() => performance.now());
  const cpu = await cpuMs();
  await page.waitForFunction(IDLE);
  const all = await page.evaluate(() => performance.now());
  const name = `tiles and charts, then tables of the whole run (${round})`;
  console.log(`${name.padEnd(54)}${[first, all, cpu].map(column).join("")}`);
}
await page.waitForFunction("document.querySelector('.verdict-text').textContent.startsWith('Degraded')", undefined, {
  timeout: 60_000,
});
const named = await page.evaluate(() => performance.now());
console.log(`${"the slow endpoint is named".padEnd(54)}${column(named)}`);
console.log(`  ${await page.textContent(".verdict-text")}`);
const chosen = await page.evaluate(() => Number(new URLSearchParams(location.hash.slice(1)).get("from")));
const fromS = chosen || nowS - seconds - 100;
const go = (hash: string) => `window.before = ${SHOWN}; location.hash = ${JSON.stringify(hash)}`;
const begun = `${SHOWN} !== window.before`;
const changed = `${begun} && ${IDLE}`;
await timed(
  "range of 20 min, minutes at both ends",
  go(`from=${Math.ceil(fromS / 60) * 60 + 600}&to=${Math.ceil(fromS / 60) * 60 + 1800}`),
  begun,
  changed,
);
await timed(
  "range of 33 min 20 s amid minutes (edges fetched)",
  go(`from=${fromS + 617}&to=${fromS + 2617}`),
  begun,
  changed,
);
await timed(
  "the same range, a second shorter (edges are here)",
  go(`from=${fromS + 617}&to=${fromS + 2616}`),
  begun,
  changed,
);
await timed("range of 100 s (all fetched)", go(`from=${fromS + 2150}&to=${fromS + 2250}`), begun, changed);
await timed("whole run again", go(""), begun, changed);
const row = "document.querySelector('.endpoints .grid-body .grid-row')";
await timed("focus on an endpoint (its seconds fetched)", `window.before = ${SHOWN}; ${row}.click()`, begun, changed);
await timed("let go of it", `window.before = ${SHOWN}; ${row}.click()`, begun, changed);
const sorted = "document.querySelector('.endpoints .cell-p99[aria-sort]') !== null";
await timed(
  "sort by p99",
  "[...document.querySelectorAll('.endpoints .sorter')].find((one) => one.textContent.startsWith('p99')).click()",
  sorted,
  sorted,
);
const found = "document.querySelectorAll('.endpoints .grid-body .grid-row').length < 20";
await timed(
  "search",
  "const field = document.querySelector('.panel-endpoints .search'); field.value = '42'; field.dispatchEvent(new Event('input'))",
  found,
  found,
);
await timed(
  "heatmap",
  "[...document.querySelectorAll('.choice-button')][1].click()",
  "location.hash.includes('heatmap')",
  `location.hash.includes('heatmap') && ${IDLE}`,
);
await cdp.send("HeapProfiler.collectGarbage");
const { usedSize, totalSize } = (await cdp.send("Runtime.getHeapUsage")) as { usedSize: number; totalSize: number };
const arrays = await page.evaluate(async () => {
  const measure = (performance as unknown as { measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }> })
    .measureUserAgentSpecificMemory;
  return measure === undefined || !crossOriginIsolated ? null : (await measure.call(performance)).bytes;
});
const memory = await page.evaluate(
  () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize,
);
console.log(
  `JavaScript heap used ${(usedSize / 1e6).toFixed(0)} MB of ${(totalSize / 1e6).toFixed(0)} MB, with array buffers ${(memory / 1e6).toFixed(0)} MB${arrays === null ? "" : `, all ${(arrays / 1e6).toFixed(0)} MB`}`,
);
await browser.close();
await server.close();
