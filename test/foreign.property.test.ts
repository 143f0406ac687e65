/**
 * Do no harm: groups full of what others have, with names, tags and references as near to a cluster's as can be, and in them random
 * sequences of create, grow, remove, gc, rollback and destroy, with kills in between. Nothing foreign ever changes: bodies are
 * compared, not only ids. By default three lives that come to every command, to a kill in each of the long ones, and to a disk of
 * somebody else's that is to go with a machine; `PROPERTY_RUNS` and `PROPERTY_SEED` take random ones.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  integer,
  oneof,
  option,
  record,
} from "fast-check";
import { expect, test } from "vitest";
import { createVirtualClock } from "../src/sim/clock.ts";
import type { CloudState } from "../src/sim/cloud.ts";
import type { StoredResource } from "../src/sim/cloud-index.ts";
import { parseFault } from "../src/sim/fault-script.ts";
import { timeOf } from "../src/sim/simulation.ts";
import { byHand, inGroup } from "./cli/azure-hand.ts";
import { type Body, type TestAzure, testAzure } from "./cli/world.ts";

const SEED = Number(process.env["PROPERTY_SEED"] ?? 20_261_128);

const OURS = { "managed-by": "azure-coreos-cluster", "aoc-cluster": "alpha" };
const OLD_LIFE = { ...OURS, "aoc-id": "0ddba115" };
const TAGS: Record<string, string>[] = [
  {},
  { owner: "payroll", keep: "yes" },
  { "managed-by": "azure-coreos-cluster" },
  { "aoc-cluster": "alpha" },
  OURS,
  { ...OURS, "aoc-id": "not a word" },
  { ...OURS, "aoc-cluster": "Alpha", "aoc-id": "0ddba115" },
  { ...OURS, "managed-by": "Azure-CoreOS-Cluster", "aoc-id": "0ddba115" },
  { ...OURS, "aoc-cluster": "alpha-b", "aoc-id": "0ddba115" },
  { ...OURS, "aoc-cluster": "../../alpha", "aoc-id": "0ddba115", "aoc-role": "claim" },
  { ...OURS, "aoc-role": "claim", "aoc-vm-name-prefix": "x|.*", "aoc-num-nodes": "1e9" },
  { ...OLD_LIFE, "aoc-role": "claim", "aoc-expires": "2020-01-01T00:00:00Z" },
  OLD_LIFE,
];

const at = (stem: string): string[] => [0, 1, 5, 7, 77].map((index) => stem.replace("#", String(index)));
const NAMES: Record<string, string[]> = {
  disks: [
    ...at("alpha-coreos-#-data"),
    ...at("alpha-coreos-#-os"),
    ...at("ALPHA-coreos-#-data"),
    "alpha-b-coreos-0-data",
    "oracle-0-data",
  ],
  publicIPAddresses: [...at("alpha-coreos-#-ip"), "alpha-ip-deadbeef", "alpha-nat-ip2", "alpha-b-ip-0ddba115"],
  networkSecurityGroups: ["alpha-nsg-2", "alpha-b-nsg", "coreos-nsg"],
  networkInterfaces: [...at("alpha-coreos-#-nic"), "alpha-b-coreos-0-nic"],
  sshPublicKeys: ["alpha-ssh-2", "alpha-b-ssh"],
};

const foreign = constantFrom(...Object.keys(NAMES)).chain((type) =>
  record({ type: constant(type), name: constantFrom(...(NAMES[type] ?? [])), tags: constantFrom(...TAGS) }),
);
const step = record({
  command: oneof(
    { weight: 5, arbitrary: constant("create" as const) },
    { weight: 2, arbitrary: constant("remove" as const) },
    { weight: 2, arbitrary: constant("destroy" as const) },
    { weight: 1, arbitrary: constant("gc" as const) },
    { weight: 1, arbitrary: constant("rollback" as const) },
    { weight: 2, arbitrary: constant("attach" as const) },
  ),
  nodes: integer({ min: 1, max: 4 }),
  along: boolean(),
  // half of them are: a life of nothing but kills gets nowhere
  killedAt: option(integer({ min: 1, max: 16 }), { nil: undefined, freq: 1 }),
});
const life = record({
  own: boolean(),
  diskTags: boolean(),
  flags: constantFrom("", "--data-disk", "--pip --data-disk", "--ttl 1m"),
  guests: array(foreign, { minLength: 3, maxLength: 9 }),
  steps: array(step, { minLength: 2, maxLength: 6 }),
  seed: integer({ min: 1, max: 1_000_000 }),
});

type Life = typeof life extends Arbitrary<infer T> ? T : never;

const aStep = (command: Life["steps"][number]["command"], nodes = 1, killedAt?: number, along = true) => ({
  command,
  nodes,
  killedAt,
  along,
});
const LIVES: Life[] = [
  {
    own: true,
    diskTags: true,
    flags: "--data-disk",
    guests: [
      { type: "disks", name: "oracle-0-data", tags: { owner: "payroll", keep: "yes" } },
      { type: "disks", name: "alpha-coreos-7-data", tags: { ...OLD_LIFE, "aoc-role": "claim" } },
      { type: "publicIPAddresses", name: "alpha-nat-ip2", tags: OURS },
      { type: "networkInterfaces", name: "alpha-coreos-77-nic", tags: OLD_LIFE },
    ],
    // in the end nothing goes: a disk of somebody else's would go with a machine
    steps: [
      aStep("create", 3),
      aStep("remove", 2),
      aStep("create", 3, 3),
      aStep("create", 3),
      aStep("attach", 2),
      aStep("remove", 2),
      aStep("destroy"),
    ],
    seed: 1,
  },
  {
    own: false,
    diskTags: false,
    flags: "--pip --data-disk",
    guests: [
      { type: "networkSecurityGroups", name: "coreos-nsg", tags: { "aoc-cluster": "alpha" } },
      { type: "publicIPAddresses", name: "alpha-coreos-5-ip", tags: OLD_LIFE },
      { type: "disks", name: "ALPHA-coreos-7-data", tags: { ...OURS, "aoc-cluster": "Alpha", "aoc-id": "0ddba115" } },
      { type: "sshPublicKeys", name: "alpha-ssh-2", tags: { ...OURS, "aoc-id": "not a word" } },
    ],
    steps: [
      aStep("rollback", 2),
      aStep("create", 2, 8),
      aStep("create", 2),
      aStep("attach", 1, undefined, false),
      aStep("destroy", 1, 4),
      aStep("destroy"),
    ],
    seed: 2,
  },
  {
    own: false,
    diskTags: false,
    flags: "--ttl 1m",
    guests: [
      {
        type: "publicIPAddresses",
        name: "alpha-b-ip-0ddba115",
        tags: { ...OURS, "aoc-cluster": "alpha-b", "aoc-id": "0ddba115" },
      },
      {
        type: "networkInterfaces",
        name: "alpha-coreos-1-nic",
        tags: { ...OLD_LIFE, "aoc-role": "claim", "aoc-expires": "2020-01-01T00:00:00Z" },
      },
      { type: "disks", name: "alpha-coreos-1-os", tags: { "managed-by": "azure-coreos-cluster" } },
    ],
    // the first is refused: another's interface has the name of one that is wanted
    steps: [aStep("create", 2), aStep("create", 1), aStep("gc", 1, 3), aStep("gc")],
    seed: 3,
  },
];
const CHOSEN = process.env["PROPERTY_RUNS"] === undefined && process.env["PROPERTY_SEED"] === undefined;
const RUNS = CHOSEN ? LIVES.length : Number(process.env["PROPERTY_RUNS"] ?? 8);

/** What it is made of, as others would PUT it. */
function bodyOf(type: string, tags: Record<string, string>, subnet: string): Body {
  const properties: Record<string, unknown> = {
    disks: { creationData: { createOption: "Empty" }, diskSizeGB: 4 },
    publicIPAddresses: { publicIPAllocationMethod: "Static" },
    networkSecurityGroups: {},
    networkInterfaces: { ipConfigurations: [{ name: "a", properties: { subnet: { id: subnet } } }] },
    sshPublicKeys: {},
  };
  const sku = type === "publicIPAddresses" ? { name: "Standard" } : type === "disks" ? { name: "Standard_LRS" } : undefined;
  return { location: "westus", tags, ...(sku === undefined ? {} : { sku }), properties: properties[type] };
}

