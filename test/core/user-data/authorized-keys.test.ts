/** Keys of ssh_authorized_keys, on both kinds of systems: what ssh-keygen calls no public key is an error, and nothing else. */
import { generateKeyPairSync } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkUserDataFile } from "../../../src/core/user-data/check.ts";
import type { Finding } from "../../../src/core/user-data/check/finding.ts";
import { openSshPublicKey } from "../../../src/prepare/ssh-public-key.ts";
import { has } from "../../programs.ts";

const folder = mkdtempSync(join(tmpdir(), "authorized-keys-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rsa = openSshPublicKey(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey, "me@here") ?? "";
const ed25519 = openSshPublicKey(generateKeyPairSync("ed25519").publicKey, "me@here") ?? "";
const [type = "", data = ""] = rsa.split(" ");
const sk = "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJlAAAABHNzaDo=";

const KEYS: readonly (readonly [what: string, text: string])[] = [
  ["RSA", rsa],
  ["Ed25519", ed25519],
  ["a key of hardware", `sk-ssh-ed25519@openssh.com ${sk} x`],
  ["tabs and two blanks", `${type}\t${data}  me`],
  ["options", `from="10.0.0.1",no-pty ${rsa}`],
  ["options with blanks", `command="echo a b" ${ed25519}`],
  ["an authority", `cert-authority ${rsa}`],
  ["a line end of Windows", `${rsa}\r`],
  ["other letters in the comment", `${rsa} é`],
  ["two keys in lines", `${ed25519}\n${rsa}\n`],
  ["a key below a comment", `# mine\n\n${ed25519}\n`],
  ["cut off", rsa.slice(0, 201)],
  ["cut off after four letters", `${type} ${data.slice(0, 200)}`],
  ["without its end", `${type} ${data.slice(0, -4)}`],
  ["a blank in it", `${type} ${data.slice(0, 100)} ${data.slice(100)}`],
  ["a line break in it", `${type} ${data.slice(0, 100)}\n${data.slice(100)}`],
  ["no-break spaces", rsa.replaceAll(" ", "\u00A0")],
  ["a no-break space before the data", rsa.replace(" ", "\u00A0")],
  ["commented out", `# ${rsa}`],
  ["in quotation marks of its own", `"${rsa}"`],
  ["no blank", `${type}${data}`],
  ["the data alone", data],
  ["another type", `ssh-rsa ${ed25519.split(" ")[1]}`],
  ["a short Ed25519 key", ed25519.slice(0, 60)],
  ["a variable", "${SSH_KEY}"],
  ["a file", "~/.ssh/id_rsa.pub"],
  ["a placeholder", "ssh-rsa AAAA... me"],
  ["nothing", ""],
];

const errors = (text: string, platform: "flatcar" | "ubuntu"): readonly Finding[] =>
  checkUserDataFile(Buffer.from(text), { platform }).filter(({ level }) => level === "error");

describe.skipIf(!has("ssh-keygen"))("ssh-keygen says the same of", () => {
  /** Which of them it takes, asked in one shell. */
  let taken: readonly boolean[];
  beforeAll(() => {
    for (const [at, [, text]] of KEYS.entries()) writeFileSync(join(folder, `key-${at}`), `${text}\n`);
    const asks = KEYS.map((_, at) => `ssh-keygen -l -f key-${at} > /dev/null 2>&1; echo $?`).join("\n");
    const said = execFileSync("sh", ["-c", asks], { cwd: folder, encoding: "utf8" });
    taken = said
      .trimEnd()
      .split("\n")
      .map((status) => status === "0");
  });
  test.each(KEYS.map(([what, text], at) => [what, text, at] as const))("a key: %s", (_, text, at) => {
    const quoted = JSON.stringify(text);
    for (const platform of ["flatcar", "ubuntu"] as const)
      for (const [path, given] of [
        ["ssh_authorized_keys[0]", `ssh_authorized_keys: [${quoted}]`],
        ["users[1].ssh_authorized_keys[0]", `users: [{name: core}, {name: bob, ssh_authorized_keys: [${quoted}]}]`],
      ] as const) {
        const found = errors(
          `#cloud-config\n${given.replace("{name: core}", platform === "ubuntu" ? "default" : "{name: core}")}\n`,
          platform,
        );
        expect(
          found.map((finding) => finding.path),
          `${platform}: ${JSON.stringify(found)}`,
        ).toEqual(taken[at] === true ? [] : [path]);
        for (const { message } of found) expect(message).not.toContain(data.slice(0, 40));
      }
  });

  test.each([
    ["ecdsa", "256"],
    ["ed25519", "256"],
    ["rsa", "2048"],
  ])("a new key of type %s, and its certificate", (kind, bits) => {
    const run = (...args: string[]): void => void execFileSync("ssh-keygen", ["-q", ...args], { cwd: folder });
    run("-t", kind, "-b", bits, "-N", "", "-f", kind);
    run("-s", kind, "-I", "me", `${kind}.pub`);
    for (const file of [`${kind}.pub`, `${kind}-cert.pub`]) {
      const text = readFileSync(join(folder, file), "utf8");
      for (const platform of ["flatcar", "ubuntu"] as const)
        expect(errors(`#cloud-config\nssh_authorized_keys: [${JSON.stringify(text)}]\n`, platform)).toEqual([]);
    }
  });
});

test("a blank that is missing is said", () => {
  expect(errors(`#cloud-config\nssh_authorized_keys: ["${type}${data}"]\n`, "flatcar")).toMatchObject([
    { message: expect.stringContaining(`no blank between ${type} and the key itself`) as unknown },
  ]);
});

test("cloud-init's other ways to give a user keys are looked at, too", () => {
  for (const given of ["ssh-authorized-keys: [ssh-rsa oops]", "ssh_authorized_keys: ssh-rsa oops"])
    expect(
      errors(`#cloud-config\nusers: [default, {name: bob, ${given}}]\n`, "ubuntu").map(({ message }) => message),
    ).toContainEqual(expect.stringContaining("data is damaged"));
});
