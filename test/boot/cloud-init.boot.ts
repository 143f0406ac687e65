/**
 * Machines of Debian and Ubuntu that really boot with their own cloud-init, from the user-data of the real command: packages, etcd with TLS,
 * the data disk, a second boot, growth, replacement. As in boot.boot.ts there is no kernel of their own, no udev, and Azure's data source is
 * cloud-init's NoCloud: a folder in place of Azure.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ClusterDocument, RebootDocument } from "../../src/core/documents.ts";
import { type CloudSystem, INDEX, cloudImage } from "./cloud-image.ts";
import { whatIsMissing } from "./image.ts";
import type { Machine } from "./machine.ts";
import { type Desk, type Stage, diskFolder, setStage } from "./stage.ts";

// a first boot installs packages, and four of them share what cores there are
vi.setConfig({ testTimeout: 400_000 });

const missing = whatIsMissing();
const prefix = `acd${process.pid}`.slice(-8).replace(/^\d/, "a");
let folder: ReturnType<typeof diskFolder>;
let stage: Stage;
let machines: readonly Machine[];
let desk: Desk;

const machine = (index: number): Machine => machines[index] as Machine;
const three = (): Machine[] => machines.slice(0, 3);
const etcdctl = (command: string): string => `/opt/bin/cluster-etcdctl ${command} 2>&1`;
const healthy = (one: Machine): number => one.run(etcdctl("endpoint health --cluster")).match(/is healthy/g)?.length ?? 0;

beforeAll(() => {
  if (missing !== undefined) throw new Error(missing);
  folder = diskFolder();
});
afterAll(() => folder.remove());

function start(system: CloudSystem, image = cloudImage(system)): void {
  stage = setStage(image, folder.path, prefix);
  ({ desk, machines } = stage);
}
const end = (): Promise<void> => stage.end();

/** Its first boot, or another one, is over: nothing failed, nothing was warned of, no unit was left out to break a cycle. */
async function booted(one: Machine): Promise<void> {
  await one.until("cloud-init status", /status: (done|error)/);
  expect(one.run("cloud-init status --long")).toMatch(/status: done[\s\S]*errors: \[\]\n(recoverable_errors: \{\})?/);
  expect(one.run("grep -E 'WARNING|ERROR|CRITICAL|Traceback' /var/log/cloud-init.log")).toBe("");
  await one.until("systemctl is-system-running", /^(running|degraded)$/);
  expect(one.run("systemctl --failed --plain --no-legend")).toBe("");
  expect(one.console()).not.toMatch(/ordering cycle/i);
}

const NTP = "systemctl list-units --state=active --plain --no-legend 'chron*' 'systemd-timesyncd*' 'ntp*' | cut -d' ' -f1";

