/**
 * Machines that really boot, from the user-data of the real command: `create` runs to "ready" against systemd as PID 1 in
 * namespaces, over SSH, with etcd's TLS; then the machines are looked at from inside, switched off and on, and made again.
 * Not to be had here: a kernel of their own, udev, a docker engine, clocks that differ.
 */
import type { ClusterDocument, RebootDocument } from "../../src/core/documents.ts";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { image, whatIsMissing } from "./image.ts";
import type { Machine } from "./machine.ts";
import { type Desk, type Stage, diskFolder, setStage } from "./stage.ts";

const missing = whatIsMissing();
const prefix = `acc${process.pid}`.slice(-8).replace(/^\d/, "a");
let folder: ReturnType<typeof diskFolder>;
let stage: Stage;
let machines: readonly Machine[];
let desk: Desk;

const three = (): Machine[] => machines.slice(0, 3);
const member = (index: number): Machine => machines[index] as Machine;

/** What the user-data puts on a node for people. */
const etcdctl = (command: string): string => `/opt/bin/cluster-etcdctl ${command} 2>&1`;

beforeAll(() => {
  if (missing !== undefined) throw new Error(missing);
  folder = diskFolder();
});

/** New machines, a new network. */
function start(platform: "flatcar" | "coreos"): void {
  stage = setStage(image(platform), folder.path, prefix);
  ({ desk, machines } = stage);
}

const end = (): Promise<void> => stage.end();

afterAll(() => folder.remove());

/** Systemd leaves out a unit to break a cycle, and says so. */
function noCycle(machine: Machine): void {
  expect(machine.run("journalctl -b --no-pager | grep -i 'ordering cycle'")).toBe("");
  expect(machine.console()).toContain("local-fs.target");
  expect(machine.console()).not.toMatch(/ordering cycle/i);
}

/** Of a machine that may be off, or on its way: who asks a systemd that ends may wait for ever. */
function quietly(machine: Machine, command: string): string {
  try {
    return machine.run(`timeout --signal=KILL 2 ${command}`);
  } catch {
    return "";
  }
}

const running = (machine: Machine): Promise<string> => machine.until("systemctl is-system-running", /^running$/);

