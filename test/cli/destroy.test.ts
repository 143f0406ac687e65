/** destroy as a person or a script meets it, over the simulated Azure. */
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { SimulationOptions } from "../../src/sim/simulation.ts";
import { parseFault } from "../../src/sim/fault-script.ts";
import { addForeign, addGroup, addLock, byHand, deletes, everything, inGroup } from "./azure-hand.ts";
import { steady } from "./steady.ts";
import { some } from "../long.ts";
import { type RunOptions, type TestAzure, testAzure, ownAzure } from "./world.ts";

async function withCluster(
  argv = "mycluster --num-nodes 3 --wait-for machines",
  options: Partial<SimulationOptions> = {},
): Promise<TestAzure> {
  const azure = ownAzure(options);
  const { exit, stderr } = await azure.run(argv);
  if (exit !== 0) throw new Error(stderr);
  return azure;
}

const PIECES = ["virtualMachines", "networkInterfaces", "loadBalancers", "publicIPAddresses"];

test("what goes is shown, the name is asked for, and everything goes with the group", async () => {
  const azure = await withCluster();
  const { exit, stderr, stdout } = await azure.run("destroy mycluster", { answers: ["mycluster"] });
  expect(exit).toBe(0);
  expect(stdout).toBe("");
  expect(steady(stderr)).toMatchInlineSnapshot(`
    "Subscription Simulated subscription (00000000-0000-0000-0000-000000000000) (loopback, no sign-in)
    mycluster in westus is to be destroyed
    resource group mycluster

      - 3 machines: mycluster-coreos-0, mycluster-coreos-1, mycluster-coreos-2
      - 3 disks: mycluster-coreos-0-os, mycluster-coreos-1-os, mycluster-coreos-2-os
      - 3 interfaces: mycluster-coreos-0, mycluster-coreos-1, mycluster-coreos-2
      - load balancer
      - availability set coreos-as
      - virtual network
      - security group
      - SSH public key
      - public address
      - resource group mycluster

    Rehearsal: Azure is simulated, nothing real is deleted.
    16 resources to delete. This cannot be undone: what is on the disks is lost.
    It has cost about SUM USD so far, if its machines have run all the time (a rehearsal's own prices).
    Type the name mycluster to destroy it, in the subscription Simulated subscription (00000000-0000-0000-0000-000000000000) (loopback, no sign-in):  TIME  resource group mycluster  being deleted with all that is in it
    TIME  machine mycluster-coreos-0  deleted
    TIME  machine mycluster-coreos-1  deleted
    TIME  machine mycluster-coreos-2  deleted
    TIME  disk mycluster-coreos-0-os  deleted
    TIME  disk mycluster-coreos-1-os  deleted
    TIME  disk mycluster-coreos-2-os  deleted
    TIME  interface of mycluster-coreos-0  deleted
    TIME  interface of mycluster-coreos-1  deleted
    TIME  interface of mycluster-coreos-2  deleted
    TIME  load balancer  deleted
    TIME  availability set coreos-as  deleted
    TIME  virtual network  deleted
    TIME  security group  deleted
    TIME  SSH public key  deleted
    TIME  public address  deleted
    TIME  resource group mycluster  deleted
    TIME  3 machines, 3 disks, 3 interfaces, resource group mycluster and 6 more deleted in TIME.
    Nothing of mycluster is left.
    "
  `);
  expect(everything(azure)).toEqual([]);
  expect(deletes(azure).map((path) => path.toLowerCase())).toEqual(["/resourcegroups/mycluster"]);
});

test("another answer than the name deletes nothing", async () => {
  const azure = await withCluster();
  const before = everything(azure);
  const { exit, stderr } = await azure.run("destroy mycluster", { answers: ["yes"] });
  expect(exit).toBe(1);
  expect(stderr).toContain('"yes" is not "mycluster"');
  expect(stderr).toContain("Nothing was deleted.");
  expect(everything(azure)).toEqual(before);
});

