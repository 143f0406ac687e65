/** How a container is opened: by the emulator's key, a given key, a SAS, a token, and a key where the token may not. */
import { setDefaultCACertificates, getCACertificates } from "node:tls";
import forge from "node-forge";
import { ContainerClient } from "@azure/storage-blob";
import { ContainerSASPermissions } from "@azure/storage-blob";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClusterError } from "../../../src/core/errors.ts";
import { type ContainerLocation, parseContainerUrl } from "../../../src/azure/vhd/container.ts";
import { openContainer } from "../../../src/azure/vhd/credentials.ts";
import { azurite, type Gate, openGate, azuritePort } from "./azurite.ts";

const WRONG_KEY = Buffer.alloc(64, 7).toString("base64");

function selfSigned(): { key: string; cert: string } {
  const keys = forge.pki.rsa.generateKeyPair(2048);
  const cert = forge.pki.createCertificate();
  cert.publicKey = keys.publicKey;
  cert.validity.notBefore = new Date(Date.now() - 3_600_000);
  cert.validity.notAfter = new Date(Date.now() + 3_600_000);
  cert.setSubject([{ name: "commonName", value: "127.0.0.1" }]);
  cert.setIssuer([{ name: "commonName", value: "127.0.0.1" }]);
  cert.setExtensions([
    { name: "basicConstraints", cA: true },
    { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] },
  ]);
  cert.sign(keys.privateKey, forge.md.sha256.create());
  return { key: forge.pki.privateKeyToPem(keys.privateKey), cert: forge.pki.certificateToPem(cert) };
}

