import { createPublicKey, generateKeyPairSync } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseThumbprint, prepareSshKey, type SshKey, type SshKeyOptions } from "../../src/prepare/ssh-keys.ts";
import { beginOwnKey } from "../../src/prepare/ssh-own-key.ts";
import { selfSigned, thumbprint, toDer } from "../../src/prepare/certificate.ts";
import { openSshPublicKey, sameSshKey, sshThumbprint } from "../../src/prepare/ssh-public-key.ts";
import { DEFAULT_SUBJECT } from "../../src/prepare/subject.ts";
import { has } from "../programs.ts";
import { filesIn, modeOf, newFolder, runIn } from "./folder.ts";

const now = Date.UTC(2026, 10, 22);
const ALL = ["ssh-cert.cer", "ssh-cert.key", "ssh-cert.pem", "ssh-cert.pub"];
const prepare = (dir: string, more: Partial<SshKeyOptions> = {}): Promise<SshKey> => prepareSshKey({ dir, now, ...more });

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const RSA_KEY = pair.privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const RSA_PUB = openSshPublicKey(pair.publicKey, "me") ?? "";
const ED_PUB = openSshPublicKey(generateKeyPairSync("ed25519").publicKey, "ed") ?? "";
let certificate = "";
/** Two sets of the four files, made once: RSA keys are what these tests would otherwise wait for. */
const sets: string[] = [];
beforeAll(async () => {
  certificate = await selfSigned({ key: RSA_KEY, subject: DEFAULT_SUBJECT.attributes, days: 1, now });
  for (const _ of ["one", "other"]) {
    const dir = mkdtempSync(join(tmpdir(), "prepare-"));
    sets.push(dir);
    await prepare(dir);
  }
});
afterAll(() => sets.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

/** A folder with the four files of one key. */
async function withKey(set: 0 | 1 = 0): Promise<{ dir: string; key: SshKey }> {
  const dir = newFolder();
  cpSync(sets[set] ?? "", dir, { recursive: true });
  return { dir, key: await prepare(dir) };
}
const put = (dir: string, files: Record<string, string | Buffer>): void => {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content, { mode: 0o600 });
};

test("without flags four files are made that belong together", async () => {
  const dir = newFolder();
  const key = await prepare(dir);
  expect(filesIn(dir)).toEqual(ALL);
  expect(key).toMatchObject({ made: true, notes: [], privateKeyFile: join(dir, "ssh-cert.key") });
  expect(key.thumbprint).toBe(thumbprint(readFileSync(join(dir, "ssh-cert.cer"))));
  expect(`${key.publicKey}\n`).toBe(readFileSync(join(dir, "ssh-cert.pub"), "utf8"));
  expect(ALL.map((name) => modeOf(join(dir, name)))[1]).toBe("0600");
  for (const name of ALL) expect(readFileSync(join(dir, name), "latin1").includes("\r\n") && name !== "ssh-cert.cer").toBe(false);
  expect(toDer(readFileSync(join(dir, "ssh-cert.pem"))).equals(readFileSync(join(dir, "ssh-cert.cer")))).toBe(true);
});

test("what is there is used as it is", async () => {
  const { dir, key } = await withKey();
  const before = ALL.map((name) => readFileSync(join(dir, name), "latin1"));
  expect(await prepare(dir)).toEqual(key);
  expect(ALL.map((name) => readFileSync(join(dir, name), "latin1"))).toEqual(before);
});

test.each(Array.from({ length: 15 }, (_, index) => ALL.filter((__, bit) => (index >> bit) & 1)))(
  "killed at any point: with %s %s %s missing the rest is completed, and the key stays the same",
  async (...missing) => {
    const { dir, key } = await withKey();
    for (const name of missing) rmSync(join(dir, name));
    const again = await prepare(dir);
    expect(sameSshKey(again.publicKey, key.publicKey)).toBe(true);
    expect(again.made).toBe(false);
    const keyMissing = missing.includes("ssh-cert.key");
    const certificateKept = !missing.includes("ssh-cert.pem") || !missing.includes("ssh-cert.cer");
    if (certificateKept) expect(again.thumbprint).toBe(key.thumbprint);
    expect(filesIn(dir)).toEqual(
      ALL.filter((name) => !keyMissing || (name !== "ssh-cert.key" && (certificateKept || name === "ssh-cert.pub"))),
    );
    expect(again.privateKeyFile).toBe(keyMissing ? undefined : join(dir, "ssh-cert.key"));
    expect(again.notes.length).toBe(keyMissing ? 1 : 0);
  },
);

