/** The tables that carry the variety: what a row has to say, and what nobody may forget. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { nearLocations } from "../../src/core/region.ts";
import { oneList } from "../../src/core/spec/none.ts";
import { FLAGS, flagRows } from "../../src/core/spec/flags.ts";
import type { NodeConfig, Platform } from "../../src/core/node-config.ts";
import { PLATFORMS } from "../../src/core/plan/platforms.ts";
import { imageChoice, twinFor } from "../../src/core/spec/image.ts";
import { templatesFor } from "../../src/core/user-data/render.ts";
import { imagesOf } from "../../src/sim/catalogue/images.ts";
import { modes, templates } from "./user-data/modes.ts";
import { KINDS, byKind, kindOfId } from "../../src/core/plan/kinds.ts";
import { labelOf } from "../../src/core/plan/label.ts";
import { groupId, resourceId } from "../../src/core/plan/resource.ts";
import type { DoomedKind, Kind } from "../../src/core/plan/bodies.ts";
import { kindOf as simulated } from "../../src/sim/rules/table.ts";
import { currentSize } from "../../src/core/spec/sizes.ts";
import { sizeOf } from "../../src/sim/catalogue/sizes.ts";

describe("flags", () => {
  test("the table is read without scrolling", () => {
    const source = readFileSync(new URL("../../src/core/spec/flags.ts", import.meta.url), "utf8");
    expect(source.split("\n").filter((line) => line.length > 120)).toEqual([]);
  });

  test("a name is one flag's", () => {
    const names = flagRows.flatMap(([, { name, also = [] }]) => [name, ...also]);
    expect(names).toEqual([...new Set(names)]);
  });

  test.each(flagRows.filter(([, { kept }]) => kept !== undefined))("a kept value comes back out of its tag: %s", (_, flag) => {
    const given = EXAMPLE[flag.name];
    const example = given === undefined ? (flag.default ?? flag.parse("word")) : flag.parse(given);
    expect(flag.parse(String(example))).toEqual(example);
  });
});

describe("lists", () => {
  const lists = flagRows.filter(([, { many, pairs }]) => many === true && pairs !== true).map(([, flag]) => flag);

  test.each(lists)("$name: none is what it is by default, or no value: nothing is kept of an empty list", (flag) => {
    expect([flag.name, flag.none === true]).toEqual([flag.name, Array.isArray(flag.default) && flag.default.length === 0]);
    const empty = (): unknown => oneList(flag, []);
    if (flag.none !== true) return expect(empty).toThrow(/""/);
    expect([empty(), flag.parse(" None "), oneList(flag, [[], []])]).toEqual([[], [], []]);
    const example = flag.parse(EXAMPLE[flag.name] ?? "") as unknown[];
    expect(oneList(flag, [example, example])).toEqual(example);
    expect(() => oneList(flag, [example, []])).toThrow(/^none and .* contradict each other$/);
    expect(() => flag.parse(`none,${String(example)}`)).toThrow(/^none and .* contradict each other$/);
    if (flag.parse.accepts?.pattern !== undefined) expect("None").toMatch(new RegExp(flag.parse.accepts.pattern, "u"));
  });

  test("what is given several times is as if it had been given at once", () => {
    expect(oneList(FLAGS.sshFrom, [["10.1.0.0/16"], ["*"]])).toEqual(["*"]);
    expect(oneList(FLAGS.zones, [["2"], ["1"], ["2"]])).toEqual(["2", "1"]);
    expect(oneList(FLAGS.tag, [["a=1,2"], ["b-"]])).toEqual(["a=1,2", "b-"]);
  });
});

/** Values of kept flags that have no default, or an empty one, and take no word. */
const EXAMPLE: Record<string, string> = {
  "discovery-service-url": "https://discovery.example/1",
  outbound: "nat",
  zones: "1,3",
  spot: "all",
  "etcd-members": "3",
  "max-price": "0.05",
  identity: `/subscriptions/${"0".repeat(36)}/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one`,
  "os-disk-size": "64",
  tag: "A=1",
  "kube-api": "203.0.113.0/24",
};

