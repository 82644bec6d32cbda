/** The installed program: Debian knows no such package, so it is that of the checkout, or LOCUST_TELEMETRY names another. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const COMMAND = process.env.LOCUST_TELEMETRY ?? join(import.meta.dirname, "../../../.venv/bin/locust-telemetry");
const LOCUSTFILE = join(import.meta.dirname, "locustfile.py");

/** A folder with a run store, and what writes and serves it. */
export class Program {
  readonly folder = mkdtempSync(join(tmpdir(), "server-"));
  private readonly children: ChildProcess[] = [];
  private readonly shop: Server;
  private payments = 0;

  constructor() {
    if (!existsSync(COMMAND))
      throw new Error(`no program at ${COMMAND}: \`make setup\` installs it, or set LOCUST_TELEMETRY`);
    this.shop = createServer((request, response) => {
      if (request.url === "/pay") this.payments += 1;
      const isRefused = request.url === "/pay" && this.payments % 10 === 0;
      setTimeout(() => response.writeHead(isRefused ? 503 : 200).end("ok"), 2 + Math.random() * 20);
    });
  }

  /** Starts a real run of so many seconds; answers the address of its page and when it is over. */
  async run(seconds: number): Promise<{ url: string; ended: Promise<void> }> {
    await new Promise<void>((resolve) => this.shop.listen(0, "127.0.0.1", resolve));
    const port = await freePort();
    const child = this.start([
      ...["run", "-f", LOCUSTFILE, "--headless", "-u", "4", "-r", "4", "-t", `${seconds}s`, "--testplan", "shop"],
      ...["--host", `http://127.0.0.1:${(this.shop.address() as AddressInfo).port}`],
      ...["--lt-store", this.store, "--lt-web-port", String(port)],
    ]);
    const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
    const url = `http://127.0.0.1:${port}/`;
    await answers(url);
    return { url, ended };
  }

  /** Serves the page of all runs in the store; answers its address. */
  async serve(): Promise<string> {
    const port = await freePort();
    this.start(["serve", "--port", String(port), "--store", this.store]);
    const url = `http://127.0.0.1:${port}/`;
    await answers(url);
    return url;
  }

  /** What a command on the store prints. */
  async ask(...words: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(COMMAND, [...words, "--store", this.store]);
    return stdout;
  }

  async close(): Promise<void> {
    for (const child of this.children) child.kill();
    this.shop.closeAllConnections();
    await new Promise((resolve) => this.shop.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get store(): string {
    return join(this.folder, "runs.db");
  }

  private start(words: string[]): ChildProcess {
    const child = spawn(COMMAND, words, { cwd: this.folder, stdio: "ignore" });
    this.children.push(child);
    return child;
  }
}

async function freePort(): Promise<number> {
  const probe = createSocketServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Waits until somebody listens there. */
async function answers(url: string): Promise<void> {
  for (const until = Date.now() + 40_000; ; ) {
    const isThere = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isThere) return;
    if (Date.now() > until) throw new Error(`nobody listens at ${url}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
