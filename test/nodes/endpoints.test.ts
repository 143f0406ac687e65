import { createServer, type RequestListener } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { realClock as clock } from "../../src/operations/real-clock.ts";
import { probeEndpoints } from "../../src/nodes/endpoints.ts";

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

  test.each<[string, RequestListener | undefined, string | undefined, string, RegExp]>([
    ["a healthy router", answer(200), "/health-check", "answering", /is healthy/],
    ["a router without routes", answer(503), "/health-check", "answering", /says 503/],
    ["an open TCP port", silent, undefined, "answering", /answers/],
    ["no healthy node", silent, "/health-check", "open", /nothing listening yet/],
    ["refused", undefined, undefined, "open", /nothing listening yet/],
  ])("%s", async (_, listener, path, state, text) => {
    const port = listener === undefined ? await closedPort() : await server(listener);
    const probe = { host: "127.0.0.1", port, ...(path === undefined ? {} : { path }) };
    // what answers has the time that a busy machine needs
    const timeoutMs = listener === silent && path !== undefined ? 500 : 20_000;
    const [found] = await probeEndpoints([probe], { clock, timeoutMs });
    expect(found).toMatchObject({ port, state, text: expect.stringMatching(text) });
  });

  test.each([
    [["10.0.0.0/8"], /open from 10.0.0.0\/8 alone, and does not answer here/],
    [[], /not open: the security group lets nobody in/],
  ])("silent, and only %j may come", async (from, text) => {
    const probe = { host: "127.0.0.1", port: await closedPort(), from };
    const [found] = await probeEndpoints([probe], { clock });
    expect(found).toMatchObject({ state: "closed", text: expect.stringMatching(text) });
  });

  test("a host that there is not", async () => {
    const [found] = await probeEndpoints([{ host: "nowhere.invalid", port: 80 }], { clock, timeoutMs: 5000 });
    expect(found).toMatchObject({ state: "closed", text: expect.stringMatching(/does not answer \(E/) });
  });

  test("an interruption rejects with its reason", async () => {
    const port = await server(silent);
    const probe = { host: "127.0.0.1", port, path: "/" };
    await expect(probeEndpoints([probe], { clock, signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
  });

  const closedPort = async (): Promise<number> => {
    const port = await server(silent);
    await closing.pop()?.();
    return port;
  };
});
