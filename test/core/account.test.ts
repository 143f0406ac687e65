/** Whose a token is, and how a subscription and a sign-in are told. */
import { expect, test } from "vitest";
import { type Account, accountLine, accountWords, signedInBy } from "../../src/core/account.ts";

const jwt = (claims: unknown): string =>
  ["header", Buffer.from(typeof claims === "string" ? claims : JSON.stringify(claims)).toString("base64url"), "signature"].join(
    ".",
  );

test.each([
  [
    { upn: "jane@example.org", appid: "cli", oid: "o" },
    { kind: "user", name: "jane@example.org" },
  ],
  [
    { unique_name: "live.com#jane@example.org", appid: "cli" },
    { kind: "user", name: "live.com#jane@example.org" },
  ],
  [
    { preferred_username: "jänë@example.org", azp: "cli" },
    { kind: "user", name: "jänë@example.org" },
  ],
  [
    { appid: "1234", idtyp: "app", oid: "o" },
    { kind: "service principal", name: "1234" },
  ],
  [
    { azp: "1234", azpacr: "2", oid: "o" },
    { kind: "service principal", name: "1234" },
  ],
  [
    { appid: "cli", appidacr: "0", oid: "o" },
    { kind: "user", name: "o" },
  ],
  [
    {
      appid: "1",
      xms_mirid: "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deploy",
    },
    { kind: "managed identity", name: "deploy" },
  ],
  [{ upn: "j\u001B[2Jane\n\u202E\t@x" }, { kind: "user", name: "j^[[2Jane^J<U+202E>^I@x" }],
  [{ upn: "x".repeat(500) }, { kind: "user", name: `${"x".repeat(120)}...` }],
  [{ upn: 5, appid: { a: 1 }, oid: ["x"] }, undefined],
  [{}, undefined],
  ["null", undefined],
  ["no json", undefined],
])("claims %j: %j", (claims, who) => expect(signedInBy(jwt(claims))).toEqual(who));

test.each(["", "opaque", "a.b", "a..c", "a.%%%.c", `a.${"x".repeat(70_000)}.c`])("a token that says nothing: %.20s", (token) =>
  expect(signedInBy(token)).toBeUndefined(),
);

const ID = "11111111-1111-1111-1111-111111111111";
test.each<[Account, string]>([
  [{ subscription: { id: ID, name: "Mine" }, signIn: { kind: "user", name: "jane" } }, `subscription Mine (${ID}), as user jane`],
  [{ subscription: { id: ID }, signIn: { kind: "managed identity" } }, `subscription ${ID}, as managed identity`],
  [{ subscription: { id: ID }, signIn: { kind: "unknown" } }, `subscription ${ID}, as an unknown sign-in`],
  [{ subscription: { id: ID }, signIn: { kind: "simulation" } }, `subscription ${ID} (simulation)`],
  [
    { subscription: { id: ID }, signIn: { kind: "loopback" }, at: "at http://127.0.0.1:1" },
    `subscription ${ID} at http://127.0.0.1:1 (loopback, no sign-in)`,
  ],
])("%j is told so: %s", (account, line) => {
  expect(accountLine(account)).toBe(line);
  expect(accountWords(account)).toBe(`the ${line}`);
});
