/**
 * Two people at once: never a mixture. Why it is safe, step by step:
 *
 * 1. The claim is a public address with the DNS label NAME. A label belongs to one address of a region, which Azure decides,
 *    so of two creates that begin with nothing one gets it; the other is refused (`DnsRecordInUse`), says that another run is
 *    at work (exit 7), and writes nothing more. The claim's tags, written in the same request, hold what was chosen: id, SSH
 *    key, members, etcd authority. Balancer, SSH key, interfaces and machines depend on the claim: the loser never asks for one.
 * 2. What does not depend on the claim (group, network, security group, availability set) both may write before either knows. All
 *    but the security group say the same whatever the flags; who has the claim looks at that one again before the first machine.
 *    Of a create with --private, whose claim is the security group `NAME-nsg` (made with `If-None-Match: *`), and one without it, who makes
 *    that group goes on: balancer, SSH key and all that follow wait for it in both. The other takes its address back.
 * 3. Whoever finds the claim takes its choices: the same id, key and members. Then both work for one cluster. Machines are made with
 *    `If-None-Match: *`: Azure makes one, the other run takes it as it is, with the host key in its tag.
 * 4. Certificates of members come from the one authority that the claim names. Who finds members and lacks the authority waits until
 *    nothing is being made any more, and makes what is missing without a certificate: whoever has the authority brings it later.
 *    Who finds no machine yet may replace the authority, after 20 seconds without one appearing; a living run asks for machines only
 *    while it saw its own authority in the claim less than 5 s ago, and a machine of another authority is refused (its tag says).
 * 5. A destroy marks the claim and the group before it deletes; every write of a create is made on a look at them that is less
 *    than 30 s old. In a group of its own Azure itself refuses writes once the delete has begun; in another, destroy looks
 *    again until nothing is left.
 *
 * What is left: a request that is under way in the network for longer than a minute and then takes effect (step 4), or when destroy
 * looks for the last time (step 5, in somebody's group: a second destroy finds it); two creates
 * with different --location in one existing group, who both get a label (the balancer's name lets one go on only, and `ClaimTwice` names
 * the other's address); an empty availability set of another name that a loser's flags named, until destroy.
 *
 * A run is stopped here like a process with SIGSTOP: nothing it sent arrives, nothing it waits for comes back, until it goes on.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createVirtualClock } from "../src/sim/clock.ts";
import type { CloudState } from "../src/sim/cloud.ts";
import { type Beginning, beginning } from "./beginning.ts";
import { byHand, inGroup } from "./cli/azure-hand.ts";
import { type Body, type Result, START, type TestAzure, folderOfAnother, testAzure } from "./cli/world.ts";
import { flawsOf } from "./cluster-state.ts";
import { tagAFlag } from "./kept-tags.ts";
import { some } from "./long.ts";
import { stoppable } from "./stoppable.ts";

const ALL = process.env["TOGETHER"] === "all";

/** Where two runs begin: with nothing, or with what one command has made; in somebody's group, or in their own. */
const beginnings = new Map<string, Promise<Beginning>>();
function beginningWith(before: string, shared: boolean): Promise<Beginning> {
  const key = `${before} ${shared}`;
  const known =
    beginnings.get(key) ??
    beginning(async (azure) => {
      if (shared) await byHand(azure, "PUT", "/resourceGroups/shared", { location: "westus" });
      if (before !== "") expect((await azure.run(before)).exit).toBe(0);
    });
  beginnings.set(key, known);
  return known;
}
afterAll(async () => {
  for (const one of await Promise.all(beginnings.values())) one.close();
});

/** The first run is stopped there, the second goes through, the first goes on. */
async function meet(
  stopsAt: { readonly write?: number; readonly request?: number },
  first: string,
  second: string,
  before = "",
  shared = false,
) {
  const { azure, clock } = (await beginningWith(before, shared)).open();
  const other = await folderOfAnother();
  try {
    const way = stoppable(azure, clock, stopsAt);
    const a = azure.run(first, way.options);
    const met = await Promise.race([way.stopped.then(() => true), a.then(() => false)]);
    const y = await azure.run(second, { dir: other });
    way.goOn();
    const x = await a;
    const left = leftOf(azure.simulation.save());
    if (second.startsWith("destroy") && x.exit !== 0) expect((await azure.run(second)).exit).toBe(0);
    return {
      met,
      left,
      x,
      y,
      azure,
      state: azure.simulation.save(),
      authorities: authoritiesIn(azure),
    };
  } finally {
    azure.close();
    rmSync(other, { recursive: true, force: true });
  }
}

