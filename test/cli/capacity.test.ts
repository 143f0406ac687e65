/** Sizes and locations in order of wish: what is taken before the first write, and what becomes of a cluster that Azure has no room for. */
import { rmSync } from "node:fs";
import { assert, asyncProperty, constantFrom, integer, uniqueArray } from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ClusterDocument, PlanDocument } from "../../src/core/documents.ts";
import { readableFlags } from "../../src/core/plan/kept-flags.ts";
import { createVirtualClock } from "../../src/sim/clock.ts";
import type { CloudState } from "../../src/sim/cloud.ts";
import { parseScript } from "../../src/sim/fault-script.ts";
import { timeOf } from "../../src/sim/simulation.ts";
import { flawsOf } from "../cluster-state.ts";
import { long, some } from "../long.ts";
import { stoppable } from "../stoppable.ts";
import { addForeign, addGroup, addLock, byHand, everything, inGroup } from "./azure-hand.ts";
import { type Body, folderOfAnother, START, type TestAzure, testAzure } from "./world.ts";

const [A, B, C] = ["Standard_D2s_v5", "Standard_D2as_v5", "Standard_B2ms"];

const azureWith = (script: string, more: Parameters<typeof testAzure>[0] = {}): TestAzure => {
  const azure = testAzure({ ...parseScript(script), ...more });
  onTestFinished(() => azure.close());
  return azure;
};
const writes = (azure: TestAzure): string[] =>
  azure.exchanges.filter(({ method }) => method !== "GET" && method !== "POST").map(({ method, url }) => `${method} ${url}`);
const sizesIn = (state: CloudState): string[] =>
  state.entries
    .filter(({ type }) => type.endsWith("/virtualMachines"))
    // oxlint-disable-next-line typescript/no-explicit-any, typescript/no-unsafe-return -- a resource is looked into
    .map(({ resource }) => (resource as any).properties.hardwareProfile.vmSize);
const keptIn = (state: CloudState): (string | undefined)[] => {
  const tags = state.entries.map(({ resource }) => (resource["tags"] ?? {}) as Record<string, string>);
  const claim = tags.find((one) => one["aoc-role"] === "claim");
  const flags = readableFlags(claim ?? {});
  return [flags.get("vm-size")?.join(), flags.get("vm-size-now")?.join()];
};

