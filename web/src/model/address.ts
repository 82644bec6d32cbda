/** What the page shows, as the part of its address behind `#`: an address can be sent to somebody. */

import type { Alignment } from "./comparison";
import type { Range } from "./range";
import { NOTHING, type Selection } from "./selection";

/** Everything that an address holds. */
export interface Address {
  /** Null: the current run, or the newest. */
  runId: string | null;
  range: Range | null;
  selection: Selection;
  compareWith: string | null;
  alignment: Alignment;
  latencyView: "percentiles" | "heatmap";
  isLogScale: boolean;
  sort: string | null;
  search: string;
}

/** The address without anything behind `#`. */
export const PLAIN_ADDRESS: Address = {
  runId: null,
  range: null,
  selection: NOTHING,
  compareWith: null,
  alignment: "start",
  latencyView: "percentiles",
  isLogScale: false,
  sort: null,
  search: "",
};

/** Reads an address; what makes no sense is left out. */
export function readAddress(hash: string): Address {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const [fromS, toS] = [Number(fields.get("from") ?? Number.NaN), Number(fields.get("to") ?? Number.NaN)];
  const isRange = Number.isSafeInteger(fromS) && Number.isSafeInteger(toS) && fromS < toS;
  const endpoints = fields.getAll("endpoint");
  const workers = fields.getAll("worker");
  let selection = NOTHING;
  if (endpoints.length > 0) selection = { kind: "endpoint", keys: endpoints };
  else if (workers.length > 0) selection = { kind: "worker", keys: workers };
  return {
    runId: fields.get("run"),
    range: isRange ? { fromS, toS } : null,
    selection,
    compareWith: fields.get("compare"),
    alignment: fields.get("align") === "spawned" ? "spawned" : "start",
    latencyView: fields.get("view") === "heatmap" ? "heatmap" : "percentiles",
    isLogScale: fields.get("log") === "1",
    sort: fields.get("sort"),
    search: fields.get("search") ?? "",
  };
}

/** Writes an address, with its `#`; empty if it is the plain one. */
export function writeAddress(address: Address): string {
  const fields = new URLSearchParams();
  if (address.runId !== null) fields.set("run", address.runId);
  if (address.range !== null) {
    fields.set("from", String(address.range.fromS));
    fields.set("to", String(address.range.toS));
  }
  if (address.selection.kind !== "all")
    for (const key of address.selection.keys) fields.append(address.selection.kind, key);
  if (address.compareWith !== null) fields.set("compare", address.compareWith);
  if (address.alignment !== "start") fields.set("align", address.alignment);
  if (address.latencyView !== "percentiles") fields.set("view", address.latencyView);
  if (address.isLogScale) fields.set("log", "1");
  if (address.sort !== null) fields.set("sort", address.sort);
  if (address.search !== "") fields.set("search", address.search);
  const text = fields.toString();
  return text === "" ? "" : `#${text}`;
}
