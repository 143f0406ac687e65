/** What was chosen for a cluster once, asked for again and otherwise: what holds, what counts for new machines, what is refused. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { parseFault } from "../../src/sim/fault-script.ts";
import { byHand, inGroup } from "./azure-hand.ts";
import type { Tags } from "../../src/core/plan/tag-parts.ts";
import { tagAFlag } from "../kept-tags.ts";
import { some } from "../long.ts";
import { type RunOptions, type TestAzure, folderOfAnother, testAzure, ownAzure } from "./world.ts";

let azure: TestAzure;
beforeEach(() => {
  azure = ownAzure();
});

const made = async (argv: string): Promise<string> => {
  const { exit, stderr } = await azure.run(argv);
  expect(exit, stderr).toBe(0);
  azure.exchanges.length = 0;
  return stderr;
};
const userData = (machine: string): string =>
  Buffer.from(azure.puts().get(`virtualMachines/${machine}`).properties.osProfile.customData, "base64").toString();
const writes = (): string[] =>
  azure.exchanges.filter(({ method }) => method !== "GET" && method !== "POST").map(({ url }) => url);

test("--deis on a cluster whose etcd speaks TLS opens the endpoints, and etcd stays as it is", async () => {
  await made("mycluster");
  const { exit, stderr } = await azure.run("mycluster --deis --num-nodes 4");
  expect(exit, stderr).toBe(0);
  expect(azure.puts().get("loadBalancers/mycluster-lb").properties.loadBalancingRules).toHaveLength(3);
  expect(userData("mycluster-coreos-3")).toContain("/etc/etcd/tls/node-key.pem");
  await made("plain --deis");
  expect((await azure.run("plain --num-nodes 4")).exit).toBe(0);
  expect(userData("plain-coreos-3")).not.toContain("/etc/etcd/tls");
});

test("plan calls what Azure is at work on neither new nor to be made", async () => {
  await made("mycluster --vm-size Standard_D4s_v5 --wait-for machines");
  for (const node of [0, 1]) {
    const path = inGroup("mycluster", "Microsoft.Compute/virtualMachines", `mycluster-coreos-${node}`);
    await byHand(azure, "PUT", path, (await byHand(azure, "GET", path)).body);
  }
  const { stderr } = await azure.run("plan mycluster");
  expect(stderr).toContain("\n  * 2 machines: mycluster-coreos-0, mycluster-coreos-1\n");
  expect(stderr).toMatch(/\n2 at work in Azure, \d+ there already\.\n/);
  expect(stderr).toContain("3 machines of Standard_D4s_v5 in");
});

test("the resource group in another spelling is the same cluster, and nothing of it is written", async () => {
  const wish = "cas --deis --wait-for machines --resource-group";
  await made(`${wish} Casing`);
  expect((await azure.run("plan cas --resource-group CASING")).stderr).toContain("Nothing to do");
  await made(`${wish} casing`);
  expect(writes()).toEqual([]);
  const grown = await azure.json("cas --num-nodes 4 --wait-for machines --resource-group casinG");
  expect([grown.exit, grown.document.resourceGroup]).toEqual([0, "Casing"]);
  expect(writes().filter((url) => !url.includes("/resourceGroups/Casing"))).toEqual([]);
  expect((await azure.run("plan cas --resource-group CasinG")).stderr).toContain("Nothing to do");
});

test.each([
  ["--discovery-service-url http://127.0.0.1:9/0123456789abcdef0123456789abcdef", /made with --discovery-service-url/],
  ["--etcd-plain", /made with --etcd-plain|made without --etcd-plain/],
  ["--custom-data FILE", /was made without --custom-data/],
])("%s cannot come later: exit code 7, nothing written", async (flag, said) => {
  await made("mycluster");
  const file = join(azure.dir, "own.yaml");
  writeFileSync(file, "#cloud-config\nhostname: own\n");
  const { exit, stderr } = await azure.run(`mycluster --num-nodes 4 ${flag.replace("FILE", file)}`);
  expect({ exit, writes: writes() }, stderr).toEqual({ exit: 7, writes: [] });
  expect(stderr).toMatch(said);
});

test("--custom-data stays the file that it was, whether machines are to be made or not", async () => {
  const file = join(azure.dir, "own.yaml");
  writeFileSync(file, "#cloud-config\nhostname: own\n");
  await made(`mycluster --custom-data ${file}`);
  await made(`mycluster --custom-data ${file} --num-nodes 4`);
  writeFileSync(file, "#cloud-config\nhostname: other\n");
  const { exit, stderr } = await azure.run(`mycluster --custom-data ${file}`);
  expect({ exit, writes: writes() }).toEqual({ exit: 7, writes: [] });
  expect(stderr).toMatch(/Give --custom-data with the file whose SHA-256 is [0-9a-f]{64}; .*; leave --custom-data out/);
});

test("an empty file is a file: the same command again finds nothing to do", async () => {
  const file = join(azure.dir, "empty.yaml");
  writeFileSync(file, "");
  await made(`mycluster --custom-data ${file}`);
  await made(`mycluster --custom-data ${file}`);
});

test("--pip: an answer that was lost at the end is asked for again, and the nodes have their addresses", async () => {
  const azure = ownAzure();
  let [machines, lost] = [0, 0];
  const { exit, document } = await azure.json("mycluster --num-nodes 2 --pip --wait-for machines", {
    azure: (request) => {
      if (request.method === "PUT" && request.url.includes("/virtualMachines/")) machines += 1;
      const asked = request.method === "GET" && /\/publicIPAddresses\?/.test(request.url);
      if (machines < 2 || !asked || lost++ % 2 === 1) return azure.simulation.handle(request);
      return Promise.resolve({ status: 503, headers: {}, body: "" });
    },
  });
  expect(exit).toBe(0);
  expect(lost).toBeGreaterThan(1);
  expect(document.nodes.map(({ publicIp }) => publicIp)).toEqual([expect.any(String), expect.any(String)]);
});

test("--pip later gives addresses to new machines alone: one that no interface has is paid for and leads nowhere", async () => {
  await made("mycluster");
  const { exit, document } = await azure.json("mycluster --pip --num-nodes 4");
  expect(exit).toBe(0);
  expect([...azure.puts().keys()].filter((name) => name.startsWith("publicIPAddresses/mycluster-coreos"))).toEqual([
    "publicIPAddresses/mycluster-coreos-3-ip",
  ]);
  expect(document.nodes.map((node) => node.publicIp !== undefined)).toEqual([false, false, false, true]);
  const status = await azure.json("status mycluster");
  expect(status).toMatchObject({ exit: 0, document: { drift: [] } });
  expect(status.document.nodes.map((node) => node.publicIp !== undefined)).toEqual([false, false, false, true]);
  await made("mycluster");
});

test.each([
  ["--vm-size Gigantic", /the size Gigantic is not offered/],
  ["--coreos-image a:b:c:1.2.3", /the image a:b:c:1\.2\.3 is not there/],
])("%s is refused when it is given, not when it is needed", async (flag, said) => {
  await made("mycluster");
  const { exit, stderr } = await azure.run(`mycluster ${flag}`);
  expect({ exit, writes: writes() }, stderr).toEqual({ exit: 5, writes: [] });
  expect(stderr).toMatch(said);
  await made("mycluster --num-nodes 4");
});

test("--etcd-members of another number is said to change nothing by itself, and kept; what it has may be said again", async () => {
  await made("mycluster --num-nodes 5");
  expect(await made("mycluster --etcd-members 3")).toMatch(
    /--etcd-members 3: etcd has 5\. Only `azure-coreos-cluster remove mycluster NODE`/,
  );
  expect(await made("mycluster --etcd-members 5")).not.toContain("etcd has");
  // fewer nodes than members were wished is how a cluster may be
  await made("remove mycluster 3-4 --yes");
  expect(await made("mycluster --num-nodes 4")).toContain("etcd has 3 members of --etcd-members 5. ");
});

test("a growth that leaves etcd smaller than a new cluster's says so, and which would help; that one does", async () => {
  await made("mycluster --num-nodes 2");
  expect(await made("mycluster --num-nodes 3")).toMatch(
    /etcd has 1 member; a new cluster of 3 nodes has 3\. Only new nodes .* even number.*: --num-nodes 5 brings 2 more\./,
  );
  expect(await made("plan mycluster --etcd-members 3")).toMatch(
    /--etcd-members 3: etcd has 1\. .*: --num-nodes 5 brings 2 more\./,
  );
  expect(await made("mycluster")).toContain("Nothing to do");
  expect(await made("plan mycluster --num-nodes 5")).toContain("+ etcd members 3, 4");
  expect(await made("plan mycluster --num-nodes 6 --etcd-members 1")).not.toContain("etcd has");
});

test("the plan of a growth asks no node, and plans members that join", async () => {
  const real = testAzure({ rehearsal: false });
  try {
    for (const [from, to] of [
      [2, 3],
      [3, 5],
      [4, 5],
      [5, 6],
    ]) {
      const name = `grow${from}`;
      expect((await real.run(`${name} --num-nodes ${from} --wait-for machines`)).exit).toBe(0);
      const { exit, stderr } = await real.run(`plan ${name} --num-nodes ${to}`);
      expect(exit, stderr).toBe(0);
    }
  } finally {
    real.close();
  }
});

// in another region, or inside of a network, no name in Azure's DNS stands in a second one's way
const ELSEWHERE = [
  ["", "mycluster --num-nodes 4"],
  ["--location eastus", "mycluster --num-nodes 4"],
  ["--private --wait-for machines", "mycluster --private --wait-for machines"],
  ["", "plan mycluster --location eastus"],
] as const;
test.each(some(ELSEWHERE, 1, 2))(
  "a cluster in another group, made with %j, is named when its name is asked for without it: %s",
  async (flags, again) => {
    await made(`mycluster --resource-group shared ${flags}`);
    const { exit, stderr } = await azure.run(again);
    expect({ exit, writes: writes() }).toEqual({ exit: 5, writes: [] });
    expect(stderr).toContain("mycluster is in the resource group shared");
    expect(stderr).toContain("--resource-group shared");
    const removed = await azure.run("remove mycluster 2 --yes");
    expect(removed.exit, removed.stderr).toBe(0);
  },
);

/** The lists of the whole subscription are answered so. */
const unlisted = (status: number, code: string): RunOptions => ({
  azure: (request) =>
    /^\/subscriptions\/[^/]+\/providers\/Microsoft.Network\/(publicIPAddresses|networkSecurityGroups)$/i.test(
      new URL(request.url).pathname,
    )
      ? Promise.resolve({ status, headers: {}, body: JSON.stringify({ error: { code, message: "no list for you" } }) })
      : azure.simulation.handle(request),
});

