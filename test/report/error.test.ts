/* eslint-disable no-control-regex -- a terminal's control characters are what is tested */
import { expect, test } from "vitest";
import { ClusterError, EXIT, usageError } from "../../src/core/errors.ts";
import { errorDocument, exitCodeOf, renderError } from "../../src/report/error.ts";

const text = (error: unknown) => renderError(error, { color: false });
const json = (error: unknown) => ({ error: errorDocument(error) });

const quota = new ClusterError("QuotaExceeded", "The quota is used up.", {
  source: "azure",
  advice: "Ask for more.",
  link: "https://learn.microsoft.com/azure/quotas",
  cause: new Error("Operation could not be completed as it results in exceeding approved quota."),
});

test("what happened, what to do, where to read on, the original last", () => {
  expect(text(quota)).toMatchInlineSnapshot(`
    "Error: The quota is used up.

    Ask for more.
    Read on: https://learn.microsoft.com/azure/quotas

    Operation could not be completed as it results in exceeding approved quota.
    (QuotaExceeded)
    "
  `);
});

test("the original is dimmed, and nothing else", () => {
  const colored = renderError(quota, { color: true });
  expect(colored.match(/\u001B\[2m[^\u001B]+/g)).toEqual([
    expect.stringContaining("Operation could"),
    expect.stringContaining("(QuotaExceeded)"),
  ]);
});

test("a user's error shows no stack", () => {
  expect(text(usageError("--num-nodes: 'three' is no number.", "Give 1 to 1000."))).toMatchInlineSnapshot(`
    "Error: --num-nodes: 'three' is no number.

    Give 1 to 1000.
    "
  `);
});

test("a fault of ours shows its stack and asks for a report", () => {
  const shown = text(new TypeError("x is not a function"));
  expect(shown).toMatch(/^Error: x is not a function\n\nThis is a fault of azure-coreos-cluster.*report/);
  expect(shown).toMatch(/TypeError: x is not a function\n\s+at .*error\.test\.ts/);
});

test("equal causes are counted, and what was said already is not said again", () => {
  const cause = new AggregateError(
    [new Error("No room."), new Error("No room."), new Error("The quota is used up."), new Error("Other.")],
    "",
  );
  expect(text(new ClusterError("Partly", "The quota is used up.", { source: "azure", cause }))).toMatchInlineSnapshot(`
    "Error: The quota is used up.

    No room. (2 times)
    Other.
    (Partly)
    "
  `);
});

test("a cause that contains itself ends", () => {
  const cause = new Error("round");
  cause.cause = cause;
  expect(text(new ClusterError("X", "y", { source: "azure", cause }))).toContain("round\n");
});

test("as JSON: code, message, advice, source, and what more is known", () => {
  expect(json(quota)).toEqual({
    error: {
      code: "QuotaExceeded",
      message: "The quota is used up.",
      advice: "Ask for more.",
      source: "azure",
      link: "https://learn.microsoft.com/azure/quotas",
      cause: "Operation could not be completed as it results in exceeding approved quota.",
    },
  });
  expect(json(usageError("no"))).toEqual({ error: { code: "Usage", message: "no", advice: "", source: "user" } });
  expect(json("a thrown string").error).toMatchObject({ code: "Bug", message: "a thrown string", source: "bug" });
});

test("secrets and terminal codes reach neither form", () => {
  const error = new ClusterError("X", "Bearer abcdefgh12345 \u001B[2J", {
    source: "azure",
    advice: "sig=abc123",
    cause: new Error("AccountKey=hush"),
  });
  for (const shown of [text(error), JSON.stringify(errorDocument(error))]) {
    expect(shown).not.toMatch(/abcdefgh12345|abc123|hush|\u001B/);
  }
});

test("exit codes", () => {
  expect(exitCodeOf(usageError("x"))).toBe(2);
  expect(exitCodeOf(new ClusterError("Taken", "x", { exit: EXIT.conflict }))).toBe(7);
  expect(exitCodeOf(new Error("x"))).toBe(1);
});