/** The etcd authorities in the user-data of the machines that Azure accepted. */
function authoritiesIn(azure: TestAzure): Set<string> {
  const accepted = azure.exchanges.filter(
    ({ method, url, answer }) => method === "PUT" && url.includes("/virtualMachines/") && answer?.status === 201,
  );
  return new Set(
    accepted.map(({ body }) => {
      const text = Buffer.from((JSON.parse(body ?? "{}") satisfies Body).properties.osProfile.customData, "base64").toString();
      return /path: \S*\/ca\.pem[\s\S]*?BEGIN CERTIFICATE-----([\s\S]*?)-----END/.exec(text)?.[1]?.replace(/\s/g, "") ?? "none";
    }),
  );
}

/** A machine finished by somebody without the authority has no certificate yet, and so nobody's. */
const realOnes = (authorities: ReadonlySet<string>): string[] => [...authorities].filter((one) => one !== "none");

const said = ({ exit, stderr }: Result): string => `(${exit})\n${stderr}`;

/** Both have the cluster, or one has it and the other says so. */
const CONVERGED = [
  [0, 0],
  [0, 7],
  [7, 0],
];

const CREATE_TLS = "mycluster --wait-for machines";

/** The writes before which a run stands still: those between which something else is so (one of them; LONG=all: each), or all up to `last` when asked for. */
const writes = (chosen: readonly number[], last = 14): readonly number[] =>
  ALL ? Array.from({ length: last }, (_, i) => i + 1) : some(chosen, Math.floor(chosen.length / 2));

test.each([
  // among the machines; with the claim alone: "members of two authorities"
  ["mycluster --wait-for machines", [13]],
  // before the claim, before the addresses of nodes, and before the machines
  ["mycluster --etcd-plain --pip --wait-for machines", [3, 7, 11]],
] as const)(
  "a second create, while the first stands still before any of its writes: %s",
  async (argv, chosen) => {
    for (const write of writes(chosen)) {
      const { x, y, state, authorities } = await meet({ write }, argv, argv);
      const label = `write ${write}: ${said(x)}\n${said(y)}`;
      expect(CONVERGED, label).toContainEqual([x.exit, y.exit]);
      expect(flawsOf(state, 3), label).toEqual([]);
      expect(realOnes(authorities), label).toHaveLength(argv.includes("plain") ? 0 : 1);
      for (const one of [x, y])
        if (one.exit === 7) expect(one.stderr).toMatch(/another run is creating mycluster|being destroyed/);
    }
  },
  180_000,
);

const PRIVATE_ONES = [
  // before its address, and between that and the security group
  ["mycluster", "mycluster --private", [4, 5]],
  // before its security group, with it, and before its machines
  ["mycluster --private", "mycluster", [3, 4]],
  ["mycluster --private", "mycluster --private", [3, 12]],
] as const;
test.each(some(PRIVATE_ONES, 1, 2))(
  "one of two is private, or both are: one claim is left, and one cluster: %s, %s",
  async (first, second, chosen) => {
    for (const write of writes(chosen, 12)) {
      const { x, y, state } = await meet({ write }, `${first} --wait-for machines`, `${second} --wait-for machines`);
      const label = `write ${write}: ${said(x)}\n${said(y)}`;
      expect(
        [x.exit, y.exit].sort((a, b) => a - b),
        label,
      ).toEqual((first as string) === second && x.exit === y.exit ? [0, 0] : [0, 7]);
      expect(flawsOf(state, 3), label).toEqual([]);
    }
  },
  60_000,
);

test("two creates that begin one after the other, at any request: both converge, or the other says so", async () => {
  const outcomes = new Map<string, number>();
  for (const request of ALL ? Array.from({ length: 60 }, (_, i) => i + 1) : [8, 22, 36]) {
    const clock = createVirtualClock(START);
    const azure = testAzure({ clock, seed: request, latencyMs: [20, 60 + (request % 7) * 200] });
    const other = await folderOfAnother();
    const argv = request % 2 === 1 ? "mycluster --wait-for machines" : "mycluster --etcd-plain --wait-for machines";
    const way = stoppable(azure, clock, { request });
    const a = azure.run(argv, way.options);
    await Promise.race([way.stopped, a]);
    way.goOn();
    const [x, y] = await Promise.all([a, azure.run(argv, { dir: other })]);
    const label = `request ${request}: ${said(x)}\n${said(y)}`;
    expect(CONVERGED, label).toContainEqual([x.exit, y.exit]);
    expect(flawsOf(azure.simulation.save(), 3), label).toEqual([]);
    expect(realOnes(authoritiesIn(azure)).length, label).toBeLessThanOrEqual(1);
    outcomes.set(`${x.exit} ${y.exit}`, (outcomes.get(`${x.exit} ${y.exit}`) ?? 0) + 1);
    azure.close();
    rmSync(other, { recursive: true, force: true });
  }
  expect([...outcomes.keys()].length, "all went the same way: nothing was tried").toBeGreaterThan(1);
}, 180_000);

