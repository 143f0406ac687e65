/**
 * reboot, stop and start, over real nodes (machine-room.ts): sshd, and etcd members with TLS, that end and start again in another
 * boot. That systemd does the same with real units is shown by boot/boot.boot.ts.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RebootDocument } from "../../../src/core/documents.ts";
import { etcdctl } from "../booted.ts";
import { long } from "../../long.ts";
import { hasRealNodes, machineRoom, type Room } from "../machine-room.ts";
import type { PoweredMachine } from "../power.ts";

const nameOf = (index: number): string => `mycluster-coreos-${index}`;
const bootOf = (room: Room, index: number): string =>
  readFileSync(join(room.power.machines.get(nameOf(index))?.root ?? "", "etc/boot_id"), "utf8");

async function cluster(flags = ""): Promise<Room> {
  const room = await machineRoom();
  const { exit, stderr } = await room.create(flags);
  expect({ exit, failures: room.power.failures }, stderr).toEqual({ exit: 0, failures: [] });
  return room;
}

/** The fewest machines that had power at any time until `work` was done. */
async function fewest<T>(room: Room, work: Promise<T>): Promise<[T, number]> {
  let least = room.power.machines.size;
  const end = room.power.watch(() => (least = Math.min(least, room.power.machines.size)));
  return [await work.finally(end), least];
}

describe.skipIf(!hasRealNodes).concurrent("reboot, stop and start, on real nodes", () => {
  test.runIf(long)(
    "three members: one at a time, each in another boot, etcd healthy in between; also by two runs at once; then stopped and started",
    async () => {
      await using room = await cluster();
      const before = [0, 1, 2].map((index) => bootOf(room, index));
      const [{ exit, stdout, stderr }, least] = await fewest(room, room.run("reboot mycluster --json"));
      expect(exit, stderr).toBe(0);
      const document = JSON.parse(stdout) as RebootDocument;
      expect(document).toMatchObject({ rebooted: [0, 1, 2].map(nameOf), before: [], left: [] });
      expect(least).toBe(2);
      for (const [index, boot] of before.entries()) expect(bootOf(room, index)).not.toBe(boot);
      expect(existsSync(join(room.azure.dir, "mycluster/reboot.json"))).toBe(false);

      const [ended, left] = await fewest(room, Promise.all([room.run("reboot mycluster 0 2"), room.run("reboot mycluster 1")]));
      expect(
        ended.map((one) => one.exit),
        ended.map((one) => one.stderr).join("\n"),
      ).toEqual([0, 0]);
      expect(left).toBe(2);
      expect((await room.run("status mycluster")).exit).toBe(0);

      // the nodes' etcd is ended by its unit before the machines lose power; what is in it is there again
      const { order, root } = room.power.machines.get(nameOf(0)) as PoweredMachine;
      const url = `https://${order.privateAddress}:2379`;
      await etcdctl(url, ["put", "kept", "yes"], root);
      const stopped = await room.run("stop mycluster --yes");
      expect(stopped.exit, stopped.stderr).toBe(0);
      expect(room.power.machines.size).toBe(0);
      expect(stopped.stderr).not.toMatch(/was not ended|systemctl/);
      expect((await room.run("run mycluster -- true")).stderr).toContain("mycluster is stopped since");
      const started = await room.run("start mycluster");
      expect(started.exit, started.stderr).toBe(0);
      expect(await etcdctl(url, ["get", "kept", "--print-value-only"], root)).toBe("yes");
      expect((await room.run("status mycluster")).exit).toBe(0);
    },
  );

  test.runIf(long)(
    "one that does not come back ends it; the same command goes on there, restarts it through Azure, and leaves who is done; then it is replaced",
    async () => {
      await using room = await cluster();
      const before = [0, 1, 2].map((index) => bootOf(room, index));
      room.power.comesBack = (index) => index !== 1;
      const first = await room.run("reboot mycluster --json --node-timeout 15s");
      expect(first.exit, first.stderr).toBe(3);
      expect(JSON.parse(first.stdout)).toMatchObject({ rebooted: [nameOf(0)], left: [nameOf(1), nameOf(2)] });
      expect(first.stderr).toContain("mycluster-coreos-1 did not come back healthy within 15 s");
      expect(bootOf(room, 2)).toBe(before[2]);
      const rebooted = bootOf(room, 0);

      room.power.comesBack = () => true;
      const second = await room.run("reboot mycluster --json");
      expect(second.exit, second.stderr).toBe(0);
      expect(JSON.parse(second.stdout)).toMatchObject({ rebooted: [nameOf(1), nameOf(2)], before: [nameOf(0)], left: [] });
      expect(second.stderr.replaceAll(/\s+/g, " ")).toMatch(/mycluster-coreos-1 does not answer over SSH .*: Azure restarts it/);
      expect(bootOf(room, 0)).toBe(rebooted);
      expect(bootOf(room, 2)).not.toBe(before[2]);

      const { order, root } = room.power.machines.get(nameOf(0)) as PoweredMachine;
      const url = `https://${order.privateAddress}:2379`;
      await etcdctl(url, ["put", "kept", "yes"], root);
      const replaced = await room.run("replace mycluster 1 --yes --timeout 90s");
      expect({ exit: replaced.exit, failures: room.power.failures }, replaced.stderr).toEqual({ exit: 0, failures: [] });
      expect(replaced.stderr).toContain("mycluster-coreos-1 made anew; all nodes of mycluster are ready.");
      const anew = room.power.machines.get(nameOf(1)) as PoweredMachine;
      expect(await etcdctl(`https://${anew.order.privateAddress}:2379`, ["get", "kept", "--print-value-only"], anew.root)).toBe(
        "yes",
      );
      expect((await etcdctl(url, ["member", "list"], root)).match(/started/g)).toHaveLength(3);
    },
  );
});
