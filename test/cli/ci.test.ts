/** In CI systems: groups, annotations, outputs and a page, in each system's own words; and nobody else's words are commands. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ciOf, tame } from "../../src/cli/ci.ts";
import { parseFault } from "../../src/sim/fault-script.ts";
import { ownAzure } from "./world.ts";

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "acc-ci-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const github = (dir: string): Record<string, string> => ({
  GITHUB_ACTIONS: "true",
  GITHUB_OUTPUT: join(dir, "output"),
  GITHUB_STEP_SUMMARY: join(dir, "summary"),
});
const pipelines = (dir: string): Record<string, string> => ({ TF_BUILD: "True", AGENT_TEMPDIRECTORY: dir });

/** Lines that a runner would take for commands. */
const commands = (text: string): string[] => text.split("\n").filter((line) => /^\s*::|##\[|##vso\[/.test(line));

test("GitHub Actions: the steps in a group, outputs and a page in the runner's files", async () => {
  const dir = folder();
  const { exit, stdout, stderr } = await ownAzure().run("abc --num-nodes 2 --wait-for machines", { env: github(dir) });
  expect(exit).toBe(0);
  expect(commands(stderr)).toEqual(["::group::azure-coreos-cluster: being made, step by step", "::endgroup::"]);
  expect(commands(stdout)).toEqual([]);
  const values = readFileSync(join(dir, "output"), "utf8");
  const outputs = [...values.matchAll(/^([\w-]+)<<(end-[0-9a-f]{32})\n(.*)\n\2$/gm)].map(([, name, , value]) => [name, value]);
  expect(Object.fromEntries(outputs)).toMatchObject({ name: "abc", host: "abc.westus.cloudapp.azure.com", nodes: "2" });
  expect(readFileSync(join(dir, "summary"), "utf8")).toMatch(/^### abc: 2 of 2 machines made\n/);
});

test("the page's title counts nodes that came as far as was waited for", async () => {
  const dir = folder();
  await ownAzure().run("abc --num-nodes 2", { env: github(dir) });
  expect(readFileSync(join(dir, "summary"), "utf8")).toMatch(/^### abc: 2 of 2 nodes ready\n/);
});

test("Azure Pipelines: the same in its own commands", async () => {
  const dir = folder();
  const { stderr } = await ownAzure().run("abc --num-nodes 2 --wait-for machines", { env: pipelines(dir) });
  expect(commands(stderr).slice(0, 4)).toEqual([
    "##[group]azure-coreos-cluster: being made, step by step",
    "##[endgroup]",
    "##vso[task.setvariable variable=name;isOutput=true]abc",
    "##vso[task.setvariable variable=resource-group;isOutput=true]abc",
  ]);
  expect(commands(stderr).at(-1)).toBe(`##vso[task.uploadsummary]${join(dir, "azure-coreos-cluster-abc.md")}`);
  expect(readFileSync(join(dir, "azure-coreos-cluster-abc.md"), "utf8")).toContain("| abc-coreos-1 |");
});

test.each([
  [
    "GitHub Actions",
    github,
    /^::error title=azure-coreos-cluster%3A ClusterNotFound::there is no cluster nix.*%0A`azure-coreos-cluster list`/,
  ],
  [
    "Azure Pipelines",
    pipelines,
    /^##vso\[task\.logissue type=error\]azure-coreos-cluster: ClusterNotFound: there is no cluster nix.*%0A/,
  ],
])("%s: an error is an annotation, after what a person reads", async (_, system, annotation) => {
  const { exit, stderr } = await ownAzure().run("status nix", { env: system(folder()) });
  expect(exit).toBe(1);
  expect(commands(stderr)).toEqual([expect.stringMatching(annotation)]);
  expect(stderr).toContain("\n(ClusterNotFound)\n");
});

test("nodes that did not come up are one annotation with their count and cause; drift is a warning", async () => {
  const azure = ownAzure({ faults: [parseFault("machine-1:AllocationFailed"), parseFault("machine-2:AllocationFailed")] });
  const created = await azure.run("abc --num-nodes 3 --wait-for machines", { env: github(folder()) });
  expect(created.exit).toBe(3);
  const [, , error] = commands(created.stderr);
  expect(error).toMatch(/^::error title=2 of 3 machines of abc are not made::abc-coreos-1, abc-coreos-2: failed%0A.*no room/);
  const status = await azure.run("status abc", { env: github(folder()) });
  expect(commands(status.stderr)).toEqual([
    expect.stringMatching(/^::warning title=abc::abc-coreos-1 /),
    expect.stringMatching(/^::warning title=abc::abc-coreos-2 /),
  ]);
});

test("a node that runs and could not be changed is counted, and the change that is missing is the annotation", async () => {
  const azure = ownAzure();
  await azure.run("abc --num-nodes 2 --wait-for machines");
  const dir = folder();
  const { exit, stderr } = await azure.run("abc --tag a=b --wait-for machines", {
    env: github(dir),
    azure: (request) =>
      request.method === "PATCH" && request.url.includes("/virtualMachines/abc-coreos-0")
        ? Promise.resolve({ status: 409, headers: {}, body: '{"error":{"code":"ScopeLocked","message":"locked"}}' })
        : azure.simulation.handle(request),
  });
  expect(exit).toBe(3);
  expect(commands(stderr).at(-1)).toMatch(
    /^::error title=abc is not as it was asked for::Not changed: machine abc-coreos-0\.%0AA lock forbids this/,
  );
  expect(readFileSync(join(dir, "summary"), "utf8")).toMatch(/^### abc: 2 of 2 machines made\n/);
});

test.each(["", "false"])("elsewhere nothing of it is printed (GITHUB_ACTIONS and TF_BUILD are %o)", async (value) => {
  const { stderr } = await ownAzure().run("abc --num-nodes 1 --wait-for machines", {
    env: { GITHUB_ACTIONS: value, TF_BUILD: value },
  });
  expect(commands(stderr)).toEqual([]);
});

test.each([
  "::set-output name=x::y",
  "said Azure:\n  ::add-mask::x",
  "##vso[task.setvariable variable=PATH]/tmp",
  "words ##[command]rm",
  "##VSO[task.complete]",
])("what others say is no command: %o", (text) => {
  let written = "";
  const stderr = { write: (more: string | Uint8Array) => void (written += String(more)), isTTY: false, columns: 80, rows: 24 };
  const ci = ciOf({ env: { TF_BUILD: "True" }, stderr, random: (bytes) => new Uint8Array(bytes) });
  ci?.stderr.write(text);
  expect(written).toBe(tame(text));
  expect(commands(written)).toEqual([]);
  for (const env of [{ TF_BUILD: "True" }, { GITHUB_ACTIONS: "true" }]) {
    written = "";
    ciOf({ env, stderr, random: (bytes) => new Uint8Array(bytes) })?.annotate("error", `t\n${text}`, text);
    expect(written.trimEnd().split("\n")).toHaveLength(1);
  }
});
