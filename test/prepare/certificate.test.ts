import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeCertificate, selfSigned, thumbprint, toDer, toPem } from "../../src/prepare/certificate.ts";
import { DEFAULT_SUBJECT } from "../../src/prepare/subject.ts";
import { has } from "../programs.ts";
import { newFolder, runIn } from "./folder.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const p256 = (): string =>
  generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const subject = DEFAULT_SUBJECT.attributes;

test.each([
  ["RSA", rsa],
  ["P-256", p256()],
])("%s: signed by its own key, with the name and the days asked for", async (_, key) => {
  const pem = await selfSigned({ key, subject, days: 365, now: NOW });
  const certificate = new X509Certificate(pem);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(certificate.subject).toBe("O=azure-coreos-cluster\nCN=azure-coreos-cluster");
  expect(Date.parse(certificate.validFrom)).toBe(NOW - HOUR);
  expect(Date.parse(certificate.validTo)).toBe(NOW + 365 * DAY);
  expect(certificate.ca).toBe(false);
});

test("PEM has LF line ends of 64 columns, and goes to DER and back", async () => {
  const pem = await selfSigned({ key: rsa, subject, days: 1, now: NOW });
  expect(pem).not.toContain("\r");
  expect(pem).toMatch(/^-----BEGIN CERTIFICATE-----\n([\w+/]{64}\n)*[\w+/]{1,64}={0,2}\n-----END CERTIFICATE-----\n$/);
  expect(toPem(toDer(pem))).toBe(pem);
  expect(thumbprint(toDer(pem))).toBe(thumbprint(pem));
});

test("thirty P-256 certificates: serial numbers differ, are 16 bytes and positive, and every point survives", async () => {
  const certificates = await Promise.all(
    Array.from({ length: 30 }, async () => new X509Certificate(await selfSigned({ key: p256(), subject, days: 1, now: NOW }))),
  );
  expect(new Set(certificates.map(({ serialNumber }) => serialNumber)).size).toBe(30);
  for (const certificate of certificates) {
    expect(certificate.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  }
});

test("a certificate ends no later than the one that signs it", async () => {
  const authority = p256();
  const issuer = await selfSigned({ key: authority, subject, days: 10, now: NOW, purpose: { usage: "authority" } });
  const key = createPrivateKey(p256());
  const pem = await makeCertificate({
    subject,
    publicKey: new X509Certificate(await selfSigned({ key: p256(), subject, days: 1, now: NOW })).publicKey,
    issuer,
    signingKey: createPrivateKey(authority),
    purpose: { usage: "identity" },
    days: 365,
    now: NOW + 5 * DAY,
  });
  expect(Date.parse(new X509Certificate(pem).validTo)).toBe(NOW + 10 * DAY);
  expect(new X509Certificate(pem).verify(new X509Certificate(issuer).publicKey)).toBe(true);
  expect(new X509Certificate(pem).checkPrivateKey(key)).toBe(false);
});

test("node-forge is loaded when a certificate is made, and not before", () => {
  const modules = ["ssh-keys", "management-certificate", "etcd-tls", "host-keys", "discovery"];
  const load = modules.map(
    (name) => `await import(${JSON.stringify(new URL(`../../src/prepare/${name}.ts`, import.meta.url).href)});`,
  );
  const loaded = `console.log(Object.keys(require("node:module")._cache).some((file) => file.includes("node-forge")));`;
  const script = `(async () => { ${load.join("")} ${loaded} await import("node-forge"); ${loaded} })()`;
  expect(runIn(process.cwd())(process.execPath, "-e", script)).toBe("false\ntrue\n");
});

test("past 2049 the date is still right", async () => {
  const certificate = new X509Certificate(await selfSigned({ key: rsa, subject, days: 36_500, now: NOW }));
  expect(Date.parse(certificate.validTo)).toBe(NOW + 36_500 * DAY);
});

test("an address that is no IPv4 address is a bug, not a certificate", async () => {
  const purpose = { usage: "tls", server: true, client: true, addresses: ["::1"], dnsNames: [] } as const;
  await expect(selfSigned({ key: rsa, subject, days: 1, now: NOW, purpose })).rejects.toMatchObject({ source: "bug" });
});

test.skipIf(!has("openssl")).each([
  ["RSA", rsa],
  ["P-256", p256()],
])("openssl verifies %s certificates and shows the same thumbprint, strictly", async (_, key) => {
  const folder = newFolder();
  const run = runIn(folder);
  const pem = await selfSigned({ key, subject, days: 365, now: Date.now() });
  writeFileSync(join(folder, "it.pem"), pem);
  writeFileSync(join(folder, "it.cer"), toDer(pem));
  expect(run("openssl", "verify", "-CAfile", "it.pem", "it.pem")).toBe("it.pem: OK\n");
  const print = run("openssl", "x509", "-inform", "DER", "-in", "it.cer", "-noout", "-fingerprint", "-sha1");
  expect(print.trim().split("=")[1]?.replaceAll(":", "")).toBe(thumbprint(pem));
  const text = run("openssl", "x509", "-in", "it.pem", "-noout", "-text");
  expect(text).toMatch(/Signature Algorithm: (sha256WithRSAEncryption|ecdsa-with-SHA256)/);
  expect(text).toMatch(/Key Usage: critical\s+Digital Signature, Key Encipherment\n/);
  const keyId = (name: string): string | undefined => new RegExp(`${name} Key Identifier: \\s+([0-9A-F:]+)`).exec(text)?.[1];
  expect(keyId("Subject")).toBe(keyId("Authority"));
  // openssl computes the identifier anew when it signs the key itself: ours must be the same.
  writeFileSync(join(folder, "key.pem"), key);
  run("openssl", "req", "-x509", "-new", "-key", "key.pem", "-subj", "/CN=x", "-out", "theirs.pem");
  expect(run("openssl", "x509", "-in", "theirs.pem", "-noout", "-ext", "subjectKeyIdentifier")).toContain(
    String(keyId("Subject")),
  );
});
