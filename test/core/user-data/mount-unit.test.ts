import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { mountUnitName } from "../../../src/core/user-data/mount-unit.ts";
import { has } from "../../programs.ts";

const cases = [
  ["/var/lib/docker", "var-lib-docker.mount"],
  ["/data", "data.mount"],
  ["/srv/my-data", "srv-my\\x2ddata.mount"],
  ["/srv/a_b.c:d", "srv-a_b.c:d.mount"],
  ["/srv/.hidden", "srv-.hidden.mount"],
  ["/.hidden/x", "\\x2ehidden-x.mount"],
  ["/srv/a@b", "srv-a\\x40b.mount"],
] as const;

describe("the unit of a mount point", () => {
  test.each(cases)("%s", (path, name) => expect(mountUnitName(path)).toBe(name));
  test.skipIf(!has("systemd-escape")).each(cases)("%s, as systemd-escape says", (path, name) => {
    expect(execFileSync("systemd-escape", ["--path", "--suffix=mount", path], { encoding: "utf8" }).trim()).toBe(name);
  });
  test.each([
    "",
    "data",
    "/",
    "/data/",
    "/a//b",
    "/a/../b",
    "/a/./b",
    "/a b",
    "/a%b",
    "/é",
    "/etc",
    "/usr/local",
    "/dev/x",
    "/var/lib",
    "/var",
    "/opt/bin",
    "/var/lib/etcd",
    "/home/core/.ssh",
  ])("refuses %j", (path) => expect(() => mountUnitName(path)).toThrow("cannot be mounted"));
});
