/** What the preflight finds in the way, of what was looked up: each check at its edge, and what is said instead. */
import { describe, expect, test } from "vitest";
import { whatFits } from "../../src/core/advice/fitting.ts";
import { judge, refusal } from "../../src/core/advice/preflight.ts";
import { type Checked, known } from "../../src/core/advice/problem.ts";
import { usageWithout } from "../../src/core/advice/size-demand.ts";
import type { SizeFacts, Usage } from "../../src/core/region.ts";
import { buildSpec } from "../../src/core/spec/spec.ts";

const size = (name: string, vcpus: number, more: Partial<SizeFacts> = {}): SizeFacts => ({
  name,
  family: "standardDSv5Family",
  vcpus,
  acceleratedNetworking: true,
  premiumDisks: true,
  generations: ["V1", "V2"],
  architecture: "x64",
  ...more,
});
const region = (...sizes: SizeFacts[]) => ({
  sizes: new Map(sizes.map((one) => [one.name.toLowerCase(), one])),
  faultDomains: 3,
});
const usage = (name: string, current: number, limit: number): Usage => ({ name, label: `label of ${name}`, current, limit });
const D4 = size("Standard_D4s_v5", 4);
const asked = (given: Parameters<typeof buildSpec>[1] = {}, more: Partial<Checked> = {}): Checked => ({
  spec: buildSpec("abc", { vmSize: "Standard_D4s_v5", ...given }).spec,
  location: "westus",
  newNodes: 3,
  newLabel: true,
  newAddresses: 1,
  ...more,
});
const found = (more: Partial<Checked>, given: Parameters<typeof buildSpec>[1] = {}): string[] =>
  judge(asked(given, more)).map(({ check, message }) => `${check}: ${message}`);
const advised = (more: Partial<Checked>): string =>
  judge(asked({}, { ...more, instead: whatFits([{ checked: asked({}, more) }]) }))
    .map(({ advice }) => advice)
    .join("\n");

test("nothing that was looked up, nothing in the way", () => {
  expect(judge(asked())).toEqual([]);
});

describe("quota", () => {
  const cores = (current: number, limit: number, more: Partial<Checked> = {}): Partial<Checked> => ({
    region: region(
      D4,
      size("Standard_D1s_v5", 1),
      size("Standard_D2s_v5", 2),
      size("Standard_D2p_v5", 2, { architecture: "Arm64" }),
    ),
    computeUsage: [usage("cores", current, limit)],
    ...more,
  });

  test.each([
    ["as many as are needed", 88, 100, []],
    ["one too few", 89, 100, ["QuotaExceeded: 3 machines of Standard_D4s_v5 need 12 vCPUs in westus; 11 of 100 are free"]],
    ["none", 120, 100, ["QuotaExceeded: 3 machines of Standard_D4s_v5 need 12 vCPUs in westus; 0 of 100 are free"]],
  ])("%s are free", (_, current, limit, said) => {
    expect(found(cores(current, limit))).toEqual(said);
  });

  test("what goes first gives back what it has: of its family, of spot's quota, and of an unknown size nobody knows what", () => {
    const usages = ["cores", "standardDSv5Family", "otherFamily", "lowPriorityCores"].map((name) => usage(name, 5, 10));
    const left = (...gone: (readonly [vmSize: string, spot?: boolean])[]): number[] =>
      usageWithout(
        usages,
        region(D4, size("Other", 2, { family: "OtherFamily" })),
        gone.map(([vmSize, spot = false]) => ({ vmSize, spot })),
      ).map(({ current }) => current);
    expect(left()).toEqual([5, 5, 5, 5]);
    expect(left(["standard_d4s_V5"])).toEqual([1, 1, 5, 5]);
    expect(left(["other"], ["Other"], ["Standard_D4s_v5", true])).toEqual([1, 5, 1, 1]);
    expect(left(["Standard_D4s_v5"], ["Standard_D4s_v5"])).toEqual([0, 0, 5, 5]);
    expect(left(["Standard_D4s_v5"], ["Gone"])).toEqual([]);
  });

  test("of the family it is said too, and a single machine is one", () => {
    const both = { computeUsage: [usage("Cores", 99, 100), usage("STANDARDDSV5FAMILY", 9, 10)], newNodes: 1 };
    expect(found(cores(0, 0, both))).toEqual([
      "QuotaExceeded: 1 machine of Standard_D4s_v5 need 4 vCPUs in westus; 1 of 100 are free",
      "QuotaExceeded: 1 machine of Standard_D4s_v5 need 4 vCPUs of the family label of STANDARDDSV5FAMILY in westus; 1 of 10 are free",
    ]);
  });

  test("fewer nodes and a smaller size that would fit are named, and only such", () => {
    expect(advised(cores(92, 100))).toMatch(/--num-nodes 2\b/);
    expect(advised(cores(97, 100))).not.toMatch(/--num-nodes/);
    expect(advised(cores(97, 100))).toContain("--vm-size Standard_D1s_v5");
    expect(advised(cores(98, 100))).not.toContain("--vm-size Standard_D");
    const fit = (...sizes: SizeFacts[]): string => advised(cores(94, 100, { region: region(D4, ...sizes) }));
    expect(fit(size("Standard_D2s_v5", 2))).toContain("--vm-size Standard_D2s_v5");
    expect(fit(size("Standard_D2p_v5", 2, { architecture: "Arm64" }))).not.toContain("Standard_D2p_v5");
    expect(fit(size("Standard_D2s_v5", 2, { restricted: "QuotaId" }))).not.toContain("Standard_D2s_v5");
    expect(fit(size("Standard_D0", 0))).not.toContain("Standard_D0");
    expect(fit(size("Standard_D4b", 4))).not.toContain("Standard_D4b");
  });

  test.each([
    ["no machine is to be made", { newNodes: 0 }],
    ["the size is not known", { region: region(size("Standard_X", 1)) }],
    ["no usage was read", { computeUsage: undefined as unknown as Usage[] }],
    ["another usage", { computeUsage: [usage("other", 100, 100)] }],
  ])("is no matter where %s", (_, more) => {
    expect(found(cores(99, 100, more)).filter((said) => said.startsWith("Quota"))).toEqual([]);
  });
});

