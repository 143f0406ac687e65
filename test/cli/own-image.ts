/**
 * `--coreos-image` with a VHD, through the whole command: over the simulation alone, and with a real Azurite for the bytes, in time that
 * runs sixty times as fast as real time, for Azurite works in that.
 */
import type { Image } from "@azure/arm-compute";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseContainerUrl } from "../../src/azure/vhd/container.ts";
import { openContainer } from "../../src/azure/vhd/credentials.ts";
import { realClock } from "../../src/operations/real-clock.ts";
import type { Clock } from "../../src/core/clock.ts";
import { azurite, type Gate, openGate, azuritePort } from "../azure/vhd/azurite.ts";
import { addGroup, everything } from "./azure-hand.ts";
import { gpt, makeVhd, MIB, noise } from "../azure/vhd/vhd-file.ts";
import { type Body, type Result, START, type TestAzure, testAzure } from "./world.ts";

const opened: TestAzure[] = [];
const azure = (clock?: Clock): TestAzure => {
  const one = testAzure(clock === undefined ? {} : { clock });
  opened.push(one);
  makeVhd(join(one.dir, "disk.vhd"), 8, [
    { at: 0, bytes: UEFI },
    { at: 4 * MIB, bytes: noise(MIB) },
  ]);
  return one;
};
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

const UEFI = gpt("28732ac11ff8d211ba4b00a0c93ec93b");
const NAME = /\/disk-[0-9a-f]{16}\.vhd$/;
const FLAGS = "mycluster --num-nodes 1 --wait-for machines --coreos-image";
const image = (one: TestAzure): Body => one.puts().get("images/mycluster-image");
const osDisk = (one: TestAzure): Image["storageProfile"] => image(one).properties.storageProfile.osDisk;
const account = (one: TestAzure): [string, Body] | undefined =>
  [...one.puts()].find(([name]) => name.startsWith("storageAccounts/"));
const created = (result: Result): Result => (expect(result.exit, result.stderr).toBe(0), result);