describe("before the first write", () => {
  test.each<[flags: string[], script: string, taken: [size: string, location: string], passed: number]>([
    [[`--vm-size=${A},${B}`], "", [A, "westus"], 0],
    [[`--vm-size=${A},${B}`], "quota-standardDSv5Family:4", [B, "westus"], 1],
    [[`--vm-size=${A},${B}`], `size-westus/${A}:restricted`, [B, "westus"], 1],
    [[`--vm-size=Nonsense,${B}`], "", [B, "westus"], 1],
    [["--location=West US, East US"], "", [A, "westus"], 0],
    [["--location=West US, East US"], "quota-westus/cores:5", [A, "eastus"], 1],
    [["--location=nowhere,eastus"], "", [A, "eastus"], 1],
    // a location comes before a size
    [[`--vm-size=${A},${B}`, "--location=westus,eastus"], `size-westus/${A}:restricted`, [B, "westus"], 1],
    [[`--vm-size=${A},${B}`, "--location=westus,eastus"], "quota-westus/cores:4", [A, "eastus"], 2],
    // what the image asks for
    [[`--vm-size=Standard_D3_v2,${B}`], "", [B, "westus"], 1],
    [
      [`--vm-size=Standard_D2ps_v5,${B}`, "--coreos-image=kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest"],
      "",
      [B, "westus"],
      1,
    ],
  ])("%j with %s: %j", async (flags, script, [vmSize, location], passed) => {
    const azure = azureWith(script);
    const { exit, stdout, stderr } = await azure.run(["plan", "mycluster", ...flags, "--json"]);
    expect(exit, stderr).toBe(0);
    const document = JSON.parse(stdout) as PlanDocument;
    expect(document).toMatchObject({ location, choices: { vmSize, location } });
    expect(document.choices.passedOver).toHaveLength(passed);
    expect(stderr).toContain(`3 machines of ${vmSize} in ${location}`);
    expect(stderr).toContain(`Taken: ${vmSize} in ${location}`);
    expect(writes(azure)).toEqual([]);
    // each location is asked once, whatever the number of sizes
    const asked = azure.exchanges.filter(({ url }) => url.includes("/skus?")).map(({ url }) => url);
    expect(new Set(asked).size).toBe(asked.length);
  });

  test("one size in one location is as ever: nothing is said of a choice, and the flag is given once", async () => {
    const azure = azureWith("");
    const { stderr } = await azure.run("plan mycluster");
    expect(stderr).not.toContain("Taken:");
    expect(await azure.run(`plan mycluster --vm-size ${A} --vm-size ${B}`)).toMatchObject({ exit: 2 });
    const { stderr: twice } = await azure.run(`plan mycluster --vm-size Small,Medium,${B}`);
    expect(twice).toContain(`--vm-size names ${A} more than once: it counts once.`);
  });

  test("when none fits all are named, with what would, and nothing is written", async () => {
    const azure = azureWith(`quota-cores:4,quota-eastus/cores:3,size-${B}:restricted,quota-westus2/cores:100`);
    const flags = [`--vm-size=${A},${B}`, "--location=westus,eastus"];
    const { exit, stderr } = await azure.run(["mycluster", ...flags]);
    expect({ exit, writes: writes(azure) }).toEqual({ exit: 5, writes: [] });
    for (const part of [
      `3 machines of ${A} need 6 vCPUs in westus; 4 of 4 are free`,
      `3 machines of ${A} need 6 vCPUs in eastus; 3 of 3 are free`,
      `the size ${B} cannot be had in westus`,
      "--num-nodes 2",
    ])
      expect(stderr).toContain(part);
  });

  test("what a refusal names passes: whatever is short, each proposal is planned", async () => {
    const sizes = [A, B, C, "Standard_E4s_v5", "Standard_D2ps_v5", "Standard_D2s_v6"];
    const scarce = [
      "quota-cores",
      "quota-westus/cores",
      "quota-standardDSv5Family",
      "quota-standardDASv5Family",
      "quota-westus2/cores",
    ];
    let named = 0;
    await assert(
      asyncProperty(
        uniqueArray(constantFrom(...sizes), { minLength: 1, maxLength: 2 }),
        uniqueArray(constantFrom("westus", "eastus"), { minLength: 1, maxLength: 2 }),
        uniqueArray(constantFrom(...scarce), { minLength: 1, maxLength: 3 }),
        integer({ min: 0, max: 13 }),
        constantFrom([], ["--pip"], ["--deis"], ["--etcd-members=3"]),
        async (wish, locations, short, limit, more) => {
          const azure = testAzure(parseScript(short.map((one) => `${one}:${limit}`).join(",")));
          const plan = (flags: readonly string[]) => azure.run(["plan", "mycluster", "--num-nodes=4", ...more, ...flags]);
          const flags = [`--vm-size=${wish.join(",")}`, `--location=${locations.join(",")}`];
          try {
            const { exit, stderr } = await plan(flags);
            if (exit === 0) return;
            expect(exit, stderr).toBe(5);
            const text = /or take (.*?)\. Then run/s.exec(stderr)?.[1] ?? "";
            for (const [, flag = "", value = ""] of text.matchAll(/(--[a-z-]+) (\w+)/g)) {
              if (value === "" || text.includes("no number of nodes")) continue;
              const again = ["--num-nodes=4", ...more, ...flags].filter((one) => !one.startsWith(`${flag}=`));
              const result = await azure.run(["plan", "mycluster", ...again, `${flag}=${value}`]);
              expect(result.exit, `${flag} ${value} after\n${stderr}\n${result.stderr}`).toBe(0);
              named++;
            }
          } finally {
            azure.close();
          }
        },
      ),
      {
        numRuns: Number(process.env["RUNS"] ?? (long ? 12 : 3)),
        examples: [[[A], ["westus"], ["quota-standardDSv5Family"], 5, []]],
      },
    );
    expect(named).toBeGreaterThan(0);
  });
});

