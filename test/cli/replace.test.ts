/** replace, over the simulation: what goes and what comes, with which choices, and what a run that broke off at any write leaves. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { PlanDocument, ReplaceDocument, StatusDocument } from "../../src/core/documents.ts";
import type { CloudState } from "../../src/sim/cloud.ts";
import { createEtcdCa, etcdTlsFiles } from "../../src/prepare/etcd-tls.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { parseScript } from "../../src/sim/fault-script.ts";
import { timeOf } from "../../src/sim/simulation.ts";
import { some } from "../long.ts";
import { addLock, byHand, deletes, inGroup } from "./azure-hand.ts";
import { type Body, type Result, START, type TestAzure, ownAzure } from "./world.ts";

let azure: TestAzure;
beforeEach(() => {
  azure = ownAzure();
});

const nameOf = (index: number): string => `mycluster-coreos-${index}`;
const made = async (flags = ""): Promise<void> => {
  const { exit, stderr } = await azure.run(`mycluster ${flags}`);
  expect(exit, stderr).toBe(0);
  azure.exchanges.length = 0;
};
const machine = async (index: number, of = azure): Promise<Body> =>
  (await byHand(of, "GET", inGroup("mycluster", "Microsoft.Compute/virtualMachines", nameOf(index)))).body;
const whole = async (of = azure): Promise<void> => {
  const { exit, document } = await of.json<StatusDocument>("status mycluster");
  expect({ exit, drift: document.drift, states: document.states }).toEqual({ exit: 0, drift: [], states: { ready: 3 } });
};

test("a node is made anew with the size and etcd of today's choice, under its name and address; the others are not touched", async () => {
  await made();
  const [before, other] = [await machine(1), await machine(0)];
  const { exit, document, stderr } = await azure.json<ReplaceDocument>(
    "replace mycluster 1 --vm-size Large --etcd-version 3.5.30 --yes",
  );
  expect(exit, stderr).toBe(0);
  expect(document).toMatchObject({ schema: "azure-coreos-cluster/replace/1", replaced: [nameOf(1)], keptDisks: [], left: [] });
  expect(stderr).toContain("1 node will be made anew: mycluster-coreos-1. What is on its disks is gone.");
  expect(deletes(azure).map((path) => path.split("/").at(-1))).toEqual([nameOf(1)]);
  const put = azure.puts().get(`virtualMachines/${nameOf(1)}`);
  expect(put.properties.hardwareProfile.vmSize).toBe("Standard_D4s_v5");
  expect(Buffer.from(put.properties.osProfile.customData, "base64").toString()).toContain("ETCD_IMAGE_TAG=v3.5.30");
  const now = await machine(1);
  expect(now.properties.vmId).not.toBe(before.properties.vmId);
  expect((await machine(0)).properties.vmId).toBe(other.properties.vmId);
  await whole();
  // the mark that it carried on the way is no difference
  expect((await azure.run("plan mycluster")).stderr).toContain("Nothing to do");
});

test("several are replaced one after the other, each there before the next goes; the version of etcd is then the cluster's", async () => {
  await made("--etcd-version 3.5.26");
  expect((await azure.json<ReplaceDocument>("replace mycluster 0-2 --etcd-version 3.5.33 --yes")).document.replaced).toEqual(
    [0, 1, 2].map(nameOf),
  );
  const order = azure.exchanges.flatMap(({ method, url }) => {
    const name = /virtualMachines\/(mycluster-coreos-\d)\?/.exec(url)?.[1];
    return name !== undefined && ["PUT", "DELETE"].includes(method) ? [`${method} ${name}`] : [];
  });
  expect(order).toEqual([0, 1, 2].flatMap((index) => [`DELETE ${nameOf(index)}`, `PUT ${nameOf(index)}`]));
});

test.each([
  ["the cluster, before a look", "destroy mycluster --yes", /networkInterfaces/, "(ClusterGone)"],
  ["the cluster, after it", "destroy mycluster --yes", /checkdns|usages|skus/i, "(BeingDestroyed)"],
  ["the node", "remove mycluster 1 --yes", /checkdns|usages|skus/i, "(NodeRemoved)"],
] as const)(
  "once the machine is gone, and somebody takes away %s: nothing is made, and no command is said to go on",
  async (_, taken, at, code) => {
    await made("--num-nodes 4 --etcd-plain --wait-for machines");
    let taking: Promise<Result> | undefined;
    const isGone = (): boolean => azure.exchanges.some(({ method, url }) => method === "DELETE" && url.includes(nameOf(1)));
    const { exit, stderr } = await azure.run("replace mycluster 1 --yes", {
      azure: async (request) => {
        if (request.method === "GET" && isGone() && at.test(request.url)) taking ??= azure.run(taken);
        await taking;
        return azure.simulation.handle(request);
      },
    });
    expect([exit, (await taking)?.exit], stderr).toEqual([7, 0]);
    expect(stderr).toContain(code);
    expect(stderr).not.toContain("goes on with");
    expect(azure.puts().has(`virtualMachines/${nameOf(1)}`)).toBe(false);
  },
);

test("many have the time of many: half an hour is for one command that works on all at once", async () => {
  await made("--num-nodes 5 --simulate");
  const { exit, document, stderr } = await azure.json<ReplaceDocument>(
    "replace mycluster 0-4 --yes --simulate --fault any:slow=15x*",
  );
  expect([exit, document.replaced.length], stderr).toEqual([0, 5]);
  expect(document.seconds).toBeGreaterThan(1800);
});

test("--keep-data-disk: the new machine has the old one's disk; without it a new one", async () => {
  await made("--data-disk");
  const disk = async (): Promise<Body> =>
    (await byHand(azure, "GET", inGroup("mycluster", "Microsoft.Compute/disks", `${nameOf(1)}-data`))).body;
  const before = await disk();
  const kept = await azure.json<ReplaceDocument>("replace mycluster 1 --keep-data-disk --data-disk-size 2000 --yes");
  expect(kept.exit, kept.stderr).toBe(0);
  const costs = await Promise.all(
    ["plan", "status"].map(async (command) => (await azure.json<PlanDocument>(`${command} mycluster`)).document.cost),
  );
  expect(costs[0]?.items).toContainEqual(expect.objectContaining({ what: "data disks of 100 GiB (Premium_LRS)", count: 3 }));
  expect(costs[0]?.per30Days).toBe(costs[1]?.per30Days);
  expect(kept.document.keptDisks).toEqual([`${nameOf(1)}-data`]);
  expect((await disk()).properties.uniqueId ?? (await disk()).properties.timeCreated).toBe(
    before.properties.uniqueId ?? before.properties.timeCreated,
  );
  expect(azure.puts().get(`virtualMachines/${nameOf(1)}`).properties.storageProfile.dataDisks[0].createOption).toBe("Attach");
  await whole();
  azure.exchanges.length = 0;
  expect((await azure.run("replace mycluster 1 --yes")).exit).toBe(0);
  expect(azure.puts().get(`virtualMachines/${nameOf(1)}`).properties.storageProfile.dataDisks[0].createOption).toBe("Empty");
  await whole();
  // no data disk is asked for any more: the one that is there comes back all the same
  const without = await azure.run("replace mycluster 1 --keep-data-disk --yes", {
    env: { AZURE_COREOS_CLUSTER_DATA_DISK: "no" },
  });
  expect(without.exit, without.stderr).toBe(0);
  const put = azure.puts().get(`virtualMachines/${nameOf(1)}`);
  expect(put.properties.storageProfile.dataDisks).toMatchObject([{ createOption: "Attach", deleteOption: "Detach" }]);
  expect(Buffer.from(put.properties.osProfile.customData, "base64").toString()).toContain("/var/lib/docker");
  await whole();
  expect((await azure.run("plan mycluster")).stderr).toContain("Nothing to do");
});

test("--keep-data-disk: a new machine that fails to be made takes no disk along, whether it is made again or taken back", async () => {
  // after the first one, and the word that its disk is to stay
  azure = ownAzure(parseScript("machine-1:AllocationFailedx1@3"));
  await made("--num-nodes 2 --data-disk");
  const disk = async (): Promise<unknown> =>
    ((await byHand(azure, "GET", inGroup("mycluster", "Microsoft.Compute/disks", `${nameOf(1)}-data`))).body as Body).properties
      ?.uniqueId;
  const before = await disk();
  const { exit, stderr } = await azure.run("replace mycluster 1 --keep-data-disk --yes");
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringContaining("its creation failed: deleting it") });
  expect(await disk()).toBe(before);
  await byHand(azure, "DELETE", inGroup("mycluster", "Microsoft.Compute/virtualMachines", nameOf(1)));
  await azure.pass(600_000);
  const rolledBack = await azure.run("mycluster --num-nodes 3 --rollback", { azure: fullFor(2) });
  expect(rolledBack.stderr).toMatch(/machine mycluster-coreos-1 {2}made[^]*machine mycluster-coreos-1 {2}deleted/);
  expect(await disk()).toBe(before);
});

/** There is no room for this machine. */
const fullFor =
  (index: number): TestAzure["simulation"]["handle"] =>
  async (request) =>
    request.method === "PUT" && request.url.includes(`/virtualMachines/${nameOf(index)}?`)
      ? { status: 409, headers: {}, body: '{"error":{"code":"SkuNotAvailable","message":"no room"}}' }
      : azure.simulation.handle(request);

