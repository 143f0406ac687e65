/** Tags read back are input: each is taken whole or refused by its name, and who only looks takes a default for what is damaged. */
import { describe, expect, test } from "vitest";
import { ClusterError } from "../../src/core/errors.ts";
import { hostKeyIn, keptFlag, keptSpec, readClaim } from "../../src/core/plan/read-tags.ts";
import { claimTags, hasEtcd } from "../../src/core/plan/tags.ts";
import { buildSpec } from "../../src/core/spec/spec.ts";
import { flagsIn } from "../../src/core/plan/kept-flags.ts";
import { compact, tagAFlag } from "../kept-tags.ts";

const PUBLIC = `AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)}`;
const KEY = `ssh-ed25519 ${PUBLIC} a comment`;
const { spec } = buildSpec("abc", { numNodes: 4, vmNamePrefix: "web" }, {});
const TAGS = claimTags(
  "abc",
  {
    id: "0123abcd",
    sshPublicKey: KEY,
    members: new Map([
      [0, "10.0.0.4"],
      [10, "10.0.0.255"],
    ]),
    etcdCa: "A".repeat(43),
    customDataHash: "B".repeat(16),
  },
  spec,
  [0, 1, 10],
);
/** As an earlier version wrote them. */
const OLD = tagAFlag(TAGS);
/** A key in SSH's wire format. */
const blob = (...parts: string[]): string =>
  Buffer.concat(parts.flatMap((part) => [Buffer.from([0, 0, 0, part.length]), Buffer.from(part, "latin1")])).toString("base64");
const refused = (tags: Record<string, string>): unknown => {
  try {
    return readClaim(tags);
  } catch (error) {
    return error;
  }
};
const without = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(TAGS).filter(([tag]) => !tag.startsWith(name)));

test("what was written is read back", () => {
  const { choices, kept } = readClaim(TAGS);
  expect(choices).toMatchObject({ id: "0123abcd", sshPublicKey: KEY, etcdCa: "A".repeat(43), customDataHash: "B".repeat(16) });
  expect([...choices.members]).toEqual([
    [0, "10.0.0.4"],
    [10, "10.0.0.255"],
  ]);
  expect(choices).not.toHaveProperty("discoveryUrl");
  expect(kept.vmNamePrefix).toBe("web");
});

test("a cluster that was made without etcd says so, and goes on without", () => {
  const tags = without("aoc-custom-data");
  const { choices, kept } = readClaim({ ...tags, "aoc-etcd": "none" });
  expect([choices.noEtcd, kept.etcdMembers, hasEtcd(choices)]).toEqual([true, 0, false]);
  const other = readClaim(tags);
  expect([other.choices.noEtcd, other.kept.etcdMembers, hasEtcd(other.choices)]).toEqual([undefined, undefined, true]);
  // a file of the user's decides about etcd itself
  expect(hasEtcd(readClaim(TAGS).choices)).toBe(false);
});

test("what an earlier version kept in a tag a flag is read the same", () => {
  expect(OLD["aoc-vm-name-prefix"]).toBe("web");
  expect(readClaim(OLD)).toEqual(readClaim(TAGS));
});

test("kept flags cost a tag for each 256 characters, whatever stands in them", () => {
  const odd = "a b;c=d%41%\u00E9\u{1F600}\t,\uD800.";
  const values = { ...spec, coreosImage: odd, sshFrom: ["10.0.0.0/8", "2001:db8::/32"], subnetNames: ";." };
  const tags = claimTags("abc", { id: "0123abcd", sshPublicKey: KEY, members: new Map() }, values, []);
  const parts = Object.entries(tags).filter(([name]) => name.startsWith("aoc-flags"));
  expect(parts.length).toBeLessThanOrEqual(3);
  for (const [, value] of parts) expect(value).toMatch(/^[\x21-\x7E]{1,256}$/);
  const texts = flagsIn(tags);
  expect((texts as Map<string, string[]>).get("coreos-image")).toEqual([odd.toWellFormed()]);
  expect((texts as Map<string, string[]>).get("ssh-from")).toEqual(values.sshFrom);
  expect((texts as Map<string, string[]>).get("subnet-names")).toEqual([";."]);
});

