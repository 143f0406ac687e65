/** Whose a resource is, what a machine takes along, and what is only alike: each rule in all of its ways. */
import { describe, expect, test } from "vitest";
import type { Found } from "../../src/core/found.ts";
import { sortOut } from "../../src/core/doomed.ts";
import { addressesOf, heldBy, isMadeWith, takenAlong } from "../../src/core/machine-holds.ts";
import { type Owner, isProven, provenOf } from "../../src/core/plan/proof.ts";
import { holdsName } from "../../src/core/plan/bearer.ts";
import { clusterIn, isClaim, wordOf } from "../../src/core/plan/tags.ts";
import type { DoomedKind } from "../../src/core/plan/bodies.ts";

const GROUP = "/subscriptions/s/resourceGroups/g";
const WORD = "0123abcd";
const OTHER = "ffffffff";
const OURS = { "managed-by": "azure-coreos-cluster", "aoc-cluster": "abc", "aoc-id": WORD };
const owner = (ids: string[] = [WORD], shared: string[] = []): Owner => ({
  cluster: "abc",
  ids: new Set(ids),
  shared: new Set(shared),
});
const compute = (type: string, name: string, group = GROUP): string => `${group}/providers/Microsoft.Compute/${type}/${name}`;
const network = (type: string, name: string, group = GROUP): string => `${group}/providers/Microsoft.Network/${type}/${name}`;
const MACHINE = compute("virtualMachines", "abc-coreos-0");

