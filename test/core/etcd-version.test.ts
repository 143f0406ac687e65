/** Which versions of etcd are accepted, refused, and warned of. */
import { expect, test } from "vitest";
import { ETCD_VERSION, ETCD_VERSION_UNTOLD, etcdFault, etcdVersion } from "../../src/core/etcd-version.ts";

test.each([
  ["3.5.33", "v3.5.33"],
  ["v3.5.26", "v3.5.26"],
  [" V3.5.0 ", "v3.5.0"],
])("%j is %s", (text, version) => {
  expect(etcdVersion(text)).toBe(version);
});

test.each([
  ["3.6.14", /etcd 3\.6 is not what nodes are made with/, /docs\/operations\.md/],
  ["v3.7", /etcd 3\.7 is not/, /docs\/operations\.md/],
  ["3.4.23", /etcd 3\.4 is not/, /For example v3\.5/],
  ["3.5", /no version of etcd/, /All three numbers/],
  ["3.5.026", /no version of etcd/, /All three numbers/],
  ["3.5.33-amd64", /no version of etcd/, /All three numbers/],
  ["latest", /no version of etcd/, /All three numbers/],
  ["v3.5.33; reboot", /no version of etcd/, /All three numbers/],
])("%j is refused", (text, message, advice) => {
  expect(() => etcdVersion(text)).toThrow(
    expect.objectContaining({ message: expect.stringMatching(message), advice: expect.stringMatching(advice) }),
  );
});

test("what has the faults of membership is called that; today's has none", () => {
  expect([ETCD_VERSION_UNTOLD, "v3.5.25"].map(etcdFault)).toEqual([
    expect.stringContaining("may come back"),
    expect.stringContaining("v3.5.25 "),
  ]);
  expect(["v3.5.26", ETCD_VERSION].map(etcdFault)).toEqual([undefined, undefined]);
});
