/** The action and the template of docs/ci.md: their own scripts, taken out of the YAML and run by bash, with the runner's variables, against a simulation. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { load } from "js-yaml";
import { type TestContext, expect, test } from "vitest";
import { clusterName } from "../src/core/spec/spec.ts";
import { realClock } from "../src/operations/real-clock.ts";
import { parseFault } from "../src/sim/fault-script.ts";
import { serve } from "../src/sim/server.ts";
import { type Simulation, createSimulation } from "../src/sim/simulation.ts";

interface Step {
  readonly run?: string;
  readonly inputs?: { readonly inlineScript: string };
  readonly env: Readonly<Record<string, string>>;
}
interface Ci {
  readonly inputs?: Readonly<Record<string, { readonly default?: string }>>;
  readonly outputs?: Readonly<Record<string, { readonly value: string }>>;
  readonly parameters?: readonly { readonly name: string; readonly default?: string }[];
  readonly runs?: { readonly steps: readonly Step[] };
  readonly steps?: readonly (Step | string)[];
}

const root = new URL("..", import.meta.url).pathname;
const read = (file: string): Ci => load(readFileSync(root + file, "utf8")) as Ci;
const action = read(".github/actions/azure-coreos-cluster/action.yml");
const template = read("docs/ci/azure-pipelines.yml");
const stepsOf = (ci: Ci): Step[] =>
  (ci.runs?.steps ?? ci.steps ?? []).filter((step): step is Step => typeof step !== "string" && "env" in step);
function scriptOf({ run, inputs }: Step): string {
  const script = run ?? inputs?.inlineScript;
  if (script === undefined) throw new Error("a step with variables has no script");
  return script;
}
const built = existsSync(`${root}dist/main.js`);

/** As a runner does: what is given, else the default, into the variables; the script, as it is, into a file; and bash on that. */
function asRun(ci: Ci, step: Step, given: Record<string, string>, env: Record<string, string>, cwd: string) {
  const presets = Object.entries(ci.inputs ?? Object.fromEntries((ci.parameters ?? []).map((one) => [one.name, one])));
  const values: Record<string, string> = {
    ...Object.fromEntries(presets.map(([name, { default: preset = "" }]) => [name, preset])),
    ...given,
  };
  const filled = Object.entries(step.env).map(([name, value]) => [
    name,
    value.replaceAll(/\$\{\{ (?:inputs|parameters)\.([\w-]+) \}\}/g, (_, input: string) => values[input] ?? ""),
  ]);
  const file = join(mkdtempSync(join(cwd, "step-")), "script.sh");
  writeFileSync(file, scriptOf(step));
  return {
    argv: ["--noprofile", "--norc", "-e", "-o", "pipefail", file],
    options: { cwd, env: { PATH: process.env["PATH"], HOME: cwd, ...env, ...Object.fromEntries(filled) } },
  };
}