/** Files of an etcd authority that is another cluster's. */
const otherAuthority = async (): Promise<void> => {
  const files = etcdTlsFiles(join(azure.dir, "mycluster"));
  const { certificate, key } = await createEtcdCa("other", START);
  writeFileSync(files.ca, certificate);
  writeFileSync(files.caKey, key);
};
/** A file that is given with --custom-data. */
const withFile = (flags: string): string =>
  flags.replace(/FILE-(\w)/, (_, text) => {
    const file = join(azure.dir, "own.yaml");
    writeFileSync(file, `#cloud-config\nhostname: ${text}\n`);
    return file;
  });

type Subscription = Parameters<typeof ownAzure>[0];
const few = (script: string): Subscription => parseScript(script);

type Refusal = readonly [what: string, flags: string, argv: string, exit: number, said: RegExp, Subscription | (() => unknown)];
const REFUSALS: readonly Refusal[] = [
  ["the user's own file is not given", "--custom-data FILE-a", "1", 2, /Give --custom-data with the file whose/, {}],
  ["nor the same", "--custom-data FILE-a", "1 --custom-data FILE-b", 7, /with another file.*Give --custom-data with/s, {}],
  ["there is no such identity", "", "1 --identity nosuch", 5, /no managed identity/, {}],
  ["the quota is too small", "", "1 --vm-size Standard_D8s_v5", 5, /; 6 of 8 are free/, few("quota-cores:8")],
  [
    "for all of them",
    "--num-nodes 3",
    "1 2 --vm-size Large",
    5,
    /need 8 vCPUs.*; 7 of 9.*run .azure-coreos-cluster replace mycluster 1 2. again/s,
    few("quota-cores:9"),
  ],
  [
    "its disk is to stay",
    "--data-disk",
    "1 --keep-data-disk --vm-size Large",
    5,
    /run .azure-coreos-cluster replace mycluster 1 --keep-data-disk. again/,
    few("quota-cores:5"),
  ],
  ["that of addresses", "", "1 --pip", 5, /PublicIPCountLimitReached/, { limits: { publicAddresses: 1 } }],
  ["etcd's authority is another's", "", "1", 5, /EtcdCaWrong/, otherAuthority],
  ["and all go", "--num-nodes 3", "0-2", 5, /EtcdCaWrong/, otherAuthority],
  ["others may write to its folder", "", "1", 5, /FolderUnsafe/, () => chmodSync(join(azure.dir, "mycluster"), 0o777)],
];
test.for(some(REFUSALS, 0, 1, 2, 3, 5, 6, 7, 9))(
  "%s: what create would refuse is refused before anything is written",
  async (row) => {
    const [, flags, argv, exit, said, more] = row;
    if (typeof more === "object") azure = ownAzure(more);
    await made(withFile(flags.includes("--num-nodes") ? flags : `--num-nodes 2 ${flags}`));
    if (typeof more === "function") await more();
    const ended = await azure.run(`replace mycluster ${withFile(argv)} --yes`);
    expect(ended.exit, ended.stderr).toBe(exit);
    expect(ended.stderr).toMatch(said);
    expect(azure.exchanges.filter(({ method }) => ["PUT", "PATCH", "DELETE"].includes(method))).toEqual([]);
  },
);