describe("proof", () => {
  test.each<[string, Record<string, string> | undefined, Owner, boolean]>([
    ["all of its tags", OURS, owner(), true],
    ["no tags", undefined, owner(), false],
    ["no word", { ...OURS, "aoc-id": "" }, owner(), false],
    ["a word that is none", { ...OURS, "aoc-id": "0123ABCD" }, owner(), false],
    ["a longer word", { ...OURS, "aoc-id": `${WORD}0` }, owner(), false],
    ["another creation's word", { ...OURS, "aoc-id": OTHER }, owner(), false],
    ["another creation's, where nothing says which is meant", { ...OURS, "aoc-id": OTHER }, owner([]), true],
    [
      "another creation's, of what two creates may write",
      { ...OURS, "aoc-id": OTHER },
      owner([WORD], [MACHINE.toLowerCase()]),
      true,
    ],
    ["another cluster's", { ...OURS, "aoc-cluster": "abcd" }, owner(), false],
    ["another case", { ...OURS, "aoc-cluster": "ABC" }, owner(), false],
    ["another tool's", { ...OURS, "managed-by": "terraform" }, owner(), false],
  ])("%s", (_, tags, by, proven) => {
    expect(isProven({ id: MACHINE, tags }, by)).toBe(proven);
    if (tags !== undefined) expect(provenOf(new Map([["m", { id: MACHINE, tags }]]), by).has("m")).toBe(proven);
  });

  test.each([
    [OURS, "abc", WORD],
    [{ ...OURS, "managed-by": "x" }, undefined, WORD],
    [{ ...OURS, "aoc-cluster": "(" }, undefined, WORD],
    [{ ...OURS, "aoc-cluster": "a" }, undefined, WORD],
    [{ ...OURS, "aoc-cluster": "abc-" }, undefined, WORD],
    [{}, undefined, undefined],
    [undefined, undefined, undefined],
  ])("tags %j name the cluster %j and the creation %j", (tags, cluster, word) => {
    expect(clusterIn(tags)).toBe(cluster);
    expect(wordOf(tags)).toBe(word);
  });

  test("a claim is one by role and tags; it is labelled by the cluster's own label alone", () => {
    const claim = { ...OURS, "aoc-role": "claim" };
    expect([isClaim(claim, "abc"), isClaim(OURS, "abc"), isClaim(claim, "abcd"), isClaim(undefined, "abc")]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    const labelled = (label: string | undefined, tags = claim): boolean =>
      holdsName({ kind: "publicAddress", id: "", tags, model: { dnsSettings: { domainNameLabel: label } } }, "abc");
    expect([labelled("ABC"), labelled("abcd"), labelled(undefined), labelled("abc", { ...OURS, "aoc-role": "x" })]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(holdsName({ kind: "publicAddress", id: "", tags: claim, model: {} }, "abc")).toBe(false);
    const group = (name: string, tags: Record<string, string> = claim): boolean =>
      holdsName({ kind: "securityGroup", id: network("networkSecurityGroups", name), tags, model: {} }, "abc");
    expect([group("ABC-nsg"), group("abc"), group("abcd-nsg"), group("abc-nsg", OURS)]).toEqual([true, false, false, false]);
  });
});

const model = {
  storageProfile: {
    osDisk: { name: "abc-coreos-0-os", createOption: "FromImage", deleteOption: "Delete" },
    dataDisks: [
      { lun: 0, createOption: "Empty", deleteOption: "delete", managedDisk: { id: compute("disks", "abc-coreos-0-data") } },
      { lun: 1, createOption: "Attach", deleteOption: "Detach", managedDisk: { id: compute("disks", "theirs") } },
      { lun: 2, createOption: "Empty" },
    ],
  },
  networkProfile: {
    networkInterfaces: [
      { id: network("networkInterfaces", "one"), properties: { deleteOption: "Delete" } },
      { id: network("networkInterfaces", "two") },
      {},
    ],
  },
};

describe("what a machine holds", () => {
  test("its disks and interfaces, which of them go along, and which were made with it", () => {
    expect(heldBy({ id: MACHINE, model })).toEqual([
      {
        kind: "disk",
        id: compute("disks", "abc-coreos-0-os"),
        goesAlong: true,
        path: "storageProfile.osDisk",
        madeWith: "system",
      },
      {
        kind: "disk",
        id: compute("disks", "abc-coreos-0-data"),
        goesAlong: true,
        path: "storageProfile.dataDisks[0]",
        madeWith: "data",
      },
      { kind: "disk", id: compute("disks", "theirs"), goesAlong: false, path: "storageProfile.dataDisks[1]" },
      {
        kind: "networkInterface",
        id: network("networkInterfaces", "one"),
        goesAlong: true,
        path: "networkProfile.networkInterfaces[0]",
      },
      {
        kind: "networkInterface",
        id: network("networkInterfaces", "two"),
        goesAlong: false,
        path: "networkProfile.networkInterfaces[1]",
      },
    ]);
    expect(heldBy({ id: MACHINE, model: {} })).toEqual([]);
  });

  test.each([
    ["attached, and not made from the image", { osDisk: { name: "abc-coreos-0-os", createOption: "Attach" } }],
    ["of another name", { osDisk: { name: "mine", createOption: "FromImage" } }],
    ["a data disk at another number", { dataDisks: [{ lun: 1, createOption: "Empty", name: "abc-coreos-0-data" }] }],
    ["a data disk that was attached", { dataDisks: [{ lun: 0, createOption: "Attach", name: "abc-coreos-0-data" }] }],
    ["a data disk without a number", { dataDisks: [{ createOption: "Empty", name: "abc-coreos-0-data" }] }],
    ["a data disk with the system's name", { dataDisks: [{ lun: 0, createOption: "Empty", name: "abc-coreos-0-os" }] }],
  ])("not made with it: %s", (_, storageProfile) => {
    const [held] = heldBy({ id: MACHINE, model: { storageProfile } });
    expect(held).toBeDefined();
    expect(held).not.toHaveProperty("madeWith");
  });

  const held = { kind: "disk", id: compute("disks", "d"), goesAlong: true, path: "p" } as const;
  test.each([
    ["system", {}, MACHINE, true],
    ["system", {}, MACHINE.toUpperCase(), true],
    ["system", { policy: "put there" }, MACHINE, true],
    ["system", { "aoc-cluster": "other" }, MACHINE, false],
    ["system", { "managed-by": "x" }, MACHINE, false],
    ["system", {}, undefined, false],
    ["system", {}, `${MACHINE}1`, false],
    ["data", {}, MACHINE, true],
    ["data", { owner: "payroll" }, MACHINE, false],
    [undefined, {}, MACHINE, false],
  ] as const)("a disk made as %s with tags %j, held by %s: %j", (madeWith, tags, managedBy, made) => {
    expect(isMadeWith({ id: MACHINE }, { ...held, ...(madeWith === undefined ? {} : { madeWith }) }, { tags, managedBy })).toBe(
      made,
    );
  });

  test("the addresses of an interface, and which go along", () => {
    const ipConfigurations = [
      {},
      { publicIPAddress: { id: "a", deleteOption: "Delete" } },
      { publicIPAddress: { id: "b", properties: { deleteOption: "delete" } } },
      { publicIPAddress: { id: "c", deleteOption: "Detach" } },
      { publicIPAddress: {} },
    ];
    expect(addressesOf({ ipConfigurations })).toEqual([
      { kind: "publicAddress", id: "a", goesAlong: true, path: "ipConfigurations[1].publicIPAddress" },
      { kind: "publicAddress", id: "b", goesAlong: true, path: "ipConfigurations[2].publicIPAddress" },
      { kind: "publicAddress", id: "c", goesAlong: false, path: "ipConfigurations[3].publicIPAddress" },
    ]);
    expect(addressesOf({})).toEqual([]);
  });

  describe("what of others it takes along", () => {
    const disk = (id: string, deleteOption = "Delete"): object => ({
      storageProfile: { dataDisks: [{ lun: 3, createOption: "Attach", deleteOption, managedDisk: { id } }] },
    });
    const nic = (deleteOption: string, id = network("networkInterfaces", "n")): object => ({
      networkProfile: { networkInterfaces: [{ id, deleteOption }] },
    });
    const withAddress = {
      ipConfigurations: [{ publicIPAddress: { id: network("publicIPAddresses", "ip"), deleteOption: "Delete" } }],
    };
    const taken = (
      machine: object,
      there: Record<string, { tags: Record<string, string>; model?: unknown; managedBy?: string }>,
    ) =>
      takenAlong({ id: MACHINE, model: machine }, owner(), ({ id }) => {
        const found = there[id];
        return found === undefined ? undefined : { model: {}, ...found };
      }).map(({ id, command }) => [id.slice(id.lastIndexOf("/") + 1), command]);

    test("a disk of theirs, with the command that keeps it", () => {
      expect(taken(disk(compute("disks", "d")), { [compute("disks", "d")]: { tags: {} } })).toEqual([
        ["d", `az resource update --ids ${MACHINE} --set 'properties.storageProfile.dataDisks[0].deleteOption=Detach'`],
      ]);
    });

    test.each([
      ["a disk of ours", disk(compute("disks", "d")), { [compute("disks", "d")]: { tags: OURS } }],
      ["a disk that stays", disk(compute("disks", "d"), "Detach"), { [compute("disks", "d")]: { tags: {} } }],
      ["a disk of the same group that is gone", disk(compute("disks", "d")), {}],
      [
        "a disk that was made with it",
        model,
        {
          [compute("disks", "abc-coreos-0-os")]: { tags: {}, managedBy: MACHINE },
          [compute("disks", "abc-coreos-0-data")]: { tags: OURS },
        },
      ],
      [
        "an interface that stays, and its address with it",
        nic("Detach"),
        {
          [network("networkInterfaces", "n")]: { tags: {}, model: withAddress },
          [network("publicIPAddresses", "ip")]: { tags: {} },
        },
      ],
    ])("nothing: %s", (_, machine, there) => {
      expect(taken(machine, there)).toEqual([]);
    });

    test("what lies in another group is never the cluster's", () => {
      const id = compute("disks", "d", "/subscriptions/s/resourceGroups/elsewhere");
      expect(taken(disk(id), {}).map(([name]) => name)).toEqual(["d"]);
      expect(taken(disk(id.replace("elsewhere", "G")), {})).toEqual([]);
    });

    test("an interface of theirs, and the address of an interface that goes", () => {
      const there = {
        [network("networkInterfaces", "n")]: { tags: OURS, model: withAddress },
        [network("publicIPAddresses", "ip")]: { tags: {} },
      };
      expect(taken(nic("Delete"), there)).toEqual([
        [
          "ip",
          `az resource update --ids ${network("networkInterfaces", "n")} --set 'properties.ipConfigurations[0].properties.publicIPAddress.properties.deleteOption=Detach'`,
        ],
      ]);
      expect(taken(nic("Delete"), { ...there, [network("networkInterfaces", "n")]: { tags: {}, model: {} } })).toEqual([
        [
          "n",
          `az resource update --ids ${MACHINE} --set 'properties.networkProfile.networkInterfaces[0].properties.deleteOption=Detach'`,
        ],
      ]);
    });
  });
});

describe("sorting out", () => {
  const found = (kind: DoomedKind, id: string, tags: Record<string, string> = OURS, more: Partial<Found> = {}): Found => ({
    kind,
    id,
    tags,
    model: {},
    ...more,
  });
  const sorted = (
    list: Found[],
    contents: { id: string; type: string; tags: Record<string, string> }[] = [],
    guests?: Map<string, string[]>,
  ) => sortOut(owner(), list, { contents, guests });
  const names = (list: readonly { readonly id: string }[]): string[] => list.map(({ id }) => id.slice(id.lastIndexOf("/") + 1));

  test("what is proven goes; what is not is somebody else's", () => {
    const { ours, foreign } = sorted([
      found("machine", MACHINE),
      found("machine", compute("virtualMachines", "abc-coreos-1"), {}),
      found("securityGroup", network("networkSecurityGroups", "abc-nsg"), { ...OURS, "aoc-id": OTHER }),
    ]);
    expect(names(ours)).toEqual(["abc-coreos-0"]);
    expect(names(foreign)).toEqual(["abc-coreos-1", "abc-nsg"]);
  });

  test("a disk without tags goes with the machine that was made with it, and is to be tagged first; one of theirs is left", () => {
    const machine = found("machine", MACHINE, OURS, { model });
    const os = found("disk", compute("disks", "abc-coreos-0-os"), {}, { managedBy: MACHINE });
    const { ours, untagged, foreign } = sorted([
      machine,
      os,
      found("disk", compute("disks", "theirs"), {}, { managedBy: MACHINE }),
    ]);
    expect(names(ours)).toEqual(["abc-coreos-0", "abc-coreos-0-os"]);
    expect(ours[1]).toMatchObject({ goesWith: MACHINE, node: 0 });
    expect(untagged).toEqual([{ id: os.id, tags: {}, machine: MACHINE }]);
    expect(names(foreign)).toEqual(["theirs"]);
    expect(sorted([os]).ours).toEqual([]);
    expect(sorted([found("machine", MACHINE, {}, { model }), os]).ours).toEqual([]);
  });

  test.each([
    ["it has no tag aoc-id that says of which creation it is", { "managed-by": "azure-coreos-cluster", "aoc-cluster": "abc" }],
    [`it is of another creation of abc (aoc-id ${OTHER})`, { ...OURS, "aoc-id": OTHER }],
    ["only some of its tags are abc's", { "aoc-cluster": "ABC" }],
    ["only some of its tags are abc's", { "managed-by": "azure-coreos-cluster", "aoc-id": WORD }],
  ])("what is only alike is kept and named: %s", (why, tags) => {
    const id = network("networkSecurityGroups", "x");
    expect(sorted([found("securityGroup", id, tags)]).kept).toEqual([
      { kind: "securityGroup", id, why, command: `az resource delete --ids ${id}` },
    ]);
    const strange = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/components/x";
    expect(sorted([], [{ id: strange, type: "Microsoft.Insights/components", tags }]).kept).toMatchObject([{ id: strange, why }]);
  });

  test.each([
    ["another cluster's", { ...OURS, "aoc-cluster": "other" }],
    ["nobody's", {}],
    ["another tool's", { "managed-by": "terraform", "aoc-id": WORD }],
  ])("what says nothing of the cluster needs no word: %s", (_, tags) => {
    expect(sorted([found("securityGroup", network("networkSecurityGroups", "abc-nsg"), tags)]).kept).toEqual([]);
  });

  test.each([
    ["abc-coreos-0-os", {}, undefined, "its name is as abc's disks are called, but it has no tags"],
    ["ABC-coreos-7777-data", { owner: "x" }, undefined, "its name is as abc's disks are called, but its tags do not say so"],
    ["abc-coreos-77777-data", {}, undefined, undefined],
    ["abc-coreos-0-log", {}, undefined, undefined],
    ["abcd-coreos-0-os", {}, undefined, undefined],
    ["abc-coreos-0-os", {}, MACHINE, undefined],
    ["abc-coreos-0-os", { ...OURS, "aoc-cluster": "other" }, undefined, undefined],
  ])("a disk %s with tags %j held by %s: %s", (name, tags, managedBy, why) => {
    const { ours, kept } = sorted([found("disk", compute("disks", name), tags, { managedBy })]);
    expect(ours).toEqual([]);
    expect(kept.map((one) => one.why)).toEqual(why === undefined ? [] : [why]);
    if (why !== undefined) expect(kept[0]?.command).toBe(`az disk delete --resource-group g --name ${name}`);
  });

  test("an account that keeps what others put there is kept, with what it is", () => {
    const account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acc";
    const guests = (count: number) => new Map([[account.toLowerCase(), Array.from({ length: count }, (_, at) => `c${at}`)]]);
    const { ours, kept } = sorted([found("storageAccount", account)], [], guests(3));
    expect(ours).toEqual([]);
    expect(kept.map((one) => one.why)).toEqual(["it holds what the tool did not make: c0, c1, c2"]);
    expect(sorted([found("storageAccount", account)], [], guests(4)).kept[0]?.why).toBe(
      "it holds what the tool did not make: c0, c1, c2, ...",
    );
    expect(names(sorted([found("storageAccount", account)], [], guests(0)).ours)).toEqual(["acc"]);
  });

  test("a claim that lost its word is the cluster's by its label alone, and goes last", () => {
    const bare = { "managed-by": "azure-coreos-cluster", "aoc-cluster": "abc", "aoc-role": "claim" };
    const claim = (label: string): Found =>
      found("publicAddress", network("publicIPAddresses", "abc-ip-x"), bare, {
        model: { dnsSettings: { domainNameLabel: label } },
      });
    expect(sorted([claim("abcd")]).ours).toEqual([]);
    const { ours } = sorted([claim("abc"), found("machine", MACHINE)]);
    expect(names(ours)).toEqual(["abc-coreos-0", "abc-ip-x"]);
    // "may only go after"
    expect(ours.find(({ kind }) => kind === "machine")?.dependsOn).toEqual([network("publicIPAddresses", "abc-ip-x")]);
  });

  test("what the tool never makes goes only with the group, unless it is a part of what is ours", () => {
    const contents = [
      { id: `${MACHINE}/extensions/e`, type: "Microsoft.Compute/virtualMachines/extensions", tags: {} },
      { id: `${GROUP}/providers/Microsoft.Insights/components/ours`, type: "Microsoft.Insights/components", tags: OURS },
      { id: `${GROUP}/providers/Microsoft.Insights/components/theirs`, type: "Microsoft.Insights/components", tags: {} },
      { id: MACHINE, type: "Microsoft.Compute/virtualMachines", tags: OURS },
    ];
    const { strange, foreign } = sorted([found("machine", MACHINE)], contents);
    expect(names(strange)).toEqual(["ours"]);
    expect(names(foreign)).toEqual(["theirs"]);
  });
});
