/** A file that a flag has written takes no other file's place, by mistake or by default; what an earlier run has written is replaced or added to. */
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FLAGS, flagRows } from "../../src/core/spec/flags.ts";
import { WRITTEN } from "../../src/operations/files/given-files.ts";
import { some } from "../long.ts";
import { type TestAzure, ownAzure } from "./world.ts";

const CREATE = "create web --num-nodes 1 --wait-for machines";
const OTHERS = '{"name":"my-app"}\n';
const writes = ({ exchanges }: TestAzure): unknown[] => exchanges.filter(({ method }) => !/^(GET|HEAD)$/.test(method));

test("every flag that has a file written is in the table", () => {
  const writing = flagRows.filter(([, { about, file }]) => file === true && about.startsWith("write "));
  expect(writing.map(([key]) => key).sort()).toEqual(Object.keys(WRITTEN).sort());
});

test.each([
  `${CREATE} --output f`,
  `${CREATE} --timings f`,
  `${CREATE} --events f`,
  `${CREATE} --custom-data f --events f`,
  "list --events f",
  "status web --events f",
  "emulate --requests f",
])("%s: what is there and is somebody's is left, and nothing is asked", async (argv) => {
  const azure = ownAzure();
  const file = join(azure.dir, "f");
  writeFileSync(file, OTHERS);
  const { exit, stderr } = await azure.run(argv);
  expect([exit, stderr.replaceAll(/\s+/g, " ")]).toEqual([2, expect.stringMatching(/(f is there, and is not|name one file)/)]);
  expect([readFileSync(file, "utf8"), azure.exchanges, existsSync(join(azure.dir, "web"))]).toEqual([OTHERS, [], false]);
});

test.each([
  ["--output", CREATE],
  ["--timings", CREATE],
  ["--events", CREATE],
  ["--requests", "emulate"],
])("%s with a file that cannot be made is one refusal, before anything is made: code, words, exit code", async (flag, argv) => {
  const azure = ownAzure();
  const { exit, stderr } = await azure.run(`${argv} ${flag} nowhere/f`);
  const file = join(azure.dir, "nowhere", "f");
  expect([exit, stderr.replaceAll(/\s+/g, " "), writes(azure)]).toEqual([
    2,
    expect.stringContaining(
      `Error: ${flag}: ${file} cannot be written: the folder does not exist. Give a file in a folder that exists, can be written and has room. (FileNotWritten)`,
    ),
    [],
  ]);
});

test.each(["--output state.json", "--output=state.json", "--output", "--timings t --output"])(
  "%s is a file, also where a value is called like a command that writes none",
  async (flags) => {
    const { exit, stderr } = await ownAzure().run(`web --num-nodes 1 ${flags} --wait-for ssh`);
    expect([exit, stderr]).toEqual([0, expect.not.stringContaining("--json here")]);
  },
);

test("NAME.json, where --output has no file, is no other program's", async () => {
  const azure = ownAzure();
  writeFileSync(join(azure.dir, "package.json"), OTHERS);
  const { exit, stderr } = await azure.run("package --num-nodes 1 --output");
  expect([exit, stderr.replaceAll(/\s+/g, " ")]).toEqual([
    2,
    expect.stringContaining(
      "package.json is there, and is not the state file of a cluster: it is left as it is Give another file.",
    ),
  ]);
  expect(readFileSync(join(azure.dir, "package.json"), "utf8")).toBe(OTHERS);
});

const KEPT = [
  "ssh-cert.key",
  "azure-cert.pem",
  ".simulated-azure.json",
  "web/etcd-ca.key",
  "web/cluster.json",
  "web/user-data-7.yaml",
  "link",
  "there/etcd-ca.key",
];
test.each(some(KEPT, 0, 3, 6, 7))("%s is this tool's own, and no flag's, whether it is there or not", async (file) => {
  const azure = ownAzure();
  for (const key of readdirSync(azure.dir)) rmSync(join(azure.dir, key));
  mkdirSync(join(azure.dir, "web"));
  symlinkSync("web/known_hosts", join(azure.dir, "link"));
  symlinkSync("web", join(azure.dir, "there"));
  for (const flag of ["--output", "--timings", "--events"]) {
    const { exit, stderr } = await azure.run(`${CREATE} ${flag} ${file}`);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(`${flag}: ${join(azure.dir, file)} is where a file of this`)]);
  }
  expect([readdirSync(azure.dir).sort(), azure.exchanges]).toEqual([["link", "there", "web"], []]);
});

test.each([
  ["--output f --events f", /--output and --events|--events and --output/],
  ["--timings f --events ./f", /name one file/],
  ["--config f --output f", /--config and --output name one file/],
  ["--output f --events hard", /name one file/],
  ["--output f --events soft", /name one file/],
])("one file is one flag's: %s", async (flags, said) => {
  const azure = ownAzure();
  writeFileSync(join(azure.dir, "f"), "");
  linkSync(join(azure.dir, "f"), join(azure.dir, "hard"));
  symlinkSync("f", join(azure.dir, "soft"));
  const { exit, stderr } = await azure.run(`${CREATE} ${flags}`);
  expect([exit, stderr.replaceAll(/\s+/g, " ")]).toEqual([2, expect.stringMatching(said)]);
  expect([readFileSync(join(azure.dir, "f"), "utf8"), azure.exchanges]).toEqual(["", []]);
});

