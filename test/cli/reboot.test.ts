/** reboot, over the simulation: no machine is booted there, so Azure restarts them. What SSH does is shown by nodes/lives/reboot.ts. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { RebootDocument } from "../../src/core/documents.ts";
import { byHand, inGroup } from "./azure-hand.ts";
import { type TestAzure, ownAzure } from "./world.ts";

let azure: TestAzure;
beforeEach(() => {
  azure = ownAzure();
});

const restarts = (of = azure): string[] =>
  of.exchanges.flatMap(
    ({ method, url }) => /virtualMachines\/mycluster-(coreos-\d+)\/restart/.exec(method === "POST" ? url : "")?.[1] ?? [],
  );
const made = async (flags = ""): Promise<void> => {
  expect((await azure.run(`mycluster ${flags}`)).exit).toBe(0);
};

test("all nodes, those that are no etcd members first, one after the other; nothing is remembered afterwards", async () => {
  await made("--num-nodes 4");
  const { exit, document, stderr } = await azure.json<RebootDocument>("reboot mycluster");
  expect({ exit, document: { ...document, seconds: 0 } }).toEqual({
    exit: 0,
    document: {
      $schema: "https://unpkg.com/azure-coreos-cluster@1/schema/reboot.json",
      schema: "azure-coreos-cluster/reboot/1",
      name: "mycluster",
      resourceGroup: "mycluster",
      rebooted: [3, 0, 1, 2].map((index) => `mycluster-coreos-${index}`),
      before: [],
      left: [],
      seconds: 0,
    },
  });
  expect(restarts()).toEqual(["coreos-3", "coreos-0", "coreos-1", "coreos-2"]);
  expect(stderr).toMatch(/^Subscription /);
  expect(stderr).toContain("mycluster: 4 nodes to reboot, one at a time; etcd is healthy in between.");
  expect(existsSync(join(azure.dir, "mycluster/reboot.json"))).toBe(false);
});

test("named nodes alone, ranges too; --parallel counts for those that are no members", async () => {
  await made("--num-nodes 8");
  const { document, stderr } = await azure.json<RebootDocument>("reboot mycluster 1 5-7 --parallel 4");
  expect(document.rebooted.at(-1)).toBe("mycluster-coreos-1");
  expect(stderr).toContain("4 nodes to reboot, 3 at a time, etcd's members one at a time; etcd is healthy in between.");
  expect(restarts().sort((a, b) => a.localeCompare(b))).toEqual(["coreos-1", "coreos-5", "coreos-6", "coreos-7"]);
});

test("a rehearsal's time counts: a restart that takes longer than --node-timeout ends it", async () => {
  await made("--num-nodes 1");
  const { exit, stderr } = await azure.run("reboot mycluster --node-timeout 1s");
  expect([exit, stderr]).toEqual([3, expect.stringContaining("did not come back healthy within 1 s")]);
});

test("it stops at the first that fails, says what is left, and the same command goes on there", async () => {
  await made();
  const refused = { error: { code: "OperationNotAllowed", message: "not now" } };
  const first = await azure.run("reboot mycluster", {
    azure: (request) =>
      request.url.includes("coreos-1/restart")
        ? Promise.resolve({ status: 409, headers: { "content-type": "application/json" }, body: JSON.stringify(refused) })
        : azure.simulation.handle(request),
  });
  expect(first.exit).not.toBe(0);
  expect(first.stderr.replaceAll(/\s+/g, " ")).toContain(
    "1 of 3 nodes of mycluster are rebooted. The same command goes on with mycluster-coreos-1, mycluster-coreos-2.",
  );
  expect(restarts()).not.toContain("coreos-2");
  const second = await azure.json<RebootDocument>("reboot mycluster");
  expect(second).toMatchObject({ exit: 0, document: { before: ["mycluster-coreos-0"], left: [] } });
  expect(second.document.rebooted).toEqual(["mycluster-coreos-1", "mycluster-coreos-2"]);
});

test("a machine without power is told to start: Azure restarts only what runs", async () => {
  await made();
  await byHand(azure, "POST", `${inGroup("mycluster", "Microsoft.Compute/virtualMachines", "mycluster-coreos-1")}/deallocate`);
  const { exit, stderr } = await azure.run("reboot mycluster 1");
  const words = stderr.replaceAll(/\s+/g, " ");
  expect([exit, words]).toEqual([1, expect.stringContaining("The machine has no power")]);
  expect(words).toContain("`azure-coreos-cluster start mycluster` gives power to every machine of the cluster that has none.");
  expect(words).not.toContain("fault of this tool");
});

test("a note of another cluster, or one that is damaged, is not gone by", async () => {
  await made();
  const file = join(azure.dir, "mycluster/reboot.json");
  for (const text of ["{", '{"nodes":[0,1,2],"done":[0,1,2],"boots":{},"cluster":"00000000","begun":"2026-11-22T12:00:00Z"}']) {
    writeFileSync(file, text);
    azure.exchanges.length = 0;
    expect((await azure.run("reboot mycluster")).exit).toBe(0);
    expect(restarts()).toHaveLength(3);
  }
});

test.each([
  ["reboot mycluster 7", 2, /mycluster has no node 7/],
  ["reboot mycluster nobody", 2, /"nobody" is no node of mycluster/],
  ["reboot other", 1, /there is no cluster other/],
])("%s: exit code %i, nothing is restarted", async (argv, exit, said) => {
  await made();
  const ended = await azure.run(argv);
  expect({ exit: ended.exit, restarts: restarts() }).toEqual({ exit, restarts: [] });
  expect(ended.stderr).toMatch(said);
});
