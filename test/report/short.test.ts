/** However long a text of somebody else's is: a screen stays readable, soon, and without secrets; programs get the whole. */
import { setFlagsFromString } from "node:v8";
import { expect, test } from "vitest";
import { AzureError } from "../../src/core/advice/azure-error.ts";
import { ClusterError } from "../../src/core/errors.ts";
import { errorDocument, renderError } from "../../src/report/error.ts";
import { lineOf } from "../../src/report/sentence.ts";
import { SECRETS } from "../../src/core/scrub.ts";
import { short } from "../../src/report/short.ts";

const LONG = "All work and no play. ".repeat(90_910);

test("what fits is whole, what does not says how much there is", () => {
  expect(short("quite short")).toBe("quite short");
  expect(short(LONG).length).toBeLessThan(2100);
  expect(short(LONG)).toMatch(/^All work and no play\. .* \.\.\. \[cut: 2001 kB in all\]$/);
  expect(short("x ".repeat(1500))).toContain("[cut: 3 kB in all]");
  expect(short("x ".repeat(1500), { own: true })).not.toContain("cut");
});

test("an error of two megabytes on a screen, and whole in JSON", () => {
  const error = new ClusterError("A", "it went wrong", {
    source: "azure",
    cause: new AzureError("B", LONG, { cause: `and again: ${LONG}` }),
  });
  const screen = renderError(error, { color: false });
  expect(screen.length).toBeLessThan(5000);
  expect(screen).toContain("[cut: 2001 kB in all]");
  expect(renderError(new AzureError("B", LONG), { color: false }).length).toBeLessThan(2500);
  const advised = new ClusterError("B", `machine a-0: ${LONG}`, { source: "azure", cause: new AzureError("B", LONG) });
  expect(renderError(advised, { color: false }).length).toBeLessThan(5000);
  expect(errorDocument(new AzureError("B", LONG))["message"]?.length).toBe(LONG.length);
  expect(lineOf({ at: 0, kind: "failed", id: "x", label: "machine a-0", code: "B", message: LONG }).length).toBeLessThan(2200);
});

test("a secret that the cut would halve is not shown", () => {
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${"A".repeat(1600)}\n-----END RSA PRIVATE KEY-----`;
  expect(short(`${"x ".repeat(900)}${key}${"y ".repeat(9000)}`)).not.toContain("AAA");
});

/** One that each expression finds, in the order of the table. */
const FOUND = [
  "-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----",
  "Bearer 0123456789",
  "eyJ0123456789.a.b",
  "?sig=abc",
  "https://ann:secret@host",
  "AccountKey=abc",
  '"password":"abc"',
  "password=abc",
  `${"A".repeat(86)}==`,
  "A".repeat(120),
];

test.each([
  ["tokens that do not end", "eyJ-"],
  ["beginnings of keys", "-----BEGIN "],
  ["keys that do not end", "-----BEGIN PRIVATE KEY-----"],
  ["signatures", "sig="],
  ["addresses", "https://ann:secret"],
  ["quotes", '"password":"'],
  ["backslashes in quotes", '"password":"\\'],
  ["base64", "QUJD"],
  ["schemes", "Bearer "],
  ["words", "client_secret"],
  ["words with a colon", "password: "],
])("secrets are looked for in %s without starting over and over", (_what, piece) => {
  const text = piece.repeat(5000);
  const slow = SECRETS.flatMap(([expression], at) => {
    const whole = `${text} " ${FOUND[at] ?? ""}`;
    const found = whole.replace(expression, "");
    return found !== whole && whole.replace(limited(expression, STEPS * whole.length), "") === found ? [] : [expression.source];
  });
  expect(slow).toEqual([]);
});

test("what starts over and over is noticed", () => {
  const text = `${"eyJ-".repeat(2000)} eyJ0123456789.a`;
  const expression = /\beyJ[A-Za-z0-9_-]{8,}\.a/g;
  expect(text.replace(expression, "")).not.toBe(text);
  expect(text.replace(limited(expression, STEPS * text.length), "")).toBe(text);
});

// --- internal ---

/** So often the engine may go back for each character of a text. */
const STEPS = 8;

/** The same expression, which gives up, finding nothing, when the engine has gone back so often: V8 counts it for its own tests. */
function limited({ source, flags }: RegExp, backtracks: number): RegExp {
  setFlagsFromString("--allow-natives-syntax");
  // eslint-disable-next-line typescript/no-implied-eval -- the call is no JavaScript
  const made = new Function("source", "flags", "limit", "return %NewRegExpWithBacktrackLimit(source, flags, limit)");
  setFlagsFromString("--no-allow-natives-syntax");
  return made(source, flags, backtracks) as RegExp;
}