const UNANSWERED = [
  [503, "ServerBusy", "mycluster --location eastus", false],
  [400, "BadRequest", "mycluster --location eastus", false],
  [503, "ServerBusy", "mycluster --resource-group third", false],
  // who may look into one group only goes on without
  [403, "AuthorizationFailed", "mycluster --location eastus --wait-for machines", true],
] as const;
test.each(some(UNANSWERED, 0, 3))(
  "a list that is not answered has not said that there is no cluster of the name: %i %s, %s",
  async (status, code, again, isMade) => {
    await made("mycluster --resource-group shared --wait-for machines");
    const { exit, stderr } = await azure.run(again, { ...unlisted(status, code), dir: await folderOfAnother() });
    expect({ isMade: exit === 0, isWritten: writes().length > 0 }, stderr).toEqual({ isMade, isWritten: isMade });
    if (!isMade) expect(stderr).toContain(code);
    // another name, with another cluster, would be bad advice
    expect(stderr).not.toMatch(/choose another/i);
  },
);

test("a cluster that is past its time to live is gone on with, and that is said", async () => {
  await made("mycluster --ttl 1s");
  expect(await made("mycluster")).toMatch(/mycluster is past its time to live since 2026-.*: `gc` will destroy it/);
  expect(await made("mycluster --ttl 2h")).not.toContain("past its time");
});