test("what fits once the old machine is gone is made; one that Azure cannot make leaves the cluster partly there", async () => {
  const { limits } = parseScript("quota-cores:4,quota-standardDSv5Family:4");
  azure = ownAzure({ limits: { ...limits, publicAddresses: 3 } });
  await made("--num-nodes 2 --pip");
  const fits = await azure.run("replace mycluster 1 --yes");
  expect(fits.exit, fits.stderr).toBe(0);
  const { exit, stderr } = await azure.run("replace mycluster 1 --yes", { azure: fullFor(1) });
  expect({ exit, stderr }).toEqual({ exit: 3, stderr: expect.stringContaining("(SkuNotAvailable)") });
});

test.each([
  ["replace mycluster 1", undefined, 2, /replace asks before it deletes/],
  ["replace mycluster 1", "no", 1, /Nothing was deleted/],
  ["replace mycluster 7 --yes", undefined, 2, /mycluster has no mycluster-coreos-7/],
  ["replace mycluster 1 --vm-size Gigantic --yes", undefined, 5, /Gigantic/],
  ["replace mycluster 1 --etcd-version 3.6.0 --yes", undefined, 2, /etcd 3\.6 is not/],
  ["replace mycluster 1 --num-nodes 5 --yes", undefined, 2, /num-nodes/],
])("%s, answered with %s, ends with %i, and nothing is deleted", async (argv, answer, exit, said) => {
  await made();
  const ended = await azure.run(argv, answer === undefined ? {} : { answers: [answer] });
  expect({ exit: ended.exit, deletes: deletes(azure) }, ended.stderr).toEqual({ exit, deletes: [] });
  expect(ended.stderr).toMatch(said);
});

