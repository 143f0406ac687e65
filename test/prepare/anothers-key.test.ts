/** In a folder that all may write to (/tmp, a share) a key pair that another user has put there gets nobody in: not as a new cluster's, nor to sign in. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { geteuid } from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAnotherUsers } from "../../src/prepare/cluster-folder.ts";
import { generateManagementCertificate } from "../../src/prepare/management-certificate.ts";
import { prepareSshKey } from "../../src/prepare/ssh-keys.ts";
import { DEFAULT_SUBJECT as subject } from "../../src/prepare/subject.ts";

const now = Date.UTC(2026, 10, 22);
const ME = 65_534;
const OTHER = 1;

test.skipIf(platform() === "win32").each<[what: string, owner: number, who: number, another: boolean]>([
  ["a user's own is theirs", 1000, 1000, false],
  ["of another user it is another's", 1001, 1000, true],
  ["what root has put there is nobody else's", 0, 1000, false],
  ["root uses everything: a user's files in a container, and of whoever typed sudo", 1000, 0, false],
])("%s", (_what, uid, who, another) => {
  expect(isAnotherUsers({ uid }, who)).toBe(another);
});

const SSH = ["ssh-cert.key", "ssh-cert.pem", "ssh-cert.cer", "ssh-cert.pub"];
const AZURE = ["azure-cert.pem", "azure-cert.cer"];
const MAKE_SSH = "prepareSshKey({ dir, now })";
const MAKE_AZURE = "generateManagementCertificate(dir, { subject, now })";
const OF_CLUSTER = 'prepareSshKey({ dir, now, clusterKey: readFileSync(`${dir}/ssh-cert.pub`, "utf8") })';
const REFUSED = /^FolderUnsafe 5 \S+ is not used: it belongs to somebody else Give another folder with --dir/;

const SSH_REFUSED = /^FolderUnsafe 5 (\S+) is not used: .* Give another folder with --dir, or .*--ssh-cert \1\)/;
const PLAN = 'prepareSsh({ dir }, {}, {}, { mode: "imagine" })';

const CASES: readonly (readonly [what: string, files: readonly string[], owner: number, call: string, said: RegExp])[] = [
  ["an SSH key of another user's", SSH, OTHER, MAKE_SSH, SSH_REFUSED],
  ["what a plan would be made with", SSH, OTHER, PLAN, SSH_REFUSED],
  ["a plan with one's own", SSH, ME, PLAN, /^used$/],
  ["a public key alone", ["ssh-cert.pub"], OTHER, MAKE_SSH, SSH_REFUSED],
  ["a link that another user has made", ["link"], OTHER, MAKE_SSH, SSH_REFUSED],
  ["a certificate to sign in", AZURE, OTHER, MAKE_AZURE, REFUSED],
  ["one's own", SSH, ME, MAKE_SSH, /^used$/],
  ["one's own certificate", AZURE, ME, MAKE_AZURE, /^used$/],
  ["root's", SSH, 0, MAKE_SSH, /^used$/],
  ["the key that a cluster is known to have", SSH, OTHER, OF_CLUSTER, /^used$/],
];

/** Only root can have files of two users. */
describe.skipIf(geteuid?.() !== 0)("in a folder that all may write to", () => {
  const all = mkdtempSync(join(tmpdir(), "anothers-"));
  let said: string[] = [];
  beforeAll(async () => {
    chmodSync(all, 0o755);
    const made = join(all, "made");
    mkdirSync(made);
    await prepareSshKey({ dir: made, now });
    await generateManagementCertificate(made, { subject, now });
    for (const [place, [, files, owner]] of CASES.entries()) shared(join(all, String(place)), made, files, owner);
    said = asUser(ME, all);
  });
  afterAll(() => rmSync(all, { recursive: true }));

  test.each(CASES.map(([what, files, , , wanted], place) => ({ what, files, wanted, place })))(
    "$what: $wanted",
    ({ files, wanted, place }) => {
      expect(said[place]).toMatch(wanted);
      expect(readdirSync(join(all, String(place))).filter((file) => !file.startsWith("."))).toHaveLength(files.length);
    },
  );
});

function shared(dir: string, made: string, files: readonly string[], owner: number): void {
  mkdirSync(dir);
  chmodSync(dir, 0o1777);
  for (const file of files) {
    const path = join(dir, file === "link" ? "ssh-cert.pub" : file);
    if (file === "link") symlinkSync("../made/ssh-cert.pub", path);
    else copyFileSync(join(made, file), path);
    // so that its owner is all that speaks against it
    if (file !== "link") chmodSync(path, 0o644);
    lchownSync(path, owner, owner);
  }
}

/** What a process of that user says of each case. It has loaded the sources before, and stands in the folder, for the one above is nobody else's. */
function asUser(uid: number, dir: string): string[] {
  const source = (file: string): string => new URL(`../../src/prepare/${file}`, import.meta.url).href;
  const calls = CASES.map(([, , , call], place) => `async (dir = "${place}") => ${call}`);
  const program = `
    const { readFileSync } = await import("node:fs");
    const { prepareSsh } = await import("${source("../operations/create/ssh-key.ts")}");
    const { prepareSshKey } = await import("${source("ssh-keys.ts")}");
    const { generateManagementCertificate } = await import("${source("management-certificate.ts")}");
    const { DEFAULT_SUBJECT: subject } = await import("${source("subject.ts")}");
    process.setgroups([]), process.setgid(${uid}), process.setuid(${uid});
    const now = ${now};
    for (const call of [${calls.join(", ")}])
      await call().then(
        ({ made }) => console.log(made ? "made" : "used"),
        ({ code, message, exit, advice }) => console.log(code, exit, message, advice),
      );`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { cwd: dir, encoding: "utf8" });
  return `${stderr}${stdout}`.trim().split("\n");
}
