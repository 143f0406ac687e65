/**
 * Every answer is looked at once, here, where it comes in: it is JSON, of the shape that is due, about what was asked for. What is
 * behind believes it. An answer that is none has a request's name in its error, and what is wrong with it.
 */
import type { PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import { AzureError, notAzure } from "../core/advice/azure-error.ts";
import { type Expected, OPERATION, expectedOf } from "./answer-shapes.ts";
import { requestLine } from "./failure.ts";
import { maySayOtherwise, putPlainly } from "./plain-answer.ts";
import { isList, misfit } from "./shape.ts";

/**
 * @param passing it may be a gateway's trouble: the same request may be answered well a little later
 * @returns the body; undefined where there is none. The SDK reads the response: what was put plainly is so there, too
 * @throws AzureError EmptyAnswer, UnreadableAnswer
 */
export function readAnswer(request: PipelineRequest, response: PipelineResponse, passing: () => boolean): unknown {
  const { method, url } = request;
  const { status, bodyAsText } = response;
  const strange = (why: string): AzureError => notAzure(`${requestLine(request)}: ${why}`);
  const expected = expectedOf(method, url);
  if (!expected.statuses.includes(status)) throw strange(`the status is ${status}`);
  if (isCutShort(request, response))
    throw new AzureError("EmptyAnswer", "Azure answered with nothing in it", { status: 502, cause: requestLine(request) });
  const text = bodyAsText?.trim() ?? "";
  if (text === "") return undefined;
  const body = parsed(text);
  if (body === undefined || isShapeless(body, request, expected))
    throw notAzure(`${requestLine(request)}: it is ${body === undefined ? "no JSON" : "no object"}`, passing() ? 502 : undefined);
  if (body === null || method === "DELETE") return body;
  const wrong = misfit(body, expected.shape) ?? elsewhere(body, expected);
  if (wrong !== undefined) throw strange(wrong);
  if (maySayOtherwise(text) && putPlainly(body, expected.shape)) response.bodyAsText = JSON.stringify(body);
  return body;
}

// --- internal ---

/**
 * What was read or written is in the answer, always, but for an operation's; the SDK would read properties of what is not there. As
 * good as a gateway's 502: whether Azure acted is then to be seen.
 */
const isCutShort = ({ method, url }: PipelineRequest, { status, bodyAsText }: PipelineResponse): boolean =>
  !bodyAsText && /^(GET|PUT|PATCH|POST)$/.test(method) && (status === 200 || status === 201) && !OPERATION.test(url);

/** Resources, lists and operations are objects; only the catalogue of images answers with arrays, and an operation with null. */
function isShapeless(body: unknown, { method, url }: PipelineRequest, { shape }: Expected): boolean {
  if (method === "DELETE") return false;
  if (body === null) return !OPERATION.test(url);
  return typeof body !== "object" || Array.isArray(body) !== isList(shape);
}

/** An answer about another resource than was asked about, or a list of what is not in the place that was listed. */
function elsewhere(body: object, { id, list }: Expected): string | undefined {
  if (id === undefined) return undefined;
  if (list !== true) return idOf(body) === id ? undefined : `it is about ${idOf(body).slice(0, 200)}`;
  const stray = (body as { value: object[] }).value.find((one) => !idOf(one).startsWith(id));
  return stray === undefined ? undefined : `${idOf(stray).slice(0, 200)} is in it`;
}

const idOf = (resource: object): string => ((resource as { id?: string }).id ?? "").toLowerCase().replace(/\/+$/, "");

/** Undefined for what is no JSON, and for JSON that nobody writes who means well. */
function parsed(text: string): unknown {
  if (!isModest(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** ARM's own go some fifteen deep; what reads a body goes down with it. */
const DEPTH = 100;
/** A body of 64 MiB that is nothing but brackets would be gigabytes of objects. */
const OBJECTS = 5_000_000;

function isModest(text: string): boolean {
  let [depth, objects, quoted] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) quoted = false;
    } else if (code === QUOTE) quoted = true;
    else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      depth++;
      objects++;
      if (depth > DEPTH || objects > OBJECTS) return false;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth--;
  }
  return true;
}

const [QUOTE, BACKSLASH, OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [34, 92, 123, 125, 91, 93];