test.each(["destroy mycluster", "destroy mycluster --no-input"])(
  "where nobody can answer --yes is asked for: %s",
  async (argv) => {
    const azure = await withCluster();
    const before = everything(azure);
    const { exit, stderr } = await azure.run(argv, argv.includes("--no-input") ? { answers: ["mycluster"] } : {});
    expect(exit).toBe(2);
    expect(stderr).toContain("--yes");
    expect(everything(azure)).toEqual(before);
  },
);

test("destroying twice is success, and so is destroying what never was", async () => {
  const azure = await withCluster();
  expect((await azure.run("destroy mycluster --yes")).exit).toBe(0);
  const again = await azure.run("destroy mycluster");
  expect(again).toMatchObject({
    exit: 0,
    stderr: expect.stringContaining("Nothing of mycluster is there: looked in the subscription "),
  });
});

test("--json says what was deleted and that nothing is left", async () => {
  const azure = await withCluster("mycluster --num-nodes 1 --wait-for machines");
  const { exit, document } = await azure.json<Record<string, unknown>>("destroy mycluster --yes");
  expect(exit).toBe(0);
  expect(document).toMatchObject({
    schema: "azure-coreos-cluster/destroy/1",
    name: "mycluster",
    resourceGroup: "mycluster",
    left: [],
    seconds: expect.any(Number),
  });
  expect((document["deleted"] as { kind: string }[]).map((one) => one.kind)).toEqual([
    "machine",
    "disk",
    "networkInterface",
    "loadBalancer",
    "availabilitySet",
    "network",
    "securityGroup",
    "sshKey",
    "publicAddress",
    "resourceGroup",
  ]);
});

test("in somebody else's group exactly what is the cluster's goes, and the group stays", async () => {
  const azure = ownAzure();
  await addGroup(azure, "shared", { owner: "somebody" });
  await addForeign(azure, "shared");
  const before = everything(azure);
  expect((await azure.run("mycluster --resource-group shared --num-nodes 3 --pip --data-disk --wait-for machines")).exit).toBe(0);
  const { exit, stderr } = await azure.run("destroy mycluster --yes --resource-group shared");
  expect(exit).toBe(0);
  expect(stderr).toContain(
    "The resource group shared stays, with 1 resource of others: Microsoft.Network/networkSecurityGroups/theirs.",
  );
  expect(stderr).toContain("Nothing of mycluster is left.");
  expect(everything(azure)).toEqual(before);
  expect((await byHand(azure, "GET", "/resourceGroups/shared")).body["tags"]).toEqual({ owner: "somebody" });
});

test("the group is found by the claim when only the name is given", async () => {
  const azure = ownAzure();
  await addGroup(azure, "shared");
  expect((await azure.run("mycluster --resource-group shared --num-nodes 1 --wait-for machines")).exit).toBe(0);
  expect((await azure.run("destroy mycluster --yes")).exit).toBe(0);
  expect(everything(azure)).toEqual(["/resourceGroups/shared"]);
});

test("two clusters in one group: one goes, the other is not touched", async () => {
  const azure = ownAzure();
  await addGroup(azure, "shared");
  await azure.run("first --resource-group shared --num-nodes 1 --availability-set first-as --wait-for machines");
  const before = everything(azure);
  expect(before.length).toBeGreaterThan(5);
  await azure.run("second --resource-group shared --num-nodes 1 --availability-set second-as --wait-for machines");
  expect((await azure.run("destroy second --yes --resource-group shared")).exit).toBe(0);
  expect(everything(azure)).toEqual(before);
});

test("a resource of others in our own group is named, left alone, and keeps the group", async () => {
  const azure = await withCluster();
  await addForeign(azure, "mycluster");
  const { exit, stderr } = await azure.run("destroy mycluster --yes");
  expect(exit).toBe(0);
  expect(stderr).toContain(
    "The resource group mycluster stays, with 1 resource of others: Microsoft.Network/networkSecurityGroups/theirs.",
  );
  expect(everything(azure)).toEqual([
    "/resourceGroups/mycluster",
    inGroup("mycluster", "Microsoft.Network/networkSecurityGroups", "theirs"),
  ]);
  // the group is nobody's now: a second destroy finds nothing of ours
  expect((await byHand(azure, "GET", "/resourceGroups/mycluster")).body["tags"]).toEqual({});
  expect(await azure.run("destroy mycluster")).toMatchObject({
    exit: 0,
    stderr: expect.stringContaining("Nothing of mycluster is there: looked in the subscription "),
  });
});

