/**
 * The simulation on a socket, for programs that are not ours: any ARM path works, and operation URLs carry this server's
 * origin. For loopback and rehearsals only: any Authorization header is taken for a sign-in.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ClusterError } from "../core/errors.ts";
import type { Simulation } from "./simulation.ts";

export interface ServeOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly host?: string;
}

export interface Served {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

type Answering = Pick<Simulation, "handle">;

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/** @throws ClusterError when the host is not loopback, or the port is taken */
export async function serve(simulation: Answering, { port, host = "127.0.0.1" }: ServeOptions): Promise<Served> {
  if (!LOOPBACK.has(host)) {
    throw new ClusterError("EmulateHost", `The simulation is served on loopback only, not on ${host}.`, {
      advice: "Use 127.0.0.1.",
    });
  }
  const name = host.includes(":") ? `[${host}]` : host;
  let url = "";
  const server: Server = createServer((request, response) => {
    answerOn(simulation, url, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new ClusterError("EmulatePort", `Cannot listen on ${name}:${port}.`, { cause, advice: "Choose another port." })),
    );
    server.listen(port, host, resolve);
  });
  url = `http://${name}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answerOn(
  simulation: Answering,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableEnded) gone.abort(new Error("The client has gone away."));
  });
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) headers[name] = String(value);
  try {
    const given = await simulation.handle({
      method: request.method ?? "GET",
      url: origin + (request.url ?? "/"),
      headers,
      signal: gone.signal,
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks).toString("utf8") }),
    });
    response.writeHead(given.status, { ...given.headers, "content-length": Buffer.byteLength(given.body ?? "") });
    response.end(request.method === "HEAD" ? undefined : given.body);
  } catch {
    // A fault that resets does so on the wire as well.
    request.socket.destroy();
  }
}