test("two creates with different flags: the cluster has the flags of whoever has the claim", async () => {
  for (const write of writes([4, 5], 6)) {
    const { x, y, state } = await meet(
      { write },
      "mycluster --ssh-from 10.0.0.0/8 --wait-for machines",
      "mycluster --ssh-from 192.0.2.0/24 --wait-for machines",
    );
    const label = `write ${write}: ${said(x)}\n${said(y)}`;
    expect([x.exit, y.exit], label).toContain(0);
    const named = (type: string): Body =>
      state.entries.filter((entry) => entry.type.endsWith(type)).map((entry) => entry.resource);
    const claim = named("publicIPAddresses").find((one: Body) => one.tags["aoc-role"] === "claim");
    expect(named("networkSecurityGroups")[0].properties.securityRules[0].properties.sourceAddressPrefix, label).toBe(
      tagAFlag(claim.tags)["aoc-ssh-from"],
    );
    expect(flawsOf(state, 3), label).toEqual([]);
  }
}, 180_000);

test("members of two authorities are never made, however two runs stand still around their machines", async () => {
  const first = CREATE_TLS;
  for (const [writeOfFirst, writeOfSecond] of some(
    [
      [10, 2],
      [11, 3],
      [12, 3],
    ] as const,
    1,
  )) {
    const clock = createVirtualClock(START);
    const azure = testAzure({ clock });
    const other = await folderOfAnother();
    const [wayA, wayB] = [stoppable(azure, clock, { write: writeOfFirst }), stoppable(azure, clock, { write: writeOfSecond })];
    const a = azure.run(first, wayA.options);
    await Promise.race([wayA.stopped, a]);
    const b = azure.run(first, { dir: other, ...wayB.options });
    await Promise.race([wayB.stopped, b]);
    wayA.goOn();
    const x = await a;
    wayB.goOn();
    const y = await b;
    const label = `writes ${writeOfFirst} and ${writeOfSecond}: ${said(x)}\n${said(y)}`;
    expect(realOnes(authoritiesIn(azure)).length, label).toBeLessThan(2);
    expect(CONVERGED, label).toContainEqual([x.exit, y.exit]);
    expect(flawsOf(azure.simulation.save(), 3), label).toEqual([]);
    azure.close();
    rmSync(other, { recursive: true, force: true });
  }
}, 180_000);

/** A create whose authority is elsewhere, while the first one has the claim and no machine, and stands still. */
async function takeover(onLook: (goOn: () => void) => void) {
  const clock = createVirtualClock(START);
  const azure = testAzure({ clock });
  const other = await folderOfAnother();
  try {
    const way = stoppable(azure, clock, { write: 11 });
    const a = azure.run(CREATE_TLS, way.options);
    await Promise.race([way.stopped, a]);
    const before = azure.exchanges.length;
    let looks = 0;
    const y = await azure.run(`${CREATE_TLS} --events events`, {
      dir: other,
      azure: (request) => {
        // its own first look, and those of the wait
        if (request.method === "GET" && /\/virtualMachines\?/.test(request.url) && ++looks === 3) onLook(way.goOn);
        return azure.simulation.handle(request);
      },
    });
    const wrote = azure.exchanges
      .slice(before)
      .find(({ method, url }) => ["PUT", "PATCH"].includes(method) && url.includes("/publicIPAddresses/"));
    way.goOn();
    const x = await a;
    const events = readFileSync(join(other, "events"), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) satisfies Body);
    const said = Date.parse(events.find(({ id }) => id === "etcd-ca").at);
    return { x, y, waitedMs: (wrote?.at ?? Infinity) - said };
  } finally {
    azure.close();
    rmSync(other, { recursive: true, force: true });
  }
}

test("a cluster that was begun with another authority is taken over when nobody has made a machine for 20 seconds", async () => {
  const { x, y, waitedMs } = await takeover(() => undefined);
  expect([y.exit, x.exit], said(y)).toEqual([0, 7]);
  expect(waitedMs).toBeGreaterThanOrEqual(20_000);
  expect(waitedMs).toBeLessThan(30_000);
});

test("and not where a machine comes meanwhile: its run goes on, and the other one says so", async () => {
  const { x, y, waitedMs } = await takeover((goOn) => goOn());
  expect([y.exit, x.exit], said(y)).toEqual([7, 0]);
  expect(y.stderr).toContain("another run is creating mycluster");
  expect(waitedMs).toBe(Infinity);
});

