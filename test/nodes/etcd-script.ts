/** An etcd that answers as a test says, in this process and without a socket: its HTTP runs over a pair of streams. */
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { duplexPair } from "node:stream";
import type { Clock } from "../../src/core/clock.ts";
import { ClusterError } from "../../src/core/errors.ts";
import type { Connection } from "../../src/nodes/connection.ts";
import type { ExecResult } from "../../src/nodes/command.ts";
import type { NodeTarget } from "../../src/nodes/target.ts";
import { nodeTarget } from "./target.ts";

export interface Answer {
  readonly status?: number;
  /** JSON, or text as it is. */
  readonly body?: unknown;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** The node that was asked. */
  readonly node: string;
}

/** What is said to a request: an answer, "silence", or an error that the tunnel fails with. */
export type Script = (asked: Asked) => Answer | "silence" | "hang up" | Error;

/** Time that jumps over waits of half a second, and stands still for limits unless they are to pass. */
export function jumpingClock({ limits = false }: { limits?: boolean } = {}): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason as Error);
        if (ms <= 1000 || limits)
          setImmediate(() => {
            if (signal?.aborted === true) return reject(signal.reason as Error);
            now += ms;
            resolve();
          });
        else signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      }),
  };
}

export const lostConnection = (): ClusterError => new ClusterError("ConnectionLost", "lost", { source: "node" });

/** Who asked may go away before all of it was heard. */
export function unlessAborted(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
}

export interface ScriptedNode {
  readonly connection: Connection;
  readonly asked: Asked[];
}

export function scriptedNode(
  name: string,
  script: Script,
  { exec, ...target }: Partial<NodeTarget> & { exec?: (command: string) => Promise<ExecResult> } = {},
): ScriptedNode {
  const asked: Asked[] = [];
  const server = createServer((request, response) => void hear(request, response).catch(unlessAborted));
  async function hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const one: Asked = {
      method: request.method ?? "",
      path: request.url ?? "",
      body: text === "" ? undefined : JSON.parse(text),
      node: name,
    };
    asked.push(one);
    const said = script(one);
    if (said === "silence") return;
    if (said === "hang up" || said instanceof Error) return void request.socket.destroy();
    const { status = 200, body = {} } = said;
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
  }
  return {
    asked,
    connection: {
      target: { ...nodeTarget(22, { hostKeys: [], privateKey: "" }), name, ...target },
      hostKey: "",
      exec: exec ?? (() => Promise.reject(new Error("nothing to run"))),
      stream: () => Promise.reject(new Error("nothing to run")),
      open: () => Promise.reject(new Error("nothing to open")),
      forward: () => {
        const said = script({ method: "CONNECT", path: "", body: undefined, node: name });
        if (said instanceof Error) return Promise.reject(said);
        const [ours, theirs] = duplexPair();
        server.emit("connection", theirs);
        return Promise.resolve(ours);
      },
      alive: () => true,
      close: () => undefined,
    },
  };
}
