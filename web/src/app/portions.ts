/** Long work in small portions, so that the page stays quick. */

/** For how long one portion may work, in milliseconds. */
const PORTION_MS = 12;
/** Work that nobody waits for begins after this at the latest, in milliseconds. */
const IDLE_AT_MOST_MS = 150;
/** A frame that does not come (the page is hidden) is not waited for longer than this, in milliseconds. */
const FRAME_AT_MOST_MS = 100;

/** Lets go of the thread once: what the reader did meanwhile comes first. A timer would wait for some milliseconds. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Waits until what was drawn is on the screen. */
export function painted(): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(otherwise);
      void pause().then(resolve);
    };
    const otherwise = setTimeout(go, FRAME_AT_MOST_MS);
    requestAnimationFrame(go);
  });
}

/** Waits until there is nothing else to do. */
export function idle(): Promise<void> {
  return new Promise((resolve) => {
    // Safari has none.
    if (typeof requestIdleCallback === "undefined") setTimeout(resolve, 50);
    else requestIdleCallback(() => resolve(), { timeout: IDLE_AT_MOST_MS });
  });
}

/** Everything that `items` gives, with a rest after each portion; null as soon as nobody wants it any more. */
export async function inPortions<T>(
  items: Iterable<T>,
  rest: () => Promise<void>,
  isWanted: () => boolean,
): Promise<T[] | null> {
  const all: T[] = [];
  let startedAt = performance.now();
  for (const item of items) {
    all.push(item);
    if (performance.now() - startedAt < PORTION_MS) continue;
    await rest();
    if (!isWanted()) return null;
    startedAt = performance.now();
  }
  return all;
}