describe("kinds", () => {
  const kinds = Object.entries(KINDS) as [DoomedKind, (typeof KINDS)[DoomedKind]][];

  test("types and words are one kind's", () => {
    for (const column of ["type", "word"] as const) {
      const all = kinds.map(([, row]) => row[column].toLowerCase());
      expect(all).toEqual([...new Set(all)]);
    }
  });

  test.each(kinds)("%s goes before what it stands on, and the simulation knows it", (kind, { type, standsOn = [] }) => {
    for (const other of standsOn) expect(byKind(kind, other), other).toBeLessThan(0);
    if (kind !== "resourceGroup") expect(simulated(type)?.type).toBe(type);
  });

  test.each(kinds.filter(([kind]) => kind !== "resourceGroup" && kind !== "blobContainer"))(
    "an id leads to its kind: %s",
    (kind) => {
      const group = groupId("s", "g");
      const id =
        kind === "disk"
          ? `${group}/providers/${KINDS.disk.type}/x`
          : resourceId(group, kind as Exclude<Kind, "resourceGroup">, "x");
      expect([kindOfId(id), kindOfId(id.toUpperCase())]).toEqual([kind, kind]);
      expect(labelOf("c", { id, kind, tags: {} })).toMatch(/^[A-Za-z]/);
    },
  );
});

describe("platforms", () => {
  const rows = Object.entries(PLATFORMS) as [Platform, (typeof PLATFORMS)[Platform]][];

  test("each is a value of the flag, and the other way round", () => {
    expect(rows.map(([name]) => name).sort()).toEqual([...(FLAGS.platform.values ?? [])].sort());
  });

  test.each(rows.filter(([, { image }]) => image !== undefined))(
    "the image of %s is one that the simulation knows, of its generation and without a plan, and has a twin for Arm64 that leads back",
    (name, { generation }) => {
      const choice = imageChoice({ platform: name, coreosImage: undefined });
      if (choice.kind !== "urn") throw new Error("no URN");
      const arm = twinFor("Arm64", choice.urn)!;
      for (const [urn, architecture] of [
        [choice.urn, "x64"],
        [arm, "Arm64"],
      ] as const)
        expect(imagesOf(urn.publisher, urn.offer, urn.sku)).toMatchObject([{ generation, plan: false, architecture }]);
      expect(twinFor("x64", arm)).toEqual(choice.urn);
    },
  );

  test.each(rows)("%s has templates for every part that a node can have", (platform) => {
    for (const role of ["member", "gateway", "none"] as const)
      for (const mode of ["static", "discovery"] as const) {
        const node = { ...(modes["flatcar-member-full"] as NodeConfig), platform, role };
        expect(templatesFor({ ...node, etcd: { ...node.etcd, mode } }).filter((name) => !(name in templates))).toEqual([]);
      }
  });
});

describe("sizes of classic Azure", () => {
  test.each([
    ["Small", "Standard_D2s_v5"],
    ["Medium", "Standard_D2s_v5"],
    ["Large", "Standard_D4s_v5"],
    ["ExtraLarge", "Standard_D8s_v5"],
    ["extralarge", "Standard_D8s_v5"],
    ["Basic_A1", "Standard_D2s_v5"],
    ["A7", "Standard_E8s_v5"],
    ["Standard_A3", "Standard_D4s_v5"],
  ])("%s becomes %s, and that is said", (old, size) => {
    expect(sizeOf(size)).toBeDefined();
    expect(currentSize(old)).toEqual({ size, note: expect.stringMatching(new RegExp(`^${old} .*classic Azure.* ${size}`)) });
  });

  test.each([
    ["D2", "(2 cores) is of the D series, which Azure retires on 1 May 2028: Standard_D2s_v5 is taken"],
    ["Standard_D14", "(16 cores) is of the D series, which Azure retires on 1 May 2028: Standard_E16s_v5 is taken"],
    [
      "Standard_D1",
      "(1 core) is of the D series, which Azure retires on 1 May 2028, and no general-purpose size of today has one core: Standard_D2s_v5 (2 cores) is taken",
    ],
  ])("%s is not called gone: it is there until 2028", (old, note) => expect(currentSize(old).note).toBe(`${old} ${note}`));

  test.each(["Standard_D2_v2", "Standard_D2s_v5", "Standard_A2_v2", "Standard_D15_v2", "Standard_B2s", "constructor"])(
    "%s is left as it is",
    (size) => expect(currentSize(size)).toEqual({ size }),
  );
});

test("a location called as what every object has is a location that nothing is near to", () => {
  expect(nearLocations("constructor")).toEqual([]);
});
