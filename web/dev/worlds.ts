/** Sets of runs that the development server can serve. */

import type { RunRow } from "../src/model/wire";
import { Archive } from "./archive";
import { mix, uniforms } from "./random";
import { brief, hostile, large, type Scenario, shop } from "./scenario";
import { DevServer } from "./server";

/** A run that goes on: its past is there, and so is the second that comes next. */
export function running(scenario: Scenario, startS: number): Archive {
  const archive = new Archive(scenario, startS);
  for (let t = 0; t < scenario.seconds; t += 1) archive.addSecond(true);
  archive.seal(archive.nextS - 75);
  return archive;
}

/** A run that ended. */
export function ended(scenario: Scenario, startS: number): Archive {
  const archive = new Archive(scenario, startS);
  for (let t = 0; t < scenario.seconds; t += 1) archive.addSecond(false);
  archive.end();
  return archive;
}

/** Rows of older runs. */
function history(nowS: number, count: number): RunRow[] {
  return Array.from({ length: count }, (_, place) => {
    const uniform = uniforms(mix(place, 11));
    const startS = nowS - (place + 2) * 41_000;
    const requests = Math.round(180_000 + uniform() * 90_000);
    const p50 = 33 + uniform() * 6 + (place < 4 ? 5 : 0);
    return {
      run_id: (mix(place, 3).toString(16) + mix(place, 4).toString(16)).slice(0, 12),
      testplan: place % 4 === 3 ? "catalogue-soak" : "checkout-load",
      state: place === 5 ? "cut off" : "ended",
      started_unix_ns: startS * 1e9,
      ended_unix_ns: (startS + 600) * 1e9,
      first_s: startS,
      last_s: startS + 599,
      users_max: 400,
      requests,
      failures: Math.round(requests * 0.002 * uniform()),
      p50_ms: p50,
      p95_ms: p50 * 3.4,
      p99_ms: p50 * (6 + uniform() * 3),
      max_ms: p50 * 40,
      suspect_seconds: place % 6 === 0 ? 14 : 0,
      notes: place === 2 ? "before the new connection pool" : null,
      labels: { env: "staging" },
    };
  });
}

/** The names of {@link world}. */
export const WORLDS = [
  "healthy",
  "slow",
  "failing",
  "saturated",
  "empty",
  "ended",
  "hostile",
  "large",
  "brief",
] as const;
export type World = (typeof WORLDS)[number];

/** A server with one situation: the run that is looked at, and an earlier one of the same plan. */
export function world(name: World, nowS = Math.floor(Date.now() / 1000)): DevServer {
  const earlier = ended(shop({ runId: "5d20b1e07a44", seconds: 300, seed: 8 }), nowS - 7200);
  const rows = history(nowS, 40);
  const runId = "7f3a91c2d5e8";
  switch (name) {
    case "large":
      return new DevServer([Archive.packedRun(large(runId, 500, 3600), nowS - 3700)], rows);
    case "brief": {
      const before = ended(brief({ runId: "39370c9a0b1c", seed: 21 }), nowS - 300);
      return new DevServer([ended(brief({ runId: "affbd2a4d5e6", seed: 22, slowFrom: 12 }), nowS - 100), before], rows);
    }
    case "hostile":
      return new DevServer([ended(hostile(runId), nowS - 100)], rows);
    case "empty":
      return new DevServer([new Archive(shop({ runId, seconds: 0, seed: 9 }), nowS), earlier], rows);
    case "ended":
      return new DevServer(
        [ended(shop({ runId, seconds: 300, seed: 9, trouble: "slow", factor: 1.05 }), nowS - 400), earlier],
        rows,
      );
    default: {
      const trouble = name === "healthy" ? "none" : name;
      return new DevServer(
        [running(shop({ runId, seconds: 252, seed: 9, trouble, from: 180 }), nowS - 252), earlier],
        rows,
      );
    }
  }
}