describe("while machines are made", () => {
  const WISH = `mycluster --wait-for machines --vm-size ${A},${C},${B}`;

  // the other one is met below, too
  test.each(some(["AllocationFailed", "SkuNotAvailable"], 0))(
    "%s: the rest is made of the next size, and that is kept",
    async (code) => {
      const azure = azureWith(`size-${A}:${code}`);
      const { exit, document, stderr } = await azure.json(WISH);
      expect(exit, stderr).toBe(0);
      expect(document.nodes.map(({ vmSize }) => vmSize)).toEqual([C, C, C]);
      expect(document.choices).toMatchObject({ vmSize: C, vmSizes: [A, C, B], passedOver: [{ vmSize: A, code }] });
      expect(stderr).toContain(`Azure has no room for ${A} in westus (${code})`);
      expect(flawsOf(azure.simulation.save(), 3)).toEqual([]);
      expect(keptIn(azure.simulation.save())).toEqual([`${A},${C},${B}`, C]);
      // it is tried once, and left
      const asked = azure.exchanges.filter(
        ({ method, url, body }) => method === "PUT" && url.includes("/virtualMachines/") && body?.includes(A),
      );
      expect(asked).toHaveLength(3);
      azure.exchanges.length = 0;
      for (const again of ["mycluster --wait-for machines", WISH])
        expect({ ...(await azure.run(again)), writes: writes(azure) }).toMatchObject({ exit: 0, writes: [] });
      const grown = await azure.json("mycluster --wait-for machines --num-nodes 4");
      expect(grown.document.nodes.map(({ vmSize }) => vmSize)).toEqual([C, C, C, C]);
      expect(sizesIn(azure.simulation.save())).toEqual([C, C, C, C]);
    },
  );

  test("the claim says the next size before a machine is asked for in it, also one that was late", async () => {
    const azure = azureWith("");
    const answer = (status: number, code: string) => ({
      status,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ error: { code, message: code } }),
    });
    const order: string[] = [];
    let busy = 0;
    const { exit } = await azure.run(`mycluster --num-nodes 2 --wait-for machines --vm-size ${A},${C}`, {
      azure: async (request) => {
        const [, kind, name = ""] = /([a-zA-Z]+)\/([^/?]+)\?/.exec(request.url) ?? [];
        const isWrite = request.method === "PUT" || request.method === "PATCH";
        if (isWrite && kind === "virtualMachines") {
          const size = request.body?.includes(A) === true ? A : C;
          order.push(`${name} ${size}`);
          if (size === A) return answer(409, "AllocationFailed");
        }
        // the interface of the second is there when the claim is being written, which takes long
        if (isWrite && name.startsWith("mycluster-coreos-1") && kind === "networkInterfaces" && busy === 0)
          return answer(503, "ServerBusy");
        if (isWrite && kind === "publicIPAddresses" && order.length > 0) {
          if (busy++ < 4) return answer(503, "ServerBusy");
          order.push("claim");
        }
        return azure.simulation.handle(request);
      },
    });
    const [first, second, ...rest] = order;
    expect([exit, first, second]).toEqual([0, `mycluster-coreos-0 ${A}`, "claim"]);
    expect(rest.toSorted()).toEqual([`mycluster-coreos-0 ${C}`, `mycluster-coreos-1 ${C}`]);
  });

  test("machines that are made stay: a cluster of two sizes, as status tells it; another wish counts for new machines", async () => {
    const azure = azureWith(`size-${A}:AllocationFailed@2`);
    const { document, stderr } = await azure.json(WISH);
    expect(stderr).toContain(`1 machine not made yet is made as ${C}`);
    expect(document.nodes.filter(({ vmSize }) => vmSize === A)).toHaveLength(2);
    expect(document.nodes.filter(({ vmSize }) => vmSize === C)).toHaveLength(1);
    const status = await azure.json("status mycluster");
    expect(status.document.nodes.map(({ vmSize }) => vmSize)).toEqual(document.nodes.map(({ vmSize }) => vmSize));
    expect(status).toMatchObject({ exit: 0, document: { drift: [] } });
    const grown = await azure.json(`mycluster --wait-for machines --num-nodes 4 --vm-size ${B},${A}`);
    expect(grown.document.nodes[3]?.vmSize).toBe(B);
    expect(keptIn(azure.simulation.save())).toEqual([`${B},${A}`, undefined]);
  });

  test("the next size is one that fits what is left, by quota too", async () => {
    const azure = azureWith(`size-${A}:AllocationFailed,quota-standardBSFamily:1`);
    const { document } = await azure.json(WISH);
    expect(document.nodes.map(({ vmSize }) => vmSize)).toEqual([B, B, B]);
    expect(document.choices?.passedOver.map(({ vmSize, code }) => [vmSize, code])).toEqual([
      [A, "AllocationFailed"],
      [C, "QuotaExceeded"],
    ]);
  });

  test("and what this run has made counts for the quota of all", async () => {
    const azure = azureWith(`size-${A}:AllocationFailed@2,quota-cores:6`);
    const { document } = await azure.json(`mycluster --wait-for machines --num-nodes 3 --vm-size ${A},Standard_D4s_v5`);
    expect(document.choices?.passedOver.map(({ code }) => code)).toEqual(["AllocationFailed", "QuotaExceeded"]);
  });

  test("of spot machines, for theirs", async () => {
    const azure = azureWith(`size-${A}:AllocationFailed@2`, { limits: { spotCores: 6 } });
    const { document } = await azure.json(`mycluster --wait-for machines --spot all --vm-size ${A},Standard_D4s_v5`);
    expect(document.choices?.passedOver.map(({ code }) => code)).toEqual(["AllocationFailed", "QuotaExceeded"]);
  });

  test("a size that does not fit is judged once, however often the run moves on", async () => {
    const azure = azureWith(`size-${A}:AllocationFailed,size-${B}:AllocationFailed,quota-standardBSFamily:1`);
    const { exit, stderr, document } = await azure.json(`${WISH},Standard_D4s_v5 --num-nodes 1`);
    expect(exit, stderr).toBe(0);
    expect(document.choices?.passedOver.map(({ vmSize }) => vmSize)).toEqual([A, C, B]);
  });

  test("a machine that an earlier run could not make is one of those that are not made yet", async () => {
    const azure = azureWith(`size-${A}:AllocationFailed,quota-standardBSFamily:1`);
    expect((await azure.run(`mycluster --wait-for machines --num-nodes 1 --vm-size ${A}`)).exit).toBe(1);
    const { document, stderr } = await azure.json(`${WISH} --num-nodes 1`);
    expect(stderr).toContain(`1 machine not made yet is made as ${B}`);
    expect(document.choices?.passedOver.map(({ vmSize }) => vmSize)).toEqual([A, C]);
  });

  test("machines of another architecture get the image of theirs", async () => {
    const azure = azureWith(`size-${A}:SkuNotAvailable`);
    const { exit, stderr } = await azure.run(`mycluster --wait-for machines --vm-size ${A},Standard_D2ps_v5`);
    expect(exit, stderr).toBe(0);
    azure.exchanges.length = 0;
    expect({ ...(await azure.run("mycluster --wait-for machines")), writes: writes(azure) }).toMatchObject({
      exit: 0,
      writes: [],
    });
  });

  test("when all are full the last is named, and the same command goes on from there", async () => {
    const azure = azureWith(`size-${A}:AllocationFailedx1,size-${C}:SkuNotAvailablex1,size-${B}:AllocationFailedx2`);
    const { exit, stderr } = await azure.run(`${WISH} --num-nodes 1`);
    expect(exit).toBe(1);
    expect(stderr).toContain(`Azure has no room for ${B}`);
    expect(stderr).toMatch(new RegExp(`Tried: ${A}, ${C}, ${B}\\. .*availability set`, "s"));
    expect(await azure.run("mycluster --wait-for machines")).toMatchObject({ exit: 0 });
    expect(sizesIn(azure.simulation.save())).toEqual([B]);
  });

  test("a claim that another person's run has taken over meanwhile keeps its size", async () => {
    const azure = azureWith(`size-${A}:AllocationFailed`);
    const path = "/resourceGroups/mycluster/providers/Microsoft.Network/publicIPAddresses";
    let taken = false;
    const { exit, stderr } = await azure.run(WISH, {
      azure: async (request) => {
        const answer = await azure.simulation.handle(request);
        if (!taken && request.method === "PUT" && request.url.includes("/virtualMachines/")) {
          taken = true;
          const [claim] = (await byHand(azure, "GET", path)).body["value"] as Body[];
          await byHand(azure, "PATCH", `${path}/${claim.name}`, { tags: { ...claim.tags, "aoc-etcd-ca": "another" } });
        }
        return answer;
      },
    });
    expect(exit, stderr).toBe(7);
    expect(keptIn(azure.simulation.save())).toEqual([`${A},${C},${B}`, undefined]);
  });

  test("with one size it is tried a second time, as ever", async () => {
    const azure = azureWith("machine-1:AllocationFailed@1");
    const { exit, document } = await azure.json("mycluster --wait-for machines");
    expect({ exit, sizes: document.nodes.map(({ vmSize }) => vmSize) }).toEqual({ exit: 0, sizes: [A, A, A] });
  });

  test("killed at any write of a move: the same command makes the same cluster, and then finds nothing to do", async () => {
    const script = `size-${A}:AllocationFailed`;
    const azure = azureWith(script);
    const states: { label: string; state: CloudState }[] = [];
    const { exit } = await azure.run(WISH, {
      azure: async (request) => {
        const write = ["PUT", "PATCH", "DELETE"].includes(request.method);
        const label = `${request.method} ${new URL(request.url).pathname.split("/").slice(-2).join("/")}`;
        if (write) states.push({ label: `before ${label}`, state: azure.simulation.save() });
        const answer = await azure.simulation.handle(request);
        if (write) states.push({ label: `after ${label}`, state: azure.simulation.save() });
        return answer;
      },
    });
    expect(exit).toBe(0);
    // from the first machine on; before that a run is any other
    const first = states.findIndex(({ label }) => label.includes("virtualMachines"));
    const every = Number(process.env["EVERY"] ?? 8);
    // machines that the killed run had asked for, and that fail, are made by the run after: they have no user-data until then
    for (const { label, state } of some(
      states.slice(first).filter((_, index) => index % every === 0),
      0,
      -2,
    )) {
      const later = azureWith(script, { state, clock: createVirtualClock((timeOf(state) ?? 0) + 500) });
      const again = await later.run(WISH, { dir: azure.dir });
      const result = again.stderr.includes("(MachineGone)") ? await later.run(WISH, { dir: azure.dir }) : again;
      expect(result.exit, `${label}\n${result.stderr}`).toBe(0);
      expect(flawsOf(later.simulation.save(), 3), label).toEqual([]);
      expect([sizesIn(later.simulation.save()), keptIn(later.simulation.save())], label).toEqual([
        [C, C, C],
        [`${A},${C},${B}`, C],
      ]);
      later.exchanges.length = 0;
      await later.run(WISH, { dir: azure.dir });
      expect(writes(later), label).toEqual([]);
    }
  });
});

