/** What is read has an end: over real sockets, from servers that do not stop, pack too well, stop too soon or never begin. */
import { type HttpClient, createDefaultHttpClient, createPipelineRequest } from "@azure/core-rest-pipeline";
import { type RequestListener, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { constants, deflateSync, gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { boundedClient } from "../../src/azure/bounded.ts";
import { failure } from "../../src/azure/failure.ts";

const MIB = 1024 * 1024;

async function serving(answer: RequestListener): Promise<string> {
  const server = createServer({ maxHeaderSize: MIB }, answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/subscriptions/s?sig=secret`;
}

async function asked(answer: RequestListener, signal?: AbortSignal, client?: HttpClient): Promise<string> {
  const url = await serving(answer);
  const request = createPipelineRequest({
    url,
    allowInsecureConnection: true,
    ...(signal === undefined ? {} : { abortSignal: signal }),
  });
  try {
    return (await (client ?? boundedClient(createDefaultHttpClient(), MIB)).sendRequest(request)).bodyAsText ?? "";
  } catch (error) {
    throw failure(error);
  }
}

const TOO_LONG = {
  code: "UnreadableAnswer",
  status: undefined,
  message: "the answer is not Azure Resource Manager's (GET /subscriptions/s: more than 1 MiB)",
};

test("a body without an end is given up, and its connection with it", async () => {
  let sent = 0;
  const closed = Promise.withResolvers<void>();
  const more: RequestListener = (_, response) => {
    response.once("close", closed.resolve);
    const write = (): void => {
      while (!response.destroyed && response.write("x".repeat(65_536))) sent += 65_536;
    };
    response.on("drain", write);
    write();
  };
  await expect(asked(more)).rejects.toMatchObject(TOO_LONG);
  await closed.promise;
  expect(sent).toBeLessThan(64 * MIB);
});

test.each([
  // members in a row are one text
  ["gzip", Buffer.concat(Array.from({ length: 256 }, () => gzipSync(Buffer.alloc(MIB), { level: 1 })))],
  ["deflate", deflateSync(Buffer.alloc(128 * MIB), { level: 1 })],
])("a little that unpacks to very much is given up at the same length: %s", async (encoding, packed) => {
  const before = process.memoryUsage().rss;
  await expect(asked((_, response) => response.setHeader("content-encoding", encoding).end(packed))).rejects.toMatchObject(
    TOO_LONG,
  );
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB);
});

test("what fits is read, packed or not, in whatever pieces it comes", async () => {
  const text = JSON.stringify({ word: "Zürich".repeat(10_000) });
  expect(await asked((_, response) => response.end(text))).toBe(text);
  expect(await asked((_, response) => response.setHeader("content-encoding", "gzip").end(gzipSync(text)))).toBe(text);
  expect(await asked((request, response) => response.end(JSON.stringify(request.headers["accept-encoding"])))).toBe(
    '"gzip, deflate"',
  );
  const bytes = Buffer.from("ü".repeat(50));
  expect(
    await asked((_, response) => {
      for (const byte of bytes) response.write(Buffer.of(byte));
      response.end();
    }),
  ).toBe("ü".repeat(50));
});

test.each([
  ["plain", {}, Buffer.from('{"value": [')],
  ["packed", { "content-encoding": "gzip" }, gzipSync("x".repeat(10_000), { finishFlush: constants.Z_SYNC_FLUSH })],
])("an answer whose connection ends within it is a connection that was reset: %s", async (_what, headers, begun) => {
  const cut: RequestListener = (_, response) => {
    response.writeHead(200, { ...headers, "content-length": "100000" });
    response.write(begun, () => response.destroy());
  };
  await expect(asked(cut)).rejects.toMatchObject({ code: "ECONNRESET" });
});

test("what says that it is packed and is not, or by another way, is no answer", async () => {
  const says = (encoding: string): Promise<string> =>
    asked((_, response) => response.setHeader("content-encoding", encoding).end("{}"));
  await expect(says("gzip")).rejects.toMatchObject({ code: "UnreadableAnswer", status: 502 });
  await expect(says("br")).rejects.toMatchObject({ code: "UnreadableAnswer" });
  await expect(says("gzip, gzip")).rejects.toMatchObject({ code: "UnreadableAnswer" });
  expect(await says("identity")).toBe("{}");
});

test("headers without an end are no answer", async () => {
  await expect(asked((_, response) => response.setHeader("x-long", "y".repeat(200_000)).end("{}"))).rejects.toMatchObject({
    code: "UnreadableAnswer",
  });
});

test.each(["identity", "gzip"])("an abort ends a body that drips, at once: %s", async (encoding) => {
  const abort = new AbortController();
  const drips: RequestListener = (_, response) => {
    response.writeHead(200, { "content-encoding": encoding });
    response.write(encoding === "gzip" ? gzipSync("{").subarray(0, 12) : "{", () => abort.abort(new Error("enough")));
  };
  await expect(asked(drips, abort.signal)).rejects.toThrow();
});
