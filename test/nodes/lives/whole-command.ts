/**
 * The whole command, to "ready", over real SSH through a load balancer (machine-room.ts).
 * How late the tool notices that a node is ready is measured (measure.ts).
 */
import { execFile, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { serve } from "../../../src/sim/server.ts";
import { has } from "../../programs.ts";
import { startDiscovery } from "../discovery-server.ts";
import { long } from "../../long.ts";
import { BASE, type Room, hasRealNodes as ready, machineRoom } from "../machine-room.ts";
import { measure, writeMeasures } from "../measure.ts";
import { end } from "../sshd.ts";

/** As it is installed: `npm test` builds it first. */
const PROGRAM = new URL("../../../bin/azure-coreos-cluster.js", import.meta.url).pathname;

/**
 * Logs in to nodes with the real ssh and the printed config as it is. Only the fresh DNS name is not asked of any DNS server:
 * the way to the load balancer is a ProxyCommand.
 */
async function logins(config: string, room: Room, nodes: readonly string[], options: readonly string[] = []): Promise<string[]> {
  const { dir } = room.azure;
  const file = join(dir, "ssh_config");
  const way = join(dir, "way.cjs");
  writeFileSync(file, config);
  writeFileSync(
    way,
    `const s=require("net").connect(+process.argv[2],process.argv[3]);process.stdin.pipe(s).pipe(process.stdout)`,
  );
  const fixed = ["-F", file, "-o", "BatchMode=yes", "-o", `ProxyCommand=${process.execPath} ${way} %p ${room.publicAddress}`];
  const copy = join(dir, "copied");
  if (options.length === 0) {
    // what editors, scp and rsync do with the file; -O needs no subsystem of the node's
    await promisify(execFile)("scp", ["-O", ...fixed, `${nodes[0]}:/etc/os-release`, copy]);
    expect(readFileSync(copy, "utf8")).toBe(readFileSync("/etc/os-release", "utf8"));
  }
  const found = await Promise.all(nodes.map((node) => promisify(execFile)("ssh", [...fixed, ...options, node, "id -un"])));
  return found.map(({ stdout }) => stdout.trim());
}

afterAll(writeMeasures);

describe.skipIf(!ready).concurrent("create, to real nodes", () => {
  test("three nodes, etcd with TLS: ready, the printed ssh config logs in, and running it again finds them ready", async () => {
    await using room = await machineRoom({ behaviour: (index) => ({ after: 300 * index }) });
    const { exit, stdout, stderr } = await room.create();
    const ended = Date.now();
    expect(room.power.failures).toEqual([]);
    expect({ exit, states: room.states() }, stderr).toEqual({ exit: 0, states: ["ready", "ready", "ready"] });
    measure("static with TLS", room, ended);

    const { dir } = room.azure;
    const names = room.document().nodes.map(({ name }) => name);
    expect(await logins(stdout, room, names)).toEqual(["core", "core", "core"]);
    // strict: with the keys of nodes 0 and 1 swapped, neither is let through
    const known = readFileSync(join(dir, "mycluster", "known_hosts"), "utf8");
    writeFileSync(
      join(dir, "swapped"),
      known.replaceAll(":22001", ":0").replaceAll(":22002", ":22001").replaceAll(":0", ":22002"),
    );
    const refused = logins(stdout, room, names.slice(0, 1), ["-o", `UserKnownHostsFile=${join(dir, "swapped")}`]);
    await expect(refused).rejects.toThrow("REMOTE HOST IDENTIFICATION HAS CHANGED");

    const again = await room.create();
    expect({ exit: again.exit, states: room.states() }, again.stderr).toEqual({
      exit: 0,
      states: ["ready", "ready", "ready"],
    });
    expect(room.document().resources).toMatchObject({ created: 0, updated: 0 });
  });

  test.runIf(long)("plain etcd (--etcd-plain)", async () => {
    await using room = await machineRoom();
    const { exit, stderr } = await room.create("--num-nodes 1 --etcd-plain");
    const ended = Date.now();
    expect({ exit, states: room.states() }, stderr).toEqual({ exit: 0, states: ["ready"] });
    expect([...room.power.machines.values()].some(({ order }) => order.userData.includes("https://"))).toBe(false);
    measure("static, plain", room, ended);
  });

  test.runIf(long)("--wait-for ssh asks nothing of etcd", async () => {
    await using room = await machineRoom({ behaviour: () => ({ etcd: false }) });
    const { exit, stderr } = await room.create("--num-nodes 1 --wait-for ssh");
    const ended = Date.now();
    expect({ exit, states: room.states() }, stderr).toEqual({ exit: 0, states: ["ready"] });
    measure("ssh only", room, ended);
  });

  test.runIf(long && has("discovery.etcd.io"))("etcd finds its members through the real discovery server", async () => {
    await using room = await machineRoom();
    const service = await startDiscovery(`${room.network}.99`);
    const { exit, stderr } = await room.create(`--discovery-service-url ${service}/new`);
    const ended = Date.now();
    expect({ exit, states: room.states() }, stderr).toEqual({ exit: 0, states: ["ready", "ready", "ready"] });
    const { etcd } = room.document();
    expect(etcd.mode).toBe("discovery");
    expect(etcd.discoveryUrl).toMatch(new RegExp(`^${service}/[0-9a-f]{32}$`));
    expect(
      [...room.power.machines.values()].every(({ order }) => order.userData.includes(`ETCD_DISCOVERY=${etcd.discoveryUrl}`)),
    ).toBe(true);
    measure("discovery", room, ended);
  });

  test.runIf(long)("a process ends when its nodes are ready, although Azure still calls the machines Creating", async () => {
    await using room = await machineRoom({ pace: 1 });
    const served = await serve({ handle: (request) => room.power.handle(request) }, { port: 0 });
    try {
      const argv = [PROGRAM, ...BASE.split(" "), "--num-nodes", "1", "--arm-endpoint", served.url];
      const child = spawn(process.execPath, argv, {
        cwd: room.azure.dir,
        stdio: ["ignore", "ignore", "pipe"],
        env: { PATH: process.env["PATH"], HOME: room.azure.dir },
      });
      let stderr = "";
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      const exit = await new Promise((resolve) => child.once("exit", resolve));
      await end(child);
      expect(exit, stderr).toBe(0);
      const saved = JSON.stringify(room.azure.simulation.save());
      expect(saved).toContain('"provisioningState":"Creating"');
    } finally {
      await served.close();
    }
  });
});

describe.skipIf(!ready).concurrent("create, when nodes do not come up", () => {
  test.runIf(long)(
    "one never boots, one shows another host key: both are classified with advice, the other is ready, and the exit code is 3",
    async () => {
      await using room = await machineRoom({
        behaviour: (index) => ({ ...(index === 2 ? { boots: "never" } : {}), otherHostKey: index === 1 }),
        serialLog: () => "[1.2] Kernel panic - not syncing: no root\n",
      });
      const { exit, stderr } = await room.create("--timeout 60s");
      expect({ exit, states: room.states() }, stderr).toEqual({ exit: 3, states: ["ready", "wrong-host-key", "unreachable"] });
      expect(stderr).toMatch(
        /mycluster-coreos-2: unreachable: the machine does not boot\n.*Kernel panic - not syncing.*\n.*Check that the image/,
      );
      expect(stderr).toContain("Continue: the same command again");
      expect(stderr).toMatch(/mycluster-coreos-1: wrong-host-key: somebody answers with another host key.*\n.*do not log in/);
      expect(stderr).not.toMatch(/mycluster-coreos-0: (unreachable|ssh|wrong)/);
      expect(readFileSync(join(room.azure.dir, "events.jsonl"), "utf8")).toMatch(/"code":"HostKeyMismatch".*expected SHA256:/);
    },
  );
});