test.each(some(["RequestDisallowedByAzure", "RegionDoesNotAllowProvisioning"], 0))(
  "where the subscription may make nothing in a location (%s) the cluster begins anew in the next",
  async (code) => {
    const azure = azureWith(`network:${code}x1`);
    const { exit, stdout, stderr } = await azure.run(
      `mycluster --num-nodes 1 --wait-for machines --vm-size ${A} --location westus,eastus --json`,
    );
    expect(exit, stderr).toBe(0);
    expect(stderr).toContain("Nothing can be made in westus by this subscription, and no machine is made");
    expect(JSON.parse(stdout)).toMatchObject({
      location: "eastus",
      choices: { passedOver: [{ vmSize: A, location: "westus", code }] },
    });
  },
);

describe("where a whole location has no room", () => {
  const WISH = ["mycluster", "--num-nodes=1", "--wait-for=machines", `--vm-size=${A},${B}`, "--location=westus,eastus"];
  const FULL = `size-westus/${A}:AllocationFailed,size-westus/${B}:SkuNotAvailable`;
  const placesIn = (state: CloudState): Set<string> =>
    new Set(state.entries.filter(({ type }) => !type.endsWith("resourceGroups")).map(({ location }) => location));

  test("what was made is taken away, and the cluster begins anew in the next; once it stands, no run moves it", async () => {
    const azure = azureWith(FULL);
    const { exit, stdout, stderr } = await azure.run([...WISH, "--json"]);
    expect(exit, stderr).toBe(0);
    expect(stderr).toContain("No size of the wish has room in westus");
    const document = JSON.parse(stdout) as ClusterDocument;
    expect(document).toMatchObject({
      location: "eastus",
      host: "mycluster.eastus.cloudapp.azure.com",
      choices: {
        vmSize: A,
        location: "eastus",
        locations: ["westus", "eastus"],
        passedOver: [
          { vmSize: A, location: "westus", code: "AllocationFailed" },
          { vmSize: B, location: "westus", code: "SkuNotAvailable" },
        ],
      },
    });
    expect(flawsOf(azure.simulation.save(), 1)).toEqual([]);
    expect(placesIn(azure.simulation.save())).toEqual(new Set(["eastus"]));
    azure.exchanges.length = 0;
    for (const again of [WISH, ["mycluster", "--wait-for=machines"]])
      expect({ ...(await azure.run(again)), writes: writes(azure) }).toMatchObject({ exit: 0, writes: [] });
  });

  test("in somebody's group, too, where what is theirs stays", async () => {
    const azure = azureWith(FULL);
    await addGroup(azure, "shared");
    await addForeign(azure, "shared");
    const before = everything(azure);
    const { exit, stderr } = await azure.run([...WISH, "--resource-group=shared"]);
    expect(exit, stderr).toBe(0);
    expect(everything(azure)).toEqual(expect.arrayContaining(before));
    const status = await azure.json("status mycluster --resource-group shared");
    expect(status).toMatchObject({ exit: 0, document: { location: "eastus", drift: [] } });
    expect((await azure.run("destroy mycluster --resource-group shared --yes")).exit).toBe(0);
    expect(everything(azure)).toEqual(before);
  });

  test.each([
    ["a machine is made", "machine-1:AllocationFailed", "", ["--num-nodes=2"]],
    ["the next location would be refused, too", `${FULL},quota-eastus/cores:1`, "", ["--num-nodes=1"]],
    [
      "something else is in the way of another",
      "machine-0:AllocationFailedx9,machine-1:RequestDisallowedByPolicyx9",
      "",
      ["--num-nodes=2"],
    ],
    [
      "it has an image of one's own, which is there",
      FULL,
      "",
      ["--num-nodes=1", "--coreos-image=https://acme1.blob.core.windows.net/vhds/a.vhd?sv=1&sig=S"],
    ],
    ["the next is the same in other letters", FULL, "", ["--num-nodes=1", "--location=West US,westus"]],
    ["an earlier run has begun it", FULL, `mycluster --num-nodes 1 --wait-for machines --vm-size ${A}`, ["--num-nodes=1"]],
  ])("it stays where %s", async (_, script, before, nodes) => {
    const azure = azureWith(script);
    if (before !== "") expect((await azure.run(before)).exit).toBe(1);
    const given = new Set(nodes.map((one) => one.replace(/=.*/, "=")));
    const { exit, stderr } = await azure.run([...WISH.filter((one) => !given.has(one.replace(/=.*/, "="))), ...nodes]);
    expect([1, 3, 4], stderr).toContain(exit);
    expect(stderr).not.toContain("begins anew");
    expect(placesIn(azure.simulation.save())).toEqual(new Set(["westus"]));
  });

  test.each([
    ["PUT", "the last size is refused", /virtualMachines\//],
    ["DELETE", "what was made is taken away", /resourcegroups\/mycluster\?/i],
  ])("a Ctrl-C at the %s with which %s begins no cluster elsewhere", async (method, _, url) => {
    const azure = azureWith(FULL);
    let interrupt = (): void => undefined;
    const { exit, stderr } = await azure.run(WISH, {
      onInterrupt: (callback) => (interrupt = callback),
      azure: (request) => {
        if (request.method === method && url.test(request.url) && (method === "DELETE" || request.body?.includes(B))) {
          interrupt();
          interrupt = () => undefined;
        }
        return azure.simulation.handle(request);
      },
    });
    expect(exit, stderr).toBe(130);
    expect(stderr.includes("begins anew")).toBe(method === "DELETE");
    expect(stderr).not.toContain(`Taken: ${A} in eastus`);
    expect(placesIn(azure.simulation.save()).has("eastus")).toBe(false);
  });

  test("it stays where not all that was made can be taken away", async () => {
    const azure = azureWith(FULL);
    await addGroup(azure, "shared");
    let locked = false;
    const { exit } = await azure.run([...WISH, "--resource-group=shared"], {
      azure: async (request) => {
        if (request.method === "DELETE" && !locked) {
          locked = true;
          await addLock(azure, inGroup("shared", "Microsoft.Network/virtualNetworks", "mycluster-vnet"), "keep");
        }
        return azure.simulation.handle(request);
      },
    });
    expect(exit).toBe(1);
    expect(placesIn(azure.simulation.save()).has("eastus")).toBe(false);
  });

  test("killed while it is taken away: no second cluster, and a destroy makes way", async () => {
    const azure = azureWith(FULL);
    const states: CloudState[] = [];
    let moving = false;
    await azure.run(WISH, {
      azure: async (request) => {
        moving ||= request.method === "DELETE" && /resourcegroups\/mycluster\?/i.test(request.url);
        if (moving && states.length < 12) states.push(azure.simulation.save());
        return azure.simulation.handle(request);
      },
    });
    for (const state of some(
      states.filter((_, index) => index % 4 === 0),
      1,
    )) {
      const later = azureWith(FULL, { state, clock: createVirtualClock((timeOf(state) ?? 0) + 500) });
      const again = await later.run(WISH, { dir: azure.dir });
      if (again.exit !== 0) {
        expect(again.exit, again.stderr).toBe(7);
        expect((await later.run("destroy mycluster --yes", { dir: azure.dir })).exit).toBe(0);
        expect((await later.run(WISH, { dir: azure.dir })).exit).toBe(0);
      }
      expect(flawsOf(later.simulation.save(), 1)).toEqual([]);
      expect(placesIn(later.simulation.save())).toEqual(new Set(["eastus"]));
    }
  });
});

test("two creates of one name at once, with other wishes: the claim decides, and one cluster stands", async () => {
  for (const write of some([2, 9], 1)) {
    const clock = createVirtualClock(START);
    const azure = azureWith(`size-${A}:AllocationFailed`, { clock });
    const way = stoppable(azure, clock, { write });
    const first = azure.run(`mycluster --wait-for machines --vm-size ${A},${C}`, way.options);
    await Promise.race([way.stopped, first]);
    const other = await folderOfAnother();
    onTestFinished(() => rmSync(other, { recursive: true, force: true }));
    const second = await azure.run(`mycluster --wait-for machines --vm-size ${A},${B}`, { dir: other });
    way.goOn();
    const results = [await first, second];
    expect(
      results.some(({ exit }) => exit === 0),
      results.map(({ stderr }) => stderr).join("\n"),
    ).toBe(true);
    const state = azure.simulation.save();
    expect(flawsOf(state, 3), `write ${write}`).toEqual([]);
    const [wish, now] = keptIn(state);
    expect(wish?.split(",")).toContain(now);
    azure.exchanges.length = 0;
    expect({ ...(await azure.run("mycluster --wait-for machines")), writes: writes(azure) }).toMatchObject({
      exit: 0,
      writes: [],
    });
  }
});

test("a rehearsal that ends in an error says so: its state is being saved while the error is on its way", async () => {
  const azure = azureWith("");
  const { exit, stderr } = await azure.run("mycluster --simulate --wait-for machines --fault machine:SkuNotAvailable");
  expect({ exit, said: stderr.includes("\nError: ") }).toEqual({ exit: 1, said: true });
});

test("a fault that nothing has met is named at the end: it was meant for another machine", async () => {
  const faults = "machine-9:AllocationFailed,machine-0:429x1";
  const { exit, stderr } = await azureWith("").run(`abc --num-nodes 1 --simulate --wait-for machines --fault ${faults}`);
  expect([exit, stderr]).toEqual([0, expect.stringContaining("--fault machine-9:AllocationFailed: met nothing")]);
});

test("what could not be asked of one location of several is said with its name", async () => {
  const { stderr } = await azureWith("").run("plan mycluster --location westus,nowhere");
  expect(stderr).toContain("Not checked: the vCPU quota in nowhere (");
  expect(stderr).not.toMatch(/Not checked: the [A-Za-z ]+ in westus/);
});