test("four at once agree on one key and one certificate", async () => {
  const dir = newFolder();
  const keys = await Promise.all(Array.from({ length: 4 }, () => prepare(dir)));
  expect(new Set(keys.map(({ publicKey, thumbprint }) => `${publicKey} ${thumbprint}`)).size).toBe(1);
  expect(keys.filter(({ made }) => made)).toHaveLength(1);
  expect(filesIn(dir)).toEqual(ALL);
  expect((await prepare(dir)).thumbprint).toBe(keys[0]?.thumbprint);
});

test.each(["ssh-cert.key", "ssh-cert.pem", "ssh-cert.pub", "ssh-cert.cer"])(
  "another key's %s is an error that names files, and nothing is changed",
  async (name) => {
    const { dir } = await withKey();
    const other = await withKey(1);
    copyFileSync(join(other.dir, name), join(dir, name));
    const before = ALL.map((file) => readFileSync(join(dir, file), "latin1"));
    await expect(prepare(dir)).rejects.toMatchObject({ code: "SshKeyMismatch", message: expect.stringContaining("ssh-cert.") });
    expect(ALL.map((file) => readFileSync(join(dir, file), "latin1"))).toEqual(before);
  },
);

test.each([
  [
    "an ECDSA key",
    generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey.export({ type: "sec1", format: "pem" }),
    "SshKeyUnreadable",
  ],
  ["prose", "not a key", "SshKeyUnreadable"],
  [
    "RSA of 1024 bits",
    generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs1", format: "pem" }),
    "SshKeyRefused",
  ],
])("ssh-cert.key that is %s is refused", async (_, content, code) => {
  const dir = newFolder();
  put(dir, { "ssh-cert.key": content });
  await expect(prepare(dir)).rejects.toMatchObject({ code });
  expect(filesIn(dir)).toEqual(["ssh-cert.key"]);
});

test("a key that others may read is used, with a warning", async () => {
  const { dir } = await withKey();
  chmodSync(join(dir, "ssh-cert.key"), 0o644);
  expect((await prepare(dir)).notes).toEqual([expect.stringContaining("chmod 600")]);
});

test("a key under a passphrase is used with what lies beside it; alone it cannot be", async () => {
  const { dir, key } = await withKey();
  const locked = pair.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" });
  put(dir, { "ssh-cert.key": locked });
  expect((await prepare(dir)).publicKey).toBe(key.publicKey);
  const alone = newFolder();
  put(alone, { "ssh-cert.key": locked });
  await expect(prepare(alone)).rejects.toMatchObject({
    code: "SshKeyUnreadable",
    advice: expect.stringContaining("ssh-keygen -y"),
  });
});

/** What `--ssh-cert` is given, what lies beside it, and what comes of it. */
test.each<[string, () => Record<string, string | Buffer>, { privateKey?: string; thumb: boolean; line: string }]>([
  ["x.cer", () => ({ "x.cer": toDer(certificate), "x.key": RSA_KEY }), { privateKey: "x.key", thumb: true, line: RSA_PUB }],
  ["x.cer", () => ({ "x.cer": certificate }), { thumb: true, line: RSA_PUB }],
  ["x.pem", () => ({ "x.pem": certificate, "x.key": RSA_KEY }), { privateKey: "x.key", thumb: true, line: RSA_PUB }],
  ["both.pem", () => ({ "both.pem": RSA_KEY + certificate }), { privateKey: "both.pem", thumb: true, line: RSA_PUB }],
  [
    "id_rsa.pub",
    () => ({ "id_rsa.pub": `${RSA_PUB}\n`, id_rsa: RSA_KEY }),
    { privateKey: "id_rsa", thumb: false, line: RSA_PUB },
  ],
  ["id_rsa", () => ({ id_rsa: RSA_KEY }), { privateKey: "id_rsa", thumb: false, line: RSA_PUB }],
  ["id.pub", () => ({ "id.pub": ED_PUB }), { thumb: false, line: ED_PUB }],
  ["spki.pem", () => ({ "spki.pem": pair.publicKey.export({ type: "spki", format: "pem" }) }), { thumb: false, line: RSA_PUB }],
])("--ssh-cert %s", async (file, files, expected) => {
  const dir = newFolder();
  put(dir, files());
  const key = await prepare(dir, { sshCert: join(dir, file) });
  expect(sameSshKey(key.publicKey, expected.line)).toBe(true);
  expect(key.thumbprint).toBe(expected.thumb ? thumbprint(certificate) : undefined);
  expect(key.privateKeyFile).toBe(expected.privateKey === undefined ? undefined : join(dir, expected.privateKey));
  expect(key.notes.length).toBe(expected.privateKey === undefined ? 1 : 0);
  expect(filesIn(dir)).toEqual(Object.keys(files()).toSorted());
});