test.each([
  ["on the group", "/resourceGroups/mycluster"],
  ["on a resource", inGroup("mycluster", "Microsoft.Network/loadBalancers", "mycluster-lb")],
  ["on the subscription", ""],
])("a lock %s is named before anything is deleted or marked", async (_, scope) => {
  const azure = await withCluster();
  await addLock(azure, scope, "keep");
  const before = everything(azure);
  const { exit, stderr } = await azure.run("destroy mycluster --yes");
  expect(exit).toBe(5);
  expect(stderr).toContain("keep (CanNotDelete)");
  expect(stderr).toContain("az lock delete --ids");
  expect(everything(azure)).toEqual(before);
  expect(deletes(azure)).toEqual([]);
  expect((await byHand(azure, "GET", "/resourceGroups/mycluster")).body["tags"]).not.toHaveProperty("aoc-destroying");
});

test("a lock on somebody else's resource in a shared group forbids nothing", async () => {
  const azure = ownAzure();
  await addGroup(azure, "shared");
  await addForeign(azure, "shared");
  await addLock(azure, inGroup("shared", "Microsoft.Network/networkSecurityGroups", "theirs"), "keep");
  await azure.run("mycluster --resource-group shared --num-nodes 1 --wait-for machines");
  expect((await azure.run("destroy mycluster --yes --resource-group shared")).exit).toBe(0);
});

/** Tags that say that a destroy has begun, wherever they are. */
const marks = (azure: TestAzure): string[] =>
  azure.simulation.save().entries.flatMap(({ key, resource }) => {
    const { tags = {} } = resource as { tags?: Record<string, string> };
    return tags["aoc-destroying"] === undefined ? [] : [key];
  });

test.each([
  ["with its group", false],
  ["piece by piece", true],
])("a lock that could not be read ends with nothing deleted and no mark: %s", async (_, foreign) => {
  const azure = await withCluster();
  if (foreign) await addForeign(azure, "mycluster");
  await addLock(azure, "/resourceGroups/mycluster", "keep");
  const blind: TestAzure["simulation"]["handle"] = (request) =>
    request.url.includes("Microsoft.Authorization")
      ? Promise.resolve({ status: 403, headers: {}, body: '{"error":{"code":"AuthorizationFailed","message":"no"}}' })
      : azure.simulation.handle(request);
  const before = everything(azure);
  const { exit, stderr } = await azure.run("destroy mycluster --yes", { azure: blind });
  expect(exit).toBe(1);
  expect(stderr).toContain("Not checked: locks (AuthorizationFailed).");
  expect(stderr).toContain("ScopeLocked");
  expect(stderr).toContain("Nothing was deleted.");
  expect(everything(azure)).toEqual(before);
  expect(marks(azure)).toEqual([]);
});

test.each([
  ["the claim and the group, where the group is its own", "mycluster", ["publicipaddresses", "resourcegroups"]],
  ["the claim alone in somebody's group", "mycluster --resource-group shared", ["publicipaddresses"]],
])("what a create looks at is marked before anything is deleted: %s", async (_, words, kinds) => {
  const azure = ownAzure();
  await addGroup(azure, "shared");
  await azure.run(`${words} --num-nodes 1 --wait-for machines`);
  let seen: string[] | undefined;
  const { exit, stderr } = await azure.run(`destroy ${words} --yes`, {
    azure: (request) => {
      if (request.method === "DELETE") seen ??= marks(azure);
      return azure.simulation.handle(request);
    },
  });
  expect(exit, stderr).toBe(0);
  expect(seen?.map((key) => key.split("/").at(-2)).sort()).toEqual(kinds);
});

test("a right that is missing is named before anything is deleted", async () => {
  const azure = await withCluster(undefined, {
    limits: { notActions: ["Microsoft.Resources/subscriptions/resourceGroups/delete"] },
  });
  const { exit, stderr } = await azure.run("destroy mycluster --yes");
  expect(exit).toBe(4);
  expect(stderr).toContain("you may not Microsoft.Resources/subscriptions/resourceGroups/delete on /subscriptions/");
  expect(deletes(azure)).toEqual([]);
});