test("the security group of who lost the name does not stay", async () => {
  const azure = testAzure();
  const theirs = async (): Promise<void> => {
    const group = azure.simulation.save().entries.find((entry) => entry.type.endsWith("networkSecurityGroups"))?.resource as Body;
    const [rule] = group.properties.securityRules;
    const body = {
      location: group.location,
      tags: { ...group.tags, "aoc-fingerprint": "of their flags" },
      properties: {
        securityRules: [{ name: rule.name, properties: { ...rule.properties, sourceAddressPrefix: "192.0.2.0/24" } }],
      },
    };
    const { status } = await byHand(
      azure,
      "PUT",
      inGroup("mycluster", "Microsoft.Network/networkSecurityGroups", "mycluster-nsg"),
      body,
    );
    expect(status).toBe(200);
  };
  let looks = 0;
  const { exit, stderr } = await azure.run(`${CREATE_TLS} --ssh-from 10.0.0.0/8`, {
    azure: async (request) => {
      // the first look ends our own PUT; the second is the one on the way to the machines
      if (request.method === "GET" && request.url.includes("/mycluster-nsg") && ++looks === 2) await theirs();
      return azure.simulation.handle(request);
    },
  });
  expect(exit, stderr).toBe(0);
  expect(looks).toBeGreaterThan(1);
  const group = azure.simulation.save().entries.find((entry) => entry.type.endsWith("networkSecurityGroups"))?.resource as Body;
  expect(group.properties.securityRules[0].properties.sourceAddressPrefix).toBe("10.0.0.0/8");
  expect(flawsOf(azure.simulation.save(), 3)).toEqual([]);
  azure.close();
});

/** Without the group that is somebody else's. */
const ours = (state: CloudState): CloudState => ({ ...state, entries: state.entries.filter((entry) => entry.name !== "shared") });
const leftOf = (state: CloudState): string[] => ours(state).entries.map((entry) => entry.key);

// plain: whoever grows it needs no authority
const CREATE = "mycluster --etcd-plain --wait-for machines";
const GROW = "mycluster --num-nodes 5 --wait-for machines";
const SHARED = " --resource-group shared";

// before the claim, with it, and among the machines
const BESIDE_DESTROY = [
  ["a create", "", CREATE, 3, [4, 7, 12]],
  ["a growth", CREATE, GROW, 5, [1, 5]],
  ["a create in somebody's group", "", CREATE + SHARED, 3, [3, 5, 12]],
  ["a growth in somebody's group", CREATE + SHARED, GROW + SHARED, 5, [1, 3, 6]],
] as const;
test.each(some(BESIDE_DESTROY, 1, 2))(
  "destroy, while %s stands still before any of its writes: all of it is there, or nothing",
  async (_, before, create, nodes, chosen) => {
    const group = create.includes(SHARED) ? SHARED : "";
    for (const write of writes(chosen)) {
      const destroy = `destroy mycluster --yes${group}`;
      const { met, left, x, y, state } = await meet({ write }, create, destroy, before, group !== "");
      if (!met && ALL) break;
      expect(met, `write ${write} is not come to`).toBe(true);
      const label = `write ${write}: ${said(x)}\n${said(y)}`;
      expect(y.exit, label).toBe(0);
      if (x.exit === 0) expect(flawsOf(ours(state), nodes), label).toEqual([]);
      // what was under way when destroy looked for the last time is there, no machine ever, and a second destroy finds it
      else expect([x.exit, left.filter((key) => key.includes("/virtualmachines/")), leftOf(state)], label).toEqual([7, [], []]);
    }
  },
  180_000,
);

// before its mark, before it deletes (the whole group: the third write), and between what it deletes
test.each([
  ["a create", CREATE, "", [3]],
  ["a growth", GROW, "", [1, 3]],
  ["another destroy", "destroy mycluster --yes", "", [2]],
  ["a growth in somebody's group", GROW + SHARED, SHARED, [1, 8]],
  ["another destroy in somebody's group", `destroy mycluster --yes${SHARED}`, SHARED, [5]],
] as const)(
  "%s, while a destroy stands still before any of its writes: destroy proves that nothing is left",
  async (_, second, group, chosen) => {
    for (const write of writes(chosen, 11)) {
      const { met, x, y, state } = await meet({ write }, `destroy mycluster --yes${group}`, second, CREATE + group, group !== "");
      if (!met && ALL) break;
      expect(met, `write ${write} is not come to`).toBe(true);
      const label = `write ${write}: ${said(x)}\n${said(y)}`;
      expect([0, 7], label).toContain(y.exit);
      expect([x.exit, leftOf(state)], label).toEqual([0, []]);
    }
  },
  180_000,
);
