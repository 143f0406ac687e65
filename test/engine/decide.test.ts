/** The decision about one resource: one row for each thing that may be there. */
import { expect, test } from "vitest";
import { decide, stamped } from "../../src/engine/decide.ts";
import { REPLACEMENT, REPLACING } from "../../src/core/plan/replacing.ts";
import { DESTROYING, PLATFORM, STOPPED } from "../../src/core/plan/tags.ts";
import type { AnyResource } from "../../src/core/plan/resource.ts";
import type { Live } from "../../src/engine/provider.ts";
import { machine, made, network } from "./memory.ts";

const print = (resource: AnyResource): Record<string, string> =>
  (stamped(resource).body as { tags: Record<string, string> }).tags;
const nic: AnyResource = {
  ...network(),
  kind: "networkInterface",
  body: { location: "westus", tags: made(network(), "succeeded").tags },
};
const inMachine = (live: Live): Live => ({ ...live, model: { virtualMachine: { id: "m" } } });
const guard = {
  ...network(),
  kind: "securityGroup",
  body: { location: "westus", tags: { ...made(machine(), "succeeded").tags } },
};
const container: AnyResource = { ...network(), kind: "blobContainer", body: {} };

const SECOND = { "aoc-id": "second" };

test.each<[string, AnyResource, Live | undefined, string]>([
  ["nothing is there", network(), undefined, "create"],
  ["it is there as planned", network(), made(network(), "succeeded", print(network())), "unchanged"],
  ["it is there, and was planned otherwise", network(), made(network(), "succeeded", print(network("10.1.0.0/16"))), "update"],
  ["it is there without a print", network(), made(network(), "succeeded"), "update"],
  ["Azure is at work on it", network(), made(network(), "working"), "wait"],
  ["it is being deleted", network(), made(network(), "deleting"), "wait"],
  ["it failed", network(), made(network(), "failed", print(network())), "update"],
  ["a machine that failed", machine(), made(machine(), "failed"), "replace"],
  ["a machine, whatever it was made with", machine(), made(machine(), "succeeded"), "unchanged"],
  ["a machine that is being made", machine(), made(machine(), "working"), "wait"],
  ["an interface that was planned otherwise", nic, made(nic, "succeeded"), "update"],
  ["an interface in a machine is not changed under it", nic, inMachine(made(nic, "succeeded")), "unchanged"],
  [
    "what two creates write before one has the claim",
    guard as AnyResource,
    made(guard as AnyResource, "succeeded", SECOND),
    "update",
  ],
  ["what has no tags belongs to what it is in", container, { ...made(network(), "succeeded"), tags: {} }, "unchanged"],
])("%s", (_, resource, live, decision) => {
  expect(decide(resource, live, "c")).toBe(decision);
});

const claim = { ...guard, body: { location: "westus", tags: { ...guard.body.tags, "aoc-role": "claim" } } } as AnyResource;

test.each([PLATFORM, STOPPED, REPLACING, REPLACEMENT, DESTROYING])("a claim with the mark %s is as planned", (mark) => {
  const there = (tags: Record<string, string>): Live => made(claim, "succeeded", { ...print(claim), ...tags });
  expect(decide(claim, there({ [mark]: "0 k8s.example.com" }), "c")).toBe("unchanged");
  expect(decide(claim, there({ [mark]: "0 k8s.example.com", "aoc-nodes": "7" }), "c")).toBe("update");
});

const trusting = (ca: string): AnyResource =>
  ({
    ...machine(),
    body: { ...machine().body, tags: { ...(machine().body as { tags: object }).tags, "aoc-etcd-ca": ca } },
  }) as AnyResource;

test("a machine of the same authority, or of one that is not said, is the cluster's", () => {
  expect(decide(trusting("one"), made(trusting("one"), "succeeded"), "c")).toBe("unchanged");
  expect(decide(trusting("one"), made(machine(), "succeeded"), "c")).toBe("unchanged");
  expect(decide(machine(), made(trusting("one"), "succeeded"), "c")).toBe("unchanged");
});

test.each<[string, AnyResource, Record<string, string>, string]>([
  ["nobody's", network(), { "managed-by": "", "aoc-cluster": "" }, "NotOurs"],
  ["another cluster's", network(), { "aoc-cluster": "d" }, "NotOurs"],
  ["another tool's", network(), { "managed-by": "terraform" }, "NotOurs"],
  ["another creation's", machine("first"), { "aoc-id": "second" }, "ClusterConflict"],
  ["the claim of another creation, that is private", guard as AnyResource, { ...SECOND, "aoc-role": "claim" }, "ClusterConflict"],
  ["of another authority", trusting("one"), { "aoc-etcd-ca": "two" }, "ClusterConflict"],
])("refused with exit 7: %s", (_, resource, tags, code) => {
  expect(() => decide(resource, made(resource, "succeeded", tags), "c")).toThrow(expect.objectContaining({ code, exit: 7 }));
});

test("tags in another case than the tool writes are not the tool's", () => {
  expect(decide(network(), made(network(), "working", { "aoc-cluster": "c" }), "c")).toBe("wait");
  expect(() => decide(network(), made(network(), "working", { "aoc-cluster": "C" }), "c")).toThrow(
    expect.objectContaining({ code: "NotOurs" }),
  );
});

test("the print leaves out a machine's user-data, which holds keys, and tells other changes", () => {
  const withProfile = (customData: string, vmSize: string): AnyResource =>
    ({
      ...machine(),
      body: {
        ...machine().body,
        hardwareProfile: { vmSize },
        osProfile: { computerName: "m", adminUsername: "core", customData },
      },
    }) as AnyResource;
  const one = print(withProfile("a", "s"))["aoc-fingerprint"];
  expect(print(withProfile("b", "s"))["aoc-fingerprint"]).toBe(one);
  expect(print(withProfile("a", "t"))["aoc-fingerprint"]).not.toBe(one);
});