test("a half-made cluster is destroyed as well", async () => {
  const azure = testAzure({
    faults: [parseFault("loadBalancers:RequestDisallowedByPolicy"), parseFault("addresses:RequestDisallowedByPolicy")],
  });
  onTestFinished(() => azure.close());
  expect((await azure.run("mycluster --num-nodes 3 --wait-for machines")).exit).not.toBe(0);
  expect(everything(azure)).not.toEqual([]);
  const { exit } = await azure.run("destroy mycluster --yes");
  expect(exit).toBe(0);
  expect(everything(azure)).toEqual([]);
});

test("a group with our tags and nothing in it is half made, and goes", async () => {
  const azure = ownAzure();
  await addGroup(azure, "mycluster", { "managed-by": "azure-coreos-cluster", "aoc-cluster": "mycluster" });
  const { exit, stderr } = await azure.run("destroy mycluster --yes");
  expect(exit).toBe(0);
  expect(stderr).toContain("It is half made");
  expect(everything(azure)).toEqual([]);
});

test("a claim whose tags were damaged does not stand in the way", async () => {
  const azure = await withCluster("mycluster --num-nodes 1 --wait-for machines");
  const claim = everything(azure).find((id) => id.includes("mycluster-ip-")) ?? "";
  await byHand(azure, "PATCH", claim, {
    tags: { "managed-by": "azure-coreos-cluster", "aoc-cluster": "mycluster", "aoc-role": "claim" },
  });
  expect((await azure.run("destroy mycluster --yes")).exit).toBe(0);
  expect(everything(azure)).toEqual([]);
});

test("a group that is being deleted already is waited for, without a question", async () => {
  const azure = await withCluster();
  await byHand(azure, "DELETE", "/resourceGroups/mycluster");
  const { exit, stderr } = await azure.run("destroy mycluster");
  expect(exit).toBe(0);
  expect(stderr).toContain("is being deleted already: waiting for it");
  expect(everything(azure)).toEqual([]);
  expect(deletes(azure)).toHaveLength(1);
});

test("a disk that nobody holds is not the cluster's by its name: it is kept, and named with the command that deletes it", async () => {
  const azure = ownAzure();
  await addGroup(azure, "shared");
  await azure.run("mycluster --resource-group shared --num-nodes 1 --wait-for machines");
  const disk = {
    location: "westus",
    sku: { name: "Standard_LRS" },
    properties: { creationData: { createOption: "Empty" }, diskSizeGB: 4 },
  };
  await byHand(azure, "PUT", inGroup("shared", "Microsoft.Compute/disks", "mycluster-coreos-7-data"), disk);
  await byHand(azure, "PUT", inGroup("shared", "Microsoft.Compute/disks", "precious"), disk);
  const { exit, document, stderr } = await azure.json<{ kept: unknown[]; left: unknown[] }>(
    "destroy mycluster --yes --resource-group shared",
  );
  expect({ exit, left: document.left }).toEqual({ exit: 0, left: [] });
  expect(document.kept).toEqual([
    {
      kind: "disk",
      id: expect.stringMatching(/mycluster-coreos-7-data$/),
      why: "its name is as mycluster's disks are called, but it has no tags",
      command: "az disk delete --resource-group shared --name mycluster-coreos-7-data",
    },
  ]);
  expect(stderr).toContain("To delete it: az disk delete --resource-group shared --name mycluster-coreos-7-data");
  expect(everything(azure)).toEqual([
    "/resourceGroups/shared",
    inGroup("shared", "Microsoft.Compute/disks", "mycluster-coreos-7-data"),
    inGroup("shared", "Microsoft.Compute/disks", "precious"),
  ]);
});

