/**
 * Walks the steps: on each node what is not done yet, told with its time. A step runs on the node, whoever watches; who comes while it runs
 * follows it, and who comes later finds what is done. So nothing is remembered here, and two at once do the same walk.
 */
import { ClusterError, EXIT } from "../../core/errors.ts";
import { duration } from "../../core/words.ts";
import { JOBS } from "../../nodes/job.ts";
import { redact } from "../../nodes/redact.ts";
import type { NodeTarget } from "../../nodes/target.ts";
import type { Run } from "../run.ts";
import type { PlatformChoices } from "./choices.ts";
import type { NodeAccess } from "./node-access.ts";
import { type PlatformStep, type StepFacts, placed } from "./steps.ts";

export interface Walk {
  readonly cluster: string;
  readonly access: NodeAccess;
  readonly choices: PlatformChoices;
  /** In the order of their indexes. */
  readonly nodes: readonly NodeTarget[];
  /** Names of steps that are done, by node. */
  readonly done: ReadonlyMap<number, ReadonlySet<string>>;
  readonly reachedAt: readonly string[];
  /** The first server, which others join. */
  readonly first: NodeTarget;
  /** Asked for when a step needs it. */
  readonly secrets: { readonly token: () => Promise<string>; readonly password: () => Promise<string> };
}

/** A step on a node, and what it took. */
export interface Walked {
  readonly step: string;
  readonly node: string;
  /** Seconds; absent for one that was done before. */
  readonly seconds?: number;
}

/** @throws ClusterError StepFailed, StepLost (exit 3); what reaching a node fails with */
export async function walkSteps(run: Run, steps: readonly PlatformStep[], way: Walk): Promise<Walked[]> {
  const walked: Walked[] = [];
  for (const step of steps) {
    const there = placed(step.on, way.nodes, way.choices.servers);
    const left = there.filter(({ index }) => way.done.get(index)?.has(step.name) !== true);
    walked.push(...there.filter((node) => !left.includes(node)).map(({ name }) => ({ step: step.name, node: name })));
    const one = async (node: NodeTarget): Promise<void> => {
      run.stop.throwIfAborted();
      const begun = run.clock.now();
      await doStep(run, step, node, way);
      walked.push({ step: step.name, node: node.name, seconds: Math.round((run.clock.now() - begun) / 1000) });
    };
    if (step.oneByOne === true) for (const node of left) await one(node);
    else await allOf(left.map(one));
  }
  return walked;
}

// --- internal ---

/** How often what runs is looked at: soon at first, since many steps are short. */
const [SOON_MS, LATER_MS] = [100, 2000];

/** All of them end before the first failure counts: what runs side by side is not left without a word. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(work);
  const failed = ended.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function doStep(run: Run, step: PlatformStep, node: NodeTarget, way: Walk): Promise<void> {
  const about = { id: `platform/${step.name}/${node.name}`, label: `${step.label} of ${node.name}`, node: node.index };
  const begun = run.clock.now();
  run.emit({ ...about, kind: "started", detail: "asked for" });
  try {
    const facts: StepFacts = {
      choices: way.choices,
      node,
      first: way.first.privateAddress,
      reachedAt: way.reachedAt,
      token: step.needs === "token" ? await way.secrets.token() : "",
      password: step.needs === "password" ? await way.secrets.password() : "",
    };
    const hidden = [facts.token, facts.password].filter((text) => text !== "");
    await carryOut(run, step, node, way, {
      environment: step.environment(facts),
      news: (line) => run.emit({ ...about, kind: "waiting", detail: hiding(line, hidden) }),
      hidden,
    });
    run.emit({ ...about, kind: "done", detail: duration(run.clock.now() - begun) });
  } catch (error) {
    if (error instanceof ClusterError) run.emit({ ...about, kind: "failed", code: error.code, message: error.message });
    throw error;
  }
}

interface Telling {
  readonly environment: Readonly<Record<string, string>>;
  readonly news: (line: string) => void;
  readonly hidden: readonly string[];
}

async function carryOut(
  run: Run,
  step: PlatformStep,
  node: NodeTarget,
  { access, cluster }: Walk,
  telling: Telling,
): Promise<void> {
  const { name, command, proof } = step;
  for (;;) {
    const start = await access.start(node, { name, command, proof, environment: telling.environment });
    if (start.state === "done") return;
    if (start.state === "running") telling.news(start.name === name ? "in work already" : `waits for ${start.name}`);
    const { look, tail } = await follow(run, node, access, telling);
    if (look.name !== name) continue;
    if (look.state === "ended" && look.code === 0) return;
    if (look.state === "ended")
      throw failed(step, node, cluster, { code: look.code ?? 1, last: lastLines(tail, telling.hidden) });
    throw new ClusterError("StepLost", `the ${step.label} of ${node.name} ended without a word: was the node rebooted?`, {
      source: "node",
      exit: EXIT.partly,
      advice: "The same command does this step again, and goes on.",
    });
  }
}

/** Until it is over. The installer's own headlines are told, nothing else of what it prints. */
async function follow(run: Run, node: NodeTarget, access: NodeAccess, { news }: Telling) {
  let [offset, tail, pause] = [0, "", SOON_MS];
  let job: string | undefined;
  for (;;) {
    const look = await access.follow(node, offset);
    // it was over, and somebody else has begun the next one in its place
    if (job !== undefined && look.name !== job) return { look: { ...look, name: "" }, tail };
    job = look.name;
    offset += look.output.length;
    tail = (tail + look.output.toString("utf8")).slice(-TAIL);
    const headline = tail.match(HEADLINE)?.at(-1);
    if (headline !== undefined && look.output.length > 0) news(headline);
    if (look.state !== "running" && look.output.length === 0) return { look, tail };
    run.stop.throwIfAborted();
    if (look.output.length === 0) await run.clock.sleep(pause, run.tools.signal);
    pause = Math.min(LATER_MS, pause * 1.5);
  }
}

const TAIL = 4000;
/** A whole line: half a secret would not be known for one. */
const HEADLINE = /---> .*(?=\n)/g;

const hiding = (text: string, hidden: readonly string[]): string =>
  redact(hidden.reduce((all, secret) => all.replaceAll(secret, "…"), text.replaceAll("---> ", "")));

const lastLines = (text: string, hidden: readonly string[]): string =>
  text
    .trim()
    .split("\n")
    .slice(-3)
    .map((line) => hiding(line, hidden))
    .join("; ");

function failed(
  { label, name }: PlatformStep,
  node: NodeTarget,
  cluster: string,
  { code, last }: { readonly code: number; readonly last: string },
): ClusterError {
  return new ClusterError("StepFailed", `the ${label} of ${node.name} failed (${code})${last === "" ? "" : `: ${last}`}`, {
    source: "node",
    exit: EXIT.partly,
    advice:
      `All that it printed: \`azure-coreos-cluster ssh ${cluster} ${node.index} -- sudo cat ${JOBS}/log\`. ` +
      `The same command does ${name} again, and goes on.`,
  });
}
