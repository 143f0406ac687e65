/**
 * The life of a cluster on real nodes: status, run and ssh, growth from another machine, removal, nodes made again, a member that
 * somebody deleted, a certificate that is brought later. Every step is a command of a user's; what became of etcd is asked of
 * etcd itself.
 */
import type { StatusDocument } from "../../../src/core/documents.ts";
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { AUTHORITY_FILE, NODE_TLS_FILES } from "../../../src/core/node-config.ts";
import type { RunOptions } from "../../cli/world.ts";
import { portOnNode } from "../balancer.ts";
import { etcdctl } from "../booted.ts";
import { long } from "../../long.ts";
import { type Room, hasRealNodes, machineRoom } from "../machine-room.ts";

const GROUP = "mycluster/providers/Microsoft.Compute/virtualMachines";
const folders: string[] = [];
const servers: { close(): unknown }[] = [];

/** Another machine: a folder with nothing in it, or with the cluster's SSH key alone. */
function elsewhere(room: Room, files: readonly string[]): { dir: string } {
  const dir = mkdtempSync(join(tmpdir(), "elsewhere-"));
  folders.push(dir);
  for (const file of files) copyFileSync(join(room.azure.dir, file), join(dir, file));
  return { dir };
}

const nameOf = (index: number): string => `mycluster-coreos-${index}`;

/** etcd's own list of its members, as that node tells it. */
async function membersSeenBy(room: Room, index: number): Promise<string[]> {
  const machine = room.power.machines.get(nameOf(index));
  if (machine === undefined) throw new Error(`node ${index} has no power`);
  const tls = existsSync(join(machine.root, NODE_TLS_FILES.certificate));
  const url = `${tls ? "https" : "http"}://${machine.order.privateAddress}:2379`;
  const list = JSON.parse(await etcdctl(url, ["member", "list", "-w", "json"], tls ? machine.root : undefined)) as {
    members: { name?: string }[];
  };
  return list.members.map(({ name }) => name ?? "").sort((a, b) => a.localeCompare(b));
}

const named = (...indexes: number[]): string[] => indexes.map(nameOf);
const allReady = (count: number): string[] => Array.from({ length: count }, () => "ready");

async function status(room: Room, where: { dir?: string } = {}): Promise<{ exit: number; document: StatusDocument }> {
  const { exit, stdout, stderr } = await room.run("status mycluster --json", where);
  expect(stdout, stderr).not.toBe("");
  return { exit, document: JSON.parse(stdout) as StatusDocument };
}

const states = ({ document }: { document: StatusDocument }): string[] => document.nodes.map(({ state }) => state);

async function expectReady(room: Room, flags: string, count: number, where: { dir?: string } = {}): Promise<string> {
  const { exit, stderr } = await room.create(flags, where);
  expect({ exit, states: room.states(where.dir), failures: room.power.failures }, stderr).toEqual({
    exit: 0,
    states: allReady(count),
    failures: [],
  });
  return stderr;
}

/** An Azure that has no room for one of the machines. */
const without =
  (room: Room, index: number): NonNullable<RunOptions["azure"]> =>
  (request) =>
    request.method === "PUT" && request.url.includes(`/virtualMachines/${nameOf(index)}`)
      ? Promise.resolve({
          status: 409,
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ error: { code: "SkuNotAvailable", message: "no room" } }),
        })
      : room.power.handle(request);

/** Status, with whatever is at hand: all files, the SSH key alone, nothing. */
async function expectSeenFromAnywhere(room: Room): Promise<void> {
  for (const files of [undefined, ["ssh-cert.key"]]) {
    const found = await status(room, files === undefined ? {} : elsewhere(room, files));
    expect({ exit: found.exit, states: states(found), drift: found.document.drift }).toEqual({
      exit: 0,
      states: allReady(3),
      drift: [],
    });
    expect(found.document.nodes.map(({ health }) => health)).toEqual(allReady(3));
    for (const { system } of found.document.nodes) expect(system).toMatch(/^\w+ [\d.]+$/);
  }
  const blind = await status(room, elsewhere(room, []));
  expect({ exit: blind.exit, health: blind.document.nodes.map(({ health }) => health) }).toEqual({
    exit: 3,
    health: ["unknown", "unknown", "unknown"],
  });
}

