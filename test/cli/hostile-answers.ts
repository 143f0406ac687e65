/** THE HOSTILE ANSWERS: what a server, a proxy or somebody in between may make of an answer of Azure's, a row a way. */
import type { PlainRequest, PlainResponse } from "../../src/azure/pipeline.ts";

export interface Hostile {
  readonly what: string;
  /** Undefined where the way has no meaning for this answer. */
  spoil(answer: PlainResponse, request: PlainRequest): PlainResponse | undefined;
}

/** Values that are of every wrong kind. */
const JUNK: readonly unknown[] = [5, -1, true, "x", "", {}, [], [1], [null], { x: { y: [] } }, null, "\u001B[31mred", 1e308];

const status = (code: number, body?: string): Hostile => ({
  what: `status ${code}${body === undefined ? "" : ` with ${body.slice(0, 20)}`}`,
  spoil: (answer) => ({ ...answer, status: code, ...(body === undefined ? {} : { body }) }),
});

const body = (text: string): Hostile => ({
  what: `the body ${text.slice(0, 40)}`,
  spoil: (answer) => ({ ...answer, body: text }),
});

const header = (name: string, value: string): Hostile => ({
  what: `the header ${name}: ${value}`,
  spoil: (answer) => ({ ...answer, headers: { ...answer.headers, [name]: value } }),
});

/** The body with one member replaced, where there is such a member. */
const member = (path: readonly (string | number)[], value: unknown): Hostile => ({
  what: `${path.join(".")} is ${JSON.stringify(value)?.slice(0, 40)}`,
  spoil(answer) {
    const copy = parsed(answer.body);
    if (copy === undefined || !put(copy, path, value)) return undefined;
    return { ...answer, body: JSON.stringify(copy) };
  },
});

const pages = (link: unknown): Hostile => ({
  what: `nextLink is ${JSON.stringify(link)}`,
  spoil(answer, request) {
    const copy: { value?: unknown } | undefined = parsed(answer.body);
    if (!Array.isArray(copy?.value)) return undefined;
    return { ...answer, body: JSON.stringify({ ...copy, nextLink: link === "itself" ? request.url : link }) };
  },
});

export const HOSTILE: readonly Hostile[] = [
  ...[
    201, 202, 203, 204, 206, 207, 226, 299, 300, 302, 304, 307, 400, 401, 403, 404, 405, 409, 410, 412, 418, 429, 500, 501, 503,
    599,
  ].map((code) => status(code)),
  ...[200, 204, 206, 404].map((code) => status(code, "")),
  ...[400, 404, 409, 500].flatMap((code) =>
    [
      "<html>no</html>",
      "null",
      "[]",
      "5",
      "{}",
      '{"error":5}',
      '{"error":{"code":5,"message":{}}}',
      '{"error":{"code":"A","message":"a","details":5}}',
    ].map((text) => status(code, text)),
  ),
  ...[
    "",
    " ",
    "null",
    "[]",
    "5",
    "true",
    '"text"',
    "{}",
    "{",
    "}{",
    "\u0000",
    "\uFEFF{}",
    "<html>",
    '{"value":',
    '{"value":null}',
    '{"value":{}}',
  ].map(body),
  ...[
    '{"value":[null]}',
    '{"value":[5]}',
    '{"value":[[]]}',
    '{"value":[{}]}',
    '{"value":[{"id":5}]}',
    '{"hello":"world"}',
    '{"status":5}',
  ].map(body),
  body("[".repeat(100_000)),
  body(`${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`),
  body('{"__proto__":{"id":"x"},"constructor":5}'),
  body(JSON.stringify({ status: "Failed" })),
  body(JSON.stringify({ status: "Failed", error: "because" })),
  body(JSON.stringify({ status: "Failed", error: { code: {}, message: 5 } })),
  body(JSON.stringify({ status: "Canceled", error: null })),
  ...[
    5,
    true,
    {},
    [],
    "",
    "nonsense",
    "http://",
    "//evil.example/x",
    "https://evil.example/x",
    "http://management.azure.com/x",
    "itself",
  ].map(pages),
  ...[
    "https://evil.example/x",
    "http://management.azure.com/x",
    "http://127.0.0.1:1/x",
    "",
    "nonsense",
    "::::",
    "/relative",
    "https://a:b@management.azure.com/x",
  ].flatMap((value) => [header("azure-asyncoperation", value), header("location", value), header("operation-location", value)]),
  ...["-1", "0", "abc", "1e999", "99999999999999999999", "Thu, 01 Jan 2099 00:00:00 GMT"].map((value) =>
    header("retry-after", value),
  ),
  ...["text/plain", "text/html", "application/octet-stream", ""].map((value) => header("content-type", value)),
  ...["id", "name", "type", "location", "etag", "tags", "properties", "sku", "zones", "managedBy", "status", "error"].flatMap(
    (name) => JUNK.map((value) => member([name], value)),
  ),
  ...["id", "name", "location", "tags", "properties"].flatMap((name) => JUNK.map((value) => member(["value", 0, name], value))),
  ...JUNK.flatMap((value) => [
    member(["properties", "provisioningState"], value),
    member(["value", 0, "properties", "provisioningState"], value),
    member(["tags", "aoc-cluster"], value),
    member(["value", 0, "tags", "managed-by"], value),
  ]),
];

/** Any member, at any depth, replaced by any junk; by two numbers that choose. */
export function anywhere(where: number, what: number): Hostile {
  return {
    what: `a member (${where}, ${what})`,
    spoil(answer) {
      const copy = parsed(answer.body);
      const paths = [...pathsOf(copy)];
      const path = paths[where % Math.max(1, paths.length)];
      if (path === undefined) return undefined;
      put(copy, path, JUNK[what % JUNK.length]);
      return { ...answer, body: JSON.stringify(copy) };
    },
  };
}

function parsed(text: string | undefined): object | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function put(root: unknown, path: readonly (string | number)[], value: unknown): boolean {
  let at = root as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) {
    const next = at[step];
    if (typeof next !== "object" || next === null) return false;
    at = next as Record<string | number, unknown>;
  }
  const last = path.at(-1) ?? "";
  if (!(last in at) && path.length > 1) return false;
  at[last] = value;
  return true;
}

function* pathsOf(value: unknown, at: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const here = [...at, Array.isArray(value) ? Number(key) : key];
    yield here;
    yield* pathsOf(inner, here);
  }
}
