/** Machines that Azure calls failed: what never worked is made anew, and what has worked is never deleted, whatever Azure says of it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import type { PlanDocument, StatusDocument } from "../../src/core/documents.ts";
import { parseFault, parseScript } from "../../src/sim/fault-script.ts";
import { byHand, deletes, inGroup } from "./azure-hand.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { realClock } from "../../src/operations/real-clock.ts";
import { freePorts } from "../ports.ts";
import { long, some } from "../long.ts";
import { hostKeyOf, serveNode } from "./node-server.ts";
import { type Body, START, type TestAzure, ownAzure } from "./world.ts";

const nameOf = (index: number): string => `mycluster-coreos-${index}`;
const idOf = (index: number): string => inGroup("mycluster", "Microsoft.Compute/virtualMachines", nameOf(index));
const machine = async (azure: TestAzure, index: number): Promise<Body> => (await byHand(azure, "GET", idOf(index))).body;
const plain = (text: string): string => text.replaceAll(/\s+/g, " ");

/** A cluster of which machine 1 has failed in this way, as `machine-1:CODE`, or a start. */
async function failed(script: string): Promise<TestAzure> {
  const azure = ownAzure(parseScript(script));
  await azure.run("mycluster --data-disk --wait-for machines");
  if (script.startsWith("start")) {
    await azure.run("stop mycluster --yes");
    await azure.run("start mycluster");
  }
  expect((await machine(azure, 1)).properties.provisioningState).toBe("Failed");
  azure.exchanges.length = 0;
  return azure;
}

test.each([
  [
    "an extension that a policy adds failed",
    "machine-1:VMExtensionProvisioningErrorx1",
    "az vm extension delete --resource-group mycluster --vm-name mycluster-coreos-1",
  ],
  ["it was stopped, and there was no room to start it", "start-1:AllocationFailed", "azure-coreos-cluster start mycluster"],
])("%s: no create deletes it, and it says what mends it", async (_, script, remedy) => {
  const azure = await failed(script);
  const before = await machine(azure, 1);
  const planned = await azure.json<PlanDocument>("plan mycluster --num-nodes 4");
  expect(planned.document.resources.find(({ id }) => id.endsWith(nameOf(1)))).toMatchObject({ action: "unchanged" });
  for (const argv of [
    "mycluster --num-nodes 4 --tag a=b --wait-for machines",
    "mycluster --num-nodes 5 --rollback --wait-for machines",
  ]) {
    const { stderr } = await azure.run(argv);
    expect(plain(stderr), argv).toContain(remedy);
    expect(stderr).not.toContain("its creation failed");
  }
  expect(deletes(azure)).toEqual([]);
  expect((await machine(azure, 1)).properties.vmId).toBe(before.properties.vmId);
  const { document } = await azure.json<StatusDocument>("status mycluster --resource-group mycluster");
  const said = document.drift.find(({ kind }) => kind === "failed-node")?.message;
  expect(said).toContain(remedy);
  for (const [command] of said?.matchAll(/`azure-coreos-cluster [^`]*`/g) ?? [])
    expect(command, "it goes where the look went").toContain("--resource-group mycluster");
});

test.each(some(["AllocationFailedx2", "OSProvisioningTimedOutx1", "OSProvisioningClientErrorx1"], 0, 1))(
  "a creation that failed with %s is made anew by the next create, and status says so",
  async (code) => {
    const azure = await failed(`machine-1:${code}`);
    const before = await machine(azure, 1);
    const { document } = await azure.json<StatusDocument>("status mycluster");
    expect(document.drift.find(({ kind }) => kind === "failed-node")?.message).toContain("`create` makes it anew");
    expect((await azure.run("mycluster --wait-for machines")).exit).toBe(0);
    expect(deletes(azure).map((path) => path.split("/").at(-1))).toContain(nameOf(1));
    expect((await machine(azure, 1)).properties).toMatchObject({ provisioningState: "Succeeded" });
    expect((await machine(azure, 1)).properties.vmId).not.toBe(before.properties.vmId);
  },
);

test("one that is older than a day, and was never started: create leaves it, and --rollback does, too", async () => {
  const azure = await failed("machine-1:AllocationFailed");
  await azure.pass(25 * 3_600_000);
  const { exit, stderr } = await azure.run("mycluster --rollback --wait-for machines");
  expect({ exit, stderr }).toMatchObject({ exit: expect.any(Number), stderr: expect.stringContaining("(MachineFailed)") });
  expect(deletes(azure)).toEqual([]);
  const { document } = await azure.json<StatusDocument>("status mycluster");
  expect(document.drift.find(({ kind }) => kind === "failed-node")?.message).toContain("replace mycluster 1` makes it anew");
  expect((await azure.run("replace mycluster 1 --yes")).stderr).toContain("AllocationFailed");
});

/** As many seconds as a silent node is believed after are real here. */
test.skipIf(!long)(
  "where no node answers, silence is no proof: machines whose agents say nothing stay, and it is said",
  async () => {
    const faults = [0, 1, 2].map((one) => parseFault(`machine-${one}:OSProvisioningTimedOut`));
    const azure = ownAzure({ clock: realClock, rehearsal: false, publicAddress: "127.0.0.1", latencyMs: [1, 2], faults });
    const [port = 0] = await freePorts(3);
    await azure.run(`mycluster --wait-for machines --ssh ${port}`);
    azure.exchanges.length = 0;
    const { stderr } = await azure.run("mycluster --wait-for machines");
    expect(deletes(azure)).toEqual([]);
    expect(plain(stderr)).toContain("and whether it works cannot be asked from here: create leaves them as they are");
  },
);

test("of a machine that Azure never heard of: it stays when its node answers, and is made anew when it does not", async () => {
  const [port = 0] = await freePorts(3);
  let now: Clock = createVirtualClock(START);
  const clock: Clock = { now: () => now.now(), sleep: (ms, signal) => now.sleep(ms, signal) };
  const faults = ["machine-1", "machine-2"].map((one) => parseFault(`${one}:OSProvisioningTimedOut`));
  const azure = ownAzure({ clock, rehearsal: false, publicAddress: "127.0.0.1", latencyMs: [1, 2], faults });
  await azure.run(`mycluster --wait-for machines --ssh ${port}`);
  const [began, virtual] = [realClock.now(), now.now()];
  now = { now: () => realClock.now() - began + virtual, sleep: (ms, signal) => realClock.sleep(ms, signal) };
  const key = readFileSync(join(azure.dir, "ssh-cert.pub"), "utf8");
  const server = await serveNode(port + 1, 1, hostKeyOf(azure, nameOf(1)), key);
  const { document, stderr } = await azure.json<PlanDocument>("plan mycluster --wait-for machines");
  server.close();
  const actions = document.resources.flatMap(({ id, action }) => (/virtualMachines/.test(id) ? [action] : []));
  expect(actions, stderr).toEqual(["unchanged", "unchanged", "replace"]);
  expect(plain(stderr)).toContain(
    "Azure calls the machine mycluster-coreos-1 Failed (OSProvisioningTimedOut), and it has worked",
  );
});
