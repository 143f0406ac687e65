/** Aliases of YAML that stand for more than anybody can walk: refused before something is made of them, wherever YAML comes in. */
import { writeFileSync } from "node:fs";
import { parseEvents } from "js-yaml";
import { describe, expect, test } from "vitest";
import { MOST_VALUES, overgrownLine } from "../../../src/core/yaml/expansion.ts";
import { checkUserData } from "../../../src/core/user-data/check.ts";
import { placesOf } from "../../../src/core/user-data/places.ts";
import { testAzure } from "../../cli/world.ts";

const nine = (one: string): string => `[${Array.from({ length: 9 }, () => one).join(",")}]`;
const lines = (count: number, value = nine): string =>
  Array.from({ length: count }, (_, line) => `x${line}: &a${line} ${value(line === 0 ? "1" : `*a${line - 1}`)}\n`).join("");

describe("aliases", () => {
  test.each([
    ["lists of lists", lines(10), 6],
    ["merged maps", `x: &a0 {a: 1}\n${lines(10, (one) => `{<<: ${nine(one)}}`).replace("x0: &a0", "y: &b")}`, 7],
    ["many of one that is just small enough", `x: &a ${JSON.stringify(Array(900).fill(1))}\ny: [${"[*a],".repeat(200)}]`, 2],
  ])("%s are too many from a line on", (_, text, line) => expect(overgrownLine(text, parseEvents(text, {}))).toBe(line));

  test.each([
    ["none", "a: [1, 2]\n"],
    ["a few", "a: &a [1]\nb: *a\nc: {<<: *a}\n"],
    ["of itself", "a: &a [*a]\n"],
    ["a long list without any", JSON.stringify(Array(MOST_VALUES + 1).fill(1))],
    ["as many as may be", lines(5)],
  ])("%s are not", (_, text) => expect(overgrownLine(text, parseEvents(text, {}))).toBeUndefined());
});

describe("a file of ten lines that are billions", () => {
  const bomb = lines(10);
  test.each(["flatcar", "ubuntu"] as const)("is refused as user-data of %s, with the line", (platform) => {
    expect(checkUserData(`#cloud-config\n${bomb}`, { platform })).toMatchObject([{ level: "error", line: 7 }]);
    expect(placesOf(`#cloud-config\n${bomb}`)).toEqual([]);
  });
  test("is refused as --config", async () => {
    const one = testAzure();
    writeFileSync(`${one.dir}/c.yaml`, bomb);
    const { exit, stderr } = await one.run("create mycluster --config c.yaml");
    expect([exit, stderr]).toEqual([2, expect.stringContaining("c.yaml:6: its aliases stand for")]);
  });
});
