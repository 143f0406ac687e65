/**
 * The rendered script runs, with a folder in place of / and image files in place of disks; blkid and mkfs.ext4 are real. The
 * one thing changed in it is that a disk may be a file.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
  openSync,
  closeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NodeConfig } from "../../../src/core/node-config.ts";
import { createAzureUserData } from "../../../src/core/user-data/merge.ts";
import { find, has } from "../../programs.ts";
import { parseUserData } from "./applied.ts";
import { modes, render, templates } from "./modes.ts";

const NVME = "dev/disk/azure/data/by-lun/0";
const SCSI = "dev/disk/azure/scsi1/lun0";
const scriptOf = (text: string): string =>
  parseUserData(text).files.find(({ path }) => path === "/opt/bin/format-data-disk")?.content ?? "";
const flatcar = scriptOf(render(modes["flatcar-member-full"] as NodeConfig));
const coreos = scriptOf(render(modes["coreos-member-full"] as NodeConfig));
const shared = scriptOf(createAzureUserData(templates["user-data.yaml"] ?? "", templates["data-disk.yaml"] ?? "", "http://h/t"));

describe.skipIf(!has("mkfs.ext4") || !has("blkid"))("the data disk", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "disk-"));
    mkdirSync(join(root, "run"));
    mkdirSync(join(root, "proc"));
    writeFileSync(join(root, "proc/mounts"), `${root}/dev/sda9 / ext4 rw 0 0\n`);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function disk(name: string, ...links: string[]): string {
    const path = join(root, "dev", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
    truncateSync(path, 16 << 20);
    for (const link of links) {
      mkdirSync(dirname(join(root, link)), { recursive: true });
      symlinkSync(path, join(root, link));
    }
    return path;
  }

  function run(script: string): { status: number | null; said: string } {
    const here = script
      .replaceAll(/(?<![\w/])\/(dev\/disk|dev\/sdc|run\/|proc\/)/g, `${root}/$1`)
      .replaceAll("[ -b ", "[ -e ")
      .replace(/wait="\d+"/, 'wait="0"')
      .replace("sleep 1", "sleep 0");
    const path = [dirname(find("mkfs.ext4") ?? ""), process.env["PATH"]].join(":");
    const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", here], { encoding: "utf8", env: { PATH: path } });
    return { status, said: stdout + stderr };
  }

  const typeOf = (path: string): string =>
    spawnSync(find("blkid") ?? "", ["-p", "-o", "value", "-s", "TYPE", path], { encoding: "utf8" }).stdout.trim();
  const digest = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
  const poke = (path: string, at: number, text: string): void => {
    const file = openSync(path, "r+");
    writeSync(file, text, at);
    closeSync(file);
  };

  test.each([
    ["NVMe", "nvme0n2", NVME],
    ["SCSI", "sdc", SCSI],
  ])("%s: a blank one gets ext4, and the mount's link", (_bus, name, link) => {
    const path = disk(name, link);
    expect(run(flatcar)).toEqual({ status: 0, said: "" });
    expect(typeOf(path)).toBe("ext4");
    expect(readlinkSync(join(root, "run/azure-data-disk"))).toBe(path);
  });

  test("a second boot, or another machine with the same disk, changes no byte", () => {
    const path = disk("sdc", SCSI, NVME);
    run(flatcar);
    const before = digest(path);
    rmSync(join(root, "run/azure-data-disk"));
    expect(run(flatcar)).toMatchObject({ status: 0, said: expect.stringContaining("left alone") as string });
    expect(run(flatcar).status).toBe(0);
    expect(digest(path)).toBe(before);
    expect(readlinkSync(join(root, "run/azure-data-disk"))).toBe(path);
  });

  test("someone else's data without a known signature is not touched, and not mounted", () => {
    const path = disk("sdc", SCSI);
    poke(path, 500_000, "precious");
    const before = digest(path);
    expect(run(flatcar)).toMatchObject({ status: 1, said: expect.stringContaining("not blank") as string });
    expect(digest(path)).toBe(before);
    expect(() => readlinkSync(join(root, "run/azure-data-disk"))).toThrow("ENOENT");
  });

  test("a disk with another file system keeps it", () => {
    const path = disk("sdc", SCSI);
    execFileSync(find("mkswap") ?? "mkswap", [path], { stdio: "ignore" });
    const before = digest(path);
    expect(run(flatcar).status).toBe(0);
    expect([digest(path), typeOf(path)]).toEqual([before, "swap"]);
  });

  test("one that cannot be read is not formatted", () => {
    mkdirSync(join(root, "dev/disk/azure/scsi1"), { recursive: true });
    mkdirSync(join(root, SCSI));
    expect(run(flatcar).status).not.toBe(0);
    expect(() => readlinkSync(join(root, "run/azure-data-disk"))).toThrow("ENOENT");
  });

  test("without one the unit fails, so that docker does not fill the OS disk", () => {
    expect(run(flatcar)).toEqual({ status: 1, said: "no data disk on LUN 0\n" });
  });
  test("without one a node from azure-user-data goes on without it", () => {
    expect(run(shared)).toEqual({ status: 0, said: "no data disk on LUN 0\n" });
  });

  test("Flatcar never takes /dev/sdc by its name", () => {
    const path = disk("sdc");
    expect(run(flatcar).status).toBe(1);
    expect(typeOf(path)).toBe("");
  });
  test("CoreOS of 2015 takes /dev/sdc when there is no link", () => {
    const path = disk("sdc");
    expect(run(coreos)).toEqual({ status: 0, said: "" });
    expect(typeOf(path)).toBe("ext4");
  });
  test("but a link goes before it", () => {
    const [sdc, sdd] = [disk("sdc"), disk("sdd", SCSI)];
    expect(run(coreos).status).toBe(0);
    expect([typeOf(sdc), typeOf(sdd)]).toEqual(["", "ext4"]);
  });
  test.each([
    ["has a partition", (): void => void disk("sdc1")],
    ["is mounted", (): void => writeFileSync(join(root, "proc/mounts"), `${root}/dev/sdc /mnt/resource ext4 rw 0 0\n`)],
  ])("and not when it %s: that is the resource disk", (_what, prepare) => {
    const path = disk("sdc");
    prepare();
    expect(run(coreos).status).toBe(1);
    expect(typeOf(path)).toBe("");
  });
});
