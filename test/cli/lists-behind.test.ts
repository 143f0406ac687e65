/** Lists that are behind: a destroy right after a create that was killed sees nothing in them, and finds it by name. */
import { expect, test } from "vitest";
import { createVirtualClock } from "../../src/sim/clock.ts";
import { parseFault } from "../../src/sim/fault-script.ts";
import { addForeign, addGroup, byHand, everything, inGroup } from "./azure-hand.ts";
import { type RunOptions, START, type TestAzure, ownAzure } from "./world.ts";
import type { CloudState } from "../../src/sim/cloud.ts";

interface Killed {
  /** What it left, with lists that are behind by so many seconds. */
  behind(lag: string): TestAzure;
  /** The same with lists that show all. */
  readonly whole: TestAzure;
  readonly before: string[];
  readonly dir: string;
}

/** In somebody else's group, killed when its nth write has been done. */
async function killed(argv: string, writes: number): Promise<Killed> {
  const azure = ownAzure();
  await addGroup(azure, "shared", { owner: "somebody" });
  await addForeign(azure, "shared");
  const before = everything(azure);
  let left = writes;
  let kill = (): void => undefined;
  await azure.run(`${argv} --resource-group shared --wait-for machines`, {
    onInterrupt: (callback) => (kill = callback),
    azure: async (request) => {
      if (request.method !== "PUT" || left-- > 1) return azure.simulation.handle(request);
      const { signal, ...unbroken } = request;
      if (left === 0) await azure.simulation.handle(unbroken);
      kill();
      kill();
      throw signal?.reason as Error;
    },
  });
  const state = JSON.stringify(azure.simulation.save());
  const behind = (lag: string): TestAzure =>
    ownAzure({ state: JSON.parse(state) as CloudState, faults: [parseFault(`any:lag=${lag}`)] });
  return { behind, whole: ownAzure({ state: JSON.parse(state) as CloudState }), before, dir: azure.dir };
}

