/**
 * etcd's discovery service: asking for a URL, reading what a given one holds. The public one is dead, so nothing here is the
 * default: the tool bootstraps etcd from addresses that it chose. Answers of a service are checked, never trusted.
 */
import { defined } from "../core/defined.ts";
import { textUpTo } from "../core/text-up-to.ts";
import { ClusterError, EXIT, usageError } from "../core/errors.ts";
import { asksForUrl, tidyDiscoveryUrl } from "../core/user-data/discovery-url.ts";

export interface DiscoveryUrl {
  /** Without a slash at the end: what ETCD_DISCOVERY takes. */
  readonly url: string;
  readonly token: string;
}

/** How a discovery service is read: the run's way out, or a test's. A redirection is an error. */
export type DiscoveryFetch = (url: string, init: { signal: AbortSignal; redirect: "error" }) => Promise<Response>;

/** One that hangs must not hang the command; a healthy one answers in milliseconds. */
const DEADLINE_MS = 15_000;
/** A list of members. */
const MOST_BYTES = 1 << 20;
const DEAD = "discovery.etcd.io has answered 503 since June 2026 and is not coming back";
const DEFAULT_ADVICE =
  "Leave the discovery flags out: etcd is then started from the addresses of its members, and no service is needed.";

/** A service that is asked for a URL, as documentation writes it: `https://host/new?size=3`. */
export interface DiscoveryService {
  /** Without `/new`. */
  readonly address: string;
  /** What its query says; the number of members counts. */
  readonly size?: number;
}

