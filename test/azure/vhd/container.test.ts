import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ClusterError } from "../../../src/core/errors.ts";
import { storageAccountName, storageAccountSeed } from "../../../src/azure/vhd/account.ts";
import { parseBlobUrl, parseContainerUrl } from "../../../src/azure/vhd/container.ts";

const caught = (text: string, parse: (text: string) => unknown = parseContainerUrl): ClusterError => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
};

describe("--blob-container-url", () => {
  it.each([
    ["https://acme1.blob.core.windows.net/vhds/", "acme1", "vhds", "https://acme1.blob.core.windows.net/vhds", "AzureCloud"],
    ["https://acme1.blob.core.windows.net/vhds", "acme1", "vhds", "https://acme1.blob.core.windows.net/vhds", "AzureCloud"],
    ["HTTPS://ACME1.blob.core.windows.net/vhds", "acme1", "vhds", "https://acme1.blob.core.windows.net/vhds", "AzureCloud"],
    [
      "https://acme1.blob.core.usgovcloudapi.net/a-b/",
      "acme1",
      "a-b",
      "https://acme1.blob.core.usgovcloudapi.net/a-b",
      "AzureUSGovernment",
    ],
    [
      "https://acme1.blob.core.chinacloudapi.cn/vhds/",
      "acme1",
      "vhds",
      "https://acme1.blob.core.chinacloudapi.cn/vhds",
      "AzureChinaCloud",
    ],
    [
      "https://acme1.z12.blob.storage.azure.net/vhds",
      "acme1",
      "vhds",
      "https://acme1.z12.blob.storage.azure.net/vhds",
      "AzureCloud",
    ],
    [
      "http://127.0.0.1:10000/devstoreaccount1/vhds/",
      "devstoreaccount1",
      "vhds",
      "http://127.0.0.1:10000/devstoreaccount1/vhds",
      undefined,
    ],
    ["http://localhost:10000/acme1/vhds", "acme1", "vhds", "http://localhost:10000/acme1/vhds", undefined],
    ["http://[::1]:10000/acme1/vhds", "acme1", "vhds", "http://[::1]:10000/acme1/vhds", undefined],
  ])("takes %s", (text, account, container, url, cloud) => {
    expect(parseContainerUrl(text)).toEqual({ account, container, url, cloud, loopback: cloud === undefined });
  });

  it.each([
    ["vhds", /no URL/, /ACCOUNT\.blob/],
    ["http://acme1.blob.core.windows.net/vhds", /only https/, /https:/],
    ["http://127.0.0.1.example.com/acme1/vhds", /only https/, /https:/],
    ["ftp://127.0.0.1/acme1/vhds", /neither http/, /http:/],
    ["https://acme1.blob.core.windows.net/", /names no container/, /CONTAINER/],
    ["https://acme1.blob.core.windows.net", /names no container/, /CONTAINER/],
    ["http://127.0.0.1:10000/acme1", /names no container/, /10000\/ACCOUNT/],
    ["https://acme1.blob.core.windows.net/vhds/disk.vhd", /inside a container/, /only the container/],
    ["https://acme1.blob.core.windows.net/vhds//", /inside a container/, /only the container/],
    ["https://acme1.blob.core.windows.net/VHDs", /no name of a container/, /lower-case/],
    ["https://acme1.blob.core.windows.net/a--b", /no name of a container/, /single dashes/],
    ["https://acme1.blob.core.windows.net/%zz", /badly encoded/, /%25/],
    ["https://acme-1.blob.core.windows.net/vhds", /no name of a storage account/, /ACCOUNT/],
    ["https://acme1.dfs.core.windows.net/vhds", /dfs service/, /acme1\.blob/],
    ["https://acme1.privatelink.blob.core.windows.net/vhds", /private link/, /acme1\.blob\.core\.windows\.net/],
    ["https://example.com/vhds", /no host of Azure Blob Storage/, /ACCOUNT/],
    ["https://acme1.blob.core.windows.net.example.com/vhds", /no host of Azure/, /ACCOUNT/],
    ["https://me:pw@acme1.blob.core.windows.net/vhds", /user name/, /SAS/],
    ["https://acme1.blob.core.windows.net/vhds?restype=container", /no shared access signature/, /SAS/],
    ["https://acme1.blob.core.windows.net/vhds#a", /fragment/, /#/],
  ])("refuses %s", (text, message, advice) => {
    const error = caught(text);
    expect(error.message).toMatch(message);
    expect(error.advice).toMatch(advice);
    expect(error.exit).toBe(2);
    expect(error.message).not.toContain("pw");
  });

  it("keeps a shared access signature out of everything that is shown", () => {
    const location = parseContainerUrl("https://acme1.blob.core.windows.net/vhds/?sv=2025-01-01&sp=rcw&sig=c2VjcmV0");
    expect(location.sas).toBe("sv=2025-01-01&sp=rcw&sig=c2VjcmV0");
    expect(location.url).toBe("https://acme1.blob.core.windows.net/vhds");
    expect(JSON.stringify(location) + inspect(location)).not.toContain("c2VjcmV0");
    expect(JSON.stringify(caught("https://acme1.blob.core.windows.net/UP?sig=c2VjcmV0"))).not.toContain("c2VjcmV0");
    expect(caught("https://acme1.blob.core.windows.net/UP?sig=c2VjcmV0").message).not.toContain("c2VjcmV0");
  });
});

describe("the URL of a blob", () => {
  it.each([
    ["https://acme1.blob.core.windows.net/vhds/disk.vhd", "disk.vhd"],
    ["https://acme1.blob.core.windows.net/vhds/2026/my%20disk.vhd", "2026/my disk.vhd"],
    ["http://127.0.0.1:10000/acme1/vhds/disk.vhd?sig=x", "disk.vhd"],
  ])("takes %s", (text, blob) => {
    const found = parseBlobUrl(text);
    expect(found.blob).toBe(blob);
    expect(found.container.container).toBe("vhds");
  });

  it.each([
    ["https://acme1.blob.core.windows.net/vhds/", /no blob/, /FILE\.vhd/],
    ["https://images.example.com/disk.vhd", /no host of Azure/, /Download/],
  ])("refuses %s", (text, message, advice) => {
    const error = caught(text, parseBlobUrl);
    expect(error.message).toMatch(message);
    expect(error.advice).toMatch(advice);
  });
});

describe("the account that the tool makes", () => {
  const seed = storageAccountSeed("0000", "Group", "mycluster");

  it("has a legal name, the same each time and whatever the case", () => {
    expect(storageAccountName(seed)).toMatch(/^coreos[a-z0-9]{18}$/);
    expect(storageAccountName(seed)).toBe(storageAccountName(storageAccountSeed("0000", "gROUP", "MyCluster")));
    expect(storageAccountName(seed)).toBe("coreosenp6fuaczjrunloisl");
  });

  it("differs for another subscription, group or cluster", () => {
    const seeds = [
      seed,
      storageAccountSeed("0001", "Group", "mycluster"),
      storageAccountSeed("0000", "g", "mycluster"),
      storageAccountSeed("0000", "Group", "c"),
    ];
    expect(new Set(seeds.map(storageAccountName)).size).toBe(4);
  });
});
