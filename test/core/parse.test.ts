/** Single values as people type them: each parser with what it takes and what it refuses, at its edges. */
import { describe, expect, test } from "vitest";
import { ClusterError } from "../../src/core/errors.ts";
import { cidrs } from "../../src/core/spec/ranges.ts";
import * as address from "../../src/core/spec/address.ts";
import * as parse from "../../src/core/spec/parse.ts";

const TAKEN: [parser: parse.Parse<unknown>, name: string, given: string, value: unknown][] = [
  [parse.anyText, "text", " a b ", " a b "],
  [parse.file, "file", "./-", "./-"],
  [parse.flagValue, "flagValue", "YES", true],
  [parse.flagValue, "flagValue", "1", true],
  [parse.flagValue, "flagValue", "on", true],
  [parse.flagValue, "flagValue", "", false],
  [parse.flagValue, "flagValue", "No", false],
  [parse.flagValue, "flagValue", "0", false],
  [parse.integer(1, 1000), "integer(1, 1000)", "1", 1],
  [parse.integer(1, 1000), "integer(1, 1000)", "1000", 1000],
  [parse.integer(1, 1000), "integer(1, 1000)", " 7 ", 7],
  [parse.oneOf("AzureCloud", "AzureChinaCloud"), "oneOf", "azurechinacloud", "AzureChinaCloud"],
  [parse.timeSpan, "duration", "90s", 90_000],
  [parse.timeSpan, "duration", "1h30m", 5_400_000],
  [parse.timeSpan, "duration", "1.5H", 5_400_000],
  [parse.timeSpan, "duration", " 7d ", 604_800_000],
  [parse.timeSpan, "duration", "365d", 31_536_000_000],
  [parse.location, "location", "West US", "westus"],
  [parse.location, "location", "east-us_2", "eastus2"],
  [parse.subscriptionId, "subscriptionId", " AAAAAAAA-0000-4000-8000-0123456789AB ", "aaaaaaaa-0000-4000-8000-0123456789ab"],
  [parse.tenant, "tenant", " Contoso.onmicrosoft.com ", "Contoso.onmicrosoft.com"],
  [address.url, "url", "http://127.0.0.1:80/x", "http://127.0.0.1:80/x"],
  [address.url, "url", "https://x.example/c?sv=1&sig=x", "https://x.example/c?sv=1&sig=x"],
  [address.endpoint, "endpoint", " HTTP://127.0.0.1:8080/ ", "http://127.0.0.1:8080"],
  [address.endpoint, "endpoint", "https://Arm.example:443/base/", "https://arm.example/base"],
  [address.fileOrUrl, "fileOrUrl", "https://x.example/install.sh?v=1", "https://x.example/install.sh?v=1"],
  [address.fileOrUrl, "fileOrUrl", "me@home/install.sh", "me@home/install.sh"],
  [cidrs, "cidrs", "10.0.0.0/8", ["10.0.0.0/8"]],
  [cidrs, "cidrs", "255.255.255.255", ["255.255.255.255/32"]],
  [cidrs, "cidrs", "0.0.0.0/0", ["0.0.0.0/0"]],
  [cidrs, "cidrs", "10.1.2.3/32, 10.1.2.3", ["10.1.2.3/32"]],
  [cidrs, "cidrs", "10.0.0.0/8,192.0.2.1", ["10.0.0.0/8", "192.0.2.1/32"]],
  [cidrs, "cidrs", "10.1.2.3/8", ["10.0.0.0/8"]],
  [cidrs, "cidrs", "10.1.0.0/16,10.0.0.0/8,10.2.3.4,11.0.0.0/8", ["10.0.0.0/8", "11.0.0.0/8"]],
  [cidrs, "cidrs", "10.0.0.0/8,10.1.2.3/8,me,me", ["10.0.0.0/8", "me"]],
  [cidrs, "cidrs", "2001:db8::1/32,2001:db8:1::/48,::1/128,10.0.0.1", ["2001:db8::/32", "::1/128", "10.0.0.1/32"]],
  [cidrs, "cidrs", "fd00:1:2:3:4:5:6:7/64", ["fd00:1:2:3::/64"]],
  [cidrs, "cidrs", "10.0.0.0/8,::/0,0.0.0.0/0", ["::/0", "0.0.0.0/0"]],
  [cidrs, "cidrs", "Any", ["*"]],
  [cidrs, "cidrs", "::1", ["::1/128"]],
  [cidrs, "cidrs", "2001:DB8::/32,10.0.0.0/8", ["2001:db8::/32", "10.0.0.0/8"]],
  [cidrs, "cidrs", "::ffff:10.0.0.1", ["10.0.0.1/32"]],
  [cidrs, "cidrs", "::FFFF:c000:209/120, 0:0::ffff:192.0.2.7/128", ["192.0.2.0/24"]],
  [cidrs, "cidrs", "::ffff:0:0/96", ["0.0.0.0/0"]],
  [cidrs, "cidrs", "0.0.0.0/8", ["0.0.0.0/8"]],
  [cidrs, "cidrs", "Me, 10.0.0.1", ["me", "10.0.0.1/32"]],
  [cidrs, "cidrs", "10.0.0.0/8,*", ["*"]],
  [cidrs, "cidrs", "internet", ["*"]],
  [parse.resourceName, "resourceName", "a", "a"],
  [parse.resourceName, "resourceName", "0a.b-c_", "0a.b-c_"],
  [parse.resourceName, "resourceName", "a".repeat(80), "a".repeat(80)],
  [parse.groupName, "groupName", "Gruppe_(ä).1-x", "Gruppe_(ä).1-x"],
  [parse.groupName, "groupName", "a".repeat(90), "a".repeat(90)],
  [parse.hostPart, "hostPart", "Web-1", "web-1"],
  [parse.hostPart, "hostPart", "a".repeat(42), "a".repeat(42)],
  [parse.mountPoint, "mountPoint", "/data//x/", "/data/x"],
];