/** The service of an address that ends in `/new`; undefined for the URL of a cluster. Throws usage errors. */
export function discoveryService(text: string): DiscoveryService | undefined {
  const url = webAddress(text, "The discovery service");
  if (!asksForUrl(url.href.replace(/#.*$/, ""))) return undefined;
  const size = url.searchParams.get("size");
  const strange = [...url.searchParams.keys()].find((key) => key !== "size");
  if (strange !== undefined || url.hash !== "" || (size !== null && !/^[1-9]\d{0,2}$/.test(size)))
    throw usageError(
      `The discovery service ${url.href} takes a size and nothing else after /new.`,
      "Give https://host/new; the number of members is asked for by itself.",
    );
  const address = `${url.origin}${url.pathname.slice(0, -"/new".length)}`;
  return { address, ...(size === null ? {} : { size: Number(size) }) };
}

/**
 * A new URL for a cluster of `size` members from `service` (`http://host:port`, with `/new` or without): GET /new?size=N. The original
 * gave no size, and so always got 3. Throws ClusterError `DiscoveryFailed`; rejects with the signal's reason when `signal` aborts.
 */
export async function newDiscoveryUrl(
  fetch: DiscoveryFetch,
  service: string,
  size: number,
  signal?: AbortSignal,
): Promise<string> {
  if (!Number.isInteger(size) || size < 1) throw usageError(`A discovery URL is for 1 or more members, not ${size}.`);
  const base = webAddress(service, "The discovery service");
  const address = discoveryService(service)?.address ?? `${base.origin}${base.pathname.replace(/\/+$/, "")}`;
  const { status, body } = await ask(fetch, `${address}/new?size=${size}`, signal);
  if (status !== 200) throw failed(base, `answered ${status} when asked for a new URL`);
  try {
    return parseDiscoveryUrl(body).url;
  } catch (cause) {
    throw failed(base, "answered with something that is no discovery URL", cause);
  }
}

/** `http(s)://any-host[:port]/[path/]token`, as `--discovery-service-url` takes it. Throws usage errors. */
export function parseDiscoveryUrl(text: string): DiscoveryUrl {
  const url = webAddress(text, "The discovery URL");
  const shown = url.href;
  const path = url.pathname.replace(/\/+$/, "");
  const token = path.slice(path.lastIndexOf("/") + 1);
  if (token === "" || token === "new")
    throw usageError(
      `The discovery URL ${shown} has no token.`,
      "Ask the service for one, curl 'URL/new?size=3', and give what it prints.",
    );
  if (!/^[\w.~-]+$/.test(token))
    throw usageError(`The token "${token}" of the discovery URL has characters that no service gives.`);
  if (url.search !== "" || url.hash !== "")
    throw usageError(`The discovery URL ${shown} must end with its token: no "?" and no "#".`);
  return { url: `${url.origin}${path}`, token };
}

/** How many members the URL waits for; undefined when the service knows no such token. Throws ClusterError `DiscoveryFailed`. */
export async function discoverySize(fetch: DiscoveryFetch, url: string, signal?: AbortSignal): Promise<number | undefined> {
  const answer = await read(fetch, url, "/_config/size", signal);
  if (answer === undefined) return undefined;
  const size = Number(answer.node?.value);
  if (!Number.isInteger(size) || size < 1) throw failed(new URL(url), `gave the size "${String(answer.node?.value)}"`);
  return size;
}

/** Who has registered: `name=http://address:2380` texts, in order; empty for an unused URL. */
export async function discoveryMembers(fetch: DiscoveryFetch, url: string, signal?: AbortSignal): Promise<string[]> {
  const answer = await read(fetch, url, "", signal);
  return (answer?.node?.nodes ?? [])
    .toSorted((a, b) => (a.createdIndex ?? 0) - (b.createdIndex ?? 0))
    .flatMap((node) => (typeof node.value === "string" ? [node.value] : []));
}

/** The part of etcd's v2 keys API that a discovery service answers with. */
interface KeysNode {
  readonly value?: unknown;
  readonly createdIndex?: number;
  readonly nodes?: readonly KeysNode[];
}

/** Of etcd's v2 API. */
const KEY_NOT_FOUND = 100;

async function read(
  fetch: DiscoveryFetch,
  url: string,
  below: string,
  signal: AbortSignal | undefined,
): Promise<{ node?: KeysNode } | undefined> {
  const { url: base } = parseDiscoveryUrl(url);
  const { status, body } = await ask(fetch, `${base}${below}`, signal);
  if (status !== 200 && status !== 404) throw failed(new URL(base), `answered ${status}`);
  try {
    const answer = JSON.parse(body) as { node?: KeysNode; errorCode?: unknown } | null;
    // a proxy's page says 404, too, and nothing of the URL
    if (status === 404 && answer?.errorCode === KEY_NOT_FOUND) return undefined;
    if (status === 200 && answer?.node !== undefined) return answer;
  } catch {
    // Said below: what answers is no discovery service.
  }
  throw failed(new URL(base), "gave an answer that is not of etcd's discovery protocol");
}

async function ask(
  fetch: DiscoveryFetch,
  url: string,
  signal: AbortSignal | undefined,
): Promise<{ status: number; body: string }> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  try {
    const response = await fetch(url, {
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      redirect: "error",
    });
    return { status: response.status, body: await textUpTo(response, MOST_BYTES) };
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw failed(
      new URL(url),
      deadline.aborted ? `did not answer within ${DEADLINE_MS / 1000} seconds` : `cannot be reached${because(cause)}`,
      cause,
    );
  }
}

/** In the words of the way out: a proxy that is not there is no fault of the service. */
const because = (cause: unknown): string => (cause instanceof Error && cause.message !== "" ? `: ${cause.message}` : "");

function webAddress(text: string, what: string): URL {
  const tidy = tidyDiscoveryUrl(text);
  if (tidy === undefined) throw usageError(`${what} must be an http or https URL, not "${text}".`, DEFAULT_ADVICE);
  const url = new URL(tidy);
  // It goes into user-data and onto every node: no place for a password.
  if (url.username !== "" || url.password !== "") throw usageError(`${what} must not hold a user name or password.`);
  return url;
}

function failed(url: URL, what: string, cause?: unknown): ClusterError {
  const why = url.hostname === "discovery.etcd.io" ? ` (${DEAD})` : "";
  return new ClusterError("DiscoveryFailed", `The discovery service ${url.origin} ${what}${why}.`, {
    advice: why === "" ? `Check the URL and the service. ${DEFAULT_ADVICE} ${DEAD}.` : DEFAULT_ADVICE,
    exit: EXIT.preflight,
    ...defined({ cause }),
  });
}