test("a kept disk of Premium storage and a size without: refused before anything goes, with what to do", async () => {
  await made("--data-disk");
  const refused = await azure.run("replace mycluster 1 --keep-data-disk --vm-size Standard_D2_v5 --yes");
  expect({ exit: refused.exit, deletes: deletes(azure) }).toEqual({ exit: 5, deletes: [] });
  const said = refused.stderr.replaceAll(/\s+/g, " ");
  expect(said).toContain(
    "mycluster-coreos-1-data is kept on Premium_LRS, and machines of Standard_D2_v5 take no Premium storage",
  );
  expect(said).toContain("az disk update --resource-group mycluster --name mycluster-coreos-1-data --sku StandardSSD_LRS");
  expect((await azure.run("replace mycluster 1 --vm-size Standard_D2_v5 --yes")).exit).toBe(0);
});

test("a lock on the machine is named before anything is written", async () => {
  await made();
  await addLock(azure, inGroup("mycluster", "Microsoft.Compute/virtualMachines", nameOf(1)), "keep");
  azure.exchanges.length = 0;
  const { exit, stderr } = await azure.run("replace mycluster 1 --yes");
  const written = azure.exchanges.filter(({ method }) => ["PUT", "PATCH", "DELETE"].includes(method));
  expect({ exit, written }, stderr).toEqual({ exit: 5, written: [] });
});

test("etcd's only member is not replaced: its data would be gone", async () => {
  await made("--num-nodes 2");
  const { exit, stderr } = await azure.run("replace mycluster 0 --yes");
  expect({ exit, deletes: deletes(azure) }).toEqual({ exit: 5, deletes: [] });
  expect(stderr).toContain("etcd's only member");
  expect(stderr).toContain("--num-nodes 4 --etcd-members 3");
});

