/**
 * What is advised is typed: no command may write to the file it reads, or to another that is there, which may be somebody's only key.
 * Held for every file that is refused, under every name that a command could write to; the commands are run, where they can be.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { unusedPath } from "../../src/core/unused-path.ts";
import { checkUserDataFile } from "../../src/core/user-data/check.ts";
import type { Finding } from "../../src/core/user-data/check/finding.ts";
import { selfSigned } from "../../src/prepare/certificate.ts";
import { pathExists } from "../../src/prepare/beside.ts";
import { readGivenKey } from "../../src/prepare/ssh-given-key.ts";
import { sameSshKey } from "../../src/prepare/ssh-public-key.ts";
import { checkManagementCertificate } from "../../src/prepare/sign-in-certificate.ts";
import { has } from "../programs.ts";
import { newFolder, runIn } from "./folder.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const line = (comment: string): string =>
  `ssh-ed25519 ${Buffer.concat([Buffer.of(0, 0, 0, 11), Buffer.from("ssh-ed25519"), Buffer.of(0, 0, 0, 32), Buffer.alloc(32, comment)]).toString("base64")} ${comment}\n`;
const block = (label: string): string => `-----BEGIN ${label}-----\nMAA=\n-----END ${label}-----\n`;
const der = rsa.export({ type: "pkcs8", format: "der" });
const lockedDer = rsa.export({ type: "pkcs8", format: "der", cipher: "aes-256-cbc", passphrase: "x" });
const pem = rsa.export({ type: "pkcs8", format: "pem" }).toString();
const lockedPem = rsa.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" });
/** As DER it begins like a PFX, or like SignedData, and says no more. */
const pkcs12 = Buffer.from("3082000a0201033003020100", "hex");
const pkcs7 = Buffer.from("300d06092a864886f70d010702a000", "hex");

