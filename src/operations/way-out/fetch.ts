/** Reads one address by GET, over the agents that everything goes through: Node's own `fetch` knows neither them nor a proxy. */
import http, { type Agent } from "node:http";
import https from "node:https";
import { Readable } from "node:stream";

/** What of the global `fetch` is used. A redirection is an error. */
export type Fetch = (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;

/** @param agentOf of an address */
export const fetchWith =
  (agentOf: (address: string) => Agent): Fetch =>
  (url, { signal }) =>
    new Promise((resolve, reject) => {
      const { get } = url.startsWith("https:") ? https : http;
      const asked = get(url, { agent: agentOf(url), signal, headers: { "user-agent": "azure-coreos-cluster" } }, (answer) => {
        const { statusCode: status = 0 } = answer;
        if (status >= 200 && status < 600 && !REDIRECTS.has(status)) return resolve(responseOf(status, answer));
        answer.destroy();
        return reject(new Error(`the answer is ${status}, which leads elsewhere`));
      });
      asked.once("error", reject);
    });

// --- internal ---

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Answers that have no body. */
const EMPTY = new Set([204, 205, 304]);

function responseOf(status: number, answer: http.IncomingMessage): Response {
  if (!EMPTY.has(status)) return new Response(Readable.toWeb(answer) as ReadableStream, { status });
  answer.resume();
  return new Response(null, { status });
}
