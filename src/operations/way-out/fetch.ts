/** Reads one address by GET, over the agents that everything goes through: Node's own `fetch` knows neither them nor a proxy. */
import http, { type Agent } from "node:http";
import https from "node:https";
import { Readable } from "node:stream";
import { abortable } from "../../engine/abortable.ts";

/** What of the global `fetch` is used. A redirection is an error. */
export type Fetch = (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;

/**
 * @param agentOf of an address
 * @param proxyOf how the proxy of an address is called; undefined where there is none
 */
export const fetchWith =
  (agentOf: (address: string) => Agent, proxyOf: (address: string) => string | undefined): Fetch =>
  (url, { signal }) => {
    const answered = new Promise<Response>((resolve, reject) => {
      const { get } = url.startsWith("https:") ? https : http;
      const asked = get(url, { agent: agentOf(url), signal, headers: { "user-agent": "azure-coreos-cluster" } }, (answer) => {
        const { statusCode: status = 0 } = answer;
        const proxy = status === PROXY_AUTHENTICATION ? proxyOf(url) : undefined;
        if (proxy === undefined && status >= 200 && status < 600 && !REDIRECTS.has(status))
          return resolve(responseOf(status, answer));
        answer.destroy();
        return reject(
          proxy === undefined
            ? new Error(`the answer is ${status}, which leads elsewhere`)
            : wantsSignIn(proxy, answer.headers["proxy-authenticate"]),
        );
      });
      asked.once("error", reject);
    });
    // a request that waits for a proxy has no socket yet, and its abort would be told by none
    return abortable(answered, signal);
  };

/**
 * What a proxy's 407 says, as an error with a code of the advice table.
 * @param offered the ways of signing in that it takes (Proxy-Authenticate): a password helps where Basic is one of them, or none is named
 */
export function wantsSignIn(proxy: string, offered = ""): Error {
  const others = OTHER_SIGN_INS.filter((one) => new RegExp(`\\b${one}\\b`, "i").test(offered));
  const [code, what] =
    others.length === 0 || /\bBasic\b/i.test(offered)
      ? ["ProxyAuthenticationRequired", "a user name and a password"]
      : ["ProxySignInUnsupported", `a sign-in by ${others.join(" or ")}`];
  return Object.assign(new Error(`the proxy ${proxy} wants ${what} (407)`), { code });
}

// --- internal ---

/** What a proxy alone answers. */
const PROXY_AUTHENTICATION = 407;

const OTHER_SIGN_INS = ["Negotiate", "Kerberos", "NTLM", "Digest"];

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Answers that have no body. */
const EMPTY = new Set([204, 205, 304]);

function responseOf(status: number, answer: http.IncomingMessage): Response {
  if (!EMPTY.has(status)) return new Response(Readable.toWeb(answer) as ReadableStream, { status });
  answer.resume();
  return new Response(null, { status });
}
