/** A cluster's folder in which somebody else has a say is used by no command, to read or to write. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunOptions, type TestAzure, ownAzure, testAzure } from "./world.ts";

let azure: TestAzure;
let elsewhere: string;
beforeAll(async () => {
  azure = testAzure();
  elsewhere = mkdtempSync(join(tmpdir(), "acc-elsewhere-"));
  expect((await azure.run("mycluster --num-nodes 1 --wait-for machines")).exit).toBe(0);
});
afterAll(() => {
  azure.close();
  rmSync(elsewhere, { recursive: true });
});

const folder = (): string => join(azure.dir, "mycluster");
const writes = (): number => azure.exchanges.filter(({ method }) => !/^(GET|HEAD)$/.test(method)).length;

/** Does it to the folder, and undoes it: the folder that was there is put back. */
async function spoilt(spoil: () => void, work: () => Promise<void>): Promise<void> {
  const aside = join(elsewhere, "aside");
  renameSync(folder(), aside);
  try {
    spoil();
    await work();
  } finally {
    rmSync(folder(), { recursive: true, force: true });
    renameSync(aside, folder());
  }
}

type Way = readonly [what: string, spoil: () => void, advice: string];

const WAYS: readonly Way[] = [
  ["a link", () => symlinkSync(elsewhere, folder()), "cp -rL"],
  ["a link to nowhere", () => symlinkSync("/nowhere", folder()), "cp -rL"],
  ["writable by everybody", () => (mkdirSync(folder()), chmodSync(folder(), 0o777)), "chmod go-w"],
  ["writable by a group", () => (mkdirSync(folder()), chmodSync(folder(), 0o770)), "chmod go-w"],
  [
    "one with a linked known_hosts",
    () => (mkdirSync(folder()), symlinkSync("/dev/null", join(folder(), "known_hosts"))),
    "cp -rL",
  ],
  ...["jump", "identity", "kubeconfig"].map((file): Way => [
    `one whose ${file} others may write`,
    () => {
      mkdirSync(folder());
      writeFileSync(join(folder(), file), "");
      chmodSync(join(folder(), file), 0o666);
    },
    "chmod go-w",
  ]),
  [
    "one with a key that others may write",
    () => {
      mkdirSync(folder());
      writeFileSync(join(folder(), "etcd-ca.key"), "");
      chmodSync(join(folder(), "etcd-ca.key"), 0o666);
    },
    "chmod go-w",
  ],
  ["one with a folder for a file", () => mkdirSync(join(folder(), "ssh_config"), { recursive: true }), "Move it away"],
];

describe.each(WAYS)("a folder that is %s", (_, spoil, advice) => {
  test.each([
    "create mycluster --num-nodes 2",
    "plan mycluster",
    "status mycluster",
    "run mycluster -- true",
    "ssh mycluster -- true",
    "remove mycluster 0 --yes",
    "destroy mycluster --yes",
    "export mycluster --format arm",
  ])("%s", async (argv) =>
    spoilt(spoil, async () => {
      const before = [writes(), readdirSync(elsewhere).length];
      const { exit, stderr } = await azure.run(argv);
      expect({ exit, stderr }).toEqual({ exit: 5, stderr: expect.stringContaining("FolderUnsafe") as string });
      expect(stderr).toContain(advice);
      expect([writes(), readdirSync(elsewhere).length]).toEqual(before);
    }),
  );
});

test.each(["plan", "create", "export"])("a file in its place is said by %s before any file is made", async (command) => {
  const [dir, before] = [mkdtempSync(join(elsewhere, "file-")), writes()];
  writeFileSync(join(dir, "dd4"), "");
  const { exit, stderr } = await azure.run(`${command} dd4${command === "export" ? " --format arm" : ""} --dir ${dir}`);
  expect({ exit, stderr }).toEqual({ exit: 5, stderr: expect.stringContaining("Nothing was written.") as string });
  expect([writes(), readdirSync(dir)]).toEqual([before, ["dd4"]]);
});

test.each(["ssh-cert.key", "ssh-cert.cer"])(
  "a folder in the place of %s is said before the first write to Azure",
  async (file) => {
    const [dir, before] = [mkdtempSync(join(elsewhere, "keys-")), writes()];
    mkdirSync(join(dir, file));
    const { exit, stderr } = await azure.run(`create dd5 --dir ${dir}`);
    expect({ exit, stderr }).toEqual({ exit: 5, stderr: expect.stringContaining("Nothing was written to Azure.") as string });
    expect(writes()).toBe(before);
  },
);

test("what we make ourselves is safe, and foreign files in it are nobody's business", async () => {
  writeFileSync(join(folder(), "notes.txt"), "");
  chmodSync(join(folder(), "notes.txt"), 0o666);
  symlinkSync("/nowhere", join(folder(), "link"));
  expect(lstatSync(folder()).mode & 0o777).toBe(0o700);
  expect((await azure.run("status mycluster")).exit).toBe(0);
});

test.each<[string, string[], RunOptions, string]>([
  ["--dir", ["--dir", "a\nHost *"], {}, "--dir: "],
  ["--ssh-key", ["--ssh-key", "a\u001b[2Jb"], {}, "--ssh-key: "],
  ["--ssh-cert", ["--ssh-cert", "a\rb"], {}, "--ssh-cert: "],
  ["the working directory", [], { dir: "/tmp/a\nHost *" }, "the working directory: "],
])(
  "%s with a line break in its path, which ssh's configuration cannot name, is refused before anything",
  async (_, flags, how, names) => {
    const azure = ownAzure();
    const { exit, stderr } = await azure.run(["web", "--num-nodes", "1", ...flags], how);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(`Error: ${names}"/`)]);
    expect(stderr).toContain("has a line break or another control character in its path");
    expect(readdirSync(azure.dir).filter((name) => !name.startsWith("ssh-cert."))).toEqual([]);
    expect([...azure.puts()]).toEqual([]);
  },
);