/** A member made where the authority is not starts when it is brought its certificate. */
async function expectCertificateBrought(room: Room): Promise<void> {
  const full = await room.create("--timeout 60s", { azure: without(room, 2) });
  expect({ exit: full.exit, states: room.states() }, full.stderr).toEqual({ exit: 3, states: ["ready", "ready", "failed"] });
  for (const { root } of room.power.machines.values()) {
    expect(statSync(join(root, AUTHORITY_FILE))).toMatchObject({ uid: 0, mode: 0o100_600 });
    rmSync(join(root, AUTHORITY_FILE));
  }

  const away = elsewhere(room, ["ssh-cert.key"]);
  const bare = await room.create("--timeout 60s", away);
  expect({ exit: bare.exit, states: room.states(away.dir) }, bare.stderr).toEqual({
    exit: 3,
    states: ["ready", "ready", "ssh"],
  });
  expect(bare.stderr).toMatch(/etcd-ca\.key is missing.*brings them a certificate/);
  const { root = "" } = room.power.machines.get(nameOf(2)) ?? {};
  expect(existsSync(join(root, NODE_TLS_FILES.key))).toBe(false);

  await expectReady(room, "", 3);
  expect(statSync(join(root, NODE_TLS_FILES.key)).mode & 0o777).toBe(0o600);
  expect(await membersSeenBy(room, 2)).toEqual(named(0, 1, 2));
  // whoever comes next from elsewhere finds the authority again
  expect(existsSync(join(root, AUTHORITY_FILE))).toBe(true);
}

/** A member that somebody deleted is named, and made again as a member; its old self is taken out of etcd. */
async function expectMadeAgain(room: Room): Promise<void> {
  const before = readFileSync(join(room.azure.dir, "mycluster/known_hosts"), "utf8");
  await room.ask("DELETE", `${GROUP}/${nameOf(1)}?api-version=2024-07-01`);
  await vi.waitFor(async () => expect(states(await status(room))).toEqual(["ready", "missing", "ready"]), { timeout: 20_000 });
  expect(await status(room)).toMatchObject({ exit: 3, document: { drift: [{ kind: "missing-node", node: 1 }] } });

  await expectReady(room, "", 3);
  expect(await membersSeenBy(room, 1)).toEqual(named(0, 1, 2));
  expect(room.power.machines.get(nameOf(1))?.order.userData).toContain("ETCD_INITIAL_CLUSTER_STATE=existing");
  const after = readFileSync(join(room.azure.dir, "mycluster/known_hosts"), "utf8");
  const line = (text: string, port: number): string | undefined => text.split("\n").find((one) => one.includes(`]:${port} `));
  expect(line(after, 22_002)).not.toBe(line(before, 22_002));
  expect(line(after, 22_001)).toBe(line(before, 22_001));
}

/** Nothing listens, then a node answers. */
async function expectEndpoints(room: Room, first: string): Promise<void> {
  for (const port of [80, 443, 2222]) expect(first).toContain(`port ${port} is open, nothing listening yet`);
  const node = room.document().nodes[1]?.privateIp;
  let asked = "";
  const web = createHttpServer((request, response) => {
    asked = request.url ?? "";
    response.end("ok");
  });
  const builder = createServer((socket) => socket.end());
  servers.push(web, builder);
  await Promise.all([
    new Promise<void>((resolve) => web.listen(portOnNode(80), node, resolve)),
    new Promise<void>((resolve) => builder.listen(portOnNode(2222), node, resolve)),
  ]);
  await vi.waitFor(() => expect(asked).toBe("/health-check"), { timeout: 10_000 });
  const second = await expectReady(room, "", 3);
  expect(second).toContain("port 80 answers, /health-check is healthy");
  expect(second).toContain("port 443 is open, nothing listening yet");
  expect(second).toContain("port 2222 answers");
}