test("made anew a node is what it was, no member and a spot machine; a growth keeps to the number that was asked for", async () => {
  await made("--num-nodes 5 --etcd-members 1 --spot");
  const { exit, stderr } = await azure.run("replace mycluster 3 --yes");
  expect([exit, stderr]).toEqual([0, expect.stringContaining("Not spot machines: node 0 (etcd's members).")]);
  expect(azure.puts().get(`virtualMachines/${nameOf(3)}`).properties.priority).toBe("Spot");
  const { document } = await azure.json("mycluster --num-nodes 7");
  expect(document.etcd.members).toHaveLength(1);
});

test("killed before or after any write: the same command ends it, and so does create once the old machine is gone", async () => {
  await made("--data-disk");
  const moments: { state: CloudState; label: string }[] = [];
  const command = "replace mycluster 1 --keep-data-disk --yes";
  const undisturbed = await azure.run(command, {
    azure: async (request) => {
      const write = !["GET", "HEAD"].includes(request.method);
      if (write) moments.push({ state: azure.simulation.save(), label: `before ${request.method} ${request.url}` });
      const answer = await azure.simulation.handle(request);
      if (write) moments.push({ state: azure.simulation.save(), label: `after ${request.method} ${request.url}` });
      return answer;
    },
  });
  expect(undisturbed.exit).toBe(0);
  expect(moments.length).toBeGreaterThan(8);
  const chosen = moments.filter(({ label }) => /virtualMachines|publicIPAddresses/.test(label));
  let half = 0;
  // asked for and there still, gone, and gone for the same command
  for (const [nth, { state, label }] of some([...chosen.entries()], 3, 5, 6)) {
    const left = ownAzure({ state, seed: 50 + nth, clock: createVirtualClock((timeOf(state) ?? 0) + 500) });
    const created = nth % 2 === 0 ? undefined : await left.run("mycluster", { dir: azure.dir });
    // out of etcd, and the old machine still there: create says what ends it
    if (created?.exit === 5) expect(created.stderr, label).toMatch(/is half replaced/);
    if (created?.exit === 5) half += 1;
    else expect(created?.exit ?? 0, `${label}: ${created?.stderr}`).toBe(0);
    const again = await left.run(command, { dir: azure.dir });
    expect(again.exit, `${label}: ${again.stderr}`).toBe(0);
    await whole(left);
  }
  expect(half).toBeGreaterThan(0);
});

test("several, killed at any write: the same command leaves those that are done alone, and finishes the one that was made; another choice begins anew", async () => {
  await made();
  const moments: { state: CloudState; label: string }[] = [];
  const command = "replace mycluster 0 1 2 --vm-size Large --yes";
  const idsOf = async (of: TestAzure): Promise<unknown[]> =>
    Promise.all([0, 1, 2].map(async (index) => (await machine(index, of)).properties?.vmId));
  const old = await idsOf(azure);
  await azure.run(command, {
    azure: async (request) => {
      const answer = await azure.simulation.handle(request);
      if (/virtualMachines|publicIPAddresses/.test(request.url) && !["GET", "HEAD"].includes(request.method))
        moments.push({ state: azure.simulation.save(), label: `after ${request.method} ${request.url}` });
      return answer;
    },
  });
  expect(JSON.stringify(azure.simulation.save())).not.toMatch(/aoc-replac/);
  // the second is gone, and the second is there
  for (const [nth, { state, label }] of some([...moments.entries()], 6, 8)) {
    if (nth % 2 === 1 && process.env["CRASH"] !== "all") continue;
    const left = ownAzure({ state, seed: 70 + nth, clock: createVirtualClock((timeOf(state) ?? 0) + 500) });
    const before = await idsOf(left);
    const made = before.map((id, index) => id !== undefined && id !== old[index]);
    const again = await left.json<ReplaceDocument>(command, { dir: azure.dir });
    expect(again.exit, `${label}: ${again.stderr}`).toBe(0);
    const now = await idsOf(left);
    const kept = now.map((id, index) => id === before[index]);
    // at the very end nothing of it is left, and it is another replacement
    if (made.every(Boolean) && again.document.before.length === 0 && !kept.some(Boolean)) continue;
    expect({ label, kept }).toEqual({ label, kept: made });
    expect(now.some((id) => old.includes(id))).toBe(false);
    await whole(left);
  }
});

