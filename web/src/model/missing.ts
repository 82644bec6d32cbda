/** When workers were missing, and what that means for the figures; outputs say the same (`crates/report/src/missing.rs`). */

import { formatCount } from "./format";
import type { Range } from "./range";
import { WORKER_MISSING } from "./seconds";
import type { MissingRow } from "./wire";
import type { Workers } from "./workers";

/** Of so many of a worker's last seconds the busiest tells how fast it was. */
const PACE_SECONDS = 10;
/** For so many seconds a worker may have gone on after its last word. */
const UNTOLD_SECONDS = 2;
/** Locust does not expect anything of a worker in these states. */
const AWAY = new Set(["missing", "gone"]);

/** A stretch of time in which nothing came from a worker that was to make load. */
export interface Missing extends Range {
  sourceId: string;
  /** Whether it never told anything again. */
  isForGood: boolean;
  /** Whether other workers had its users from `toS` on. */
  isTakenOver: boolean;
  /** How many users it had before; null where it never told. */
  users: number | null;
  /** How many requests it may have made at most that nobody recorded. */
  requestsAtMost: number;
}

/** What was made out from the whole run, where its rows are not all here. */
export function missingFromRow(row: MissingRow): Missing {
  return {
    sourceId: row.worker,
    fromS: row.from_s,
    toS: row.to_s,
    isForGood: row.is_for_good,
    isTakenOver: row.is_taken_over,
    users: row.users,
    requestsAtMost: row.requests_at_most,
  };
}

/** All of them, the earliest first. */
export function missingWorkers(workers: Workers): Missing[] {
  const found = workers.missing().flatMap((id) => missingOf(workers, id));
  return found.sort((a, b) => a.fromS - b.fromS || a.sourceId.localeCompare(b.sourceId, "en", { numeric: true }));
}

function missingOf(workers: Workers, id: number): Missing[] {
  const { slotS } = workers;
  const found: Missing[] = [];
  const pace: number[] = [];
  let users: number | null = null;
  for (const [second, row] of workers.rowsOf(id)) {
    const last = found[found.length - 1];
    if (row.reasons & WORKER_MISSING) {
      if (last?.toS === second) last.toS += slotS;
      else {
        const requestsAtMost = Math.ceil(Math.max(0, ...pace) / slotS) * UNTOLD_SECONDS;
        const span = { fromS: second, toS: second + slotS };
        const sourceId = workers.nameOf(id);
        found.push({ ...span, sourceId, isForGood: true, isTakenOver: false, users, requestsAtMost });
      }
    } else if (!AWAY.has(row.state)) {
      if (last !== undefined) last.isForGood = false;
      users = row.users ?? users;
      pace.push(row.requests);
      if (pace.length > PACE_SECONDS) pace.shift();
    }
  }
  const last = found[found.length - 1];
  if (last?.isForGood && last.users !== null) {
    // Others have its users where all have no fewer than before. The end of the run leaves fewer.
    const before = workers.usersAt(last.fromS - slotS);
    last.isTakenOver = before > 0 && workers.usersAt(last.toS) >= before;
  }
  // Without users it made no load that could be missed. What a gap lost of one that came back, nobody knows.
  return found.filter(({ isForGood, users }) => !isForGood || users !== 0);
}

/** Who, when, and what it means. */
export function missingInWords(missing: Missing, timeOfDay: (second: number) => string): string {
  const { sourceId, fromS, toS, isForGood, isTakenOver, users, requestsAtMost } = missing;
  const whose = users === null || users === 0 ? "its users" : `its ${formatCount(users)} user${users === 1 ? "" : "s"}`;
  if (!isForGood) {
    const when = `from ${timeOfDay(fromS)} to ${timeOfDay(toS)}`;
    return `${sourceId} was missing ${when}; what ${whose} did then may not be recorded`;
  }
  const unrecorded = requestsAtMost > 0 ? `, up to ${formatCount(requestsAtMost)} requests may not be recorded` : "";
  const until = isTakenOver ? ` until others had them at ${timeOfDay(toS)}` : "";
  return `${lossInBrief(missing, timeOfDay)}; ${whose} stopped making load${until}${unrecorded}`;
}

/** Who and when. */
export function lossInBrief({ sourceId, fromS }: Missing, timeOfDay: (second: number) => string): string {
  return `${sourceId} was lost at ${timeOfDay(fromS)}`;
}