test.each([
  ["in somebody's group", "shared", " --resource-group shared"],
  ["in its own group, where others are", "mycluster", ""],
])(
  "what others use of ours since the look is left and named, and stays ours, so that it is found again: %s",
  async (_, group, where) => {
    const azure = ownAzure();
    await addGroup(azure, "shared");
    await azure.run(`mycluster${where} --num-nodes 1 --wait-for machines`);
    await addForeign(azure, group);
    const subnet = everything(azure).find((id) => id.endsWith("mycluster-vnet"));
    const nic = inGroup(group, "Microsoft.Network/networkInterfaces", "theirs");
    const use = {
      location: "westus",
      properties: {
        ipConfigurations: [
          {
            name: "a",
            properties: {
              privateIPAllocationMethod: "Dynamic",
              subnet: { id: `/subscriptions/00000000-0000-0000-0000-000000000000${subnet}/subnets/nodes` },
            },
          },
        ],
      },
    };
    let made: Promise<{ status: number }> | undefined;
    const { exit, stderr } = await azure.run(`destroy mycluster --yes${where} --timeout 2h`, {
      azure: async (request) => {
        if (request.method === "DELETE") await (made ??= byHand(azure, "PUT", nic, use));
        return azure.simulation.handle(request);
      },
    });
    expect(await made).toMatchObject({ status: 201 });
    expect(exit).toBe(1);
    expect(stderr).toContain("2 resources of mycluster are left");
    expect(stderr).toContain("virtualNetworks/mycluster-vnet");
    expect(stderr).toContain(`destroy mycluster${where}`);
    expect(
      everything(azure).map((id) =>
        id
          .split("/")
          .at(-1)
          ?.replace(/-ip-.*/, "-ip"),
      ),
    ).toEqual(expect.arrayContaining(["mycluster-ip", "mycluster-vnet", "theirs", group]));
    const { tags } = (await byHand(azure, "GET", `/resourceGroups/${group}`)).body as { tags?: object };
    expect("aoc-cluster" in (tags ?? {})).toBe(where === "");
    await byHand(azure, "DELETE", nic);
    expect((await azure.run(`destroy mycluster --yes${where}`)).exit).toBe(0);
    const theirs = inGroup(group, "Microsoft.Network/networkSecurityGroups", "theirs");
    expect(everything(azure).filter((id) => id.startsWith(`/resourceGroups/${group}`))).toEqual([
      `/resourceGroups/${group}`,
      theirs,
    ]);
  },
);

const ON_THE_WAY = [
  "DELETE/group:503x2",
  "DELETE/group:reset-after",
  "DELETE/group:429+5x2",
  "DELETE/group:InternalExecutionErrorx1",
  "poll:503x3",
] as const;
test.each(some(ON_THE_WAY, 0, 1, 3))("a fault on the way is no end: %s", async (fault) => {
  const azure = await withCluster("mycluster --num-nodes 1 --wait-for machines");
  const faulty = ownAzure({ state: azure.simulation.save(), faults: [parseFault(fault)] });
  expect(await faulty.run("destroy mycluster --yes")).toMatchObject({ exit: 0 });
  expect(everything(faulty)).toEqual([]);
});

const IN_SHARED = [
  "DELETE/machine:503x2",
  "DELETE/nic:reset-after",
  "DELETE/virtualMachines:InternalExecutionErrorx1",
  "DELETE/balancer:lost",
] as const;
test.each(some(IN_SHARED, 1, 3))("and none in a shared group: %s", async (fault) => {
  const azure = ownAzure();
  await addGroup(azure, "shared");
  await azure.run("mycluster --resource-group shared --num-nodes 2 --wait-for machines");
  const faulty = ownAzure({ state: azure.simulation.save(), faults: [parseFault(fault)] });
  const { exit, stderr } = await faulty.run("destroy mycluster --yes --resource-group shared");
  expect(exit, stderr).toBe(0);
  expect(everything(faulty)).toEqual(["/resourceGroups/shared"]);
});