test("what was never chosen is not there, and a long value is put together again", () => {
  const long = `${KEY} that is ${"very ".repeat(100)}long`;
  const tags = claimTags("abc", { id: "0123abcd", sshPublicKey: long, members: new Map() }, spec, []);
  expect(Object.values(tags).every((value) => value.length <= 256)).toBe(true);
  const { choices } = readClaim(tags);
  expect(choices.sshPublicKey).toBe(long);
  expect(choices.members.size).toBe(0);
  expect(choices).not.toHaveProperty("etcdCa");
  expect(choices).not.toHaveProperty("customDataHash");
});

describe("damaged or missing, by its name and with exit code 7:", () => {
  const key = (value: string): Record<string, string> => ({ ...without("aoc-ssh-key"), "aoc-ssh-key": value });
  test.each<[string, string, Record<string, string>]>([
    ["aoc-id", "is missing", without("aoc-id")],
    ["aoc-id", "is damaged", { ...TAGS, "aoc-id": "x|.*" }],
    ["aoc-ssh-key-1", "is missing", without("aoc-ssh-key")],
    ["aoc-ssh-key", "is damaged", key("ssh-ed25519 short")],
    ["aoc-ssh-key", "is damaged", key(`${KEY}\n${KEY}`)],
    ["aoc-ssh-key", "is damaged", key(`command="x" ${KEY}`)],
    ["aoc-ssh-key", "is damaged", key(KEY.replace("AAAAAAAA a", "AAAAAAA a"))],
    ["aoc-ssh-key", "is damaged", key(KEY.replace("ssh-ed25519 ", "ssh-rsa "))],
    // cut in its middle: one of several parts
    ["aoc-ssh-key-1", "is damaged", { ...without("aoc-ssh-key"), "aoc-ssh-key-1": KEY.slice(0, 60), "aoc-ssh-key-2": "AAAA" }],
    ["aoc-members", "is damaged", { ...TAGS, "aoc-members": "x" }],
    ["aoc-members", "is damaged", { ...TAGS, "aoc-members": "0=10.0.0.256" }],
    ["aoc-members", "is damaged", { ...TAGS, "aoc-members": "0=10.0.0" }],
    ["aoc-members", "is damaged", { ...TAGS, "aoc-members": "0=10.0.0.4." }],
    ["aoc-members", "is damaged", { ...TAGS, "aoc-members": "01=10.0.0.4" }],
    ["aoc-members", "is damaged", { ...TAGS, "aoc-members": "0=10.0.0.4,0=10.0.0.5" }],
    ["aoc-members", "is damaged", { ...TAGS, "aoc-members": "0=10.0.0.4," }],
    ["aoc-etcd-ca", "is damaged", { ...TAGS, "aoc-etcd-ca": "a b" }],
    ["aoc-etcd", "is damaged", { ...TAGS, "aoc-etcd": "some" }],
    ["aoc-custom-data", "is damaged", { ...TAGS, "aoc-custom-data": "short" }],
    ["aoc-flags", "is damaged in vm-name-prefix", compact({ ...OLD, "aoc-vm-name-prefix": "(([a-z0-9-]+)+)+x" })],
    ["aoc-flags", "is damaged in vm-name-prefix", compact({ ...OLD, "aoc-vm-name-prefix": "web\u202E" })],
    ["aoc-flags", "is damaged in vm-name-prefix", compact({ ...OLD, "aoc-vm-name-prefix": "web\n" })],
    // as an earlier version wrote it
    ["aoc-flags", "is damaged in vm-name-prefix", { ...OLD, "aoc-vm-name-prefix": "web\n" }],
    ["aoc-flags", "is missing", without("aoc-flags")],
    ["aoc-flags", "is damaged", { ...without("aoc-flags"), "aoc-flags-1": "num-nodes=3;vm-size=Stan", "aoc-flags-3": "ssh=2;." }],
    ["aoc-flags", "is damaged", { ...without("aoc-flags"), "aoc-flags-1": "num-nodes=3;" }],
    ["aoc-flags", "is damaged", { ...without("aoc-flags"), "aoc-flags": "num-nodes=3" }],
    ["aoc-flags", "is damaged", { ...without("aoc-flags"), "aoc-flags": "num-nodes=3;vm-size=%ZZ;." }],
    ["aoc-flags", "is damaged", { ...without("aoc-flags"), "aoc-flags": "num-nodes=3;__proto__=x;." }],
    ["aoc-flags", "is damaged in num-nodes", { ...without("aoc-flags"), "aoc-flags": "num-nodes=3;num-nodes=4;." }],
  ])("%s %s (row %#)", (tag, how, tags) => {
    const error = refused(tags);
    expect(error).toBeInstanceOf(ClusterError);
    expect(error).toMatchObject({
      code: "ClaimDamaged",
      exit: 7,
      source: "azure",
      message: expect.stringContaining(`the tag ${tag} of`),
    });
    expect((error as Error).message).toMatch(new RegExp(`${how}$`));
    expect((error as ClusterError).advice).toContain(`Put ${tag} back`);
  });
});

