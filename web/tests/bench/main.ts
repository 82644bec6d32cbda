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

/** Seconds that the page's main thread has worked. */
async function cpuMs(): Promise<number> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0) * 1000;
}

function tell(name: string, ms: number, cpu: number): void {
  console.log(`${name.padEnd(58)} ${ms.toFixed(0).padStart(6)} ms ${cpu.toFixed(0).padStart(6)} ms of CPU`);
}

/** From now until what `isDone` tells is drawn, as the page's own clock has it. */
async function timed(name: string, action: string, isDone: string): Promise<void> {
  const cpuBefore = await cpuMs();
  const ms = await page.evaluate(
    async ([act, done]) => {
      const isReady = new Function(`return ${done}`) as () => boolean;
      const from = performance.now();
      new Function(act as string)();
      while (!isReady()) await new Promise((resolve) => requestAnimationFrame(resolve));
      // The frame in which it is on the screen.
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
      return performance.now() - from;
    },
    [action, isDone],
  );
  tell(name, ms, (await cpuMs()) - cpuBefore);
}

const IDLE = "document.querySelector('.busy:not([hidden])') === null";
const SHOWN = "(document.querySelector('.range').textContent + document.querySelector('.chips').textContent)";

for (const round of ["first visit", "again"]) {
  await page.goto("about:blank");
  await page.goto(url, { waitUntil: "commit" });
  await page.waitForFunction("document.querySelector('[data-tile=p95][data-raw]') !== null");
  tell(`the whole run is drawn (${round})`, await page.evaluate(() => performance.now()), await cpuMs());
}
await page.waitForFunction("document.querySelector('.verdict-text').textContent.startsWith('Degraded')", undefined, {
  timeout: 60_000,
});
console.log(
  `${"the slow endpoint is named".padEnd(58)} ${(await page.evaluate(() => performance.now())).toFixed(0).padStart(6)} ms`,
);
console.log(`  ${await page.textContent(".verdict-text")}`);
const first = await page.evaluate(() => Number(new URLSearchParams(location.hash.slice(1)).get("from")));
const fromS = first || nowS - seconds - 100;
const go = (hash: string) => `window.before = ${SHOWN}; location.hash = ${JSON.stringify(hash)}`;
const changed = `${SHOWN} !== window.before && ${IDLE}`;
await timed(
  "range of 20 min, minutes at both ends",
  go(`from=${Math.ceil(fromS / 60) * 60 + 600}&to=${Math.ceil(fromS / 60) * 60 + 1800}`),
  changed,
);
await timed("range of 33 min 20 s amid minutes (edges fetched)", go(`from=${fromS + 617}&to=${fromS + 2617}`), changed);
await timed("the same range, a second shorter (edges are here)", go(`from=${fromS + 617}&to=${fromS + 2616}`), changed);
await timed("range of 100 s (all fetched)", go(`from=${fromS + 2150}&to=${fromS + 2250}`), changed);
await timed("whole run again", go(""), changed);
const row = "document.querySelector('.endpoints .grid-body .grid-row')";
await timed("focus on an endpoint (its seconds fetched)", `window.before = ${SHOWN}; ${row}.click()`, changed);
await timed("let go of it", `window.before = ${SHOWN}; ${row}.click()`, changed);
await timed(
  "sort by p99",
  "[...document.querySelectorAll('.endpoints .sorter')].find((one) => one.textContent.startsWith('p99')).click()",
  "document.querySelector('.endpoints .cell-p99[aria-sort]') !== null",
);
await timed(
  "search",
  "const field = document.querySelector('.panel-endpoints .search'); field.value = '42'; field.dispatchEvent(new Event('input'))",
  "document.querySelectorAll('.endpoints .grid-body .grid-row').length < 20",
);
await timed(
  "heatmap",
  "[...document.querySelectorAll('.choice-button')][1].click()",
  "location.hash.includes('heatmap')",
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