/** What all systems have in common. */
function firstBoot(flags: string): void {
  test("the command ends with all of them ready", async () => {
    const { exit, stdout, stderr } = await desk.run(`mycluster ${flags} --json --timeout 4m`);
    const log = (one: Machine): string =>
      one.run("hostname; tail -n 40 /var/log/cloud-init-output.log; journalctl -b -n 20 -u 'etcd*'");
    expect(exit, exit === 0 ? "" : `${stderr}\n${machines.map(log).join("\n")}`).toBe(0);
    expect((JSON.parse(stdout) as ClusterDocument).nodes.map(({ state, user }) => [state, user])).toEqual(
      Array.from({ length: 4 }, () => ["ready", "core"]),
    );
  });

  test("cloud-init did all of it, its own schema takes what it was given, and every unit is up", async () => {
    for (const one of machines) await booted(one);
    expect(machine(0).run("cloud-init schema --system 2>&1")).toMatch(/Valid schema\s+user-data/);
  });

  test("etcd is one cluster of three, from every machine's 127.0.0.1, and serves nobody without a certificate", () => {
    for (const one of three()) expect(healthy(one)).toBe(3);
    expect(machine(0).run(etcdctl("put from zero"))).toBe("OK");
    expect(machine(3).run(etcdctl("get from --print-value-only"))).toBe("zero");
    const stranger =
      "ETCDCTL_API=3 etcdctl --endpoints=https://127.0.0.1:2379 --insecure-skip-tls-verify --command-timeout=2s get from 2>&1";
    expect(machine(3).run(stranger)).toMatch(/bad certificate|certificate required|deadline exceeded/);
    expect(machine(0).run("stat -c '%U %a' /etc/etcd/tls/node-key.pem")).toBe("etcd 600");
  });

  test("the packages' own etcd never ran, and there is one NTP client", () => {
    for (const one of machines) {
      expect(one.run("systemctl is-enabled etcd.service; journalctl -u etcd.service -o cat --no-pager | grep -c Started")).toBe(
        "masked\n0",
      );
      expect(one.run("ls /var/lib/etcd/default 2>&1")).toMatch(/No such file|^$/);
      expect(one.run(NTP)).toBe("chrony.service");
      expect(one.run("cat /etc/chrony/conf.d/hyperv-clock.conf 2>&1")).toContain("No such file");
    }
  });

  test("the host key is the one that was given, and the only one; what is secret is root's", () => {
    expect(machine(0).run("ls /etc/ssh/ssh_host_*")).toBe("/etc/ssh/ssh_host_ed25519_key\n/etc/ssh/ssh_host_ed25519_key.pub");
    const readable =
      "find / /run -xdev -type f -perm -o=r -size -200k -not -path '/proc/*' -print0 | xargs -0 grep -lsE 'BEGIN (OPENSSH|RSA|EC )?.*PRIVATE KEY' | grep -vE '^/(usr|etc/ssl)/'";
    expect(machine(0).run(readable)).toBe("");
  });

  test("the blank data disk has a file system and is mounted", () => {
    for (const one of machines)
      expect(one.run("findmnt -no FSTYPE,LABEL /var/lib/docker").split(/\s+/)).toEqual(["ext4", "data"]);
  });

  test("all rebooted by the command: each in another boot, nothing written anew, data and quorum kept", async () => {
    const bootOf = (one: Machine): string => one.run("cat /proc/sys/kernel/random/boot_id");
    const before = machines.map(bootOf);
    for (const one of machines) one.run("echo kept > /var/lib/docker/file; echo '# mine' >> /opt/bin/hyperv-clock; sync");
    expect(machine(0).run(etcdctl("put before reboot"))).toBe("OK");
    const { exit, stdout, stderr } = await desk.run("reboot mycluster --json --node-timeout 3m");
    expect(exit, stderr).toBe(0);
    expect((JSON.parse(stdout) as RebootDocument).rebooted).toHaveLength(4);
    for (const [index, one] of machines.entries()) {
      await booted(one);
      expect(bootOf(one)).not.toBe(before[index]);
      expect(one.run("cat /var/lib/docker/file; tail -n 1 /opt/bin/hyperv-clock")).toBe("kept\n# mine");
      expect(one.run(NTP)).toBe("chrony.service");
    }
    expect(healthy(machine(0))).toBe(3);
    expect(machine(2).run(etcdctl("get before --print-value-only"))).toBe("reboot");
  });
}

