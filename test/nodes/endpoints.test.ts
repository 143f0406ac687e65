import { createServer, type RequestListener } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { realClock as clock } from "../../src/cli/world.ts";
import { deisProbes, probeEndpoints, type EndpointProbe } from "../../src/nodes/endpoints.ts";

const closing: (() => Promise<unknown>)[] = [];

describe("endpoints seen from outside", () => {
  afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

  const server = async (listener: RequestListener): Promise<number> => {
    const made = createServer(listener);
    await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
    closing.push(() => new Promise((resolve) => (made.close(resolve), made.closeAllConnections())));
    return (made.address() as { port: number }).port;
  };
  const answer =
    (status: number): RequestListener =>
    (request, response) =>
      response.writeHead(request.url === "/health-check" ? status : 404).end();
  const silent: RequestListener = () => undefined;

  test.each<[string, RequestListener | undefined, EndpointProbe["protocol"], boolean, string, RegExp]>([
    ["a healthy router", answer(200), "http", true, "answering", /is healthy/],
    ["a router without routes", answer(503), "http", true, "answering", /says 503/],
    ["an open TCP port", silent, "tcp", true, "answering", /answers/],
    ["a rule without a healthy node", silent, "http", true, "open", /nothing listening yet/],
    ["a rule, refused", undefined, "tcp", true, "open", /nothing listening yet/],
    ["no rule, silence", silent, "http", false, "closed", /look alike/],
    ["no rule, refused", undefined, "tcp", false, "closed", /refuses/],
  ])("%s", async (_, listener, protocol, opened, state, text) => {
    const port = listener === undefined ? await closedPort() : await server(listener);
    const probe = { host: "127.0.0.1", port, protocol, opened, ...(protocol === "http" && { path: "/health-check" }) };
    const [found] = await probeEndpoints([probe], { clock, timeoutMs: 500 });
    expect(found).toMatchObject({ port, state, text: expect.stringMatching(text) });
  });

  test("Deis has three, two without https", () => {
    expect(deisProbes("h", true).map(({ port, protocol, path }) => [port, protocol, path])).toEqual([
      [80, "http", "/health-check"],
      [443, "tcp", undefined],
      [2222, "tcp", undefined],
    ]);
    expect(deisProbes("h", false).map(({ port }) => port)).toEqual([80, 2222]);
  });

  test("an interruption rejects with its reason", async () => {
    const port = await server(silent);
    const probe = { host: "127.0.0.1", port, protocol: "http" as const, path: "/", opened: true };
    await expect(probeEndpoints([probe], { clock, signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
  });

  const closedPort = async (): Promise<number> => {
    const port = await server(silent);
    await closing.pop()?.();
    return port;
  };
});