describe("size", () => {
  test.each<[string, Partial<Checked>, Parameters<typeof buildSpec>[1], string[]]>([
    ["offered", { region: region(D4) }, {}, []],
    [
      "not offered",
      { region: region(size("Standard_E4s_v5", 4)) },
      {},
      ["SkuNotAvailable: the size Standard_D4s_v5 is not offered in westus"],
    ],
    [
      "restricted",
      { region: region({ ...D4, restricted: "NotAvailableForSubscription" }) },
      {},
      ["SkuNotAvailable: the size Standard_D4s_v5 cannot be had in westus with this subscription (NotAvailableForSubscription)"],
    ],
    ["not known at all", { region: region() }, {}, []],
  ])("%s", (_, more, given, said) => {
    expect(found(more, given)).toEqual(said);
  });

  test("what can be had of the same cores is named, the D family first, three at most", () => {
    const sizes = ["A4", "B4", "C4"].map((name) => size(`Standard_${name}`, 4, { family: "other" }));
    const advice = advised({
      region: region(
        ...sizes,
        size("Standard_D4ds", 4),
        size("Standard_X8", 8),
        size("Standard_P4", 4, { architecture: "Arm64" }),
        size("Standard_R4", 4, { restricted: "x" }),
      ),
    });
    expect(advice).toMatch(/--vm-size Standard_D4ds.*Standard_A4.*Standard_B4/s);
    for (const other of ["C4", "X8", "P4", "R4"]) expect(advice).not.toContain(`Standard_${other}`);
  });
});

