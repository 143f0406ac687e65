/**
 * Which Azure, as whom: the subscription, and who signed in, as people and documents are told it. Who that is comes from a token's
 * claims, which are read and never trusted: they allow nothing here, and Azure checks the token itself. Pure.
 */
import type { AskedDocument } from "./documents.ts";
import { shown } from "./shown.ts";

export type SignedIn = AskedDocument["signIn"];

export interface Account extends AskedDocument {
  /** Where, when that goes without saying of nobody: another cloud than Azure's public one, another Resource Manager. */
  readonly at?: string;
}

/** The fields that every document has. */
export const askedFields = ({ subscription, signIn }: Account): AskedDocument => ({ subscription, signIn });

/** `Pay-As-You-Go (1111...)`, or the id alone. */
export const subscriptionWords = ({ id, name }: AskedDocument["subscription"]): string =>
  name === undefined ? id : `${name} (${id})`;

/** For the question before something is deleted: `the subscription X (1111...), as user jane@example.org`. */
export const accountWords = (account: Account): string =>
  `the ${place(account)}${isNobody(account.signIn) ? ` (${signInWords(account.signIn)})` : `, as ${signInWords(account.signIn)}`}`;

/** The line at the head of a screen. */
export const accountLine = (account: Account): string => accountWords(account).slice("the ".length);

/** Where something was looked for. */
export const place = ({ subscription, at }: Account): string =>
  `subscription ${subscriptionWords(subscription)}${at === undefined ? "" : ` ${at}`}`;

/** Where, in the few words that a heading has room for. */
export const shortPlace = ({ subscription: { id, name }, signIn }: Account): string =>
  signIn.kind === "simulation" ? "rehearsal" : `subscription ${name ?? id}`;

/** Whose token it is, by its claims; undefined for one that does not say. */
export function signedInBy(token: string): SignedIn | undefined {
  const claims = claimsOf(token);
  const text = (...names: readonly string[]): string | undefined =>
    names.map((name) => claims[name]).find((value): value is string => typeof value === "string" && value !== "");
  const machine = text("xms_mirid");
  if (machine !== undefined) return { kind: "managed identity", name: oneLine(machine.slice(machine.lastIndexOf("/") + 1)) };
  const person = text("upn", "unique_name", "preferred_username");
  if (person !== undefined) return { kind: "user", name: oneLine(person) };
  const application = text("appid", "azp");
  const isApplication = text("idtyp") === "app" || text("appidacr", "azpacr") !== "0";
  if (application !== undefined && isApplication) return { kind: "service principal", name: oneLine(application) };
  const id = text("oid");
  return id === undefined ? undefined : { kind: "user", name: oneLine(id) };
}

/** The application that a token was given to, by its claims: of a person's it is the program that he signed in with. */
export function applicationOf(token: string): string | undefined {
  const { appid, azp } = claimsOf(token);
  const id = appid ?? azp;
  return typeof id === "string" && id !== "" ? oneLine(id) : undefined;
}

/** What a stranger wrote, on one line, of a length that a line bears. */
export function oneLine(text: string): string {
  const line = shown(text).replaceAll(/[\t\n]/g, (character) => (character === "\t" ? "^I" : "^J"));
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line;
}

// --- internal ---

/** `user jane@example.org`; `loopback, no sign-in`; `simulation`. */
function signInWords({ kind, name }: SignedIn): string {
  if (kind === "loopback") return "loopback, no sign-in";
  if (kind === "unknown") return "an unknown sign-in";
  return name === undefined ? kind : `${kind} ${name}`;
}

const LONGEST = 120;
const LONGEST_TOKEN = 65_536;

const isNobody = ({ kind }: SignedIn): boolean => kind === "loopback" || kind === "simulation";

/** The second part of a JWT. Nothing of it is checked. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const [, payload = ""] = token.length > LONGEST_TOKEN ? [] : token.split(".");
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
      character.charCodeAt(0),
    );
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
