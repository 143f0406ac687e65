/** Sizes and locations in order of wish: what a list means, beside what the cluster has kept. */
import { describe, expect, test } from "vitest";
import { claimTags } from "../../src/core/plan/tags.ts";
import { readClaim } from "../../src/core/plan/read-tags.ts";
import { type KeptValues, buildSpec } from "../../src/core/spec/spec.ts";
import { FLAGS } from "../../src/core/spec/flags.ts";
import { inTurn } from "../../src/core/spec/wishes.ts";

const size = (text: string): string => FLAGS.vmSize.parse(text);
const spec = (given: string | undefined, kept: KeptValues = {}) =>
  buildSpec("abc", given === undefined ? {} : { vmSize: size(given) }, kept).spec;

describe("sizes", () => {
  test.each<[given: string | undefined, kept: { vmSize?: string; sizeNow?: string }, sizes: string, first: string]>([
    ["A", {}, "A", "A"],
    ["A, B ,C", {}, "A,B,C", "A"],
    ["A,B,a", {}, "A,B", "A"],
    ["Small,Medium,Large", {}, "Standard_D2s_v5,Standard_D4s_v5", "Standard_D2s_v5"],
    [undefined, {}, "Standard_D2s_v5", "Standard_D2s_v5"],
    [undefined, { vmSize: "A,B", sizeNow: "B" }, "A,B", "B"],
    [undefined, { vmSize: "A,B" }, "A,B", "A"],
    ["A,B", { vmSize: "A,B", sizeNow: "B" }, "A,B", "B"],
    ["a, b", { vmSize: "A,B", sizeNow: "B" }, "a,b", "b"],
    ["Small,B", { vmSize: "Standard_D2s_v5,B", sizeNow: "B" }, "Standard_D2s_v5,B", "B"],
    ["B,A", { vmSize: "A,B", sizeNow: "B" }, "B,A", "B"],
    ["A,C", { vmSize: "A,B", sizeNow: "B" }, "A,C", "A"],
    ["A", { vmSize: "A,B", sizeNow: "B" }, "A", "A"],
    // somebody changed the tag: it is none of the wish
    [undefined, { vmSize: "A,B", sizeNow: "X" }, "A,B", "A"],
  ])("%s, kept %j", (given, kept, sizes, first) => {
    expect([spec(given, kept).sizes.join(","), spec(given, kept).vmSize]).toEqual([sizes, first]);
  });

  test("the wish and the size in use come back as they were kept", () => {
    const choices = {
      id: "01234567",
      sshPublicKey: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)}`,
      members: new Map(),
    };
    const kept = (now: string) => readClaim(claimTags("abc", choices, { ...spec("A,B,C"), vmSize: now }, [0])).kept;
    expect(kept("B")).toMatchObject({ vmSize: "A,B,C", sizeNow: "B" });
    expect(kept("A")).not.toHaveProperty("sizeNow");
    expect(spec(undefined, kept("C")).vmSize).toBe("C");
  });

  test("what is tried comes in turn, from where one is", () => {
    expect(inTurn(["A", "B", "C"], "B")).toEqual(["B", "A", "C"]);
  });
});

test("locations: normal, folded, in order", () => {
  const { spec: found, notes } = buildSpec("abc", { location: FLAGS.location.parse("West US, eastus,westus") });
  expect([found.location, found.locations]).toEqual(["westus", ["westus", "eastus"]]);
  expect(notes).toEqual(["--location names westus more than once: it counts once."]);
});

test.each([",", "A,", ",A", "A,,B"])("%s is no list", (text) => {
  expect(() => size(text)).toThrow(/empty value/);
  expect(() => FLAGS.location.parse(text)).toThrow(/is no Azure location/);
});

describe("what is advised for a cluster that stands changes nothing that is fixed", () => {
  const FLATCAR = "kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest";
  test.each<[Parameters<typeof buildSpec>[1], NonNullable<Parameters<typeof buildSpec>[2]>, string]>([
    [{ coreosImage: FLATCAR }, { platform: "ubuntu" }, "leave --coreos-image out, give an image of ubuntu"],
    [{ numNodes: 100 }, { ssh: 65_500 }, "room for 35 nodes"],
    [{ deis: true }, { ssh: 2222 }, "leave out what opens that port"],
    [{ numNodes: 101 }, { vmNamePrefix: "p".repeat(42) }, "have fewer nodes"],
    [{ etcdVersion: "v3.5.30" }, { etcdMembers: 0 }, "Leave it out."],
  ])("%j of one with %j", (given, kept, advice) => {
    const name = "a-name-of-sixteen";
    expect(() => buildSpec(name, given, kept)).toThrow(expect.objectContaining({ advice: expect.stringContaining(advice) }));
    expect(() => buildSpec(name, given, kept)).not.toThrow(
      expect.objectContaining({
        advice: expect.stringMatching(/(give|another|shorter \S+ or) --(platform|ssh|vm-name-prefix|etcd-members)/i),
      }),
    );
  });
});
