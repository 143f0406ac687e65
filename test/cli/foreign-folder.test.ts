/** A folder of somebody's own that is called like the cluster keeps its files; one of the cluster's is known, marked or not. */
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { FOLDER_FILES, tunnelKubeconfig, userDataFile } from "../../src/prepare/folder-files.ts";
import { everyThird, some } from "../long.ts";
import { type TestAzure, ownAzure } from "./world.ts";

const CREATE = "create web --num-nodes 1 --wait-for machines";
const folderOf = ({ dir }: TestAzure): string => join(dir, "web");
const filesIn = (azure: TestAzure): Record<string, string> =>
  Object.fromEntries(readdirSync(folderOf(azure)).map((file) => [file, readFileSync(join(folderOf(azure), file), "utf8")]));
const writes = ({ exchanges }: TestAzure): unknown[] => exchanges.filter(({ method }) => !/^(GET|HEAD)$/.test(method));

describe.each([CREATE, "plan web", "export web --format arm"])("%s", (argv) => {
  const files = [...Object.values(FOLDER_FILES), userDataFile(0), userDataFile(7), tunnelKubeconfig(40_001)];
  test.each(argv === CREATE ? files : everyThird(files))(
    "a %s of somebody's own is neither replaced nor taken along",
    async (file) => {
      const azure = ownAzure();
      mkdirSync(folderOf(azure));
      writeFileSync(join(folderOf(azure), file), "mine, and\nnobody else's\n", { mode: 0o644 });
      const before = filesIn(azure);
      const { exit, stderr } = await azure.run(argv);
      expect([exit, stderr.replaceAll(/\s+/g, " ")]).toEqual([
        5,
        expect.stringContaining(`web/${file} is not used: it is not this`),
      ]);
      expect([filesIn(azure), writes(azure)]).toEqual([before, []]);
    },
  );
});

test.each<[file: string, text: string]>([
  ["known_hosts", "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPersonsOwn\n"],
  ["ssh_config", "Host web\n  UserKnownHostsFile ~/.ssh/known_hosts\n"],
  ["kubeconfig", "apiVersion: v1\nkind: Config\n"],
  ["user-data-0.yaml", "#cloud-config\nhostname: mine\n"],
  ["export.parameters.json", '{"parameters":{"userData":{"value":{"web-1":""}},"location":{"value":"westus"}}}'],
  ["export.tfvars.json", '{"user_data":{"other-coreos-0":""}}'],
  ["export.tfvars.json", '{"region":"westus"}'],
  ["cluster.json", '{"name":"mine"}'],
  ["cluster.json", "null"],
])("%s as anybody may have one: %j", async (file, text) => {
  const azure = ownAzure();
  mkdirSync(folderOf(azure));
  writeFileSync(join(folderOf(azure), file), text, { mode: 0o644 });
  expect((await azure.run(CREATE)).exit).toBe(5);
  expect(filesIn(azure)).toEqual({ [file]: text });
});

test("other files of somebody's are in nobody's way, and stay with the folder", async () => {
  const azure = ownAzure();
  mkdirSync(folderOf(azure));
  writeFileSync(join(folderOf(azure), "notes.txt"), "mine");
  expect((await azure.run(CREATE)).exit).toBe(0);
  expect((await azure.run("destroy web --yes")).exit).toBe(0);
  expect(filesIn(azure)).toEqual({ "notes.txt": "mine" });
});

test.each(["arm", "terraform"])("what a version that marked nothing exported for %s is exported again", async (format) => {
  const azure = ownAzure();
  writeFileSync(join(azure.dir, "own.yaml"), "#cloud-config\nhostname: mine\n");
  const argv = `export web --custom-data own.yaml --format ${format}`;
  const again = async (): Promise<unknown[]> => {
    const { exit, stderr } = await azure.run(argv);
    rmSync(join(folderOf(azure), FOLDER_FILES.owner), { force: true });
    return [exit, stderr];
  };
  for (const _ of [1, 2]) expect(await again()).toEqual([0, expect.any(String)]);
  expect(Object.keys(filesIn(azure))).not.toContain(FOLDER_FILES.etcdCa);
  // elsewhere, where every machine exists: with nothing in it
  await azure.run("create web --custom-data own.yaml --num-nodes 1 --wait-for machines");
  rmSync(folderOf(azure), { recursive: true });
  for (const _ of [1, 2]) expect(await again()).toEqual([0, expect.any(String)]);
});

