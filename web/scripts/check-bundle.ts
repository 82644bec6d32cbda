/** `npm run check`: whether the committed bundle is the one that the sources give, and can stand inside of a page. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";

const DIST = join(import.meta.dirname, "..", "dist");
const built = mkdtempSync(join(tmpdir(), "bundle-"));
try {
  await build({ root: join(import.meta.dirname, ".."), logLevel: "warn", build: { outDir: built, emptyOutDir: true } });
  const names = readdirSync(built).sort();
  const problems: string[] = [];
  if (readdirSync(DIST).sort().join() !== names.join())
    problems.push(`web/dist does not hold just ${names.join(", ")}`);
  for (const name of names) {
    const text = readFileSync(join(built, name), "utf8");
    if (!problems.length && readFileSync(join(DIST, name), "utf8") !== text)
      problems.push(`web/dist/${name} is not what the sources give`);
    // The report puts script and styles between tags.
    if (name !== "index.html" && /<\/(script|style)|<!--/i.test(text))
      problems.push(`${name} would end its own element`);
  }
  if (problems.length > 0) {
    console.error([...problems, "run `make web` and commit web/dist"].join("\n"));
    process.exitCode = 1;
  }
} finally {
  rmSync(built, { recursive: true, force: true });
}