test("who only looks takes what is readable, and the default for the rest", () => {
  expect(keptFlag(TAGS, "vmNamePrefix")).toBe("web");
  expect(keptFlag({}, "vmNamePrefix")).toBe("coreos");
  expect(keptFlag(compact({ ...OLD, "aoc-vm-name-prefix": "x|.*" }), "vmNamePrefix")).toBe("coreos");
  const cut = (end: string): Record<string, string> => ({ "aoc-flags": `ssh=47;vm-name-prefix=web${end}` });
  expect([cut(";."), cut(";"), cut("")].map((tags) => keptFlag(tags, "vmNamePrefix"))).toEqual(["web", "web", "coreos"]);
  expect(keptFlag(cut(""), "ssh")).toBe(47);
  expect(keptFlag({ "aoc-flags": "yes=true;." }, "yes")).toBe(false);
});

test.each([
  `${KEY.split(" a ")[0]}`,
  `${KEY} j\u00FCrgen`,
  `ecdsa-sha2-nistp256 ${blob("ecdsa-sha2-nistp256", "nistp256", `\u0004${"x".repeat(64)}`)}`,
  `ssh-rsa ${blob("ssh-rsa", "\u0003", "x".repeat(64))} short`,
  `ssh-tomorrow@example.com ${blob("ssh-tomorrow@example.com", "x".repeat(64))}`,
])("a key that is whole is read, whoever would make it today: %s", (key) => {
  expect(readClaim({ ...without("aoc-ssh-key"), "aoc-ssh-key": key }).choices.sshPublicKey).toBe(key);
});

test("kept flags that exclude each other are damage, and fewer of Deis' nodes than it was made with are none", () => {
  const { kept } = readClaim(TAGS);
  expect(keptSpec("abc", { ...kept, deis: true, numNodes: 2 })).toMatchObject({ name: "abc", numNodes: 3 });
  for (const odd of [
    { outbound: "nat" },
    { subnetNames: "s" },
    { vnetResourceGroup: "g" },
    { private: true, pip: true },
  ] as const)
    expect(() => keptSpec("abc", { ...kept, ...odd })).toThrow(
      expect.objectContaining({
        code: "ClaimDamaged",
        exit: 7,
        message: expect.stringMatching(/^the tag aoc-flags of .*, is damaged: --/),
      }),
    );
  // where it was uploaded to is not kept
  expect(keptSpec("abc", { ...kept, tag: [`${"t".repeat(200)}=x`], coreosImage: "x.vhd" }).coreosImage).toBe("x.vhd");
});

test("a host key is one or none, and anything else is refused", () => {
  const id = "/subscriptions/s/x";
  expect(hostKeyIn({ id, tags: { "aoc-host-key": KEY } })).toBe(KEY);
  expect(hostKeyIn({ id, tags: {} })).toBeUndefined();
  for (const value of ["", "x", `${KEY}\n`, `${KEY}\u0007`, KEY.replace("AAAAAAAA a", "AAAAAAA a")])
    expect(() => hostKeyIn({ id, tags: { "aoc-host-key": value } })).toThrow(
      expect.objectContaining({ code: "TagDamaged", exit: 7, message: `the tag aoc-host-key of ${id} holds no SSH host key` }),
    );
});