test("what is refused leaves no mark that create stops at, and one that was removed meanwhile is not called replaced", async () => {
  await made("--platform ubuntu");
  const first = once(/virtualMachines\/mycluster-coreos-0\?/, () => platformAt(1));
  const broken = await azure.run("replace mycluster 0 1 --yes", { azure: first });
  expect({ exit: broken.exit, stderr: broken.stderr }).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining("first server"),
  });
  expect((await azure.run("mycluster")).exit).toBe(0);
  azure.exchanges.length = 0;
  expect((await azure.run("replace mycluster 0 1 --vm-size Large --yes")).exit).toBe(5);
  expect(deletes(azure)).toEqual([]);
  const removing = once(/virtualMachines\/mycluster-coreos-0\?/, () => azure.run("remove mycluster 2 --yes"));
  const lost = await azure.run("replace mycluster 0 2 --yes", { azure: removing });
  expect({ exit: lost.exit, stderr: lost.stderr }).toMatchObject({ exit: 7, stderr: expect.stringContaining("was removed") });
});

test.each([
  ["leaves no mark that create stops at", {}],
  ["keeps the mark of an earlier run, after which it may have left", { "aoc-replacing": "1=1" }],
])("a node that etcd does not let go %s", async (_, mark) => {
  await made();
  // all others have left etcd meanwhile
  const alone = once(/virtualMachines\/mycluster-coreos-0\?/, () => claimTags({ "aoc-members": "1=10.0.0.5", ...mark }), "PUT");
  const { exit, stderr } = await azure.run("replace mycluster 0 1 --yes", { azure: alone });
  expect({ exit, stderr }).toEqual({ exit: 3, stderr: expect.stringContaining("(EtcdQuorum)") });
  expect("aoc-replacing" in (await claimTags({}))).toBe("aoc-replacing" in mark);
});

test.each([
  [23, [0], [1]],
  [25, [], [1, 0]],
])("one that broke off %d hours ago: %j are not made again, %j are", async (hours, before, replaced) => {
  await made();
  const command = "replace mycluster 0 1 --yes";
  const broken = await azure.run(command, {
    azure: once(/virtualMachines\/mycluster-coreos-1\?/, () => Promise.reject(new Error("ECONNRESET"))),
  });
  expect(broken.exit, broken.stderr).toBe(1);
  await azure.pass(hours * 3_600_000);
  const since = azure.exchanges.length;
  // node 1 is out of etcd still: without it create would not make the other anew
  expect((await azure.run("replace mycluster 0 --yes")).stderr).toContain("mycluster-coreos-1 is half replaced");
  expect(azure.exchanges.slice(since).filter(({ method }) => ["PUT", "PATCH", "DELETE"].includes(method))).toEqual([]);
  const { document } = await azure.json<ReplaceDocument>(command);
  expect(document).toMatchObject({ before: before.map(nameOf), replaced: replaced.map(nameOf), left: [] });
});

test("--keep-data-disk: one that somebody has set to be kept, with tags of their own, comes back too", async () => {
  expect((await azure.run("mycluster --data-disk")).exit).toBe(0);
  const body = structuredClone(azure.puts().get(`virtualMachines/${nameOf(1)}`));
  delete body.properties.osProfile;
  body.properties.storageProfile.dataDisks[0].deleteOption = "Detach";
  await byHand(azure, "PUT", inGroup("mycluster", "Microsoft.Compute/virtualMachines", nameOf(1)), body);
  await azure.pass(600_000);
  const disk = inGroup("mycluster", "Microsoft.Compute/disks", `${nameOf(1)}-data`);
  await byHand(azure, "PATCH", disk, { tags: { owner: "somebody" } });
  const { exit, stderr } = await azure.run("replace mycluster 1 --keep-data-disk --yes");
  expect(exit, stderr).toBe(0);
  expect((await byHand(azure, "GET", disk)).body).toMatchObject({
    managedBy: expect.stringMatching(/mycluster-coreos-1$/),
    tags: { owner: "somebody", "aoc-cluster": "mycluster" },
  });
});