/** As core, who may sudo. */
async function expectRunAndSsh(room: Room): Promise<void> {
  const all = await room.run("run mycluster -- id -un && sudo -n id -un");
  expect(all.exit, all.stderr).toBe(0);
  expect(all.stdout.trim().split("\n")).toEqual(
    [0, 1, 2].flatMap((index) => ["core", "root"].map((user) => expect.stringMatching(`^${nameOf(index)}.*${user}$`))),
  );
  const worst = await room.run("run mycluster --json -- test -s /etc/ssh/ssh_host_ed25519_key.pub && exit 7");
  expect(worst.exit).toBe(7);
  let output = "";
  const spawn = (program: string, args: readonly string[]): Promise<number> =>
    new Promise((resolve) => {
      const child = execFile(program, args, (_, stdout) => (output = stdout));
      child.on("close", (code) => resolve(code ?? -1));
    });
  // ssh's own flags are ssh's: it ends with 255 for what it does not know
  const one = await room.run("ssh mycluster 2 -aq -o ConnectTimeout=9 -- sudo -n cat /etc/ssh/ssh_host_ed25519_key.pub; exit 3", {
    spawn,
  });
  expect(one.exit, one.stderr).toBe(3);
  const { root = "" } = room.power.machines.get(nameOf(2)) ?? {};
  expect(output).toBe(readFileSync(join(root, "etc/ssh/ssh_host_ed25519_key.pub"), "utf8"));
}

/** A machine that is switched off is named soon, and what starts it. */
async function expectSwitchedOffNamed(room: Room): Promise<void> {
  await vi.waitFor(async () => expect((await status(room)).document.nodes[1]?.provisioning).toBe("Succeeded"), {
    timeout: 20_000,
  });
  await room.ask("POST", `${GROUP}/${nameOf(1)}/deallocate?api-version=2024-07-01`);
  await room.power.switchOff(nameOf(1));
  const off = await room.create();
  expect({ exit: off.exit, states: room.states() }, off.stderr).toEqual({ exit: 3, states: ["ready", "stopped", "ready"] });
  expect(off.stderr).toContain(
    "`azure-coreos-cluster start mycluster` gives power to every machine of the cluster that has none",
  );
}