describe("taken:", () => {
  test.each(TAKEN.map(([parser, name, given, value]) => [name, given, parser, value] as const))(
    "%s: %j",
    (_, given, parser, value) => expect(parser(given)).toEqual(value),
  );
});

const REFUSED: [parser: parse.Parse<unknown>, name: string, given: readonly string[]][] = [
  [parse.anyText, "text", ["", "  "]],
  [parse.flagValue, "flagValue", ["maybe", "yess", "2"]],
  [parse.integer(1, 1000), "integer(1, 1000)", ["0", "1001", "-1", "1.5", "1e2", "x", ""]],
  [parse.oneOf("a", "b"), "oneOf", ["c", "", "ab"]],
  [parse.timeSpan, "duration", ["", "30", "1.5", "0", "0s", "-1h", "1h 30m", "1y", "h", "365d1s", "366d", "1hx"]],
  [parse.location, "location", ["", "2us", "west/us", "../x"]],
  [
    parse.subscriptionId,
    "subscriptionId",
    [
      "",
      "x",
      "00000000-0000-0000-0000-00000000000",
      "00000000-0000-0000-0000-0000000000000",
      "g0000000-0000-0000-0000-000000000000",
    ],
  ],
  [parse.tenant, "tenant", ["", "x/y", "a b", "https://x.example", "common", "consumers"]],
  [address.url, "url", ["", "x", "ftp://x", "file:///etc/passwd", "javascript:alert(1)"]],
  [
    cidrs,
    "cidrs",
    [
      "010.1.0.0/16",
      "10.0.0.01",
      "300.1.1.1",
      "1.300.1.1",
      "1.1.300.1",
      "1.1.1.256",
      "256.0.0.0/8",
      "10.0.0.0/33",
      "10.0.0/8",
      "10.0.0.0/",
      "10.0.0.0/8/8",
      "::1::2",
      ":::",
      "2001:db8::/129",
      "fe80::1%eth0",
      "[::1]",
      "1:2",
      "",
      "10.0.0.0/8,",
      "everybody",
      "a10.0.0.0/8",
      "0.0.0.0",
      "0.0.0.0/32",
      "::",
      "0::0/128",
      "192.0.2.0/0",
      "2001:db8::/0",
      "::ffff:0.0.0.0",
      "::ffff:192.0.2.0/96",
      "::ffff:192.0.2.0/129",
    ],
  ],
  [parse.file, "file", ["-", "", " "]],
  [parse.resourceName, "resourceName", ["", "-a", "a.", "a".repeat(81), "a b", "ä", "a/b"]],
  [parse.groupName, "groupName", ["", "a.", "a".repeat(91), "a b", "a/b"]],
  [parse.hostPart, "hostPart", ["", "-a", "a-", "a_b", "a".repeat(43)]],
  [parse.mountPoint, "mountPoint", ["", "data", "/etc", "/", "/data;x", "/var/lib/docker/../../../etc"]],
];

describe("refused, as a fault of what was typed and with the text in it:", () => {
  test.each(REFUSED.flatMap(([parser, name, given]) => given.map((text) => [name, text, parser] as const)))(
    "%s: %j",
    (name, given, parser) => {
      const thrown = attempt(() => parser(given));
      expect(thrown).toBeInstanceOf(ClusterError);
      expect(thrown).toMatchObject({ code: "Usage", exit: 2, source: "user" });
      if (!["text", "mountPoint", "cidrs"].includes(name))
        expect((thrown as Error).message).toContain(given.trim().toLowerCase());
    },
  );
});

const attempt = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe("of an address no message shows what may be a secret:", () => {
  const { url, endpoint, discoveryAddress, fileOrUrl } = address;
  test.each(Object.entries({ url, endpoint, discoveryAddress, fileOrUrl }))("%s", (_name, parser) => {
    for (const given of ["https://me:hunter2@a.example/x", "https:me:hunter2@a.example", "https://hunter2@a.example"]) {
      const thrown = attempt(() => parser(given));
      expect([given, thrown]).toEqual([given, expect.objectContaining({ exit: 2 })]);
      expect(String(thrown)).toContain("https://a.example");
      expect(String(thrown)).not.toContain("hunter2");
    }
  });

  test.each([
    ["https://me:hun/ter2@a.example/x", "//a.example/x"],
    ["https://me:hun?ter2@a.example/x", "//a.example/x"],
    ["ftp://me:hunter2@a.example/x?sig=hunter2", "//a.example/x"],
  ])("url: %s is none", (given, said) => {
    const thrown = attempt(() => address.url(given));
    expect([String(thrown).includes(said), String(thrown).includes("ter2")]).toEqual([true, false]);
  });

  test.each(["?x=hunter2", "#hunter2", "?sig=hunter2#x"])("endpoint: ...%s is no part of one", (more) => {
    const thrown = attempt(() => address.endpoint(`https://a.example/base${more}`));
    expect(thrown).toMatchObject({ exit: 2, message: "https://a.example/base has a query or a fragment" });
  });
});

test.each(["0.0.0.0", "::", "192.0.2.0/0"])("%s is no range, and everybody is written so", (given) => {
  expect(attempt(() => cidrs(given))).toMatchObject({
    exit: 2,
    advice: expect.stringContaining("Give 0.0.0.0/0 if every") as unknown,
  });
});

test.each([
  [parse.subscriptionId, "az account list"],
  [parse.applicationId, "az ad app list"],
])("an id that is none is answered with where its like are listed: %#", (read, command) => {
  expect(() => read("1234")).toThrow(expect.objectContaining({ advice: expect.stringContaining(command) }));
});