describe("in a rehearsal", () => {
  test("a file becomes an image of its generation, in an account and a container of the cluster's own", async () => {
    const one = azure();
    const { stderr } = created(await one.run(`${FLAGS} disk.vhd --simulate --dir ${one.dir}`));
    expect(stderr).toContain("was not uploaded");
    expect(stderr).toMatch(/generation V2 \(UEFI\), since its GPT has an EFI System Partition/);
  });
  test("the account is private, and everything is in the cluster's region", async () => {
    const one = azure();
    created(await one.run(`${FLAGS} disk.vhd --location eastus`));
    const [name, body] = account(one) ?? ["", {}];
    expect(body).toMatchObject({
      kind: "StorageV2",
      location: "eastus",
      sku: { name: "Standard_LRS" },
      tags: { "aoc-cluster": "mycluster" },
      properties: { minimumTlsVersion: "TLS1_2", allowBlobPublicAccess: false, supportsHttpsTrafficOnly: true },
    });
    expect(one.puts().has("containers/vhds")).toBe(true);
    expect(image(one)).toMatchObject({
      location: "eastus",
      properties: { hyperVGeneration: "V2", storageProfile: { osDisk: { osType: "Linux", osState: "Generalized" } } },
    });
    expect(osDisk(one)).toMatchObject({ blobUri: expect.stringMatching(NAME) });
    expect(osDisk(one)).toMatchObject({
      blobUri: expect.stringContaining(`https://${name.split("/")[1]}.blob.core.windows.net/vhds/`),
    });
    expect(one.puts().get("virtualMachines/mycluster-coreos-0").properties.storageProfile.imageReference.id).toMatch(
      /images\/mycluster-image$/,
    );
  });
  test("--blob-container-url is where it goes, and no account is made", async () => {
    const one = azure();
    created(await one.run(`${FLAGS} disk.vhd --blob-container-url https://acme1.blob.core.windows.net/images/`));
    expect(account(one)).toBeUndefined();
    expect(osDisk(one)).toMatchObject({ blobUri: expect.stringContaining("https://acme1.blob.core.windows.net/images/disk-") });
  });
  test("a blob's signature is kept nowhere and shown nowhere", async () => {
    const one = azure();
    const { stderr, stdout } = created(
      await one.run(`${FLAGS} https://acme1.blob.core.windows.net/vhds/a.vhd?sv=1&sig=SECRET --simulate`),
    );
    const again = await one.run(`${FLAGS} https://acme1.blob.core.windows.net/vhds/a.vhd?sv=1&sig=SECRET`);
    expect(osDisk(one)).toMatchObject({ blobUri: "https://acme1.blob.core.windows.net/vhds/a.vhd" });
    expect(JSON.stringify(one.exchanges) + stderr + stdout + again.stderr + again.stdout).not.toContain("SECRET");
  });
  test("a second run makes no second image, needs no file, and grows with the same", async () => {
    const one = azure();
    created(await one.run(`${FLAGS} disk.vhd`));
    one.exchanges.length = 0;
    created(
      await one.run("mycluster --num-nodes 2 --wait-for machines", { dir: "/", env: { AZURE_COREOS_CLUSTER_DIR: one.dir } }),
    );
    expect([...one.puts().keys()].filter((name) => /images|storageAccounts|containers/.test(name))).toEqual([]);
    expect(one.puts().get("virtualMachines/mycluster-coreos-1").properties.storageProfile.imageReference.id).toMatch(
      /images\/mycluster-image$/,
    );
  });
  test.each([
    ["in somebody's group it goes", 200, []],
    ["where Azure does not tell what is in it, it stays, which is said", 403, ["storageAccounts", "containers"]],
  ])("--rollback of the account that was made for it: %s", async (_, status, left) => {
    const one = azure();
    await addGroup(one, "shared");
    const forbidden = JSON.stringify({ error: { code: "AuthorizationFailed", message: "no" } });
    const { exit, stderr } = await one.run(`${FLAGS} disk.vhd --resource-group shared --rollback`, {
      azure: (request) => {
        const refused =
          (request.method === "PUT" && request.url.includes("/virtualMachines/")) ||
          (request.method === "GET" && request.url.includes("/containers?") && status === 403);
        return refused ? Promise.resolve({ status: 403, headers: {}, body: forbidden }) : one.simulation.handle(request);
      },
    });
    expect(exit, stderr).toBe(4);
    expect(stderr).toMatch(left.length === 0 ? /nothing of it is left/ : /in part: 1 of .*storageAccounts.*\n.*ContentsUnknown/);
    const kinds = everything(one).map((id) => id.split("/").at(-2));
    expect(kinds).toEqual(["resourceGroups", ...left]);
  });
  test("an account that an earlier run made for it stays", async () => {
    const one = azure();
    await addGroup(one, "shared");
    const run = (flags: string): Promise<Result> =>
      one.run(`${FLAGS} disk.vhd --resource-group shared ${flags}`, {
        azure: (request) =>
          request.method === "PUT" && request.url.includes("/images/")
            ? Promise.resolve({ status: 403, headers: {}, body: JSON.stringify({ error: { code: "AuthorizationFailed" } }) })
            : one.simulation.handle(request),
      });
    await run("");
    const before = everything(one);
    expect((await run("--rollback")).stderr).toContain("nothing of this run is there to remove");
    expect([everything(one), before.some((id) => id.includes("storageAccounts"))]).toEqual([before, true]);
  });
  test("the same image under another name is the same; another one is refused", async () => {
    const one = azure();
    created(await one.run(`${FLAGS} disk.vhd`));
    cpSync(join(one.dir, "disk.vhd"), join(one.dir, "copy.vhd"));
    makeVhd(join(one.dir, "other.vhd"), 8, [{ at: 0, bytes: UEFI }]);
    created(await one.run(`${FLAGS} copy.vhd`));
    one.exchanges.length = 0;
    expect(await one.run(`${FLAGS} other.vhd`)).toMatchObject({ exit: 7, stderr: expect.stringContaining("(ImageFixed)") });
    expect(one.puts().size).toBe(0);
  });
  test("a dry run writes nothing", async () => {
    const one = azure();
    expect((await one.run(`${FLAGS} disk.vhd --dry-run`)).exit).toBe(0);
    expect(one.puts().size).toBe(0);
  });
  test.each([
    ["missing.vhd", "", 2, "missing.vhd"],
    ["no.vhd", "", 2, "NotAVhd"],
    ["disk.vhd", "--blob-container-url https://acme1.blob.core.chinacloudapi.cn/vhds/", 2, "AzureChinaCloud"],
    ["disk.vhd", "--blob-container-url https://acme1.file.core.windows.net/vhds/", 2, "file service"],
    ["bios.vhd", "--vm-size Standard_D2s_v6", 5, "GenerationMismatch"],
  ])("%s %s is refused before anything is written", async (file, flags, exit, message) => {
    const one = azure();
    writeFileSync(join(one.dir, "no.vhd"), "no VHD at all");
    makeVhd(join(one.dir, "bios.vhd"), 8, []);
    const result = await one.run(`${FLAGS} ${file} ${flags}`);
    expect([result.exit, result.stderr]).toEqual([exit, expect.stringContaining(message)]);
    expect(one.puts().size).toBe(0);
  });
  test("an account in another region is refused, an own one too", async () => {
    const one = azure();
    created(await one.run(`${FLAGS} disk.vhd --location eastus`));
    const url = String((osDisk(one) as { blobUri?: string }).blobUri);
    one.exchanges.length = 0;
    const other = await one.run(
      `${FLAGS.replace("mycluster", "second")} disk.vhd --blob-container-url ${url.slice(0, url.lastIndexOf("/"))}`,
    );
    expect([other.exit, other.stderr]).toEqual([5, expect.stringContaining("ImageInOtherLocation")]);
    expect(one.puts().size).toBe(0);
  });
});