/** Lives and not steps: a cluster takes longer to make than what is tried with it. */
describe.skipIf(!hasRealNodes).concurrent("a cluster's life on real nodes", () => {
  afterAll(async () => {
    for (const server of servers.splice(0)) server.close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  test.runIf(long)(
    "of two that join, the first cannot be made; it joins later, by a machine that has the SSH key alone; two are removed, and made again",
    async () => {
      await using room = await machineRoom();
      await expectReady(room, "", 3);
      for (const { root } of room.power.machines.values())
        expect(statSync(join(root, AUTHORITY_FILE))).toMatchObject({ uid: 0, mode: 0o100_600 });
      const part = await room.create("--num-nodes 5", { azure: without(room, 3) });
      expect({ exit: part.exit, states: room.states() }, part.stderr).toEqual({
        exit: 3,
        states: ["ready", "ready", "ready", "failed", "ready"],
      });
      expect(await membersSeenBy(room, 4)).toEqual(named(0, 1, 2, 4));

      const away = elsewhere(room, ["ssh-cert.key"]);
      const told = await expectReady(room, "--num-nodes 5", 5, away);
      expect(told).toMatch(/The etcd authority of mycluster was not in .*: it was fetched from mycluster-coreos-[0124]\./);
      expect(statSync(join(away.dir, "mycluster/etcd-ca.key")).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(away.dir, "mycluster/etcd-ca.key"), "utf8")).toBe(
        readFileSync(join(room.azure.dir, "mycluster/etcd-ca.key"), "utf8"),
      );
      expect(await membersSeenBy(room, 3)).toEqual(named(0, 1, 2, 3, 4));

      const gone = await room.run("remove mycluster 1 3 --yes");
      expect(gone.exit, gone.stderr).toBe(0);
      expect([...room.power.machines.keys()].sort((a, b) => a.localeCompare(b))).toEqual(named(0, 2, 4));
      expect(await membersSeenBy(room, 0)).toEqual(named(0, 2, 4));
      const known = readFileSync(join(room.azure.dir, "mycluster/known_hosts"), "utf8");
      expect([22_001, 22_002, 22_003].map((port) => known.includes(`]:${port} `))).toEqual([true, false, true]);
      expect(states(await status(room))).toEqual(allReady(3));

      await expectReady(room, "--num-nodes 5", 5);
      expect(await membersSeenBy(room, 4)).toEqual(named(0, 1, 2, 3, 4));
    },
  );

  test.runIf(long)(
    "a member is brought its certificate, all are seen from anywhere, one that was deleted is made again, and the quorum is kept",
    async () => {
      await using room = await machineRoom();
      await expectCertificateBrought(room);
      await expectSeenFromAnywhere(room);
      await expectMadeAgain(room);

      room.power.stopEtcd(nameOf(2));
      for (const files of [undefined, ["ssh-cert.key"]]) {
        const found = await status(room, files === undefined ? {} : elsewhere(room, files));
        expect({ exit: found.exit, states: states(found) }).toEqual({ exit: 3, states: ["ready", "ready", "ssh"] });
      }
      // refused before anything is deleted; the member that is down may go
      const refused = await room.run("remove mycluster 1 --yes");
      expect(refused.exit).toBe(5);
      expect(refused.stderr).toMatch(/etcd must not remove mycluster-coreos-1: only 1 of the 2 that stay are healthy, 2 must be/);
      expect([...room.power.machines.keys()]).toHaveLength(3);
      const gone = await room.run("remove mycluster 2 --yes");
      expect(gone.exit, gone.stderr).toBe(0);
      expect(await membersSeenBy(room, 0)).toEqual(named(0, 1));
    },
  );

  test.runIf(long)("a growth that is stopped when its machines are asked for is finished by the next run", async () => {
    await using room = await machineRoom();
    await expectReady(room, "--num-nodes 1", 1);
    let stop = (): void => undefined;
    const stopped = await room.create("--num-nodes 3", {
      onInterrupt: (interrupt) => (stop = interrupt),
      azure: async (request) => {
        const answer = await room.power.handle(request);
        if (request.method === "PUT" && request.url.includes("/virtualMachines/")) stop();
        return answer;
      },
    });
    expect(stopped.exit, stopped.stderr).toBe(130);
    expect([...room.power.machines.keys()]).toHaveLength(3);
    expect(await membersSeenBy(room, 0)).toEqual(named(0));
    // and one that ended after it had added a member, before that was told
    const [zero, two] = [0, 2].map((index) => room.power.machines.get(nameOf(index)));
    await etcdctl(
      `https://${zero?.order.privateAddress}:2379`,
      ["member", "add", nameOf(2), `--peer-urls=https://${two?.order.privateAddress}:2380`],
      zero?.root,
    );
    await expectReady(room, "", 3);
    expect(await membersSeenBy(room, 0)).toEqual(named(0, 1, 2));
    expect(room.document().etcd.members).toHaveLength(3);
    const told = [...room.power.machines.values()].map(
      ({ order }) => /ETCD_INITIAL_CLUSTER_STATE=(\w+)/.exec(order.userData)?.[1],
    );
    expect(told).toEqual(["new", "existing", "existing"]);
  });

  test.runIf(long)("an old CoreOS cluster grows and shrinks through the API of etcd2", async () => {
    await using room = await machineRoom();
    const image = "--coreos-image kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest";
    await expectReady(room, `--num-nodes 1 --platform coreos ${image}`, 1);
    await expectReady(room, "--num-nodes 3", 3);
    expect(await membersSeenBy(room, 2)).toEqual(named(0, 1, 2));
    const gone = await room.run("remove mycluster 0 --yes");
    expect(gone.exit, gone.stderr).toBe(0);
    expect(await membersSeenBy(room, 2)).toEqual(named(1, 2));
  });

  // slow
  test.runIf(long)("Deis' endpoints, through the load balancer; run and ssh; a machine that is switched off", async () => {
    await using room = await machineRoom();
    await expectEndpoints(room, await expectReady(room, "--deis", 3));
    await expectRunAndSsh(room);
    await expectSwitchedOffNamed(room);
  });
});