const provider = (type: string): string => `Microsoft.${/^(disks|sshPublicKeys)$/.test(type) ? "Compute" : "Network"}/${type}`;
const SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000";
const NETWORK = (group: string): string => inGroup(group, "Microsoft.Network/virtualNetworks", "alpha-vnet-2");

/** Without who holds it: that changes when a machine of ours takes it in, and lets it go. */
function bodies(state: CloudState, keys: ReadonlySet<string>): Map<string, unknown> {
  const plain = ({ resource }: StoredResource): unknown => {
    const { managedBy: _, ...rest } = structuredClone(resource) as Body;
    delete rest.properties?.diskState;
    return rest;
  };
  return new Map(state.entries.filter(({ key }) => keys.has(key)).map((entry) => [entry.key, plain(entry)]));
}

const tagsOf = (entry: StoredResource): Record<string, string> => (entry.resource["tags"] ?? {}) as Record<string, string>;

/** Whether anything says which creation of alpha is alive: its claim, or its own group. */
const isAlive = (state: CloudState): boolean =>
  state.entries.some((entry) => {
    const label = (entry.resource as Body).properties?.dnsSettings?.domainNameLabel;
    const group = entry.type.toLowerCase().endsWith("resourcegroups");
    return tagsOf(entry)["aoc-cluster"] === "alpha" && tagsOf(entry)["aoc-id"] !== undefined && (group || label === "alpha");
  });