test.each<[string, string | Buffer | undefined, string, string]>([
  ["prose", "hello", "SshKeyRefused", "ssh-keygen -t ed25519"],
  ["bytes that start like DER", Buffer.of(0x30, 0x82, 1, 2), "SshCertificateUnreadable", ".cer (DER)"],
  ["a damaged PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "SshCertificateUnreadable", ".cer (DER)"],
  [
    "a damaged public PEM",
    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "SshCertificateUnreadable",
    ".cer (DER)",
  ],
  ["no file", undefined, "SshCertificateMissing", "There is no such file."],
])("--ssh-cert with %s is an error that helps", async (_, content, code, advice) => {
  const dir = newFolder();
  if (content !== undefined) put(dir, { "x.cer": content });
  await expect(prepare(dir, { sshCert: join(dir, "x.cer") })).rejects.toMatchObject({
    code,
    advice: expect.stringContaining(advice),
    exit: 2,
  });
});

test("a certificate for an ECDSA key is refused, as Azure would", async () => {
  const dir = newFolder();
  const key = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
  put(dir, { "x.pem": await selfSigned({ key, subject: DEFAULT_SUBJECT.attributes, days: 1, now }) });
  await expect(prepare(dir, { sshCert: join(dir, "x.pem") })).rejects.toMatchObject({
    code: "SshKeyRefused",
    message: expect.stringContaining("type ec"),
  });
});

test("a private key beside it that is another one is an error", async () => {
  const { dir } = await withKey();
  renameSync(join(dir, "ssh-cert.key"), join(dir, "x.key"));
  put(dir, { "x.cer": certificate });
  await expect(prepare(dir, { sshCert: join(dir, "x.cer") })).rejects.toMatchObject({ code: "SshKeyMismatch" });
});

test.each([
  ["as openssl prints it", (hex: string) => hex.replaceAll(/..(?=.)/g, "$&:")],
  ["in lower case", (hex: string) => hex.toLowerCase()],
  ["as Windows lets it be copied", (hex: string) => `\u200E${hex.replaceAll(/..(?=.)/g, "$& ")}`],
])("--ssh-thumb that agrees with --ssh-cert, %s", async (_, form) => {
  const dir = newFolder();
  put(dir, { "x.cer": certificate, "id.pub": ED_PUB });
  const ofCertificate = await prepare(dir, { sshCert: join(dir, "x.cer"), sshThumb: form(thumbprint(certificate)) });
  expect(ofCertificate.thumbprint).toBe(thumbprint(certificate));
  expect((await prepare(dir, { sshCert: join(dir, "id.pub"), sshThumb: form(sshThumbprint(ED_PUB)) })).publicKey).toBe(ED_PUB);
});

test("--ssh-thumb that does not agree: the error says both", async () => {
  const dir = newFolder();
  put(dir, { "x.cer": certificate });
  const wrong = prepare(dir, { sshCert: join(dir, "x.cer"), sshThumb: "A".repeat(40) });
  await expect(wrong).rejects.toThrow("A".repeat(40));
  await expect(wrong).rejects.toThrow(thumbprint(certificate));
});

test.each(["", "123", "Z".repeat(40), "A".repeat(64), `SHA256:${"A".repeat(43)}`, `MD5:${"aa:".repeat(15)}aa`])(
  "--ssh-thumb %j is no thumbprint",
  async (sshThumb) => {
    await expect(prepare(newFolder(), { sshThumb })).rejects.toMatchObject({ code: "Usage" });
  },
);

test.each([
  ["hexadecimal digits", "{hex}"],
  ["ssh-keygen's form", "SHA1:{base64}"],
  ["that without its name", "{base64}"],
  ["padded", "{base64}="],
  ["ssh-keygen's whole line", "2048 SHA1:{base64} me@here (RSA)"],
  ["openssl's whole line", "sha1 Fingerprint={colons}"],
  ["openssl's of old", "SHA1 Fingerprint={colons}\n"],
])("--ssh-thumb as %s", (_, form) => {
  const hex = sshThumbprint(RSA_PUB);
  const base64 = Buffer.from(hex, "hex").toString("base64").replace("=", "");
  const text = form
    .replace("{hex}", hex)
    .replace("{base64}", base64)
    .replace("{colons}", hex.match(/../g)?.join(":") ?? "");
  expect(parseThumbprint(text)).toBe(hex);
});

test.skipIf(!has("openssl") || !has("ssh-keygen"))("what the advised commands show is taken", async () => {
  const dir = newFolder();
  put(dir, { "x.pub": `${RSA_PUB}\n`, "x.pem": certificate });
  const missing = prepare(dir, { sshThumb: "B".repeat(40) });
  const advice = await missing.then(
    () => "",
    (error: unknown) => (error as { advice: string }).advice,
  );
  const [x509 = "", keygen = ""] = advice.match(/\b(openssl|ssh-keygen) .*?-?FILE/g) ?? [];
  const shown = (command: string, file: string): string => runIn(dir)("sh", "-c", command.replace("FILE", file));
  expect(parseThumbprint(shown(x509, "x.pem"))).toBe(thumbprint(certificate));
  expect(parseThumbprint(shown(keygen, "x.pub"))).toBe(sshThumbprint(RSA_PUB));
});

test("--ssh-thumb alone finds the key here, or the one stored in Azure, or says that there is none", async () => {
  const { dir, key } = await withKey();
  expect(await prepare(dir, { sshThumb: key.thumbprint ?? "" })).toMatchObject({ publicKey: key.publicKey, made: false });
  expect((await prepare(dir, { sshThumb: sshThumbprint(key.publicKey) })).privateKeyFile).toBe(join(dir, "ssh-cert.key"));
  const stored = await prepare(dir, { sshThumb: sshThumbprint(ED_PUB), storedKey: ED_PUB });
  expect(stored).toMatchObject({ publicKey: ED_PUB, made: false, files: [] });
  expect(stored.privateKeyFile).toBeUndefined();
  const empty = newFolder();
  await expect(prepare(empty, { sshThumb: "B".repeat(40) })).rejects.toMatchObject({ code: "SshThumbprintNotFound", exit: 5 });
  expect(filesIn(empty)).toEqual([]);
});

test("the cluster's own key is used, never another made: with its private half here, and without", async () => {
  const { dir, key } = await withKey();
  const clusterKey = `${key.publicKey.split(" ").slice(0, 2).join(" ")} as-azure-has-it`;
  expect(await prepare(dir, { clusterKey })).toEqual({ ...key, publicKey: clusterKey });
  const empty = newFolder();
  const elsewhere = await prepare(empty, { clusterKey });
  expect(elsewhere).toMatchObject({ publicKey: clusterKey, made: false, notes: [expect.stringContaining("is not here")] });
  expect(filesIn(empty)).toEqual([]);
  const other = await withKey(1);
  expect((await prepare(other.dir, { clusterKey })).notes).toEqual([expect.stringContaining("is another one")]);
});

test("a given key that is not the cluster's is refused before anything is written", async () => {
  const dir = newFolder();
  put(dir, { "id.pub": ED_PUB });
  const sshCert = join(dir, "id.pub");
  await expect(prepare(dir, { sshCert, clusterKey: RSA_PUB })).rejects.toMatchObject({ code: "SshKeyDiffers", exit: 5 });
  expect((await prepare(dir, { sshCert, clusterKey: ED_PUB })).publicKey).toBe(ED_PUB);
});

test("no private key is in anything that is returned or thrown", async () => {
  const { dir, key } = await withKey();
  const secret = readFileSync(join(dir, "ssh-cert.key"), "utf8").split("\n")[5] ?? "";
  expect(secret.length).toBe(64);
  expect(JSON.stringify(key)).not.toContain(secret);
  mkdirSync(join(dir, "sub"));
  const broken = readFileSync(join(dir, "ssh-cert.key"), "utf8").replace(secret, secret.toLowerCase());
  put(join(dir, "sub"), { "ssh-cert.key": broken });
  const error: unknown = await prepare(join(dir, "sub")).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "ClusterError" });
  expect(`${String(error)} ${JSON.stringify(error)} ${String((error as Error).cause)}`).not.toContain(secret.toLowerCase());
});

test("a key that was begun is the one that is kept, and none is begun where one is there", async () => {
  const dir = newFolder();
  const subject = (): Promise<typeof DEFAULT_SUBJECT> => Promise.resolve(DEFAULT_SUBJECT);
  const begun = beginOwnKey({ dir, subject });
  const key = await begun;
  expect(filesIn(dir)).toEqual([]);
  const { publicKey, made } = await prepare(dir, { begun });
  expect(made).toBe(true);
  expect(sameSshKey(publicKey, openSshPublicKey(createPublicKey(key!), "me") ?? "")).toBe(true);
  expect(await beginOwnKey({ dir, subject })).toBeUndefined();
});
