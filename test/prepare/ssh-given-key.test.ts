/**
 * `--ssh-cert` with every form in which ssh-keygen, PuTTY, openssl, Azure and Windows write a key: made by the programs themselves,
 * and read as the same key, or named with the command that makes it readable; those commands are run, where they can be.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readGivenKey } from "../../src/prepare/ssh-given-key.ts";
import { sameSshKey } from "../../src/prepare/ssh-public-key.ts";
import { has } from "../programs.ts";
import { newFolder } from "./folder.ts";

const ready = has("ssh-keygen") && has("openssl") && has("puttygen");

/** A folder with an RSA key, its certificate and what other programs make of them, by one line of shell each. */
const SOURCE = [
  "ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -C me@here -f rsa",
  "ssh-keygen -q -t ed25519 -N '' -C me@here -f ed",
  "openssl req -x509 -new -batch -key rsa -subj /CN=x -days 9 -out x.crt",
  "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -keyout ca.key -batch -subj /CN=ca -days 9 -out ca.crt 2>/dev/null",
  "openssl req -new -batch -key rsa -subj /CN=leaf -out leaf.csr",
  "openssl x509 -req -in leaf.csr -CA ca.crt -CAkey ca.key -days 9 -out leaf.crt 2>/dev/null",
  "openssl genpkey -algorithm ed25519 -out e8",
];

const shell = (folder: string, ...lines: string[]): void =>
  void execFileSync("sh", ["-ec", lines.join("\n")], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });

