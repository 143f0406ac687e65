import * as fc from "fast-check";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { checkUserData } from "../../../src/core/user-data/check.ts";
import { isMap, writeConfig, type Config, type Value } from "../../../src/core/user-data/cloud-config.ts";
import { customUserData } from "../../../src/core/user-data/custom.ts";
import { createAzureUserData, joinUnits, merge } from "../../../src/core/user-data/merge.ts";
import { templates } from "./modes.ts";

describe("merge", () => {
  test.each<[string, Config, Config, Config]>([
    ["maps key by key", { a: { x: 1 } }, { a: { y: 2 } }, { a: { x: 1, y: 2 } }],
    ["lists joined, the Azure side first", { a: [1, 2] }, { a: [3] }, { a: [3, 1, 2] }],
    ["other values replaced", { a: 1, b: 2 }, { a: 3 }, { a: 3, b: 2 }],
    ["a list over a value", { a: null }, { a: [1] }, { a: [1] }],
    ["a list where nothing was (the old script failed here)", {}, { a: [1] }, { a: [1] }],
    ["a map over a value", { a: 1 }, { a: { b: 2 } }, { a: { b: 2 } }],
  ])("%s", (_rule, base, azure, expected) => expect(merge(base, azure)).toEqual(expected));

  const value = fc.letrec<{ value: Value; map: Config }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.string({ maxLength: 4 }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      tie("map"),
    ),
    map: fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__", "constructor", "d-e"), tie("value"), {
      noNullPrototype: true,
    }),
  }));
  const config = value.map;

  test("has every key of both, and the Azure side's values", () => {
    fc.assert(
      fc.property(config, config, (base, azure) => {
        const merged = merge(base, azure);
        expect(new Set(Object.keys(merged))).toEqual(new Set([...Object.keys(base), ...Object.keys(azure)]));
        for (const [key, own] of Object.entries(azure)) {
          const result = Object.entries(merged).find(([name]) => name === key)?.[1];
          if (Array.isArray(own)) expect((result as Value[]).slice(0, own.length)).toEqual(own);
          else if (!isMap(own)) expect(result).toEqual(own);
        }
      }),
      { seed: 1 },
    );
  });
  // Grouping matters only where a value of another kind stands between two lists or two maps: here a name has one kind.
  const list = fc.array(fc.oneof(fc.integer(), fc.string({ maxLength: 4 }), fc.constant({ x: 1 })), { maxLength: 3 });
  const single = fc.oneof(fc.integer(), fc.boolean(), fc.constant(null));
  const alike = (maps: fc.Arbitrary<Value>): fc.Arbitrary<Config> =>
    fc.record(
      { a: single, b: list, c: list, constructor: maps, ["__proto__"]: maps },
      { requiredKeys: [], noNullPrototype: true },
    );

  test("with nothing changes nothing, and is the same in any grouping", () => {
    const any = alike(alike(alike(single)));
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        expect(merge(a, {})).toEqual(a);
        expect(merge({}, a)).toEqual(a);
        expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)));
      }),
      { seed: 2 },
    );
  });
  test("changes neither side", () => {
    fc.assert(
      fc.property(config, config, (base, azure) => {
        const before = structuredClone([base, azure]);
        merge(base, azure);
        expect([base, azure]).toEqual(before);
      }),
      { seed: 3 },
    );
  });
  test("writing and reading gives the same data", () => {
    fc.assert(
      fc.property(config, (data) => {
        expect(load(writeConfig(data))).toEqual(data);
      }),
      { seed: 4 },
    );
  });
});

test.each([
  "off",
  "on",
  "yes",
  "No",
  "0644",
  "1e3",
  "~",
  "null",
  "12:30:45",
  "2015-07-21",
  "0x1F",
  "1_000",
  ".5",
  "a: b",
  "a #b",
  " a",
])("%j is written so that no version of YAML misreads it", (text) =>
  expect(writeConfig({ key: text })).toContain(`key: ${JSON.stringify(text)}\n`),
);

test("units of one name become one, where the first stands", () => {
  const joined = joinUnits({
    coreos: {
      units: [
        { name: "a.service", drop_ins: [{ name: "1.conf" }] },
        { name: "b.service" },
        { name: "a.service", command: "start", drop_ins: [{ name: "2.conf" }] },
      ],
    },
  });
  expect(joined).toEqual({
    coreos: {
      units: [{ name: "a.service", command: "start", drop_ins: [{ name: "1.conf" }, { name: "2.conf" }] }, { name: "b.service" }],
    },
  });
});

describe("create-azure-user-data", () => {
  const ours = (url?: string): string =>
    createAzureUserData(templates["user-data.yaml"] ?? "", templates["data-disk.yaml"] ?? "", url);
  const old =
    "#cloud-config\n---\ncoreos:\n  etcd2:\n    discovery: #DISCOVERY_URL\n    data_dir: /x\n  units:\n  - name: b.service\n    command: start\n";
  const azure = "#cloud-config\ncoreos:\n  units:\n    - name: a.mount\n      command: start\n";
  const url = "https://discovery.example.com/0123456789abcdef0123456789abcdef";

  test("the file", () => expect(ours(url)).toMatchFileSnapshot("golden/azure-user-data.cloud-config"));
  test("passes our own check", () => expect(checkUserData(ours(url))).toEqual([]));
  test("without a URL keeps {0}, and create fills it in: the same file in the end", () => {
    expect(customUserData(ours(), { name: "n", discoveryUrl: url })).toBe(ours(url));
  });
  test("sets the URL in the data where the old template had a comment", () => {
    expect(load(createAzureUserData(old, azure, url))).toEqual({
      coreos: {
        etcd2: { discovery: url, data_dir: "/x" },
        units: [
          { name: "a.mount", command: "start" },
          { name: "b.service", command: "start" },
        ],
      },
    });
  });
  test("writes #cloud-config, a blank line, and the data", () =>
    expect(createAzureUserData(old, azure, url)).toMatch(/^#cloud-config\n\ncoreos:\n/));
  test.each(["http://127.0.0.1:8087/abc", "https://d.example/a/b", "http://[::1]:80/t"])("takes %s", (good) => {
    expect(ours(good)).toContain(good);
  });
  test.each([
    "",
    "discovery.etcd.io/abc",
    "https://discovery.etcd.io",
    "https://host/",
    "ftp://h/t",
    "https://host/new",
    "https://host/new?size=3",
    "http://h/a b",
    "http://h/%t",
    'http://h/"t',
  ])("refuses %j", (bad) => expect(() => ours(bad)).toThrow("no discovery URL"));
  test("refuses templates without a place for the URL", () => {
    expect(() => createAzureUserData(azure, azure, url)).toThrow("no place for the discovery URL");
  });
});
