/**
 * ARM's error envelope, as all that write one write it: `error` (or `odata.error`, whose message is an object) with `code`, `message`,
 * `details`; the same in capitals, as the end of a group's deletion is recorded; and with another service's whole answer as JSON text for a
 * message. Read into one shape here, so that nobody behind knows of more than one.
 */
import { defined } from "../core/defined.ts";

export interface ErrorBody {
  readonly code?: string;
  readonly message?: string;
  /** The id of what it is about. */
  readonly target?: string;
  readonly details?: readonly ErrorBody[];
  readonly innererror?: ErrorBody;
  /** What stands beside it under `additionalInfo`: which policy objected, and to what. */
  readonly info?: readonly Readonly<Record<string, unknown>>[];
}

/** Undefined for what is no envelope. */
export function errorBody(text: string | null | undefined): ErrorBody | undefined {
  if (!text || !/^\s*\{/.test(text)) return undefined;
  try {
    const body = members(JSON.parse(text));
    const found = read(body?.get("error") ?? body?.get("odata.error") ?? body, 0);
    return found?.code === undefined && found?.message === undefined ? undefined : found;
  } catch {
    return undefined;
  }
}

/** The message, and what the details say beside it: each with what it is about, when it does not say so itself. */
export function explained(body: ErrorBody | undefined): string | undefined {
  if (body?.message === undefined) return body?.code;
  const { message } = body;
  const more = (body.details ?? []).flatMap((detail) => {
    const said = explained(detail);
    return said === undefined || message.includes(said) ? [] : [about(detail.target, said)];
  });
  return [message, ...more].join(" ");
}

// --- internal ---

/** Of errors in errors; ARM's own go four deep. */
const DEPTH = 8;
const MOST_DETAILS = 100;

type Members = ReadonlyMap<string, unknown>;

/** By lower-case name. */
function members(value: unknown): Members | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]));
}

function read(value: unknown, depth: number): ErrorBody | undefined {
  const found = value instanceof Map ? (value as Members) : members(value);
  if (found === undefined || depth > DEPTH) return undefined;
  const message = textOf(found.get("message")) ?? textOf(members(found.get("message"))?.get("value"));
  // a service's whole answer, as text
  const quoted = errorBody(message);
  const code = codeOf(found.get("code")) ?? quoted?.code;
  const target = textOf(found.get("target")) ?? quoted?.target;
  const said = quoted?.message ?? message;
  const details = [
    ...list(found.get("details"), depth),
    ...(quoted?.details ?? []),
    ...(/policyAssignment/i.test(said ?? "") ? [] : listOf(found.get("additionalinfo")).flatMap(policyOf)),
  ];
  const innererror = read(found.get("innererror"), depth + 1) ?? quoted?.innererror;
  const info = listOf(found.get("additionalinfo")).flatMap(infoOf);
  return {
    ...defined({ code, message: said, target }),
    ...(details.length === 0 && !Array.isArray(found.get("details")) ? {} : { details }),
    ...defined({ innererror }),
    ...(info.length === 0 ? {} : { info }),
  };
}

const list = (value: unknown, depth: number): ErrorBody[] =>
  listOf(value)
    .slice(0, MOST_DETAILS)
    .flatMap((one) => {
      const body = read(one, depth + 1);
      return body?.code === undefined && body?.message === undefined ? [] : [body];
    });

/** A word for scripts. */
const codeOf = (value: unknown): string | undefined =>
  typeof value === "string" && /^[\x20-\x7e]{1,100}$/.test(value) ? value : undefined;

/** Some write a single one where a list is due. */
const listOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

function infoOf(value: unknown): Record<string, unknown>[] {
  const info = members(value)?.get("info");
  return typeof info === "object" && info !== null ? [{ ...info }] : [];
}

/** Which policy forbids it stands beside the message, in the words that older answers have in theirs. */
function policyOf(value: unknown): ErrorBody[] {
  const found = members(value);
  const info = members(found?.get("info"));
  const name = textOf(info?.get("policyassignmentdisplayname")) ?? textOf(info?.get("policyassignmentname"));
  if (textOf(found?.get("type"))?.toLowerCase() !== "policyviolation" || name === undefined) return [];
  return [{ code: "PolicyViolation", message: `Policy identifiers: ${JSON.stringify([{ policyAssignment: { name } }])}` }];
}

function about(target: string | undefined, said: string): string {
  const name = target?.slice(target.lastIndexOf("/") + 1) ?? "";
  return name === "" || said.includes(name) ? said : `${name}: ${said}`;
}