test("Ctrl-C after one is done takes no other away", async () => {
  await made();
  let interrupt = (): void => undefined;
  let remade = false;
  const { exit, stderr } = await azure.run("replace mycluster 0 1 --yes", {
    onInterrupt: (callback) => (interrupt = callback),
    azure: (request) => {
      const write = request.method !== "GET";
      if (remade && write && request.url.includes("/publicIPAddresses/")) {
        interrupt();
        interrupt = () => undefined;
      }
      remade ||= request.method === "PUT" && request.url.includes(`/virtualMachines/${nameOf(0)}`);
      return azure.simulation.handle(request);
    },
  });
  expect(exit, stderr).toBe(130);
  expect(deletes(azure).some((path) => path.endsWith(nameOf(1)))).toBe(false);
  expect(stderr).toMatch(/interrupted\n\nMade anew: mycluster-coreos-0\. The same command goes on with mycluster-coreos-1\.\n/);
});

test("Ctrl-C while the old machine goes says what is left, and calls no node ill that nobody has looked at", async () => {
  await made();
  let interrupt = (): void => undefined;
  const { exit, stderr } = await azure.run("replace mycluster 1 --yes", {
    onInterrupt: (callback) => (interrupt = callback),
    azure: (request) => {
      if (request.method === "DELETE") {
        interrupt();
        interrupt = () => undefined;
      }
      return azure.simulation.handle(request);
    },
  });
  expect(exit, stderr).toBe(130);
  expect(stderr).toMatch(/interrupted\n\nWhat was done stays\. The same command goes on with mycluster-coreos-1\.\n/);
  expect(stderr).not.toMatch(/not all nodes|missing/);
});

test.each([
  ["refused", false],
  ["carried out, and its answer lost", true],
])("--keep-data-disk: a machine's letting go that is %s is asked for again", async (_, done) => {
  await made("--data-disk");
  let lost = 0;
  const { exit, document, stderr } = await azure.json<ReplaceDocument>("replace mycluster 1 --keep-data-disk --yes", {
    azure: async (request) => {
      const first = request.method === "PUT" && request.url.includes(`virtualMachines/${nameOf(1)}?`) && lost++ === 0;
      if (!first || done) {
        const answer = await azure.simulation.handle(request);
        if (!first) return answer;
      }
      return { status: 503, headers: {}, body: "" };
    },
  });
  expect({ exit, kept: document.keptDisks }, stderr).toEqual({ exit: 0, kept: [`${nameOf(1)}-data`] });
});

test("--keep-data-disk: a letting go that Azure refuses leaves the node as it is, in etcd", async () => {
  await made("--data-disk");
  const backedUp = refusing("PUT", 409, "OperationNotAllowed");
  expect((await azure.run("replace mycluster 1 --keep-data-disk --yes", { azure: backedUp })).exit).toBe(1);
  expect({ marked: "aoc-replacing" in (await claimTags({})), deletes: deletes(azure) }).toEqual({ marked: false, deletes: [] });
  expect((await azure.run("mycluster")).exit).toBe(0);
});