const base = mkdtempSync(join(tmpdir(), "given-key-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const LINES = (): readonly string[] => [...READ, ...NAMED, ...SEVERAL].map(([, line]) => line);

let made = false;
/** A folder with the files of SOURCE, in which one more line of shell was run. One shell makes all of them: a program is slow to start. */
function folderWith(line: string): string {
  if (!made) {
    const folders = LINES().flatMap((one, at) => [`cp -rp source ${at}`, `cd ${at}`, one, "cd .."]);
    shell(base, "mkdir source", "cd source", ...SOURCE, "cd ..", ...folders);
  }
  made = true;
  return join(base, `${LINES().indexOf(line)}`);
}
const keyIn = (folder: string, name: "rsa" | "ed"): string => readFileSync(join(folder, `${name}.pub`), "utf8");

/** What is in the file f, how it is made, and whose key it is. */
const READ = [
  ["an OpenSSH line", "cp rsa.pub f", "rsa"],
  ["in quotes, as a configuration file has it", "{ printf '\"'; tr -d '\\n' < ed.pub; printf '\",\\n'; } > f", "ed"],
  ["with CRLF, comments and blank lines", "{ printf '# mine\\r\\n\\r\\n'; sed 's/$/\\r/' rsa.pub; } > f", "rsa"],
  ["with a byte order mark", "{ printf '\\357\\273\\277'; cat ed.pub; } > f", "ed"],
  ["UTF-16 as PowerShell writes it", "iconv -t utf-16 rsa.pub > f", "rsa"],
  ["UTF-16, the other way round", "{ printf '\\376\\377'; iconv -t utf-16be ed.pub; } > f", "ed"],
  ["UTF-16 without a mark", "iconv -t utf-16le ed.pub > f", "ed"],
  ["wrapped, as Azure stores keys that it made", "fold -w 64 rsa.pub | sed 's/$/\\r/' > f", "rsa"],
  ["the second word alone", "cut -d' ' -f2 rsa.pub > f", "rsa"],
  ["a line in base64, as a CI's secret has it", "base64 -w0 ed.pub > f", "ed"],
  ["a line in base64, of UTF-16", "iconv -t utf-16 rsa.pub | base64 | sed 's/$/\\r/' > f", "rsa"],
  ["a variable of a shell", "{ printf 'KEY=\"'; tr -d '\\n' < rsa.pub; printf '\"\\n'; } > f", "rsa"],
  ["RFC 4716", "ssh-keygen -e -f rsa.pub > f", "rsa"],
  ["RFC 4716 of Ed25519", "ssh-keygen -e -f ed.pub > f", "ed"],
  ["PuTTYgen's saved public key", "puttygen rsa -O public -o f", "rsa"],
  ["PuTTYgen's, with CRLF", "puttygen rsa -O public -o p; sed 's/$/\\r/' p > f", "rsa"],
  [
    "RFC 4716 with continued headers",
    "ssh-keygen -e -f rsa.pub | sed 's/^Comment.*/Comment: \"a long\\\\\\n one\"\\nx-note: mine/' > f",
    "rsa",
  ],
  ["PKCS#8 public PEM", "ssh-keygen -e -m PKCS8 -f rsa.pub > f", "rsa"],
  ["PKCS#1 public PEM", "ssh-keygen -e -m PEM -f rsa.pub > f", "rsa"],
  ["public DER", "openssl pkey -in rsa -pubout -outform DER -out f", "rsa"],
  ["PKCS#1 public DER", "openssl rsa -in rsa -RSAPublicKey_out -outform DER -out f", "rsa"],
  ["an Ed25519 public PEM", "openssl pkey -in e8 -pubout -out f", "ed8"],
  ["an Ed25519 public DER", "openssl pkey -in e8 -pubout -outform DER -out f", "ed8"],
  ["a certificate", "cp x.crt f", "rsa"],
  ["a certificate in DER", "openssl x509 -in x.crt -outform DER -out f", "rsa"],
  ["a certificate in bare base64", "openssl x509 -in x.crt -outform DER | base64 -w0 > f", "rsa"],
  ["bare base64 in lines", "openssl x509 -in x.crt -outform DER | base64 | sed 's/$/\\r/' > f", "rsa"],
  ["a certificate in UTF-16", "iconv -t utf-16 x.crt > f", "rsa"],
  ["a certificate, indented", "sed 's/^/    /' x.crt > f", "rsa"],
  ["a certificate in one line, as variables hold it", "awk '{printf \"%s\\\\n\", $0}' x.crt > f", "rsa"],
  ["openssl's text in front", "openssl x509 -in x.crt -text > f", "rsa"],
  ["TRUSTED CERTIFICATE", "openssl x509 -in x.crt -trustout -addtrust serverAuth -setalias mine -out f", "rsa"],
  ["PKCS#7", "openssl crl2pkcs7 -nocrl -certfile x.crt -out f", "rsa"],
  ["PKCS#7 in DER", "openssl crl2pkcs7 -nocrl -certfile x.crt -outform DER -out f", "rsa"],
  ["PKCS#7 under a certificate's label", "openssl crl2pkcs7 -nocrl -certfile x.crt | sed 's/PKCS7/CERTIFICATE/' > f", "rsa"],
  ["the leaf of a PKCS#7 chain", "openssl crl2pkcs7 -nocrl -certfile ca.crt -certfile leaf.crt -out f", "rsa"],
  [
    "Bag Attributes",
    "openssl pkcs12 -export -in x.crt -inkey rsa -passout pass: | openssl pkcs12 -passin pass: -noenc -out f",
    "rsa",
  ],
  ["an OpenSSH private key", "cp ed f", "ed"],
  ["one under a passphrase: its public half is in the clear", "cp ed f; ssh-keygen -q -p -P '' -N secret -f f", "ed"],
  ["a PKCS#1 private key", "cp rsa f", "rsa"],
  ["a PKCS#8 private key", "openssl pkey -in rsa -out f", "rsa"],
  [
    "one under a passphrase with its .pub beside it",
    "openssl pkey -in rsa -aes256 -passout pass:x -out f; cp rsa.pub f.pub",
    "rsa",
  ],
] as const;

/** What a file is, how it is made, what it is called; and whose key comes of the command that is advised. */
const NAMED = [
  ["PuTTY's .ppk 3", "puttygen ed -O private -o f.ppk", "f.ppk", "a PuTTY private key", "ed"],
  ["PuTTY's .ppk 2", "puttygen rsa -O private --ppk-param version=2 -o f.ppk", "f.ppk", "a PuTTY private key", "rsa"],
  ["ssh.com's private key", "puttygen rsa -O private-sshcom -o f.com", "f.com", "form of ssh.com", "rsa"],
  ["a private key of ECDSA", "ssh-keygen -q -t ecdsa -N '' -f f", "f", "of a kind that Azure does not take", undefined],
  [
    "a certificate for RSA-PSS",
    "openssl genpkey -algorithm RSA-PSS -out pss.key 2> /dev/null; openssl req -x509 -key pss.key -subj /CN=x -out f.pem",
    "f.pem",
    "is a key of type rsa-pss, which Azure does not take",
    undefined,
  ],
  ["a certificate request", "cp leaf.csr f.csr", "f.csr", "a certificate request", "rsa"],
  ["a private key in DER", "openssl pkey -in rsa -outform DER -out f.der", "f.der", "a private key in DER", "rsa"],
  [
    "PKCS#8 under a passphrase",
    "openssl pkey -in rsa -aes256 -passout pass: -out f.key",
    "f.key",
    "a private key whose public half cannot be read",
    undefined,
  ],
  ["PKCS#12", "openssl pkcs12 -export -in x.crt -inkey rsa -passout pass: -out f.pfx", "f.pfx", "a PKCS#12 file", undefined],
  [
    "PKCS#12 in base64",
    "openssl pkcs12 -export -in x.crt -inkey rsa -passout pass: | base64 > f.pfx",
    "f.pfx",
    "a PKCS#12 file",
    undefined,
  ],
  [
    "two leaves in PKCS#7",
    "openssl crl2pkcs7 -nocrl -certfile x.crt -certfile leaf.crt -out f.p7b",
    "f.p7b",
    "a PKCS#7 file with several certificates",
    undefined,
  ],
  [
    "a list of revoked certificates",
    "printf -- '-----BEGIN X509 CRL-----\\nAAAA\\n-----END X509 CRL-----\\n' > f.crl",
    "f.crl",
    "revoked",
    undefined,
  ],
  ["an OpenSSH certificate", "ssh-keygen -q -s rsa -I me ed.pub", "ed-cert.pub", "an OpenSSH certificate", undefined],
  ["a fingerprint", "ssh-keygen -l -f ed.pub > f", "f", "a fingerprint", undefined],
  ["ECDSA", "ssh-keygen -q -t ecdsa -N '' -f ec", "ec.pub", "of type ecdsa-sha2-nistp256, which Azure does not take", undefined],
  [
    "an ECDSA certificate",
    "openssl ecparam -name prime256v1 -genkey -noout -out k; openssl req -x509 -new -key k -batch -subj /CN=x -out f",
    "f",
    "type ec, which Azure does not take",
    undefined,
  ],
  ["a path", "echo '~/.ssh/id_rsa.pub' > f", "f", "the path of a file, and no key itself", undefined],
  ["a path of Windows", "echo 'C:\\Users\\me\\.ssh\\id_rsa' > f", "f", "the path of a file", undefined],
  ["a name", "echo id_rsa.pub > f", "f", "the path of a file", undefined],
  ["half a PEM", "head -3 x.crt > f", "f", "without the END line", undefined],
  ["an empty file", ": > f", "f", "is empty", undefined],
  ["a web page", "echo '<!DOCTYPE html><title>x</title>' > f", "f", "a web page", undefined],
  ["a PGP key", "echo '-----BEGIN PGP PUBLIC KEY BLOCK-----' > f", "f", "a PGP key", undefined],
  ["az's answer", 'echo \'{ "publicKey": "ssh-rsa AAAA" }\' > f', "f", "JSON", undefined],
  ["a key of SSH version 1", "printf '2048 65537 %0300d me\\n' 1 > f", "f", "SSH version 1", undefined],
] as const;

/** What a file holds beside a key, how it is made, and the file that the command that is advised makes of it. */
const SEVERAL = [
  ["options in front", `{ printf 'from="10.0.0.0/8",no-pty '; cat rsa.pub; } > f`, "f.pub"],
  ["two keys", "cat rsa.pub ed.pub > f.pub", "f-2.pub"],
  ["a key that is commented out", "{ echo '# mine'; sed 's/^/# /' rsa.pub; } > f.pub", "f-2.pub"],
  ["something else in front", "{ printf 'key='; printf '(\"'; cat rsa.pub; } > f.pub", "f-2.pub"],
] as const;

describe.skipIf(!ready)("read", () => {
  const handedOn: string[] = [];
  test.each(READ)("%s", async (_, line, whose) => {
    const folder = folderWith(line);
    const { publicKey } = await readGivenKey(join(folder, "f"));
    expect(publicKey).not.toContain("\n");
    if (whose === "ed8") expect(publicKey).toMatch(/^ssh-ed25519 AAAA/);
    else expect(sameSshKey(publicKey, keyIn(folder, whose))).toBe(true);
    handedOn.push(publicKey);
  });

  test("what we hand on, ssh-keygen reads, each of them", () => {
    const folder = newFolder();
    writeFileSync(join(folder, "handed-on.pub"), handedOn.map((key) => `${key}\n`).join(""));
    const read = execFileSync("ssh-keygen", ["-l", "-f", "handed-on.pub"], { cwd: folder, encoding: "utf8" });
    expect(read.trim().split("\n")).toHaveLength(handedOn.length);
  });
});

describe.skipIf(!ready)("named, with the command that helps", () => {
  test.each(NAMED)("%s", async (_, line, file, is, whose) => {
    const folder = folderWith(line);
    const path = join(folder, file);
    const error = (await readGivenKey(path).catch((thrown: unknown) => thrown)) as Error & { advice: string; exit: number };
    expect(error).toMatchObject({ name: "ClusterError", exit: 2, message: expect.stringContaining(is) });
    // nothing of a key is quoted
    const secrets = readFileSync(path, "latin1").match(/[A-Za-z0-9+/]{24,}/g) ?? [];
    for (const secret of secrets) expect(`${error.message} ${error.advice} ${String(error.cause)}`).not.toContain(secret);
    if (whose === undefined) return;
    const command = /(\(umask 077; [^)]*\)|openssl [^;(]*)/.exec(error.advice)?.[0] ?? "";
    shell(folder, command);
    const written = / (?:-o|-out) (\S+?)\)?$/.exec(command.trim())?.[1] ?? "";
    expect(sameSshKey((await readGivenKey(written)).publicKey, keyIn(folder, whose))).toBe(true);
  });
});

test.each(["sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"])(
  "a FIDO key (%s) is named as one",
  async (type) => {
    const folder = newFolder();
    writeFileSync(join(folder, "f.pub"), `${type} AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t me\n`);
    await expect(readGivenKey(join(folder, "f.pub"))).rejects.toThrow(`of type ${type}, which Azure does not take`);
  },
);

test.skipIf(!ready).each(SEVERAL)("%s: the command that is advised makes a file that is read", async (_, line, made) => {
  const folder = folderWith(line);
  const file = join(folder, line.endsWith(".pub") ? "f.pub" : "f");
  const error = (await readGivenKey(file).catch((thrown: unknown) => thrown)) as { advice: string };
  const command = /\b(grep -oE|sed -n) .*$/.exec(error.advice)?.[0] ?? "";
  expect(command).toContain(file);
  shell(folder, command);
  expect(sameSshKey((await readGivenKey(join(folder, made))).publicKey, keyIn(folder, "rsa"))).toBe(true);
});
