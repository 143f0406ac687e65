/** Tables of the core at their edges: old sizes, widths of letters, exit codes of sign-in, checksums. */
import { expect, test } from "vitest";
import { errorBody } from "../../src/azure/error-body.ts";
import { footerChecksum } from "../../src/azure/vhd/footer.ts";
import { adviceFor } from "../../src/core/advice/advice.ts";
import { AzureError } from "../../src/core/advice/azure-error.ts";
import { ClusterError } from "../../src/core/errors.ts";
import { FLAGS } from "../../src/core/spec/flags.ts";
import { currentSize } from "../../src/core/spec/sizes.ts";
import { width } from "../../src/core/words.ts";

test("every size of classic Azure has one of today with as many cores", () => {
  const old = [
    "ExtraSmall",
    "Small",
    "Medium",
    "Large",
    "ExtraLarge",
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((size) => `A${size}`),
    ...[1, 2, 3, 4, 11, 12, 13, 14].map((size) => `Standard_D${size}`),
  ];
  expect(Object.fromEntries(old.map((size) => [size, currentSize(size).size]))).toMatchInlineSnapshot(`
    {
      "A0": "Standard_D2s_v5",
      "A1": "Standard_D2s_v5",
      "A2": "Standard_D2s_v5",
      "A3": "Standard_D4s_v5",
      "A4": "Standard_D8s_v5",
      "A5": "Standard_E2s_v5",
      "A6": "Standard_E4s_v5",
      "A7": "Standard_E8s_v5",
      "ExtraLarge": "Standard_D8s_v5",
      "ExtraSmall": "Standard_D2s_v5",
      "Large": "Standard_D4s_v5",
      "Medium": "Standard_D2s_v5",
      "Small": "Standard_D2s_v5",
      "Standard_D1": "Standard_D2s_v5",
      "Standard_D11": "Standard_E2s_v5",
      "Standard_D12": "Standard_E4s_v5",
      "Standard_D13": "Standard_E8s_v5",
      "Standard_D14": "Standard_E16s_v5",
      "Standard_D2": "Standard_D2s_v5",
      "Standard_D3": "Standard_D4s_v5",
      "Standard_D4": "Standard_D8s_v5",
    }
  `);
  expect(currentSize("Standard_D2s_v5")).toEqual({ size: "Standard_D2s_v5" });
  expect(currentSize("Basic_A2").note).toContain("(2 cores)");
});

test("an even number of members is refused, with the number below it", () => {
  const refused = { message: expect.stringContaining("no more failures than 3") as string, advice: "Give 0, 1, 3, 5 or 7." };
  expect(() => FLAGS.etcdMembers.parse("4")).toThrow(expect.objectContaining(refused));
  expect(() => FLAGS.servers.parse("4")).toThrow(expect.objectContaining({ advice: "Give 1, 3, 5 or 7." }));
});

test.each([
  ["a", 1],
  ["\u02ff", 1],
  ["\u0300", 0],
  ["\u036f", 0],
  ["\u0370", 1],
  ["\ufe0f", 0],
  ["\u10ff", 1],
  ["\u1100", 2],
  ["\u115f", 2],
  ["\u1160", 1],
  ["\u2e7f", 1],
  ["\u2e80", 2],
  ["\ua4cf", 2],
  ["\ua4d0", 1],
  ["\uabff", 1],
  ["\uac00", 2],
  ["\ud7a3", 2],
  ["\uf8ff", 1],
  ["\uf900", 2],
  ["\ufaff", 2],
  ["\ufb00", 1],
  ["\ufe30", 2],
  ["\ufe6f", 2],
  ["\ufe70", 1],
  ["\uff00", 2],
  ["\uff60", 2],
  ["\uff61", 1],
  ["\u{1f2ff}", 1],
  ["\u{1f300}", 2],
  ["\u{1faff}", 2],
  ["\u{1fb00}", 1],
  ["\u{20000}", 2],
  ["\u{3fffd}", 2],
  ["\u{3fffe}", 1],
])("%j is %i columns wide", (letter, columns) => {
  expect(width(letter)).toBe(columns);
});

