/** Against a real Azurite, through a gate that counts what is sent and can stop it at any request. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerClient } from "@azure/storage-blob";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { realClock } from "../../../src/operations/real-clock.ts";
import type { Clock } from "../../../src/core/clock.ts";
import { checkSameLocation, inspectVhdBlob } from "../../../src/azure/vhd/blob.ts";
import { parseContainerUrl } from "../../../src/azure/vhd/container.ts";
import { openContainer } from "../../../src/azure/vhd/credentials.ts";
import { surveyVhd, vhdBlobName, type VhdSurvey } from "../../../src/azure/vhd/survey.ts";
import { uploadVhd, type UploadProgress } from "../../../src/azure/vhd/upload.ts";
import { azurite, type Gate, openGate, azuritePort } from "./azurite.ts";
import { makeVhd, MIB, noise } from "./vhd-file.ts";

const KIB = 1024;

describe.skipIf(azurite === undefined)("uploading a VHD to Azurite", () => {
  const folder = mkdtempSync(join(tmpdir(), "vhd-upload-"));
  let gate: Gate;
  let container: ContainerClient;
  let vhd: VhdSurvey;
  let disks = 0;

  beforeAll(async () => {
    gate = await openGate(await azuritePort());
    container = await openContainer({ location: parseContainerUrl(`${gate.account}/uploads/`) });
  });
  afterAll(async () => {
    await gate?.close();
    rmSync(folder, { recursive: true });
  });
  /** A new disk for every test: 8 MiB with 640 KiB of data in ten writes, two of them on both sides of a border of windows. */
  beforeEach(async () => {
    const data = [0, 1, 2, 3, 5, 6, 7].map((at) => ({ at: at * MIB, length: 64 * KIB }));
    vhd = await disk(8, [...data, { at: 4 * MIB - 64 * KIB, length: 192 * KIB }]);
    gate.rule = () => false;
    gate.seen.length = 0;
  });
  const disk = (mib: number, data: readonly { at: number; length: number }[]): Promise<VhdSurvey> => {
    const seed = ++disks;
    const written = data.map(({ at, length }, index) => ({ at, bytes: noise(length, seed + index) }));
    return surveyVhd(makeVhd(join(folder, `disk${seed}.vhd`), mib, written));
  };

  const blob = (): ReturnType<ContainerClient["getPageBlobClient"]> => container.getPageBlobClient(vhdBlobName(vhd));
  const upload = (more: Partial<Parameters<typeof uploadVhd>[0]> = {}): ReturnType<typeof uploadVhd> =>
    uploadVhd({ vhd, container, clock: realClock, concurrency: 2, ...more });
  const expectWhole = async (): Promise<void> => {
    expect((await blob().downloadToBuffer()).equals(readFileSync(vhd.file))).toBe(true);
    expect((await blob().getProperties()).metadata?.["coreosclusterstate"]).toBe("complete");
  };
  const writes = (): [number, number][] => vhd.writes.map(({ offset, length }): [number, number] => [offset, length]);
  const sorted = (spans: [number, number][]): [number, number][] => spans.toSorted(([a], [b]) => a - b);
  const isPut = (query: string): boolean => query.includes("comp=page") && !query.includes("pagelist");
  /** A clock whose sleeps of the given length end at once, told each time. */
  const hasty = (ms: number, told: () => void | Promise<void> = () => undefined): Clock => ({
    now: () => realClock.now(),
    sleep: async (wanted, signal) => (wanted === ms ? told() : realClock.sleep(wanted, signal)),
  });

  it("sends the pages with data and no others, each at most 4 MiB with its MD5, and the blob is the file", async () => {
    // a window of 4 MiB that is full, one with two runs, and empty ones between
    vhd = await disk(24, [
      { at: 0, length: MIB },
      { at: 16 * MIB, length: MIB },
      { at: 19 * MIB, length: 5 * MIB },
    ]);
    const progress: UploadProgress[] = [];
    const result = await upload({ onProgress: (step) => progress.push(step) });
    expect(sorted(gate.puts())).toEqual(writes());
    expect(gate.puts().every(([at, length]) => at % 512 === 0 && length % 512 === 0 && length <= 4 * MIB)).toBe(true);
    expect(gate.seen.filter(({ query }) => isPut(query)).every(({ headers }) => headers["content-md5"] !== undefined)).toBe(true);
    expect(result).toEqual({
      url: `${gate.account}/uploads/${vhdBlobName(vhd)}`,
      uploadedBytes: 7 * MIB + 512,
      skippedBytes: 17 * MIB,
    });
    expect(progress.at(0)).toEqual({ done: 17 * MIB, total: vhd.size, skipped: 17 * MIB });
    expect(progress.at(-1)).toEqual({ done: vhd.size, total: vhd.size, skipped: 17 * MIB });
    await expectWhole();
  });

  it("does nothing the second time", async () => {
    await upload();
    gate.seen.length = 0;
    expect(await upload()).toMatchObject({ uploadedBytes: 0, skippedBytes: vhd.size });
    expect(gate.seen.map(({ method }) => method)).toEqual(["HEAD"]);
  });

  it("stops at once when told to, and goes on with what is missing only", async () => {
    const stop = new AbortController();
    const reason = new Error("Ctrl-C");
    const onProgress = ({ done, skipped }: UploadProgress): void => void (done - skipped >= 256 * KIB && stop.abort(reason));
    await expect(upload({ signal: stop.signal, onProgress })).rejects.toBe(reason);
    const { metadata, leaseState } = await blob().getProperties();
    expect([metadata?.["coreosclusterstate"], leaseState]).toEqual(["incomplete", "available"]);
    const there = await blob().getPageRanges();
    gate.seen.length = 0;
    await upload();
    const again = gate.puts();
    expect(again.length).toBeGreaterThan(0);
    const starts = there._response.parsedBody?.pageRange?.map(({ offset }) => offset) ?? [];
    expect(starts.length).toBeGreaterThan(0);
    expect(again.filter(([at]) => starts.includes(at))).toEqual([]);
    await expectWhole();
  });

  it("what lacks a page in the end is no upload: somebody cleared one meanwhile", async () => {
    const [first] = vhd.writes;
    gate.rule = async ({ query }) => {
      const leaseId = gate.seen.map(({ headers }) => headers["x-ms-lease-id"]).find((id) => typeof id === "string");
      // the look at the end
      if (query.includes("comp=pagelist") && gate.puts().length === vhd.writes.length) {
        gate.rule = () => false;
        await blob().clearPages(first?.offset, first?.length, { conditions: { leaseId: String(leaseId) } });
      }
      return false;
    };
    await expect(upload()).rejects.toMatchObject({ code: "UploadIncomplete" });
    gate.seen.length = 0;
    await upload();
    expect(gate.puts()).toEqual([[first?.offset, first?.length]]);
    await expectWhole();
  });

  it("stops at once while it waits for an answer about the blob, too", async () => {
    const stop = new AbortController();
    const reason = new Error("Ctrl-C");
    gate.rule = () => (stop.abort(reason), true);
    await expect(upload({ signal: stop.signal })).rejects.toBe(reason);
  });

  it("survives SIGKILL between two pages", async () => {
    let held = 0;
    let full: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => (full = resolve));
    gate.rule = ({ query }) => {
      if (!isPut(query) || ++held <= 3) return false;
      full();
      return true;
    };
    const child = spawn(process.execPath, [join(import.meta.dirname, "upload-child.ts"), vhd.file, `${gate.account}/uploads`], {
      stdio: "inherit",
    });
    await stuck;
    child.kill("SIGKILL");
    await once(child, "exit");
    gate.rule = () => false;
    const sent = gate.puts().slice(0, 3);
    // The lease that the dead process left would run out by itself in half a minute.
    await container.getBlobClient(vhdBlobName(vhd)).getBlobLeaseClient().breakLease(0);
    gate.seen.length = 0;
    await upload();
    expect(sorted([...gate.puts(), ...sent])).toEqual(writes());
    await expectWhole();
  });

  it("waits for the lease of a dead process to run out", async () => {
    await blob().create(vhd.size, { metadata: { coreosclusterimage: vhd.identity, coreosclusterstate: "incomplete" } });
    const lease = blob().getBlobLeaseClient();
    await lease.acquireLease(60);
    let sleeps = 0;
    let waits = 0;
    const clock = hasty(2_000, async () => void (++sleeps === 3 && (await lease.releaseLease())));
    await upload({ clock, onWait: () => waits++ });
    expect([sleeps, waits]).toEqual([3, 1]);
    await expectWhole();
  });

  it("refuses a second upload while one is under way, and the first is not disturbed", async () => {
    let open: () => void = () => undefined;
    let arrived: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const begun = new Promise<void>((resolve) => (arrived = resolve));
    gate.rule = async ({ query }) => {
      if (!isPut(query)) return false;
      arrived();
      await opened;
      return false;
    };
    const first = upload({ concurrency: 1 });
    await begun;
    await expect(upload({ clock: hasty(2_000) })).rejects.toMatchObject({ code: "UploadInProgress", exit: 7 });
    expect(gate.puts()).toHaveLength(1);
    open();
    await first;
    expect(sorted(gate.puts())).toEqual(writes());
    await expectWhole();
  });

  it("stops when the lease was taken away", async () => {
    gate.rule = async ({ query }) => {
      if (isPut(query))
        await container
          .getBlobClient(vhdBlobName(vhd))
          .getBlobLeaseClient()
          .breakLease(0)
          .catch(() => undefined);
      return false;
    };
    await expect(upload()).rejects.toMatchObject({ code: "UploadLeaseLost", exit: 7 });
    expect((await blob().getProperties()).metadata?.["coreosclusterstate"]).toBe("incomplete");
  });

  it("stops when the lease could not be renewed", async () => {
    gate.rule = ({ query, headers }, response) => {
      if (isPut(query)) return true;
      if (headers["x-ms-lease-action"] !== "renew") return false;
      response.writeHead(409, { "x-ms-error-code": "LeaseIdMismatchWithLeaseOperation" }).end();
      return true;
    };
    await expect(upload({ clock: hasty(8_000) })).rejects.toMatchObject({ code: "UploadLeaseLost", exit: 7 });
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ["a block blob", () => container.getBlockBlobClient(vhdBlobName(vhd)).upload("theirs", 6), /is a BlockBlob/],
    ["a page blob without our mark", () => blob().create(vhd.size), /not made by this tool/],
    ["another image", () => blob().create(vhd.size, { metadata: { coreosclusterimage: "0".repeat(64) } }), /holds another image/],
    [
      "another size",
      () => blob().create(vhd.size + 512, { metadata: { coreosclusterimage: vhd.identity } }),
      /has \d+ bytes and not/,
    ],
  ])("leaves a blob of that name alone that is %s", async (_name, make, message) => {
    await make();
    const { etag } = await blob().getProperties();
    const refused = upload();
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ code: "BlobNotOurs", exit: 7 });
    expect((await blob().getProperties()).etag).toBe(etag);
  });

  it("sends nothing of a file that was changed after the survey", async () => {
    const handle = openSync(vhd.file, "r+");
    for (const { offset } of vhd.writes) writeSync(handle, Buffer.from([254, 255, 254]), 0, 3, offset + 8);
    closeSync(handle);
    await expect(upload()).rejects.toMatchObject({ code: "ImageFileChanged" });
    expect(gate.puts()).toEqual([]);
    appendFileSync(vhd.file, "more");
    await expect(surveyVhd(vhd.file)).rejects.toMatchObject({ code: "VhdDamaged" });
  });

  it("sends a request anew that was never answered, and one that got 503 or a reset", async () => {
    let puts = 0;
    let hangs: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => (hangs = resolve));
    gate.rule = ({ query }, response) => {
      if (!isPut(query)) return false;
      puts++;
      if (puts === 1) hangs();
      if (puts === 2) response.writeHead(503).end();
      if (puts === 4) response.destroy();
      return puts === 1 || puts === 2 || puts === 4;
    };
    // The first watch finds that two minutes have passed as soon as the request hangs; time stands still for the others.
    let now = 0;
    const clock: Clock = {
      now: () => now,
      sleep: async (ms, signal) => {
        if (ms !== 120_000 || now > 0) return realClock.sleep(ms, signal);
        await hanging;
        now = ms;
      },
    };
    await upload({ clock, concurrency: 1 });
    expect(puts).toBe(writes().length + 3);
    await expectWhole();
  });

  describe("an image that is a blob already", () => {
    it("is accepted when it is a complete page blob with a fixed VHD", async () => {
      await upload();
      const found = await inspectVhdBlob(container, vhdBlobName(vhd));
      expect(found).toEqual({ url: `${gate.account}/uploads/${vhdBlobName(vhd)}`, size: vhd.size, footer: vhd.footer });
    });

    it.each<[string, () => Promise<unknown>, string]>([
      ["is missing", async () => undefined, "BlobNotFound"],
      ["is a block blob", () => container.getBlockBlobClient(vhdBlobName(vhd)).upload("x", 1), "NotAPageBlob"],
      ["was not finished", () => blob().create(vhd.size, { metadata: { coreosclusterstate: "incomplete" } }), "UploadUnfinished"],
      ["is no VHD", () => blob().create(vhd.size), "NotAVhd"],
    ])("is refused when it %s", async (_name, make, code) => {
      await make();
      await expect(inspectVhdBlob(container, vhdBlobName(vhd))).rejects.toMatchObject({ code });
    });

    it("has to be where the cluster is", () => {
      expect(() => checkSameLocation("acme1", "West US", "westus")).not.toThrow();
      expect(() => checkSameLocation("acme1", "westus2", "West US")).toThrow(/is in westus2, the cluster in westus/);
    });
  });
});