const KINDS = ["", "--etcd-members 0", "--etcd-plain", "--custom-data own.yaml", "--no-host-keys", "--etcd-plain --no-host-keys"];

describe.each(some(KINDS, 0, 3))("made with %s by a version that marked nothing", (flags) => {
  const azureOfIt = (): TestAzure => {
    const azure = ownAzure();
    writeFileSync(join(azure.dir, "own.yaml"), "#cloud-config\nhostname: mine\n");
    return azure;
  };

  test("it goes on, and is destroyed", async () => {
    const azure = azureOfIt();
    expect((await azure.run(`${CREATE} ${flags}`)).exit).toBe(0);
    rmSync(join(folderOf(azure), FOLDER_FILES.owner));
    for (const argv of ["create web --num-nodes 2 --wait-for machines", `export web --format arm`, "destroy web --yes"]) {
      const ended = await azure.run(flags.startsWith("--custom") && !argv.startsWith("destroy") ? `${argv} ${flags}` : argv);
      expect([ended.exit, ended.stderr]).toEqual([0, expect.any(String)]);
    }
  });

  test("a run that was killed at its first write goes on", async () => {
    const left = join(mkdtempSync(join(tmpdir(), "acc-left-")), "web");
    onTestFinished(() => rmSync(dirname(left), { recursive: true }));
    const azure = azureOfIt();
    const { exit } = await azure.run(`${CREATE} ${flags}`, {
      azure: (request) => {
        if (request.method !== "PUT") return azure.simulation.handle(request);
        cpSync(folderOf(azure), left, { recursive: true });
        return Promise.reject(new Error("the cable"));
      },
    });
    expect([exit === 0, existsSync(left)]).toEqual([false, true]);
    cpSync(left, folderOf(azure), { recursive: true });
    rmSync(join(folderOf(azure), FOLDER_FILES.owner), { force: true });
    const again = await azure.run(`${CREATE} ${flags}`);
    expect(again.exit, again.stderr).toBe(0);
  });
});

test("each file alone, as a killed run or a command on another machine leaves it, is no reason to refuse", async () => {
  const azure = ownAzure();
  expect((await azure.run(CREATE)).exit).toBe(0);
  const dir = mkdtempSync(join(tmpdir(), "acc-alone-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const file of ["ssh-cert.key", "ssh-cert.pem", "ssh-cert.cer", "ssh-cert.pub"])
    cpSync(join(azure.dir, file), join(dir, file));
  for (const [file, text] of Object.entries({
    ...filesIn(azure),
    identity: "/home/me/.ssh/id_ed25519\n",
    jump: "me@bastion.example,10.0.0.4:2222\n",
    "ssh-key.pub": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPersonsOwn\n",
  })) {
    if (file === "etcd-client.key" || file === "etcd-client.pem") continue;
    rmSync(join(dir, "web"), { recursive: true, force: true });
    mkdirSync(join(dir, "web"), { mode: 0o700 });
    writeFileSync(join(dir, "web", file), text);
    chmodSync(join(dir, "web", file), 0o600);
    const { exit, stderr } = await azure.run("plan web --num-nodes 1", { dir });
    expect([file, exit, stderr]).toEqual([file, 0, expect.any(String)]);
  }
});

test("whoever only looks on another machine marks the folder that it makes", async () => {
  const azure = ownAzure();
  expect((await azure.run(CREATE)).exit).toBe(0);
  rmSync(folderOf(azure), { recursive: true });
  await azure.run(`${CREATE} --json`);
  expect(existsSync(join(folderOf(azure), "cluster.json"))).toBe(true);
});