test("interrupted once in a shared group: what runs is finished, the rest is left and named, the same command continues", async () => {
  const azure = ownAzure();
  await addGroup(azure, "shared");
  await azure.run("mycluster --resource-group shared --num-nodes 2 --wait-for machines");
  let interrupt = (): void => undefined;
  const { exit, stderr } = await azure.run("destroy mycluster --yes --resource-group shared", {
    onInterrupt: (callback) => (interrupt = callback),
    azure: (request) => {
      if (request.method === "DELETE") interrupt = once(interrupt);
      return azure.simulation.handle(request);
    },
  });
  expect(exit).toBe(130);
  expect(stderr).toContain("Continue with `azure-coreos-cluster destroy mycluster --resource-group shared`");
  expect(everything(azure).some((id) => id.includes("virtualNetworks"))).toBe(true);
  expect((await azure.run("destroy mycluster --yes --resource-group shared")).exit).toBe(0);
  expect(everything(azure)).toEqual(["/resourceGroups/shared"]);

  function once(call: () => void): () => void {
    call();
    return () => undefined;
  }
});

test("interrupted before anything was deleted, nothing is, and the cluster is as it was", async () => {
  const azure = await withCluster();
  const before = everything(azure);
  let interrupt = (): void => undefined;
  const { exit, stderr } = await azure.run("destroy mycluster --yes", {
    onInterrupt: (callback) => (interrupt = callback),
    azure: (request) => {
      if (request.method === "PATCH" || request.method === "PUT") interrupt();
      interrupt = request.method === "PATCH" || request.method === "PUT" ? () => undefined : interrupt;
      return azure.simulation.handle(request);
    },
  });
  expect(exit, stderr).toBe(130);
  expect(deletes(azure)).toEqual([]);
  expect(everything(azure)).toEqual(before);
  expect((await azure.run("mycluster --wait-for machines")).exit).toBe(0);
});

test("interrupted twice: it ends at once and says that Azure goes on", async () => {
  const azure = await withCluster();
  let interrupt = (): void => undefined;
  const { exit, stderr } = await azure.run("destroy mycluster --yes", {
    onInterrupt: (callback) => (interrupt = callback),
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (request.method === "DELETE") {
        interrupt();
        interrupt();
      }
      return answer;
    },
  });
  expect(exit).toBe(130);
  expect(stderr).toContain(
    "Azure may go on deleting the resource group by itself. Run `azure-coreos-cluster destroy mycluster` again",
  );
  expect((await azure.run("destroy mycluster --yes")).exit).toBe(0);
});

/** Something happens after what goes was looked at, and before anything is done: while somebody is asked. */
function whileAsked(azure: TestAzure, happens: () => Promise<unknown>): Pick<RunOptions, "azure"> {
  let happened: Promise<unknown> | undefined;
  return {
    azure: async (request) => {
      if (request.url.includes("/locks")) await (happened ??= happens());
      return azure.simulation.handle(request);
    },
  };
}

const THEIRS = inGroup("mycluster", "Microsoft.Network/networkSecurityGroups", "theirs");

test("what others put into its group while somebody is asked stays, and so does the group", async () => {
  const azure = await withCluster();
  const meanwhile = whileAsked(azure, () => addForeign(azure, "mycluster"));
  const { exit, stderr } = await azure.run("destroy mycluster --yes", meanwhile);
  expect(exit, stderr).toBe(0);
  expect(everything(azure)).toEqual(["/resourceGroups/mycluster", THEIRS]);
});

test("a group that was to stay stays, though what others had in it goes while somebody is asked", async () => {
  const azure = await withCluster();
  await addForeign(azure, "mycluster");
  await azure.pass(60_000);
  const meanwhile = whileAsked(azure, async () => {
    await byHand(azure, "DELETE", THEIRS);
    await azure.pass(60_000);
  });
  const { exit, stderr } = await azure.run("destroy mycluster --yes", meanwhile);
  expect(exit, stderr).toBe(0);
  expect(everything(azure)).toEqual(["/resourceGroups/mycluster"]);
});

test("what somebody makes again as soon as it is gone is not what was confirmed: it stays", async () => {
  const azure = await withCluster();
  const { location, tags } = (await byHand(azure, "GET", "/resourceGroups/mycluster")).body;
  let again: Promise<unknown> | undefined;
  const { exit, stderr } = await azure.run("destroy mycluster --yes", {
    azure: async (request) => {
      if (everything(azure).length === 0) await (again ??= byHand(azure, "PUT", "/resourceGroups/mycluster", { location, tags }));
      return azure.simulation.handle(request);
    },
  });
  expect(exit, stderr).toBe(7);
  expect(stderr).toContain("somebody is making it again");
  expect(everything(azure)).toEqual(["/resourceGroups/mycluster"]);
});

