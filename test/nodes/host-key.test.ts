/** Host keys: which are the same, how they are named, and which a server is asked for. */
import { expect, test } from "vitest";
import { algorithmsFor, hostKeyFingerprint, keyLine, sameKey } from "../../src/nodes/host-key.ts";

const field = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
const blob = (type: string): Buffer => Buffer.concat([field(Buffer.from(type)), field(Buffer.from("key"))]);

test("a key's line is its type and its bytes; what has no word for a type has none", () => {
  expect(keyLine(blob("ssh-ed25519"))).toBe(`ssh-ed25519 ${blob("ssh-ed25519").toString("base64")}`);
  for (const type of ["", "SSH", "-x", "a b", "a\nb", "\x1b[2J", "a".repeat(65)])
    expect(keyLine(blob(type)), type).toBeUndefined();
  expect(keyLine(blob("a".repeat(64)))).toMatch(/^a{64} /);
  expect([keyLine(Buffer.alloc(0)), keyLine(Buffer.from([0, 0, 0])), keyLine(Buffer.from([0, 0, 0, 0]))]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test.each([
  ["ssh-ed25519 AAAA", "ssh-ed25519 AAAA a comment", true],
  ["  ssh-ed25519\tAAAA ", "ssh-ed25519 AAAA", true],
  ["ssh-ed25519 AAAA", "ssh-ed25519 AAAB", false],
  ["ssh-ed25519 AAAA", "ssh-rsa AAAA", false],
  ["ssh-ed25519", "ssh-ed25519", false],
  ["", "", false],
])("%j and %j are the same key: %j", (a, b, same) => {
  expect(sameKey(a, b)).toBe(same);
});

test("the fingerprint is ssh-keygen's", () => {
  // ssh-keygen -lf
  expect(hostKeyFingerprint("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f x")).toMatch(
    /^SHA256:[A-Za-z0-9+/]{43}$/,
  );
  expect(hostKeyFingerprint("nothing")).toBe("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU");
});

test.each([
  [["ssh-rsa AAAA"], ["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"]],
  [[" ecdsa-sha2-nistp256 AAAA"], ["ecdsa-sha2-nistp256", "ssh-ed25519", "ecdsa-sha2-nistp384"]],
  [
    ["ssh-ed25519 AAAA", "ecdsa-sha2-nistp521 AAAA"],
    ["ssh-ed25519", "ecdsa-sha2-nistp521", "ecdsa-sha2-nistp256"],
  ],
  [[], ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384"]],
])("who knows %j asks first for %j", (known, first) => {
  const asked = algorithmsFor(known);
  expect(asked.slice(0, first.length)).toEqual(first);
  expect(new Set(asked).size).toBe(6);
});