describe("the rest", () => {
  test.each<[string, Partial<Checked>, Parameters<typeof buildSpec>[1], string[]]>([
    [
      "a provider that is not registered",
      { providers: [{ namespace: "Microsoft.Compute", registered: false, locations: [] }] },
      {},
      ["MissingSubscriptionRegistration: the subscription is not registered for Microsoft.Compute"],
    ],
    [
      "a location that is none",
      { providers: [{ namespace: "Microsoft.Compute", registered: true, locations: ["eastus", "West US 2"] }] },
      {},
      [`LocationNotAvailable: there is no location "westus" for this subscription`],
    ],
    ...(
      [
        ["usgovvirginia", ": it is one of Azure Government (--cloud AzureUSGovernment, with a subscription there)"],
        ["chinaeast2", ": it is one of Azure China (--cloud AzureChinaCloud, with a subscription there)"],
        ["germanycentral", ": Azure Germany was closed in 2021"],
      ] as const
    ).map(([location, why]): [string, Partial<Checked>, Parameters<typeof buildSpec>[1], string[]] => [
      `a location of another cloud: ${location}`,
      { location, providers: [{ namespace: "Microsoft.Compute", registered: true, locations: ["eastus"] }] },
      {},
      [`LocationNotAvailable: there is no location "${location}" for this subscription${why}`],
    ]),
    ...(["AzureUSGovernment", "AzureChinaCloud"] as const).map(
      (cloud): [string, Partial<Checked>, Parameters<typeof buildSpec>[1], string[]] => [
        `a location that ${cloud} itself has not: it is asked already`,
        {
          cloud,
          location: cloud === "AzureChinaCloud" ? "chinaeast9" : "usgovohio",
          providers: [{ namespace: "Microsoft.Compute", registered: true, locations: ["USGov Texas"] }],
        },
        {},
        [
          `LocationNotAvailable: there is no location "${cloud === "AzureChinaCloud" ? "chinaeast9" : "usgovohio"}" for this subscription`,
        ],
      ],
    ),
    [
      "a location in other words",
      { providers: [{ namespace: "Microsoft.Compute", registered: true, locations: ["West US"] }] },
      {},
      [],
    ],
    ["no locations read", { providers: [{ namespace: "Microsoft.Compute", registered: true, locations: [] }] }, {}, []],
    ["addresses enough", { networkUsage: [usage("PublicIPAddresses", 9, 10)] }, {}, []],
    [
      "an address too few",
      { networkUsage: [usage("publicipaddresses", 10, 10), usage("StandardSkuPublicIpAddresses", 20, 10)] },
      {},
      ["PublicIPCountLimitReached: 1 public addresses are needed in westus; 0 of 10 are free"],
    ],
    [
      "a name that is taken",
      { labelFree: false },
      {},
      ["DnsRecordInUse: the DNS name abc is taken in westus, by somebody's public address"],
    ],
    ["a name that is free", { labelFree: true }, {}, []],
    [
      "an image that is not there",
      { image: "missing" },
      {},
      [
        "ImageNotFound: the image of Flatcar stable (kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest) is not there",
      ],
    ],
    [
      "an image by its id",
      { image: "missing" },
      { coreosImage: "/subscriptions/s/x" },
      ["ImageNotFound: the image /subscriptions/s/x is not there"],
    ],
    ["an image of no matter", { image: "missing", newNodes: 0 }, {}, []],
    [
      "an image of another generation",
      { image: { generation: "V1" }, region: region({ ...D4, generations: ["V2"] }) },
      {},
      ["GenerationMismatch: Standard_D4s_v5 boots generation V2 only; the image is generation V1"],
    ],
    [
      "an image for another machine",
      { image: { architecture: "Arm64" }, region: region(D4) },
      {},
      ["ArchitectureMismatch: Standard_D4s_v5 is x64; the image is Arm64"],
    ],
    ["an image of another system", { image: { system: "Windows" } }, {}, ["ImageNotLinux: the image is of Windows"]],
    [
      "a copy of one machine",
      { image: { system: "Linux", state: "Specialized" } },
      {},
      [
        "ImageSpecialized: the image is specialized, the copy of one machine: Azure tells machines of it no name, SSH key or user-data",
      ],
    ],
    [
      "a gallery's, elsewhere",
      { image: { locations: ["eastus"] } },
      { coreosImage: "/subscriptions/s/x" },
      ["GalleryImageNotFound: the gallery has the image /subscriptions/s/x in eastus, not in westus"],
    ],
    ["a gallery's, here", { image: { system: "Linux", state: "Generalized", locations: ["eastus", "westus"] } }, {}, []],
    ["an image that fits", { image: { generation: "V2", architecture: "X64" }, region: region(D4) }, {}, []],
  ])("%s", (_, more, given, said) => {
    expect(found(more, given)).toEqual(said);
  });
});

