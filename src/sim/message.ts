/** What crosses the seam: plain requests and answers, so that the SDK's HTTP client, a socket and a test look alike. */
export interface SimRequest {
  readonly method: string;
  /** Absolute; its origin is repeated in the operation URLs of the answer. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface SimAnswer {
  status: number;
  headers: Record<string, string>;
  body?: string;
}

/** One request with what became of it, for recordings and tests. `error` when no answer was given. */
export interface Exchange {
  readonly at: number;
  readonly ms: number;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly answer?: SimAnswer;
  readonly error?: string;
}

/** A request taken apart. Query names and header names are lower case. */
export interface Call {
  readonly method: string;
  readonly origin: string;
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string | undefined;
}

export function parseCall(request: SimRequest): Call {
  const url = new URL(request.url);
  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) query.set(name.toLowerCase(), value);
  const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method: request.method.toUpperCase(),
    origin: url.origin,
    path: decoded(url.pathname),
    query,
    headers,
    body: request.body === "" ? undefined : request.body,
  };
}

/** A path with a broken escape stays as it is: it will not be found. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export const answer = (status: number, body?: unknown, headers: Record<string, string> = {}): SimAnswer => ({
  status,
  headers: { ...(body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }), ...headers },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});