test.each([
  ["AADSTS700024: not within its valid time range", /clock/],
  ["AADSTS700027: no such certificate", /does not know the certificate/],
  ["AADSTS700023: another audience", /does not know the certificate/],
  ["AADSTS700021: another application", /does not know the certificate/],
  ["client assertion contains an invalid signature", /does not know the certificate/],
  ["AADSTS700016: no such application", /no such application/],
  ["AADSTS90002: no such tenant", /no such tenant/],
  ["AADSTS700030: another name", /does not know the certificate/],
  ["AADSTS700213: another subject", /trusts no token/],
  ["AADSTS7000215: wrong secret", /secret is wrong/],
  ["AADSTS7000222: expired secret", /secret is wrong/],
  ["AADSTS50076: a second factor", /second factor/],
  ["AADSTS53003: conditional access", /second factor/],
  ["AADSTS530032: conditional access", /second factor/],
])("%s ends with exit code 4, is not tried again, and is taken for nothing else", (message, meaning) => {
  for (const code of ["SignInFailed", "invalid_client"])
    expect(adviceFor({ code, message })).toMatchObject({ exit: 4, retry: "no", meaning: expect.stringMatching(meaning) });
});

test("the checksum of a footer leaves itself out", () => {
  const footer = new Uint8Array(512);
  expect(footerChecksum(footer)).toBe(0xffffffff);
  footer.set([1, 2], 62);
  footer.set([9, 9, 9, 9], 64);
  footer.set([3], 68);
  expect(footerChecksum(footer)).toBe(0xffffffff - 6);
});

test("what stands beside an error and is no object says nothing", () => {
  const text = JSON.stringify({
    error: { code: "X", message: "x", additionalInfo: ["text", 5, null, { type: "PolicyViolation" }] },
  });
  expect(errorBody(text)).toMatchObject({ code: "X", message: "x" });
});

const policy = (info: object[], message = "no") => adviceFor({ code: "RequestDisallowedByPolicy", message, info });
const looked = (...evaluatedExpressions: unknown[]): object => ({ evaluationDetails: { evaluatedExpressions } });

test("a policy is told by what it looked at and found true, and not by the type", () => {
  const told = policy([
    looked(
      { result: "True", path: "Type", expressionValue: "Microsoft.Compute/virtualMachines" },
      { result: "true", path: "location", expressionValue: "westus" },
      { result: "False", path: "sku.name", expressionValue: "x" },
      { result: true, path: "tags[owner]" },
      { result: "True" },
      null,
    ),
  ]);
  expect(told?.meaning).toContain("it looked at location (westus), tags[owner].");
  expect(told?.meaning).not.toMatch(/Type|virtualMachines|sku/);
  expect(policy([{}])?.meaning).toContain("its own words stand below");
});

test("what stands beside an error is found at any depth, and its policy by either of its names", () => {
  const deep = (levels: number): unknown =>
    levels === 0 ? { info: [looked({ result: "True", path: "location" })] } : { details: [deep(levels - 1)] };
  const found = (levels: number): string =>
    adviceFor({ code: "RequestDisallowedByPolicy", message: "no", details: [deep(levels)] })?.meaning ?? "";
  expect(found(0)).toContain("location");
  expect(found(3)).toContain("location");
  expect(found(9)).not.toContain("location");
  const body = (info: object): string =>
    JSON.stringify({ error: { code: "X", message: "x", additionalInfo: [{ type: "PolicyViolation", info }] } });
  expect(errorBody(body({ policyAssignmentDisplayName: "Shown", policyAssignmentName: "n" }))?.details?.[0]?.message).toContain(
    "Shown",
  );
  expect(errorBody(body({ policyAssignmentName: "named" }))?.details?.[0]?.message).toContain("named");
});

test("errors are told apart by name in logs", () => {
  expect(new ClusterError("X", "x").name).toBe("ClusterError");
  expect(String(new AzureError("X", "x"))).toBe("AzureError: x");
});