test("a link to somebody's file is not followed, and one to ours is", async () => {
  const azure = ownAzure();
  mkdirSync(join(azure.dir, "kept"));
  symlinkSync("kept/f", join(azure.dir, "web.json"));
  writeFileSync(join(azure.dir, "kept", "f"), OTHERS);
  expect((await azure.run(`${CREATE} --output`)).exit).toBe(2);
  expect(readFileSync(join(azure.dir, "kept", "f"), "utf8")).toBe(OTHERS);
  writeFileSync(join(azure.dir, "kept", "f"), "");
  for (const _ of [1, 2]) expect((await azure.run(`${CREATE} --output`)).exit).toBe(0);
  expect(lstatSync(join(azure.dir, "web.json")).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(azure.dir, "kept", "f"), "utf8")).toContain('"schema": "azure-coreos-cluster/1"');
});

describe("what an earlier run has written is replaced, or added to", () => {
  const ALL = `${CREATE} --output o --events e --timings t`;
  const pathsOf = ({ dir }: TestAzure): string[] => ["o", "e", "t"].map((file) => join(dir, file));

  test.each<[string, (file: string) => void]>([
    ["as it is", () => undefined],
    ["one that was killed when the files were open", (file) => writeFileSync(file, "")],
    ["with its lines ended as under Windows", (file) => writeFileSync(file, readFileSync(file, "utf8").replaceAll("\n", "\r\n"))],
    ["cut off where the disk was full", (file) => file.endsWith("o") || writeFileSync(file, readFileSync(file).subarray(0, 700))],
  ])("%s", async (_what, change) => {
    const azure = ownAzure();
    expect((await azure.run(ALL)).exit).toBe(0);
    for (const file of pathsOf(azure)) change(file);
    const { exit, stderr } = await azure.run(ALL);
    expect(exit, stderr).toBe(0);
    const [output, events, page] = pathsOf(azure).map((file) => readFileSync(file, "utf8"));
    expect(JSON.parse(output ?? "")).toMatchObject({ name: "web", resources: { created: 0 } });
    expect(events?.trimEnd()).toMatch(/"kind":"end"[^\n]*$/);
    expect(page).toMatch(/<\/html>\n$/);
  });

  test("a state file of an older version, or formatted by an editor", async () => {
    const azure = ownAzure();
    const file = join(azure.dir, "web.json");
    for (const text of [
      '{"schema":"azure-coreos-cluster/1","name":"web"}',
      '{"nodes": [],\n"schema" : "azure-coreos-cluster/1"}',
    ]) {
      writeFileSync(file, text);
      expect((await azure.run(`${CREATE} --output`)).exit).toBe(0);
    }
  });
});

test("what came while the command was at work is left, and the result comes out all the same", async () => {
  const azure = ownAzure();
  const file = join(azure.dir, "web.json");
  const { exit, stdout, stderr } = await azure.run(`${CREATE} --output`, {
    azure: (request) => {
      writeFileSync(file, OTHERS);
      return azure.simulation.handle(request);
    },
  });
  expect([exit, stdout, readFileSync(file, "utf8")]).toEqual([1, expect.stringContaining("Host web-coreos-0"), OTHERS]);
  expect(stderr).toContain("web.json is there, and is not the state file");
});

test.each(["plan web --output f --timings f", "export web --format arm"])(
  "%s, which writes no such file, minds none that is there",
  async (argv) => {
    const azure = ownAzure();
    writeFileSync(join(azure.dir, "f"), OTHERS);
    const { exit, stderr } = await azure.run(argv, { env: { AZURE_COREOS_CLUSTER_OUTPUT: "f" } });
    expect(exit, stderr).toBe(0);
    expect(writes(azure)).toEqual([]);
  },
);

test.skipIf(!existsSync("/dev/null"))("a device takes whatever comes, from several flags", async () => {
  const all = [FLAGS.output, FLAGS.events, FLAGS.timings].map(({ name }) => `--${name}=/dev/null`);
  const { exit, stderr } = await ownAzure().run(`${CREATE} ${all.join(" ")}`);
  expect(exit, stderr).toBe(0);
});

/** As it is installed: `npm test` builds it first. */
const PROGRAM = new URL("../../bin/azure-coreos-cluster.js", import.meta.url).pathname;
const built = existsSync(new URL("../../dist/main.js", import.meta.url));

test.skipIf(!built || !existsSync("/dev/fd"))("an open stream takes what comes, whatever is behind it", () => {
  const { dir } = ownAzure();
  writeFileSync(join(dir, "log"), "a log\n");
  const line = `$COMMAND ${CREATE} --simulate --quiet --output /dev/stdout --events /dev/fd/5 --timings /dev/fd/5 >>log 5>>log`;
  const { status, stderr } = spawnSync("bash", ["-c", line], {
    cwd: dir,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: dir, COMMAND: `${process.execPath} ${PROGRAM}` },
  });
  expect([status, stderr]).toEqual([0, ""]);
  expect(readFileSync(join(dir, "log"), "utf8")).toMatch(/"kind":"end"[^]*Host web-coreos-0/);
});