describe("what is chosen for machines to come is judged as if one were made, and what is kept is not", () => {
  const none = { newNodes: 0, newAddresses: 0, newLabel: false };
  const here = { ...region({ ...D4, generations: ["V2"], dataDisks: 0, spot: false, zones: ["1"] }), zones: ["1", "2"] };
  test.each<[string, Partial<Checked>, Parameters<typeof buildSpec>[1], string[]]>([
    ["an identity", { missingIdentities: ["/i"], chosen: ["identity"] }, {}, ["IdentityNotFound"]],
    ["an identity that is kept", { missingIdentities: ["/i"], chosen: ["vmSize"] }, {}, []],
    ["a size", { region: region(), chosen: ["vmSize"] }, {}, []],
    ["a size that is not offered", { region: region(size("Other", 1)), chosen: ["vmSize"] }, {}, ["SkuNotAvailable"]],
    ["one that is kept", { region: region(size("Other", 1)), chosen: ["identity"] }, {}, []],
    ["a data disk", { region: here, chosen: ["dataDisk"] }, { dataDisk: true }, ["SizeTakesNoDisk"]],
    ["a size without room for the data disk", { region: here, chosen: ["vmSize"] }, { dataDisk: true }, ["SizeTakesNoDisk"]],
    ["one that is kept", { region: here }, { dataDisk: true }, []],
    ["spot machines", { region: here, chosen: ["spot"] }, { spot: "all" }, ["AzureSpotIsNotSupportedForThisVMSize"]],
    ["no spot machines", { region: here, chosen: ["spot"] }, { spot: "none" }, []],
    ["a zone of the region without the size", { region: here, chosen: ["zones"] }, { zones: ["1", "2"] }, ["SkuNotAvailable"]],
    ["a zone that is not there", { region: here, chosen: ["zones"] }, { zones: ["1", "3"] }, ["InvalidAvailabilityZone"]],
    ["zones that are kept", { region: here }, { zones: ["1", "3"] }, []],
    ["a size for the kept image", { region: here, image: { generation: "V1" }, chosen: ["vmSize"] }, {}, ["GenerationMismatch"]],
    ["a size, where the kept image is gone", { region: here, image: "missing", chosen: ["vmSize"] }, {}, []],
    ["an image", { image: "missing", chosen: ["coreosImage"] }, {}, ["ImageNotFound"]],
    ["a larger image", { image: { sizeGiB: 64 }, chosen: ["coreosImage"] }, { osDiskSize: 30 }, ["OsDiskTooSmall"]],
    ["a small disk", { image: { sizeGiB: 64 }, chosen: ["osDiskSize"] }, { osDiskSize: 30 }, ["OsDiskTooSmall"]],
    ["one that is kept", { image: { sizeGiB: 64 }, chosen: ["vmSize"] }, { osDiskSize: 30 }, []],
  ])("%s", (_, more, given, codes) => {
    expect(judge(asked(given, { ...none, ...more })).map(({ check }) => check)).toEqual(codes);
  });
});

test("what a cluster keeps is turned off, and not left out: left out it stays", () => {
  const here = region({ ...D4, dataDisks: 0, spot: false });
  const quota = [usage("lowPriorityCores", 10, 10)];
  const kept = buildSpec("abc", {}, { vmSize: "Standard_D4s_v5", dataDisk: true, spot: "all", osDiskSize: 30 }).spec;
  const problems = judge({ ...asked({}, { region: here, computeUsage: quota, newSpot: 3, image: { sizeGiB: 64 } }), spec: kept });
  const advice = problems.map((one) => one.advice).join(" ");
  expect(problems.map(({ check }) => check).sort()).toEqual([
    "AzureSpotIsNotSupportedForThisVMSize",
    "OsDiskTooSmall",
    "QuotaExceeded",
    "SizeTakesNoDisk",
  ]);
  expect(advice).not.toMatch(/leave|no --/i);
  expect(advice).toMatch(/--data-disk=false.*--spot=none/s);
});

test("one problem is the error itself; several are listed, and nothing was written", () => {
  const one = { check: "A", message: "a", advice: "do a" };
  expect(refusal([one])).toMatchObject({
    code: "A",
    message: "a",
    exit: 5,
    source: "azure",
    advice: "do a\nNothing was written to Azure.",
  });
  expect(refusal([one, { check: "B", message: "b", advice: "do b" }], 7)).toMatchObject({
    code: "PreflightRefused",
    message: "2 things stand in the way:\n  - a\n  - b",
    exit: 7,
    advice: "do a\ndo b\nNothing was written to Azure.",
  });
});

test("a code without a row in the advice table is a bug of ours", () => {
  expect(() => known(asked(), "NobodyKnows", "x")).toThrow(expect.objectContaining({ code: "NoAdvice", source: "bug" }));
});
