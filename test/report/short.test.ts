/** However long a text of somebody else's is: a screen stays readable, soon, and without secrets; programs get the whole. */
import { expect, test } from "vitest";
import { AzureError } from "../../src/core/advice/azure-error.ts";
import { ClusterError } from "../../src/core/errors.ts";
import { errorDocument, renderError } from "../../src/report/error.ts";
import { lineOf } from "../../src/report/sentence.ts";
import { scrub } from "../../src/report/scrub.ts";
import { short } from "../../src/report/short.ts";

const LONG = "All work and no play. ".repeat(90_910);

test("what fits is whole, what does not says how much there is", () => {
  expect(short("quite short")).toBe("quite short");
  expect(short(LONG).length).toBeLessThan(2100);
  expect(short(LONG)).toMatch(/^All work and no play\. .* \.\.\. \[cut: 2001 kB in all\]$/);
  expect(short("x ".repeat(1500))).toContain("[cut: 3 kB in all]");
  expect(short("x ".repeat(1500), true)).not.toContain("cut");
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

test.each([
  ["tokens that do not end", "eyJ-".repeat(500_000)],
  ["keys that do not end", "-----BEGIN ".repeat(200_000)],
  ["signatures", "sig=".repeat(500_000)],
  ["quotes", '"password":"'.repeat(150_000)],
  ["base64", "QUJD".repeat(500_000)],
])("secrets are taken out of two megabytes of %s in the time of one look", (_what, text) => {
  const before = performance.now();
  scrub(text);
  expect(performance.now() - before).toBeLessThan(2000);
});