describe.skipIf(azurite === undefined)("opening a container of Azurite", () => {
  let gate: Gate;
  beforeAll(async () => {
    gate = await openGate(await azuritePort());
  });
  afterAll(() => gate?.close());
  const at = (container: string): ContainerLocation => parseContainerUrl(`${gate.account}/${container}/`);
  const failure = async (access: Parameters<typeof openContainer>[0]): Promise<ClusterError> =>
    openContainer(access).then(
      () => Promise.reject(new Error("it was opened")),
      (error: unknown) => error as ClusterError,
    );

  it("makes it when it is missing, and takes it when it is there", async () => {
    expect(await (await openContainer({ location: at("made") })).exists()).toBe(true);
    expect(await (await openContainer({ location: at("made") })).exists()).toBe(true);
  });

  it("makes nothing when only an existing one is wanted", async () => {
    expect(await failure({ location: at("absent"), make: false })).toMatchObject({ code: "ContainerNotFound", exit: 1 });
    const client = await openContainer({ location: at("other") });
    expect(await new ContainerClient(`${gate.account}/absent`, client.credential).exists()).toBe(false);
  });

  it("asks for the key on loopback, and names the account when there is none", async () => {
    const asked: string[] = [];
    const listKeys = async (account: string): Promise<string> => (asked.push(account), WRONG_KEY);
    const error = await failure({ location: at("made"), listKeys });
    expect(asked).toEqual(["devstoreaccount1"]);
    expect(error).toMatchObject({ code: "AuthorizationFailure", exit: 4 });
    expect(JSON.stringify([error, error.message, error.stack, error.advice])).not.toContain(WRONG_KEY);
    const elsewhere = parseContainerUrl(`${gate.account.replace("devstoreaccount1", "acme1")}/vhds`);
    expect(await failure({ location: elsewhere })).toMatchObject({ code: "NoCredential", exit: 4 });
  });

  it("takes a SAS of the container, which may not make one, and shows it nowhere", async () => {
    const made = await openContainer({ location: at("signed") });
    const query = {
      permissions: ContainerSASPermissions.parse("racw"),
      expiresOn: new Date(Date.now() + 3_600_000),
      version: "2025-05-05",
    };
    const location = parseContainerUrl(await made.generateSasUrl(query));
    const client = await openContainer({ location });
    await client.getPageBlobClient("disk.vhd").create(512);
    expect((await made.getPageBlobClient("disk.vhd").getProperties()).blobType).toBe("PageBlob");
    const dead = parseContainerUrl(await made.generateSasUrl({ ...query, expiresOn: new Date(Date.now() - 1000) }));
    const { uploadVhd } = await import("../../../src/azure/vhd/upload.ts");
    const { realClock } = await import("../../../src/operations/real-clock.ts");
    const footer = { virtualSize: 0, uniqueId: "", creator: "", generation: { generation: "V1", reason: "" } } as const;
    const vhd = { file: "x.vhd", size: 512, footer, identity: "0".repeat(64), writes: [], dataBytes: 0 };
    const error: ClusterError = await uploadVhd({
      vhd,
      container: await openContainer({ location: dead }),
      clock: realClock,
    }).then(
      () => Promise.reject(new Error("an expired SAS worked")),
      (error: unknown) => error as ClusterError,
    );
    expect(error.exit).toBe(4);
    const signature = new URLSearchParams(dead.sas).get("sig") ?? "";
    expect(signature).not.toBe("");
    expect(decodeURIComponent(JSON.stringify([error, error.message, error.stack, error.advice]))).not.toContain(signature);
  });

  it("says so when nothing listens", async () => {
    const error = await failure({ location: parseContainerUrl("http://127.0.0.1:1/devstoreaccount1/vhds") });
    expect(error).toMatchObject({ code: "ECONNREFUSED", exit: 1 });
    expect(error.advice).toMatch(/emulator running/);
  });

  describe("with a token, over https", () => {
    let secure: Gate;
    let location: ContainerLocation;
    const trusted = getCACertificates("default");
    const scopes: unknown[] = [];
    const credential = {
      getToken: async (scope: unknown) => (scopes.push(scope), { token: "TOKEN", expiresOnTimestamp: Date.now() + 3_600_000 }),
    };
    const refuse = (code: string): void => {
      secure.rule = ({ headers }, response) => {
        if (headers.authorization !== "Bearer TOKEN") return false;
        response.writeHead(403, { "x-ms-error-code": code }).end();
        return true;
      };
    };
    beforeAll(async () => {
      const tls = selfSigned();
      setDefaultCACertificates([...trusted, tls.cert]);
      secure = await openGate(await azuritePort(), tls);
      // As if it were Azure: over https and not told to be loopback.
      location = { ...parseContainerUrl(`${secure.account}/vhds`), loopback: false, sas: undefined };
    });
    afterAll(async () => {
      setDefaultCACertificates(trusted);
      await secure?.close();
    });
    const key = async (): Promise<string> => {
      const { BlobServiceClient, StorageSharedKeyCredential } = await import("@azure/storage-blob");
      const { credential } = BlobServiceClient.fromConnectionString("UseDevelopmentStorage=true");
      if (!(credential instanceof StorageSharedKeyCredential)) throw new Error("no key");
      return (credential as unknown as { accountKey: Buffer }).accountKey.toString("base64");
    };

    it("asks for storage's audience and uses no key when the token may", async () => {
      secure.rule = ({ headers }, response) => {
        if (headers.authorization === "Bearer TOKEN") response.writeHead(201).end();
        return true;
      };
      await openContainer({ location, credential, listKeys: () => Promise.reject(new Error("asked for a key")) });
      expect(scopes.flat()).toEqual(["https://storage.azure.com/.default"]);
    });

    it("falls back to the account's key when the identity has no role on the data", async () => {
      refuse("AuthorizationPermissionMismatch");
      const client = await openContainer({ location, credential, listKeys: key });
      expect(await client.exists()).toBe(true);
      expect(secure.seen.at(-1)?.headers.authorization).toMatch(/^SharedKey devstoreaccount1:/);
    });

    it("names the role when there is no key either", async () => {
      refuse("AuthorizationPermissionMismatch");
      const error = await failure({ location, credential, listKeys: async () => undefined });
      expect(error).toMatchObject({ code: "AuthorizationPermissionMismatch", exit: 4 });
      expect(error.advice).toContain("Storage Blob Data Contributor");
    });

    it("does not try the key where a firewall refused", async () => {
      refuse("AuthorizationFailure");
      const listKeys = (): Promise<string> => Promise.reject(new Error("asked for a key"));
      expect(await failure({ location, credential, listKeys })).toMatchObject({ code: "AuthorizationFailure", exit: 4 });
    });
  });
});
