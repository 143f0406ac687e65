import { execFileSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { selfSigned, thumbprint, toDer } from "../../src/prepare/certificate.ts";
import { checkManagementCertificate, generateManagementCertificate } from "../../src/prepare/management-certificate.ts";
import { DEFAULT_SUBJECT, readCertConf } from "../../src/prepare/subject.ts";
import { has } from "../programs.ts";
import { filesIn, modeOf, newFolder, runIn } from "./folder.ts";

const DAY = 86_400_000;
const now = Date.UTC(2026, 10, 22);
const subject = DEFAULT_SUBJECT;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;
const pkcs8 = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();
const pkcs1 = rsa.export({ type: "pkcs1", format: "pem" }).toString();
const locked = rsa.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }).toString();
const lockedOld = rsa.export({ type: "pkcs1", format: "pem", cipher: "aes-128-cbc", passphrase: "x" }).toString();
let own = "";
let ofEc = "";
let ofOther = "";
beforeAll(async () => {
  const signed = (key: KeyObject): Promise<string> =>
    selfSigned({ key: pkcs8(key), subject: subject.attributes, days: 365, now });
  [own, ofEc, ofOther] = [await signed(rsa), await signed(ec), await signed(other)];
});

function fileOf(content: string | Buffer, name = "azure-cert.pem"): string {
  const file = join(newFolder(), name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

test("makes azure-cert.pem, 0600, and the .cer of the same certificate, valid for a year", async () => {
  const dir = newFolder();
  const made = await generateManagementCertificate(dir, { subject, now });
  expect(filesIn(dir)).toEqual(["azure-cert.cer", "azure-cert.pem"]);
  expect([modeOf(made.pemFile), made.made, made.notAfter]).toEqual(["0600", true, now + 365 * DAY]);
  expect(thumbprint(readFileSync(made.cerFile))).toBe(made.thumbprint);
  expect(readFileSync(made.pemFile, "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----\n[^]*\n-----BEGIN CERTIFICATE-----\n/);
  expect(readFileSync(made.pemFile, "utf8")).not.toContain("\r");
  expect(await generateManagementCertificate(dir, { subject, now })).toEqual({ ...made, made: false });
});

test("subject, bits and days are those asked for", async () => {
  const asked = readCertConf(
    "distinguished_name = dn\nprompt = no\ndefault_bits = 3072\n[dn]\nO=My Company\nCN=www.test.com",
  ).subject;
  const { pemFile, notAfter } = await generateManagementCertificate(newFolder(), { subject: asked, days: 30, now });
  expect(notAfter).toBe(now + 30 * DAY);
  expect((await checkManagementCertificate(pemFile, now)).subject).toBe("O=My Company, CN=www.test.com");
  expect(toDer(readFileSync(pemFile)).length).toBeGreaterThan(900);
});

test("a missing .cer is made from the .pem; a .cer alone is an error and stays", async () => {
  const dir = newFolder();
  const made = await generateManagementCertificate(dir, { subject, now });
  rmSync(made.cerFile);
  expect(await generateManagementCertificate(dir, { subject, now })).toEqual({ ...made, made: false });
  rmSync(made.pemFile);
  await expect(generateManagementCertificate(dir, { subject, now })).rejects.toMatchObject({
    code: "AzureCertificateNoKey",
    exit: 4,
  });
  expect(filesIn(dir)).toEqual(["azure-cert.cer"]);
});

test("a .cer of another certificate is an error that names it", async () => {
  const [a, b] = [newFolder(), newFolder()];
  await Promise.all([a, b].map((dir) => generateManagementCertificate(dir, { subject, now })));
  copyFileSync(join(b, "azure-cert.cer"), join(a, "azure-cert.cer"));
  await expect(generateManagementCertificate(a, { subject, now })).rejects.toMatchObject({ code: "AzureCertificateMismatch" });
});

test("six at once agree", async () => {
  const dir = newFolder();
  const all = await Promise.all(Array.from({ length: 6 }, () => generateManagementCertificate(dir, { subject, now })));
  expect(new Set(all.map(({ thumbprint }) => thumbprint)).size).toBe(1);
  expect(all.filter(({ made }) => made)).toHaveLength(1);
});

test.each<[string, () => string | Buffer]>([
  ["key, then certificate (2015)", () => pkcs8(rsa) + own],
  ["certificate, then key", () => own + pkcs8(rsa)],
  ["PKCS#1", () => pkcs1 + own],
  ["CRLF and text around", () => `Bag Attributes\r\n${(pkcs8(rsa) + own).replaceAll("\n", "\r\n")}`],
  ["UTF-16, as PowerShell writes it", () => Buffer.from(`\uFEFF${pkcs8(rsa)}${own}`, "utf16le")],
  ["a chain with the leaf first", () => pkcs8(rsa) + own + ofOther],
  ["\\n written out, as a CI's variable has it", () => JSON.stringify(pkcs8(rsa) + own)],
  ["one line", () => (pkcs8(rsa) + own).replaceAll("\n", " ")],
  ["base64 of both, as a CI's secret has it", () => btoa(pkcs8(rsa) + own)],
  ["base64 of both in lines", () => btoa(own + pkcs1).replaceAll(/.{76}/g, "$&\r\n")],
  ["indented, with blanks at line ends", () => (own + pkcs8(rsa)).replaceAll(/^|$/gm, "  ")],
])("--azure-cert accepts: %s", async (_, pem) => {
  const { pem: handedOn, ...read } = await checkManagementCertificate(fileOf(pem()), now);
  expect(read).toMatchObject({ thumbprint: thumbprint(own), notAfter: now + 365 * DAY, notes: [] });
  // what @azure/identity looks for
  expect(handedOn.match(/-+BEGIN CERTIFICATE-+\n[A-Za-z0-9+/\n]+=*\n-+END CERTIFICATE-+/g)?.[0]).toBe(own.trim());
  expect(createPrivateKey(handedOn).equals(rsa)).toBe(true);
});

/** As Windows exports it. */
const pfxOf = (pem: string): Buffer => execFileSync("openssl", ["pkcs12", "-export", "-passout", "pass:"], { input: pem });

const p7bOf = (form: "DER" | "PEM"): Buffer =>
  execFileSync("openssl", ["crl2pkcs7", "-nocrl", "-certfile", fileOf(own), "-outform", form]);

test.each([
  ["", "is empty"],
  ["\n", "is empty"],
  [Buffer.from("\uFEFFCN = x\n", "utf16le"), "is a text in UTF-16"],
  ["{}", "is JSON"],
])("--azure-cert names the kind of what it cannot use: %j %s", async (content, kind) => {
  await expect(checkManagementCertificate(fileOf(content), now)).rejects.toMatchObject({
    code: "AzureCertificateUnreadable",
    message: expect.stringContaining(kind),
  });
});

test.each<[string, () => string | Buffer, string, string]>([
  ["a .cer", () => toDer(own), "AzureCertificateNoKey", "the PEM file with both"],
  ["a certificate without key", () => own, "AzureCertificateNoKey", "the PEM file with both"],
  ["a key without certificate", () => pkcs8(rsa), "AzureCertificateMissing", "umask 077"],
  ["an encrypted key", () => locked + own, "AzureCertificateEncrypted", "openssl pkey -in"],
  ["an encrypted key of the old form", () => lockedOld + own, "AzureCertificateEncrypted", "openssl pkey -in"],
  ["an elliptic key", () => pkcs8(ec) + ofEc, "AzureCertificateKind", "generate-mgmt-cert"],
  ["a key of another certificate", () => pkcs8(other) + own, "AzureCertificateMismatch", "leaf comes first"],
  ["a chain with the leaf last", () => pkcs8(rsa) + ofOther + own, "AzureCertificateMismatch", "leaf comes first"],
  [
    "a damaged key",
    () => pkcs8(rsa).replace(/\n.{64}\n/, "\n") + own,
    "AzureCertificateUnreadable",
    "openssl pkey -noout -check",
  ],
  ["a damaged certificate", () => pkcs8(rsa) + own.replace(/\n.{64}\n/, "\n"), "AzureCertificateMissing", "umask 077"],
  ["prose", () => "hello", "AzureCertificateUnreadable", "openssl pkcs12"],
  [
    "a .publishsettings file",
    () =>
      `<?xml version="1.0"?>\n<PublishData><PublishProfile><Subscription ManagementCertificate="${pkcs8(rsa).split("\n")[8] ?? ""}" /></PublishProfile></PublishData>`,
    "AzureCertificatePublishSettings",
    "az login",
  ],
  ["a .pfx", () => pfxOf(pkcs8(rsa) + own), "AzureCertificatePkcs12", "openssl pkcs12 -in"],
  ["a .pfx in base64", () => pfxOf(pkcs8(rsa) + own).toString("base64"), "AzureCertificatePkcs12", "| openssl pkcs12 -noenc"],
  ["a .cer in base64", () => toDer(own).toString("base64"), "AzureCertificateNoKey", "the PEM file with both"],
  ["a key in DER", () => rsa.export({ type: "pkcs8", format: "der" }), "AzureCertificateMissing", "-inform DER"],
  ["a .p7b", () => p7bOf("DER"), "AzureCertificateNoKey", "-print_certs -inform DER -in"],
  ["a .p7b in base64", () => p7bOf("PEM"), "AzureCertificateNoKey", "openssl pkcs7 -print_certs -in"],
  ["a key for SSH", () => "ssh-rsa AAAA me\n", "AzureCertificateKind", "generate-mgmt-cert"],
  ["PuTTY's key", () => "PuTTY-User-Key-File-3: ssh-rsa\n", "AzureCertificateKind", "generate-mgmt-cert"],
])("--azure-cert refuses %s, and says what to do", async (_, content, code, advice) => {
  const error: unknown = await checkManagementCertificate(fileOf(content()), now).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, exit: 4, advice: expect.stringContaining(advice) });
  const secret = pkcs8(rsa).split("\n")[8] ?? "";
  expect(`${String(error)} ${JSON.stringify(error)} ${String((error as Error).cause)}`).not.toContain(secret);
});

test("a .cer is told which file has the key", async () => {
  const file = fileOf(toDer(own), "azure-cert.cer");
  await expect(checkManagementCertificate(file, now)).rejects.toMatchObject({
    advice: expect.stringContaining(file.replace(/cer$/, "pem")),
  });
});

test.each([
  ["expired", 366, "AzureCertificateExpired", "valid from 2026-11-21 to 2027-11-22, and today is 2027-11-23"],
  ["not yet valid", -2, "AzureCertificateNotYetValid", "today is 2026-11-20"],
])("%s: the error gives the dates", async (_, days, code, message) => {
  const file = fileOf(pkcs8(rsa) + own);
  await expect(checkManagementCertificate(file, now + days * DAY)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

test("no file, and warnings: readable by others, ends soon", async () => {
  await expect(checkManagementCertificate(join(newFolder(), "no.pem"), now)).rejects.toMatchObject({
    code: "AzureCertificateMissing",
    exit: 2,
  });
  const file = fileOf(pkcs8(rsa) + own);
  chmodSync(file, 0o644);
  const { notes } = await checkManagementCertificate(file, now + 350 * DAY);
  expect(notes).toEqual([expect.stringContaining("chmod 600"), expect.stringContaining("expires on 2027-11-22")]);
});

test.skipIf(!has("openssl"))(
  "the recipe of 2015 makes a file that is accepted, with openssl's thumbprint; openssl reads ours",
  async () => {
    const folder = newFolder();
    const run = runIn(folder);
    run(
      "openssl",
      "req",
      "-x509",
      "-nodes",
      "-days",
      "365",
      "-newkey",
      "rsa:2048",
      "-subj",
      "/O=My Company/CN=x",
      "-keyout",
      "old.pem",
      "-out",
      "old2.pem",
    );
    writeFileSync(
      join(folder, "old.pem"),
      readFileSync(join(folder, "old.pem"), "utf8") + readFileSync(join(folder, "old2.pem"), "utf8"),
      { mode: 0o600 },
    );
    const checked = await checkManagementCertificate(join(folder, "old.pem"), Date.now() + DAY);
    const print = run("openssl", "x509", "-in", "old.pem", "-noout", "-fingerprint", "-sha1");
    expect(checked.thumbprint).toBe(print.trim().split("=")[1]?.replaceAll(":", ""));
    await generateManagementCertificate(folder, { subject, now: Date.now() });
    const modulus = (...args: string[]): string => run("openssl", ...args, "-noout", "-modulus");
    expect(modulus("rsa", "-in", "azure-cert.pem")).toBe(modulus("x509", "-inform", "DER", "-in", "azure-cert.cer"));
  },
);
