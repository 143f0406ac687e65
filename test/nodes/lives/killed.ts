/**
 * reboot and replace, as processes that are killed with SIGKILL, over real nodes: the same command, again and again, ends it. What was done
 * is not done again, etcd has its three members and no stray, and the data disks are those of before.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RebootDocument, ReplaceDocument } from "../../../src/core/documents.ts";
import type { SimAnswer, SimRequest } from "../../../src/sim/message.ts";
import { serve } from "../../../src/sim/server.ts";
import { etcdctl } from "../booted.ts";
import { long } from "../../long.ts";
import { hasRealNodes, machineRoom, type Room } from "../machine-room.ts";
import type { PoweredMachine } from "../power.ts";

/** As it is installed. */
const PROGRAM = new URL("../../../bin/azure-coreos-cluster.js", import.meta.url).pathname;
const nameOf = (index: number): string => `mycluster-coreos-${index}`;

const ALL = process.env["CRASH"] === "all";
/** Which are made anew: one before and one behind the boundary that is crossed, or with CRASH=all all. */
const NODES = ALL ? [0, 1, 2] : [0, 1];

/** Noted; out of etcd, before the machine goes; gone; asked for; the same of the others. Two of them, or with CRASH=all all. */
const ALL_BOUNDARIES = [
  "after PATCH publicIPAddresses/",
  `before DELETE virtualMachines/${nameOf(0)}`,
  `after DELETE virtualMachines/${nameOf(0)}`,
  `after PUT virtualMachines/${nameOf(0)}`,
  `before DELETE virtualMachines/${nameOf(1)}`,
  `after PUT virtualMachines/${nameOf(1)}`,
  `before DELETE virtualMachines/${nameOf(2)}`,
  `after PUT virtualMachines/${nameOf(2)}`,
];

interface Ended {
  readonly exit: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line as a process, and kills it when it is to be; as it answers what the process asks of Azure. */
interface Desk {
  run(argv: string, killWhen?: (moment: string) => boolean): Promise<Ended>;
  /** "DELETE mycluster-coreos-0": the machines that went so far. */
  readonly machines: string[];
  close(): Promise<void>;
}

async function sitDown(room: Room): Promise<Desk> {
  const machines: string[] = [];
  let watch: ((moment: string) => Promise<void>) | undefined;
  const handle = async (request: SimRequest): Promise<SimAnswer> => {
    const path = new URL(request.url).pathname.split("/").slice(-2).join("/");
    await watch?.(`before ${request.method} ${path}`);
    if (request.signal?.aborted === true) throw request.signal.reason;
    const answer = await room.power.handle(request);
    if (answer.status < 300 && path.startsWith("virtualMachines/") && request.method === "DELETE")
      machines.push(`${request.method} ${path.split("/")[1]}`);
    await watch?.(`after ${request.method} ${path}`);
    return answer;
  };
  const served = await serve({ handle }, { port: 0 });
  return {
    machines,
    close: () => served.close(),
    async run(argv, killWhen) {
      const child = spawn(process.execPath, [PROGRAM, ...argv.split(" "), "--json", "--arm-endpoint", served.url], {
        cwd: room.azure.dir,
        env: { PATH: process.env["PATH"], HOME: room.azure.dir },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (text) => (stdout += String(text)));
      child.stderr.on("data", (text) => (stderr += String(text)));
      const ended = new Promise<Ended>((resolve) =>
        child.on("close", (exit, signal) => resolve({ exit, signal, stdout, stderr })),
      );
      const kill = async (moment: string): Promise<void> => {
        if (killWhen?.(moment) !== true) return;
        watch = undefined;
        child.kill("SIGKILL");
        await ended;
      };
      watch = kill;
      // what a node does is no request
      return ended.finally(room.power.watch(() => void kill(`power ${[...room.power.machines.keys()].join(" ")}`)));
    },
  };
}

const bootOf = (room: Room, index: number): string =>
  readFileSync(join(room.power.machines.get(nameOf(index))?.root ?? "", "etc/boot_id"), "utf8");

async function disksOf(room: Room): Promise<unknown[]> {
  const ask = (index: number): Promise<SimAnswer> =>
    room.power.handle({
      method: "GET",
      url: `https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/mycluster/providers/Microsoft.Compute/disks/${nameOf(index)}-data?api-version=2024-03-02`,
      headers: { authorization: "Bearer test" },
    });
  const answers = await Promise.all([0, 1, 2].map(ask));
  return answers.map(
    ({ body }) => (JSON.parse(body ?? "{}") as { properties?: { timeCreated?: string } }).properties?.timeCreated,
  );
}

describe.skipIf(!hasRealNodes).concurrent("killed with SIGKILL, on real nodes", () => {
  test.runIf(long)("reboot goes on where it stopped; replace, killed at every boundary, makes each node anew once", async () => {
    await using room = await machineRoom();
    const made = await room.create("--data-disk");
    expect({ exit: made.exit, failures: room.power.failures }, made.stderr).toEqual({ exit: 0, failures: [] });
    const desk = await sitDown(room);

    const killed = await desk.run("reboot mycluster", (moment) => moment.startsWith("power ") && !moment.includes(nameOf(1)));
    expect(killed.signal, killed.stderr).toBe("SIGKILL");
    const done = bootOf(room, 0);
    const again = await desk.run("reboot mycluster");
    expect(again.exit, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout) as RebootDocument).toMatchObject({ before: [nameOf(0)], left: [] });
    expect(bootOf(room, 0)).toBe(done);

    const { order, root } = room.power.machines.get(nameOf(2)) as PoweredMachine;
    await etcdctl(`https://${order.privateAddress}:2379`, ["put", "kept", "yes"], root);
    const disks = await disksOf(room);
    const command = `replace mycluster ${NODES.join(" ")} --keep-data-disk --yes --timeout 90s`;
    const boundaries = ALL_BOUNDARIES.filter((_, nth) => ALL || [1, 3].includes(nth));
    for (const boundary of boundaries) {
      const { signal, exit, stderr } = await desk.run(command, (moment) => moment.startsWith(boundary));
      expect({ boundary, signal }, `${exit}: ${stderr}`).toEqual({ boundary, signal: "SIGKILL" });
    }
    const last = await desk.run(command);
    expect(last.exit, last.stderr).toBe(0);
    const { replaced, before, left } = JSON.parse(last.stdout) as ReplaceDocument;
    expect({ all: [...before, ...replaced], left }).toEqual({ all: NODES.map(nameOf), left: [] });
    expect(desk.machines).toEqual(NODES.map((index) => `DELETE ${nameOf(index)}`));
    expect(room.power.failures).toEqual([]);
    expect(await disksOf(room)).toEqual(disks);

    const anew = room.power.machines.get(nameOf(0)) as PoweredMachine;
    const url = `https://${anew.order.privateAddress}:2379`;
    expect(
      (await etcdctl(url, ["member", "list"], anew.root))
        .split("\n")
        .map((line) => line.split(", ").slice(1, 3).join(" "))
        .sort(),
    ).toEqual([0, 1, 2].map((index) => `started ${nameOf(index)}`));
    expect(await etcdctl(url, ["get", "kept", "--print-value-only"], anew.root)).toBe("yes");
    expect((await desk.run("status mycluster")).exit).toBe(0);
    await desk.close();
  });
});
