/**
 * The SDK's own HTTP client with an end to what it reads: a body is taken in piece by piece, unpacked, counted, and given up where
 * it is longer than any that Resource Manager writes. The SDK itself would keep all of it, and would wait for the rest of a packed
 * body whose connection is gone.
 */
import { defined } from "../core/defined.ts";
import type { HttpClient, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import type { Readable, Transform } from "node:stream";
import { notAzure } from "../core/advice/azure-error.ts";
import { requestLine } from "./failure.ts";

/** The longest list of a large subscription's sizes is a tenth of it. */
const MOST_BYTES = 64 * 1024 * 1024;

/** @param most bytes of a body, unpacked */
export const boundedClient = (client: HttpClient, most = MOST_BYTES): HttpClient => ({
  async sendRequest(request) {
    request.streamResponseStatusCodes = new Set([Number.POSITIVE_INFINITY]);
    // said to the server and not to the SDK, which would unpack without counting
    request.requestOverrides = {
      headers: { ...request.headers.toJSON({ preserveCase: true }), "Accept-Encoding": "gzip, deflate" },
    };
    const { readableStreamBody, ...response } = await client.sendRequest(request);
    const bodyAsText = readableStreamBody === undefined ? "" : await textOf(readableStreamBody as Readable, response, most);
    return { ...response, bodyAsText };
  },
});

// --- internal ---

async function textOf(stream: Readable, { request, headers }: PipelineResponse, most: number): Promise<string> {
  const { pipeline } = await import("node:stream/promises");
  const parts: Buffer[] = [];
  let size = 0;
  const take = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > most) throw notAzure(`${requestLine(request)}: more than ${most / 1024 / 1024} MiB`);
      parts.push(chunk);
    }
  };
  const unpack = await unpacking(headers.get("content-encoding"), request);
  const signal = request.abortSignal as AbortSignal | undefined;
  const until = defined({ signal });
  try {
    await (unpack === undefined ? pipeline(stream, take, until) : pipeline(stream, unpack, take, until));
  } catch (error) {
    throw cut(error, request);
  }
  return Buffer.concat(parts).toString("utf8");
}

async function unpacking(encoding: string | undefined, request: PipelineRequest): Promise<Transform | undefined> {
  if (encoding === undefined || encoding === "" || encoding === "identity") return undefined;
  const { createGunzip, createInflate } = await import("node:zlib");
  if (encoding === "gzip") return createGunzip();
  if (encoding === "deflate") return createInflate();
  throw notAzure(`${requestLine(request)}: it is packed as ${encoding}`);
}

/** A body that ends too soon, packed or not, is a connection that was reset. */
function cut(error: unknown, request: PipelineRequest): unknown {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== "string" || !/^(ERR_STREAM_PREMATURE_CLOSE|ECONNRESET|Z_BUF_ERROR)$/.test(code))
    return typeof code === "string" && code.startsWith("Z_")
      ? notAzure(`${requestLine(request)}: it cannot be unpacked`, 502)
      : error;
  return Object.assign(new Error("the answer was cut off", { cause: error }), { code: "ECONNRESET" });
}