describe("four machines of Debian: three etcd members with TLS, a gateway, data disks", () => {
  beforeAll(() => start("debian"));
  afterAll(end);
  firstBoot("--platform debian --num-nodes 4 --data-disk");

  test("status says what runs, and that a reboot is waited for", async () => {
    machine(1).run("touch /run/reboot-required");
    const { exit, stdout } = await desk.run("status mycluster --json");
    expect(exit).toBe(0);
    const { nodes } = JSON.parse(stdout) as { nodes: { system?: string; rebootTo?: string }[] };
    expect(nodes.map(({ system, rebootTo }) => [system, rebootTo])).toEqual(
      [0, 1, 2, 3].map((index) => ["debian 13", index === 1 ? "unknown" : undefined]),
    );
  });

  test("switched off and on: its etcd is back, its disk was not formatted again", async () => {
    const uuid = machine(1).run("findmnt -no UUID /var/lib/docker");
    await machine(1).powerOff();
    expect(await machine(0).until(etcdctl("--command-timeout=3s put while one-is-off"), /^OK$/)).toBe("OK");
    await machine(1).powerOn();
    await booted(machine(1));
    expect(machine(1).run("cat /var/lib/docker/file; findmnt -no UUID /var/lib/docker")).toBe(`kept\n${uuid}`);
    await machine(1).until(etcdctl("get while --print-value-only"), /^one-is-off$/);
  });

  test("it grows by two nodes, which join etcd", async () => {
    const { exit, stderr } = await desk.run("mycluster --num-nodes 6 --json --timeout 4m");
    expect(exit, `${stderr}\n${machines[4]?.run("journalctl -b -n 40 --no-pager -u 'etcd*' -u 'cloud-*'") ?? ""}`).toBe(0);
    for (const one of machines.slice(4)) await booted(one);
    expect(healthy(machine(5))).toBe(5);
    expect(machine(4).run(etcdctl("get from --print-value-only"))).toBe("zero");
    // the gateway that was there before is told of those that came
    const endpoints = [4, 5, 6, 8, 9].map((last) => `10.0.0.${last}:2379`).join(",");
    const command = "tr '\\0' ' ' </proc/$(systemctl show -P MainPID etcd-gateway)/cmdline";
    await machine(3).until(command, new RegExp(` --endpoints=${endpoints} `));
    expect(machine(3).run(etcdctl("get from --print-value-only"))).toBe("zero");
  });

  test("another platform is refused for it", async () => {
    const { exit, stderr } = await desk.run("mycluster --num-nodes 7 --platform flatcar");
    expect({ exit, stderr }).toEqual({ exit: 7, stderr: expect.stringContaining("was made with --platform debian") as string });
  });

  test("a member is replaced, and keeps its data disk", async () => {
    const uuid = machine(2).run("findmnt -no UUID /var/lib/docker");
    const { exit, stderr } = await desk.run("replace mycluster 2 --keep-data-disk --yes --json --timeout 4m");
    expect(exit, `${stderr}\n${machine(2).run("journalctl -b -n 40 --no-pager -u 'etcd*'")}`).toBe(0);
    await booted(machine(2));
    expect(machine(2).run("cat /var/lib/docker/file; findmnt -no UUID /var/lib/docker")).toBe(`kept\n${uuid}`);
    expect(machine(2).run("journalctl -u format-data-disk --no-pager")).toContain("has a signature: left alone");
    expect(healthy(machine(2))).toBe(5);
    expect(machine(2).run(etcdctl("get from --print-value-only"))).toBe("zero");
  });

  test("a machine made where the etcd authority is not gets its certificate from who has it", async () => {
    const id = "/resourceGroups/mycluster/providers/Microsoft.Compute/virtualMachines/mycluster-coreos-1";
    expect((await desk.azure("DELETE", id)).status).toBe(202);
    await expect.poll(async () => (await desk.azure("GET", id)).status, { timeout: 20_000 }).toBe(404);
    for (const one of machines) if (one !== machine(1)) one.run("rm -f /etc/etcd/authority.pem");
    const away = await desk.run("mycluster --timeout 40s --dir away");
    expect(away.stderr).toContain("their etcd starts when the same command, run where that file is");
    const { exit, stderr } = await desk.run("mycluster --timeout 4m");
    expect(exit, stderr).toBe(0);
    await booted(machine(1));
    expect(machine(1).run("stat -c '%U %a' /etc/etcd/tls/node-key.pem")).toBe("etcd 600");
    expect(healthy(machine(1))).toBe(5);
  });

  test("nodes leave: a member and a gateway", async () => {
    const { exit, stderr } = await desk.run("remove mycluster 3 5 --yes");
    expect(exit, stderr).toBe(0);
    expect(await machine(0).until(etcdctl("member list"), /^(?:.*started.*\n){3}.*started.*$/)).not.toContain("coreos-5");
  });
});

describe("two machines of Debian without etcd", () => {
  beforeAll(() => start("debian"));
  afterAll(end);

  test("they are ready with SSH, have no etcd, and are looked at, rebooted, replaced and removed all the same", async () => {
    const all = async (argv: string, exit = 0): Promise<string> => {
      const done = await desk.run(argv);
      expect(done.exit, `${argv}\n${done.stderr}`).toBe(exit);
      return done.stdout;
    };
    await all("mycluster --platform debian --num-nodes 2 --etcd-members 0 --json --timeout 4m");
    for (const one of machines) {
      await booted(one);
      expect(one.run("ls /etc/etcd /opt/bin; dpkg -l | grep -c etcd; systemctl cat etcd-member 2>&1")).toMatch(
        /No files found for etcd-member|No such file/,
      );
    }
    expect(JSON.parse(await all("status mycluster --json"))).toMatchObject({ etcd: { mode: "none", members: [] } });
    await all("reboot mycluster --node-timeout 3m");
    await all("mycluster --num-nodes 3 --timeout 4m");
    await all("replace mycluster 1 --yes --timeout 4m");
    await all("remove mycluster 2 --yes");
    await all("mycluster --etcd-members 1", 7);
    await all("status mycluster");
  });
});

describe("a machine whose packages are not to be had at its first boot", () => {
  beforeAll(() => {
    const image = cloudImage("debian");
    start("debian", {
      ...image,
      provision(root, given) {
        image.provision(root, given);
        rmSync(join(root, "srv/packages/Packages"));
      },
    });
  });
  afterAll(end);

  test("is explained, and has its etcd as soon as they are there", async () => {
    const { exit, stderr } = await desk.run("mycluster --platform debian --num-nodes 1 --timeout 30s");
    expect(exit).toBe(6);
    expect(stderr).toContain("its packages could not be installed");
    machine(0).run(`cd /srv/packages && ${INDEX}`);
    const again = await desk.run("mycluster --timeout 2m");
    expect(again.exit, again.stderr).toBe(0);
  });
});

describe("four machines of Ubuntu: three etcd members with TLS, a gateway, data disks", () => {
  beforeAll(() => start("ubuntu"));
  afterAll(end);
  firstBoot("--platform ubuntu --num-nodes 4 --data-disk");
});