test("what is full of tags is marked, in place of our own print", async () => {
  const azure = await withCluster("mycluster --num-nodes 1 --wait-for machines");
  const claim = everything(azure).find((id) => id.includes("/publicIPAddresses/")) ?? "";
  for (const path of ["/resourceGroups/mycluster", claim]) {
    const { tags } = (await byHand(azure, "GET", path)).body as { tags: Record<string, string> };
    const more = Array.from({ length: 50 - Object.keys(tags).length }, (_, at) => [`t${at}`, ""]);
    expect((await byHand(azure, "PATCH", path, { tags: { ...tags, ...Object.fromEntries(more) } })).status).toBe(200);
  }
  const { exit, stderr } = await azure.run("destroy mycluster --yes");
  expect(exit, stderr).toBe(0);
  expect(everything(azure)).toEqual([]);
});

test("a create that comes while it is destroyed is refused with exit code 7", async () => {
  const azure = await withCluster();
  let create: Promise<{ exit: number }> | undefined;
  const destroyed = await azure.run("destroy mycluster --yes", {
    azure: async (request) => {
      if (request.method === "DELETE" && create === undefined) {
        const asks = Promise.withResolvers<void>();
        create = azure.run("mycluster --num-nodes 5 --wait-for machines", {
          azure: (other) => {
            asks.resolve();
            return azure.simulation.handle(other);
          },
        });
        // it has begun before anything is deleted, however busy this machine is
        await asks.promise;
      }
      return azure.simulation.handle(request);
    },
  });
  expect(destroyed.exit).toBe(0);
  expect(await create).toMatchObject({ exit: 7 });
  expect(everything(azure)).toEqual([]);
});

test.each(some(PIECES, 0, -1))("a destroy while a create is at its %s leaves nothing, and the create says so", async (kind) => {
  // it is at work for as long as the destroy is
  const azure = ownAzure({ seconds: {} });
  let destroyed: Promise<{ exit: number }> | undefined;
  const created = await azure.run("mycluster --num-nodes 3 --wait-for machines", {
    azure: (request) => {
      if (request.method === "PUT" && request.url.includes(kind)) destroyed ??= azure.run("destroy mycluster --yes");
      return azure.simulation.handle(request);
    },
  });
  expect(await destroyed).toMatchObject({ exit: 0 });
  expect(created.exit, created.stderr).toBe(7);
  expect(everything(azure)).toEqual([]);
});

test("the folder forgets what was this cluster's, and keeps the SSH key", async () => {
  const azure = await withCluster();
  expect(readdirSync(join(azure.dir, "mycluster"))).toContain("etcd-ca.key");
  await azure.run("destroy mycluster --yes");
  expect(existsSync(join(azure.dir, "mycluster"))).toBe(false);
  expect(existsSync(join(azure.dir, "ssh-cert.key"))).toBe(true);
});

test("nor is it a fault that its authority's certificate is damaged: whose the folder is cannot be told, and it stays", async () => {
  const azure = await withCluster();
  const file = join(azure.dir, "mycluster", "etcd-ca.pem");
  writeFileSync(file, "x");
  const { exit, stderr } = await azure.run("destroy mycluster --yes");
  expect([exit, existsSync(file)], stderr).toEqual([0, true]);
});

test("of a cluster without etcd too, and what leads into its platform", async () => {
  const azure = await withCluster("mycluster --num-nodes 3 --deis --platform ubuntu");
  const folder = join(azure.dir, "mycluster");
  expect((await azure.run("platform install mycluster")).exit).toBe(0);
  expect((await azure.run("kubeconfig mycluster")).exit).toBe(0);
  writeFileSync(join(folder, "drycc-admin-password"), "secret");
  // of a `kubeconfig NAME -- CMD` that was killed
  writeFileSync(join(folder, "kubeconfig-43211"), "secret");
  expect(readdirSync(folder)).toContain("kubeconfig");
  expect(readdirSync(folder)).not.toContain("etcd-ca.pem");
  await azure.run("destroy mycluster --yes");
  expect(existsSync(folder)).toBe(false);
});