async function runStep(...step: Parameters<typeof asRun>) {
  const { argv, options } = asRun(...step);
  return promisify(execFile)("bash", argv, options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

type Handle = Simulation["handle"];
type Through = (request: Parameters<Handle>[0], on: Handle) => ReturnType<Handle>;

/** With the test's own end: beside others, vitest's global one may be another test's. */
async function place({ onTestFinished }: TestContext, faults: readonly string[] = [], through: Through = (one, on) => on(one)) {
  const dir = mkdtempSync(join(tmpdir(), "acc-action-"));
  const simulation = createSimulation({ clock: realClock, pace: 0.001, latencyMs: [0, 0], faults: faults.map(parseFault) });
  const served = await serve({ handle: (request) => through(request, simulation.handle) }, { port: 0 });
  onTestFinished(async () => {
    await served.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return {
    dir,
    simulation,
    given: { command: `${root}bin/azure-coreos-cluster.js`, flags: `--arm-endpoint=${served.url}` },
  };
}

test.each([
  ["the action", action],
  ["the template", template],
])("%s: what is given never becomes a part of a script", (_, ci) => {
  for (const step of stepsOf(ci)) expect(scriptOf(step)).not.toContain("${{");
});

/** Jobs of one matrix, runs and attempts: where two have one name, the first destroy deletes the cluster of the other. */
test.each([
  ["GitHub Actions", /CLUSTER: "(.*)" \}/g, ["github.run_id", "github.run_attempt", "strategy.job-index"]],
  ["Azure Pipelines", /^ +name: (ci-.*)/gm, ["Build.BuildId", "System.JobPositionInPhase", "System.JobAttempt"]],
])("docs/ci.md, %s: each job has a cluster name of its own, from its first example to the last", (_, written, parts) => {
  const page = readFileSync(`${root}docs/ci.md`, "utf8");
  const names = [...page.matchAll(written)].flatMap(([, name]) => (name!.startsWith("ci-") ? [name!] : []));
  expect(names).toHaveLength(1);
  expect([...names[0]!.matchAll(/\$(?:\{\{ | *\()([\w.-]+)/g)].map(([, part]) => part)).toEqual(parts);
  const filled = names[0]!.replaceAll(/\$(\{\{ .*? \}\}|\(.*?\))/g, "12345678901");
  expect(clusterName(filled)).toBe(filled);
  const commands = page.match(/azure-coreos-cluster (?:create |destroy |run )?"\$\w+"/g) ?? [];
  expect(new Set(commands.map((command) => command.split(" ").at(-1)))).toEqual(new Set(['"$CLUSTER"']));
});

test("docs/ci.md: every example that creates a cluster destroys it, and each command is its step's process", () => {
  const page = readFileSync(`${root}docs/ci.md`, "utf8");
  for (const [example] of page.matchAll(/^```\w+\n.*?^```/gms)) {
    if (/num-nodes|--ttl/.test(example)) expect(example).toContain("destroy");
    for (const [, script = ""] of example.matchAll(/\brun: (.*)/g))
      if (/azure-coreos-cluster "|destroy/.test(script)) expect(script).toMatch(/^exec azure-coreos-cluster [^&;|]*$/);
  }
});

/** A runner sends SIGINT to the shell that it has started, and to nothing else. */
test.skipIf(!built).concurrent.for([
  ["the action", action, "num-nodes"],
  ["the template", template, "numNodes"],
] as const)("%s: a job that is cancelled stops create, and leaves nothing at work", async ([, ci, nodes], context) => {
  const asked = Promise.withResolvers<void>();
  const stopping = Promise.withResolvers<void>();
  const { dir, given, simulation } = await place(context, [], async (request, on) => {
    if (request.method === "PUT" && request.url.includes("/networkInterfaces/")) {
      asked.resolve();
      await stopping.promise;
    }
    return on(request);
  });
  const create = { ...given, name: "ci-4", [nodes]: "1", flags: `${given.flags}\n--wait-for=machines` };
  const { argv, options } = asRun(ci, stepsOf(ci)[0]!, create, {}, dir);
  const step = spawn("bash", argv, { ...options, detached: true });
  const endAll = (): boolean => process.kill(-step.pid!, "SIGKILL");
  context.onTestFinished(() => void (step.exitCode === null && endAll()));
  step.stderr.on("data", (text: Buffer) => void (text.includes("Stopping: what runs is let finish.") && stopping.resolve()));
  await asked.promise;
  step.kill("SIGINT");
  expect(await once(step, "close")).toEqual([130, null]);
  expect(endAll).toThrow("ESRCH");
  expect(JSON.stringify(simulation.save().entries)).not.toContain("/virtualMachines/");
});

test
  .runIf(built)
  .concurrent("the action: create hands out its outputs, destroy takes all away; a name is a name", async (context) => {
    const { dir, given } = await place(context);
    const [step] = stepsOf(action);
    const env = { GITHUB_ACTIONS: "true", GITHUB_OUTPUT: join(dir, "output") };
    const create = { ...given, name: "ci-1", "num-nodes": "1", flags: `${given.flags}\n--wait-for=machines\n` };
    expect(await runStep(action, step!, create, env, dir)).toMatchObject({ code: 0 });
    const handed = [...readFileSync(env.GITHUB_OUTPUT, "utf8").matchAll(/^([\w-]+)<</gm)].map(([, name]) => name);
    for (const [name, { value }] of Object.entries(action.outputs ?? {})) {
      expect(value).toBe(`\${{ steps.cluster.outputs.${name} }}`);
      expect(handed).toContain(name);
    }
    expect(await runStep(action, step!, { ...given, name: "ci-1", mode: "destroy" }, env, dir)).toMatchObject({ code: 0 });
    for (const name of ['$(touch taken)"; touch taken; "', "--help"])
      for (const mode of ["create", "destroy"])
        expect([name, mode, (await runStep(action, step!, { ...given, name, mode }, env, dir)).code]).toEqual([name, mode, 2]);
    expect(existsSync(join(dir, "taken"))).toBe(false);
  });

test
  .skipIf(!built)
  .concurrent("the action: what a create left that failed half way goes with destroy, from another folder", async (context) => {
    const { dir, given, simulation } = await place(context, ["machine-1:AllocationFailed"]);
    const [step] = stepsOf(action);
    const create = { ...given, name: "ci-3", flags: `${given.flags}\n--wait-for=machines` };
    const { code, stderr } = await runStep(action, step!, create, {}, dir);
    expect([code, stderr]).toEqual([3, expect.stringContaining("AllocationFailed")]);
    expect(simulation.save().entries.length).toBeGreaterThan(5);
    const other = mkdtempSync(join(dir, "other-"));
    expect(await runStep(action, step!, { ...given, name: "ci-3", mode: "destroy" }, {}, other)).toMatchObject({ code: 0 });
    expect(simulation.save().entries).toEqual([]);
  });

test.runIf(built).concurrent("the template: create sets output variables, destroy takes all away", async (context) => {
  const { dir, given } = await place(context);
  const [create, destroy] = stepsOf(template);
  const env = { TF_BUILD: "True", AGENT_TEMPDIRECTORY: dir };
  const values = { ...given, name: "ci-2", numNodes: "1", flags: `${given.flags}\n--wait-for=machines` };
  const made = await runStep(template, create!, values, env, dir);
  expect(made).toMatchObject({ code: 0 });
  expect(made.stderr).toContain("##vso[task.setvariable variable=host;isOutput=true]ci-2.");
  expect(await runStep(template, destroy!, { ...values, destroyFlags: given.flags }, env, dir)).toMatchObject({ code: 0 });
});
