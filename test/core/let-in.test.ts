/** Who is let in, as rules of a security group say it: one line a group. */
import { expect, test } from "vitest";
import { openings, openingWords, isOpen } from "../../src/core/plan/let-in.ts";
import type { FlagValues } from "../../src/core/spec/flags.ts";
import { buildSpec } from "../../src/core/spec/spec.ts";

type Words = readonly [priority: number, access: "Allow" | "Deny", from: string, ports: string, to?: string];

const rule = ([priority, access, from, ports, to = "*"]: Words) => ({
  priority,
  access,
  direction: "Inbound",
  protocol: "Tcp",
  sourceAddressPrefixes: from.split(","),
  destinationPortRange: ports,
  destinationAddressPrefix: to,
});

const SSH: Words = [100, "Allow", "*", "22"];
const WEB: Words = [110, "Allow", "*", "80"];
const HTTPS: Words = [120, "Allow", "*", "443"];

const ROWS: [what: string, rules: readonly Words[], open: string, not: string, flags?: Partial<FlagValues>][] = [
  ["as made", [SSH, WEB, HTTPS], "web 80, https 443, SSH", ""],
  ["one is gone, one narrowed", [[100, "Allow", "9.9.9.9/32", "22"], HTTPS], "https 443, SSH from 9.9.9.9/32", "web 80"],
  ["one denies", [[100, "Deny", "*", "22"], WEB, HTTPS], "web 80, https 443", "SSH"],
  ["a deny before all", [[90, "Deny", "Internet", "*"], SSH, WEB, HTTPS], "", "web 80, https 443, SSH"],
  ["a deny before some", [[105, "Deny", "*", "0-1024"], SSH, WEB, HTTPS], "SSH", "web 80, https 443"],
  ["a deny behind all", [SSH, WEB, HTTPS, [2000, "Deny", "*", "*"]], "web 80, https 443, SSH", ""],
  ["a deny of a few", [[90, "Deny", "192.0.2.0/24", "*"], SSH, WEB, HTTPS], "web 80, https 443, SSH", ""],
  [
    "a deny of those who may",
    [[90, "Deny", "10.0.0.0/8", "*"], [100, "Allow", "10.1.0.0/16", "22"], WEB, HTTPS],
    "web 80, https 443",
    "SSH",
  ],
  ["a deny of one node", [[90, "Deny", "*", "*", "10.0.0.4"], SSH, WEB, HTTPS], "web 80, https 443, SSH", ""],
  ["somebody's rule lets in", [[300, "Allow", "Internet", "1-65535"]], "web 80, https 443, SSH", ""],
  [
    "from several",
    [[100, "Allow", "1.1.1.1/32,2.2.2.2/32,3.3.3.3/32,4.4.4.4/32", "22"], WEB, HTTPS],
    "web 80, https 443, SSH from 1.1.1.1/32, 2.2.2.2/32, 3.3.3.3/32 and 1 more",
    "",
  ],
  ["probes are nobody", [[100, "Allow", "AzureLoadBalancer", "*"]], "", "web 80, https 443, SSH"],
  ["private", [[90, "Deny", "Internet", "*"], SSH], "SSH", "", { private: true }],
  ["private, without its rule", [], "SSH from VirtualNetwork", "", { private: true }],
];

test.each(ROWS)("%s", (_, words, open, not, flags = { http: true }) => {
  const { spec } = buildSpec("abc", { numNodes: 2, ...flags });
  const all = openings(spec, {
    group: { securityRules: words.map(rule) },
    balancer: { loadBalancingRules: [80, 443].map((port) => ({ frontendPort: port, backendPort: port, protocol: "Tcp" })) },
    nodes: ["10.0.0.4", "10.0.0.5"],
  });
  const said = (ones: typeof all): string => ones.map(openingWords).join(", ");
  expect([said(all.filter(isOpen)), said(all.filter((one) => !isOpen(one)))]).toEqual([open, not]);
});

test("without a rule of the load balancer an endpoint is not open, and without a security group nothing is", () => {
  const { spec } = buildSpec("abc", { http: true });
  const group = { securityRules: [SSH, WEB, HTTPS].map(rule) };
  const open = (guards: Parameters<typeof openings>[1]): string[] => openings(spec, guards).filter(isOpen).map(openingWords);
  expect(open({ group, balancer: undefined, nodes: [] })).toEqual(["SSH"]);
  expect(open({ group: undefined, balancer: {}, nodes: [] })).toEqual([]);
});