describe("four machines: three etcd members with TLS, a gateway, data disks", () => {
  beforeAll(() => start("flatcar"));
  afterAll(end);

  test("the command ends with all of them ready", async () => {
    const { exit, stdout, stderr } = await desk.run("mycluster --num-nodes 4 --data-disk --json --timeout 60s");
    const journal =
      exit === 0
        ? ""
        : machines
            .map((machine) => machine.run("hostname; journalctl -b --no-pager -o cat -n 60 -u oem-cloudinit -u 'etcd*'"))
            .join("\n");
    expect(exit, `${stderr}\n${journal}`).toBe(0);
    const { nodes, etcd } = JSON.parse(stdout) as ClusterDocument;
    expect(nodes.map(({ state, privateIp }) => [state, privateIp])).toEqual(
      [4, 5, 6, 7].map((last) => ["ready", `10.0.0.${last}`]),
    );
    expect(etcd.members).toEqual(["mycluster-coreos-0", "mycluster-coreos-1", "mycluster-coreos-2"]);
  });

  test("every unit is up, none failed, and systemd found no ordering cycle", async () => {
    for (const machine of machines) {
      await running(machine);
      expect(machine.run("systemctl --failed --plain --no-legend")).toBe("");
      noCycle(machine);
      expect(machine.run("journalctl -b --no-pager -u oem-cloudinit | grep -c 'failed ('")).toBe("0");
    }
  });

  test("etcd is one cluster of three, from every machine's 127.0.0.1, and serves nobody without a certificate", () => {
    for (const machine of three()) expect(machine.run(etcdctl("endpoint health --cluster")).match(/is healthy/g)).toHaveLength(3);
    expect(member(0).run(etcdctl("put from zero"))).toBe("OK");
    expect(member(3).run(etcdctl("get from --print-value-only"))).toBe("zero");
    const stranger =
      "ETCDCTL_API=3 etcdctl --endpoints=https://127.0.0.1:2379 --insecure-skip-tls-verify --command-timeout=2s get from 2>&1";
    expect(member(3).run(stranger)).toMatch(/bad certificate|certificate required|deadline exceeded/);
    expect(member(0).run("stat -c '%U %a' /etc/etcd/tls/node-key.pem")).toBe("etcd 600");
  });

  test("exactly one NTP client runs, and nothing reboots by itself", () => {
    for (const machine of machines) {
      expect(
        machine.run(
          "systemctl list-units --state=active --plain --no-legend chronyd.service systemd-timesyncd.service ntpd.service | cut -d' ' -f1",
        ),
      ).toBe("chronyd.service");
      expect(machine.run("systemctl is-active locksmithd; systemctl is-enabled locksmithd")).toBe("inactive\nmasked");
    }
  });

  test("the blank data disk has a file system, and is mounted before docker starts", () => {
    for (const machine of machines) {
      expect(machine.run("findmnt -no FSTYPE,LABEL /var/lib/docker").split(/\s+/)).toEqual(["ext4", "data"]);
      const when = (unit: string): number => Number(machine.run(`systemctl show -P ActiveEnterTimestampMonotonic ${unit}`));
      expect(when("var-lib-docker.mount")).toBeGreaterThan(0);
      expect(when("docker.service")).toBeGreaterThanOrEqual(when("var-lib-docker.mount"));
    }
  });

  test("a docker that runs when the disk is mounted is started again, and one that starts after it once", async () => {
    const machine = member(0);
    const starts = "journalctl -b -o cat --no-pager -u docker.service | grep -c '^Started'";
    expect(machine.run(starts)).toBe("1");
    const pid = (): string => machine.run("systemctl show -P MainPID docker.service");
    const before = pid();
    // as on a first boot, when docker runs before user-data is there
    machine.run("umount /var/lib/docker && systemctl start var-lib-docker.mount");
    await expect.poll(pid, { timeout: 20_000 }).not.toMatch(new RegExp(`^(0|${before})$`));
    expect(machine.run(`findmnt -no FSTYPE /var/lib/docker; ${starts}`)).toBe("ext4\n2");
    await running(machine);
    await machine.until(etcdctl("endpoint health"), /is healthy/);
    noCycle(machine);
  });

  test("logs --unit: a real journal's lines, of one node and of two; hostile ones; a unit that is not there, or has written nothing", async () => {
    const one = await desk.run("logs mycluster 0 --unit etcd-member --lines 50");
    expect({ exit: one.exit, lines: one.stdout.trimEnd().split("\n").length }, one.stderr).toEqual({ exit: 0, lines: 50 });
    expect(one.stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\S+ \S+ \S+\[\d+\]: \S/m);

    const hostile = String.raw`printf 'red \033[31m\033]0;title\007\n\377\376 bytes\nmycluster-coreos-1 | forged\n\tlast'`;
    for (const machine of [member(0), member(1)]) machine.run(`systemd-run --quiet --wait --unit=hostile sh -c "${hostile}"`);
    await member(1).until("journalctl -q -o cat -u hostile", /last/);
    const both = await desk.run("logs mycluster --unit hostile --lines 20");
    expect(both.exit, both.stderr).toBe(3);
    // what is no text is journald's own "blob"; a line that is forged stands after its true node's name
    expect(both.stdout).not.toContain("\u001B");
    for (const index of [0, 1]) {
      // journalctl takes colours and titles out, calls bytes a blob, and makes blanks of a tab; systemd's own lines come when they come
      const own = both.stdout.split("\n").filter((line) => line.startsWith(`mycluster-coreos-${index} | `));
      expect(own.join("\n")).toMatch(/: red ?\n[\s\S]*\[\d+B blob data\]\n[\s\S]*mycluster-coreos-1 \| forged[\s\S]* {8}last/);
    }
    expect(both.stderr).toContain("mycluster-coreos-3: it has no unit hostile");

    const none = await desk.run("logs mycluster 0 --unit etcd --lines 50");
    expect({ exit: none.exit, stdout: none.stdout }).toEqual({ exit: 1, stdout: "" });
    expect(none.stderr).toContain("mycluster-coreos-0: it has no unit etcd; there is etcd-member.service");
    member(0).run("printf '[Service]\\nExecStart=/bin/true\\n' >/etc/systemd/system/silent.service; systemctl daemon-reload");
    const silent = await desk.run("logs mycluster 0 --unit silent");
    expect({ exit: silent.exit, stdout: silent.stdout }).toEqual({ exit: 0, stdout: "" });
    expect(silent.stderr).toContain("mycluster-coreos-0: silent has written nothing yet.");
  });

  test("switched off and on: the data is there, the disk was not formatted again, etcd is whole, no unit failed", async () => {
    const machine = member(1);
    machine.run("echo kept > /var/lib/docker/file; sync");
    const uuid = machine.run("findmnt -no UUID /var/lib/docker");
    await machine.powerOff();
    expect(await member(0).until(etcdctl("--command-timeout=3s put while one-is-off"), /^OK$/)).toBe("OK");
    await machine.powerOn();
    await running(machine);
    expect(machine.run("cat /var/lib/docker/file; findmnt -no UUID /var/lib/docker")).toBe(`kept\n${uuid}`);
    noCycle(machine);
    await machine.until(etcdctl("get while --print-value-only"), /^one-is-off$/);
  });

  test("all rebooted by the command: each in another boot, one after the other, data and quorum kept; nothing left of it", async () => {
    const bootOf = (machine: Machine): string => machine.run("cat /proc/sys/kernel/random/boot_id");
    const before = machines.map(bootOf);
    expect(member(0).run(etcdctl("put before reboot"))).toBe("OK");
    const { exit, stdout, stderr } = await desk.run("reboot mycluster --json --node-timeout 90s");
    expect(exit, stderr).toBe(0);
    expect((JSON.parse(stdout) as RebootDocument).rebooted).toEqual([3, 0, 1, 2].map((index) => `mycluster-coreos-${index}`));
    for (const [index, machine] of machines.entries()) {
      await running(machine);
      expect(bootOf(machine)).not.toBe(before[index]);
      expect(machine.run("systemctl --failed --plain --no-legend; ls /run/azure-coreos-cluster 2>/dev/null")).toBe("");
    }
    expect(member(2).run(etcdctl("get before --print-value-only"))).toBe("reboot");
    expect(
      member(0)
        .run(etcdctl("endpoint health --cluster"))
        .match(/is healthy/g),
    ).toHaveLength(3);
  });

  test("as docs/operations.md has it, members that all need a reboot take turns by themselves", async () => {
    const page = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
    const texts = [...page.matchAll(/^```(?:sh|ini)\n(.*?)^```$/gms)].map(([, text = ""]) => text);
    const beginning = (line: string): string => {
      const text = texts.find((one) => one.startsWith(`${line}\n`));
      if (text === undefined) throw new Error(`docs/operations.md has no text that begins with ${line}`);
      return text;
    };
    const script = beginning("#!/bin/bash").replace("sleep 30", "sleep 4");
    const unit = beginning("# /etc/systemd/system/reboot-in-turn.service").replace("RestartSec=120", "RestartSec=3");
    const client = "#!/bin/bash\n[ -e /run/update ] && echo CURRENT_OP=UPDATE_STATUS_UPDATED_NEED_REBOOT\n";
    const before = three().map((machine) => machine.run("cat /proc/sys/kernel/random/boot_id"));
    for (const machine of three()) {
      const put = (path: string, text: string): string => machine.run(`cat >${path} <<'END'\n${text}END\nchmod 755 ${path}`);
      put("/opt/bin/reboot-in-turn", script);
      put("/etc/systemd/system/reboot-in-turn.service", unit);
      put("/usr/bin/update_engine_client", client);
      machine.run("touch /run/update; systemctl daemon-reload");
    }
    for (const machine of three()) machine.run("systemctl start --no-block reboot-in-turn");
    // one that is going down may answer with anything
    const boots = (): boolean[] =>
      three().map((machine, index) => {
        const id = quietly(machine, "cat /proc/sys/kernel/random/boot_id");
        return /^[\da-f-]{36}$/.test(id) && id !== before[index];
      });
    // a write that is not through within 5 seconds found no quorum
    const writes = new Set<string>();
    for (let look = 0; look < 400 && boots().includes(false); look++) {
      writes.add(member(3).run(etcdctl("put in turn --command-timeout=5s")));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(
      boots(),
      three()
        .map((machine) => quietly(machine, "journalctl --no-pager --lines=20 -u reboot-in-turn"))
        .join("\n"),
    ).toEqual([true, true, true]);
    expect([...writes]).toEqual(["OK"]);
    for (const machine of three()) await running(machine);
    expect(
      member(0)
        .run(etcdctl("endpoint health --cluster"))
        .match(/is healthy/g),
    ).toHaveLength(3);
  });

  test("made again with its old data disk: the disk is kept, and etcd is reached", async () => {
    const machine = member(3);
    machine.run("echo kept > /var/lib/docker/file; sync");
    await machine.powerOff();
    machine.recreate({});
    await machine.powerOn();
    await running(machine);
    noCycle(machine);
    expect(machine.run("cat /var/lib/docker/file; systemctl --failed --plain --no-legend")).toBe("kept");
    expect(machine.run("journalctl -u format-data-disk --no-pager")).toContain("has a signature: left alone");
    await machine.until(etcdctl("get from --print-value-only"), /^zero$/);
  });

  test("a member that somebody deleted, but for its data disk, is made again by the same command: its disk is kept, and it joins anew", async () => {
    const [before] = [member(2)];
    before.run("echo kept > /var/lib/docker/file; sync");
    const uuid = before.run("findmnt -no UUID /var/lib/docker");
    const machine = "/resourceGroups/mycluster/providers/Microsoft.Compute/virtualMachines/mycluster-coreos-2";
    const { body } = await desk.azure("GET", machine);
    const { properties } = body as {
      properties: { storageProfile: { dataDisks: { deleteOption: string }[] }; osProfile?: unknown };
    };
    for (const disk of properties.storageProfile.dataDisks) disk.deleteOption = "Detach";
    delete properties.osProfile;
    expect((await desk.azure("PUT", machine, body)).status).toBe(200);
    await expect.poll(async () => (await desk.azure("DELETE", machine)).status, { timeout: 20_000 }).toBe(202);
    await expect.poll(async () => (await desk.azure("GET", machine)).status, { timeout: 20_000 }).toBe(404);

    const { exit, stdout, stderr } = await desk.run("mycluster --json --timeout 90s");
    expect(exit, `${stderr}\n${member(2).run("journalctl -b --no-pager -o cat -n 60 -u oem-cloudinit -u 'etcd*'")}`).toBe(0);
    expect((JSON.parse(stdout) as ClusterDocument).nodes.map(({ state }) => state)).toEqual(["ready", "ready", "ready", "ready"]);
    expect(stderr).toContain("mycluster-coreos-2 gets its data disk back");
    await running(member(2));
    noCycle(member(2));
    expect(member(2).run("cat /var/lib/docker/file; findmnt -no UUID /var/lib/docker")).toBe(`kept\n${uuid}`);
    expect(member(2).run("journalctl -u format-data-disk --no-pager")).toContain("has a signature: left alone");
    expect(member(0).run(etcdctl("member list"))).toMatch(/^(?:.*started.*\n){2}.*started.*$/);
    expect(member(2).run(etcdctl("get from --print-value-only"))).toBe("zero");
  });

  test("a machine made where the etcd authority is not gets its certificate from who has it, and systemd starts its etcd", async () => {
    const machine = "/resourceGroups/mycluster/providers/Microsoft.Compute/virtualMachines/mycluster-coreos-1";
    expect((await desk.azure("DELETE", machine)).status).toBe(202);
    await expect.poll(async () => (await desk.azure("GET", machine)).status, { timeout: 20_000 }).toBe(404);
    for (const one of [0, 2]) member(one).run("mv /etc/etcd/authority.pem /root/");
    const away = await desk.run("mycluster --timeout 30s --dir away");
    expect(away.stderr).toContain("their etcd starts when the same command, run where that file is");
    expect(member(1).run("ls /etc/etcd/tls 2>&1")).not.toContain("node-key.pem");
    const { exit, stderr } = await desk.run("mycluster --timeout 90s");
    expect(exit, stderr).toBe(0);
    await running(member(1));
    expect(member(1).run("stat -c '%U %a' /etc/etcd/tls/node-key.pem; stat -c '%U %a' /etc/etcd/authority.pem")).toBe(
      "etcd 600\nroot 600",
    );
    expect(
      member(1)
        .run(etcdctl("endpoint health --cluster"))
        .match(/is healthy/g),
    ).toHaveLength(3);
  });
});

describe("three machines of an old CoreOS image, with Deis' parts and data disks", () => {
  beforeAll(() => start("coreos"));
  afterAll(end);

  test("the command ends with all of them ready, and no unit failed", async () => {
    const flags =
      "--num-nodes 3 --platform coreos --coreos-image kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest --deis --data-disk --json --timeout 60s";
    const { exit, stderr } = await desk.run(`mycluster ${flags}`);
    expect(exit, stderr).toBe(0);
    for (const machine of machines) {
      await running(machine);
      expect(machine.run("systemctl --failed --plain --no-legend")).toBe("");
      noCycle(machine);
      expect(machine.run("findmnt -no FSTYPE /var/lib/docker; cat /etc/environment")).toMatch(
        /^ext4\nCOREOS_PRIVATE_IPV4=10\.0\.0\.\d$/,
      );
    }
  });

  test("etcd answers the v2 API on the old port, and fleet is told where it is", () => {
    expect(member(0).run("ETCDCTL_API=2 etcdctl --endpoints=http://10.0.0.6:4001 set from zero")).toBe("zero");
    expect(member(2).run("ETCDCTL_API=2 etcdctl --endpoints=http://127.0.0.1:4001 get from")).toBe("zero");
    expect(member(2).run("systemctl show -P Environment fleet")).toContain("FLEET_PUBLIC_IP=10.0.0.6");
  });

  test("exactly one NTP client runs: ntpd, not the image's timesyncd, and not after a restart either", async () => {
    const clients =
      "systemctl list-units --state=active --plain --no-legend chronyd.service systemd-timesyncd.service ntpd.service | cut -d' ' -f1";
    for (const machine of machines) expect(machine.run(clients)).toBe("ntpd.service");
    await member(1).powerOff();
    await member(1).powerOn();
    await running(member(1));
    noCycle(member(1));
    expect(member(1).run(clients)).toBe("ntpd.service");
  });
});
