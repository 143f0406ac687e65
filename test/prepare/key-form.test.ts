/**
 * A private key in any form that people have it in: what ssh itself does not read is said, with a command that is typed here and makes
 * of it what ssh reads. What ssh reads, nothing is said of.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ClusterError } from "../../src/core/errors.ts";
import { shellWord } from "../../src/core/quoting.ts";
import { forSsh } from "../../src/nodes/private-key.ts";
import { notesOn } from "../../src/prepare/key-form.ts";
import { readGivenKey } from "../../src/prepare/ssh-given-key.ts";
import { openSshPublicKey, sameSshKey } from "../../src/prepare/ssh-public-key.ts";
import { everyThird, long } from "../long.ts";
import { has } from "../programs.ts";
import { makeKey } from "../nodes/sshd.ts";
import { newFolder } from "./folder.ts";

const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, "utf16le");
const crlf = (text: string): string => text.replaceAll("\n", "\r\n");
const other = "-----BEGIN DH PARAMETERS-----\nMAA=\n-----END DH PARAMETERS-----\n";

const FORMS: readonly (readonly [what: string, wrap: (pem: string) => string | Buffer])[] = [
  ["as it is", (pem) => pem],
  ["with another block after it", (pem) => pem + other],
  ["with another block before it", (pem) => other + pem],
  ["with openssl's words before it", (pem) => `Bag Attributes\n    localKeyID: 01\n${pem}`],
  ["with blanks at line ends", (pem) => pem.replaceAll("\n", " \t\n")],
  ["with the line ends of Windows", crlf],
  ["with those of Windows, and none at the end", (pem) => crlf(pem.trim())],
  ["with those of an old Mac", (pem) => pem.replaceAll("\n", "\r")],
  ["without the end of its last line", (pem) => pem.trim()],
  ["with an empty line first", (pem) => `\n${pem}`],
  ["with empty lines between", (pem) => pem.replaceAll("\n", "\n\n")],
  ["with a byte order mark", (pem) => `\uFEFF${pem}`],
  ["indented", (pem) => pem.replaceAll(/^/gm, "    ")],
  ["in one line", (pem) => pem.replaceAll("\n", " ")],
  ["in one line without a blank", (pem) => pem.replaceAll("\n", "")],
  ["with \\n written out", (pem) => `KEY=${JSON.stringify(pem)}\n`],
  ["in UTF-16", utf16],
  ["in UTF-16 with line ends of Windows", (pem) => utf16(crlf(pem))],
  ["in UTF-16 without a mark", (pem) => Buffer.from(pem, "utf16le")],
  ["in UTF-16, the other way round", (pem) => Buffer.from(utf16(pem)).swap16()],
  ["in base64", (pem) => btoa(pem)],
  ["in base64, in lines of Windows", (pem) => crlf(btoa(crlf(pem)).replaceAll(/.{76}/g, "$&\n"))],
  ["in base64 of UTF-16", (pem) => utf16(pem).toString("base64")],
];

describe.skipIf(!has("ssh-keygen") || !has("perl"))("a private key", () => {
  const made = [
    ["of OpenSSH", makeKey("rsa")],
    ["of OpenSSH, Ed25519", makeKey()],
    ["in PKCS#1", makeKey("rsa", "PEM")],
    ["in PKCS#8", makeKey("rsa", "PKCS8")],
  ] as const;
  const publicOf = (file: string): string =>
    spawnSync("ssh-keygen", ["-y", "-P", "", "-f", file], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).stdout;

  // of these every form with two of the four keys
  describe.each(made.map(([what, key], nth) => [what, key, nth] as const))(
    "%s",
    (_, { privateKey: pem, publicKey: pub }, nth) => {
      test.each(everyThird(FORMS).filter((_, at) => long || at % 2 === nth % 2))("%s", async (_, wrap) => {
        const file = join(newFolder(), "my key");
        writeFileSync(file, wrap(pem), { mode: 0o600 });
        const { publicKey, privateKeyFile, notes } = await readGivenKey(file);
        expect(privateKeyFile).toBe(file);
        expect(sameSshKey(publicKey, pub)).toBe(true);
        const read = publicOf(file) !== "";
        expect(notes, `ssh reads it: ${read}`).toHaveLength(read ? 0 : 1);
        if (read) return;
        const [, command = "", out = ""] = /(\(umask 077; .* > '([^']+)'\))$/s.exec(notes[0] ?? "") ?? [];
        execFileSync("sh", ["-ec", command]);
        expect(sameSshKey(publicOf(out), pub)).toBe(true);
        expect(await notesOn(out)).toEqual([]);
        expect(readFileSync(file)).toEqual(Buffer.from(wrap(pem)));
      });
    },
  );
});

describe.skipIf(!has("ssh-keygen") || !has("perl") || !has("openssl"))("an Ed25519 key in PKCS#8", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const pub = openSshPublicKey(publicKey, "") ?? "";

  test.each(FORMS)("%s: nobody logs in with it, and the command that is named makes of it what ssh reads", async (_, wrap) => {
    const file = join(newFolder(), "my key");
    writeFileSync(file, wrap(pem), { mode: 0o600 });
    const { notes } = await readGivenKey(file);
    const [, command = "", out = ""] =
      / in PKCS#8, with which .*: (\(umask 077; .* > '([^']+)'\))$/s.exec(notes.join("\n")) ?? [];
    execFileSync("sh", ["-ec", command]);
    expect(spawnSync("ssh-keygen", ["-y", "-f", out], { encoding: "utf8" }).stdout.trim()).toBe(pub);
    expect(await notesOn(out)).toEqual([]);
    expect(await forSsh(readFileSync(out, "utf8"))).toContain("BEGIN OPENSSH PRIVATE KEY");
  });

  test("at a login it is named too, for the key's own file", async () => {
    const file = join(newFolder(), "my key");
    writeFileSync(file, pem, { mode: 0o600 });
    const error = (await forSsh(pem).catch((thrown: unknown) => thrown)) as ClusterError;
    expect(error.message).toContain("its type is not RSA or EC");
    const [command = ""] = /\(umask 077; .*\)$/s.exec(error.advice ?? "") ?? [];
    execFileSync("sh", ["-ec", command.replaceAll(/\bFILE\b/g, () => shellWord(file))]);
    expect(sameSshKey(spawnSync("ssh-keygen", ["-y", "-f", `${file}.openssh`], { encoding: "utf8" }).stdout, pub)).toBe(true);
  });
});
