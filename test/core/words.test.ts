import { expect, test } from "vitest";
import { are, duration, nameIn, nounOf, plain, plural, someOf, truncate, width } from "../../src/core/words.ts";

test.for([
  [0, "0 s"],
  [499, "0 s"],
  [12_400, "12 s"],
  [59_600, "1 min"],
  [98_000, "1 min 38 s"],
  [3_600_000, "1 h"],
  [3_720_000, "1 h 2 min"],
  [-5, "0 s"],
] as const)("%i ms is %s", ([ms, words]) => expect(duration(ms)).toBe(words));

test.for([
  ["machine", 1, "machine"],
  ["machine", 3, "machines"],
  ["public address", 2, "public addresses"],
  ["entry", 2, "entries"],
  ["gateway", 2, "gateways"],
  ["SSH public key", 2, "SSH public keys"],
] as const)("%s times %i: %s", ([noun, count, words]) => expect(plural(noun, count)).toBe(words));

test.each([
  [0, 1, "0 of 1 node is"],
  [1, 3, "1 of 3 nodes are"],
] as const)("%i of %i: %s", (some, all, words) => expect(`${someOf(some, all, "node")} ${are(all)}`).toBe(words));

test.for([
  ["machine mycluster-coreos-0", "", "machine", "mycluster-coreos-0"],
  ["interface of mycluster-coreos-0", "", "interface", "mycluster-coreos-0"],
  ["load balancer", "/x/mycluster-lb", "load balancer", "balancer"],
  ["resource group prod", "/subscriptions/s/resourceGroups/PROD", "resource group", "prod"],
  ["address of the NAT gateway", "", "address", "gateway"],
  ["container account/vhds", "", "container", "account/vhds"],
  ["preflight", "preflight", "preflight", "preflight"],
] as const)("the label %j names a %s", ([label, id, noun, name]) => {
  expect(nounOf(label, id)).toBe(noun);
  expect(nameIn(label)).toBe(name);
});

test.for([
  ["abc", 3],
  ["✓ ok", 4],
  ["日本", 4],
  ["e\u0301", 1],
  ["🚀", 2],
] as const)("%s takes %i columns", ([text, columns]) => expect(width(text)).toBe(columns));

test.for([
  ["machine", 7, "machine"],
  ["machine", 6, "machi…"],
  ["日本語", 4, "日…"],
  ["abc", 1, "…"],
  ["abc", 0, ""],
] as const)("%s in %i columns is %s", ([text, columns, cut]) => {
  expect(truncate(text, columns)).toBe(cut);
  expect(width(truncate(text, columns))).toBeLessThanOrEqual(columns);
});

test("what steers a terminal or turns text around is taken out", () => {
  expect(plain("\u001B[31mred\u001B[0m\r\n\u0007two\u202Etxt\u009B2J")).toBe("red two txt 2J");
});