describe.skipIf(azurite === undefined)("with Azurite", () => {
  let gate: Gate;
  beforeEach(async () => void (gate = await openGate(await azuritePort())));
  afterEach(() => gate.close());

  const began = realClock.now();
  const quick: Clock = {
    now: () => START + (realClock.now() - began) * 60,
    sleep: (ms, signal) => realClock.sleep(ms / 60, signal),
  };
  const blobs = async (container: string): Promise<string[]> => {
    const names: string[] = [];
    for await (const { name } of (
      await openContainer({ location: parseContainerUrl(`${gate.account}/${container}`) })
    ).listBlobsFlat())
      names.push(name);
    return names;
  };

  test("a file is uploaded into a container that is made, with progress, and not again", async () => {
    const one = azure(quick);
    const url = `--blob-container-url ${gate.account}/first/`;
    const { stderr } = created(await one.run(`${FLAGS} disk.vhd ${url} --verbose`));
    expect(stderr).toMatch(/uploaded 0 of 2 MiB[\s\S]*uploaded 2 of 2 MiB/);
    expect(gate.puts().length).toBeGreaterThan(0);
    expect(osDisk(one)).toMatchObject({ blobUri: `${gate.account}/first/${(await blobs("first"))[0]}` });
    gate.seen.length = 0;
    created(await one.run(`${FLAGS} disk.vhd ${url}`));
    expect(gate.seen).toEqual([]);
  });
  test("without a container the account's own endpoint is used", async () => {
    const one = azure(quick);
    const toAzurite = async (
      request: Parameters<TestAzure["simulation"]["handle"]>[0],
    ): Promise<Awaited<ReturnType<TestAzure["simulation"]["handle"]>>> => {
      const answer = await one.simulation.handle(request);
      return {
        ...answer,
        ...(answer.body === undefined
          ? {}
          : { body: answer.body.replace(/https:\/\/coreos\w+\.blob\.core\.windows\.net\//, `${gate.account}/`) }),
      };
    };
    created(await one.run(`${FLAGS} disk.vhd`, { azure: toAzurite }));
    expect(await blobs("vhds")).toHaveLength(1);
    expect(osDisk(one)).toMatchObject({ blobUri: expect.stringContaining(`${gate.account}/vhds/disk-`) });
  });
  test("a blob is looked at before it is taken", async () => {
    const one = azure(quick);
    created(await one.run(`${FLAGS} disk.vhd --blob-container-url ${gate.account}/second`));
    const [name = ""] = await blobs("second");
    const other = azure(quick);
    created(await other.run(`${FLAGS} ${gate.account}/second/${name}`));
    expect(osDisk(other)).toMatchObject({ blobUri: `${gate.account}/second/${name}` });
    const bad = await azure(quick).run(`${FLAGS} ${gate.account}/second/none.vhd`);
    expect([bad.exit, bad.stderr]).toEqual([expect.any(Number), expect.stringContaining("BlobNotFound")]);
  });
  test("a dry run makes no container", async () => {
    const one = azure(quick);
    expect((await one.run(`${FLAGS} disk.vhd --blob-container-url ${gate.account}/third --dry-run`)).exit).toBe(0);
    expect(gate.seen.map(({ method }) => method).filter((method) => method === "PUT")).toEqual([]);
  });
  test("Ctrl-C ends the upload at once; the same command goes on with the rest", async () => {
    const one = azure(quick);
    const command = `${FLAGS} disk.vhd --blob-container-url ${gate.account}/fourth`;
    let interrupt = (): void => undefined;
    gate.rule = ({ query }) => {
      if (gate.puts().length === 2 && query.includes("comp=page")) interrupt();
      return false;
    };
    expect((await one.run(command, { onInterrupt: (stop) => (interrupt = stop) })).exit).toBe(130);
    expect(image(one)).toBeUndefined();
    gate.rule = () => false;
    created(await one.run(command));
    expect(image(one)).toBeDefined();
  });
});
