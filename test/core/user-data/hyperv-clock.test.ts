/** The rendered script that tells chrony of the host's clock runs, with a folder in place of /. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { NodeConfig } from "../../../src/core/node-config.ts";
import { parseUserData } from "./applied.ts";
import { modes, render } from "./modes.ts";

const { files } = parseUserData(render(modes["ubuntu-without-etcd"] as NodeConfig));
const script = files.find(({ path }) => path === "/opt/bin/hyperv-clock")?.content ?? "";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "clock-"));
  mkdirSync(join(root, "dev"));
  mkdirSync(join(root, "etc/chrony"), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const CONF = "etc/chrony/conf.d/hyperv-clock.conf";
const device = (): void => writeFileSync(join(root, "dev/ptp_hyperv"), "");

/** What chrony is told then; undefined for nothing. */
function told(): string | undefined {
  const here = script.replaceAll(/(?<![\w/])\/(dev|etc)\//g, `${root}/$1/`);
  const { status, stderr } = spawnSync("sh", ["-c", here], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return existsSync(join(root, CONF)) ? readFileSync(join(root, CONF), "utf8") : undefined;
}

test("without the device chrony is told nothing, for it would not start", () => expect(told()).toBeUndefined());

test("with it the clock is used, once however often chrony starts; when it is gone, no more", () => {
  device();
  const conf = "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2\nmakestep 1.0 -1\n";
  expect(told()?.replaceAll(root, "")).toBe(conf);
  expect(told()?.replaceAll(root, "")).toBe(conf);
  rmSync(join(root, "dev/ptp_hyperv"));
  expect(told()).toBeUndefined();
});

test("an image that uses it already, as Canonical's and Debian's do, is left as it is; a comment is no use", () => {
  device();
  writeFileSync(join(root, "etc/chrony/chrony.conf"), "# refclock PHC /dev/ptp_hyperv\n");
  expect(told()).toBeDefined();
  writeFileSync(join(root, "etc/chrony/chrony.conf"), "# Azure\nrefclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0\n");
  expect(told()).toBeUndefined();
});