const refusals: readonly (readonly [what: string, content: string | Buffer])[] = [
  ["a PuTTY key", "PuTTY-User-Key-File-3: ssh-rsa\n"],
  ["ssh.com's private key", "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n"],
  ["a PGP key", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"],
  ["a certificate request", block("CERTIFICATE REQUEST")],
  ["a certificate request of old", block("NEW CERTIFICATE REQUEST")],
  ["JSON", "{}"],
  ["a web page", "<!DOCTYPE html>"],
  ["an RSA key of .NET", "<RSAKeyValue>"],
  ["two keys", line("a") + line("b")],
  ["options in front", `no-pty ${line("a")}`],
  ["a known_hosts line", `host ${line("a")}`],
  ["a private key in DER", der],
  ["one under a passphrase", lockedDer],
  ["one under a passphrase in PEM", lockedPem],
  ["a private key in PEM", pem],
  ["a damaged one", block("RSA PRIVATE KEY")],
  ["PKCS#12", pkcs12],
  ["PKCS#7", pkcs7],
  ["PKCS#7 in PEM", block("PKCS7")],
  ["DER of any other kind", Buffer.from("30820002", "hex")],
  ["prose", "hello"],
  ["nothing", ""],
];

const NAMES = ["id", "id.key", "id.pem", "id.pub", "id.ppk", "my id.pem", "azure-cert.pem", "azure-cert.pfx"];

/** A folder where every name that a command could want is taken, one of them by a link that leads nowhere; and what is in the files. */
function crowded(file: string, content: string | Buffer): { folder: string; contents: () => Map<string, string> } {
  const folder = newFolder();
  for (const stem of ["id", "my id", "azure-cert"])
    for (const ending of [".key", ".pem", ".pub", "-plain.pem"]) writeFileSync(join(folder, `${stem}${ending}`), stem);
  symlinkSync(join(folder, "nowhere"), join(folder, "id-2.pub"));
  writeFileSync(join(folder, file), content, { mode: 0o600 });
  const names = readdirSync(folder).filter((name) => name !== "id-2.pub");
  return { folder, contents: () => new Map(names.map((name) => [name, readFileSync(join(folder, name), "base64")])) };
}

const adviceOf = async (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "",
    (error: unknown) => (error as { advice?: string }).advice ?? "",
  );

/** As a shell reads them: in quotes, or without blanks. */
const written = (advice: string): string[] =>
  [...advice.matchAll(/(?:> |-out |-o |-out-file )('[^']*'|[^\s);]+)/g)].map(([, word = ""]) => word.replaceAll("'", ""));

const commands = (advice: string): string[] =>
  advice.match(
    /\(umask 077; (?:\{[^}]*\}[^)]*|[^)]*)\)|(?<![;{] )\b(?:openssl|puttygen|ssh-keygen -y) [^;(]*|\b(?:grep -oE|sed -n) .*/g,
  ) ?? [];

const ways = [
  ["--ssh-cert", (file: string) => readGivenKey(file, "--ssh-cert")],
  ["--ssh-key", (file: string) => readGivenKey(file, "--ssh-key")],
  ["--azure-cert", (file: string) => checkManagementCertificate(file, Date.UTC(2026, 0, 1))],
] as const;

test.each(ways)("%s: no advice writes to a file that is there", async (_, read) => {
  for (const name of NAMES) {
    const { folder } = crowded(name, "");
    for (const [what, content] of refusals) {
      writeFileSync(join(folder, name), content);
      const advice = await adviceOf(read(join(folder, name)));
      for (const file of written(advice)) {
        expect(file, `${what} as ${name}: ${advice}`).toMatch(/^\//);
        expect(pathExists(file), `${what} as ${name}: ${advice}`).toBe(false);
      }
    }
  }
});

/** Each with the name by which the command wrote over its own input, or over what was beside it. */
test.skipIf(!has("openssl") || !has("puttygen"))("what is advised leaves everything as it is when it is typed", async () => {
  const typed = [
    ["a private key in DER", "--ssh-cert", "id.key"],
    ["PKCS#12", "--ssh-cert", "id.pem"],
    ["a PuTTY key", "--ssh-cert", "id.key"],
    ["a certificate request", "--ssh-cert", "id.pub"],
    ["two keys", "--ssh-cert", "id.pub"],
    ["options in front", "--ssh-cert", "id.pub"],
    ["PKCS#12", "--ssh-key", "id.key"],
    ["a private key in PEM", "--azure-cert", "azure-cert.pem"],
    ["a private key in DER", "--azure-cert", "azure-cert.pem"],
    ["PKCS#12", "--azure-cert", "azure-cert.pfx"],
    ["PKCS#7", "--azure-cert", "azure-cert.pem"],
  ] as const;
  for (const [what, flag, name] of typed) {
    const { folder, contents } = crowded(name, refusals.find(([one]) => one === what)?.[1] ?? "");
    const before = contents();
    const read = ways.find(([one]) => one === flag)?.[1];
    const found = commands(await adviceOf(read?.(join(folder, name)) ?? Promise.resolve()));
    expect(found, what).not.toEqual([]);
    for (const command of found) spawnSync("sh", ["-c", command], { cwd: folder, stdio: "ignore", timeout: 20_000 });
    expect(contents(), `${what} as ${name}: ${found.join()}`).toEqual(before);
  }
});

test.skipIf(!has("openssl"))("the key of a .pfx that --ssh-key names is taken out", async () => {
  const folder = newFolder();
  const run = runIn(folder);
  writeFileSync(join(folder, "k.pem"), pem, { mode: 0o600 });
  writeFileSync(
    join(folder, "c.pem"),
    await selfSigned({ key: pem, subject: [{ name: "CN", value: "x" }], days: 1, now: Date.now() }),
  );
  run("openssl", "pkcs12", "-export", "-inkey", "k.pem", "-in", "c.pem", "-passout", "pass:", "-out", "mine.pfx");
  const advice = await adviceOf(readGivenKey(join(folder, "mine.pfx"), "--ssh-key"));
  const [command = ""] = commands(advice);
  run("sh", "-c", command.replace("pkcs12", "pkcs12 -passin pass:"));
  const taken = await readGivenKey(join(folder, "mine.key"), "--ssh-key");
  expect(taken.privateKeyFile).toBe(join(folder, "mine.key"));
  expect(sameSshKey(taken.publicKey, (await readGivenKey(join(folder, "k.pem"))).publicKey)).toBe(true);
});

/** Forms that openssl does not read: the command reads the file through what undoes them. */
const WRAPPED: readonly (readonly [what: string, wrap: (bytes: Buffer) => string | Buffer])[] = [
  ["in base64", (bytes) => bytes.toString("base64")],
  ["in base64 in lines of Windows", (bytes) => bytes.toString("base64").replaceAll(/.{76}/g, "$&\r\n")],
  ["with \\n written out", (bytes) => JSON.stringify(bytes.toString())],
  ["in UTF-16", (bytes) => Buffer.from(`\uFEFF${bytes.toString()}`, "utf16le")],
];

describe.skipIf(!has("openssl") || !has("perl"))("what is advised of a file in another wrapping, typed", () => {
  const text = WRAPPED.slice(2);
  test.each([
    ["a .pfx", "--azure-cert", WRAPPED.slice(0, 2), "pkcs12 -export -inkey k.pem -in c.pem -passout pass:x -out f"],
    ["a .pfx", "--ssh-cert", WRAPPED.slice(0, 2), "pkcs12 -export -inkey k.pem -in c.pem -passout pass:x -out f"],
    ["a .pfx", "--ssh-key", WRAPPED.slice(0, 2), "pkcs12 -export -inkey k.pem -in c.pem -passout pass:x -out f"],
    ["a key in DER", "--ssh-key", WRAPPED.slice(0, 2), "pkey -in k.pem -outform DER -out f"],
    ["a key in DER", "--azure-cert", WRAPPED.slice(0, 2), "pkey -in k.pem -outform DER -out f"],
    ["a key alone", "--azure-cert", WRAPPED, "pkey -in k.pem -out f"],
    ["a locked key", "--azure-cert", WRAPPED, "pkey -in k.pem -aes256 -passout pass:x -out f"],
    ["a locked key", "--ssh-cert", WRAPPED, "pkey -in k.pem -aes256 -passout pass:x -out f"],
    ["a request", "--ssh-cert", text, "req -new -key k.pem -subj /CN=x -out f"],
  ] as const)("%s as %s", async (what, flag, wrapped, made) => {
    const certificate = await selfSigned({
      key: pem,
      subject: [{ name: "CN", value: "x" }],
      days: 400,
      now: Date.UTC(2026, 0, 1),
    });
    const read = ways.find(([one]) => one === flag)?.[1] as (typeof ways)[number][1];
    const folderWith = (names: readonly string[]): string => {
      const folder = newFolder();
      for (const name of names) writeFileSync(join(folder, name), name === "k.pem" ? pem : certificate, { mode: 0o600 });
      return folder;
    };
    const source = folderWith(["k.pem", "c.pem"]);
    runIn(source)("openssl", ...made.split(" "));
    const plain = readFileSync(join(source, "f"));
    const both = what === "a locked key" && flag === "--azure-cert" ? Buffer.concat([plain, Buffer.from(certificate)]) : plain;
    for (const [how, wrap] of wrapped) {
      const folder = folderWith(["k.pem", "CERTIFICATE.pem"]);
      writeFileSync(join(folder, "my file"), wrap(both), { mode: 0o600 });
      const advice = await adviceOf(read(join(folder, "my file")));
      const command = /\(umask 077; .*?'\)|(?<=: )(?:base64|tr|iconv|perl) .*/s.exec(advice)?.[0] ?? advice;
      runIn(folder)("sh", "-ec", command.replaceAll(/openssl (pkcs12|pkey)/g, "openssl $1 -passin pass:x"));
      const [out = ""] = written(command);
      const taken = await read(out);
      if ("publicKey" in taken)
        expect(sameSshKey(taken.publicKey, (await readGivenKey(join(folder, "k.pem"))).publicKey), how).toBe(true);
    }
  });
});

test.each([
  ["UTF-16", Buffer.from("\uFEFF#cloud-config\n", "utf16le"), "ud.yaml-2.utf8"],
  ["Windows-1252", Buffer.from("#cloud-config\n# m\xfc\n", "latin1"), "ud.yaml-2.utf8"],
  ["base64", Buffer.from(Buffer.from("#cloud-config\n# more\n").toString("base64")), "ud.yaml-2.plain"],
  ["bzip2", Buffer.from("BZh91AY"), "ud.yaml-2.plain"],
  ["Butane", Buffer.from("variant: flatcar\nversion: 1.0.0\n"), "ud.yaml-2.json"],
  ["a Container Linux Config", Buffer.from("systemd: {}\n"), "ud.yaml-2.json"],
])("user-data that is %s: neither", (_, bytes, made) => {
  const folder = newFolder();
  for (const ending of ["", ".utf8", ".plain", ".json"]) writeFileSync(join(folder, `ud.yaml${ending}`), bytes);
  const file = join(folder, "ud.yaml");
  for (const platform of ["flatcar", "ubuntu"] as const) {
    const advice = checkUserDataFile(bytes, { platform, file, isThere: pathExists });
    expect(written(advice.map((finding) => finding.advice ?? "").join(" ")).every((path) => path === join(folder, made))).toBe(
      true,
    );
  }
});

const script = "#!/bin/bash\necho hello\n";
const crlf = script.replaceAll("\n", "\r\n");

/** Each leads to the script by what is advised of it, of what comes of that, and so on. */
test.each([
  ["CRLF", crlf],
  ["a byte order mark", `\uFEFF${script}`],
  ["UTF-16", Buffer.from(`\uFEFF${script}`, "utf16le")],
  ["base64", btoa(script)],
  ["base64 of CRLF", btoa(crlf)],
])("what is advised of a gzip of %s is typed, and the gzip stays as it is", (_, inside) => {
  for (const [platform, name] of [
    ["flatcar", "my ud.gz"],
    ["ubuntu", "ud"],
  ] as const) {
    const folder = newFolder();
    const packed = join(folder, name);
    const bytes = gzipSync(inside);
    writeFileSync(packed, bytes);
    let file = packed;
    for (let steps = 0; steps < 3; steps++) {
      const advice = errorsOf(file, platform).find(({ level }) => level === "error")?.advice;
      if (advice === undefined) break;
      const typed = advice.match(/\b(?:gunzip <|base64 -d|iconv -f|sed -i) (?:'[^']*'|[^';,(])+/g) ?? [];
      execFileSync("sh", ["-ec", typed.join("\n")], { cwd: folder });
      file = written(advice).at(-1) ?? file;
    }
    expect(readFileSync(file, "utf8")).toBe(script);
    expect(readFileSync(packed).equals(bytes)).toBe(true);
  }
});

const errorsOf = (file: string, platform: "flatcar" | "ubuntu"): readonly Finding[] =>
  checkUserDataFile(readFileSync(file), { platform, file, isThere: pathExists, gunzip: (packed) => gunzipSync(packed) });

test.each([
  [
    "Butane",
    gzipSync("variant: flatcar\nversion: 1.0.0\n"),
    "flatcar",
    "then make Ignition of it: butane --strict ud.plain > ud.plain.json",
  ],
  ["bzip2", gzipSync("BZh91AY"), "ubuntu", "then bzip2 -dc ud.plain > ud.plain.plain"],
] as const)("the command for %s in a gzip names what is inside", (_, bytes, platform, then) => {
  const findings = checkUserDataFile(bytes, { platform, file: "ud", gunzip: (packed) => gunzipSync(packed) });
  expect(findings.map(({ advice }) => advice)).toContain(`Give it unpacked: gunzip < ud > ud.plain; ${then}`);
});

test.each(["flatcar", "ubuntu"] as const)(
  "%s: a command for a part of multipart MIME names no file that holds other parts",
  (platform) => {
    const type = "Content-Type: text/x-shellscript";
    const whole = `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="x"\n\n--x\n${type}\n\n${crlf}--x--\n`;
    const [found] = checkUserDataFile(Buffer.from(whole), { platform, file: "ud.txt" });
    expect(found?.advice).toMatch(/^Write the part to a file PART, and put back what comes of this: dos2unix PART/);
    expect(found?.advice).not.toContain("ud.txt");
  },
);

test.each([
  ["a", "a-3"],
  ["a.pem", "a-3.pem"],
  ["a.b/c", "a.b/c-3"],
  [".pem", ".pem-3"],
])("the name for %s, where that and the next are there: %s", (path, expected) => {
  let left = 2;
  expect(unusedPath(path, () => left-- > 0)).toBe(expected);
});

test("a folder that cannot be looked into, or a name that is too long, ends nothing in a search", () => {
  const folder = newFolder();
  mkdirSync(join(folder, "d"));
  writeFileSync(join(folder, "file"), "");
  for (const path of [join(folder, "x".repeat(300)), join(folder, "file", "x"), join(folder, "none", "x")])
    expect(unusedPath(path, pathExists)).toBe(path);
});