test(
  `nothing foreign ever changes, ${RUNS} times from seed ${SEED}`,
  async () => {
    const done = new Map<string, number>();
    await assert(
      asyncProperty(life, async ({ own, diskTags, flags, guests, steps, seed }) => {
        const dir = mkdtempSync(join(tmpdir(), "acc-foreign-"));
        const group = own ? "alpha" : "shared";
        const groupFlag = own ? "" : " --resource-group shared";
        let state: CloudState | undefined;
        let count = 0;
        const open = (faults: readonly string[] = []): TestAzure => {
          const azure = testAzure({
            seed: seed + ++count,
            limits: { diskTags },
            faults: faults.map(parseFault),
            ...(state === undefined ? {} : { state, clock: createVirtualClock((timeOf(state) ?? 0) + 120_000) }),
          });
          if (count === 1) cpSync(azure.dir, dir, { recursive: true });
          return azure;
        };
        const theirs = new Map<string, unknown>();
        const expectUnharmed = (label: string): void => {
          const now = bodies(state as CloudState, new Set(theirs.keys()));
          for (const [key, body] of theirs) expect(now.get(key), `${key}\n${label}`).toEqual(body);
        };
        const settle = async (azure: TestAzure): Promise<void> => {
          await byHand(azure, "GET", `/resourceGroups/${group}`);
          state = azure.simulation.save();
        };
        try {
          const first = open();
          if (!own) await byHand(first, "PUT", "/resourceGroups/shared", { location: "westus", tags: {} });
          // a cluster to be among
          if (own) expect((await first.run("alpha --num-nodes 1 --wait-for machines", { dir })).exit).toBe(0);
          const network = {
            location: "westus",
            tags: { owner: "x" },
            properties: {
              addressSpace: { addressPrefixes: ["10.9.0.0/16"] },
              subnets: [{ name: "nodes", properties: { addressPrefix: "10.9.0.0/24" } }],
            },
          };
          await byHand(first, "PUT", NETWORK(group), network);
          state = first.simulation.save();
          first.close();
          const second = open();
          const keys = new Set<string>([`${SUBSCRIPTION}${NETWORK(group)}`.toLowerCase()]);
          for (const { type, name, tags } of guests) {
            const path = inGroup(group, provider(type), name);
            if ((await byHand(second, "GET", path)).status === 200) continue;
            const { status } = await byHand(
              second,
              "PUT",
              path,
              bodyOf(type, tags, `${SUBSCRIPTION}${NETWORK(group)}/subnets/nodes`),
            );
            if (status < 300) keys.add(`${SUBSCRIPTION}${path}`.toLowerCase());
          }
          await settle(second);
          second.close();
          const third = open();
          await settle(third);
          third.close();
          for (const [key, body] of bodies(state, keys)) theirs.set(key, body);
          for (const { command, nodes, along, killedAt } of steps) {
            const argv = {
              create: `alpha --num-nodes ${nodes} --wait-for machines ${flags}${groupFlag}`,
              remove: `remove alpha ${nodes - 1} --yes${groupFlag}`,
              destroy: `destroy alpha --yes${groupFlag}`,
              gc: "gc --yes",
              rollback: `alpha --num-nodes ${nodes} --rollback --wait-for machines ${flags}${groupFlag}`,
              attach: "",
            }[command];
            if (command === "attach") {
              await attach(nodes - 1, along);
              continue;
            }
            // when nothing says which creation is alive, a destroy is of all of that name: docs/security.md
            if (command === "destroy" && !isAlive(state))
              for (const entry of state.entries)
                if (
                  tagsOf(entry)["aoc-cluster"] === "alpha" &&
                  tagsOf(entry)["aoc-id"] === "0ddba115" &&
                  tagsOf(entry)["managed-by"] === OURS["managed-by"]
                )
                  theirs.delete(entry.key);
            const azure = open(command === "rollback" ? [`machine-${nodes - 1}:AllocationFailedx*`] : []);
            let writes = 0;
            let left: CloudState | undefined;
            const before = count;
            const result = await azure.run(argv, {
              dir,
              azure: async (request) => {
                if (left !== undefined) throw Object.assign(new Error("killed"), { code: "ECONNREFUSED" });
                const write = request.method !== "GET";
                if (write && ++writes === killedAt) {
                  if (before % 2 === 0) await azure.simulation.handle(request);
                  left = azure.simulation.save();
                  throw Object.assign(new Error("killed"), { code: "ECONNREFUSED" });
                }
                return azure.simulation.handle(request);
              },
            });
            state = left ?? azure.simulation.save();
            azure.close();
            done.set(`${command} ${result.exit}`, (done.get(`${command} ${result.exit}`) ?? 0) + 1);
            const label = `${argv} (${result.exit})\n${result.stderr}`;
            expect(result.stderr, label).not.toContain("This is a fault of");
            expectUnharmed(label);
          }
        } finally {
          rmSync(dir, { recursive: true, force: true });
        }

        /** Somebody hangs a disk of his own on a machine of ours, to go with it or not. */
        async function attach(index: number, goesAlong: boolean): Promise<void> {
          const azure = open();
          const path = inGroup(group, "Microsoft.Compute/virtualMachines", `alpha-coreos-${index}`);
          const machine = await byHand(azure, "GET", path);
          const disk = [...theirs.keys()].find((key) => key.includes("/disks/"));
          if (machine.status === 200 && disk !== undefined && !JSON.stringify(state).includes(`"${disk}"},"deleteOption`)) {
            const body = machine.body as Body;
            delete body.properties.osProfile;
            const id = state?.entries.find(({ key }) => key === disk)?.id;
            body.properties.storageProfile.dataDisks.push({
              lun: 9,
              createOption: "Attach",
              deleteOption: goesAlong ? "Delete" : "Detach",
              managedDisk: { id },
            });
            const { status } = await byHand(azure, "PUT", path, body);
            done.set(`attach ${status}`, (done.get(`attach ${status}`) ?? 0) + 1);
          }
          await settle(azure);
          azure.close();
        }
      }),
      {
        numRuns: RUNS,
        seed: SEED,
        examples: CHOSEN ? LIVES.map((one) => [one]) : [],
        endOnFailure: process.env["PROPERTY_SHRINK"] === undefined,
      },
    );
    if (process.env["PROPERTY_RUNS"] !== undefined)
      console.log(Object.fromEntries([...done].sort(([a], [b]) => a.localeCompare(b))));
    expect([...done.keys()].filter((key) => key.endsWith(" 0")).length, "nothing was done").toBeGreaterThan(1);
    if (CHOSEN)
      expect([...done.keys()], "what the lives are for has changed").toEqual(
        expect.arrayContaining([
          "create 0",
          "create 5",
          "remove 0",
          "remove 5",
          "rollback 1",
          "destroy 0",
          "destroy 5",
          "gc 0",
          "attach 200",
        ]),
      );
  },
  Math.max(120_000, RUNS * 10_000),
);