const KILLED = [
  ["abc --num-nodes 3", 9],
  ["abc --num-nodes 2 --pip --vm-name-prefix web --availability-set web-as", 99],
  ["abc --num-nodes 3", 99],
  ["abc --num-nodes 12 --pip", 99],
  ["abc --num-nodes 2 --etcd-plain", 99],
] as const;
test.each(KILLED)("%s, killed after %i writes: all of it goes, though no list shows any", async (argv, writes) => {
  const { behind, before } = await killed(argv, writes);
  const azure = behind("86400");
  expect(everything(azure).length).toBeGreaterThan(before.length + 4);
  const { exit, stderr } = await azure.run("destroy abc --yes --resource-group shared");
  expect(exit, stderr).toBe(0);
  expect(stderr).toContain("Nothing of abc is left.");
  expect(everything(azure)).toEqual(before);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "killed after %i writes: from its own folder all of it is found without any list, and from elsewhere with lists that are 20 seconds behind",
  async (writes) => {
    const { behind, before, dir } = await killed("abc --num-nodes 2", writes);
    const here = behind("86400");
    expect(everything(here).length).toBeGreaterThan(before.length);
    const { exit, stderr } = await here.run(`destroy abc --yes --resource-group shared --dir ${dir}`);
    expect(exit, stderr).toBe(0);
    expect(everything(here)).toEqual(before);
    // nothing but a list leads from elsewhere to a claim that is alone
    if (writes === 1) return;
    const elsewhere = behind("20");
    const destroyed = await elsewhere.run("destroy abc --yes --resource-group shared");
    expect(destroyed.exit, destroyed.stderr).toBe(0);
    expect(everything(elsewhere)).toEqual(before);
  },
);

test.each([
  ["made whole", 99],
  ["killed before its machines", 11],
])(
  "another creation's things that lists show stay, where the claim of the one that is alive is found by name alone: %s",
  async (_, writes) => {
    const { before, whole } = await killed("abc --num-nodes 2", writes);
    const tags = { "managed-by": "azure-coreos-cluster", "aoc-cluster": "abc", "aoc-id": "deadbeef" };
    const bobs = inGroup("shared", "Microsoft.Network/networkSecurityGroups", "bobs-nsg");
    await byHand(whole, "PUT", bobs, { location: "westus", tags, properties: {} });
    let hidden = true;
    const hiding: NonNullable<RunOptions["azure"]> = async (request) => {
      const answer = await whole.simulation.handle(request);
      if (request.method === "DELETE") hidden = false;
      if (!hidden || request.method !== "GET" || answer.body?.startsWith('{"value":') !== true) return answer;
      const { value, ...rest } = JSON.parse(answer.body ?? "") as { value: { name?: string }[] };
      return {
        ...answer,
        body: JSON.stringify({ value: value.filter(({ name }) => !/^(abc-|coreos-as)/.test(name ?? "")), ...rest }),
      };
    };
    const order = whole.exchanges.length;
    const { exit, stderr } = await whole.run("destroy abc --yes --resource-group shared", { azure: hiding });
    expect(exit, stderr).toBe(0);
    expect(stderr).toContain("another creation of abc");
    expect(everything(whole)).toEqual([...before, bobs].sort());
    const deletes = whole.exchanges.slice(order).filter(({ method }) => method === "DELETE");
    // what stands on others goes first, the claim last
    const [machine, network] = ["/virtualMachines/abc-coreos-0", "/virtualNetworks/"].map((part) =>
      deletes.findIndex(({ url }) => url.includes(part)),
    );
    if (writes === 99) expect(machine).toBeGreaterThan(-1);
    expect(network).toBeGreaterThan(machine ?? 0);
    expect(deletes.at(-1)?.url).toMatch(/publicIPAddresses\/abc-ip-/);
  },
);

test("what has the name and is somebody else's is not touched", async () => {
  const { behind, before } = await killed("abc --num-nodes 2", 0);
  const azure = behind("20");
  const theirs = inGroup("shared", "Microsoft.Network/networkSecurityGroups", "abc-nsg");
  await byHand(azure, "PUT", theirs, { location: "westus", properties: {} });
  const { exit, stderr } = await azure.run("destroy abc --yes --resource-group shared");
  expect([exit, stderr]).toEqual([
    0,
    expect.stringContaining("Nothing of abc is there: looked in the resource group shared of the subscription "),
  ]);
  expect(everything(azure)).toEqual([...before, theirs].sort());
});

test("a cluster that lists show whole costs a few reads by name, not one a node", async () => {
  const azure = ownAzure();
  await addGroup(azure, "shared");
  await azure.run("abc --num-nodes 10 --resource-group shared --wait-for machines");
  const since = azure.exchanges.length;
  await azure.run("destroy abc --resource-group shared", { answers: ["no"] });
  const reads = azure.exchanges.slice(since).filter((one) => /\/[^/]+\/abc-[^/]*\?/.test(one.url));
  expect(reads.length).toBeLessThan(8);
});

test.each([
  ["and shows it at the second look: it is another run's", 0, 7, /another run is creating abc at this moment/],
  ["and shows it seconds later: it is there, and there is nothing to do", 3000, 0, /abc is at /],
])("a name that is taken by a claim of ours that no list shows yet, %s", async (_, behindMs, exit, said) => {
  const clock = createVirtualClock(START);
  const azure = ownAzure({ clock });
  await azure.run("abc --num-nodes 1 --wait-for machines");
  let until = Infinity;
  const since = azure.exchanges.length;
  const second = await azure.run("abc --num-nodes 1 --wait-for machines", {
    azure: async (request) => {
      const asked = clock.now();
      const answer = await azure.simulation.handle(request);
      // up to the answer that the name is taken, and for some time after it
      if (/checkdnsname/i.test(request.url)) until = Math.min(until, clock.now() + behindMs);
      return asked < until && /\/publicIPAddresses\?/.test(request.url) ? { ...answer, body: '{"value":[]}' } : answer;
    },
  });
  expect(second.exit, second.stderr).toBe(exit);
  expect(second.stderr).toMatch(said);
  expect(azure.exchanges.slice(since).filter(({ method }) => method !== "GET")).toEqual([]);
});

test("a name that another run takes while this one is at work, and whose claim no list shows for seconds: it is that run's, and nobody's elsewhere", async () => {
  const clock = createVirtualClock(START);
  const azure = ownAzure({ clock });
  // what the other run writes of it, while this one waits for its answer: a whole run has its own time
  const other = ownAzure();
  await other.run("abc --num-nodes 1 --wait-for machines");
  const [[path, made] = []] = [...other.puts()].filter(([one]) => one.startsWith("publicIPAddresses/abc-ip-"));
  const word = path?.split("-").at(-1) ?? "";
  const body = JSON.parse(JSON.stringify(made).replaceAll(word, "deadbeef")) as unknown;
  let until: number | undefined;
  const { exit, stderr } = await azure.run("abc --num-nodes 1 --wait-for machines", {
    azure: async (request) => {
      if (request.method === "PUT" && until === undefined && /\/publicIPAddresses\//.test(request.url)) {
        until = Infinity;
        await byHand(azure, "PUT", inGroup("abc", "Microsoft.Network/publicIPAddresses", "abc-ip-deadbeef"), body);
        until = clock.now() + 3000;
      }
      const answer = await azure.simulation.handle(request);
      const isBehind = clock.now() < (until ?? 0) && /\/publicIPAddresses\?/.test(request.url);
      return isBehind ? { ...answer, body: '{"value":[]}' } : answer;
    },
  });
  expect(exit, stderr).toBe(7);
  expect(stderr).toContain("another run is creating abc at this moment");
  expect(stderr).not.toMatch(/abc-2|Remove it|over all of Azure/);
});

test.each([
  ["seconds", 30, 0, "abc is at "],
  ["minutes", 300, 7, "abc is there already, and Azure's lists do not show it yet"],
])(
  "in somebody else's group, lists that are %s behind: the same command again knows its own cluster",
  async (_, lag, exit, said) => {
    const azure = ownAzure({ faults: [parseFault(`any:lag=${lag}`)] });
    await addGroup(azure, "shared", { owner: "somebody" });
    await azure.pass(lag * 1000);
    const argv = "abc --num-nodes 1 --resource-group shared --wait-for machines";
    expect((await azure.run(argv)).exit).toBe(0);
    const again = await azure.run(argv);
    expect(again.exit, again.stderr).toBe(exit);
    expect(again.stderr).toContain(said);
  },
);
