/**
 * systemd's own word on every unit of every mode: `systemd-analyze verify` prints nothing. It runs in a root of its own with
 * Debian's units, and with stand-ins for what only the node has.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NodeConfig } from "../../../src/core/node-config.ts";
import { createAzureUserData } from "../../../src/core/user-data/merge.ts";
import { long } from "../../long.ts";
import { has } from "../../programs.ts";
import { applyUserData } from "./applied.ts";
import { modes, render, templates } from "./modes.ts";

/** Units of the image. etcd-member.service as Flatcar has it, but for what it runs. */
const IMAGE_UNITS = {
  "etcd-member.service":
    "[Unit]\nWants=network-online.target network.target\nAfter=network-online.target\n[Service]\nType=notify\nExecStart=/usr/bin/true\n[Install]\nWantedBy=multi-user.target\n",
  "docker.service":
    "[Unit]\nAfter=docker.socket network-online.target\nWants=network-online.target\nRequires=docker.socket\n[Service]\nExecStart=/usr/bin/docker\n[Install]\nWantedBy=multi-user.target\n",
  "docker.socket": "[Socket]\nListenStream=/run/docker.sock\n[Install]\nWantedBy=sockets.target\n",
  "ntpd.service": "[Service]\nExecStart=/usr/bin/true\n[Install]\nWantedBy=multi-user.target\n",
  "etcd2.service": "[Service]\nType=notify\nExecStart=/usr/bin/true\n[Install]\nWantedBy=multi-user.target\n",
  "chrony.service": "[Service]\nType=forking\nExecStart=/usr/bin/true\n[Install]\nWantedBy=multi-user.target\n",
  "fleet.service":
    "[Unit]\nWants=etcd2.service\nAfter=etcd2.service\n[Service]\nExecStart=/usr/bin/true\n[Install]\nWantedBy=multi-user.target\n",
};

/** Those that have most of the units of their platform; with LONG=all every mode. */
const MOST_UNITS = /-full$|^flatcar-(discovery-gateway|deis)$|^coreos-proxy$/;
/** Their units are other modes' too, or none. */
const SAME_UNITS = new Set(["flatcar-without-etcd", "debian-member", "debian-later", "ubuntu-joining", "ubuntu-without-etcd"]);

describe.skipIf(!has("systemd-analyze"))("systemd accepts", () => {
  const base = mkdtempSync(join(tmpdir(), "verify-"));
  beforeAll(() => {
    cpSync("/usr/lib/systemd/system", join(base, "root/usr/lib/systemd/system"), { recursive: true, verbatimSymlinks: true });
    for (const [name, text] of Object.entries(IMAGE_UNITS)) writeFileSync(join(base, "root/usr/lib/systemd/system", name), text);
    for (const program of ["/usr/bin/true", "/usr/bin/docker", "/usr/bin/systemctl", "/usr/bin/etcd"]) {
      const path = join(base, "root", program);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "#!/bin/sh\n");
      chmodSync(path, 0o755);
    }
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  /** What systemd-analyze prints of all units that the text brings, changes or starts, together. */
  function verify(name: string, text: string, change?: (root: string) => void): string {
    const root = join(base, name);
    cpSync(join(base, "root"), root, { recursive: true, verbatimSymlinks: true });
    const { units } = applyUserData(text, root);
    change?.(root);
    const names = units.filter((unit) => !("mask" in unit)).map((unit) => unit.name);
    if (names.length === 0) throw new Error("no unit to verify");
    const { status, stdout, stderr } = spawnSync(
      "systemd-analyze",
      ["verify", "--man=no", `--root=${root}`, ...names, "multi-user.target"],
      {
        encoding: "utf8",
        env: { PATH: process.env["PATH"] },
      },
    );
    return `${stdout}${stderr}${status === 0 ? "" : `exit ${status}`}`;
  }

  const own = Object.entries(modes).filter(([name]) => !SAME_UNITS.has(name));
  test.each(own.filter(([name]) => long || MOST_UNITS.test(name)))("every unit of %s", (name, node) =>
    expect(verify(name, render(node))).toBe(""),
  );
  test("every unit of azure-user-data", () => {
    const text = createAzureUserData(templates["user-data.yaml"] ?? "", templates["data-disk.yaml"] ?? "", "http://h/t");
    expect(verify("azure-user-data", text)).toBe("");
  });

  const disk = render(modes["flatcar-member-full"] as NodeConfig);
  test("but finds the ordering cycle of the original, so that its silence means something", () => {
    const text = disk.replace("        DefaultDependencies=no\n", "");
    expect(text).not.toBe(disk);
    // The cycle is there only once the boot pulls the mount in.
    const enable = (root: string): void => {
      const wants = join(root, "etc/systemd/system/local-fs.target.wants");
      mkdirSync(wants, { recursive: true });
      cpSync(join(root, "etc/systemd/system/var-lib-docker.mount"), join(wants, "var-lib-docker.mount"));
    };
    expect(verify("cycle", text, enable)).toMatch(/ordering cycle/i);
  });
  test("but finds a mount with the wrong name", () => {
    expect(verify("name", disk.replaceAll("var-lib-docker.mount", "docker.mount"))).toContain(
      "Where= setting doesn't match unit name",
    );
  });
  test("but finds a missing program", () => {
    expect(
      verify(
        "program",
        disk.replaceAll("/opt/bin/format-data-disk", "/opt/bin/gone").replace("path: /opt/bin/gone", "path: /opt/bin/x"),
      ),
    ).toContain("/opt/bin/gone is not executable");
  });
});