test("but not where a node's file is of another creation", async () => {
  const azure = await withCluster("mycluster --num-nodes 3 --etcd-members 0 --wait-for machines");
  const folder = join(azure.dir, "mycluster");
  writeFileSync(join(folder, "user-data-3.yaml"), "ed25519_public: ssh-ed25519 AAAA of another");
  await azure.run("destroy mycluster --yes");
  expect(readdirSync(folder)).toContain("user-data-0.yaml");
});

test.each(["", "--etcd-plain"])("what exports have left goes as well, for it holds the same keys %s", async (flag) => {
  const azure = await withCluster(`mycluster --num-nodes 3 --wait-for machines ${flag}`);
  for (const format of ["arm", "terraform"]) expect((await azure.run(`export mycluster --format ${format}`)).exit).toBe(0);
  expect(readdirSync(join(azure.dir, "mycluster"))).toEqual(
    expect.arrayContaining(["export.parameters.json", "export.tfvars.json"]),
  );
  writeFileSync(join(azure.dir, "mycluster", "notes.txt"), "mine");
  // what a killed run leaves of a file that it was about to put there
  writeFileSync(join(azure.dir, "mycluster", ".etcd-ca.key.0123456789ab"), "a key");
  writeFileSync(join(azure.dir, "mycluster", "export.tfvars.json.01234567"), "keys");
  await azure.run("destroy mycluster --yes");
  expect(readdirSync(join(azure.dir, "mycluster"))).toEqual(["notes.txt"]);
});

test("an export alone is enough to know its cluster's files by", async () => {
  const azure = await withCluster("mycluster --num-nodes 3 --etcd-plain --wait-for machines");
  const folder = join(azure.dir, "mycluster");
  expect((await azure.run("export mycluster --format arm")).exit).toBe(0);
  for (const file of readdirSync(folder)) if (!file.startsWith("export.")) rmSync(join(folder, file));
  await azure.run("destroy mycluster --yes");
  expect(existsSync(folder)).toBe(false);
});

test("files of a namesake elsewhere are not touched", async () => {
  const azure = await withCluster();
  const other = ownAzure({ seed: 99 });
  await other.run("mycluster --num-nodes 1 --wait-for machines");
  expect((await other.run(`destroy mycluster --yes --dir ${azure.dir}`)).exit).toBe(0);
  expect(readdirSync(join(azure.dir, "mycluster"))).toContain("etcd-ca.key");
  expect(existsSync(join(other.dir, "mycluster", "etcd-ca.key"))).toBe(true);
});

test("12 nodes in a shared group go in one pass, each machine with what hangs on it", async () => {
  const azure = ownAzure();
  await addGroup(azure, "shared");
  expect((await azure.run("mycluster --resource-group shared --num-nodes 12 --wait-for machines")).exit).toBe(0);
  expect((await azure.run("destroy mycluster --yes --resource-group shared")).exit).toBe(0);
  expect(everything(azure)).toEqual(["/resourceGroups/shared"]);
  expect(deletes(azure).filter((path) => path.includes("networkInterfaces"))).toEqual([]);
  expect(deletes(azure).length).toBeLessThan(27);
});

test("what the claim promises and no list shows yet is found by its name", async () => {
  const azure = ownAzure({ faults: [parseFault("machine-2:SkuNotAvailable")] });
  await addGroup(azure, "shared");
  expect((await azure.run("mycluster --resource-group shared --num-nodes 3 --wait-for machines")).exit).toBe(3);
  const { exit } = await azure.run("destroy mycluster --yes --resource-group shared", {
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (request.method !== "GET" || !/\/networkInterfaces\?/.test(request.url)) return answer;
      const page = JSON.parse(answer.body ?? "{}") as { value: { name: string }[] };
      return { ...answer, body: JSON.stringify({ ...page, value: page.value.filter((one) => !one.name.includes("-2-")) }) };
    },
  });
  expect(exit).toBe(0);
  expect(everything(azure)).toEqual(["/resourceGroups/shared"]);
});