test("what to type next leads to the same Azure", async () => {
  const { stderr } = await azure.run("mycluster --resource-group shared --subscription 00000000-0000-0000-0000-000000000000");
  expect(stderr).toContain(
    "azure-coreos-cluster destroy mycluster --subscription 00000000-0000-0000-0000-000000000000 --resource-group shared",
  );
});

test("with --min-ready a success still says which nodes are not ready", async () => {
  azure.close();
  azure = ownAzure({ faults: [parseFault("machine-1:SkuNotAvailable")] });
  const { exit, stderr } = await azure.run("mycluster --min-ready 2");
  expect(exit, stderr).toBe(0);
  expect(stderr).toMatch(/2 of 3 nodes are ready\. Not ready:\n {2}mycluster-coreos-1: failed/);
});

const imageTag = (machine: string): string | undefined => /ETCD_IMAGE_TAG=(\S+)/.exec(userData(machine))?.[1];

test("etcd's version is kept with the cluster: a later growth gets the same, unless another is given for new machines", async () => {
  expect(await made("mycluster --num-nodes 1 --etcd-version 3.5.30")).not.toContain("faults of membership");
  expect((await azure.run("mycluster --num-nodes 3")).exit).toBe(0);
  expect(imageTag("mycluster-coreos-2")).toBe("v3.5.30");
  const { exit, stderr } = await azure.run("mycluster --num-nodes 5 --etcd-version v3.5.33");
  expect(exit).toBe(0);
  expect(stderr).toContain("--etcd-version v3.5.33 counts for new machines; those that exist stay as they are.");
  expect(imageTag("mycluster-coreos-4")).toBe("v3.5.33");
});