test("--keep-data-disk: who ends one that broke off is told of the flag, and without it the disk is not lost", async () => {
  await made("--data-disk");
  const diskId = async (): Promise<unknown> =>
    ((await byHand(azure, "GET", inGroup("mycluster", "Microsoft.Compute/disks", `${nameOf(1)}-data`))).body as Body).properties
      ?.uniqueId;
  const before = await diskId();
  const broken = await azure.run("replace mycluster 1 --keep-data-disk --yes", { azure: refusing("DELETE", 403, "Forbidden") });
  expect(broken.exit, broken.stderr).not.toBe(0);
  azure.exchanges.length = 0;
  const end = "azure-coreos-cluster replace mycluster 1 --keep-data-disk";
  for (const without of ["mycluster", "replace mycluster 1 --yes", "replace mycluster 0 --keep-data-disk --yes"]) {
    const { exit, stderr } = await azure.run(without);
    expect({ exit, stderr }, without).toEqual({ exit: 5, stderr: expect.stringContaining(end) });
  }
  expect(deletes(azure)).toEqual([]);
  const { exit, document, stderr } = await azure.json<ReplaceDocument>(`${end.slice(21)} --yes`);
  expect({ exit, kept: document.keptDisks }, stderr).toEqual({ exit: 0, kept: [`${nameOf(1)}-data`] });
  expect(await diskId()).toBe(before);
  await whole();
  // another time its disk may go
  expect((await azure.run("replace mycluster 1 --yes")).exit).toBe(0);
});

/** Node 1's machine is not to be touched so. */
const refusing =
  (method: string, status: number, code: string): TestAzure["simulation"]["handle"] =>
  async (request) =>
    request.method === method && request.url.includes(`/virtualMachines/${nameOf(1)}?`)
      ? { status, headers: {}, body: JSON.stringify({ error: { code, message: "The VM is being backed up" } }) }
      : azure.simulation.handle(request);

test("--keep-data-disk: a machine that somebody changes meanwhile is looked at again, and its disk, without tags, is kept", async () => {
  await made("--data-disk");
  const disk = inGroup("mycluster", "Microsoft.Compute/disks", `${nameOf(1)}-data`);
  expect((await byHand(azure, "PATCH", disk, { tags: {} })).status).toBeLessThan(300);
  const path = inGroup("mycluster", "Microsoft.Compute/virtualMachines", nameOf(1));
  const tagged = async (): Promise<unknown> => byHand(azure, "PATCH", path, { tags: { ...(await machine(1)).tags, by: "hand" } });
  const { exit, document, stderr } = await azure.json<ReplaceDocument>("replace mycluster 1 --keep-data-disk --yes", {
    azure: once(/virtualMachines\/mycluster-coreos-1\?/, tagged, "PUT"),
  });
  expect({ exit, kept: document.keptDisks }, stderr).toEqual({ exit: 0, kept: [`${nameOf(1)}-data`] });
  const puts = azure.exchanges.filter(
    ({ method, url, body }) => method === "PUT" && url.includes(path) && /Empty.*Detach|Detach.*Empty/.test(body ?? ""),
  );
  expect(puts.map(({ body }) => JSON.parse(body ?? "{}").tags.by)).toEqual([undefined, "hand"]);
});

test("what create refuses once the old machine is gone is not called refused before anything was written", async () => {
  await made();
  const unfit = once(/virtualMachines\/mycluster-coreos-0\?/, () => platformAt(1));
  const { exit, stderr } = await azure.run("replace mycluster 0 --yes", { azure: unfit });
  expect({ exit, stderr }).toMatchObject({ exit: 3, stderr: expect.stringMatching(/PlatformUnfit/) });
  expect(stderr).not.toContain("Nothing was written");
});

/** Somebody makes it a platform, and this node its first server. */
const platformAt = (index: number): Promise<Record<string, string>> => claimTags({ "aoc-k3s": `${index} a.example.com` });

/** Tags of the claim, changed by somebody. */
async function claimTags(change: Record<string, string>): Promise<Record<string, string>> {
  const path = "/resourceGroups/mycluster/providers/Microsoft.Network/publicIPAddresses";
  const [claim] = (await byHand(azure, "GET", path)).body["value"] as Body[];
  const tags = { ...claim?.tags, ...change };
  await byHand(azure, "PATCH", `${path}/${claim?.name}`, { tags });
  return tags as Record<string, string>;
}

/** At the first deletion of it, or another request, before it is done, somebody else does something. */
function once(url: RegExp, work: () => Promise<unknown>, method = "DELETE"): TestAzure["simulation"]["handle"] {
  let done = false;
  return async (request) => {
    if (!done && request.method === method && url.test(request.url)) {
      done = true;
      await work();
    }
    return azure.simulation.handle(request);
  };
}
