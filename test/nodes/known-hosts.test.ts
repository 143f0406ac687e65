import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  expectedKeys,
  mergeKnownHosts,
  removeKnownHosts,
  renderKnownHosts,
  type KnownHost,
} from "../../src/nodes/known-hosts.ts";
import { has } from "../programs.ts";

const entry = (port: number, key = `ssh-ed25519 KEY${port}`): KnownHost => ({
  hosts: ["c.example", "20.1.2.3"],
  port,
  keys: [key],
});

describe("the cluster's known_hosts", () => {
  test("one line a key, under name and address, without comments", () => {
    expect(renderKnownHosts([entry(22001, "ssh-ed25519 AAAA node-0"), entry(22)])).toBe(
      "[c.example]:22001,[20.1.2.3]:22001 ssh-ed25519 AAAA\nc.example,20.1.2.3 ssh-ed25519 KEY22\n",
    );
  });

  test.each([
    ["name", "c.example", 22001, ["ssh-ed25519 KEY22001"]],
    ["address", "20.1.2.3", 22002, ["ssh-ed25519 KEY22002"]],
    ["another port", "c.example", 22, []],
    ["another host", "d.example", 22001, []],
  ])("keys are found by %s", (_, host, port, keys) => {
    expect(expectedKeys(renderKnownHosts([entry(22001), entry(22002)]), host, port)).toEqual(keys);
  });

  test("merging twice is merging once; a new key takes the place of the old; foreign lines stay", () => {
    const foreign = "# mine\n@revoked * ssh-rsa AAAA\n|1|aGFzaA==|aGFzaA== ssh-rsa BBBB\n[c.example]:9999 ssh-rsa CCCC\n";
    const old = "[c.example]:22001,[other]:22001 ssh-rsa OLD comment\n";
    const merged = mergeKnownHosts(foreign + old, [entry(22001), entry(22002)]);
    expect(merged).toBe(`${foreign}[other]:22001 ssh-rsa OLD comment\n${renderKnownHosts([entry(22001), entry(22002)])}`);
    expect(mergeKnownHosts(merged, [entry(22001), entry(22002)])).toBe(merged);
    expect(expectedKeys(mergeKnownHosts(merged, [entry(22001, "ssh-ed25519 NEW")]), "c.example", 22001)).toEqual([
      "ssh-ed25519 NEW",
    ]);
  });

  test("a removed node's lines go, the others stay", () => {
    const text = renderKnownHosts([entry(22001), entry(22002)]);
    expect(removeKnownHosts(text, [{ hosts: ["c.example", "20.1.2.3"], port: 22001 }])).toBe(renderKnownHosts([entry(22002)]));
  });

  test.skipIf(!has("ssh-keygen"))("ssh-keygen finds the line by name and by address", () => {
    const folder = mkdtempSync(join(tmpdir(), "known-"));
    try {
      const file = join(folder, "known_hosts");
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "key")]);
      const key = execFileSync("ssh-keygen", ["-y", "-f", join(folder, "key")], { encoding: "utf8" }).trim();
      writeFileSync(file, renderKnownHosts([entry(22001, key)]));
      for (const host of ["[c.example]:22001", "[20.1.2.3]:22001"]) {
        expect(execFileSync("ssh-keygen", ["-F", host, "-f", file], { encoding: "utf8" })).toContain(key.split(" ")[1]);
      }
      expect(() => execFileSync("ssh-keygen", ["-F", "[c.example]:22002", "-f", file], { stdio: "ignore" })).toThrow();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