test("a cluster of before etcd's version was kept grows with the one that it has, and its faults are said", async () => {
  expect((await azure.run("mycluster --num-nodes 1")).exit).toBe(0);
  expect(imageTag("mycluster-coreos-0")).toBe("v3.5.33");
  const [name = ""] = [...azure.puts()].find(([, body]) => body.tags?.["aoc-role"] === "claim") ?? [];
  const claim = inGroup("mycluster", "Microsoft.Network/publicIPAddresses", name.split("/").at(-1) ?? "");
  const { "aoc-etcd-version": _, ...older } = tagAFlag((await byHand(azure, "GET", claim)).body["tags"] as Tags);
  expect((await byHand(azure, "PATCH", claim, { tags: older })).status).toBe(200);
  const { exit, stderr } = await azure.run("mycluster --num-nodes 3");
  expect(exit).toBe(0);
  expect(stderr.replaceAll(/\s+/g, " ")).toMatch(/etcd v3\.5\.16 has known faults of membership: .* --etcd-version v3\.5\.33/);
  expect(imageTag("mycluster-coreos-1")).toBe("v3.5.16");
});

test.each([
  ["--etcd-version 3.6.14", /etcd 3\.6 is not what nodes are made with/],
  ["--etcd-version 3.5.33 --platform coreos --coreos-image a:b:c:d", /--etcd-version does not go with --platform coreos/],
  ["--etcd-version 3.5.33 --custom-data FILE", /--etcd-version does not go with --custom-data/],
])("%s is refused with exit code 2", async (flags, said) => {
  const { exit, stderr } = await azure.run(`mycluster ${flags}`);
  expect({ exit, writes: writes() }).toEqual({ exit: 2, writes: [] });
  expect(stderr).toMatch(said);
});
