/** Which addresses of a subnet machines may have: Azure keeps the first four and the last. */
import { expect, test } from "vitest";
import { subnetRoom, usableAddresses } from "../../src/core/addresses.ts";

test.each([
  [["10.0.0.0/29"], ["10.0.0.4", "10.0.0.5", "10.0.0.6"]],
  [["10.0.0.13/29"], ["10.0.0.12", "10.0.0.13", "10.0.0.14"]],
  [
    ["192.168.255.248/29", "10.1.2.0/29"],
    ["192.168.255.252", "192.168.255.253", "192.168.255.254", "10.1.2.4", "10.1.2.5", "10.1.2.6"],
  ],
  [["10.0.0.0/30"], []],
  [["10.0.0.0/31"], []],
  [
    ["2001:db8::/64", "10.0.0.0/29"],
    ["10.0.0.4", "10.0.0.5", "10.0.0.6"],
  ],
  [["10.0.0.0"], []],
  [[], []],
])("%j: %j", (prefixes, addresses) => {
  expect([...usableAddresses(prefixes)]).toEqual(addresses);
  expect(subnetRoom(prefixes)).toBe(addresses.length);
});

test("a large one goes over the ends of its bytes", () => {
  const all = [...usableAddresses(["255.255.0.0/16"])];
  expect(all).toHaveLength(65_531);
  expect([all[0], all[251], all[252], all.at(-1)]).toEqual(["255.255.0.4", "255.255.0.255", "255.255.1.0", "255.255.255.254"]);
});
