/**
 * platform install on machines of Debian that really boot: its steps are transient units of systemd's own, which go on when the connection breaks and
 * end with the machine. In place of apt, k3s and Drycc's installer are small scripts, for none of them is to be had here.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Result } from "../cli/world.ts";
import { cloudImage } from "./cloud-image.ts";
import { whatIsMissing } from "./image.ts";
import type { Machine } from "./machine.ts";
import { type Stage, diskFolder, setStage } from "./stage.ts";

vi.setConfig({ testTimeout: 400_000 });

const missing = whatIsMissing();
const prefix = `ace${process.pid}`.slice(-8).replace(/^\d/, "a");
const UNIT = "azure-coreos-cluster-platform";

const INSTALLER = `#!/usr/bin/env bash
set -e
echo "$1" >>/root/calls
while [ "$(cat /root/hang 2>/dev/null)" = "$1" ]; do sleep 0.1; done
case $1 in
  install_k3s_server) mkdir -p /var/lib/rancher/k3s/server; echo K10::server:secret >/var/lib/rancher/k3s/server/node-token
    touch /etc/systemd/system/k3s.service ;;
  install_k3s_agent) [ "$K3S_TOKEN" = K10::server:secret ]; touch /etc/systemd/system/k3s-agent.service ;;
  install_drycc) [ -n "$DRYCC_ADMIN_PASSWORD" ] ;;
esac
`;
/** In front of the system's own. */
const EQUIP = [
  "cd /usr/local/bin",
  String.raw`printf '#!/bin/sh\n' | tee iscsiadm bc apt-get >/dev/null && chmod +x iscsiadm bc apt-get`,
  // no host has told it the time
  String.raw`printf '#!/bin/sh\necho "Leap status : Normal"\n' >chronyc && chmod +x chronyc`,
  String.raw`printf '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' >/etc/systemd/system/iscsid.service`,
].join("\n");

const endsEarly = async (running: Promise<Result>): Promise<never> => {
  const { exit, stderr } = await running;
  throw new Error(`it ended too soon, with ${exit}:\n${stderr}`);
};

describe("three machines of Debian become a platform", () => {
  let folder: ReturnType<typeof diskFolder>;
  let stage: Stage;
  let command: string;
  const machine = (index: number): Machine => stage.machines[index] as Machine;
  const calls = (index: number): string[] => machine(index).run("cat /root/calls").split("\n");

  beforeAll(() => {
    if (missing !== undefined) throw new Error(missing);
    folder = diskFolder();
    stage = setStage(cloudImage("debian"), folder.path, prefix);
    const installer = join(folder.path, "install.sh");
    writeFileSync(installer, INSTALLER);
    command = `platform install mycluster --installer ${installer} --servers 1`;
  });
  afterAll(async () => {
    await stage.end();
    folder.remove();
  });

  test("a step goes on while nobody is connected, and its unit is systemd's own", async () => {
    const made = await stage.desk.run("mycluster --platform debian --deis --timeout 4m");
    expect(made.exit, made.stderr).toBe(0);
    for (const one of stage.machines) one.run(EQUIP);
    machine(0).run("echo install_longhorn >/root/hang");
    const running = stage.desk.run(command);
    await Promise.race([machine(0).until("cat /root/calls", /install_longhorn/), endsEarly(running)]);
    expect(machine(0).run(`systemctl show --property=Transient,ActiveState ${UNIT}`).split("\n").sort()).toEqual([
      "ActiveState=active",
      "Transient=yes",
    ]);
    // the session ends, as when a network goes away; what runs is no part of it
    machine(0).run("kill -9 $(pgrep -u core sshd)");
    machine(0).run("rm /root/hang");
    const { exit, stderr } = await running;
    expect(exit, stderr).toBe(0);
    expect(calls(0)).toEqual([
      "install_k3s_server",
      "install_helm",
      "install_components",
      "install_longhorn",
      "install_mountpoint",
      "install_drycc",
      "install_helmbroker",
    ]);
    expect([1, 2].map(calls)).toEqual([["install_k3s_agent"], ["install_k3s_agent"]]);
    expect(machine(0).run(`systemctl list-units --all --plain --no-legend '${UNIT}*'`)).toBe("");
    expect(machine(0).run("systemctl is-active iscsid; stat -c '%U %a' /var/lib/azure-coreos-cluster/platform")).toBe(
      "active\nroot 700",
    );
  });

  test("a step whose machine reboots under it is done again by the same command", async () => {
    machine(0).run("rm /var/lib/azure-coreos-cluster/platform/done/install_drycc; echo install_drycc >/root/hang");
    const running = stage.desk.run(command);
    await Promise.race([machine(0).until("tail -n 1 /root/calls", /install_drycc/), endsEarly(running)]);
    machine(0).run("systemctl reboot --no-block");
    const lost = await running;
    expect({ exit: lost.exit, stderr: lost.stderr }).toEqual({
      exit: 3,
      stderr: expect.stringContaining("(StepLost)") as string,
    });
    await machine(0).until("rm -f /root/hang; systemctl is-system-running", /^(running|degraded)$/);
    const { exit, stderr } = await stage.desk.run(command);
    expect(exit, stderr).toBe(0);
  });
});
