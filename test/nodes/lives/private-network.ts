/**
 * A private cluster, from nothing to "ready", through what Azure Bastion gives: a tunnel from a port of this machine to the sshd of node 0,
 * which is the hop to the others.
 */
import { execFile } from "node:child_process";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import type { RunDocument, StatusDocument } from "../../../src/core/documents.ts";
import { long } from "../../long.ts";
import { freePort, ownNetwork } from "../../ports.ts";
import { hasRealNodes, machineRoom } from "../machine-room.ts";

/** Whether nodes can have the port that they have: this machine's own sshd may hold it everywhere. */
const own = `${await ownNetwork()}.9`;
const portIsFree = await new Promise<boolean>((resolve) => {
  const server = createServer().once("error", () => resolve(false));
  server.listen(22, own, () => server.close(() => resolve(true)));
});
if (!portIsFree) console.error("skipped: a private cluster's nodes (port 22 is taken on all addresses of this machine)");

/** Bytes to node 0 and back, as `az network bastion tunnel` carries them. */
async function tunnel(port: number, host: string): Promise<{ server: Server; count(): number }> {
  let count = 0;
  const server = createServer((near) => {
    count++;
    const far = connect({ host, port: 22 });
    for (const one of [near, far]) one.on("error", () => (near.destroy(), far.destroy()));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { server, count: () => count };
}

describe.skipIf(!hasRealNodes || !portIsFree).concurrent("a private cluster behind Azure Bastion", () => {
  const servers: Server[] = [];
  afterAll(() => servers.forEach((server) => server.close()));

  // slow
  test.runIf(long)(
    "made without reaching it, ready through the tunnel, and so are the commands that follow, and plain ssh",
    async () => {
      await using room = await machineRoom({ sshPort: 22 });
      const made = await room.create("--private --wait-for machines");
      expect(made.exit, made.stderr).toBe(0);
      const port = await freePort();
      const none = await room.create(`--jump core@127.0.0.1:${port}`);
      expect([none.exit, none.stderr]).toEqual([
        5,
        expect.stringMatching(/jump host core@127\.0\.0\.1:\d+ refuses connections[\s\S]*Nothing was written/),
      ]);
      const way = await tunnel(port, room.document().nodes[0]?.host ?? "");
      servers.push(way.server);
      const ready = await room.create(`--jump core@127.0.0.1:${port}`);
      expect({ exit: ready.exit, states: room.states() }, ready.stderr).toEqual({ exit: 0, states: ["ready", "ready", "ready"] });
      expect(way.count()).toBe(1);
      // kept in the cluster's folder: no flag from here on
      const status = await room.azure.json<StatusDocument>("status mycluster", {
        azure: (request) => room.power.handle(request),
      });
      expect(
        status.document.nodes.map(({ state }) => state),
        status.stderr,
      ).toEqual(["ready", "ready", "ready"]);
      const ran = await room.run("run mycluster --json -- id -un");
      expect(
        (JSON.parse(ran.stdout) as RunDocument).nodes.map(({ stdout }) => stdout),
        ran.stderr,
      ).toEqual(["core\n", "core\n", "core\n"]);
      expect(way.count()).toBe(3);
      const plain = await promisify(execFile)("ssh", [
        "-F",
        join(room.azure.dir, "mycluster", "ssh_config"),
        "-o",
        "BatchMode=yes",
        "mycluster-coreos-1",
        "id -un",
      ]);
      expect(plain.stdout).toBe("core\n");
      const words: string[][] = [];
      await room.run("ssh mycluster 1 -- id", { spawn: (_, args) => (words.push([...args]), Promise.resolve(0)) });
      const said = await promisify(execFile)("ssh", words[0] ?? []);
      expect([said.stdout.includes("(core)"), way.count()]).toEqual([true, 5]);
      const gone = await room.run("remove mycluster 2 --yes");
      expect([gone.exit, way.count()], gone.stderr).toEqual([0, 6]);
    },
  );
});
