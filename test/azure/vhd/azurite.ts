/**
 * A real Azurite on a port of its own, and a gate in front of it that counts requests and can hold, drop or answer them. Azurite is no
 * dependency of the project: it is taken from AZURITE_BIN (a file azurite-blob), PATH, or where Node finds the package.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { realpathSync } from "node:fs";
import { createServer, type IncomingMessage, request, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { long } from "../../long.ts";
import { find } from "../../programs.ts";

/** Where Azurite's blob service is; says once what to install when it is nowhere, and nothing where it is not asked for. */
export const azurite = ((): string | undefined => {
  if (!long) return undefined;
  const named = process.env["AZURITE_BIN"] ?? find("azurite-blob");
  if (named !== undefined) return realpathSync(named);
  try {
    return createRequire(import.meta.url).resolve("azurite/dist/src/blob/main.js");
  } catch {
    console.error("skipped: tests that need Azurite (npm install -g azurite, or set AZURITE_BIN to its azurite-blob)");
    return undefined;
  }
})();

export interface Seen {
  method: string;
  /** `comp=page` and the like. */
  query: string;
  headers: IncomingMessage["headers"];
}

export interface Gate {
  /** Of the account, as in a path-style URL: `http://127.0.0.1:PORT/devstoreaccount1`. */
  account: string;
  seen: Seen[];
  /** Put Page requests that came since the last `seen.length = 0`, as [offset, length]. */
  puts(): [number, number][];
  /** Called before a request goes on to Azurite: resolve to let it pass, true when it was answered or is to be forgotten. */
  rule: (seen: Seen, response: ServerResponse) => Promise<boolean> | boolean;
  close(): Promise<void>;
}

/** @returns the port of the one Azurite of this process. The version check is off, since the SDK may be newer than the newest Azurite. */
export const azuritePort = (): Promise<number> => (started ??= start()).then(({ port }) => port);

export async function endAzurite(): Promise<void> {
  const one = started;
  started = undefined;
  await (await one)?.stop();
}

let started: ReturnType<typeof start> | undefined;

async function start(): Promise<{ port: number; stop: () => Promise<void> }> {
  const flags = [
    "--blobHost",
    "127.0.0.1",
    "--blobPort",
    "0",
    "--inMemoryPersistence",
    "--skipApiVersionCheck",
    "--silent",
    "--disableTelemetry",
  ];
  const child = spawn(process.execPath, [azurite ?? "", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  return { port: await portOf(child), stop: () => end(child) };
}

async function portOf(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error("no output");
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /successfully listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error("Azurite ended before it listened");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** Opens a gate before Azurite; over https with `tls`. */
export async function openGate(port: number, tls?: { key: string; cert: string }): Promise<Gate> {
  const listener: RequestListener = (incoming, response) => void pass(incoming, response);
  const server: Server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const gate: Gate = {
    account: `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}/devstoreaccount1`,
    seen: [],
    puts: () => gate.seen.filter(({ query }) => query.includes("comp=page") && !query.includes("pagelist")).map(rangeOf),
    rule: () => false,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = { method: incoming.method ?? "", query: (incoming.url ?? "").split("?")[1] ?? "", headers: incoming.headers };
    const body: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => body.push(chunk));
    const whole = once(incoming, "end").then(
      () => true,
      () => false,
    );
    gate.seen.push(seen);
    if ((await gate.rule(seen, response)) || !(await whole)) return;
    const { method, url, headers } = incoming;
    const onward = request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    onward.end(Buffer.concat(body));
  }
  return gate;
}

function rangeOf({ headers }: Seen): [number, number] {
  const [, from, to] = /bytes=(\d+)-(\d+)/.exec(String(headers["x-ms-range"] ?? headers.range)) ?? [];
  return [Number(from), Number(to) - Number(from) + 1];
}
